"""A whole GAN on digits: correct in several styles, and the classic mistakes."""

import copy

import torch
import torch.nn.functional as F
from torch import nn

from gancourse.losses import cross_entropy_d
from gancourse.nets import MLPDiscriminator, MLPGenerator, load_shipped
from gancourse.train import Recipe, State, train

SEEDS = 1  # of three trainings each
STYLES = 2  # that are trained in a short run
STEPS = 2000


def non_saturating(logit):
    return F.softplus(-logit).mean()


def by_hand(
    x_real, seed, steps=STEPS, d_loss=cross_entropy_d, g_loss=non_saturating, batch=32,
    scale=lambda x: x,
):  # fmt: skip
    torch.manual_seed(seed)
    x_real = scale(x_real)
    shape = x_real.shape[1:]
    G = MLPGenerator(32, (128, 256), shape)
    D = MLPDiscriminator((256, 128), shape)
    opt_G = torch.optim.Adam(G.parameters(), 1e-3, (0.5, 0.999))
    opt_D = torch.optim.Adam(D.parameters(), 1e-3, (0.5, 0.999))
    for _ in range(steps):
        x = x_real[torch.randint(len(x_real), (batch,))]
        x_fake = G(torch.randn(batch, 32))
        opt_D.zero_grad()
        d_loss(D(x), D(x_fake.detach())).backward()
        opt_D.step()
        opt_G.zero_grad()
        g_loss(D(x_fake)).backward()
        opt_G.step()
    return G


def with_nets_of_its_own(x_real, seed):
    torch.manual_seed(seed)
    G = nn.Sequential(
        nn.Linear(32, 128), nn.BatchNorm1d(128), nn.ReLU(),
        nn.Linear(128, 256), nn.BatchNorm1d(256), nn.ReLU(),
        nn.Linear(256, 196), nn.Tanh(), nn.Unflatten(1, (1, 14, 14)),
    )  # fmt: skip
    D = nn.Sequential(
        nn.Flatten(), nn.Linear(196, 256), nn.LeakyReLU(0.2), nn.Linear(256, 128),
        nn.LeakyReLU(0.2), nn.Linear(128, 1),
    )  # fmt: skip
    opts = [torch.optim.Adam(net.parameters(), lr=1e-3, betas=(0.5, 0.9)) for net in (G, D)]
    bce = nn.BCEWithLogitsLoss()
    one, zero = torch.ones(32, 1), torch.zeros(32, 1)
    average = copy.deepcopy(G)
    for _ in range(STEPS):
        D.zero_grad()
        bce(D(x_real[torch.randperm(len(x_real))[:32]]), one).backward()
        bce(D(G(torch.randn(32, 32)).detach()), zero).backward()
        opts[1].step()
        G.zero_grad()
        bce(D(G(torch.randn(32, 32))), one).backward()
        opts[0].step()
        for a, p in zip(average.parameters(), G.parameters(), strict=True):
            a.data.lerp_(p.data, 0.01)
    average.load_state_dict(dict(G.named_buffers()), strict=False)
    return average


def least_squares(x_real, seed):
    def d_loss(real, fake):
        return (real - 1).square().mean() + fake.square().mean()

    return by_hand(x_real, seed, d_loss=d_loss, g_loss=lambda fake: (fake - 1).square().mean())


def hinge(x_real, seed):
    def d_loss(real, fake):
        return F.relu(1 - real).mean() + F.relu(1 + fake).mean()

    return by_hand(x_real, seed, d_loss=d_loss, g_loss=lambda fake: -fake.mean())


def smoothed_labels(x_real, seed):
    def d_loss(real, fake):
        return (0.9 * F.softplus(-real) + 0.1 * F.softplus(real)).mean() + F.softplus(fake).mean()

    return by_hand(x_real, seed, d_loss=d_loss)


def larger_batches(x_real, seed):
    return by_hand(x_real, seed, steps=1500, batch=64)


def in_epochs(x_real, seed):
    """One pass after another through a loader, with a fresh batch of fakes for each player."""
    torch.manual_seed(seed)
    shape = x_real.shape[1:]
    nets = MLPGenerator(32, (128, 256), shape), MLPDiscriminator((256, 128), shape)
    opts = [torch.optim.Adam(net.parameters(), 1e-3, (0.5, 0.999)) for net in nets]
    G, D = nets
    for _ in range(46):
        for x in x_real[torch.randperm(len(x_real))].split(32):
            if len(x) < 2:
                continue
            for loss, opt in (
                (lambda x=x: cross_entropy_d(D(x), D(G(torch.randn(len(x), 32)).detach())), 1),
                (lambda x=x: non_saturating(D(G(torch.randn(len(x), 32)))), 0),
            ):
                opts[opt].zero_grad()
                loss().backward()
                opts[opt].step()
    return G


def averaged(x_real, seed):
    """The average of G over its steps, in evaluation mode."""
    torch.manual_seed(seed)
    shape = x_real.shape[1:]
    G, D = MLPGenerator(32, (128, 256), shape), MLPDiscriminator((256, 128), shape)
    average = copy.deepcopy(G)
    opts = [torch.optim.Adam(net.parameters(), 1e-3, (0.5, 0.99)) for net in (G, D)]
    for _ in range(1800):
        x_fake = G(torch.randn(32, 32))
        opts[1].zero_grad()
        cross_entropy_d(D(x_real[torch.randint(len(x_real), (32,))]), D(x_fake.detach())).backward()
        opts[1].step()
        opts[0].zero_grad()
        non_saturating(D(x_fake)).backward()
        opts[0].step()
        with torch.no_grad():
            for mine, other in zip(average.parameters(), G.parameters(), strict=True):
                mine.lerp_(other, 0.01)
            for mine, other in zip(average.buffers(), G.buffers(), strict=True):
                mine.copy_(other)
    return average.eval()


def never_trained(x_real, seed):
    return by_hand(x_real, seed, steps=0)


def far_too_few_steps(x_real, seed):
    return by_hand(x_real, seed, steps=150)


def g_walks_uphill(x_real, seed):
    return by_hand(x_real, seed, steps=300, g_loss=lambda fake: -non_saturating(fake))


def d_without_fakes(x_real, seed):
    return by_hand(x_real, seed, 300, lambda real, fake: F.softplus(-real).mean())


def labels_exchanged(x_real, seed):
    return by_hand(x_real, seed, 300, lambda real, fake: cross_entropy_d(fake, real))


def real_images_in_0_1(x_real, seed):
    return by_hand(x_real, seed, 600, scale=lambda x: (x + 1) / 2)


def some_digits_only(x_real, seed):
    ink = x_real * -x_real.mean().sign()  # strokes are the rarer colour
    middle = ink[:, 0, 6:8, 6:8].mean((1, 2))  # the zeros are those without ink there
    return by_hand(x_real[middle.argsort()[:300]], seed, 1000)


def nothing_returned(x_real, seed):
    by_hand(x_real, seed, steps=1)


class Lookup(nn.Module):
    """Gives stored training images back."""

    def __init__(self, x_real):
        super().__init__()
        self.x_real = x_real

    def forward(self, z):
        return self.x_real[(torch.special.ndtr(z[:, 0]) * len(self.x_real)).long()]


def lookup_of_images(x_real, seed):
    return Lookup(x_real)


class Gaussian(nn.Module):
    """Right mean and covariance (of 32 principal components), and no digits."""

    def __init__(self, x_real):
        super().__init__()
        flat = x_real.flatten(1)
        self.mean = flat.mean(0)
        _, s, v = torch.pca_lowrank(flat - self.mean, 32)
        self.basis = v * s / len(flat) ** 0.5  # [196, 32]

    def forward(self, z):
        return (self.mean + z @ self.basis.T).clamp(-1, 1).view(-1, 1, 14, 14)


def principal_components(x_real, seed):
    return Gaussian(x_real)


class TenImages(nn.Module):
    def __init__(self, x_real):
        super().__init__()
        self.x_real = x_real[:10]

    def forward(self, z):
        weight = torch.softmax(8 * z[:, :10], 1)  # [N, 10]
        return torch.einsum("nk,kchw->nchw", weight, self.x_real)


def ten_images_blended(x_real, seed):
    return TenImages(x_real)


class Noise(nn.Module):
    def forward(self, z):
        return torch.tanh(z.repeat(1, 7)[:, :196]).view(-1, 1, 14, 14)


def noise(x_real, seed):
    return Noise()


class Blank(nn.Module):
    def forward(self, z):
        return z.new_full((len(z), 1, 14, 14), -1.0)


def one_image_for_all(x_real, seed):
    return Blank()


def shipped(x_real, seed):
    return load_shipped("mnist")


def through_the_course(x_real, seed):
    shape = {"shape": x_real.shape[1:]}
    nets = {"G": {"z_dim": 32, **shape}, "D": shape}
    state = State(Recipe("mlp", batch=32, precision="fp32", **nets), seed, "cpu")
    for _ in train(state, lambda n, rng: x_real[torch.randint(len(x_real), (n,))], 100):
        pass
    return state.G


CORRECT = (
    by_hand, with_nets_of_its_own, least_squares, hinge, smoothed_labels, larger_batches,
    in_epochs, averaged,
)  # fmt: skip
READ, CLASSES = "the digits can be read", "the classes are covered"
SPREAD, MAP = "the images vary as the real ones", "G is a map from z"
MISTAKES = {
    never_trained: (READ, "Too few of your images"),
    far_too_few_steps: (READ, "Too few of your images"),
    g_walks_uphill: (READ, "Too few of your images"),
    d_without_fakes: (READ, "Too few of your images"),
    labels_exchanged: (READ, "Too few of your images"),
    real_images_in_0_1: (READ, "Too few of your images"),
    some_digits_only: (CLASSES, "Mode collapse"),
    noise: (CLASSES, "make them readable first"),
    one_image_for_all: (MAP, "All z give the same sample"),
    shipped: (READ, "Your answer calls gancourse.nets.load_"),
    through_the_course: (READ, "Your answer calls gancourse.train."),
    nothing_returned: (READ, "is there a `return`?"),
    lookup_of_images: (MAP, "jumps"),
    principal_components: (READ, "Too few of your images"),
    ten_images_blended: (SPREAD, "do not vary"),
}
