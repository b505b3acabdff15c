"""The gradient penalty: correct in several styles, and the classic mistakes."""

import random

import numpy as np
import torch
from torch.autograd import grad


def _weights(x, n=None):
    return torch.rand(len(x) if n is None else n, *[1] * (x.dim() - 1))


def _between(x_real, x_fake, t=None):
    t = _weights(x_real) if t is None else t
    return t * x_real + (1 - t) * x_fake


def _slope(D, x, create_graph=True):
    x = x.detach().requires_grad_()
    return grad(D(x).sum(), x, create_graph=create_graph)[0]


def _norms(g):
    return g.flatten(1).norm(dim=1)


def by_the_sum(D, x_real, x_fake):
    return (_norms(_slope(D, _between(x_real, x_fake))) - 1).square().mean()


def by_grad_outputs(D, x_real, x_fake):
    """As most programs have it."""
    N = x_real.size(0)
    alpha = torch.rand(N, *([1] * (x_real.dim() - 1)), device=x_real.device)
    between = (alpha * x_real + (1 - alpha) * x_fake).requires_grad_(True)
    logits = D(between)
    gradients = grad(
        outputs=logits, inputs=between, grad_outputs=torch.ones_like(logits),
        create_graph=True, retain_graph=True, only_inputs=True,
    )[0]  # fmt: skip
    return ((gradients.view(N, -1).norm(2, dim=1) - 1) ** 2).mean()


def by_lerp(D, x_real, x_fake):
    x = torch.lerp(x_real, x_fake, _weights(x_real)).requires_grad_()
    (g,) = grad(D(x).sum(), x, create_graph=True)
    norms = (g.reshape(len(g), -1).pow(2).sum(1) + 1e-12).sqrt()
    return ((norms - 1) ** 2).mean()


def sample_by_sample(D, x_real, x_fake):
    found = []
    for real, fake in zip(x_real, x_fake, strict=True):
        t = random.random()
        x = (t * real + (1 - t) * fake)[None].requires_grad_()
        (g,) = grad(D(x)[0], x, create_graph=True)
        found.append((torch.linalg.vector_norm(g) - 1) ** 2)
    return torch.stack(found).mean()


def by_torch_func(D, x_real, x_fake):
    slope = torch.func.vmap(torch.func.grad(lambda x: D(x[None]).squeeze(0)))
    g = slope(_between(x_real, x_fake))
    return (g.flatten(1).norm(dim=1) - 1).pow(2).mean()


def drawn_by_numpy(D, x_real, x_fake):
    t = torch.from_numpy(np.random.default_rng().random(len(x_real))).float()
    t = t.reshape(len(x_real), *[1] * (x_real.dim() - 1)).expand_as(x_real)
    g = _slope(D, t * x_real + (1 - t) * x_fake)
    return torch.mean((torch.sqrt(torch.sum(g.flatten(1) ** 2, dim=1)) - 1) ** 2)


def opened_square(D, x_real, x_fake):
    g = _slope(D, _between(x_fake, x_real))
    squares = g.flatten(1).square().sum(1)
    return (squares - 2 * squares.sqrt() + 1).mean()


def by_mse(D, x_real, x_fake):
    shape = (len(x_real), *[1] * (x_real.dim() - 1))
    t = torch.distributions.Uniform(0, 1).sample(shape)
    norms = _norms(_slope(D, x_fake + t * (x_real - x_fake)))
    return torch.nn.functional.mse_loss(norms, torch.ones_like(norms))


def from_the_mean(D, x_real, x_fake):
    x = _between(x_real, x_fake).requires_grad_()
    (g,) = grad(D(x).mean(), x, create_graph=True)
    return (_norms(g * len(x)) - 1).square().mean()


def frozen_and_given_back(D, x_real, x_fake):
    """The points are mixed while D is frozen, and each weight gets back what it had."""
    wanted = [p.requires_grad for p in D.parameters()]
    D.requires_grad_(False)
    x = _between(x_real, x_fake)
    for p, wants in zip(D.parameters(), wanted, strict=True):
        p.requires_grad_(wants)
    return (_norms(_slope(D, x)) - 1).square().mean()


def _with(of):
    def answer(D, x_real, x_fake):
        return of(_slope(D, _between(x_real, x_fake)))

    return answer


def one_forgotten(D, x_real, x_fake):
    return _with(lambda g: _norms(g).square().mean())(D, x_real, x_fake)


def over_the_batch(D, x_real, x_fake):
    return _with(lambda g: (g.norm() - 1).square())(D, x_real, x_fake)


def not_squared(D, x_real, x_fake):
    return _with(lambda g: (_norms(g) - 1).mean())(D, x_real, x_fake)


def absolute(D, x_real, x_fake):
    return _with(lambda g: (_norms(g) - 1).abs().mean())(D, x_real, x_fake)


def squared_norm(D, x_real, x_fake):
    return _with(lambda g: (_norms(g).square() - 1).square().mean())(D, x_real, x_fake)


def mean_norm(D, x_real, x_fake):
    return _with(lambda g: (_norms(g).mean() - 1).square())(D, x_real, x_fake)


def summed(D, x_real, x_fake):
    return _with(lambda g: (_norms(g) - 1).square().sum())(D, x_real, x_fake)


def each_number(D, x_real, x_fake):
    return _with(lambda g: (g - 1).square().mean())(D, x_real, x_fake)


def along_columns(D, x_real, x_fake):
    return _with(lambda g: (g.norm(dim=-1) - 1).square().mean())(D, x_real, x_fake)


def over_channels(D, x_real, x_fake):
    return _with(lambda g: (g.norm(2, dim=1) - 1).square().mean())(D, x_real, x_fake)


def one_sided(D, x_real, x_fake):
    return _with(lambda g: (_norms(g) - 1).relu().square().mean())(D, x_real, x_fake)


def of_the_mean(D, x_real, x_fake):
    x = _between(x_real, x_fake).requires_grad_()
    (g,) = grad(D(x).mean(), x, create_graph=True)
    return (_norms(g) - 1).square().mean()


def with_weight(D, x_real, x_fake):
    return 10 * by_the_sum(D, x_real, x_fake)


def halved(D, x_real, x_fake):
    return by_the_sum(D, x_real, x_fake) / 2


def _at(points):
    def answer(D, x_real, x_fake):
        return (_norms(_slope(D, points(x_real, x_fake))) - 1).square().mean()

    return answer


def at_real(D, x_real, x_fake):
    return _at(lambda real, fake: real)(D, x_real, x_fake)


def at_fake(D, x_real, x_fake):
    return _at(lambda real, fake: fake)(D, x_real, x_fake)


def in_the_middle(D, x_real, x_fake):
    return _at(lambda real, fake: (real + fake) / 2)(D, x_real, x_fake)


def normal_weights(D, x_real, x_fake):
    return _at(lambda a, b: _between(a, b, torch.randn_like(_weights(a))))(D, x_real, x_fake)


def one_for_the_batch(D, x_real, x_fake):
    return _at(lambda a, b: _between(a, b, torch.rand(1)))(D, x_real, x_fake)


def one_for_each_pixel(D, x_real, x_fake):
    return _at(lambda a, b: _between(a, b, torch.rand_like(a)))(D, x_real, x_fake)


def without_graph(D, x_real, x_fake):
    g = _slope(D, _between(x_real, x_fake), create_graph=False)
    return (_norms(g) - 1).square().mean()


def detached(D, x_real, x_fake):
    return by_the_sum(D, x_real, x_fake).detach()


def by_backward(D, x_real, x_fake):
    x = _between(x_real, x_fake).requires_grad_()
    D(x).sum().backward(create_graph=True)
    return (_norms(x.grad) - 1).square().mean()


def left_in_evaluation(D, x_real, x_fake):
    D.eval()
    return by_the_sum(D, x_real, x_fake)


def _with_weights(weights):
    """Return an answer that draws weights so."""

    def answer(D, x_real, x_fake):
        x = _between(x_real, x_fake, weights(x_real))
        return (_norms(_slope(D, x)) - 1).square().mean()

    return answer


def squared_weights(D, x_real, x_fake):
    return _with_weights(lambda x: _weights(x) ** 2)(D, x_real, x_fake)


def weights_within(D, x_real, x_fake):
    return _with_weights(lambda x: 0.1 + 0.8 * _weights(x))(D, x_real, x_fake)


def weights_around_a_half(D, x_real, x_fake):
    return _with_weights(lambda x: (_weights(x) + _weights(x)) / 2)(D, x_real, x_fake)


def one_for_each_row(D, x_real, x_fake):
    return _with_weights(lambda x: torch.rand(*x.shape[:-1], 1))(D, x_real, x_fake)


CORRECT = (
    by_the_sum, by_grad_outputs, by_lerp, sample_by_sample, by_torch_func, drawn_by_numpy,
    opened_square, by_mse, from_the_mean, frozen_and_given_back,
)  # fmt: skip
VALUE, BETWEEN, GRAPH = "the penalty of known points", "points between", "D can learn from it"


def back_in_training(D, x_real, x_fake):
    """D's mode is set and not given back: a D that came in evaluation mode leaves in training."""
    D.train()
    t = torch.rand(len(x_real), *[1] * (x_real.dim() - 1))
    x = (t * x_real + (1 - t) * x_fake).requires_grad_()
    (slope,) = grad(D(x).sum(), x, create_graph=True)
    return (slope.flatten(1).norm(dim=1) - 1).square().mean()


def flat_forgiven(D, x_real, x_fake):
    t = torch.rand(len(x_real), *[1] * (x_real.dim() - 1))
    x = (t * x_real + (1 - t) * x_fake).requires_grad_()
    (slope,) = grad(D(x).sum(), x, create_graph=True)
    return (slope.flatten(1).norm(dim=1) - 1).relu().square().mean()


def of_the_mean_logit(D, x_real, x_fake):
    t = torch.rand(len(x_real), *[1] * (x_real.dim() - 1))
    x = (t * x_real + (1 - t) * x_fake).requires_grad_()
    (slope,) = grad(D(x).mean(), x, create_graph=True)
    return (slope.flatten(1).norm(dim=1) - 1).square().mean()


def on_a_grid(D, x_real, x_fake):
    """The middles of N equal parts of 0..1."""
    t = (torch.arange(len(x_real)) + 0.5) / len(x_real)
    x = _between(x_real, x_fake, t.view(-1, *[1] * (x_real.dim() - 1)))
    return (_norms(_slope(D, x)) - 1).square().mean()


def alone_in_the_middle(D, x_real, x_fake):
    t = 0.5 * torch.ones(1, *[1] * (x_real.dim() - 1)) if len(x_real) == 1 else None
    return (_norms(_slope(D, _between(x_real, x_fake, t))) - 1).square().mean()


def eight_weights(D, x_real, x_fake):
    x = _between(x_real, x_fake, _weights(x_real)[torch.arange(len(x_real)) % 8])
    return (_norms(_slope(D, x)) - 1).square().mean()


def bounded(D, x_real, x_fake):
    return (_norms(_slope(D, _between(x_real, x_fake))).clamp(max=10) - 1).square().mean()


def for_each_channel(D, x_real, x_fake):
    return _with(lambda g: (g.flatten(min(2, g.dim() - 1)).norm(dim=-1) - 1).square().mean())(
        D, x_real, x_fake
    )


def one_weight_for_each_channel(D, x_real, x_fake):
    """And for each number of a point, as a shape [N, C, 1, 1] has it."""
    return _with_weights(lambda x: torch.rand(*x.shape[:2], *[1] * (x.dim() - 2)))(
        D, x_real, x_fake
    )


def a_margin_of_three_hundredths(D, x_real, x_fake):
    return _with_weights(lambda x: 0.03 + 0.94 * _weights(x))(D, x_real, x_fake)


def thaws(D, x_real, x_fake):
    D.requires_grad_(True)
    return by_the_sum(D, x_real, x_fake)


MISTAKES = {
    one_forgotten: (VALUE, "The 1 is forgotten"),
    over_the_batch: (VALUE, "over the whole batch"),
    not_squared: (VALUE, "is not squared"),
    absolute: (VALUE, "without its sign"),
    squared_norm: (VALUE, "The norm itself is squared"),
    mean_norm: (VALUE, "The mean norm is taken"),
    summed: (VALUE, "summed over the batch"),
    each_number: (VALUE, "Each number of the gradient"),
    along_columns: (VALUE, "along one axis"),
    over_channels: (VALUE, "over the channels alone"),
    one_sided: (VALUE, "Only slopes above 1"),
    of_the_mean: (VALUE, "the gradient of the mean logit"),
    with_weight: (VALUE, "The weight of 10"),
    halved: (VALUE, "halved"),
    at_real: (BETWEEN, "at the real samples"),
    at_fake: (BETWEEN, "at the fake samples"),
    in_the_middle: (BETWEEN, "Each point lies at the same place"),
    normal_weights: (BETWEEN, "not with torch.randn"),
    one_for_the_batch: (BETWEEN, "One weight mixes the whole batch"),
    one_for_each_pixel: (BETWEEN, "one weight mixes a whole sample"),
    squared_weights: (BETWEEN, "not uniform"),
    weights_within: (BETWEEN, "not uniform"),
    weights_around_a_half: (BETWEEN, "not uniform"),
    one_for_each_row: (BETWEEN, "one weight mixes a whole sample"),
    without_graph: (GRAPH, "create_graph=True"),
    detached: (GRAPH, "does not depend on D's weights"),
    by_backward: (GRAPH, "D's gradients have changed"),
    left_in_evaluation: (GRAPH, "another mode"),
    back_in_training: (GRAPH, "another mode"),
    flat_forgiven: (GRAPH, "The number is not right yet"),
    on_a_grid: (BETWEEN, "The mixing weights are not uniform"),
    of_the_mean_logit: (BETWEEN, "does not show where the points lie"),
    alone_in_the_middle: (BETWEEN, "A batch of one pair"),
    eight_weights: (BETWEEN, "go together"),
    bounded: (VALUE, "This is not the mean over"),
    for_each_channel: (VALUE, "Each channel of a picture has a norm of its own"),
    one_weight_for_each_channel: (BETWEEN, "one weight mixes a whole sample"),
    a_margin_of_three_hundredths: (BETWEEN, "reaches both ends"),
    thaws: (GRAPH, "came in frozen"),
}
