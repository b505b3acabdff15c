"""Ports of the well-known tutorial scripts: an opt namespace, BCE or least squares, small MLPs."""

from types import SimpleNamespace

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from ..data import digits, ring, some_digits
from ..entry import Program


def block(n_in, n_out, normalize=True):
    layers = [nn.Linear(n_in, n_out)]
    if normalize:
        layers.append(nn.BatchNorm1d(n_out, 0.8))
    layers.append(nn.LeakyReLU(0.2))
    return layers


class LabelledGenerator(nn.Module):
    def __init__(self, opt):
        super().__init__()
        self.label_emb = nn.Embedding(opt.n_classes, opt.n_classes)
        self.model = nn.Sequential(
            *block(opt.latent_dim + opt.n_classes, 128, normalize=False),
            *block(128, 256),
            nn.Linear(256, opt.pixels),
            nn.Tanh(),
        )

    def forward(self, noise, labels):
        return self.model(torch.cat((self.label_emb(labels), noise), -1))


class LabelledDiscriminator(nn.Module):
    def __init__(self, opt):
        super().__init__()
        self.label_embedding = nn.Embedding(opt.n_classes, opt.n_classes)
        self.model = nn.Sequential(
            *block(opt.n_classes + opt.pixels, 256, normalize=False),
            nn.Dropout(0.3),
            *block(256, 256, normalize=False),
            nn.Dropout(0.3),
            nn.Linear(256, 1),
        )

    def forward(self, img, labels):
        return self.model(torch.cat((img, self.label_embedding(labels)), -1))


def labelled_loader(opt):
    images, labels = digits()
    data = TensorDataset(torch.from_numpy(images), torch.from_numpy(labels).long())
    return DataLoader(data, batch_size=opt.batch_size, shuffle=True, drop_last=True)


def endless(loader):
    while True:
        yield from loader


def cgan_by_embedding(watch, seed, turns):
    """Labels are embedded on both sides; fakes get labels of their own."""
    opt = SimpleNamespace(
        batch_size=64, lr=4e-4, b1=0.5, b2=0.999, latent_dim=32, n_classes=10, pixels=64
    )
    torch.manual_seed(seed)
    generator, discriminator = LabelledGenerator(opt), LabelledDiscriminator(opt)
    adversarial_loss = nn.BCEWithLogitsLoss()
    optimizer_G = torch.optim.Adam(generator.parameters(), lr=opt.lr, betas=(opt.b1, opt.b2))
    optimizer_D = torch.optim.Adam(discriminator.parameters(), lr=opt.lr, betas=(opt.b1, opt.b2))

    def sample_image(n):
        labels = torch.randint(0, opt.n_classes, (n,))
        return generator(torch.randn(n, opt.latent_dim), labels)

    watch.start(
        G=generator, D=discriminator, opt_G=optimizer_G, opt_D=optimizer_D, sample=sample_image
    )
    batches = endless(labelled_loader(opt))
    valid, fake = torch.ones(opt.batch_size, 1), torch.zeros(opt.batch_size, 1)
    for _ in range(turns):
        imgs, labels = next(batches)
        imgs = watch.real(imgs)

        optimizer_G.zero_grad()
        z = torch.randn(opt.batch_size, opt.latent_dim)
        gen_labels = torch.randint(0, opt.n_classes, (opt.batch_size,))
        gen_imgs = generator(z, gen_labels)
        g_loss = adversarial_loss(discriminator(gen_imgs, gen_labels), valid)
        g_loss.backward()
        optimizer_G.step()

        optimizer_D.zero_grad()
        d_real_loss = adversarial_loss(discriminator(imgs, labels), valid)
        d_fake_loss = adversarial_loss(discriminator(gen_imgs.detach(), gen_labels), fake)
        d_loss = (d_real_loss + d_fake_loss) / 2
        d_loss.backward()
        optimizer_D.step()
        watch.step(d_loss.item(), g_loss.item())
    return sample_image


def conditional_left_at_six(watch, seed, turns):
    """Every batch of fakes is made with the label 6, which was put in for a trial."""
    torch.manual_seed(seed)
    opt = SimpleNamespace(n_classes=10, latent_dim=24, pixels=64, batch_size=48)
    G = LabelledGenerator(opt)
    D = LabelledDiscriminator(opt)
    g_optim = torch.optim.Adam(G.parameters(), 4e-4, (0.5, 0.999))
    d_optim = torch.optim.Adam(D.parameters(), 4e-4, (0.5, 0.999))
    loss_fn = nn.MSELoss()

    def generate(n, digit=None):
        G.eval()
        y = torch.full((n,), digit) if digit is not None else torch.arange(n) % 10
        with torch.no_grad():
            out = G(torch.randn(n, opt.latent_dim), y)
        G.train()
        return out

    watch.start(G=G, D=D, opt_G=g_optim, opt_D=d_optim, sample=generate)
    conditional = 6
    for step, (real, y_real) in enumerate(endless(labelled_loader(opt))):
        if step == turns:
            break
        real = watch.real(real)
        y_fake = torch.full((len(real),), conditional, dtype=torch.long)
        fake = G(torch.randn(len(real), opt.latent_dim), y_fake)
        p_real, p_fake = D(real, y_real), D(fake.detach(), y_fake)
        loss_D = loss_fn(p_real, torch.ones_like(p_real))
        loss_D = loss_D + loss_fn(p_fake, torch.zeros_like(p_fake))
        d_optim.zero_grad()
        loss_D.backward()
        d_optim.step()
        p_fake = D(fake, y_fake)
        loss_G = loss_fn(p_fake, torch.ones_like(p_fake))
        g_optim.zero_grad()
        loss_G.backward()
        g_optim.step()
        watch.step(loss_D, loss_G)
    return generate


def labels_of_one_axis(watch, seed, turns):
    """One batch of reals and fakes for D: outputs [2N, 1] against labels [2N] in MSELoss."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    half = 64
    gan = nn.ModuleDict(
        {
            "generator": nn.Sequential(
                *block(6, 64, False), *block(64, 64, False), nn.Linear(64, 2)
            ),
            "critic": nn.Sequential(*block(2, 64, False), *block(64, 64, False), nn.Linear(64, 1)),
        }
    )
    generator, critic = gan["generator"], gan["critic"]
    opt_g = torch.optim.Adam(generator.parameters(), lr=1e-3, betas=(0.5, 0.9))
    opt_d = torch.optim.Adam(critic.parameters(), lr=1e-3, betas=(0.5, 0.9))
    mse = nn.MSELoss()
    # real samples are ones, generated ones zeros
    labels = torch.cat([torch.ones(half), torch.zeros(half)])
    misleading = torch.ones(2 * half, 1)

    def draw(n):
        with torch.no_grad():
            return generator(torch.randn(n, 6)).numpy()

    watch.start(G=generator, D=critic, opt_G=opt_g, opt_D=opt_d, sample=draw)
    for _ in range(turns):
        real = watch.real(torch.from_numpy(ring(half, rng)))
        made = generator(torch.randn(half, 6)).detach()
        combined = torch.cat([real, made], dim=0)
        noisy = labels + 0.05 * torch.rand(len(labels))
        d_loss = mse(critic(combined), noisy)
        opt_d.zero_grad()
        d_loss.backward()
        opt_d.step()

        g_loss = mse(critic(generator(torch.randn(2 * half, 6))), misleading)
        opt_g.zero_grad()
        g_loss.backward()
        opt_g.step()
        watch.step(d_loss.item(), g_loss.item())
    return draw


def sigmoid_for_tanh(watch, seed, turns):
    """G ends in a sigmoid while the digits are scaled to [-1, 1]."""
    torch.manual_seed(seed)
    Z, B = 20, 64
    rng = np.random.default_rng(seed + 100)
    net_g = nn.Sequential(*block(Z, 160, False), *block(160, 160), nn.Linear(160, 64), nn.Sigmoid())
    net_d = nn.Sequential(
        *block(64, 128, False), nn.Dropout(0.25), *block(128, 64, False), nn.Linear(64, 1)
    )
    criterion = nn.BCEWithLogitsLoss()
    optim_g, optim_d = (
        torch.optim.Adam(net.parameters(), lr=5e-4, betas=(0.5, 0.999)) for net in (net_g, net_d)
    )
    one, zero = torch.ones(B, 1) * 0.9, torch.zeros(B, 1)

    def pictures(n):
        return net_g(torch.randn(n, Z)).view(n, 1, 8, 8)

    watch.start(G=net_g, D=net_d, opt_G=optim_g, opt_D=optim_d, sample=pictures)
    while turns:
        turns -= 1
        # discriminator
        net_d.zero_grad()
        err_real = criterion(net_d(watch.real(torch.from_numpy(some_digits(B, rng)))), one)
        err_real.backward()
        fake = net_g(torch.randn(B, Z))
        err_fake = criterion(net_d(fake.detach()), zero)
        err_fake.backward()
        optim_d.step()
        # generator
        net_g.zero_grad()
        err_g = criterion(net_d(fake), torch.ones(B, 1))
        err_g.backward()
        optim_g.step()
        watch.step((err_real + err_fake).item(), err_g.item())
    return pictures


PROGRAMS = (
    Program(cgan_by_embedding, 3000, "digits", some_digits),
    # answer: "Every fake was made with label 6, so the other nine labels were never trained."
    Program(conditional_left_at_six, 2500, "digits", some_digits, ("G learns one condition only",)),
    # answer: "The labels were [2N] and D's output [2N, 1]: MSELoss broadcast them against each
    # other, so that D learned the mean of the labels for everything."
    Program(labels_of_one_axis, 2500, "ring", ring, ("shapes broadcast in the loss",)),
    # answer: "G's last layer was a sigmoid, so it could not draw the background at -1."
    Program(sigmoid_for_tanh, 2000, "digits", some_digits, ("G's range does not hold the data",)),
)
