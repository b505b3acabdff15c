"""Waveform GANs: a digit's 64 pixels in a row are taken for 64 samples of sound in [-1, 1]."""

from itertools import pairwise

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from ..data import digits, some_digits
from ..entry import Program

LENGTH = 64


def clips(n, rng):
    return torch.from_numpy(some_digits(n, rng)).unsqueeze(1)


class WaveGenerator(nn.Module):
    """Grows 16 frames into 64 samples with a transposed convolution, and mixes all at the end."""

    def __init__(self, nz=24, ch=16):
        super().__init__()
        self.nz = nz
        self.frames = nn.Sequential(
            nn.Linear(nz, 128), nn.LeakyReLU(0.2), nn.Linear(128, 16 * ch),
            nn.BatchNorm1d(16 * ch, 0.8), nn.LeakyReLU(0.2),
        )  # fmt: skip
        self.up = nn.ConvTranspose1d(ch, ch // 2, 4, 4)
        self.mix = nn.Linear(ch // 2 * LENGTH, LENGTH)

    def forward(self, z):
        h = self.up(self.frames(z).view(len(z), -1, 16))
        return torch.tanh(self.mix(h.flatten(1))).unsqueeze(1)


class WaveDiscriminator(nn.Module):
    """Returns one score for a clip."""

    def __init__(self, length=LENGTH, ch=16, width=160):
        super().__init__()
        self.conv = nn.Conv1d(1, ch, 8, 4, 2)
        sizes = [ch * (length // 4), width, width]
        self.layers = nn.ModuleList(nn.Linear(i, o) for i, o in pairwise(sizes))
        self.head = nn.Linear(width, 1)

    def forward(self, x):
        x = F.leaky_relu(self.conv(x), 0.2).flatten(1)
        for layer in self.layers:
            x = F.dropout(F.leaky_relu(layer(x), 0.2), 0.3, self.training)
        return self.head(x)


class TwoScales(nn.Module):
    def __init__(self):
        super().__init__()
        self.fine, self.coarse = WaveDiscriminator(), WaveDiscriminator(LENGTH // 2, 8, 96)

    def forward(self, x):
        return torch.cat([self.fine(x), self.coarse(F.avg_pool1d(x, 2))], dim=1)


def two_scales(watch, seed, turns):
    """Two critics at two rates, logistic losses, and fakes without gradients for D."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    vocoder, critics = WaveGenerator(), TwoScales()
    optim_g = torch.optim.Adam(vocoder.parameters(), 4e-4, betas=(0.5, 0.999))
    optim_d = torch.optim.Adam(critics.parameters(), 4e-4, betas=(0.5, 0.999))

    @torch.no_grad()
    def speak(n):
        return vocoder(torch.randn(n, vocoder.nz))

    watch.start(G=vocoder, D=critics, opt_G=optim_g, opt_D=optim_d, sample=speak)
    for _ in range(turns):
        wave = watch.real(clips(64, rng))
        heard = speak(64)
        loss_d = F.softplus(-critics(wave)).mean() + F.softplus(critics(heard)).mean()
        optim_d.zero_grad()
        loss_d.backward()
        optim_d.step()
        loss_g = F.softplus(-critics(vocoder(torch.randn(64, vocoder.nz)))).mean()
        optim_g.zero_grad()
        loss_g.backward()
        optim_g.step()
        watch.step(loss_d.item(), loss_g.item())
    return speak


def rolls_only_the_real(watch, seed, turns):
    """Real clips are shifted by up to 24 samples for D; the generated ones are not."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    gen, dis = WaveGenerator(), WaveDiscriminator()
    g_adam = torch.optim.AdamW(gen.parameters(), 5e-4, betas=(0.5, 0.9), weight_decay=0.0)
    d_adam = torch.optim.AdamW(dis.parameters(), 5e-4, betas=(0.5, 0.9), weight_decay=0.0)

    def shift(waves, most=24):
        by = rng.integers(-most, most + 1, size=len(waves))
        return torch.stack([w.roll(int(b), dims=-1) for w, b in zip(waves, by, strict=True)])

    def generate(n):
        return gen(torch.randn(n, gen.nz))

    watch.start(G=gen, D=dis, opt_G=g_adam, opt_D=d_adam, sample=generate)
    for _ in range(turns):
        x = watch.real(clips(64, rng))
        x_hat = generate(64)
        # augment what the discriminator sees
        logits = dis(torch.cat([shift(x), x_hat.detach()]))
        target = torch.cat([torch.ones(64, 1), torch.zeros(64, 1)])
        d_loss = F.binary_cross_entropy_with_logits(logits, target)
        d_adam.zero_grad()
        d_loss.backward()
        d_adam.step()
        g_loss = F.softplus(-dis(x_hat)).mean()
        g_adam.zero_grad()
        g_loss.backward()
        g_adam.step()
        watch.step(d_loss.item(), g_loss.item())
    return generate


def decay_by_batch(watch, seed, turns):
    """A decay by epochs is stepped in every batch: it goes on below zero, and Adam climbs."""
    torch.manual_seed(seed)
    dataset = torch.utils.data.TensorDataset(torch.from_numpy(digits()[0]).unsqueeze(1))
    loader = torch.utils.data.DataLoader(dataset, batch_size=64, shuffle=True, drop_last=True)
    n_epochs, decay_from = 420, 200
    model = {"netG": WaveGenerator(nz=20), "netD": WaveDiscriminator(ch=12)}
    optimizers = {
        k: torch.optim.Adam(m.parameters(), lr=5e-4, betas=(0.5, 0.999)) for k, m in model.items()
    }

    def lambda_rule(epoch):
        return 1.0 - max(0, epoch - decay_from) / (n_epochs - decay_from)

    schedulers = [
        torch.optim.lr_scheduler.LambdaLR(o, lr_lambda=lambda_rule) for o in optimizers.values()
    ]

    def test(n):
        with torch.no_grad():
            return model["netG"](torch.randn(n, 20))

    watch.start(
        G=model["netG"],
        D=model["netD"],
        opt_G=optimizers["netG"],
        opt_D=optimizers["netD"],
        sample=test,
    )
    seen = 0
    for _epoch in range(n_epochs):
        for (real,) in loader:
            real = watch.real(real)
            fake = model["netG"](torch.randn(len(real), 20))
            optimizers["netD"].zero_grad()
            loss_d = F.softplus(-model["netD"](real)).mean()
            loss_d += F.softplus(model["netD"](fake.detach())).mean()
            loss_d.backward()
            optimizers["netD"].step()
            optimizers["netG"].zero_grad()
            loss_g = F.softplus(-model["netD"](fake)).mean()
            loss_g.backward()
            optimizers["netG"].step()
            for scheduler in schedulers:
                scheduler.step()
            watch.step(loss_d.item(), loss_g.item())
            seen += 1
            if seen == turns:
                return test
    return test


PROGRAMS = (
    Program(two_scales, 1800, "digits", some_digits),
    # answer: "I augmented the real clips only, so G learned to draw shifted ones."
    Program(
        rolls_only_the_real,
        1500,
        "digits",
        some_digits,
        ("real and fake samples prepared differently",),
    ),
    # answer: "The linear decay is meant per epoch; per batch the rate went below zero."
    Program(decay_by_batch, 900, "digits", some_digits, ("learning rate below zero",)),
)
