"""Loops for tables: columns of numbers beside columns of categories, activated one by one."""

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from ..data import clouds, grid_centres
from ..entry import Program

COLUMNS = (("amount", "number", 1), ("age", "number", 1), ("kind", "category", 4))


def table(n, rng):
    """Two numbers around one of four centres, and which centre as one-hot: [n, 6]."""
    x, kind = clouds(grid_centres(2, 2.0), n, 0.2, rng)
    return np.concatenate([x, np.eye(4, dtype=np.float32)[kind]], 1)


class DataSampler:
    def __init__(self, data, seed):
        self._data, self._rng = data, np.random.default_rng(seed)

    def sample_data(self, n):
        return torch.from_numpy(self._data[self._rng.integers(len(self._data), size=n)])


class Residual(nn.Module):
    def __init__(self, i, o):
        super().__init__()
        self.fc, self.bn = nn.Linear(i, o), nn.BatchNorm1d(o)

    def forward(self, input_):
        return torch.cat([functional.relu(self.bn(self.fc(input_))), input_], dim=1)


class Generator(nn.Module):
    def __init__(self, embedding_dim, generator_dim, data_dim):
        super().__init__()
        dim, seq = embedding_dim, []
        for item in generator_dim:
            seq += [Residual(dim, item)]
            dim += item
        self.seq = nn.Sequential(*seq, nn.Linear(dim, data_dim))

    def forward(self, input_):
        return self.seq(input_)


class Discriminator(nn.Module):
    def __init__(self, input_dim, discriminator_dim, dropout=0.1):
        super().__init__()
        dim, seq = input_dim, []
        for item in discriminator_dim:
            seq += [nn.Linear(dim, item), nn.LeakyReLU(0.2), nn.Dropout(dropout)]
            dim = item
        self.seq = nn.Sequential(*seq, nn.Linear(dim, 1))

    def forward(self, input_):
        return self.seq(input_)


class Synthesizer:
    """fit(table), sample(n): numbers stay as they are, categories pass a Gumbel softmax."""

    def __init__(self, watch, seed, embedding_dim=8, lr=1e-3, decay=1e-6, batch_size=200):
        torch.manual_seed(seed)
        self._watch, self._seed, self._batch_size = watch, seed, batch_size
        self._embedding_dim, self._lr, self._decay = embedding_dim, lr, decay

    def _apply_activate(self, data):
        data_t, st = [], 0
        for _, kind, width in COLUMNS:
            part = data[:, st : st + width]
            data_t.append(part if kind == "number" else self._choose(part))
            st += width
        return torch.cat(data_t, dim=1)

    def _choose(self, logits):
        return functional.gumbel_softmax(logits, tau=0.4)

    def _z(self, n):
        return torch.randn(n, self._embedding_dim)

    def _real(self, rows):
        return rows

    def _for_discriminator(self, fake, fakeact):
        return fakeact

    def fit(self, data, turns):
        g = self._generator = Generator(self._embedding_dim, (64, 64), data.shape[1])
        d = Discriminator(data.shape[1], (96, 96))
        how = {"lr": self._lr, "betas": (0.5, 0.9), "weight_decay": self._decay}
        optimizerG, optimizerD = (torch.optim.Adam(m.parameters(), **how) for m in (g, d))
        sampler = DataSampler(data, self._seed)
        self._watch.start(G=g, D=d, opt_G=optimizerG, opt_D=optimizerD, sample=self.sample)
        for _ in range(turns):
            fake = g(self._z(self._batch_size))
            fakeact = self._apply_activate(fake)
            real = self._real(self._watch.real(sampler.sample_data(self._batch_size)))
            y_fake = d(self._for_discriminator(fake, fakeact).detach())
            y_real = d(real)
            loss_d = functional.softplus(y_fake).mean() + functional.softplus(-y_real).mean()
            optimizerD.zero_grad(set_to_none=False)
            loss_d.backward()
            optimizerD.step()
            fakeact = self._apply_activate(g(self._z(self._batch_size)))
            loss_g = functional.softplus(-d(fakeact)).mean()
            optimizerG.zero_grad(set_to_none=False)
            loss_g.backward()
            optimizerG.step()
            self._watch.step(loss_d.detach().item(), loss_g.detach().item())
        return self.sample

    @torch.no_grad()
    def sample(self, n):
        """Categories are the largest entry, as the table wants them."""
        self._generator.eval()
        out = self._apply_activate(self._generator(self._z(n)))
        self._generator.train()
        hard = functional.one_hot(out[:, 2:].argmax(1), 4)
        return torch.cat([out[:, :2], hard], 1).numpy()


def numbers_and_kinds(watch, seed, turns):
    """Gumbel softmax for the categories, sampled in eval mode, the largest entry shown."""
    return Synthesizer(watch, seed).fit(table(5000, np.random.default_rng(seed)), turns)


def activated_for_G_only(watch, seed, turns):
    """D learns on G's bare outputs and G is scored on activated ones: one variable's name was short
    of "act", as the table library's own issue says."""

    class Mine(Synthesizer):
        def _for_discriminator(self, fake, fakeact):
            return fake

    return Mine(watch, seed).fit(table(5000, np.random.default_rng(seed)), turns)


def argmax_in_training(watch, seed, turns):
    """Categories are made hard by argmax in training too, through which no gradient comes."""

    class Mine(Synthesizer):
        def _choose(self, logits):
            return functional.one_hot(logits.argmax(1), logits.shape[1]).float()

    return Mine(watch, seed).fit(table(5000, np.random.default_rng(seed)), turns)


def everything_becomes_int(watch, seed, turns):
    """The rows become int8 because one column holds integers: what follows the point is lost."""

    class Mine(Synthesizer):
        def _real(self, rows):
            frame = rows.numpy().astype(np.int8)
            return torch.from_numpy(frame.astype(np.float32))

    return Mine(watch, seed).fit(table(5000, np.random.default_rng(seed)), turns)


PROGRAMS = (
    Program(numbers_and_kinds, 1000, "grid4", table),
    Program(
        activated_for_G_only,
        800,
        "grid4",
        table,
        ("D and G's step see different fakes", "real and fake samples prepared differently"),
    ),
    Program(
        argmax_in_training,
        1000,
        "grid4",
        table,
        ("weights get no gradient", "no gradient reaches G"),
    ),
    Program(
        everything_becomes_int,
        800,
        "grid4",
        table,
        ("real and fake samples prepared differently",),
    ),
)
