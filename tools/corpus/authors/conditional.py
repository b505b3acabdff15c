"""Loops with labels: concatenated conditions, projection, an auxiliary classifier."""

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset

from ..data import clouds, digits, grid, grid_centres, ring, ring_centres, some_digits
from ..entry import Program

n_classes = 10
FloatTensor, LongTensor = torch.FloatTensor, torch.LongTensor


class CondG(nn.Module):
    def __init__(self, n_cond, dim_z=8, dim_x=2, h=96):
        super().__init__()
        self.label_emb = nn.Embedding(n_cond, n_cond)
        self.l1 = nn.Linear(dim_z + n_cond, h)
        self.l2 = nn.Linear(h, h)
        self.l3 = nn.Linear(h, dim_x)

    def forward(self, noise, labels):
        h = torch.cat((self.label_emb(labels), noise), -1)
        return self.l3(F.relu(self.l2(F.relu(self.l1(h)))))


class CondD(nn.Module):
    def __init__(self, n_cond, dim_x=2, h=96):
        super().__init__()
        self.n_cond = n_cond
        self.l1 = nn.Linear(dim_x + n_cond, h)
        self.l2 = nn.Linear(h, h)
        self.l3 = nn.Linear(h, 1)

    def forward(self, x, labels):
        d_in = torch.cat((x, F.one_hot(labels, self.n_cond).float()), -1)
        h = F.leaky_relu(self.l1(d_in), 0.2)
        return self.l3(F.leaky_relu(self.l2(h), 0.2))


def labelled_ring(n, rng):
    x, y = clouds(ring_centres(8, 2.0), n, 0.1, rng)
    return torch.from_numpy(x), torch.from_numpy(y)


def cgan(watch, seed, turns):
    """G(z, y) and D(x, y), least squares, the fakes have labels of their own."""
    torch.manual_seed(seed)
    x, y = labelled_ring(8000, np.random.default_rng(seed))
    dataloader = DataLoader(TensorDataset(x, y), batch_size=128, shuffle=True)
    generator, discriminator = CondG(8), CondD(8)
    adversarial_loss = nn.MSELoss()
    optimizer_G = torch.optim.Adam(generator.parameters(), lr=1e-3, betas=(0.5, 0.999))
    optimizer_D = torch.optim.Adam(discriminator.parameters(), lr=1e-3, betas=(0.5, 0.999))

    def sample_image(n):
        labels = torch.arange(n) % 8
        with torch.no_grad():
            return generator(torch.randn(n, 8), labels)

    watch.start(
        G=generator,
        D=discriminator,
        opt_G=optimizer_G,
        opt_D=optimizer_D,
        sample=sample_image,
    )
    batches = 0
    while True:
        for pts, labels in dataloader:
            if batches == turns:
                return sample_image
            pts = watch.real(pts)
            valid = FloatTensor(pts.size(0), 1).fill_(1.0)
            fake = FloatTensor(pts.size(0), 1).fill_(0.0)
            optimizer_G.zero_grad()
            gen_labels = torch.randint(0, 8, (pts.size(0),)).type(LongTensor)
            gen_pts = generator(torch.randn(pts.size(0), 8), gen_labels)
            g_loss = adversarial_loss(discriminator(gen_pts, gen_labels), valid)
            g_loss.backward()
            optimizer_G.step()
            optimizer_D.zero_grad()
            d_real_loss = adversarial_loss(discriminator(pts, labels), valid)
            d_fake_loss = adversarial_loss(discriminator(gen_pts.detach(), gen_labels), fake)
            d_loss = (d_real_loss + d_fake_loss) / 2
            d_loss.backward()
            optimizer_D.step()
            watch.step(d_loss.item(), g_loss.item())
            batches += 1


class ACDiscriminator(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(
            nn.Linear(64, 128), nn.LeakyReLU(0.2), nn.Dropout(0.25), nn.Linear(128, 128)
        )
        self.adv_layer = nn.Linear(128, 1)
        self.aux_layer = nn.Linear(128, n_classes)

    def forward(self, img):
        out = F.leaky_relu(self.body(img), 0.2)
        return self.adv_layer(out), self.aux_layer(out)


def acgan(watch, seed, turns):
    """D returns (logit, class scores); G(z, y) multiplies z by the label's embedding."""
    torch.manual_seed(seed)
    images, labels = (torch.as_tensor(a) for a in digits())

    class ACGenerator(nn.Module):
        def __init__(self, latent=32):
            super().__init__()
            self.label_emb = nn.Embedding(n_classes, latent)
            self.net = nn.Sequential(
                nn.Linear(latent, 128), nn.BatchNorm1d(128), nn.ReLU(), nn.Linear(128, 128)
            )
            self.out = nn.Linear(128, 64)

        def forward(self, noise, labels):
            return torch.tanh(self.out(F.relu(self.net(self.label_emb(labels) * noise))))

    netG, netD = ACGenerator(), ACDiscriminator()
    dis_criterion, aux_criterion = nn.BCEWithLogitsLoss(), nn.CrossEntropyLoss()
    optG = torch.optim.Adam(netG.parameters(), 5e-4, betas=(0.5, 0.999))
    optD = torch.optim.Adam(netD.parameters(), 5e-4, betas=(0.5, 0.999))

    @torch.no_grad()
    def fixed_classes(n):
        return netG(torch.randn(n, 32), torch.randint(n_classes, (n,)))

    watch.start(G=netG, D=netD, opt_G=optG, opt_D=optD, sample=fixed_classes)
    ones = torch.ones(64, 1)
    for _ in range(turns):
        pick = torch.randint(len(images), (64,))
        x, y = watch.real(images[pick]), labels[pick]
        y_fake = torch.randint(n_classes, (64,))
        fake = netG(torch.randn(64, 32), y_fake)
        optD.zero_grad()
        dis, aux = netD(x)
        errD = dis_criterion(dis, ones) + aux_criterion(aux, y)
        dis, aux = netD(fake.detach())
        errD = errD + dis_criterion(dis, 1 - ones)
        errD.backward()
        optD.step()
        optG.zero_grad()
        dis, aux = netD(fake)
        errG = dis_criterion(dis, ones) + aux_criterion(aux, y_fake)
        errG.backward()
        optG.step()
        watch.step(errD, errG)
    return fixed_classes


class ProjectionD(nn.Module):
    def __init__(self, n_cond, h=80):
        super().__init__()
        self.phi = nn.Sequential(nn.Linear(2, h), nn.ReLU(), nn.Linear(h, h), nn.ReLU())
        self.psi = nn.Linear(h, 1)
        self.embed = nn.Embedding(n_cond, h)

    def forward(self, x, y):
        h = self.phi(x)
        return self.psi(h) + (self.embed(y) * h).sum(1, keepdim=True)


def three_classes_drawn(watch, seed, turns):
    """Training is in order; the picture's labels are randint(0, 3), left from smaller data."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    g, d = CondG(8, dim_z=4), ProjectionD(8)
    opt_g = torch.optim.Adam(g.parameters(), lr=1e-3, betas=(0.5, 0.99))
    opt_d = torch.optim.Adam(d.parameters(), lr=1e-3, betas=(0.5, 0.99))

    def preview(n):
        return g(torch.randn(n, 4), torch.randint(0, 3, (n,))).detach()

    watch.start(G=g, D=d, opt_G=opt_g, opt_D=opt_d, sample=preview)
    for _ in range(turns):
        x, y = labelled_ring(128, rng)
        x = watch.real(x)
        x_gen = g(torch.randn(128, 4), y)
        loss_d = F.relu(1 - d(x, y)).mean() + F.relu(1 + d(x_gen.detach(), y)).mean()
        opt_d.zero_grad()
        loss_d.backward()
        opt_d.step()
        loss_g = -d(x_gen, y).mean()
        opt_g.zero_grad()
        loss_g.backward()
        opt_g.step()
        watch.step(loss_d.item(), loss_g.item())
    return preview


def sorted_by_class(watch, seed, turns):
    """The array was written class after class and is read in order, 60 turns to a class."""
    torch.manual_seed(seed)
    images, labels = digits()
    order = np.argsort(labels, kind="stable").repeat(20)
    folder = torch.from_numpy(images[order])
    netG = nn.Sequential(nn.Linear(10, 100), nn.ReLU(), nn.Linear(100, 64), nn.Tanh())
    netD = nn.Sequential(nn.Linear(64, 100), nn.LeakyReLU(0.2), nn.Linear(100, 1))
    optG = torch.optim.Adam(netG.parameters(), 1e-3, betas=(0.5, 0.999))
    optD = torch.optim.Adam(netD.parameters(), 1e-3, betas=(0.5, 0.999))
    watch.start(
        G=netG,
        D=netD,
        opt_G=optG,
        opt_D=optD,
        sample=lambda n: netG(torch.randn(n, 10)).detach().view(n, 1, 8, 8),
    )
    n = 0
    while n < turns:
        for x in DataLoader(folder, batch_size=60, shuffle=False, drop_last=True):
            x = watch.real(x)
            fake = netG(torch.randn(len(x), 10))
            optD.zero_grad()
            errD = F.softplus(-netD(x)).mean() + F.softplus(netD(fake.detach())).mean()
            errD.backward()
            optD.step()
            optG.zero_grad()
            errG = F.softplus(-netD(fake)).mean()
            errG.backward()
            optG.step()
            watch.step(errD, errG)
            n += 1
            if n == turns:
                break
    return lambda n: netG(torch.randn(n, 10)).detach().view(n, 1, 8, 8)


def labels_of_others(watch, seed, turns):
    """Points and labels are shuffled each epoch, with one permutation each."""
    torch.manual_seed(seed)
    x, y = clouds(grid_centres(2, 2.0), 4000, 0.15, np.random.default_rng(seed))
    x, y = torch.from_numpy(x), torch.from_numpy(y)
    G, D = CondG(4, dim_z=2, h=64), CondD(4, h=64)
    both = {"lr": 1e-3, "betas": (0.5, 0.99)}
    oG, oD = torch.optim.Adam(G.parameters(), **both), torch.optim.Adam(D.parameters(), **both)

    def by_class(n):
        """Ask for one class in four quarters, as the author looks at them."""
        return G(torch.randn(n, 2), torch.arange(n) * 4 // n).detach()

    watch.start(G=G, D=D, opt_G=oG, opt_D=oD, sample=by_class)
    for step in range(turns):
        i = step * 100 % 4000
        if i == 0:
            x, y = x[torch.randperm(4000)], y[torch.randperm(4000)]
        real, c = watch.real(x[i : i + 100]), y[i : i + 100]
        fake = G(torch.randn(100, 2), c)
        s = torch.cat([D(real, c), D(fake.detach(), c)])
        d_loss = F.binary_cross_entropy_with_logits(
            s, torch.ones(200, 1).index_fill_(0, torch.arange(100, 200), 0.0)
        )
        oD.zero_grad()
        d_loss.backward()
        oD.step()
        g_loss = F.binary_cross_entropy_with_logits(D(fake, c), torch.ones(100, 1))
        oG.zero_grad()
        g_loss.backward()
        oG.step()
        watch.step(d_loss, g_loss)
    return by_class


def wide_ring(n, rng):
    return ring(n, rng, sd=0.1)


def projection_hinge(watch, seed, turns):
    """Miyato's D: psi(h) + <embed(y), h>; the fakes take the real batch's labels, rolled by one."""
    torch.manual_seed(seed)
    xs, ys = clouds(grid_centres(3, 1.4), 9000, 0.12, np.random.default_rng(seed))
    loader = DataLoader(
        TensorDataset(torch.from_numpy(xs), torch.from_numpy(ys)), 128, shuffle=True, drop_last=True
    )
    g_net, d_net = CondG(9, dim_z=2, h=80), ProjectionD(9)
    optimizers = {
        "gen": torch.optim.Adam(g_net.parameters(), lr=1e-3, betas=(0.0, 0.99)),
        "dis": torch.optim.Adam(d_net.parameters(), lr=1e-3, betas=(0.0, 0.99)),
    }
    grid_y = torch.arange(9)

    def gen_samples(n):
        y = grid_y.repeat(n // 9 + 1)[:n]
        return g_net(torch.randn(n, 2), y).detach().numpy()

    def cycle():
        while True:
            yield from loader

    watch.start(
        G=g_net,
        D=d_net,
        opt_G=optimizers["gen"],
        opt_D=optimizers["dis"],
        sample=gen_samples,
    )
    for _, (x, y) in zip(range(turns), cycle(), strict=False):
        x, y_f = watch.real(x), y.roll(1)
        optimizers["gen"].zero_grad()
        x_f = g_net(torch.randn(len(y_f), 2), y_f)
        loss_gen = d_net(x_f, y_f).neg().mean()
        loss_gen.backward()
        optimizers["gen"].step()
        optimizers["dis"].zero_grad()
        dis_fake, dis_real = d_net(x_f.detach(), y_f), d_net(x, y)
        loss_dis = F.relu(1 - dis_real).mean() + F.relu(1 + dis_fake).mean()
        loss_dis.backward()
        optimizers["dis"].step()
        watch.step(loss_dis.item(), loss_gen.item())
    return gen_samples


PROGRAMS = (
    Program(cgan, 2000, "ring", wide_ring),
    Program(acgan, 2000, "digits", some_digits),
    Program(
        three_classes_drawn,
        1500,
        "ring",
        wide_ring,
        ("samples of some conditions only", "mode collapse"),
    ),
    Program(sorted_by_class, 1500, "digits", some_digits, ("real data not shuffled",)),
    Program(
        labels_of_others,
        1500,
        "grid4",
        lambda n, rng: clouds(grid_centres(2, 2.0), n, 0.15, rng)[0],
        ("labels do not belong to samples",),
    ),
    Program(projection_hinge, 1500, "grid9", lambda n, rng: grid(n, rng, side=3, gap=1.4, sd=0.12)),
)
