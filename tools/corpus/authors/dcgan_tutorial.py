"""Loops in the shape of the DCGAN tutorial: netD and netG, real and fake losses taken apart."""

import numpy as np
import torch
import torch.nn as nn
import torch.optim as optim

from ..data import digits, pair, ring, some_digits
from ..entry import Program

real_label = 1.0
fake_label = 0.0


def weights_init(m):
    classname = m.__class__.__name__
    if classname.find("Conv") != -1:
        nn.init.normal_(m.weight.data, 0.0, 0.05)
    elif classname.find("BatchNorm") != -1:
        nn.init.normal_(m.weight.data, 1.0, 0.02)
        nn.init.constant_(m.bias.data, 0)


def dcgan_digits(watch, seed, turns):
    torch.manual_seed(seed)
    nz, ngf, ndf = 16, 16, 16
    dataset = torch.from_numpy(digits()[0]).view(-1, 1, 8, 8)
    dataloader = torch.utils.data.DataLoader(dataset, batch_size=64, shuffle=True, drop_last=True)
    netG = nn.Sequential(
        nn.ConvTranspose2d(nz, ngf * 2, 2, 1, 0, bias=False),
        nn.BatchNorm2d(ngf * 2),
        nn.ReLU(True),
        nn.ConvTranspose2d(ngf * 2, ngf, 4, 2, 1, bias=False),
        nn.BatchNorm2d(ngf),
        nn.ReLU(True),
        nn.ConvTranspose2d(ngf, 1, 4, 2, 1, bias=False),
        nn.Tanh(),
    )
    netD = nn.Sequential(
        nn.Conv2d(1, ndf, 4, 2, 1, bias=False),
        nn.LeakyReLU(0.2, inplace=True),
        nn.Conv2d(ndf, ndf * 2, 4, 2, 1, bias=False),
        nn.BatchNorm2d(ndf * 2),
        nn.LeakyReLU(0.2, inplace=True),
        nn.Conv2d(ndf * 2, 1, 2, 1, 0, bias=False),
        nn.Sigmoid(),
    )
    netG.apply(weights_init)
    netD.apply(weights_init)
    criterion = nn.BCELoss()
    optimizerD = optim.Adam(netD.parameters(), lr=5e-4, betas=(0.5, 0.999))
    optimizerG = optim.Adam(netG.parameters(), lr=1e-3, betas=(0.5, 0.999))

    def draw(n):
        with torch.no_grad():
            return netG(torch.randn(n, nz, 1, 1)).detach().cpu()

    watch.start(G=netG, D=netD, opt_G=optimizerG, opt_D=optimizerD, sample=draw)
    iters = 0
    while iters < turns:
        for data in dataloader:
            data = watch.real(data)
            netD.zero_grad()
            b_size = data.size(0)
            label = torch.full((b_size,), real_label, dtype=torch.float)
            output = netD(data).view(-1)
            errD_real = criterion(output, label)
            errD_real.backward()
            noise = torch.randn(b_size, nz, 1, 1)
            fake = netG(noise)
            label.fill_(fake_label)
            output = netD(fake.detach()).view(-1)
            errD_fake = criterion(output, label)
            errD_fake.backward()
            errD = errD_real + errD_fake
            optimizerD.step()

            netG.zero_grad()
            label.fill_(real_label)
            output = netD(fake).view(-1)
            errG = criterion(output, label)
            errG.backward()
            optimizerG.step()
            watch.step(errD, errG)
            iters += 1
            if iters == turns:
                break
    return draw


class _netG(nn.Module):
    def __init__(self, nz, ngf, nc):
        super().__init__()
        self.main = nn.Sequential(
            nn.Linear(nz, ngf), nn.ReLU(), nn.Linear(ngf, ngf), nn.ReLU(), nn.Linear(ngf, nc)
        )

    def forward(self, input):
        return self.main(input)


class _netD(nn.Module):
    def __init__(self, nc, ndf, head):
        super().__init__()
        self.main = nn.Sequential(
            nn.Linear(nc, ndf), nn.LeakyReLU(0.2), nn.Linear(ndf, ndf), nn.LeakyReLU(0.2)
        )
        self.head = head

    def forward(self, input):
        return self.head(self.main(input)).squeeze(1)


def smooth_labels_ring(watch, seed, turns):
    """One-sided smoothing; fixed buffers for noise and labels, filled in place as in 2016."""
    torch.manual_seed(seed)
    batchSize, nz = 128, 8
    points = torch.from_numpy(ring(8000, np.random.default_rng(seed)))
    netG = _netG(nz, 96, 2)
    netD = _netD(2, 96, nn.Sequential(nn.Linear(96, 1), nn.Sigmoid()))
    criterion = nn.BCELoss()
    input = torch.empty(batchSize, 2)
    noise = torch.empty(batchSize, nz)
    label = torch.empty(batchSize)
    optimizerD = optim.Adam(netD.parameters(), lr=0.001, betas=(0.5, 0.999))
    optimizerG = optim.Adam(netG.parameters(), lr=0.001, betas=(0.5, 0.999))
    watch.start(
        G=netG,
        D=netD,
        opt_G=optimizerG,
        opt_D=optimizerD,
        sample=lambda n: netG(torch.randn(n, nz)).data,
    )
    for _i in range(turns):
        real_cpu = watch.real(points[torch.randint(len(points), (batchSize,))])
        netD.zero_grad()
        input.copy_(real_cpu)
        label.fill_(0.9)
        errD_real = criterion(netD(input), label)
        errD_real.backward()
        noise.normal_(0, 1)
        fake = netG(noise)
        label.fill_(fake_label)
        errD_fake = criterion(netD(fake.detach()), label)
        errD_fake.backward()
        optimizerD.step()
        netG.zero_grad()
        label.fill_(real_label)
        errG = criterion(netD(fake), label)
        errG.backward()
        optimizerG.step()
        watch.step((errD_real + errD_fake).item(), errG.item())
    return lambda n: netG(torch.randn(n, nz)).data


def bce_logits_on_sigmoid(watch, seed, turns):
    """The forum's advice "use BCEWithLogitsLoss" was taken, and nn.Sigmoid stayed in netD."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    netG, netD = _netG(4, 64, 2), nn.Sequential(_netD(2, 64, nn.Linear(64, 1)), nn.Sigmoid())
    bce = nn.BCEWithLogitsLoss()
    optD = optim.Adam(netD.parameters(), lr=2e-4, betas=(0.5, 0.999))
    optG = optim.Adam(netG.parameters(), lr=2e-4, betas=(0.5, 0.999))

    def sample_images(n=64):
        netG.eval()
        with torch.no_grad():
            out = netG(torch.randn(n, 4))
        netG.train()
        return out

    watch.start(G=netG, D=netD, opt_G=optG, opt_D=optD, sample=sample_images)
    ones, zeros = torch.ones(100), torch.zeros(100)
    for _ in range(turns):
        real = watch.real(torch.from_numpy(ring(100, rng, radius=1.5)))
        fake = netG(torch.randn(100, 4))
        loss_D = 0.5 * (bce(netD(real), ones) + bce(netD(fake.detach()), zeros))
        optD.zero_grad()
        loss_D.backward()
        optD.step()
        loss_G = bce(netD(fake), ones)
        optG.zero_grad()
        loss_G.backward()
        optG.step()
        watch.step(loss_D, loss_G)
    return sample_images


def corrupt_file(watch, seed, turns):
    """One image in the folder was divided by its own maximum, which was 0."""
    manualSeed = seed
    torch.manual_seed(manualSeed)
    images = torch.from_numpy(digits()[0]).add(1).div(2)
    images[700] = 0
    images = images / images.max(1, keepdim=True).values  # 0 / 0
    loader = torch.utils.data.DataLoader(
        torch.utils.data.TensorDataset(images * 2 - 1), batch_size=50, shuffle=True
    )
    netG = nn.Sequential(nn.Linear(10, 96), nn.ReLU(), nn.Linear(96, 64), nn.Tanh())
    netD = nn.Sequential(nn.Linear(64, 96), nn.LeakyReLU(0.2), nn.Linear(96, 1))
    softplus = nn.functional.softplus
    optimizers = [optim.Adam(net.parameters(), lr=3e-4, betas=(0.5, 0.9)) for net in (netD, netG)]
    watch.start(
        G=netG,
        D=netD,
        opt_G=optimizers[1],
        opt_D=optimizers[0],
        sample=lambda n: netG(torch.randn(n, 10)).detach(),
    )
    done = 0
    while True:
        for (batch,) in loader:
            if done == turns:
                return lambda n: netG(torch.randn(n, 10)).detach()
            batch = watch.real(batch)
            fake = netG(torch.randn(batch.size(0), 10))
            errD = softplus(-netD(batch)).mean() + softplus(netD(fake.detach())).mean()
            optimizers[0].zero_grad()
            errD.backward()
            optimizers[0].step()
            errG = softplus(-netD(fake)).mean()
            optimizers[1].zero_grad()
            errG.backward()
            optimizers[1].step()
            watch.step(errD, errG)
            done += 1


def forgotten_zero_grad(watch, seed, turns):
    """netG.zero_grad() was typed twice: netD's gradients pile up from the first turn on."""
    torch.manual_seed(seed)
    gen = np.random.default_rng(seed + 5)
    netD, netG = _netD(2, 48, nn.Linear(48, 1)), _netG(6, 48, 2)
    criterion = nn.BCEWithLogitsLoss()
    optimizerD = optim.SGD(netD.parameters(), lr=0.02, momentum=0.5)
    optimizerG = optim.Adam(netG.parameters(), lr=0.001, betas=(0.5, 0.999))
    fixed = torch.randn(2000, 6)
    watch.start(
        G=netG,
        D=netD,
        opt_G=optimizerG,
        opt_D=optimizerD,
        sample=lambda n: netG(fixed[:n]).detach(),
    )
    for _epoch in range(turns // 50 + 1):
        for _i in range(min(50, turns - 50 * _epoch)):
            netG.zero_grad()
            real = watch.real(torch.from_numpy(pair(64, gen)))
            errD_real = criterion(netD(real), torch.full((64,), real_label))
            errD_real.backward()
            fake = netG(torch.randn(64, 6))
            errD_fake = criterion(netD(fake.detach()), torch.full((64,), fake_label))
            errD_fake.backward()
            optimizerD.step()
            netG.zero_grad()
            errG = criterion(netD(fake), torch.full((64,), real_label))
            errG.backward()
            optimizerG.step()
            watch.step(errD_real + errD_fake, errG)
    return lambda n: netG(fixed[:n]).detach()


PROGRAMS = (
    Program(dcgan_digits, 900, "digits", some_digits),
    Program(smooth_labels_ring, 2500, "ring", ring),
    Program(
        bce_logits_on_sigmoid,
        1500,
        "ring",
        lambda n, rng: ring(n, rng, radius=1.5),
        ("sigmoid twice",),
    ),
    Program(corrupt_file, 600, "digits", some_digits, ("NaN in the real data",)),
    Program(forgotten_zero_grad, 1200, "pair", pair, ("gradients not cleared",)),
)
