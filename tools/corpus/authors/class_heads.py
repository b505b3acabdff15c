"""Labels and codes: conditions for both nets, a class head, a code head, a projection."""

from itertools import chain, islice, repeat

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from ..data import ring, ring_centres
from ..entry import Program

CENTRES = torch.from_numpy(ring_centres(8, 1.0)).float()


def tight_ring(n, rng):
    return ring(n, rng, radius=1.0, sd=0.05)


def pts(n, rng):
    return torch.from_numpy(tight_ring(n, rng))


def mode_of(x):
    return torch.cdist(x, CENTRES).argmin(1)


def mlp(i, o, h=96):
    return nn.Sequential(
        nn.Linear(i, h), nn.LeakyReLU(0.2), nn.Linear(h, h), nn.LeakyReLU(0.2), nn.Linear(h, o)
    )


class CG(nn.Module):
    def __init__(self):
        super().__init__()
        self.emb = nn.Embedding(8, 8)
        self.net = mlp(4 + 8, 2)

    def forward(self, z, y):
        return self.net(torch.cat([z, self.emb(y)], 1))


class CD(nn.Module):
    def __init__(self):
        super().__init__()
        self.emb = nn.Embedding(8, 8)
        self.net = mlp(2 + 8, 1)

    def forward(self, x, y):
        return self.net(torch.cat([x, self.emb(y)], 1)).squeeze(1)


class ProjectionD(nn.Module):
    def __init__(self):
        super().__init__()
        self.phi = nn.Sequential(
            nn.Linear(2, 96), nn.LeakyReLU(0.2), nn.Linear(96, 96), nn.LeakyReLU(0.2)
        )
        self.psi, self.e = nn.Linear(96, 1), nn.Embedding(8, 96)

    def forward(self, x, y):
        h = self.phi(x)
        return self.psi(h)[:, 0] + (h * self.e(y)).sum(1)


def two_shuffled_loaders(watch, seed, turns):
    """Points and labels are shuffled by a loader each, so that they do not belong together."""
    torch.manual_seed(seed)
    X = pts(4096, np.random.default_rng(seed))
    Y = mode_of(X)
    G, D = CG(), CD()
    oG, oD = (torch.optim.Adam(n.parameters(), 1e-3, (0.5, 0.99)) for n in (G, D))
    images = DataLoader(X, 128, shuffle=True)
    labels = DataLoader(Y, 128, shuffle=True)

    def sample(n):
        return G(torch.randn(n, 4), torch.randint(0, 8, (n,)))

    watch.start(G=G, D=D, opt_G=oG, opt_D=oD, sample=sample)
    bce = F.binary_cross_entropy_with_logits
    epochs = (zip(images, labels, strict=True) for _ in repeat(None))
    for x, y in islice(chain.from_iterable(epochs), turns):
        x, y = watch.real((x, y))
        y_fake = torch.randint(0, 8, (len(x),))
        fake = G(torch.randn(len(x), 4), y_fake)
        r, f = D(x, y), D(fake.detach(), y_fake)
        d_loss = bce(r, torch.ones_like(r)) + bce(f, torch.zeros_like(f))
        oD.zero_grad(), d_loss.backward(), oD.step()
        s = D(fake, y_fake)
        g_loss = bce(s, torch.ones_like(s))
        oG.zero_grad(), g_loss.backward(), oG.step()
        watch.step(d_loss, g_loss)
    return sample


def projection_and_hinge(watch, seed, turns):
    """Sound: a projection for the class, a hinge, and labels of its own for G's step."""
    torch.manual_seed(seed)
    G, D = CG(), ProjectionD()
    nn.init.normal_(D.e.weight, 0, 0.1)
    opt_G, opt_D = (torch.optim.Adam(m.parameters(), 1e-3, (0.0, 0.9)) for m in (G, D))
    X = pts(6000, np.random.default_rng(seed))
    loader = DataLoader(TensorDataset(X, mode_of(X)), 128, shuffle=True, drop_last=True)

    def sample(n):
        return G(torch.randn(n, 4), torch.randint(8, (n,)))

    watch.start(G=G, D=D, opt_G=opt_G, opt_D=opt_D, sample=sample)
    for batch in islice(chain.from_iterable(repeat(loader)), turns):
        x, y = watch.real(batch)
        fake = G(torch.randn(128, 4), y)
        d_loss = F.relu(1 - D(x, y)).mean() + F.relu(1 + D(fake.detach(), y)).mean()
        opt_D.zero_grad(), d_loss.backward(), opt_D.step()
        y2 = torch.randint(8, (128,))
        g_loss = -D(G(torch.randn(128, 4), y2), y2).mean()
        opt_G.zero_grad(), g_loss.backward(), opt_G.step()
        watch.step(d_loss, g_loss)
    return sample


class ACG(nn.Module):
    def __init__(self, nz=8):
        super().__init__()
        self.label_emb = nn.Embedding(8, nz)
        self.l = mlp(2 * nz, 2)

    def forward(self, noise, labels):
        return self.l(torch.cat([self.label_emb(labels), noise], 1))


class ACD(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(
            nn.Linear(2, 96), nn.LeakyReLU(0.2), nn.Linear(96, 96), nn.LeakyReLU(0.2)
        )
        self.adv_layer = nn.Sequential(nn.Linear(96, 1), nn.Sigmoid())
        self.aux_layer = nn.Linear(96, 8)

    def forward(self, x):
        h = self.body(x)
        return self.adv_layer(h), self.aux_layer(h)


def with_a_class_head(watch, seed, turns, again):
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    generator, discriminator = ACG(), ACD()
    adversarial_loss, auxiliary_loss = nn.BCELoss(), nn.CrossEntropyLoss()
    optimizer_G = torch.optim.Adam(generator.parameters(), lr=1e-3, betas=(0.5, 0.999))
    optimizer_D = torch.optim.Adam(discriminator.parameters(), lr=1e-3, betas=(0.5, 0.99))

    def sample(n):
        return generator(torch.randn(n, 8), torch.randint(0, 8, (n,)))

    watch.start(G=generator, D=discriminator, opt_G=optimizer_G, opt_D=optimizer_D, sample=sample)
    for _i in range(turns):
        x = pts(128, rng)
        x, labels = watch.real((x, mode_of(x)))
        valid, fake = torch.ones(128, 1), torch.zeros(128, 1)
        optimizer_G.zero_grad()
        z = torch.randn(128, 8)
        gen_labels = torch.randint(0, 8, (128,))
        gen_imgs = generator(z, gen_labels)
        if again:
            gen_labels = torch.randint(0, 8, (128,))
        validity, pred_label = discriminator(gen_imgs)
        g_loss = adversarial_loss(validity, valid) + auxiliary_loss(pred_label, gen_labels)
        g_loss = 0.5 * g_loss
        g_loss.backward()
        optimizer_G.step()
        optimizer_D.zero_grad()
        real_pred, real_aux = discriminator(x)
        d_real_loss = adversarial_loss(real_pred, valid) + auxiliary_loss(real_aux, labels)
        fake_pred, fake_aux = discriminator(gen_imgs.detach())
        d_fake_loss = adversarial_loss(fake_pred, fake) + auxiliary_loss(fake_aux, gen_labels)
        d_loss = (d_real_loss / 2 + d_fake_loss / 2) / 2
        d_loss.backward()
        optimizer_D.step()
        watch.step(d_loss.item(), g_loss.item())
    return sample


def class_loss_of_new_labels(watch, seed, turns):
    """G's class loss uses labels drawn anew, not those that G was given."""
    return with_a_class_head(watch, seed, turns, again=True)


def a_class_head_for_d(watch, seed, turns):
    """Sound: D names the class too, and G's class loss asks for the class it was given."""
    return with_a_class_head(watch, seed, turns, again=False)


class InfoD(nn.Module):
    def __init__(self):
        super().__init__()
        self.shared = nn.Sequential(
            nn.Linear(2, 96), nn.LeakyReLU(0.1), nn.Linear(96, 96), nn.LeakyReLU(0.1)
        )
        self.head = nn.Linear(96, 1)
        self.q = nn.Linear(96, 8)

    def forward(self, x):
        h = self.shared(x)
        return self.head(h).flatten(), self.q(h)


def with_a_code_head(watch, seed, turns, hold_q):
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    G, D = mlp(4 + 8, 2), InfoD()
    d_params = [*D.shared.parameters(), *D.head.parameters()]
    opt_D = torch.optim.Adam(d_params, 1e-3, (0.5, 0.999))
    g_params = [*G.parameters(), *(D.q.parameters() if hold_q else ())]
    opt_G = torch.optim.Adam(g_params, 1e-3, (0.5, 0.999))

    def latent(n):
        c = torch.randint(0, 8, (n,))
        return torch.cat([torch.randn(n, 4), F.one_hot(c, 8).float()], 1), c

    def sample(n):
        return G(latent(n)[0])

    watch.start(G=G, D=D, opt_G=opt_G, opt_D=opt_D, sample=sample)
    for _ in range(turns):
        x = watch.real(pts(128, rng))
        z, c = latent(128)
        fake = G(z)
        loss_d = F.softplus(-D(x)[0]).mean() + F.softplus(D(fake.detach())[0]).mean()
        opt_D.zero_grad()
        loss_d.backward()
        opt_D.step()
        adv, q = D(fake)
        info = F.cross_entropy(q, c)
        loss_g = F.softplus(-adv).mean() + info
        opt_G.zero_grad()
        loss_g.backward()
        opt_G.step()
        watch.step(loss_d, loss_g)
    return sample


def q_in_no_list(watch, seed, turns):
    """The head that reads the code is in no optimiser, and stays random."""
    return with_a_code_head(watch, seed, turns, hold_q=False)


def q_in_the_list_of_g(watch, seed, turns):
    """Sound: G's optimiser holds the head that reads the code."""
    return with_a_code_head(watch, seed, turns, hold_q=True)


PROGRAMS = (
    Program(two_shuffled_loaders, 640, "ring", tight_ring, ("labels do not belong to samples",)),
    Program(class_loss_of_new_labels, 700, "ring", tight_ring, ("class loss of other labels",)),
    Program(a_class_head_for_d, 700, "ring", tight_ring),
    Program(q_in_no_list, 600, "ring", tight_ring, ("weights in no optimiser",)),
    Program(q_in_the_list_of_g, 600, "ring", tight_ring),
    Program(projection_and_hinge, 644, "ring", tight_ring),
)
