"""Ports of scripts of 2015: buffers filled again and again, gradients handed on by hand."""

import numpy as np
import torch
from torch import nn

from ..data import line, pair, ring, some_digits
from ..entry import Program

opt = {"batchSize": 64, "nz": 8, "ndf": 64, "ngf": 64, "beta1": 0.5}


def weights_init(m):
    if isinstance(m, nn.Linear):
        m.weight.data.normal_(0.0, 1.2 / m.in_features**0.5)
        m.bias.data.fill_(0)


def build(nz, n_out, end_G=None, end_D=None, ngf=64, ndf=64):
    netG, netD = nn.Sequential(), nn.Sequential()
    netG.add_module("fc1", nn.Linear(nz, ngf))
    netG.add_module("relu1", nn.ReLU(True))
    netG.add_module("fc2", nn.Linear(ngf, ngf))
    netG.add_module("relu2", nn.ReLU(True))
    netG.add_module("out", nn.Linear(ngf, n_out))
    netD.add_module("fc1", nn.Linear(n_out, ndf))
    netD.add_module("lrelu1", nn.LeakyReLU(0.2, True))
    netD.add_module("fc2", nn.Linear(ndf, ndf))
    netD.add_module("lrelu2", nn.LeakyReLU(0.2, True))
    netD.add_module("out", nn.Linear(ndf, 1))
    for net, end in ((netG, end_G), (netD, end_D)):
        net.apply(weights_init)
        if end is not None:
            net.add_module("end", end)
    return netG, netD


def gradient_by_hand(watch, seed, turns):
    """updateGradInput: D's gradient at the buffer of fakes is taken and handed to G's output."""
    torch.manual_seed(seed)
    rng, (netG, netD) = np.random.default_rng(seed), build(2, 2, end_D=nn.Sigmoid())
    criterion, n = nn.BCELoss(), 100
    optimStateG = torch.optim.Adam(netG.parameters(), 1e-3, (opt["beta1"], 0.99))
    optimStateD = torch.optim.Adam(netD.parameters(), 1e-3, (opt["beta1"], 0.99))
    input, noise, label = torch.zeros(n, 2), torch.zeros(n, 2), torch.zeros(n, 1)

    def sample(m):
        return netG(torch.zeros(m, 2).normal_()).data

    watch.start(G=netG, D=netD, opt_G=optimStateG, opt_D=optimStateD, sample=sample)
    for _ in range(turns):
        netD.zero_grad()
        real = watch.real(torch.from_numpy(pair(n, rng)))
        input.copy_(real)
        label.fill_(1)
        errD_real = criterion(netD(input), label)
        errD_real.backward()
        fake = netG(noise.normal_())
        input.copy_(fake.data)
        label.fill_(0)
        errD_fake = criterion(netD(input), label)
        errD_fake.backward()
        optimStateD.step()

        netG.zero_grad()
        label.fill_(1)
        input.requires_grad_(True)
        errG = criterion(netD(input), label)
        (df_dg,) = torch.autograd.grad(errG, input)
        fake.backward(df_dg)
        optimStateG.step()
        input.requires_grad_(False)
        watch.step(errD_real.item() + errD_fake.item(), errG.item())
    return sample


def label_filled_too_early(watch, seed, turns):
    """Both losses are added and differentiated together; by then label.data holds zeros only."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    netG, netD = build(opt["nz"], 2, end_D=nn.Sigmoid())
    criterion = nn.BCELoss()
    optimizerG = torch.optim.Adam(netG.parameters(), lr=8e-4, betas=(opt["beta1"], 0.99))
    optimizerD = torch.optim.Adam(netD.parameters(), lr=8e-4, betas=(opt["beta1"], 0.99))
    label, noise = torch.zeros(opt["batchSize"], 1), torch.zeros(opt["batchSize"], opt["nz"])

    def sample(m):
        return netG(torch.randn(m, opt["nz"])).data

    watch.start(G=netG, D=netD, opt_G=optimizerG, opt_D=optimizerD, sample=sample)
    for _ in range(turns):
        netD.zero_grad()
        real = watch.real(torch.from_numpy(ring(opt["batchSize"], rng)))
        label.data.fill_(1)
        errD_real = criterion(netD(real), label)
        fake = netG(noise.normal_(0, 1))
        label.data.fill_(0)
        errD_fake = criterion(netD(fake.detach()), label)
        errD = errD_real + errD_fake
        errD.backward()
        optimizerD.step()
        netG.zero_grad()
        label.data.fill_(1)
        errG = criterion(netD(fake), label)
        errG.backward()
        optimizerG.step()
        watch.step(errD.item(), errG.item())
    return sample


def log_of_a_score(watch, seed, turns):
    """A clipped critic, and G's loss is still -log of its output, which may be below zero; an issue
    at a repository of shapes corrects just this line."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    netG, netD = build(2, 1, ngf=32, ndf=32)
    optimizerG = torch.optim.RMSprop(netG.parameters(), lr=5e-4)
    optimizerD = torch.optim.RMSprop(netD.parameters(), lr=5e-4)
    netD.out.bias.data.fill_(0.05)

    def sample(m):
        return netG(torch.randn(m, 2)).data

    watch.start(G=netG, D=netD, opt_G=optimizerG, opt_D=optimizerD, sample=sample)
    for _ in range(turns):
        for _ in range(3):
            netD.zero_grad()
            real = watch.real(torch.from_numpy(line(64, rng)))
            errD = netD(netG(torch.randn(64, 2)).detach()).mean() - netD(real).mean()
            errD.backward()
            optimizerD.step()
            for p in netD.parameters():
                p.data.clamp_(-0.1, 0.1)
        netG.zero_grad()
        errG = torch.mean(-torch.log(netD(netG(torch.randn(64, 2)))))
        errG.backward()
        optimizerG.step()
        watch.step(errD.item(), errG.item())
    return sample


def half_x_plus_one(watch, seed, turns):
    """Samples from -1 to 1 are shown as 0.5 x + 1, where 0.5 x + 0.5 was meant: washed out; a pull
    request at a well-known zoo of GANs repairs it."""
    torch.manual_seed(seed)
    rng, nz = np.random.default_rng(seed), 16
    netG, netD = build(nz, 64, end_G=nn.Tanh(), ngf=96, ndf=96)
    crit = nn.BCEWithLogitsLoss()
    optimizerG = torch.optim.Adam(netG.parameters(), lr=5e-4, betas=(opt["beta1"], 0.999))
    optimizerD = torch.optim.Adam(netD.parameters(), lr=5e-4, betas=(opt["beta1"], 0.999))
    ones, zeros = torch.ones(opt["batchSize"], 1), torch.zeros(opt["batchSize"], 1)

    def save_imgs(m):
        gen_imgs = netG(torch.randn(m, nz)).data
        gen_imgs = 0.5 * gen_imgs + 1
        return gen_imgs.view(m, 8, 8)

    watch.start(G=netG, D=netD, opt_G=optimizerG, opt_D=optimizerD, sample=save_imgs)
    for _ in range(turns):
        imgs = watch.real(torch.from_numpy(zero_to_one(opt["batchSize"], rng)))
        imgs = imgs.flatten(1) * 2 - 1
        gen = netG(torch.randn(opt["batchSize"], nz))
        errD = 0.5 * (crit(netD(imgs), ones) + crit(netD(gen.detach()), zeros))
        netD.zero_grad()
        errD.backward()
        optimizerD.step()
        errG = crit(netD(gen), ones)
        netG.zero_grad()
        errG.backward()
        optimizerG.step()
        watch.step(errD.item(), errG.item())
    return save_imgs


def zero_to_one(n, rng):
    return (some_digits(n, rng).reshape(-1, 8, 8) + 1) / 2


PROGRAMS = (
    Program(gradient_by_hand, 1500, "pair", pair),
    Program(label_filled_too_early, 1000, "ring", ring, ("fakes trained as real",)),
    Program(
        log_of_a_score,
        300,
        "line",
        line,
        ("logarithm of a score", "log of zero"),
    ),
    Program(half_x_plus_one, 1200, "digits", zero_to_one, ("samples converted wrongly",)),
)
