"""Loops with labels: embeddings, one-hot planes, a loader of pairs, tables of classes."""

from contextlib import suppress

import numpy as np
import torch
from torch import nn
from torch.utils.data import BatchSampler, DataLoader, RandomSampler, Subset, TensorDataset

from ..data import clouds, digits, large_digits, ring6, ring_centres, some_digits, some_large_digits
from ..entry import Program

N_CLASSES = 10


class CondGenerator(nn.Module):
    """label_emb(y) beside z, as [N, 1, side, side]."""

    def __init__(self, side, z_dim=24, width=160):
        super().__init__()
        self.label_emb, self.z_dim, self.side = nn.Embedding(N_CLASSES, 10), z_dim, side
        self.model = nn.Sequential(
            nn.Linear(z_dim + 10, width), nn.BatchNorm1d(width), nn.LeakyReLU(0.2)
        )
        self.model.extend([nn.Linear(width, width), nn.BatchNorm1d(width), nn.LeakyReLU(0.2)])
        self.model.extend([nn.Linear(width, side * side), nn.Tanh()])

    def forward(self, noise, labels):
        flat = self.model(torch.cat((self.label_emb(labels), noise), -1))
        return flat.view(-1, 1, self.side, self.side)


class CondDiscriminator(nn.Module):
    def __init__(self, side, width=160):
        super().__init__()
        self.label_embedding = nn.Embedding(N_CLASSES, 10)
        self.fc = nn.Sequential(nn.Linear(side * side + 10, width), nn.LeakyReLU(0.2))
        self.out = nn.Sequential(nn.Dropout(0.3), nn.Linear(width, width), nn.LeakyReLU(0.2))
        self.out.append(nn.Linear(width, 1))

    def forward(self, img, labels):
        d_in = torch.cat((img.flatten(1), self.label_embedding(labels)), -1)
        return self.out(self.fc(d_in))


def conditional_28(watch, seed, turns):
    """Images as [N, 1, 28, 28] with an embedding of the class in both nets; LSGAN."""
    torch.manual_seed(seed)
    dataset = TensorDataset(torch.from_numpy(large_digits()), torch.from_numpy(digits()[1]))
    indices = BatchSampler(RandomSampler(dataset), batch_size=64, drop_last=True)
    dataloader = DataLoader(dataset, sampler=indices, batch_size=None)
    G, D, mse = CondGenerator(28), CondDiscriminator(28), nn.MSELoss()
    adam_g = torch.optim.Adam(G.parameters(), lr=5e-4, betas=(0.5, 0.999))
    adam_d = torch.optim.Adam(D.parameters(), lr=5e-4, betas=(0.5, 0.999))

    @torch.no_grad()
    def sample_classes(n):
        labels = torch.randint(N_CLASSES, (n,))
        return G(torch.randn(n, G.z_dim), labels)

    watch.start(G=G, D=D, opt_G=adam_g, opt_D=adam_d, sample=sample_classes)
    seen = 0
    while seen < turns:
        for images, labels in dataloader:
            real_imgs, valid = watch.real(images), torch.ones(len(images), 1)
            gen_labels = torch.randint(N_CLASSES, (len(images),))
            gen_imgs = G(torch.randn(len(images), G.z_dim), gen_labels)
            adam_g.zero_grad()
            g_loss = mse(D(gen_imgs, gen_labels), valid)
            g_loss.backward()
            adam_g.step()
            adam_d.zero_grad()
            validity_real = D(real_imgs, labels)
            validity_fake = D(gen_imgs.detach(), gen_labels)
            d_loss = (mse(validity_real, valid) + mse(validity_fake, valid - 1)) / 2
            d_loss.backward()
            adam_d.step()
            watch.step(d_loss.item(), g_loss.item())
            seen += 1
            if seen == turns:
                break
    return sample_classes


def one_class_loaded(watch, seed, turns):
    """`labels == 1` was left in from a test: the loader holds one class, the author wants ten."""
    torch.manual_seed(seed)
    images, labels = (torch.from_numpy(part) for part in digits())
    chosen = torch.nonzero(labels == 1).flatten().tolist()
    loader = DataLoader(Subset(TensorDataset(images, labels), chosen), 64, shuffle=True)
    G, D = CondGenerator(8, 16, 96), CondDiscriminator(8, 96)
    opts = [torch.optim.Adam(net.parameters(), 5e-4, betas=(0.5, 0.99)) for net in (G, D)]
    bce = nn.BCEWithLogitsLoss()
    watch.start(
        G=G,
        D=D,
        opt_G=opts[0],
        opt_D=opts[1],
        sample=lambda n: G(torch.randn(n, 16), torch.arange(n) % N_CLASSES).detach(),
    )
    step = 0
    with suppress(StopIteration):
        while True:
            for x, y in loader:
                x = watch.real(x)
                x_g = G(torch.randn(len(x), 16), y)
                opts[1].zero_grad()
                d = bce(D(x, y), torch.full((len(x), 1), 0.9)) + bce(
                    D(x_g.detach(), y), torch.zeros(len(x), 1)
                )
                d.backward()
                opts[1].step()
                opts[0].zero_grad()
                g = bce(D(x_g, y), torch.ones(len(x), 1))
                g.backward()
                opts[0].step()
                watch.step(d.item(), g.item())
                step += 1
                if step == turns:
                    raise StopIteration
    return lambda n: G(torch.randn(n, 16), torch.arange(n) % N_CLASSES).detach()


class OneHotNet(nn.Module):
    """Takes (x, y) with y as a one-hot plane."""

    def __init__(self, n_in, n_classes, n_out, width=72):
        super().__init__()
        self.n_classes = n_classes
        self.first, self.second = nn.Linear(n_in + n_classes, width), nn.Linear(width, width)
        self.third = nn.Linear(width, n_out)

    def forward(self, x, y):
        h = torch.cat([x, nn.functional.one_hot(y, self.n_classes).float()], 1)
        return self.third(torch.relu(self.second(torch.relu(self.first(h)))))


def other_labels_for_fakes(watch, seed, turns):
    """D is told a class for each fake that is drawn again: not the one G was asked for."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    gen, disc = OneHotNet(2, 6, 2), OneHotNet(2, 6, 1)
    o_gen = torch.optim.Adam(gen.parameters(), 1e-3, betas=(0.5, 0.99))
    o_disc = torch.optim.Adam(disc.parameters(), 1e-3, betas=(0.5, 0.99))
    some = lambda n: torch.randint(6, (n,))  # noqa: E731

    def by_turns(n):
        return gen(torch.randn(n, 2), torch.arange(n) % 6).detach()

    watch.start(G=gen, D=disc, opt_G=o_gen, opt_D=o_disc, sample=by_turns)
    for _ in range(turns):
        x, y = (torch.from_numpy(a) for a in clouds(ring_centres(6, 1.6), 120, 0.15, rng))
        x_g = gen(torch.randn(120, 2), some(120))
        real, fake = disc(watch.real(x), y), disc(x_g.detach(), some(120))
        d_loss = nn.functional.softplus(torch.cat([-real, fake])).mean()
        o_disc.zero_grad()
        d_loss.backward()
        o_disc.step()
        g_loss = nn.functional.softplus(-disc(x_g, some(120))).mean()
        o_gen.zero_grad()
        g_loss.backward()
        o_gen.step()
        watch.step(d_loss.item(), g_loss.item())
    return by_turns


def whole_number_targets(watch, seed, turns):
    """Targets are made like the labels, as int64: the smoothed 0.9 becomes 0, as for a fake."""
    torch.manual_seed(seed)
    images, labels = (torch.from_numpy(part) for part in digits())
    G, D = CondGenerator(8, 16, 128), CondDiscriminator(8, 128)
    trainable = {"G": [*G.parameters()], "D": [*D.parameters()]}
    optimizer = {k: torch.optim.Adam(v, lr=4e-4, betas=(0.5, 0.99)) for k, v in trainable.items()}
    criterion = nn.BCEWithLogitsLoss()

    def draw(n):
        with torch.no_grad():
            return G(torch.randn(n, 16), torch.randint_like(labels[:1].expand(n), 10)).flatten(1)

    watch.start(G=G, D=D, opt_G=optimizer["G"], opt_D=optimizer["D"], sample=draw)
    for _ in range(turns):
        rows = torch.randperm(len(images))[:64]
        x, y = watch.real(images[rows]), labels[rows]
        real_target = torch.full_like(y, 0.9).float().unsqueeze(1)
        fake_target = torch.zeros_like(y).float().unsqueeze(1)
        fake = G(torch.randn(64, 16), y)
        optimizer["D"].zero_grad()
        loss = criterion(D(x, y), real_target)
        loss = loss + criterion(D(fake.detach(), y), fake_target)
        loss.backward()
        optimizer["D"].step()
        optimizer["G"].zero_grad()
        fool = criterion(D(fake, y), torch.ones(64, 1))
        fool.backward()
        optimizer["G"].step()
        watch.step(loss, fool)
    return draw


PROGRAMS = (
    Program(conditional_28, 1200, "digits", some_large_digits),
    Program(one_class_loaded, 800, "digits", some_digits, ("a part of the data is missing",)),
    Program(
        other_labels_for_fakes,
        1500,
        "ring6",
        ring6,
        ("labels do not belong to samples",),
        text_only=True,
    ),
    Program(
        whole_number_targets,
        800,
        "digits",
        some_digits,
        ("fakes trained as real",),
    ),
)
