"""Points decoded from tokens, with one loss module for both optimisers as tokenisers have it."""

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from ..data import grid4, moons, ring6
from ..entry import Program


def hinge_d_loss(logits_real, logits_fake):
    return F.relu(1.0 - logits_real).mean() + F.relu(1.0 + logits_fake).mean()


def adopt_weight(weight, global_step, threshold=0, value=0.0):
    return value if global_step < threshold else weight


class Decoder(nn.Module):
    """A random token of a codebook and some noise become a point."""

    def __init__(self, n_embed=16, dim=16, width=96):
        super().__init__()
        self.n_embed, self.dim = n_embed, dim
        self.quantize = nn.Embedding(n_embed, dim)
        self.body = nn.Sequential(
            nn.Linear(2 * dim, width),
            nn.SiLU(),
            nn.Linear(width, width),
            nn.SiLU(),
        )
        self.conv_out = nn.Linear(width, 2)

    def forward(self, indices, noise):
        z_q = self.quantize(indices)
        return self.conv_out(self.body(torch.cat([z_q, noise], 1)))

    def draw(self, n):
        return self(torch.randint(self.n_embed, (n,)), torch.randn(n, self.dim))


def patch_d(width=96):
    act = lambda: nn.LeakyReLU(0.2)  # noqa: E731
    return nn.Sequential(
        nn.Linear(2, width), act(), nn.Linear(width, width), act(), nn.Linear(width, 1)
    )


def loader(name, seed, batch=128):
    points = torch.from_numpy(name(4000, np.random.default_rng(seed)))
    while True:
        for idx in torch.randperm(len(points)).split(batch):
            if len(idx) == batch:
                yield points[idx]


class LossWithDiscriminator(nn.Module):
    """Everything that is scored: idx 0 is the decoder's loss, idx 1 the discriminator's."""

    def __init__(self, kind, disc_start=0, disc_factor=1.0):
        super().__init__()
        self.discriminator = patch_d()
        self.kind, self.disc_start, self.disc_factor = kind, disc_start, disc_factor

    def gen_loss(self, logits_fake):
        if self.kind == "non-saturating":
            return F.binary_cross_entropy_with_logits(torch.ones_like(logits_fake), logits_fake)
        return -logits_fake.mean()

    def dis_loss(self, logits_real, logits_fake):
        if self.kind == "non-saturating":
            real = F.binary_cross_entropy_with_logits(torch.ones_like(logits_real), logits_real)
            fake = F.binary_cross_entropy_with_logits(torch.zeros_like(logits_fake), logits_fake)
            return real + fake
        return hinge_d_loss(logits_real, logits_fake)

    def forward(self, inputs, reconstructions, optimizer_idx, global_step):
        factor = adopt_weight(self.disc_factor, global_step, self.disc_start)
        if optimizer_idx == 0:
            return factor * self.gen_loss(self.discriminator(reconstructions))
        logits_real = self.discriminator(inputs.detach())
        logits_fake = self.discriminator(reconstructions.detach())
        return factor * self.dis_loss(logits_real, logits_fake)


def arguments_in_the_wrong_order(watch, seed, turns):
    """Like FoundationVision/LlamaGen issue 84: target and input of the entropy change places."""
    torch.manual_seed(seed)
    vq_model, vq_loss = Decoder(), LossWithDiscriminator("non-saturating")
    optimizer = torch.optim.AdamW(vq_model.parameters(), 1e-3, (0.5, 0.95), weight_decay=0.0)
    optimizer_disc = torch.optim.AdamW(
        vq_loss.discriminator.parameters(), 1e-3, (0.5, 0.95), weight_decay=0.0
    )
    sample = torch.no_grad()(vq_model.draw)
    watch.start(
        G=vq_model,
        D=vq_loss.discriminator,
        opt_G=optimizer,
        opt_D=optimizer_disc,
        sample=sample,
    )
    for train_steps, x in zip(range(turns), loader(grid4, seed), strict=False):
        imgs = watch.real(x)
        recons = vq_model.draw(len(imgs))
        optimizer.zero_grad()
        loss_gen = vq_loss(imgs, recons, optimizer_idx=0, global_step=train_steps)
        loss_gen.backward()
        optimizer.step()
        optimizer_disc.zero_grad()
        loss_disc = vq_loss(imgs, recons, optimizer_idx=1, global_step=train_steps)
        loss_disc.backward()
        optimizer_disc.step()
        watch.step(loss_disc.item(), loss_gen.item())
    return sample


class ReshapingLoss(LossWithDiscriminator):
    """Flattens the logits of each picture first."""

    def forward(self, inputs, reconstructions, optimizer_idx, global_step):
        b = len(inputs)
        if optimizer_idx == 0:
            return self.gen_loss(self.discriminator(reconstructions))
        logits_real = self.discriminator(inputs.contiguous().detach())
        logits_fake = self.discriminator(reconstructions.contiguous().detach())
        logits_real = logits_fake.reshape(b, -1)
        logits_fake = logits_fake.reshape(b, -1)
        return self.dis_loss(logits_real, logits_fake)


def reshape_of_the_other(watch, seed, turns):
    """Like TencentARC/SEED-Voken issue 20: the real logits are overwritten by the fake ones."""
    torch.manual_seed(seed)
    model, loss = Decoder(), ReshapingLoss("hinge")
    opt_ae = torch.optim.Adam(model.parameters(), 1e-3, (0.5, 0.9))
    opt_disc = torch.optim.Adam(loss.discriminator.parameters(), 1e-3, (0.5, 0.9))
    sample = torch.no_grad()(model.draw)
    watch.start(G=model, D=loss.discriminator, opt_G=opt_ae, opt_D=opt_disc, sample=sample)
    batches = loader(ring6, seed)
    for step in range(turns):
        x, out = watch.real(next(batches)), {}
        xrec = model.draw(len(x))
        for optimizer_idx, opt in enumerate((opt_ae, opt_disc)):
            opt.zero_grad()
            out[optimizer_idx] = loss(x, xrec, optimizer_idx, step)
            out[optimizer_idx].backward()
            opt.step()
        watch.step(out[1].item(), out[0].item())
    return sample


def both_backwards_then_both_steps(watch, seed, turns):
    """Like Shubhamai/pytorch-vqgan issue 3: D's loss goes through fakes that hang on G."""
    torch.manual_seed(seed)
    vqgan, discriminator = Decoder(), patch_d()
    opt_vq = torch.optim.Adam(vqgan.parameters(), lr=1e-3, betas=(0.5, 0.9))
    opt_disc = torch.optim.Adam(discriminator.parameters(), lr=1e-3, betas=(0.5, 0.9))
    sample = torch.no_grad()(vqgan.draw)
    watch.start(G=vqgan, D=discriminator, opt_G=opt_vq, opt_D=opt_disc, sample=sample)
    batches = loader(grid4, seed)
    for _ in range(turns):
        imgs = watch.real(next(batches))
        decoded = vqgan.draw(len(imgs))
        disc_real, disc_fake = discriminator(imgs), discriminator(decoded)
        g_loss = -0.8 * disc_fake.mean()  # disc_weight
        d_loss = F.relu(1.0 - disc_real).mean() + F.relu(1.0 + disc_fake).mean()

        opt_vq.zero_grad()
        g_loss.backward(retain_graph=True)
        opt_disc.zero_grad()
        d_loss.backward()
        opt_vq.step()
        opt_disc.step()
        watch.step(d_loss.item(), g_loss.item())
    return sample


class VAE(nn.Module):
    def __init__(self, z=2, width=96):
        super().__init__()
        self.z = z
        self.encoder = nn.Sequential(
            nn.Linear(2, width), nn.SiLU(), nn.Linear(width, width), nn.SiLU(), nn.Linear(width, 4)
        )
        self.decoder = nn.Sequential(
            nn.Linear(z, width), nn.SiLU(), nn.Linear(width, width), nn.SiLU()
        )
        self.conv_out = nn.Linear(width, 2)

    def decode(self, z):
        return self.conv_out(self.decoder(z))

    def forward(self, x):
        mean, logvar = self.encoder(x).chunk(2, 1)
        kl = 0.5 * (mean**2 + logvar.exp() - 1 - logvar).sum(1).mean()
        return self.decode(mean + (0.5 * logvar).exp() * torch.randn_like(mean)), kl


def adaptive_weight(watch, seed, turns):
    """Sound: reconstruction, KL, and an adversarial part whose weight follows the gradients."""
    torch.manual_seed(seed)
    vae, disc = VAE(), patch_d()
    opt_ae = torch.optim.Adam(vae.parameters(), 2e-3, (0.5, 0.9))
    opt_disc = torch.optim.Adam(disc.parameters(), 2e-3, (0.5, 0.9))

    @torch.no_grad()
    def sample(n):
        return vae.decode(torch.randn(n, vae.z))

    watch.start(G=vae, D=disc, opt_G=opt_ae, opt_D=opt_disc, sample=sample)
    batches = loader(lambda n, rng: 1.5 * moons(n, rng), seed)
    for step in range(turns):
        inputs = watch.real(next(batches))
        recon, kl = vae(inputs)
        drawn = vae.decode(torch.randn(len(inputs), vae.z))
        nll = 0.5 * F.mse_loss(recon, inputs) + 0.02 * kl
        g_loss = -disc(drawn).mean()
        last = vae.conv_out.weight
        nll_grad = torch.autograd.grad(nll, last, retain_graph=True)[0]
        g_grad = torch.autograd.grad(g_loss, last, retain_graph=True)[0]
        weight = (nll_grad.norm() / (g_grad.norm() + 1e-4)).clamp(0.5, 1e4).detach()
        loss = nll + adopt_weight(1.0, step, threshold=20) * weight * g_loss
        opt_ae.zero_grad()
        loss.backward()
        opt_ae.step()

        for _ in range(2):
            opt_disc.zero_grad()
            with torch.no_grad():
                drawn = vae.decode(torch.randn(len(inputs), vae.z))
            d_loss = hinge_d_loss(disc(inputs), disc(drawn))
            d_loss.backward()
            opt_disc.step()
        watch.step(d_loss.item(), loss.item())
    return sample


PROGRAMS = (
    Program(
        arguments_in_the_wrong_order,
        300,
        "grid4",
        grid4,
        ("input and target of the loss swapped", "fakes have no weight in D's loss"),
    ),
    Program(
        reshape_of_the_other,
        300,
        "ring6",
        ring6,
        ("real samples have no weight in D's loss",),
    ),
    Program(
        both_backwards_then_both_steps,
        300,
        "grid4",
        grid4,
        ("D's loss reaches G",),
    ),
    Program(adaptive_weight, 300, "moons", lambda n, rng: 1.5 * moons(n, rng)),
)
