"""A whole GAN on the ring: correct in several styles, and the classic mistakes."""

import math
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import nn

from gancourse import losses
from gancourse.losses import cross_entropy_d
from gancourse.nets import MLPDiscriminator, MLPGenerator
from gancourse.train import Recipe, State, train

SEEDS = 1  # of three trainings each
STYLES = 2  # that are trained in a short run
STEPS = 2000


def mlp(*sizes):
    layers = [m for a, b in pairwise(sizes) for m in (nn.Linear(a, b), nn.LeakyReLU(0.2))]
    return nn.Sequential(*layers[:-1])


def non_saturating(logit_real, logit_fake):
    return F.softplus(-logit_fake).mean()


def by_hand(
    x_real,
    seed,
    steps=STEPS,
    d_loss=cross_entropy_d,
    g_loss=non_saturating,
    fixed_z=False,
    then=None,
):
    torch.manual_seed(seed)
    G = MLPGenerator(2, (64, 64), shape=(2,), norm=False)
    D = MLPDiscriminator((64, 64), shape=(2,))
    opt_G = torch.optim.Adam(G.parameters(), 1e-3, (0.5, 0.99))
    opt_D = torch.optim.Adam(D.parameters(), 1e-3, (0.5, 0.99))
    z = torch.randn(1 if fixed_z else 256, 2)
    for _ in range(steps):
        batch = x_real[torch.randint(len(x_real), (256,))]
        z = z if fixed_z else torch.randn(256, 2)
        x_fake = G(z)
        opt_D.zero_grad()
        d_loss(D(batch), D(x_fake.detach())).backward()
        opt_D.step()
        opt_G.zero_grad()
        g_loss(D(batch), D(x_fake)).backward()
        opt_G.step()
        if then:
            then(G)
    return G


def with_nets_of_its_own(x_real, seed):
    torch.manual_seed(seed)
    G, D = mlp(2, 96, 96, 2), mlp(2, 96, 96, 1)
    opts = [torch.optim.Adam(net.parameters(), lr=1e-3, betas=(0.0, 0.9)) for net in (G, D)]
    bce = nn.BCEWithLogitsLoss()
    one, zero = torch.ones(128, 1), torch.zeros(128, 1)
    for _ in range(3000):
        D.zero_grad()
        bce(D(x_real[torch.randperm(len(x_real))[:128]]), one).backward()
        bce(D(G(torch.randn(128, 2)).detach()), zero).backward()
        opts[1].step()
        G.zero_grad()
        bce(D(G(torch.randn(128, 2))), one).backward()
        opts[0].step()
    return G


def relativistic(x_real, seed):
    return by_hand(x_real, seed, STEPS, losses.relativistic_d, losses.relativistic_g)


def hinge(x_real, seed):
    return by_hand(x_real, seed, STEPS, losses.hinge_d, losses.linear_g)


def saturating(x_real, seed):
    return by_hand(x_real, seed, STEPS, g_loss=losses.saturating_g)


def averaged_weights(x_real, seed):
    mean = torch.optim.swa_utils.AveragedModel(
        MLPGenerator(2, (64, 64), shape=(2,), norm=False),
        multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(0.99),
    )
    by_hand(x_real, seed, then=mean.update_parameters)
    return mean.module


def in_two_functions(x_real, seed):
    """The steps of 05.2 and 05.3, and batches without repetition."""
    rng = torch.Generator().manual_seed(seed)
    torch.manual_seed(seed)
    G, D = mlp(2, 64, 64, 2), mlp(2, 64, 64, 1)
    opt_G, opt_D = (torch.optim.RMSprop(net.parameters(), lr=5e-4) for net in (G, D))
    for step in range(STEPS):
        if step % 39 == 0:
            order = torch.randperm(len(x_real), generator=rng)
        batch = x_real[order[step % 39 * 256 :][:256]]
        with torch.no_grad():
            x_fake = G(torch.randn(256, 2, generator=rng))
        descend(cross_entropy_d(D(batch), D(x_fake)), opt_D)
        D.requires_grad_(False)
        descend(-F.logsigmoid(D(G(torch.randn(256, 2, generator=rng)))).mean(), opt_G)
        D.requires_grad_(True)
    return G


def descend(loss, optimiser):
    optimiser.zero_grad()
    loss.backward()
    optimiser.step()


def through_the_course(x_real, seed):
    shape = {"shape": (2,), "widths": (64, 64)}
    recipe = Recipe(
        "mlp",
        G={"z_dim": 2, "norm": False, **shape},
        D=shape,
        lr_G=1e-3,
        lr_D=1e-3,
        betas=(0.5, 0.99),
        batch=256,
        ema=0.99,
        precision="fp32",
    )
    state = State(recipe, seed, "cpu")

    def sample_real(n, generator):
        return x_real[torch.randint(len(x_real), (n,), generator=generator)]

    for _ in train(state, sample_real, STEPS):
        pass
    return state.ema_G


def in_float64(x_real, seed):
    class Cast(nn.Module):
        def __init__(self, net):
            super().__init__()
            self.net = net.double()

        def forward(self, x):
            return self.net(x.double())

    torch.manual_seed(seed)
    G, D = Cast(mlp(2, 64, 64, 2)), Cast(mlp(2, 64, 64, 1))
    opt_G = torch.optim.AdamW(G.parameters(), 1e-3, (0.5, 0.99))
    opt_D = torch.optim.AdamW(D.parameters(), 1e-3, (0.5, 0.99))
    for _ in range(STEPS):
        batch, z = x_real[torch.randint(len(x_real), (256,))], torch.randn(256, 2)
        opt_D.zero_grad()
        (F.softplus(-D(batch)) + F.softplus(D(G(z).detach()))).mean().backward()
        opt_D.step()
        opt_G.zero_grad()
        F.softplus(-D(G(z))).mean().backward()
        opt_G.step()
    return G


def never_trained(x_real, seed):
    return by_hand(x_real, seed, steps=0)


def far_too_few_steps(x_real, seed):
    return by_hand(x_real, seed, steps=100)


def g_walks_uphill(x_real, seed):
    return by_hand(x_real, seed, 500, g_loss=lambda *logits: -non_saturating(*logits))


def d_without_fakes(x_real, seed):
    return by_hand(x_real, seed, 500, lambda real, fake: F.softplus(-real).mean())


def labels_exchanged(x_real, seed):
    return by_hand(x_real, seed, 500, lambda real, fake: cross_entropy_d(fake, real))


def one_z_for_all_steps(x_real, seed):
    return by_hand(x_real, seed, 1000, fixed_z=True)


def nothing_returned(x_real, seed):
    by_hand(x_real, seed, steps=1)


class Lookup(nn.Module):
    """Gives stored training points back."""

    def __init__(self, x_real):
        super().__init__()
        self.x_real = x_real

    def forward(self, z):
        key = (z * 1000).long().mul(torch.tensor([7919, 104729])).sum(1)
        return self.x_real[key % len(self.x_real)]


class Nearest(Lookup):
    def forward(self, z):
        return self.x_real[(torch.special.ndtr(z[:, 0]) * len(self.x_real)).long()] + 1e-3 * z


class OwnNoise(Lookup):
    def forward(self, z):
        return self.x_real[torch.randint(len(self.x_real), (len(z),))]


def lookup_by_hash(x_real, seed):
    return Lookup(x_real)


def lookup_by_interval(x_real, seed):
    return Nearest(x_real)


def z_is_ignored(x_real, seed):
    return OwnNoise(x_real)


class KnownRing(nn.Module):
    def forward(self, z):
        angle = torch.round(torch.atan2(z[:, 1], z[:, 0]) * 4 / math.pi) * math.pi / 4
        return torch.stack([angle.cos(), angle.sin()], 1) + 0.01 * z


def ring_known_by_heart(x_real, seed):
    return KnownRing()


def g_learns_to_be_caught(x_real, seed):
    return by_hand(x_real, seed, 500, g_loss=lambda real, fake: F.softplus(fake).mean())


def d_without_real(x_real, seed):
    return by_hand(x_real, seed, 500, lambda real, fake: F.softplus(fake).mean())


def mean_of_the_ring(x_real, seed):
    """Collapses to the middle: no z reaches the points."""
    return Scaled(x_real.mean(0), 0.0)


def gaussian_over_the_ring(x_real, seed):
    return Scaled(x_real.mean(0), x_real.std())


def one_mode(x_real, seed):
    return Scaled(x_real[0], 0.01)


class Scaled(nn.Module):
    def __init__(self, centre, scale):
        super().__init__()
        self.centre, self.scale = centre, scale

    def forward(self, z):
        return self.centre + self.scale * z


CORRECT = (
    by_hand,
    with_nets_of_its_own,
    in_float64,
    relativistic,
    hinge,
    saturating,
    averaged_weights,
    in_two_functions,
)
COVERS, QUALITY, MAP = "the modes are covered", "the samples are good", "G is a map from z"
MISTAKES = {
    never_trained: (COVERS, "Mode collapse"),
    far_too_few_steps: (QUALITY, "G has not learned"),
    g_walks_uphill: (QUALITY, "G has not learned"),
    d_without_fakes: (QUALITY, "G has not learned"),
    labels_exchanged: (QUALITY, "G has not learned"),
    one_z_for_all_steps: (QUALITY, "G has not learned"),
    nothing_returned: (COVERS, "is there a `return`?"),
    lookup_by_hash: (MAP, "jumps"),
    lookup_by_interval: (MAP, "jumps"),
    z_is_ignored: (MAP, "The same z gave another sample"),
    ring_known_by_heart: (QUALITY, "G has not learned"),
    through_the_course: (COVERS, "gancourse.train.train"),
    g_learns_to_be_caught: (QUALITY, "G has not learned"),
    d_without_real: (QUALITY, "G has not learned"),
    mean_of_the_ring: (COVERS, "Mode collapse"),
    gaussian_over_the_ring: (QUALITY, "G has not learned"),
    one_mode: (COVERS, "Mode collapse"),
}
