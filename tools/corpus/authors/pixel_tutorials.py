"""Digits from pages that everybody copies: DCGAN's tutorial, classes and blocks, one loop each."""

from itertools import chain, islice, pairwise, repeat

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from ..data import digits, large_digits, some_digits, some_large_digits
from ..entry import Program


class DCG(nn.Module):
    def __init__(self, nz=32, ngf=16):
        super().__init__()
        self.main = nn.Sequential(
            nn.ConvTranspose2d(nz, ngf * 2, 7, 1, 0, bias=False),
            nn.BatchNorm2d(ngf * 2),
            nn.ReLU(True),
            nn.ConvTranspose2d(ngf * 2, ngf, 4, 2, 1, bias=False),
            nn.BatchNorm2d(ngf),
            nn.ReLU(True),
            nn.ConvTranspose2d(ngf, 1, 4, 2, 1, bias=False),
            nn.Tanh(),
        )

    def forward(self, x):
        return self.main(x)


class DCD(nn.Module):
    def __init__(self, ndf=16):
        super().__init__()
        self.main = nn.Sequential(
            nn.Conv2d(1, ndf, 4, 2, 1, bias=False),
            nn.LeakyReLU(0.2, inplace=True),
            nn.Conv2d(ndf, ndf * 2, 4, 2, 1, bias=False),
            nn.BatchNorm2d(ndf * 2),
            nn.LeakyReLU(0.2, inplace=True),
            nn.Conv2d(ndf * 2, 1, 7, 1, 0, bias=False),
            nn.Sigmoid(),
        )

    def forward(self, x):
        return self.main(x)


def weights_init(m):
    name = m.__class__.__name__
    if name.find("Conv") != -1:
        nn.init.normal_(m.weight.data, 0.0, 0.02)
    elif name.find("BatchNorm") != -1:
        nn.init.normal_(m.weight.data, 1.0, 0.02)
        nn.init.constant_(m.bias.data, 0)


def dcgan(watch, seed, turns, fixed, nz=32):
    torch.manual_seed(seed)
    netG, netD = DCG(nz), DCD()
    netG.apply(weights_init), netD.apply(weights_init)
    data = torch.from_numpy(large_digits())
    loader = DataLoader(TensorDataset(data), batch_size=64, shuffle=True, drop_last=True)
    criterion = nn.BCELoss()
    noise = torch.randn(64, nz, 1, 1)
    optimizerD = torch.optim.Adam(netD.parameters(), lr=1e-3, betas=(0.5, 0.999))
    optimizerG = torch.optim.Adam(netG.parameters(), lr=1e-3, betas=(0.5, 0.999))

    def sample(n):
        return netG(torch.randn(n, nz, 1, 1))

    watch.start(G=netG, D=netD, opt_G=optimizerG, opt_D=optimizerD, sample=sample)
    it = iter(())
    for _i in range(turns):
        try:
            (real,) = next(it)
        except StopIteration:
            it = iter(loader)
            (real,) = next(it)
        real = watch.real(real)
        netD.zero_grad()
        label = torch.full((real.size(0),), 1.0)
        errD_real = criterion(netD(real).view(-1), label)
        errD_real.backward()
        if not fixed:
            noise = torch.randn(64, nz, 1, 1)
        fake = netG(noise)
        label.fill_(0.0)
        errD_fake = criterion(netD(fake.detach()).view(-1), label)
        errD_fake.backward()
        optimizerD.step()
        netG.zero_grad()
        label.fill_(1.0)
        errG = criterion(netD(fake).view(-1), label)
        errG.backward()
        optimizerG.step()
        watch.step((errD_real + errD_fake).item(), errG.item())
    return sample


def noise_made_before_the_loop(watch, seed, turns):
    """One noise of 64, made before the loop, is all that G is trained on."""
    return dcgan(watch, seed, turns, fixed=True)


def dcgan_from_the_tutorial(watch, seed, turns):
    """Sound: the tutorial's loop, with new noise in each turn."""
    return dcgan(watch, seed, turns, fixed=False)


class ScoreBySoftmax(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1, self.fc2, self.fc3 = nn.Linear(64, 128), nn.Linear(128, 64), nn.Linear(64, 1)

    def forward(self, x):
        x = F.leaky_relu(self.fc1(x), 0.2)
        x = F.leaky_relu(self.fc2(x), 0.2)
        return F.softmax(self.fc3(x), dim=1)


class TwoLayers(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1, self.fc2 = nn.Linear(20, 128), nn.Linear(128, 64)

    def forward(self, z):
        return torch.sigmoid(self.fc2(F.relu(self.fc1(z))))


def from_zero_to_one(n, rng):
    return (some_digits(n, rng) + 1) / 2


def softmax_of_one_score(watch, seed, turns):
    """D ends in a softmax over its single output, and says 1 whatever it sees."""
    torch.manual_seed(seed)
    data = torch.from_numpy((digits()[0] + 1) / 2)
    G, D = TwoLayers(), ScoreBySoftmax()
    optG, optD = torch.optim.Adam(G.parameters(), 1e-3), torch.optim.Adam(D.parameters(), 1e-3)
    bce = nn.BCELoss()

    def sample(n):
        return G(torch.randn(n, 20))

    watch.start(G=G, D=D, opt_G=optG, opt_D=optD, sample=sample)
    loader = DataLoader(TensorDataset(data), 64, shuffle=True, drop_last=True)
    for (x,) in islice(chain.from_iterable(repeat(loader)), turns):
        x = watch.real(x)
        optD.zero_grad()
        ld = bce(D(x), torch.ones(64, 1))
        ld = ld + bce(D(G(torch.randn(64, 20)).detach()), torch.zeros(64, 1))
        ld.backward()
        optD.step()
        optG.zero_grad()
        lg = bce(D(G(torch.randn(64, 20))), torch.ones(64, 1))
        lg.backward()
        optG.step()
        watch.step(ld.item(), lg.item())
    return sample


class Generator(nn.Module):
    def __init__(self):
        super().__init__()

        def block(i, o, normalize=True):
            layers = [nn.Linear(i, o)]
            if normalize:
                layers.append(nn.BatchNorm1d(o, 0.8))
            layers.append(nn.LeakyReLU(0.2, inplace=True))
            return layers

        self.model = nn.Sequential(
            *block(32, 64, False), *block(64, 128), nn.Linear(128, 784), nn.Tanh()
        )

    def forward(self, z):
        return self.model(z).view(-1, 1, 28, 28)


class Discriminator(nn.Module):
    def __init__(self):
        super().__init__()
        self.model = nn.Sequential(
            nn.Linear(784, 128),
            nn.LeakyReLU(0.2, inplace=True),
            nn.Linear(128, 64),
            nn.LeakyReLU(0.2, inplace=True),
            nn.Linear(64, 1),
            nn.Sigmoid(),
        )

    def forward(self, img):
        return self.model(img.view(img.size(0), -1))


def normalised(x):
    return ((x + 1) / 2 - 0.1307) / 0.3081


def normalised_digits(n, rng):
    return normalised(some_large_digits(n, rng))


def standardised_for_a_tanh(watch, seed, turns):
    """The classifier's mean and sd, -0.42 to 2.82, and a G that ends in a tanh."""
    torch.manual_seed(seed)
    imgs = torch.from_numpy(normalised(large_digits()))
    dataloader = DataLoader(TensorDataset(imgs), batch_size=64, shuffle=True)
    generator, discriminator = Generator(), Discriminator()
    optimizer_G = torch.optim.Adam(generator.parameters(), lr=2e-4, betas=(0.5, 0.999))
    optimizer_D = torch.optim.Adam(discriminator.parameters(), lr=2e-4, betas=(0.5, 0.999))
    loss = nn.BCELoss()

    def sample(n):
        return generator(torch.randn(n, 32))

    watch.start(G=generator, D=discriminator, opt_G=optimizer_G, opt_D=optimizer_D, sample=sample)
    turn = 0
    for _epoch in range(200):
        for (real_imgs,) in dataloader:
            real_imgs = watch.real(real_imgs)
            valid, fake = torch.ones(len(real_imgs), 1), torch.zeros(len(real_imgs), 1)
            optimizer_G.zero_grad()
            gen_imgs = generator(torch.randn(len(real_imgs), 32))
            g_loss = loss(discriminator(gen_imgs), valid)
            g_loss.backward()
            optimizer_G.step()
            optimizer_D.zero_grad()
            real_loss = loss(discriminator(real_imgs), valid)
            d_loss = (real_loss + loss(discriminator(gen_imgs.detach()), fake)) / 2
            d_loss.backward()
            optimizer_D.step()
            watch.step(d_loss.item(), g_loss.item())
            turn += 1
            if turn == turns:
                return sample
    return sample


def digits_in_order(watch, seed, turns):
    """The data are sorted by class and not shuffled: batches of one digit, then the next."""
    torch.manual_seed(seed)
    x, y = map(torch.from_numpy, digits())
    ds = TensorDataset(x[y.argsort()].view(-1, 1, 8, 8))
    loader = DataLoader(ds, batch_size=64, shuffle=False, drop_last=True)
    G = nn.Sequential(
        nn.Linear(16, 128), nn.ReLU(), nn.Linear(128, 64), nn.Tanh(), nn.Unflatten(1, (1, 8, 8))
    )
    D = nn.Sequential(nn.Flatten(), nn.Linear(64, 128), nn.LeakyReLU(0.2), nn.Linear(128, 1))
    opt_G, opt_D = (torch.optim.Adam(m.parameters(), 1e-3, (0.5, 0.999)) for m in (G, D))

    def sample(n):
        return G(torch.randn(n, 16))

    watch.start(G=G, D=D, opt_G=opt_G, opt_D=opt_D, sample=sample)
    for (img,) in islice(chain.from_iterable(repeat(loader)), turns):
        img = watch.real(img)
        fake = G(torch.randn(64, 16))
        d_loss = F.softplus(-D(img)).mean() + F.softplus(D(fake.detach())).mean()
        opt_D.zero_grad(), d_loss.backward(), opt_D.step()
        g_loss = F.softplus(-D(fake)).mean()
        opt_G.zero_grad(), g_loss.backward(), opt_G.step()
        watch.step(d_loss, g_loss)
    return sample


def elu_mlp(*sizes):
    layers = []
    for i, o in pairwise(sizes):
        layers += [nn.Linear(i, o), nn.ELU()]
    return layers[:-1]


def balanced_autoencoder(watch, seed, turns):
    """Sound: BEGAN on 8x8, G first, k moved by the balance of both errors."""
    torch.manual_seed(seed)
    data = torch.from_numpy(digits()[0])
    G = nn.Sequential(*elu_mlp(16, 128, 128, 64), nn.Tanh())
    D = nn.Sequential(*elu_mlp(64, 96, 24, 96, 64))
    opt_G, opt_D = (torch.optim.Adam(m.parameters(), 1e-3, (0.5, 0.999)) for m in (G, D))
    gamma, lambda_k, k = 1.0, 0.05, 0.0

    def ae(v):
        return (D(v) - v).abs().mean()

    def sample(n):
        return G(torch.rand(n, 16) * 2 - 1)

    watch.start(G=G, D=D, opt_G=opt_G, opt_D=opt_D, sample=sample)
    loader = DataLoader(TensorDataset(data), 32, shuffle=True, drop_last=True)
    for (v,) in islice(chain.from_iterable(repeat(loader)), turns):
        v = watch.real(v)
        z = torch.rand(32, 16) * 2 - 1
        opt_G.zero_grad()
        fake = G(z)
        g_loss = (D(fake) - fake).abs().mean()
        g_loss.backward()
        opt_G.step()
        opt_D.zero_grad()
        lr_, lf = ae(v), ae(fake.detach())
        d_loss = lr_ - k * lf
        d_loss.backward()
        opt_D.step()
        balance = (gamma * lr_ - lf).item()
        k = float(np.clip(k + lambda_k * balance, 0, 1))
        watch.step(d_loss.item(), g_loss.item())
    return sample


PROGRAMS = (
    Program(noise_made_before_the_loop, 300, "digits", some_large_digits, ("same noise for ever",)),
    Program(dcgan_from_the_tutorial, 300, "digits", some_large_digits),
    Program(
        softmax_of_one_score,
        420,
        "digits",
        from_zero_to_one,
        ("softmax over one unit", "no gradient reaches G"),
    ),
    Program(
        standardised_for_a_tanh,
        500,
        "digits",
        normalised_digits,
        ("G's range does not hold the data",),
    ),
    Program(digits_in_order, 504, "digits", some_digits, ("real data not shuffled",)),
    Program(balanced_autoencoder, 896, "digits", some_digits),
)
