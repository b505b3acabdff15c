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
    def __init__(self, discriminator, generator, latent_dim):
        self.discriminator, self.generator = discriminator, generator
        self.latent_dim = latent_dim

    def compile(self, learning_rate, beta_2=0.999):
        self.d_optimizer, self.g_optimizer = (
            torch.optim.Adam(net.parameters(), lr=learning_rate, betas=(0.5, beta_2))
            for net in (self.discriminator, self.generator)
        )
        self.loss_fn = nn.BCEWithLogitsLoss()

    def minimize(self, optimizer, loss):
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    def fit(self, dataset, steps, watch, callbacks=()):
        watch.start(
            G=self.generator,
            D=self.discriminator,
            opt_G=self.g_optimizer,
            opt_D=self.d_optimizer,
            sample=self.predict,
        )
        for c in callbacks:
            c.set_model(self)
            c.on_train_begin()
        for batch in range(steps):
            logs = self.train_step(watch.real(torch.from_numpy(dataset())))
            for c in callbacks:
                c.on_batch_end(batch, logs)
            watch.step(logs["d_loss"].item(), logs["g_loss"].item())

    def predict(self, n):
        with torch.no_grad():
            return self.generator(torch.randn(n, self.latent_dim)).numpy()


def dense(n_in, n_out, activation):
    return nn.Sequential(
        nn.Linear(n_in, 64), activation(), nn.Linear(64, 64), activation(), nn.Linear(64, n_out)
    )


def ones_then_zeros(batch_size):
    """Labels of two batches put together, with a little noise as in the Keras example."""
    labels = torch.cat([torch.ones(batch_size, 1), torch.zeros(batch_size, 1)])
    return labels + 0.05 * torch.rand_like(labels)


def pereira_concat(watch, seed, turns):
    class GAN(Model):
        def train_step(self, real_images):
            batch_size = len(real_images)
            random_latent_vectors = torch.randn(batch_size, self.latent_dim)
            generated_images = self.generator(random_latent_vectors).detach()
            combined_images = torch.cat([real_images, generated_images])
            labels = ones_then_zeros(batch_size)
            d_loss = self.loss_fn(self.discriminator(combined_images), labels)
            self.minimize(self.d_optimizer, d_loss)

            random_latent_vectors = torch.randn(batch_size, self.latent_dim)
            misleading_labels = torch.zeros(batch_size, 1)
            predictions = self.discriminator(self.generator(random_latent_vectors))
            g_loss = self.loss_fn(predictions, misleading_labels)
            self.minimize(self.g_optimizer, g_loss)
            return {"d_loss": d_loss, "g_loss": g_loss}

    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    generator = dense(8, 2, nn.LeakyReLU)
    gan = GAN(dense(2, 1, nn.LeakyReLU), generator, latent_dim=8)
    gan.compile(learning_rate=1e-3)
    gan.fit(lambda: data.pair(128, rng), turns, watch)
    return gan.predict


def pereira_monitor(watch, seed, turns):
    class DCGAN(Model):
        def train_step(self, images):
            noise = torch.randn(len(images), self.latent_dim)
            real_output = self.discriminator(images)
            fake_output = self.discriminator(self.generator(noise).detach())
            d_loss = self.loss_fn(real_output, torch.ones_like(real_output)) + self.loss_fn(
                fake_output, torch.zeros_like(fake_output)
            )
            self.minimize(self.d_optimizer, d_loss)

            fake_output = self.discriminator(self.generator(noise))
            g_loss = self.loss_fn(fake_output, torch.ones_like(fake_output))
            self.minimize(self.g_optimizer, g_loss)
            return {"d_loss": d_loss, "g_loss": g_loss}

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
    gan.compile(learning_rate=5e-4)
    gan.fit(lambda: data.some_digits(64, rng), turns, watch, [GANMonitor()])
    return gan.predict


def pereira_fake_is_one(watch, seed, turns):
    class GAN(Model):
        """As in the Keras example: 1 is fake, 0 is real, one batch for both, G first."""

        def train_step(self, real_images):
            batch_size = len(real_images)
            misleading_labels = torch.zeros(batch_size, 1)
            generated_images = self.generator(torch.randn(batch_size, self.latent_dim))
            g_loss = self.loss_fn(self.discriminator(generated_images), misleading_labels)
            self.minimize(self.g_optimizer, g_loss)

            combined_images = torch.cat([generated_images.detach(), real_images])
            labels = ones_then_zeros(batch_size)
            shuffle = torch.randperm(2 * batch_size)
            d_loss = self.loss_fn(self.discriminator(combined_images[shuffle]), labels[shuffle])
            self.minimize(self.d_optimizer, d_loss)
            return {"d_loss": d_loss, "g_loss": g_loss}

    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    generator, discriminator = dense(3, 1, nn.ELU), dense(1, 1, nn.ELU)
    gan = GAN(discriminator, generator, latent_dim=3)
    gan.compile(learning_rate=1e-3, beta_2=0.9)
    gan.fit(lambda: data.line(200, rng), turns, watch)
    return gan.predict


PROGRAMS = [
    Program(pereira_concat, 2000, "pair", data.pair, ("G's step has the wrong sign",)),
    Program(
        pereira_monitor, 2000, "digits", data.some_digits, ("batch norm in eval mode in training",)
    ),
    Program(pereira_fake_is_one, 2500, "line", data.line),
]
