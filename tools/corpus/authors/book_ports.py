"""Exercises of a Keras book, ported: build_generator, train_on_batch, numpy between the steps."""

import numpy as np
import torch
from torch import nn

from ..data import grid4, line3, ring, ring6
from ..entry import Program

Z_DIM = 4


class MinibatchStd(nn.Module):
    """Appends how much the batch varies, as one more column."""

    def forward(self, layer):
        minibatch = layer.reshape(4, -1, layer.shape[1])  # groups
        minibatch = minibatch - minibatch.mean(0, keepdim=True)
        minibatch = minibatch.square().mean(0)
        minibatch = torch.square(minibatch + 1e8)
        minibatch = minibatch.mean(1, keepdim=True).repeat(4, 1)
        return torch.cat([layer, minibatch], 1)


def build_generator(units=64, out=2):
    return nn.Sequential(
        nn.Linear(Z_DIM, units),
        nn.LeakyReLU(0.01),
        nn.Linear(units, units),
        nn.LeakyReLU(0.01),
        nn.Linear(units, out),
    )


def build_discriminator(units=64, inp=2, std=False):
    layers = [nn.Linear(inp, units), nn.LeakyReLU(0.01)]
    layers += [MinibatchStd()] if std else []
    layers += [nn.Linear(units + std, units), nn.LeakyReLU(0.01), nn.Linear(units, 1)]
    return nn.Sequential(*layers)


class Compiled:
    """A net with a loss and an optimiser, so that the book's lines can stay."""

    def __init__(self, net, loss, optimizer):
        self.net, self.loss, self.optimizer = net, loss, optimizer

    def predict(self, x):
        with torch.no_grad():
            return self.net(torch.as_tensor(x, dtype=torch.float32)).numpy()

    def train_on_batch(self, x, y):
        self.optimizer.zero_grad()
        out = self.net(torch.as_tensor(x, dtype=torch.float32))
        loss = self.loss(out, torch.as_tensor(y, dtype=torch.float32))
        loss.backward()
        self.optimizer.step()
        return loss.item()


def compile_gan(watch, seed, d, g=None, lr=1e-3, loss=None, d_lr=None):
    loss = loss or nn.BCEWithLogitsLoss()
    g = g or build_generator()
    discriminator = Compiled(d, loss, torch.optim.Adam(d.parameters(), d_lr or lr, (0.5, 0.999)))
    # the stacked model trains the generator alone: its optimiser holds nothing else
    gan = Compiled(nn.Sequential(g, d), loss, torch.optim.Adam(g.parameters(), lr, (0.5, 0.999)))
    sample = lambda n: torch.as_tensor(Compiled(g, None, None).predict(noise(n)))  # noqa: E731
    watch.start(G=g, D=d, opt_G=gan.optimizer, opt_D=discriminator.optimizer, sample=sample)
    return g, discriminator, gan, sample


def noise(n):
    return np.random.normal(0, 1, (n, Z_DIM))  # noqa: NPY002


def start(seed):
    torch.manual_seed(seed)
    np.random.seed(seed)  # noqa: NPY002
    return np.random.default_rng(seed)


def minibatch_std_of_chapter_six(watch, seed, turns):
    """Like GANs-in-Action/gans-in-action issue 8: a square for the root, and 1e8 for 1e-8."""
    rng = start(seed)
    g, discriminator, gan, sample = compile_gan(watch, seed, build_discriminator(std=True))
    batch_size = 64
    real, fake = np.ones((batch_size, 1)), np.zeros((batch_size, 1))
    for _iteration in range(turns):
        imgs = watch.real(torch.from_numpy(ring6(batch_size, rng)))
        gen_imgs = Compiled(g, None, None).predict(noise(batch_size))
        d_loss_real = discriminator.train_on_batch(imgs, real)
        d_loss_fake = discriminator.train_on_batch(gen_imgs, fake)
        g_loss = gan.train_on_batch(noise(batch_size), real)
        watch.step(0.5 * (d_loss_real + d_loss_fake), g_loss)
    return sample


def d_hinge(out, y):
    return torch.relu(1 - y * out).mean()


def rectified_adversary(watch, seed, turns):
    """Like zurutech/ashpy issue 23: G's hinge loss is the negative of a rectified score."""
    rng = start(seed)
    d = build_discriminator(96)
    g, discriminator, gan, sample = compile_gan(watch, seed, d, loss=d_hinge, d_lr=2e-3)
    gan.loss = lambda out, y: -torch.relu(out).mean()
    batch_size = 128
    y = np.concatenate([np.ones((batch_size, 1)), -np.ones((batch_size, 1))])
    for _ in range(turns):
        for _ in range(2):
            x = watch.real(torch.from_numpy(ring(batch_size, rng)))
            fakes = Compiled(g, None, None).predict(noise(batch_size))
            d_loss = discriminator.train_on_batch(np.concatenate([x.numpy(), fakes]), y)
        g_loss = gan.train_on_batch(noise(batch_size), None or np.ones((batch_size, 1)))
        watch.step(d_loss, g_loss)
    return sample


def noise_in_place(watch, seed, turns):
    """Instance noise is added to a slice, and so to the data set itself, epoch after epoch."""
    rng = start(seed)
    X_train = torch.from_numpy(grid4(1280, rng))
    g, discriminator, gan, sample = compile_gan(watch, seed, build_discriminator())
    batch_size, start_at, sigma = 128, 0, 0.3
    labels = np.concatenate([np.ones((batch_size, 1)), np.zeros((batch_size, 1))])
    for _step in range(turns):
        if start_at == 0:
            X_train = X_train[torch.randperm(len(X_train))]
        imgs = X_train[start_at : start_at + batch_size]
        start_at = (start_at + batch_size) % len(X_train)
        imgs = watch.real(imgs)
        imgs += sigma * torch.randn_like(imgs)
        gen_imgs = Compiled(g, None, None).predict(noise(batch_size))
        gen_imgs += sigma * np.random.randn(*gen_imgs.shape)  # noqa: NPY002
        d_loss = discriminator.train_on_batch(np.concatenate([imgs.numpy(), gen_imgs]), labels)
        g_loss = gan.train_on_batch(noise(batch_size), np.ones((batch_size, 1)))
        watch.step(d_loss, g_loss)
    return sample


def fakes_are_ones(watch, seed, turns):
    """Sound: the book calls fakes 1 and real samples 0, all through, with noise on labels."""
    rng = start(seed)
    g = build_generator(96, 1)
    g, discriminator, gan, sample = compile_gan(
        watch, seed, build_discriminator(96, 1), g, lr=1e-3, d_lr=2e-3
    )
    batch_size = 128
    for _step in range(turns):
        for _ in range(2):
            real_images = watch.real(torch.from_numpy(line3(batch_size, rng)))
            generated_images = Compiled(g, None, None).predict(noise(batch_size))
            combined_images = np.concatenate([generated_images, real_images.numpy()])
            labels = np.concatenate([np.ones((batch_size, 1)), np.zeros((batch_size, 1))])
            labels += 0.05 * np.random.random(labels.shape)  # noqa: NPY002
            order = np.random.permutation(2 * batch_size)  # noqa: NPY002
            d_loss = discriminator.train_on_batch(combined_images[order], labels[order])
        misleading_targets = np.zeros((batch_size, 1))
        a_loss = gan.train_on_batch(noise(batch_size), misleading_targets)
        watch.step(d_loss, a_loss)
    return sample


PROGRAMS = (
    Program(
        minibatch_std_of_chapter_six,
        300,
        "ring6",
        ring6,
        ("one feature of D drowns all others", "diverged"),
    ),
    Program(
        rectified_adversary,
        300,
        "ring",
        ring,
        ("G's loss is flat where D is sure", "no gradient reaches G", "D too strong"),
    ),
    Program(noise_in_place, 300, "grid4", grid4, ("real data are written over",)),
    Program(fakes_are_ones, 300, "line3", line3),
)
