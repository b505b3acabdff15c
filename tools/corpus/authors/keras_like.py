"""Loops with compile, train_step and fit, in the way of another framework's users."""

import numpy as np
import torch
from torch import nn

from ..data import digits, grid, line, moons, ring, some_digits
from ..entry import Program


class GAN(nn.Module):
    """Both nets in one module that also knows how to train itself."""

    def __init__(self, discriminator, generator, latent_dim):
        super().__init__()
        self.discriminator = discriminator
        self.generator = generator
        self.latent_dim = latent_dim

    def compile_with(self, d_optimizer, g_optimizer, loss_fn):
        self.d_optimizer, self.g_optimizer, self.loss_fn = d_optimizer, g_optimizer, loss_fn

    def train_step(self, real_images):
        batch_size = real_images.shape[0]
        generated = self.generator(torch.randn(batch_size, self.latent_dim)).detach()
        combined_images = torch.cat([generated, real_images], dim=0)
        labels = torch.cat([torch.ones(batch_size, 1), torch.zeros(batch_size, 1)])
        labels += 0.05 * torch.rand(labels.shape)  # the tutorial's trick; 1 stands for generated
        self.d_optimizer.zero_grad()
        d_loss = self.loss_fn(self.discriminator(combined_images), labels)
        d_loss.backward()
        self.d_optimizer.step()
        misleading_labels = torch.zeros(batch_size, 1)
        self.g_optimizer.zero_grad()
        fake = self.generator(torch.randn(batch_size, self.latent_dim))
        g_loss = self.loss_fn(self.discriminator(fake), misleading_labels)
        g_loss.backward()
        self.g_optimizer.step()
        return {"d_loss": d_loss.item(), "g_loss": g_loss.item()}

    def generate(self, n):
        self.generator.train(False)
        with torch.no_grad():
            images = self.generator(torch.randn(n, self.latent_dim))
        self.generator.train(True)
        return (images * 127.5 + 127.5).clip(0, 255).to(torch.uint8).numpy()

    def fit(self, dataset, steps, watch):
        watch.start(
            G=self.generator,
            D=self.discriminator,
            opt_G=self.g_optimizer,
            opt_D=self.d_optimizer,
            sample=self.generate,
        )
        for _ in range(steps):
            history = self.train_step(watch.real(next(dataset)))
            watch.step(history["d_loss"], history["g_loss"])
        return self.generate


def overridden_train_step(watch, seed, turns):
    torch.manual_seed(seed)
    images = torch.from_numpy(digits()[0])

    def dataset(batch_size=64):
        while True:
            for index in torch.randperm(len(images)).split(batch_size):
                yield images[index]

    discriminator = nn.Sequential(
        nn.Linear(64, 128), nn.LeakyReLU(0.2), nn.Dropout(0.2), nn.Linear(128, 1)
    )
    generator = nn.Sequential(
        nn.Linear(24, 128),
        nn.BatchNorm1d(128, momentum=0.2),
        nn.LeakyReLU(0.2),
        nn.Linear(128, 128),
    )
    generator.extend([nn.BatchNorm1d(128, momentum=0.2), nn.LeakyReLU(0.2)])
    generator.append(nn.Linear(128, 64)).append(nn.Tanh())
    gan = GAN(discriminator, generator, latent_dim=24)
    gan.compile_with(
        d_optimizer=torch.optim.Adam(gan.discriminator.parameters(), lr=4e-4, betas=(0.5, 0.999)),
        g_optimizer=torch.optim.Adam(gan.generator.parameters(), lr=4e-4, betas=(0.5, 0.999)),
        loss_fn=nn.BCEWithLogitsLoss(),
    )
    return gan.fit(dataset(), turns, watch)


def Dense(n_in, units, activation=None):
    table = {"relu": nn.ReLU(), "elu": nn.ELU(), "sigmoid": nn.Sigmoid(), None: nn.Identity()}
    return nn.Sequential(nn.Linear(n_in, units), table[activation])


def set_trainable(model, value):
    for weight in model.parameters():
        weight.requires_grad_(value)


def combined_model(watch, seed, turns):
    """combined = discriminator(generator(z)) with D frozen while G learns, thawed afterwards."""
    torch.manual_seed(seed)
    X_train = torch.from_numpy(ring(20000, np.random.default_rng(seed), radius=2.0, sd=0.15))
    discriminator = nn.Sequential(
        Dense(2, 128, "relu"), Dense(128, 128, "relu"), Dense(128, 1, "sigmoid")
    )
    generator = nn.Sequential(Dense(10, 128, "relu"), Dense(128, 128, "relu"), Dense(128, 2))
    combined = nn.Sequential(generator, discriminator)
    optimizer_d = torch.optim.Adam(discriminator.parameters(), 1e-3, betas=(0.0, 0.99))
    optimizer_c = torch.optim.Adam(generator.parameters(), 5e-4, betas=(0.0, 0.99))
    binary_crossentropy = nn.functional.binary_cross_entropy

    def train_on_batch(model, optimizer, x, y):
        optimizer.zero_grad()
        loss = binary_crossentropy(model(x), y)
        loss.backward()
        optimizer.step()
        return loss.item()

    def predict(n):
        with torch.inference_mode():
            return generator(torch.randn(n, 10)).numpy()

    watch.start(G=generator, D=discriminator, opt_G=optimizer_c, opt_D=optimizer_d, sample=predict)
    half = 100
    for _epoch in range(turns):
        idx = torch.randint(0, X_train.shape[0], (half,))
        imgs = watch.real(X_train[idx])
        with torch.no_grad():
            gen_imgs = generator(torch.randn(half, 10))
        set_trainable(discriminator, True)
        d_loss_real = train_on_batch(discriminator, optimizer_d, imgs, torch.ones(half, 1))
        d_loss_fake = train_on_batch(discriminator, optimizer_d, gen_imgs, torch.zeros(half, 1))
        set_trainable(discriminator, False)
        g_loss = train_on_batch(combined, optimizer_c, torch.randn(half, 10), torch.ones(half, 1))
        watch.step(0.5 * (d_loss_real + d_loss_fake), g_loss)
    set_trainable(discriminator, True)
    return predict


class Player:
    def __init__(self, net, lr):
        self.net, self.optimizer = net, torch.optim.Adam(net.parameters(), lr, betas=(0.5, 0.9))

    def train_on(self, closure):
        self.optimizer.zero_grad()
        loss = closure()
        if loss.requires_grad:
            loss.backward()
        self.optimizer.step()
        return loss.item()


def trainable_false_for_ever(watch, seed, turns):
    """discriminator.trainable = False before compiling the combined model, and never True again."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    g = Player(nn.Sequential(Dense(3, 64, "elu"), Dense(64, 64, "elu"), Dense(64, 2)), 1e-3)
    d = Player(nn.Sequential(Dense(2, 64, "elu"), Dense(64, 64, "elu"), Dense(64, 1)), 1e-3)
    set_trainable(d.net, False)
    bce = nn.BCEWithLogitsLoss()
    watch.start(
        G=g.net,
        D=d.net,
        opt_G=g.optimizer,
        opt_D=d.optimizer,
        sample=lambda n: g.net(torch.randn(n, 3)).detach().numpy(),
    )
    for _ in range(turns):
        x = torch.tensor(moons(64, rng))
        x = watch.real(x)
        both = torch.cat([x, g.net(torch.randn(64, 3)).detach()])
        y = torch.cat([torch.ones(64, 1), torch.zeros(64, 1)])
        d_loss = d.train_on(lambda both=both, y=y: bce(d.net(both), y))
        g_loss = g.train_on(lambda: bce(d.net(g.net(torch.randn(64, 3))), torch.ones(64, 1)))
        watch.step(d_loss, g_loss)
    return lambda n: g.net(torch.randn(n, 3)).detach().numpy()


class SwappedTargets(nn.Module):
    """y_real and y_fake are filled in the order of another tutorial; G's target is 1 as before."""

    def __init__(self):
        super().__init__()
        self.G = nn.Sequential(Dense(1, 32, "elu"), Dense(32, 32, "elu"), Dense(32, 1))
        self.D = nn.Sequential(Dense(1, 32, "elu"), Dense(32, 32, "elu"), Dense(32, 1, "sigmoid"))

    def call(self, x):
        z = torch.rand(len(x), 1)
        y_real, y_fake = torch.zeros(len(x), 1), torch.ones(len(x), 1)
        loss = nn.BCELoss()
        fake = self.G(z)
        return (
            loss(self.D(x), y_real) + loss(self.D(fake.detach()), y_fake),
            loss(self.D(fake), torch.ones(len(x), 1)),
        )


def swapped_targets(watch, seed, turns):
    torch.manual_seed(seed)
    rng, model = np.random.default_rng(seed), SwappedTargets()
    opt = torch.optim.Adamax(model.D.parameters(), lr=1e-3)
    opt_g = torch.optim.Adamax(model.G.parameters(), lr=1e-3)
    watch.start(
        G=model.G,
        D=model.D,
        opt_G=opt_g,
        opt_D=opt,
        sample=lambda n: model.G(torch.rand(n, 1)).detach(),
    )
    for _ in range(turns):
        x = watch.real(torch.from_numpy(line(64, rng, means=(1.0, 3.0), sd=0.3)))
        d_loss, g_loss = model.call(x)
        opt_g.zero_grad()
        g_loss.backward()
        opt.zero_grad()
        d_loss.backward()
        opt.step()
        opt_g.step()
        watch.step(d_loss, g_loss)
    return lambda n: model.G(torch.rand(n, 1)).detach()


def relu_everywhere(watch, seed, turns):
    """activation="relu" on the generator's output layer too; the clouds lie on both sides of 0."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    model_g = nn.Sequential(*[Dense(a, b, "relu") for a, b in ((8, 96), (96, 96), (96, 2))])
    nn.init.constant_(model_g[-1][0].bias, 0.5)
    model_d = nn.Sequential(Dense(2, 96, "relu"), Dense(96, 96, "relu"), Dense(96, 1))
    adam_g = torch.optim.Adam(model_g.parameters(), 5e-4, betas=(0.5, 0.999))
    adam_d = torch.optim.Adam(model_d.parameters(), 5e-4, betas=(0.5, 0.999))
    hinge = nn.HuberLoss()
    watch.start(
        G=model_g,
        D=model_d,
        opt_G=adam_g,
        opt_D=adam_d,
        sample=lambda n: model_g(torch.randn(n, 8)).detach().numpy(),
    )
    for _ in range(turns):
        x = watch.real(torch.from_numpy(grid(120, rng, side=3, gap=1.5, sd=0.1)))
        noise = torch.randn(120, 8)
        adam_d.zero_grad()
        p_real, p_fake = model_d(x), model_d(model_g(noise).detach())
        loss_d = hinge(p_real, torch.ones(120, 1)) + hinge(p_fake, -torch.ones(120, 1))
        loss_d.backward()
        adam_d.step()
        adam_g.zero_grad()
        loss_g = hinge(model_d(model_g(noise)), torch.ones(120, 1))
        loss_g.backward()
        adam_g.step()
        watch.step(loss_d, loss_g)
    return lambda n: model_g(torch.randn(n, 8)).detach().numpy()


def from_bytes(x):
    return np.asarray(x, dtype=np.float64).reshape(len(x), -1) / 127.5 - 1


PROGRAMS = (
    Program(overridden_train_step, 2000, "digits", some_digits, back=from_bytes),
    Program(combined_model, 2500, "ring", lambda n, rng: ring(n, rng, radius=2.0, sd=0.15)),
    Program(trainable_false_for_ever, 1200, "moons", moons, ("D is never stepped",)),
    Program(
        swapped_targets,
        1200,
        "line",
        lambda n, rng: line(n, rng, means=(1.0, 3.0), sd=0.3),
        ("labels swapped", "G's step has the wrong sign"),
    ),
    Program(
        relu_everywhere,
        1500,
        "grid9",
        lambda n, rng: grid(n, rng, side=3, gap=1.5, sd=0.1),
        ("G's range does not hold the data",),
    ),
)
