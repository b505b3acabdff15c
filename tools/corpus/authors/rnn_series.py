"""Recurrent GANs for series: a digit is a series of eight steps with eight values each."""

import numpy as np
import torch
from torch import nn
from torch.nn.functional import binary_cross_entropy_with_logits as bce

from ..data import digits, some_digits
from ..entry import Program

STEPS, VALUES = 8, 8


def series(n, rng):
    return torch.from_numpy(some_digits(n, rng)).view(n, STEPS, VALUES)


class SeriesCritic(nn.Module):
    """Reads the whole window with two convolutions over time."""

    def __init__(self, hidden=64):
        super().__init__()
        self.conv = nn.Sequential(
            nn.Conv1d(VALUES, hidden, 3, padding=1), nn.LeakyReLU(0.2),
            nn.Conv1d(hidden, hidden, 3, stride=2, padding=1), nn.LeakyReLU(0.2),
        )  # fmt: skip
        self.out = nn.Sequential(nn.Flatten(), nn.Dropout(0.2), nn.Linear(4 * hidden, 1))

    def forward(self, x):
        return self.out(self.conv(x.transpose(1, 2)))


def adam(net, lr):
    return torch.optim.Adam(net.parameters(), lr=lr, betas=(0.5, 0.99))


def rgan(watch, seed, turns):
    """A GRU unrolls one latent code into a window; the state starts from that code too."""

    class Unroll(nn.Module):
        def __init__(self, z=16, hidden=96):
            super().__init__()
            self.z = z
            self.first = nn.Linear(z, hidden)
            self.gru = nn.GRU(z + STEPS, hidden, batch_first=True)
            self.read = nn.Linear(hidden, VALUES)
            self.register_buffer("clock", torch.eye(STEPS))

        def forward(self, code):
            n = len(code)
            inputs = torch.cat(
                [code.unsqueeze(1).expand(n, STEPS, self.z), self.clock.expand(n, STEPS, STEPS)], 2
            )
            states, _ = self.gru(inputs, torch.tanh(self.first(code)).unsqueeze(0))
            return torch.tanh(self.read(states))

    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    generator, critic = Unroll(), SeriesCritic()
    opt_g, opt_d = adam(generator, 1e-3), adam(critic, 7e-4)

    def synthesise(n):
        return generator(torch.randn(n, generator.z))

    watch.start(G=generator, D=critic, opt_G=opt_g, opt_D=opt_d, sample=synthesise)
    for _ in range(turns):
        window = watch.real(series(64, rng))
        fake = synthesise(64)
        real_logit, fake_logit = critic(window), critic(fake.detach())
        d_loss = bce(real_logit, torch.full_like(real_logit, 0.9))
        d_loss = d_loss + bce(fake_logit, torch.zeros_like(fake_logit))
        opt_d.zero_grad()
        d_loss.backward()
        nn.utils.clip_grad_norm_(critic.parameters(), 10.0)
        opt_d.step()
        logit = critic(fake)
        g_loss = bce(logit, torch.ones_like(logit))
        opt_g.zero_grad()
        g_loss.backward()
        nn.utils.clip_grad_norm_(generator.parameters(), 10.0)
        opt_g.step()
        watch.step(d_loss.item(), g_loss.item())
    return synthesise


def gru_without_batch_first(watch, seed, turns):
    """G's GRU gets [N, T, Z] and was made without batch_first: it walks along the batch."""

    class RecurrentGenerator(nn.Module):
        def __init__(self, noise_dim=6, hidden_dim=80):
            super().__init__()
            self.noise_dim = noise_dim
            self.rnn = nn.GRU(noise_dim, hidden_dim, num_layers=1)
            self.linear = nn.Sequential(nn.Linear(hidden_dim, VALUES), nn.Tanh())

        def forward(self, noise):
            hidden, _ = self.rnn(noise)
            return self.linear(hidden)

    torch.manual_seed(seed)
    images = torch.from_numpy(digits()[0]).reshape(-1, STEPS, VALUES)
    sampler = np.random.default_rng(seed)
    net_g, net_d = RecurrentGenerator(), SeriesCritic(48)
    g_optimizer, d_optimizer = adam(net_g, 1e-3), adam(net_d, 5e-4)

    def generate(n):
        return net_g(torch.randn(n, STEPS, net_g.noise_dim))

    watch.start(G=net_g, D=net_d, opt_G=g_optimizer, opt_D=d_optimizer, sample=generate)
    for _ in range(turns):
        batch = watch.real(images[sampler.integers(len(images), size=48)])
        d_optimizer.zero_grad()
        synthetic = generate(48)
        loss_real = ((net_d(batch) - 1) ** 2).mean()
        loss_fake = (net_d(synthetic.detach()) ** 2).mean()
        (0.5 * (loss_real + loss_fake)).backward()
        d_optimizer.step()
        g_optimizer.zero_grad()
        loss_g = 0.5 * ((net_d(synthetic) - 1) ** 2).mean()
        loss_g.backward()
        g_optimizer.step()
        watch.step((loss_real + loss_fake) / 2, loss_g)
    return generate


def last_of_the_batch(watch, seed, turns):
    """D reads out[-1] of a batch_first GRU: the last series of the batch, not the last step."""

    class Recurrent(nn.Module):
        def __init__(self, n_in, n_hidden, n_out):
            super().__init__()
            self.cell = nn.GRU(n_in, n_hidden, batch_first=True)
            self.fc = nn.Linear(n_hidden, n_out)

    class Forger(Recurrent):
        def forward(self, z):
            out, _ = self.cell(z.unsqueeze(1).repeat(1, STEPS, 1))
            return self.fc(out).tanh()

    class Judge(Recurrent):
        def forward(self, x):
            out, _ = self.cell(x)
            return self.fc(out[-1])

    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    forger, judge = Forger(16, 96, VALUES), Judge(VALUES, 64, 1)
    opts = {"G": adam(forger, 8e-4), "D": adam(judge, 8e-4)}

    def forge(n):
        with torch.no_grad():
            return forger(torch.randn(n, 16))

    watch.start(G=forger, D=judge, opt_G=opts["G"], opt_D=opts["D"], sample=forge)
    softplus = nn.functional.softplus
    for _ in range(turns):
        genuine = watch.real(series(64, rng))
        losses = []
        forged = forger(torch.randn(64, 16))
        losses.append(softplus(-judge(genuine)).mean() + softplus(judge(forged.detach())).mean())
        opts["D"].zero_grad()
        losses[0].backward()
        opts["D"].step()
        losses.append(softplus(-judge(forged)).mean())
        opts["G"].zero_grad()
        losses[1].backward()
        opts["G"].step()
        watch.step(*(loss.item() for loss in losses))
    return forge


PROGRAMS = (
    Program(rgan, 1800, "digits", some_digits),
    # answer: "The GRU needed batch_first=True: it took the batch for time, so that the steps of
    # one series know nothing of each other."
    Program(
        gru_without_batch_first, 1200, "digits", some_digits, ("D mixes the samples of a batch",)
    ),
    # answer: "out[-1] is the last series of the batch; I wanted out[:, -1], the last step."
    Program(last_of_the_batch, 1200, "digits", some_digits, ("D mixes the samples of a batch",)),
)
