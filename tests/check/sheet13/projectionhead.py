"""The projection logit: correct in several styles, and the classic mistakes."""

import torch
from torch import nn
from torch.nn import functional as F


class _Head(nn.Module):
    def __init__(self, features, classes):
        super().__init__()
        self.psi = nn.Linear(features, 1)
        self.embed = nn.Embedding(classes, features)


class Squeezed(_Head):
    def forward(self, h, y):
        return self.psi(h).squeeze(1) + (self.embed(y) * h).sum(1)


class AsInThePaper(_Head):
    """As most programs have it: both terms [N, 1]."""

    def forward(self, h, y):
        out = self.psi(h)
        out = out + torch.sum(self.embed(y) * h, dim=1, keepdim=True)
        return out.view(-1)


class ByEinsum(_Head):
    def forward(self, h, y):
        return self.psi(h)[:, 0] + torch.einsum("nf,nf->n", self.embed(y), h)


class ByBmm(_Head):
    def forward(self, h, y):
        inner = torch.bmm(self.embed(y)[:, None], h[:, :, None])  # [N, 1, 1]
        return (self.psi(h) + inner[:, 0]).flatten()


class AllClassesThenOne(_Head):
    """Every class's inner product, and of those the label's."""

    def forward(self, h, y):
        inner = h @ self.embed.weight.T  # [N, classes]
        return (self.psi(h) + inner.gather(1, y[:, None])).squeeze(-1)


class OneDirection(_Head):
    """The label's embedding is added to psi's weight, and the product is taken once."""

    def forward(self, h, y):
        return ((self.psi.weight + self.embed(y)) * h).sum(-1) + self.psi.bias


class ByOneHot(_Head):
    def forward(self, h, y):
        rows = F.one_hot(y, self.embed.num_embeddings).to(h)
        return self.psi(h).reshape(-1) + (h * (rows @ self.embed.weight)).sum(dim=1)


class ByDiagonal(_Head):
    def forward(self, h, y):
        return self.psi(h).squeeze(1) + (h @ self.embed(y).T).diagonal()


class ImageByImage(_Head):
    def forward(self, h, y):
        rows = zip(h, y, strict=True)
        return torch.stack([self.psi(a)[0] + self.embed.weight[b].dot(a) for a, b in rows])


class ByVecdot(_Head):
    def forward(self, h, y):
        return F.linear(h, self.psi.weight, self.psi.bias)[..., 0] + torch.linalg.vecdot(
            h, self.embed(y)
        )


class OverTheBatch(_Head):
    def forward(self, h, y):
        return self.psi(h) + (self.embed(y) * h).sum(0)


class OverTheBatchSqueezed(_Head):
    def forward(self, h, y):
        return self.psi(h).squeeze(1) + (self.embed(y) * h).sum(0)


class OverEverything(_Head):
    def forward(self, h, y):
        return self.psi(h).squeeze(1) + (self.embed(y) * h).sum()


class Spread(_Head):
    def forward(self, h, y):
        return self.psi(h) + (self.embed(y) * h).sum(1)


class AllPairs(_Head):
    def forward(self, h, y):
        return self.psi(h) + h @ self.embed(y).T


class LabelIgnored(_Head):
    def forward(self, h, y):
        return self.psi(h).squeeze(1)


class WithoutPsi(_Head):
    def forward(self, h, y):
        return (self.embed(y) * h).sum(1)


class MeanOverFeatures(_Head):
    def forward(self, h, y):
        return self.psi(h).squeeze(1) + (self.embed(y) * h).mean(1)


class AsInAttention(_Head):
    def forward(self, h, y):
        return self.psi(h).squeeze(1) + (self.embed(y) * h).sum(1) / h.shape[1] ** 0.5


class PsiOfTheProduct(_Head):
    def forward(self, h, y):
        return self.psi(self.embed(y) * h).squeeze(1)


class AddedToTheFeatures(_Head):
    def forward(self, h, y):
        return self.psi(h + self.embed(y)).squeeze(1)


class Cosine(_Head):
    def forward(self, h, y):
        return self.psi(h).squeeze(1) + F.cosine_similarity(self.embed(y), h)


class Subtracted(_Head):
    def forward(self, h, y):
        return self.psi(h).squeeze(1) - (self.embed(y) * h).sum(1)


class Probability(_Head):
    def forward(self, h, y):
        return torch.sigmoid(self.psi(h).squeeze(1) + (self.embed(y) * h).sum(1))


class FirstLabel(_Head):
    def forward(self, h, y):
        return self.psi(h).squeeze(1) + h @ self.embed(y[0])


class LargestOfAll(_Head):
    def forward(self, h, y):
        return self.psi(h).squeeze(1) + (h @ self.embed.weight.T).amax(1)


class Column(_Head):
    def forward(self, h, y):
        return self.psi(h) + (self.embed(y) * h).sum(1, keepdim=True)


class SqueezedAll(_Head):
    def forward(self, h, y):
        return (self.psi(h) + (self.embed(y) * h).sum(1, keepdim=True)).squeeze()


class FeaturesDetached(_Head):
    def forward(self, h, y):
        return self.psi(h).squeeze(1) + (self.embed(y) * h.detach()).sum(1)


class EmbeddingDetached(_Head):
    def forward(self, h, y):
        return self.psi(h).squeeze(1) + (self.embed.weight.data[y] * h).sum(1)


class NoGradient(_Head):
    @torch.no_grad()
    def forward(self, h, y):
        return self.psi(h).squeeze(1) + (self.embed(y) * h).sum(1)


class DetachedInEvaluation(_Head):
    def forward(self, h, y):
        h = h if self.training else h.detach()
        return self.psi(h).squeeze(1) + (self.embed(y) * h).sum(1)


class Padded(_Head):
    def __init__(self, features, classes):
        super().__init__(features, classes)
        self.embed = nn.Embedding(classes, features, padding_idx=0)

    def forward(self, h, y):
        return self.psi(h).squeeze(1) + (self.embed(y) * h).sum(1)


class ByEmbeddingBag(_Head):
    def forward(self, h, y):
        rows = F.embedding_bag(y[:, None], self.embed.weight, mode="sum")
        return self.psi(h).ravel() + (rows.unsqueeze(1) @ h.unsqueeze(2)).ravel()


CORRECT = (
    Squeezed, AsInThePaper, ByEinsum, ByBmm, AllClassesThenOne, OneDirection, ByOneHot, ByDiagonal,
    ImageByImage, ByVecdot, ByEmbeddingBag,
)  # fmt: skip
LOGIT, BATCHES, GRADIENT = "the logit", "batches of any size", "the gradient"
MISTAKES = {
    OverTheBatch: (LOGIT, "The sum runs over the batch"),
    OverTheBatchSqueezed: (LOGIT, "is the sum taken over the features"),
    OverEverything: (LOGIT, "summed over the batch"),
    Spread: (LOGIT, "for every pair of images"),
    AllPairs: (LOGIT, "for every pair of images"),
    LabelIgnored: (LOGIT, "The label makes no difference"),
    WithoutPsi: (LOGIT, "psi(h) is missing"),
    MeanOverFeatures: (LOGIT, "averaged over the features"),
    AsInAttention: (LOGIT, "as in attention"),
    PsiOfTheProduct: (LOGIT, "psi is applied to the product"),
    AddedToTheFeatures: (LOGIT, "added to the features"),
    Cosine: (LOGIT, "the cosine"),
    Subtracted: (LOGIT, "The inner product is subtracted"),
    Probability: (LOGIT, "a probability"),
    FirstLabel: (LOGIT, "with the label of the first one"),
    LargestOfAll: (LOGIT, "the largest is taken"),
    Column: (LOGIT, "have the shape [N, 1]"),
    SqueezedAll: (BATCHES, "its axis is gone"),
    FeaturesDetached: (GRADIENT, "is not that of"),
    EmbeddingDetached: (GRADIENT, "No gradient reaches embed.weight"),
    NoGradient: (GRADIENT, "No gradient reaches h"),
    Padded: (GRADIENT, "the embedding of label 0"),
    DetachedInEvaluation: (GRADIENT, "(This is in evaluation mode.)"),
}
