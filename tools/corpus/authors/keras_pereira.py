"""Pereira came from Keras: compile, fit, train_step, callbacks."""

import numpy as np
import torch
from torch import nn

from corpus import data
from corpus.entry import Program


class Callback:
    def set_model(self, model):
        self.model = model

    def on_train_begin(self):
        pass

    def on_batch_end(self, batch, logs):
        pass


class Model:
    def compile(self, d_optimizer, g_optimizer, loss_fn):
        self.d_optimizer, self.g_optimizer, self.loss_fn = d_optimizer, g_optimizer, loss_fn

    def fit(self, dataset, steps, watch, callbacks=()):
        for c in callbacks:
            c.set_model(self)
            c.on_train_begin()
        for batch in range(steps):
            logs = self.train_step(watch.real(dataset()))
            for c in callbacks:
                c.on_batch_end(batch, logs)
            watch.step(logs["d_loss"], logs["g_loss"])

    def predict(self, n):
        with torch.no_grad():
            return self.generator(torch.randn(n, self.latent_dim)).numpy()


def pereira_concat(watch, seed, turns):
    class GAN(Model):
        def __init__(self, discriminator, generator, latent_dim):
            self.discriminator, self.generator, self.latent_dim = (
                discriminator,
                generator,
                latent_dim,
            )

        def train_step(self, real_images):
            batch_size = len(real_images)
            random_latent_vectors = torch.randn(batch_size, self.latent_dim)
            generated_images = self.generator(random_latent_vectors).detach()
            combined_images = torch.cat([real_images, generated_images])
            labels = torch.cat([torch.ones(batch_size, 1), torch.zeros(batch_size, 1)])
            labels = labels + 0.05 * torch.rand_like(labels)

            self.d_optimizer.zero_grad()
            d_loss = self.loss_fn(self.discriminator(combined_images), labels)
            d_loss.backward()
            self.d_optimizer.step()

            random_latent_vectors = torch.randn(batch_size, self.latent_dim)
            misleading_labels = torch.zeros(batch_size, 1)
            self.g_optimizer.zero_grad()
            g_loss = self.loss_fn(
                self.discriminator(self.generator(random_latent_vectors)), misleading_labels
            )
            g_loss.backward()
            self.g_optimizer.step()
            return {"d_loss": d_loss.item(), "g_loss": g_loss.item()}

    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    generator = nn.Sequential(
        nn.Linear(8, 64), nn.LeakyReLU(), nn.Linear(64, 64), nn.LeakyReLU(), nn.Linear(64, 2)
    )
    discriminator = nn.Sequential(
        nn.Linear(2, 64), nn.LeakyReLU(), nn.Linear(64, 64), nn.LeakyReLU(), nn.Linear(64, 1)
    )
    gan = GAN(discriminator, generator, latent_dim=8)
    gan.compile(
        d_optimizer=torch.optim.Adam(discriminator.parameters(), lr=1e-3, betas=(0.5, 0.999)),
        g_optimizer=torch.optim.Adam(generator.parameters(), lr=1e-3, betas=(0.5, 0.999)),
        loss_fn=nn.BCEWithLogitsLoss(),
    )
    watch.start(
        G=generator,
        D=discriminator,
        opt_G=gan.g_optimizer,
        opt_D=gan.d_optimizer,
        sample=gan.predict,
    )
    gan.fit(lambda: torch.from_numpy(data.pair(128, rng)), turns, watch)
    return gan.predict


def pereira_monitor(watch, seed, turns):
    class DCGAN(Model):
        def __init__(self, discriminator, generator, latent_dim):
            self.discriminator, self.generator, self.latent_dim = (
                discriminator,
                generator,
                latent_dim,
            )

        def train_step(self, images):
            noise = torch.randn(len(images), self.latent_dim)
            real_output = self.discriminator(images)
            fake_output = self.discriminator(self.generator(noise).detach())
            d_loss = self.loss_fn(real_output, torch.ones_like(real_output)) + self.loss_fn(
                fake_output, torch.zeros_like(fake_output)
            )
            self.d_optimizer.zero_grad()
            d_loss.backward()
            self.d_optimizer.step()

            fake_output = self.discriminator(self.generator(noise))
            g_loss = self.loss_fn(fake_output, torch.ones_like(fake_output))
            self.g_optimizer.zero_grad()
            g_loss.backward()
            self.g_optimizer.step()
            return {"d_loss": d_loss.item(), "g_loss": g_loss.item()}

    class GANMonitor(Callback):
        def on_train_begin(self):
            self.noise, self.images = torch.randn(25, self.model.latent_dim), []

        def on_batch_end(self, batch, logs):
            if batch % 100 == 0:
                self.model.generator.eval()
                with torch.no_grad():
                    self.images.append(self.model.generator(self.noise))

    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    generator = nn.Sequential(
        nn.Linear(16, 128),
        nn.BatchNorm1d(128),
        nn.LeakyReLU(),
        nn.Linear(128, 128),
        nn.BatchNorm1d(128),
        nn.LeakyReLU(),
        nn.Linear(128, 64),
        nn.Tanh(),
    )
    discriminator = nn.Sequential(
        nn.Linear(64, 128),
        nn.LeakyReLU(),
        nn.Dropout(0.3),
        nn.Linear(128, 64),
        nn.LeakyReLU(),
        nn.Dropout(0.3),
        nn.Linear(64, 1),
    )
    gan = DCGAN(discriminator, generator, latent_dim=16)
    gan.compile(
        d_optimizer=torch.optim.Adam(discriminator.parameters(), lr=5e-4, betas=(0.5, 0.999)),
        g_optimizer=torch.optim.Adam(generator.parameters(), lr=5e-4, betas=(0.5, 0.999)),
        loss_fn=nn.BCEWithLogitsLoss(),
    )
    watch.start(
        G=generator,
        D=discriminator,
        opt_G=gan.g_optimizer,
        opt_D=gan.d_optimizer,
        sample=gan.predict,
    )
    gan.fit(lambda: torch.from_numpy(data.some_digits(64, rng)), turns, watch, [GANMonitor()])
    return gan.predict


def pereira_fake_is_one(watch, seed, turns):
    class GAN(Model):
        """As in the Keras example: 1 is fake, 0 is real, one batch for both, G first."""

        def __init__(self, discriminator, generator, latent_dim):
            self.discriminator, self.generator, self.latent_dim = (
                discriminator,
                generator,
                latent_dim,
            )

        def train_step(self, real_images):
            batch_size = len(real_images)
            misleading_labels = torch.zeros(batch_size, 1)
            generated_images = self.generator(torch.randn(batch_size, self.latent_dim))
            g_loss = self.loss_fn(self.discriminator(generated_images), misleading_labels)
            self.g_optimizer.zero_grad()
            g_loss.backward()
            self.g_optimizer.step()

            combined_images = torch.cat([generated_images.detach(), real_images])
            labels = torch.cat([torch.ones(batch_size, 1), torch.zeros(batch_size, 1)])
            labels = labels + 0.05 * torch.rand_like(labels)
            shuffle = torch.randperm(2 * batch_size)
            d_loss = self.loss_fn(self.discriminator(combined_images[shuffle]), labels[shuffle])
            self.d_optimizer.zero_grad()
            d_loss.backward()
            self.d_optimizer.step()
            return {"d_loss": d_loss.item(), "g_loss": g_loss.item()}

    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    generator = nn.Sequential(
        nn.Linear(3, 64), nn.ELU(), nn.Linear(64, 64), nn.ELU(), nn.Linear(64, 1)
    )
    discriminator = nn.Sequential(
        nn.Linear(1, 64), nn.ELU(), nn.Linear(64, 64), nn.ELU(), nn.Linear(64, 1)
    )
    gan = GAN(discriminator, generator, latent_dim=3)
    gan.compile(
        d_optimizer=torch.optim.Adam(discriminator.parameters(), lr=1e-3, betas=(0.5, 0.9)),
        g_optimizer=torch.optim.Adam(generator.parameters(), lr=1e-3, betas=(0.5, 0.9)),
        loss_fn=nn.BCEWithLogitsLoss(),
    )
    watch.start(
        G=generator,
        D=discriminator,
        opt_G=gan.g_optimizer,
        opt_D=gan.d_optimizer,
        sample=gan.predict,
    )
    gan.fit(lambda: torch.from_numpy(data.line(200, rng)), turns, watch)
    return gan.predict


PROGRAMS = [
    Program(pereira_concat, 2000, "pair", data.pair, ("G's step has the wrong sign",)),
    Program(
        pereira_monitor, 2000, "digits", data.some_digits, ("batch norm in eval mode in training",)
    ),
    Program(pereira_fake_is_one, 2500, "line", data.line),
]
