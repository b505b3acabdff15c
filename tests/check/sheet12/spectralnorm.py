"""The spectral norm: correct in several styles, and the classic mistakes."""

import torch
from torch import nn
from torch.nn.functional import normalize


class Base(nn.Module):
    """What the stub gives."""

    def __init__(self, rows):
        super().__init__()
        self.register_buffer("u", normalize(torch.randn(rows), dim=0))


def _step(matrix, u):
    v = normalize(matrix.T @ u, dim=0)
    return normalize(matrix @ v, dim=0), v


class Reassigned(Base):
    def forward(self, W):
        matrix = W.flatten(1)
        with torch.no_grad():
            v = normalize(matrix.T @ self.u, dim=0)
            if self.training:
                self.u = normalize(matrix @ v, dim=0)
        return W / (self.u @ matrix @ v)


class InPlace(Base):
    @torch.no_grad()
    def step(self, matrix):
        v = normalize(torch.mv(matrix.t(), self.u), dim=0, eps=1e-12)
        if self.training:
            self.u.copy_(normalize(torch.mv(matrix, v), dim=0, eps=1e-12))
        return v

    def forward(self, W):
        matrix = W.reshape(W.size(0), -1)
        v = self.step(matrix)
        sigma = torch.dot(self.u.clone(), torch.mv(matrix, v))
        return W / sigma


class Detached(Base):
    def forward(self, W):
        matrix = W.view(len(W), -1)
        u, v = _step(matrix.detach(), self.u)
        u = u if self.training else self.u
        self.u = u
        return W / (u * (matrix @ v)).sum()


class ByOuterProduct(Base):
    def forward(self, W):
        u, v = _step(W.flatten(1).detach(), self.u)
        if self.training:
            self.u.data = u
        return W / (torch.outer(self.u, v).view_as(W) * W).sum()


class ByHand(Base):
    def forward(self, W):
        rows = W.reshape(len(self.u), -1)
        with torch.no_grad():
            v = rows.T @ self.u
            v = v / v.norm()
            u = rows @ v
            u = u / u.square().sum().sqrt()
        if not self.training:
            u = self.u
        self.register_buffer("u", u)
        return W / torch.einsum("i,ij,j->", u, rows, v)


class ByData(Base):
    def forward(self, W):
        matrix = W.data.flatten(1)
        v = nn.functional.normalize(self.u @ matrix, dim=0)
        if self.training:
            self.u[:] = nn.functional.normalize(v @ matrix.T, dim=0)
        sigma = self.u.clone() @ (W.flatten(1) @ v)
        return W * sigma.reciprocal()


class WithColumns(Base):
    """Vectors as matrices of one column."""

    def forward(self, W):
        matrix, u = W.flatten(1), self.u[:, None]
        with torch.no_grad():
            v = normalize(matrix.t().mm(u), dim=0)
            if self.training:
                u = normalize(matrix.mm(v), dim=0)
                self.u = u.squeeze(1)
        sigma = u.t().mm(matrix).mm(v)
        return W / sigma.item() if not W.requires_grad else W / sigma.squeeze()


class VKept(Base):
    """Keeps v as well, and computes it afresh all the same."""

    def __init__(self, rows):
        super().__init__(rows)
        self.v = None

    def forward(self, W):
        with torch.no_grad():
            self.v = normalize(W.flatten(1).T @ self.u, dim=0)
            if self.training:
                self.u = normalize(W.flatten(1) @ self.v, dim=0)
        return W.div(self.u.dot(W.flatten(1).mv(self.v)))


class ByTensordot(Base):
    def forward(self, W):
        with torch.no_grad():
            v = torch.tensordot(self.u, W, dims=1)
            v = v / v.norm()
            if self.training:
                u = (W * v).flatten(1).sum(1)
                self.u = u / u.norm()
        return W / (torch.tensordot(self.u, W, dims=1) * v).sum()


class Plain(Base):
    """A step whose sigma is computed by `sigma`; the mistakes below change one thing each."""

    def sigma(self, W, matrix, u, v):
        return u @ matrix @ v

    def forward(self, W):
        matrix = W.flatten(1)
        with torch.no_grad():
            u, v = _step(matrix, self.u)
            u = u if self.training else self.u
        sigma = self.sigma(W, matrix, u, v)
        self.u = u
        return W / sigma


class Frobenius(Plain):
    def sigma(self, W, matrix, u, v):
        return W.norm()


class Squared(Plain):
    def sigma(self, W, matrix, u, v):
        return (matrix @ v).square().sum()


class Exact(Plain):
    def sigma(self, W, matrix, u, v):
        return torch.linalg.svdvals(matrix)[0]


class TwoSteps(Plain):
    def sigma(self, W, matrix, u, v):
        u, v = _step(matrix.detach(), u)
        return u @ matrix @ v


class AlongOld(Plain):
    def sigma(self, W, matrix, u, v):
        return self.u @ matrix @ v


class LongV(Plain):
    def sigma(self, W, matrix, u, v):
        v = matrix.detach().T @ self.u
        return normalize(matrix.detach() @ v, dim=0) @ matrix @ v


class LongBoth(Plain):
    def sigma(self, W, matrix, u, v):
        v = matrix.detach().T @ self.u
        return (matrix.detach() @ v) @ matrix @ v


class LongU(Plain):
    def sigma(self, W, matrix, u, v):
        return (matrix.detach() @ v) @ matrix @ v


class RowSums(Plain):
    def sigma(self, W, matrix, u, v):
        return torch.linalg.matrix_norm(matrix, float("inf"))


class Nuclear(Plain):
    def sigma(self, W, matrix, u, v):
        return torch.linalg.matrix_norm(matrix, "nuc")


class Multiplied(Plain):
    def sigma(self, W, matrix, u, v):
        return 1 / (u @ matrix @ v)


class Untouched(Plain):
    def sigma(self, W, matrix, u, v):
        return 1.0


class Fresh(Base):
    def forward(self, W):
        matrix = W.flatten(1)
        with torch.no_grad():
            u, v = _step(matrix, normalize(torch.randn(len(W)), dim=0))
        return W / (u @ matrix @ v)


class NeverKept(Base):
    def forward(self, W):
        matrix = W.flatten(1)
        with torch.no_grad():
            u, v = _step(matrix, self.u)
        return W / ((u if self.training else self.u) @ matrix @ v)


class KeptLong(Base):
    def forward(self, W):
        matrix = W.flatten(1)
        with torch.no_grad():
            v = normalize(matrix.T @ self.u, dim=0)
            if self.training:
                self.u = matrix @ v
        return W / (normalize(self.u, dim=0) @ matrix @ v)


class NoModes(Base):
    def forward(self, W):
        matrix = W.flatten(1)
        with torch.no_grad():
            self.u, v = _step(matrix, self.u)
        return W / (self.u @ matrix @ v)


class MatrixAlone(Base):
    def forward(self, W):
        with torch.no_grad():
            u, v = _step(W, self.u)
            self.u = u if self.training else self.u
        return W / (self.u @ W @ v)


class CutAcross(Base):
    def forward(self, W):
        matrix = W.reshape(-1, len(self.u)).T if W.dim() > 2 else W
        with torch.no_grad():
            u, v = _step(matrix, self.u)
            self.u = u if self.training else self.u
        return W / (self.u @ matrix @ v)


class Summed(Base):
    def forward(self, W):
        matrix = W.sum((2, 3)) if W.dim() > 2 else W
        with torch.no_grad():
            u, v = _step(matrix, self.u)
            self.u = u if self.training else self.u
        return W / (self.u @ matrix @ v)


class Through(Base):
    def forward(self, W):
        matrix = W.flatten(1)
        u, v = _step(matrix, self.u)
        u = u if self.training else self.u
        self.u = u.detach()
        return W / (u @ matrix @ v)


class SigmaCut(Plain):
    def sigma(self, W, matrix, u, v):
        return (u @ matrix @ v).detach()


class AtLeastOne(Plain):
    def sigma(self, W, matrix, u, v):
        return super().sigma(W, matrix, u, v).clamp(min=1)


class LastV(Plain):
    """In evaluation mode v is that of the last step, whose W was another."""

    def sigma(self, W, matrix, u, v):
        self.v = v if self.training else getattr(self, "v", v)
        return super().sigma(W, matrix, u, self.v)


class FirstVInEvaluation(Plain):
    def sigma(self, W, matrix, u, v):
        if not self.training:
            self.v = v = getattr(self, "v", v)
        return super().sigma(W, matrix, u, v)


class LastSigma(Plain):
    def sigma(self, W, matrix, u, v):
        sigma = super().sigma(W, matrix, u, v)
        self.last = sigma.detach() if self.training else getattr(self, "last", sigma)
        return sigma if self.training else self.last


class CutInEvaluation(Plain):
    def sigma(self, W, matrix, u, v):
        sigma = super().sigma(W, matrix, u, v)
        return sigma if self.training else sigma.detach()


class TooCarefulOfZero(Base):
    def forward(self, W):
        with torch.no_grad():
            v = normalize(W.flatten(1).T @ self.u, dim=0)
            if self.training:
                self.u = normalize(W.flatten(1) @ v, dim=0, eps=0.1)
        return W / (normalize(self.u, dim=0) @ W.flatten(1) @ v)


class OverwrittenInPlace(Base):
    def forward(self, W):
        matrix = W.flatten(1)
        with torch.no_grad():
            v = normalize(matrix.T @ self.u, dim=0)
            if self.training:
                self.u.copy_(normalize(matrix @ v, dim=0))
        return W / (self.u @ matrix @ v)


class ByEinsum(Base):
    """A copy of u goes into sigma, so that the buffer may be written over."""

    def forward(self, W):
        matrix = W.flatten(1)
        with torch.no_grad():
            v = normalize(matrix.T @ self.u, dim=0)
            u = normalize(matrix @ v, dim=0) if self.training else self.u.clone()
            self.u.copy_(u)
        return W / torch.einsum("i,ij,j->", u, matrix, v)


class PicturesAlone(Plain):
    def forward(self, W):
        return super().forward(W) if W.dim() != 3 else W / W.norm()


CORRECT = (
    Reassigned, InPlace, Detached, ByOuterProduct, ByHand, ByData, WithColumns, VKept, ByTensordot,
    ByEinsum,
)  # fmt: skip
STEP, CARRIED = "one step", "u from call to call"
KERNELS, GRADIENT = "kernels of a convolution", "the gradient"
MISTAKES = {
    Frobenius: (STEP, "Frobenius"),
    Squared: (STEP, "sigma squared"),
    Exact: (STEP, "the exact largest singular value"),
    TwoSteps: (STEP, "Two steps"),
    AlongOld: (STEP, "takes the old u"),
    LongV: (STEP, "v is not brought to length 1"),
    LongBoth: (STEP, "Neither v nor u"),
    LongU: (STEP, "sigma squared"),
    RowSums: (STEP, "row's absolute values"),
    Nuclear: (STEP, "sum of all singular values"),
    Multiplied: (STEP, "W is multiplied"),
    AtLeastOne: (STEP, "W comes back as it was"),
    Untouched: (STEP, "W comes back as it was"),
    Fresh: (STEP, "A fresh vector"),
    NeverKept: (CARRIED, "u is what it was"),
    KeptLong: (CARRIED, "without being brought to length 1"),
    NoModes: (CARRIED, "In evaluation mode u has changed"),
    MatrixAlone: (KERNELS, "stopped at a kernel"),
    CutAcross: (KERNELS, "shuffled"),
    Summed: (KERNELS, "summed over its places"),
    Through: (GRADIENT, "goes through u and v"),
    SigmaCut: (GRADIENT, "cut off from W"),
    LastV: (CARRIED, "from the W of this call"),
    FirstVInEvaluation: (CARRIED, "from the W of this call"),
    LastSigma: (CARRIED, "from the W of this call"),
    CutInEvaluation: (GRADIENT, "(This is in evaluation mode.)"),
    TooCarefulOfZero: (CARRIED, "brought to length 1"),
    PicturesAlone: (KERNELS, "Frobenius"),
    OverwrittenInPlace: (GRADIENT, "Two calls and then one backward pass"),
}
