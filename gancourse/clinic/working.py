"""A GAN program that works, for points and for small images: lessons 05 and 06 in a row.

Each fault of the clinic is this text with a line or two changed, and nothing else.
"""

from itertools import pairwise

import torch
from torch import nn

D_STEPS, G_STEPS = 1, 1  # of each player in a turn


def layers(sizes, norm):
    for depth, (n_in, n_out) in enumerate(pairwise(sizes[:-1])):
        yield nn.Linear(n_in, n_out)
        if norm and depth:  # else D would not see what all samples of a batch have in common
            yield nn.BatchNorm1d(n_out)
        yield nn.LeakyReLU(0.2)
    yield nn.Linear(sizes[-2], sizes[-1])


def make_nets(setting, dim):
    G = nn.Sequential(*layers([setting.z_dim, *setting.G, dim], setting.norm), setting.last())
    D = nn.Sequential(*layers([dim, *setting.D, 1], setting.norm), nn.Flatten(0))
    initialise(G, setting.init)
    initialise(D, setting.init)
    return G, D


def initialise(net, draw):
    for layer in net.modules():
        if isinstance(layer, nn.Linear):
            draw(layer.weight)
            nn.init.zeros_(layer.bias)


def scaled(x, setting):
    return x / 127.5 - 1 if setting.images else x


def real_batches(x_real, n):
    while True:
        order = torch.randperm(len(x_real))
        for index in order.split(n)[: len(x_real) // n]:
            yield x_real[index]


def noise(n, setting):
    return torch.randn(n, setting.z_dim)


def d_step(G, D, opt_D, x_real, setting):
    x_fake = G(noise(len(x_real), setting)).detach()
    opt_D.zero_grad()
    d_loss = setting.pair.d_loss(D(x_real), D(x_fake))
    d_loss.backward()
    opt_D.step()
    return d_loss.detach()


def g_step(G, D, opt_G, x_real, setting):
    x_fake = G(noise(len(x_real), setting))
    logit_real = D(x_real) if setting.pair.pairs_real else None
    g_loss = setting.pair.g_loss(logit_real, D(x_fake))
    g_loss.backward()
    opt_G.step()
    opt_G.zero_grad()
    return g_loss.detach()


def turn(G, D, opt_G, opt_D, batches, setting):
    for _ in range(D_STEPS):
        x_real = next(batches)
        d_loss = d_step(G, D, opt_D, x_real, setting)
    for _ in range(G_STEPS):
        g_loss = g_step(G, D, opt_G, x_real, setting)
    return d_loss, g_loss


@torch.no_grad()
def sample(G, z):
    G.eval()
    x = torch.cat([G(row) for row in z.split(8)])  # as many as fit in a row of the picture
    G.train()
    return x


def optimisers(G, D, setting):
    opt_G = torch.optim.Adam(G.parameters(), lr=setting.lr, betas=(0.5, 0.99))
    opt_D = torch.optim.Adam(D.parameters(), lr=setting.lr, betas=(0.5, 0.99))
    return opt_G, opt_D


def train(setting, x_real, seed, watch, frames):
    torch.manual_seed(seed)
    x_real = scaled(x_real, setting)
    G, D = make_nets(setting, x_real.shape[1])
    opt_G, opt_D = optimisers(G, D, setting)
    recorder = watch(G, D, opt_G, opt_D, lambda n: sample(G, torch.randn(n, setting.z_dim)))
    batches, z = real_batches(x_real, setting.batch), torch.randn(64, setting.z_dim)
    batches = recorder.loader(batches)
    for step in range(setting.steps):
        if step % 300 == 0:
            frames.append((f"step {step}", sample(G, z)))
        recorder.step(*turn(G, D, opt_G, opt_D, batches, setting))
    frames.append((f"step {setting.steps}", sample(G, z)))
    return G, D
