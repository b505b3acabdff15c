"""Loops in the shape of a hub's example scripts: parse_args, an accelerator, transforms."""

import argparse
import contextlib
import math

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

from ..data import digits, large_digits, some_digits, some_large_digits
from ..entry import Program, flat


def parse_args(*argv):
    parser = argparse.ArgumentParser()
    parser.add_argument("--batch_size", type=int, default=64)
    parser.add_argument("--image_size", type=int, default=28)
    parser.add_argument("--latent_dim", type=int, default=32)
    parser.add_argument("--generator_hidden_size", type=int, default=160)
    parser.add_argument("--discriminator_hidden_size", type=int, default=128)
    parser.add_argument("--beta1", type=float, default=0.5)
    parser.add_argument("--lr", type=float, default=5e-4)
    parser.add_argument("--mixed_precision", default="no", choices=["no", "bf16"])
    return parser.parse_args(argv)


class Accelerator:
    """What of the accelerator these scripts use, on one process and one core."""

    def __init__(self, mixed_precision="no"):
        self.mixed_precision, self.device = mixed_precision, torch.device("cpu")

    def prepare(self, *things):
        return things

    def autocast(self):
        if self.mixed_precision == "no":
            return contextlib.nullcontext()
        return torch.autocast("cpu", dtype=torch.bfloat16)

    def backward(self, loss):
        loss.backward()

    def clip_grad_norm_(self, parameters, max_norm):
        return nn.utils.clip_grad_norm_(parameters, max_norm)


class ImageDataset(Dataset):
    """Grey images as [1, size, size] in 0 to 1, then the transform."""

    def __init__(self, size, transform=None):
        pixels = large_digits() if size == 28 else digits()[0].reshape(-1, 1, 8, 8)
        self.pixels = torch.from_numpy(pixels).add(1).div(2)
        self.transform = transform

    def __len__(self):
        return len(self.pixels)

    def __getitems__(self, indices):
        images = self.pixels[indices]
        return [{"pixel_values": self.transform(images) if self.transform else images}]


def only(batch):
    return batch[0]["pixel_values"]


class Normalize:
    def __init__(self, mean=0.5, std=0.5):
        self.mean, self.std = mean, std

    def __call__(self, images):
        return (images - self.mean) / self.std


class Compose(list):
    def __call__(self, images):
        for transform in self:
            images = transform(images)
        return images


class GeneratorModel(nn.Module):
    def __init__(self, args):
        super().__init__()
        size, hidden = args.image_size, args.generator_hidden_size
        self.project = nn.Sequential(
            nn.Linear(args.latent_dim, hidden, bias=False), nn.BatchNorm1d(hidden), nn.ReLU(True)
        )
        self.mix = nn.Sequential(
            nn.Linear(hidden, hidden, bias=False), nn.BatchNorm1d(hidden), nn.ReLU(True)
        )
        self.to_pixels = nn.Sequential(nn.Linear(hidden, size * size), nn.Tanh())
        self.unflatten = nn.Unflatten(1, (1, size, size))

    def forward(self, noise):
        hidden_states = self.mix(self.project(noise.flatten(1)))
        return self.unflatten(self.to_pixels(hidden_states))


class DiscriminatorModel(nn.Module):
    def __init__(self, args):
        super().__init__()
        size, hidden = args.image_size, args.discriminator_hidden_size
        self.features = nn.Sequential(nn.Flatten(), nn.Linear(size * size, hidden))
        self.head = nn.Sequential(
            nn.LeakyReLU(0.2), nn.Dropout(0.3), nn.Linear(hidden, hidden), nn.LeakyReLU(0.2)
        )
        self.classifier = nn.Linear(hidden, 1)

    def forward(self, pixel_values):
        return self.classifier(self.head(self.features(pixel_values))).flatten()


def train_dcgan_28(watch, seed, turns):
    """Images as [N, 1, 28, 28], noise as [N, nz, 1, 1], G in eval mode when it draws."""
    args = parse_args("--lr", "6e-4")
    torch.manual_seed(seed)
    accelerator = Accelerator()
    generator, discriminator = GeneratorModel(args), DiscriminatorModel(args)
    betas = (args.beta1, 0.999)
    discriminator_optimizer = torch.optim.Adam(discriminator.parameters(), args.lr, betas)
    generator_optimizer = torch.optim.Adam(generator.parameters(), args.lr, betas)
    dataloader = DataLoader(
        ImageDataset(28, Normalize()), args.batch_size, shuffle=True, collate_fn=only
    )
    generator, discriminator, generator_optimizer, discriminator_optimizer, dataloader = (
        accelerator.prepare(
            generator, discriminator, generator_optimizer, discriminator_optimizer, dataloader
        )
    )
    criterion = nn.BCEWithLogitsLoss()
    real_label, fake_label = 0.9, 0.0

    def push_to_hub(n):
        generator.eval()
        with torch.no_grad():
            fake_images = generator(torch.randn(n, args.latent_dim, 1, 1))
        generator.train()
        return fake_images

    watch.start(
        G=generator,
        D=discriminator,
        opt_G=generator_optimizer,
        opt_D=discriminator_optimizer,
        sample=push_to_hub,
    )
    for step in range(turns):
        if step % len(dataloader) == 0:
            epoch_iterator = iter(dataloader)
        real_cpu = watch.real(next(epoch_iterator))
        batch_size = real_cpu.shape[0]
        discriminator.zero_grad()
        output = discriminator(real_cpu)
        label = torch.full((batch_size,), real_label, device=accelerator.device)
        errD_real = criterion(output, label)
        accelerator.backward(errD_real)
        fake = generator(torch.randn(batch_size, args.latent_dim, 1, 1))
        errD_fake = criterion(discriminator(fake.detach()), torch.full_like(label, fake_label))
        accelerator.backward(errD_fake)
        discriminator_optimizer.step()
        generator.zero_grad()
        errG = criterion(discriminator(fake), torch.ones_like(label))
        accelerator.backward(errG)
        generator_optimizer.step()
        watch.step(errD_real.item() + errD_fake.item(), errG.item())
    return push_to_hub


def train_bf16_cosine(watch, seed, turns):
    """mixed_precision bf16, gradients clipped at norm 1, a warm-up and a cosine for both rates."""
    args = parse_args("--mixed_precision", "bf16", "--image_size", "8", "--latent_dim", "16")
    accelerator = Accelerator(args.mixed_precision)
    torch.manual_seed(seed)
    models = nn.ModuleDict({"gen": GeneratorModel(args), "disc": DiscriminatorModel(args)})
    optimizers, lr_schedulers = {}, {}

    def get_cosine_schedule_with_warmup(current_step, warmup=50):
        if current_step < warmup:
            return (current_step + 1) / warmup
        return 0.1 + 0.45 * (1 + math.cos(math.pi * current_step / turns))

    for name, model in models.items():
        optimizers[name] = torch.optim.AdamW(
            model.parameters(), lr=1e-3, betas=(args.beta1, 0.99), weight_decay=1e-4
        )
        lr_schedulers[name] = torch.optim.lr_scheduler.LambdaLR(
            optimizers[name], get_cosine_schedule_with_warmup
        )
    train_dataloader = DataLoader(
        ImageDataset(8, Normalize()), 64, shuffle=True, collate_fn=only, drop_last=True
    )

    @torch.no_grad()
    def pipeline(n):
        with accelerator.autocast():
            images = models["gen"](torch.randn(n, args.latent_dim))
        return images.float().numpy()

    watch.start(
        G=models["gen"],
        D=models["disc"],
        opt_G=optimizers["gen"],
        opt_D=optimizers["disc"],
        sample=pipeline,
    )
    global_step = 0
    while global_step < turns:
        for clean_images in train_dataloader:
            clean_images = watch.real(clean_images)
            with accelerator.autocast():
                fakes = models["gen"](torch.randn(len(clean_images), args.latent_dim))
                real_logits = models["disc"](clean_images)
                fake_logits = models["disc"](fakes.detach())
            disc_loss = nn.functional.softplus(-real_logits.float()).mean()
            disc_loss = disc_loss + nn.functional.softplus(fake_logits.float()).mean()
            accelerator.backward(disc_loss)
            accelerator.clip_grad_norm_(models["disc"].parameters(), 1.0)
            optimizers["disc"].step()
            optimizers["disc"].zero_grad()
            with accelerator.autocast():
                gen_logits = models["disc"](fakes).float()
            gen_loss = nn.functional.softplus(-gen_logits).mean()
            accelerator.backward(gen_loss)
            accelerator.clip_grad_norm_(models["gen"].parameters(), 1.0)
            optimizers["gen"].step()
            optimizers["gen"].zero_grad()
            optimizers["disc"].zero_grad()
            for scheduler in lr_schedulers.values():
                scheduler.step()
            watch.step(disc_loss.detach(), gen_loss.detach())
            global_step += 1
            if global_step >= turns:
                break
    return pipeline


def reshaped_in_place_of_permuted(watch, seed, turns):
    """reshape(8, 8, n) in place of a permutation: each picture gets pixels of all of them."""
    args = parse_args("--image_size", "8", "--latent_dim", "16", "--lr", "8e-4")
    torch.manual_seed(seed)
    generator, discriminator = GeneratorModel(args), DiscriminatorModel(args)
    optimizer_kwargs = {"lr": args.lr, "betas": (args.beta1, 0.99)}
    optimizer_G = torch.optim.Adam(generator.parameters(), **optimizer_kwargs)
    optimizer_D = torch.optim.Adam(discriminator.parameters(), **optimizer_kwargs)
    dataset = ImageDataset(args.image_size, transform=Normalize())

    def numpy_to_pil(n):
        images = generator(torch.randn(n, args.latent_dim)).detach().numpy()
        images = ((images + 1) * 127.5).round().astype(np.uint8)
        return np.moveaxis(images.reshape(args.image_size, args.image_size, n), -1, 0)

    watch.start(
        G=generator, D=discriminator, opt_G=optimizer_G, opt_D=optimizer_D, sample=numpy_to_pil
    )
    for _step in range(turns):
        indices = torch.randint(len(dataset), (args.batch_size,))
        pixel_values = watch.real(only(dataset.__getitems__(indices)))
        model_output = generator(torch.randn(args.batch_size, args.latent_dim))
        logits = discriminator(torch.cat([pixel_values, model_output.detach()]))
        labels = torch.arange(2.0).flip(0).repeat_interleave(args.batch_size)
        loss = nn.functional.binary_cross_entropy_with_logits(logits, labels)
        optimizer_D.zero_grad()
        loss.backward()
        optimizer_D.step()
        g_loss = nn.functional.softplus(-discriminator(model_output)).mean()
        optimizer_G.zero_grad()
        g_loss.backward()
        optimizer_G.step()
        watch.step(loss, g_loss)
    return numpy_to_pil


def from_uint8(x):
    return flat(x) / 127.5 - 1


def normalized_twice(watch, seed, turns):
    """Normalize(0.5, 0.5) stands in the data set and in the script: real pixels are in -3 to 1."""
    args = parse_args("--image_size", "8", "--latent_dim", "16", "--batch_size", "48")
    torch.manual_seed(seed)
    train_transforms = Compose([Normalize(), Normalize(0.5, 0.5)])
    dataset = ImageDataset(args.image_size, train_transforms)
    sampler = torch.utils.data.RandomSampler(dataset, True, turns * args.batch_size)
    loader = DataLoader(dataset, args.batch_size, sampler=sampler, collate_fn=only)
    unet, critic = GeneratorModel(args), DiscriminatorModel(args)
    optim = {m: torch.optim.Adam(m.parameters(), args.lr, (0.5, 0.99)) for m in (unet, critic)}
    inference = lambda n: unet(torch.randn(n, args.latent_dim)).detach()  # noqa: E731
    watch.start(G=unet, D=critic, opt_G=optim[unet], opt_D=optim[critic], sample=inference)
    for pixel_values in loader:
        pixel_values = watch.real(pixel_values)
        predicted = unet(torch.randn(args.batch_size, args.latent_dim))
        loss_critic = nn.functional.relu(1 - critic(pixel_values)).mean()
        loss_critic += nn.functional.relu(1 + critic(predicted.detach())).mean()
        optim[critic].zero_grad()
        loss_critic.backward()
        optim[critic].step()
        loss_unet = critic(predicted).mean().mul(-1)
        optim[unet].zero_grad()
        loss_unet.backward()
        optim[unet].step()
        watch.step(loss_critic.item(), loss_unet.item())
    return inference


PROGRAMS = (
    Program(train_dcgan_28, 1500, "digits", some_large_digits),
    Program(train_bf16_cosine, 1200, "digits", some_digits),
    Program(
        reshaped_in_place_of_permuted,
        800,
        "digits",
        some_digits,
        ("samples converted wrongly",),
        back=from_uint8,
    ),
    Program(
        normalized_twice,
        800,
        "digits",
        lambda n, rng: 2 * some_digits(n, rng) - 1,
        ("data not scaled", "G's range does not hold the data"),
    ),
)
