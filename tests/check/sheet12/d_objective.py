"""Relativistic pairs with R1 and R2: correct in several styles, and the classic mistakes."""

import torch
from torch.autograd import grad
from torch.nn import functional as F
from torch.nn.functional import logsigmoid, softplus


def _slope(D, x, create_graph=True):
    x = x.detach().clone().requires_grad_()
    return grad(D(x).sum(), x, create_graph=create_graph)[0]


def _square(g):
    return g.flatten(1).square().sum(1).mean()


def _pairs(D, x_real, x_fake):
    return softplus(D(x_fake) - D(x_real)).mean()


def _penalties(D, x_real, x_fake, gamma):
    return gamma / 2 * (_square(_slope(D, x_real)) + _square(_slope(D, x_fake)))


def term_by_term(D, x_real, x_fake, gamma):
    return _pairs(D, x_real, x_fake) + _penalties(D, x_real, x_fake, gamma)


def as_in_r3gan(D, x_real, x_fake, gamma):
    """Logits and slopes of one pass, as the paper's trainer has it."""
    x_real, x_fake = (x.detach().requires_grad_(True) for x in (x_real, x_fake))
    real, fake = D(x_real), D(x_fake)

    def zero_centered(samples, logits):
        (g,) = grad(outputs=logits.sum(), inputs=samples, create_graph=True)
        return g.square().sum(list(range(1, g.dim())))

    penalties = zero_centered(x_real, real) + zero_centered(x_fake, fake)
    return (softplus(-(real - fake)) + gamma / 2 * penalties).mean()


def by_logsigmoid(D, x_real, x_fake, gamma):
    loss = -logsigmoid(D(x_real) - D(x_fake)).mean()
    for x in (x_real, x_fake):
        loss = loss + 0.5 * gamma * _slope(D, x).flatten(1).norm(dim=1).pow(2).mean()
    return loss


def by_cross_entropy(D, x_real, x_fake, gamma):
    difference = D(x_real) - D(x_fake)
    loss = F.binary_cross_entropy_with_logits(difference, torch.ones_like(difference))
    return loss + _penalties(D, x_real, x_fake, gamma)


def in_one_batch(D, x_real, x_fake, gamma):
    x = torch.cat([x_real, x_fake]).requires_grad_()
    logits = D(x)
    real, fake = logits.chunk(2)
    (g,) = grad(logits.sum(), x, create_graph=True)
    return softplus(fake - real).mean() + gamma * g.flatten(1).square().sum(1).mean()


def by_grad_outputs(D, x_real, x_fake, gamma):
    total = _pairs(D, x_real, x_fake)
    for x in (x_real, x_fake):
        x = x.clone().requires_grad_()
        logits = D(x)
        (g,) = grad(logits, x, torch.ones_like(logits), create_graph=True)
        total += gamma * g.pow(2).reshape(len(x), -1).sum(1).mean() / 2
    return total


def by_torch_func(D, x_real, x_fake, gamma):
    slope = torch.func.vmap(torch.func.grad(lambda x: D(x[None]).squeeze(0)))
    squares = sum(slope(x).square().sum() / len(x) for x in (x_real, x_fake))
    return _pairs(D, x_real, x_fake) + gamma * squares / 2


def pair_by_pair(D, x_real, x_fake, gamma):
    loss = 0.0
    for real, fake in zip(x_real, x_fake, strict=True):
        a, b = (x[None].clone().requires_grad_() for x in (real, fake))
        of_a, of_b = D(a)[0], D(b)[0]
        loss = loss + softplus(of_b - of_a)
        for x, logit in ((a, of_a), (b, of_b)):
            loss = loss + gamma / 2 * grad(logit, x, create_graph=True)[0].square().sum()
    return loss / len(x_real)


def by_log1p(D, x_real, x_fake, gamma):
    ratio = (D(x_fake) - D(x_real)).exp()
    return torch.log1p(ratio).mean() + _penalties(D, x_real, x_fake, gamma)


def _with_loss(of):
    def answer(D, x_real, x_fake, gamma):
        return of(D(x_real), D(x_fake)) + _penalties(D, x_real, x_fake, gamma)

    return answer


def sign(D, x_real, x_fake, gamma):
    return _with_loss(lambda a, b: softplus(a - b).mean())(D, x_real, x_fake, gamma)


def average(D, x_real, x_fake, gamma):
    return _with_loss(
        lambda a, b: (softplus(b.mean() - a).mean() + softplus(b - a.mean()).mean()) / 2
    )(D, x_real, x_fake, gamma)


def average_of_fakes(D, x_real, x_fake, gamma):
    return _with_loss(lambda a, b: softplus(b.mean() - a).mean())(D, x_real, x_fake, gamma)


def mean_first(D, x_real, x_fake, gamma):
    return _with_loss(lambda a, b: softplus((b - a).mean()))(D, x_real, x_fake, gamma)


def cross_entropy(D, x_real, x_fake, gamma):
    return _with_loss(lambda a, b: softplus(-a).mean() + softplus(b).mean())(
        D, x_real, x_fake, gamma
    )


def every_pair(D, x_real, x_fake, gamma):
    return _with_loss(lambda a, b: softplus(b[:, None] - a).mean())(D, x_real, x_fake, gamma)


def pairs_summed(D, x_real, x_fake, gamma):
    return _with_loss(lambda a, b: softplus(b - a).sum())(D, x_real, x_fake, gamma)


def wasserstein(D, x_real, x_fake, gamma):
    return _with_loss(lambda a, b: (b - a).mean())(D, x_real, x_fake, gamma)


def _with_penalty(of):
    def answer(D, x_real, x_fake, gamma):
        penalties = of(_slope(D, x_real)) + of(_slope(D, x_fake))
        return _pairs(D, x_real, x_fake) + gamma * penalties

    return answer


def without_half(D, x_real, x_fake, gamma):
    return _with_penalty(_square)(D, x_real, x_fake, gamma)


def half_twice(D, x_real, x_fake, gamma):
    return _with_penalty(lambda g: _square(g) / 4)(D, x_real, x_fake, gamma)


def over_the_batch(D, x_real, x_fake, gamma):
    return _with_penalty(lambda g: g.square().sum() / 2)(D, x_real, x_fake, gamma)


def pixels_averaged(D, x_real, x_fake, gamma):
    return _with_penalty(lambda g: g.square().mean() / 2)(D, x_real, x_fake, gamma)


def summed_over_channels(D, x_real, x_fake, gamma):
    return _with_penalty(lambda g: g.square().sum(1).mean() / 2)(D, x_real, x_fake, gamma)


def summed_over_samples(D, x_real, x_fake, gamma):
    return _with_penalty(lambda g: g.square().sum(0).mean() / 2)(D, x_real, x_fake, gamma)


def not_squared(D, x_real, x_fake, gamma):
    return _with_penalty(lambda g: g.flatten(1).norm(dim=1).mean() / 2)(D, x_real, x_fake, gamma)


def drawn_to_one(D, x_real, x_fake, gamma):
    return _with_penalty(lambda g: (g.flatten(1).norm(dim=1) - 1).square().mean() / 2)(
        D, x_real, x_fake, gamma
    )


def subtracted(D, x_real, x_fake, gamma):
    return _with_penalty(lambda g: -_square(g) / 2)(D, x_real, x_fake, gamma)


def r2_at_real(D, x_real, x_fake, gamma):
    return _pairs(D, x_real, x_fake) + gamma * _square(_slope(D, x_real))


def r1_at_fake(D, x_real, x_fake, gamma):
    return _pairs(D, x_real, x_fake) + gamma * _square(_slope(D, x_fake))


def r1_alone(D, x_real, x_fake, gamma):
    return _pairs(D, x_real, x_fake) + gamma / 2 * _square(_slope(D, x_real))


def r2_alone(D, x_real, x_fake, gamma):
    return _pairs(D, x_real, x_fake) + gamma / 2 * _square(_slope(D, x_fake))


def between(D, x_real, x_fake, gamma):
    return _pairs(D, x_real, x_fake) + gamma / 2 * _square(_slope(D, (x_real + x_fake) / 2))


def of_the_mean(D, x_real, x_fake, gamma):
    return _with_penalty(lambda g: _square(g / len(g)) / 2)(D, x_real, x_fake, gamma)


def no_penalties(D, x_real, x_fake, gamma):
    return _pairs(D, x_real, x_fake)


def without_graph(D, x_real, x_fake, gamma):
    squares = [_square(_slope(D, x, create_graph=False)) for x in (x_real, x_fake)]
    return _pairs(D, x_real, x_fake) + gamma / 2 * sum(squares)


def as_a_number(D, x_real, x_fake, gamma):
    return term_by_term(D, x_real, x_fake, gamma).item()


def by_backward(D, x_real, x_fake, gamma):
    loss = _pairs(D, x_real, x_fake)
    for x in (x_real, x_fake):
        x = x.clone().requires_grad_()
        D(x).sum().backward(create_graph=True)
        loss = loss + gamma / 2 * _square(x.grad)
    return loss


def left_frozen(D, x_real, x_fake, gamma):
    found = term_by_term(D, x_real, x_fake, gamma)
    D.eval()
    return found


def channels_as_samples(D, x_real, x_fake, gamma):
    return _with_penalty(lambda g: g.flatten(min(2, g.dim() - 1)).square().sum(-1).mean() / 2)(
        D, x_real, x_fake, gamma
    )


def thaws(D, x_real, x_fake, gamma):
    D.requires_grad_(True)
    return term_by_term(D, x_real, x_fake, gamma)


CORRECT = (
    term_by_term, as_in_r3gan, by_logsigmoid, by_cross_entropy, in_one_batch, by_grad_outputs,
    by_torch_func, pair_by_pair, by_log1p,
)  # fmt: skip
PAIRS, PENALTIES, GRAPH = "pairs, without penalties", "with R1 and R2", "D can learn from it"
MISTAKES = {
    sign: (PAIRS, "The sign is turned round"),
    average: (PAIRS, "with the mean of the other kind"),
    average_of_fakes: (PAIRS, "the mean of the fake ones"),
    mean_first: (PAIRS, "The mean is taken before softplus"),
    cross_entropy: (PAIRS, "This is cross-entropy"),
    every_pair: (PAIRS, "Every real sample is compared with every fake"),
    pairs_summed: (PAIRS, "are summed: average them"),
    wasserstein: (PAIRS, "softplus of it is missing"),
    without_half: (PENALTIES, "twice too large"),
    half_twice: (PENALTIES, "The half is there twice"),
    over_the_batch: (PENALTIES, "summed over the batch"),
    pixels_averaged: (PENALTIES, "averaged over the numbers"),
    summed_over_samples: (PENALTIES, "over the samples, axis 0"),
    summed_over_channels: (PENALTIES, "over axis 1 alone"),
    not_squared: (PENALTIES, "The norms are not squared"),
    drawn_to_one: (PENALTIES, "as in WGAN-GP"),
    subtracted: (PENALTIES, "The penalties are subtracted"),
    r2_at_real: (PENALTIES, "R2 is taken at the real samples"),
    r1_at_fake: (PENALTIES, "R1 is taken at the fake samples"),
    r1_alone: (PENALTIES, "R2 is missing"),
    r2_alone: (PENALTIES, "R1 is missing"),
    between: (PENALTIES, "between real and fake samples"),
    of_the_mean: (PENALTIES, "the mean logit"),
    no_penalties: (PENALTIES, "The penalties are missing"),
    without_graph: (GRAPH, "create_graph=True"),
    as_a_number: (GRAPH, "create_graph=True"),
    by_backward: (GRAPH, "D's gradients have changed"),
    left_frozen: (GRAPH, "another mode"),
    channels_as_samples: (PENALTIES, "Each channel of a picture counts as a sample"),
    thaws: (GRAPH, "came in frozen"),
}
