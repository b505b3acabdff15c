"""Volkova translates: paired, unpaired, and encoders. Options in a dict, `lossD`, `lossG`."""

import itertools

import numpy as np
import torch
import torch.nn as nn

from corpus import data as D_
from corpus.entry import Program


def block(cin, cout):
    return [nn.Linear(cin, cout), nn.LeakyReLU(0.2, True)]


def net(cin, cout, w=64):
    return nn.Sequential(*block(cin, w), *block(w, w), nn.Linear(w, cout))


class GANLoss:
    """Answers 'is it real' with least squares or cross entropy."""

    def __init__(self, mode):
        self.f = {"lsgan": nn.MSELoss(), "vanilla": nn.BCEWithLogitsLoss()}[mode]

    def __call__(self, pred, target_is_real):
        return self.f(pred, torch.full_like(pred, float(target_is_real)))


def adam(opt, *nets):
    parameters = itertools.chain(*(n.parameters() for n in nets))
    return torch.optim.Adam(parameters, opt["lr"], opt["betas"])


def minimize(optimizer, loss):
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()


def sampler(netG, source):
    @torch.no_grad()
    def sample(n):
        return netG(source(n))

    return sample


def volkova_paired(watch, seed, turns):
    """From a direction (A) to a point on one of two circles there (B)."""
    opt = {"batch": 128, "nz": 3, "lr": 1e-3, "betas": (0.5, 0.999)}
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    netG, netD = net(2 + opt["nz"], 2), net(4, 1)
    optG, optD = adam(opt, netG), adam(opt, netD)
    criterionGAN = GANLoss("vanilla")

    def directions(n):
        angle = 2 * np.pi * torch.rand(n)
        return torch.stack([angle.cos(), angle.sin()], 1)

    sample = sampler(netG, lambda n: torch.cat([directions(n), torch.randn(n, opt["nz"])], 1))
    watch.start(G=netG, D=netD, opt_G=optG, opt_D=optD, sample=sample)
    for _ in range(turns):
        real_B = watch.real(torch.from_numpy(D_.circles(opt["batch"], rng)))
        real_A = real_B / real_B.norm(dim=1, keepdim=True)
        fake_B = netG(torch.cat([real_A, torch.randn(len(real_A), opt["nz"])], 1))

        # D
        pred_real = netD(torch.cat([real_A, real_B], 1))
        pred_fake = netD(torch.cat([fake_B.detach(), real_A], 1))
        lossD = (criterionGAN(pred_real, True) + criterionGAN(pred_fake, False)) * 0.5
        minimize(optD, lossD)

        # G
        lossG = criterionGAN(netD(torch.cat([fake_B, real_A], 1)), True)
        minimize(optG, lossG)
        watch.step(lossD.item(), lossG.item())
    return sample


def volkova_cycle(watch, seed, turns):
    """A: one wide cloud. B: six small ones."""
    opt = {"batch": 128, "lr": 1e-3, "betas": (0.5, 0.999), "lambda_cyc": 5.0}
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    netG_AB, netG_BA, netD_A, netD_B = net(2, 2), net(2, 2), net(2, 1), net(2, 1)
    optG, optD = adam(opt, netG_AB), adam(opt, netD_A, netD_B)
    criterionGAN, criterionCycle = GANLoss("lsgan"), nn.L1Loss()
    sample = sampler(netG_AB, lambda n: torch.randn(n, 2))
    watch.start(G=netG_AB, D=netD_B, opt_G=optG, opt_D=optD, sample=sample)
    for _ in range(turns):
        real_A = torch.randn(opt["batch"], 2)
        real_B = watch.real(torch.from_numpy(D_.ring6(opt["batch"], rng)))

        # both G
        fake_B, fake_A = netG_AB(real_A), netG_BA(real_B)
        loss_cycle = criterionCycle(netG_BA(fake_B), real_A) + criterionCycle(
            netG_AB(fake_A), real_B
        )
        lossG = (
            criterionGAN(netD_B(fake_B), True)
            + criterionGAN(netD_A(fake_A), True)
            + opt["lambda_cyc"] * loss_cycle
        )
        minimize(optG, lossG)

        # both D
        lossD_B = 0.5 * (
            criterionGAN(netD_B(real_B), True) + criterionGAN(netD_B(fake_B.detach()), False)
        )
        lossD_A = 0.5 * (
            criterionGAN(netD_A(real_A), True) + criterionGAN(netD_A(fake_A.detach()), False)
        )
        minimize(optD, lossD_A + lossD_B)
        watch.step(lossD_B.item(), lossG.item())
    return sample


def volkova_bigan(watch, seed, turns):
    """BiGAN: E and G share an optimiser and a loss in which the labels are turned round."""
    opt = {"batch": 128, "nz": 2, "lr": 1e-3, "betas": (0.5, 0.99)}
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    netG, netE, netD = net(opt["nz"], 2), net(2, opt["nz"]), net(2 + opt["nz"], 1, 96)
    optGE, optD = adam(opt, netG, netE), adam(opt, netD)
    criterionGAN = GANLoss("vanilla")
    sample = sampler(netG, lambda n: torch.randn(n, opt["nz"]))
    watch.start(G=netG, D=netD, opt_G=optGE, opt_D=optD, sample=sample)
    for _ in range(turns):
        x = watch.real(torch.from_numpy(D_.moons(opt["batch"], rng)))
        z = torch.randn(len(x), opt["nz"])
        encoded, decoded = torch.cat([x, netE(x)], 1), torch.cat([netG(z), z], 1)

        lossD = criterionGAN(netD(encoded.detach()), True) + criterionGAN(
            netD(decoded.detach()), False
        )
        minimize(optD, lossD)

        lossGE = criterionGAN(netD(encoded), False) + criterionGAN(netD(decoded), True)
        minimize(optGE, lossGE)
        watch.step(lossD.item(), lossGE.item())
    return sample


PROGRAMS = [
    Program(
        volkova_paired, 3000, "circles", D_.circles, ("real and fake samples prepared differently",)
    ),
    Program(volkova_cycle, 3000, "ring6", D_.ring6, ("weights in no optimiser",)),
    Program(volkova_bigan, 3000, "moons", D_.moons),
]
