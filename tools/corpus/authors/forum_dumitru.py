"""Code as pasted in old forum threads: Variables, input and label buffers, errD_real, errD_fake."""

import numpy as np
import torch
import torch.nn as nn
import torch.optim as optim
from torch.autograd import Function, Variable

from corpus import data as dset
from corpus.entry import Program


class _netG(nn.Module):
    def __init__(self, nz, ngf, nc):
        super().__init__()
        self.nz = nz
        self.main = nn.Sequential(
            nn.Linear(nz, ngf),
            nn.ReLU(True),
            nn.Linear(ngf, ngf),
            nn.ReLU(True),
            nn.Linear(ngf, nc),
        )

    def forward(self, input):
        return self.main(input)

    def fake(self, n):
        return self(Variable(torch.randn(n, self.nz)))

    def sample(self, n):
        return self.fake(n).data


class _netD(nn.Module):
    def __init__(self, nc, ndf):
        super().__init__()
        self.main = nn.Sequential(
            nn.Linear(nc, ndf),
            nn.LeakyReLU(0.2, inplace=True),
            nn.Linear(ndf, ndf),
            nn.LeakyReLU(0.2, inplace=True),
            nn.Linear(ndf, 1),
            nn.Sigmoid(),
        )

    def forward(self, input):
        return self.main(input).view(-1)


real_label, fake_label = 1, 0
criterion = nn.BCELoss()


def setup(watch, nz, nc, beta2=0.999):
    netG, netD = _netG(nz, 64, nc), _netD(nc, 64)
    optimizerD = optim.Adam(netD.parameters(), lr=0.001, betas=(0.5, beta2))
    optimizerG = optim.Adam(netG.parameters(), lr=0.001, betas=(0.5, beta2))
    watch.start(G=netG, D=netD, opt_G=optimizerG, opt_D=optimizerD, sample=netG.sample)
    return netG, netD, optimizerG, optimizerD


def get_err(output, label):
    return criterion(output, Variable(torch.full_like(output, label)))


def dumitru_zero_grad(watch, seed, turns):
    torch.manual_seed(seed)
    np_rng = np.random.default_rng(seed)
    batchSize = 100
    label = torch.FloatTensor(batchSize)
    netG, netD, optimizerG, optimizerD = setup(watch, nz=10, nc=2)
    for _i in range(turns):
        # train with real
        input = watch.real(torch.from_numpy(dset.ring6(batchSize, np_rng)))
        label.data.fill_(real_label)
        errD_real = criterion(netD(Variable(input)), label)
        errD_real.backward()
        # train with fake
        fake = netG.fake(batchSize)
        label.data.fill_(fake_label)
        errD_fake = criterion(netD(fake.detach()), label)
        errD_fake.backward()
        errD = errD_real + errD_fake
        optimizerD.step()
        # update G
        netG.zero_grad()
        label.data.fill_(real_label)
        errG = criterion(netD(fake), label)
        errG.backward()
        optimizerG.step()
        watch.step(errD.item(), errG.item())
    return netG.sample


def dumitru_both_steps_last(watch, seed, turns):
    # I moved the steps to the end because of "modified by an inplace operation"
    torch.manual_seed(seed)
    np_rng = np.random.default_rng(seed)
    netG, netD, optimizerG, optimizerD = setup(watch, nz=6, nc=2)
    for _i in range(turns):
        optimizerD.zero_grad()
        optimizerG.zero_grad()
        input = watch.real(torch.from_numpy(dset.grid4(128, np_rng)))
        fake = netG.fake(128)
        errD = get_err(netD(input), real_label) + get_err(netD(fake.detach()), fake_label)
        errD.backward(retain_graph=True)
        errG = get_err(netD(fake), real_label)
        errG.backward()
        optimizerD.step()
        optimizerG.step()
        watch.step(errD.item(), errG.item())
    return netG.sample


def dumitru_new_tensor(watch, seed, turns):
    # got "element 0 of tensors does not require grad" once, this makes it go away
    torch.manual_seed(seed)
    np_rng = np.random.default_rng(seed)
    netG, netD, optimizerG, optimizerD = setup(watch, nz=5, nc=1, beta2=0.9)
    for _i in range(turns):
        input = watch.real(torch.from_numpy(dset.line(64, np_rng)))
        netD.zero_grad()
        fake = netG.fake(64)
        errD = get_err(netD(input), real_label) + get_err(netD(fake.detach()), fake_label)
        errD.backward()
        optimizerD.step()

        netG.zero_grad()
        errG = get_err(netD(fake), real_label)
        errG = Variable(torch.tensor(errG.item()), requires_grad=True)
        errG.backward()
        optimizerG.step()
        watch.step(errD.item(), errG.item())
    return netG.sample


def dumitru_inputs(watch, seed, turns):
    # both backwards before both steps, each one only into its own net
    torch.manual_seed(seed)
    np_rng = np.random.default_rng(seed)
    netG, netD, optimizerG, optimizerD = setup(watch, nz=6, nc=2)
    for _i in range(turns):
        input = watch.real(torch.from_numpy(dset.moons(128, np_rng)))
        out = netD(netG.fake(128))
        errD = get_err(netD(input), real_label) + get_err(out, fake_label)
        errG = get_err(out, real_label)
        errD.backward(inputs=list(netD.parameters()), retain_graph=True)
        errG.backward(inputs=list(netG.parameters()))
        optimizerD.step()
        optimizerG.step()
        optimizerD.zero_grad()
        optimizerG.zero_grad()
        watch.step(errD.item(), errG.item())
    return netG.sample


class _Reverse(Function):
    @staticmethod
    def forward(ctx, x):
        return x.view_as(x)

    @staticmethod
    def backward(ctx, g):
        return -g


def dumitru_reversal(watch, seed, turns):
    # one loss, one optimizer: the gradient is turned round between D and G
    torch.manual_seed(seed)
    np_rng = np.random.default_rng(seed)
    netG, netD = _netG(4, 64, 2), _netD(2, 64)
    optimizer = optim.Adam(
        [{"params": netD.parameters()}, {"params": netG.parameters(), "lr": 0.0005}],
        lr=0.001,
        betas=(0.5, 0.9),
    )
    watch.start(G=netG, D=netD, opt_G=optimizer, opt_D=optimizer, sample=netG.sample)
    for _i in range(turns):
        input = watch.real(torch.from_numpy(dset.pair(256, np_rng)))
        err_fake = get_err(netD(_Reverse.apply(netG.fake(256))), fake_label)
        err = get_err(netD(input), real_label) + err_fake
        optimizer.zero_grad()
        err.backward()
        optimizer.step()
        watch.step(err.item(), -err_fake.item())
    return netG.sample


PROGRAMS = [
    Program(dumitru_zero_grad, 3000, "ring6", dset.ring6, ("gradients not cleared",)),
    Program(
        dumitru_both_steps_last,
        3000,
        "grid4",
        dset.grid4,
        ("D is stepped by G's loss",),
        text_only=True,
    ),
    Program(dumitru_new_tensor, 2000, "line", dset.line, ("no gradient reaches G",)),
    Program(dumitru_inputs, 3000, "moons", dset.moons),
    Program(dumitru_reversal, 3000, "pair", dset.pair),
]
