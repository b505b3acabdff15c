"""A notebook's cells: constants in capitals, everything at hand, one picture after the other."""

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

from ..data import checker, circles, digits, moons, some_digits
from ..entry import Program

IMG = (1, 8, 8)


def make_generator(nz, ngf=16):
    return nn.Sequential(
        nn.Linear(nz, 192),
        nn.BatchNorm1d(192),
        nn.ReLU(True),
        nn.Linear(192, ngf * 4 * 4),
        nn.BatchNorm1d(ngf * 4 * 4),
        nn.ReLU(True),
        nn.Unflatten(1, (ngf, 4, 4)),
        nn.ConvTranspose2d(ngf, 8, 4, 2, 1),
        nn.LeakyReLU(0.2, True),
        nn.Flatten(),
        nn.Linear(512, 64),
        nn.Unflatten(1, IMG),
        nn.Tanh(),
    )


def make_discriminator(ndf=16, drop=0.0):
    return nn.Sequential(
        nn.Conv2d(1, ndf, 4, 2, 1),
        nn.LeakyReLU(0.2, True),
        nn.Flatten(),
        nn.Dropout(drop),
        nn.Linear(ndf * 16, 160),
        nn.LeakyReLU(0.2, True),
        nn.Dropout(drop),
        nn.Linear(160, 1),
    )


def all_images():
    return torch.from_numpy(digits()[0].copy()).view(-1, *IMG)


def noise_that_fades(watch, seed, turns):
    """Hinge loss in epochs over a shuffled tensor; what D sees is blurred less and less."""
    torch.manual_seed(seed)
    NZ, BS = 6, 128
    X = torch.from_numpy(circles(4096, np.random.default_rng(seed)))
    netG = nn.Sequential(
        nn.Linear(NZ, 96), nn.ReLU(), nn.Linear(96, 96), nn.ReLU(), nn.Linear(96, 2)
    )
    netD = nn.Sequential(
        nn.Linear(2, 96), nn.ReLU(), nn.Linear(96, 96), nn.ReLU(), nn.Linear(96, 1)
    )
    optG = torch.optim.Adam(netG.parameters(), lr=8e-4, betas=(0.5, 0.99))
    optD = torch.optim.Adam(netD.parameters(), lr=2e-3, betas=(0.5, 0.99))

    def show(n):
        netG.eval()
        with torch.no_grad():
            out = netG(torch.randn(n, NZ))
        netG.train()
        return out

    watch.start(G=netG, D=netD, opt_G=optG, opt_D=optD, sample=show)
    done = 0
    while done < turns:
        for idx in torch.randperm(len(X)).split(BS):
            if done == turns:
                break
            sigma = 0.2 * max(0.0, 1 - 2 * done / turns)

            def blur(t, sigma=sigma):
                return t + sigma * torch.randn_like(t)

            xb = watch.real(X[idx])
            # ---- D
            optD.zero_grad()
            fakes = netG(torch.randn(len(xb), NZ))
            lossD = F.relu(1 - netD(blur(xb))).mean()
            lossD += F.relu(1 + netD(blur(fakes.detach()))).mean()
            lossD.backward()
            optD.step()
            # ---- G
            optG.zero_grad()
            lossG = -netD(blur(fakes)).mean()
            lossG.backward()
            optG.step()
            watch.step(lossD.item(), lossG.item())
            done += 1
    return show


def scaled_by_both(watch, seed, turns):
    """The dataset scales to [-1, 1], and the transform of the loader scales once more."""
    torch.manual_seed(seed)
    latent, batch_size = 32, 50

    class Digits(torch.utils.data.Dataset):
        def __init__(self, transform):
            self.images = all_images()
            self.transform = transform

        def __len__(self):
            return len(self.images)

        def __getitem__(self, i):
            return self.transform(self.images[i])

    def normalize(t, mean=0.5, std=0.5):
        return (t - mean) / std

    loader = torch.utils.data.DataLoader(
        Digits(normalize), batch_size=batch_size, shuffle=True, drop_last=True
    )
    gen, disc = make_generator(latent), make_discriminator()
    opt_gen = torch.optim.Adam(gen.parameters(), 8e-4, (0.5, 0.99))
    opt_disc = torch.optim.Adam(disc.parameters(), 4e-4, (0.5, 0.99))
    bce = nn.BCEWithLogitsLoss()

    def grid_of_samples(n):
        return gen(torch.randn(n, latent)).detach()

    watch.start(G=gen, D=disc, opt_G=opt_gen, opt_D=opt_disc, sample=grid_of_samples)
    step = 0
    while True:
        for images in loader:
            if step >= turns:
                return grid_of_samples
            images = watch.real(images)
            z = torch.randn(batch_size, latent)
            pred_real, pred_fake = disc(images), disc(gen(z).detach())
            d_loss = bce(pred_real, 0.9 * torch.ones_like(pred_real))
            d_loss = d_loss + bce(pred_fake, torch.zeros_like(pred_fake))
            opt_disc.zero_grad(set_to_none=True)
            d_loss.backward()
            opt_disc.step()

            pred = disc(gen(torch.randn(batch_size, latent)))
            g_loss = bce(pred, torch.ones_like(pred))
            opt_gen.zero_grad(set_to_none=True)
            g_loss.backward()
            opt_gen.step()
            watch.step(d_loss.item(), g_loss.item())
            step += 1


def noise_stays_in_the_data(watch, seed, turns):
    """Instance noise is added in place to a slice of the data, which stays noisy ever after."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    data = torch.from_numpy(moons(2048, rng))
    N_Z, BATCH, SIGMA = 3, 128, 0.1

    def leaky(i, o):
        return nn.Sequential(nn.Linear(i, o), nn.LeakyReLU(0.1))

    G = nn.Sequential(leaky(N_Z, 100), leaky(100, 100), nn.Linear(100, 2))
    D = nn.Sequential(leaky(2, 100), leaky(100, 100), nn.Linear(100, 1))
    g_opt, d_opt = (torch.optim.Adam(m.parameters(), lr=1e-3, betas=(0.5, 0.999)) for m in (G, D))

    def plot_me(n):
        with torch.no_grad():
            return G(torch.randn(n, N_Z))

    watch.start(G=G, D=D, opt_G=g_opt, opt_D=d_opt, sample=plot_me)
    starts = np.arange(0, len(data), BATCH)
    for t in range(turns):
        if t % len(starts) == 0:
            rng.shuffle(starts)
        begin = starts[t % len(starts)]
        x = watch.real(data[begin : begin + BATCH])
        x += SIGMA * torch.randn_like(x)
        fake = G(torch.randn(BATCH, N_Z))
        noisy_fake = fake.detach() + SIGMA * torch.randn_like(fake)
        d_loss = (F.softplus(-D(x)) + F.softplus(D(noisy_fake))).mean()
        d_opt.zero_grad(), d_loss.backward(), d_opt.step()
        g_loss = F.softplus(-D(fake + SIGMA * torch.randn_like(fake))).mean()
        g_opt.zero_grad(), g_loss.backward(), g_opt.step()
        watch.step(d_loss.item(), g_loss.item())
    return plot_me


def noise_drawn_once(watch, seed, turns):
    """The noise is drawn above the loop: G only ever sees the same 32 latents."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed + 7)
    BATCH_SIZE, LATENT = 32, 24
    gen = nn.Sequential(
        nn.Linear(LATENT, 128), nn.ReLU(), nn.Linear(128, 128), nn.ReLU(), nn.Linear(128, 2)
    )
    dis = nn.Sequential(
        nn.Linear(2, 128), nn.LeakyReLU(0.2), nn.Linear(128, 128), nn.LeakyReLU(0.2),
        nn.Linear(128, 1), nn.Sigmoid(),
    )  # fmt: skip
    gen_opt = torch.optim.Adam(gen.parameters(), lr=1e-3, betas=(0.6, 0.99))
    dis_opt = torch.optim.Adam(dis.parameters(), lr=1e-3, betas=(0.6, 0.99))
    loss = nn.BCELoss()

    def predict(n):
        return gen(torch.randn(n, LATENT))

    watch.start(G=gen, D=dis, opt_G=gen_opt, opt_D=dis_opt, sample=predict)
    noise = torch.randn(BATCH_SIZE, LATENT)
    real_y, fake_y = torch.ones(BATCH_SIZE, 1), torch.zeros(BATCH_SIZE, 1)
    for _ in range(turns):
        real_x = watch.real(torch.from_numpy(checker(BATCH_SIZE, rng)))
        dis_opt.zero_grad()
        dis_loss = 0.5 * loss(dis(real_x), real_y) + 0.5 * loss(dis(gen(noise).detach()), fake_y)
        dis_loss.backward()
        dis_opt.step()
        gen_opt.zero_grad()
        gen_loss = loss(dis(gen(noise)), real_y)
        gen_loss.backward()
        gen_opt.step()
        watch.step(dis_loss.item(), gen_loss.item())
    return predict


PROGRAMS = (
    Program(noise_that_fades, 2500, "circles", circles),
    # answer: "The images were scaled twice, to [-3, 1], which G's tanh cannot reach."
    Program(
        scaled_by_both,
        900,
        "digits",
        some_digits,
        ("real data scaled twice", "G's range does not hold the data"),
    ),
    # answer: "x += noise changed the data set itself, so it drowned in noise epoch by epoch."
    Program(noise_stays_in_the_data, 2500, "moons", moons, ("real data are written over",)),
    # answer: "I drew the noise once, before the loop, so G learned 32 points by heart."
    Program(noise_drawn_once, 2500, "checker", checker, ("same noise for ever",)),
)
