"""Differentiable augmentation: correct in several styles, and the classic mistakes."""

import random

import numpy as np
import torch
from torch.nn import functional as F
from torch.nn.functional import softplus

from gancourse import losses


def _changed(x):
    return x + torch.rand(len(x), 1, 1, 1) - 0.5


def _d_loss(real, fake):
    return softplus(-real).mean() + softplus(fake).mean()


def _with(changed):
    """Return an answer with this change everywhere."""

    def answer(D, x_real, x_fake):
        d_loss = _d_loss(D(changed(x_real)), D(changed(x_fake.detach())))
        return torch.stack([d_loss, softplus(-D(changed(x_fake))).mean()])

    return answer


def by_the_paper(D, x_real, x_fake):
    return _with(_changed)(D, x_real, x_fake)


def changed_once(D, x_real, x_fake):
    """The same changed fakes for both losses."""
    x_real, x_fake = _changed(x_real), _changed(x_fake)
    d_loss = _d_loss(D(x_real), D(x_fake.detach()))
    return torch.stack([d_loss, softplus(-D(x_fake)).mean()])


def in_one_batch(D, x_real, x_fake):
    both = _changed(torch.cat([x_real, x_fake.detach()]))
    real, fake = D(both).split(len(x_real))
    return torch.stack([_d_loss(real, fake), softplus(-D(_changed(x_fake))).mean()])


def by_cross_entropy(D, x_real, x_fake):
    def bce(x, target):
        logit = D(_changed(x))
        return F.binary_cross_entropy_with_logits(logit, torch.full_like(logit, target))

    return torch.stack([bce(x_real, 1.0) + bce(x_fake.detach(), 0.0), bce(x_fake, 1.0)])


def by_the_course_losses(D, x_real, x_fake):
    logits = D(_changed(x_real)), D(_changed(x_fake).detach())
    d_loss = losses.cross_entropy_d(*logits)
    return torch.stack((d_loss, losses.non_saturating_g(None, D(_changed(x_fake)))))


def image_by_image(D, x_real, x_fake):
    return _with(lambda x: torch.stack([image + random.uniform(-0.5, 0.5) for image in x]))(
        D, x_real, x_fake
    )


def drawn_by_numpy(D, x_real, x_fake):
    rng = np.random.default_rng()

    def changed(x):
        return x + torch.from_numpy(rng.uniform(-0.5, 0.5, (len(x), 1, 1, 1)).astype(np.float32))

    return _with(changed)(D, x_real, x_fake)


def drawn_in_place(D, x_real, x_fake):
    return _with(lambda x: x + x.new_empty(x.size(0), 1, 1, 1).uniform_(-0.5, 0.5))(
        D, x_real, x_fake
    )


def expanded(D, x_real, x_fake):
    def changed(x):
        return x - (torch.rand(x.shape[0]) - 0.5).view(-1, 1, 1, 1).expand_as(x)

    return _with(changed)(D, x_real, x_fake)


def by_logsigmoid(D, x_real, x_fake):
    real, fake = D(_changed(x_real)), D(_changed(x_fake.detach()))
    d_loss = -F.logsigmoid(real).mean() - F.logsigmoid(-fake).mean()
    return torch.stack([d_loss, -F.logsigmoid(D(_changed(x_fake))).mean()])


def real_alone(D, x_real, x_fake):
    d_loss = _d_loss(D(_changed(x_real)), D(x_fake.detach()))
    return torch.stack([d_loss, softplus(-D(x_fake)).mean()])


def fakes_alone(D, x_real, x_fake):
    d_loss = _d_loss(D(x_real), D(_changed(x_fake.detach())))
    return torch.stack([d_loss, softplus(-D(_changed(x_fake))).mean()])


def not_in_g_loss(D, x_real, x_fake):
    d_loss = _d_loss(D(_changed(x_real)), D(_changed(x_fake.detach())))
    return torch.stack([d_loss, softplus(-D(x_fake)).mean()])


def not_changed(D, x_real, x_fake):
    return _with(lambda x: x)(D, x_real, x_fake)


def one_for_the_batch(D, x_real, x_fake):
    return _with(lambda x: x + torch.rand(1) - 0.5)(D, x_real, x_fake)


def one_for_each_pixel(D, x_real, x_fake):
    return _with(lambda x: x + torch.rand_like(x) - 0.5)(D, x_real, x_fake)


def one_for_each_row(D, x_real, x_fake):
    return _with(lambda x: x + torch.rand(len(x), 1, x.shape[2], 1) - 0.5)(D, x_real, x_fake)


def normal(D, x_real, x_fake):
    return _with(lambda x: x + torch.randn(len(x), 1, 1, 1))(D, x_real, x_fake)


def only_brighter(D, x_real, x_fake):
    return _with(lambda x: x + torch.rand(len(x), 1, 1, 1))(D, x_real, x_fake)


def twice_as_far(D, x_real, x_fake):
    return _with(lambda x: x + 2 * torch.rand(len(x), 1, 1, 1) - 1)(D, x_real, x_fake)


def half_as_far(D, x_real, x_fake):
    return _with(lambda x: x + (torch.rand(len(x), 1, 1, 1) - 0.5) / 2)(D, x_real, x_fake)


def two_values(D, x_real, x_fake):
    return _with(lambda x: x + torch.randint(0, 2, (len(x), 1, 1, 1)) - 0.5)(D, x_real, x_fake)


def a_fixed_number(D, x_real, x_fake):
    return _with(lambda x: x + 0.3)(D, x_real, x_fake)


def a_factor(D, x_real, x_fake):
    return _with(lambda x: x * (torch.rand(len(x), 1, 1, 1) + 0.5))(D, x_real, x_fake)


def clamped(D, x_real, x_fake):
    return _with(lambda x: _changed(x).clamp(-1, 1))(D, x_real, x_fake)


def under_no_grad(D, x_real, x_fake):
    @torch.no_grad()
    def changed(x):
        return _changed(x)

    return _with(changed)(D, x_real, x_fake)


def by_arrays(D, x_real, x_fake):
    return _with(lambda x: _changed(torch.from_numpy(x.detach().numpy())))(D, x_real, x_fake)


def detached_for_both(D, x_real, x_fake):
    return by_the_paper(D, x_real, x_fake.detach())


def not_detached(D, x_real, x_fake):
    d_loss = _d_loss(D(_changed(x_real)), D(_changed(x_fake)))
    return torch.stack([d_loss, softplus(-D(_changed(x_fake))).mean()])


def as_a_tuple(D, x_real, x_fake):
    return tuple(by_the_paper(D, x_real, x_fake))


def as_numbers(D, x_real, x_fake):
    return torch.tensor([loss.item() for loss in by_the_paper(D, x_real, x_fake)])


def exchanged(D, x_real, x_fake):
    return by_the_paper(D, x_real, x_fake).flip(0)


def saturating(D, x_real, x_fake):
    d_loss = _d_loss(D(_changed(x_real)), D(_changed(x_fake.detach())))
    return torch.stack([d_loss, -softplus(D(_changed(x_fake))).mean()])


def places_exchanged(D, x_real, x_fake):
    d_loss = _d_loss(D(_changed(x_fake.detach())), D(_changed(x_real)))
    return torch.stack([d_loss, softplus(-D(_changed(x_fake))).mean()])


def one_for_the_fakes_of_d(D, x_real, x_fake):
    d_loss = _d_loss(D(_changed(x_real)), D(x_fake.detach() + torch.rand(1) - 0.5))
    return torch.stack([d_loss, softplus(-D(_changed(x_fake))).mean()])


def fakes_as_their_real_images(D, x_real, x_fake):
    b = torch.rand(len(x_real), 1, 1, 1) - 0.5
    return _with(lambda x: x + b)(D, x_real, x_fake)


def squared(D, x_real, x_fake):
    return _with(lambda x: x + torch.rand(len(x), 1, 1, 1) ** 2 - 0.5)(D, x_real, x_fake)


def not_quite_as_far(D, x_real, x_fake):
    return _with(lambda x: x + 0.8 * (torch.rand(len(x), 1, 1, 1) - 0.5))(D, x_real, x_fake)


def two_draws_averaged(D, x_real, x_fake):
    return _with(lambda x: (_changed(x) + _changed(x)) / 2)(D, x_real, x_fake)


def in_tenths(D, x_real, x_fake):
    return _with(lambda x: x + torch.randint(-5, 6, (len(x), 1, 1, 1)) / 10)(D, x_real, x_fake)


def left_in_evaluation(D, x_real, x_fake):
    D.eval()
    return by_the_paper(D, x_real, x_fake)


def gradients_cleared(D, x_real, x_fake):
    D.zero_grad()
    return by_the_paper(D, x_real, x_fake)


CORRECT = (
    by_the_paper, changed_once, in_one_batch, by_cross_entropy, by_the_course_losses,
    image_by_image, drawn_by_numpy, drawn_in_place, expanded, by_logsigmoid,
)  # fmt: skip
LOSSES, CHANGED, FLOWS = "both losses", "real and fake are changed", "the gradient flows"


def _shifted(x):
    return x + torch.rand(len(x), 1, 1, 1) - 0.5


def averaged_together(D, x_real, x_fake):
    """Twice the mean over both kinds: D's loss only where there are as many of each."""
    logits = torch.cat([-D(_shifted(x_real)), D(_shifted(x_fake.detach()))])
    return torch.stack([2 * softplus(logits).mean(), softplus(-D(_shifted(x_fake))).mean()])


def back_in_training(D, x_real, x_fake):
    D.train()
    d_loss = softplus(-D(_shifted(x_real))).mean() + softplus(D(_shifted(x_fake.detach()))).mean()
    return torch.stack([d_loss, softplus(-D(_shifted(x_fake))).mean()])


def kept_in_range(D, x_real, x_fake):
    real, fake, again = (_shifted(x).clamp(-1, 1) for x in (x_real, x_fake.detach(), x_fake))
    d_loss = softplus(-D(real)).mean() + softplus(D(fake)).mean()
    return torch.stack([d_loss, softplus(-D(again)).mean()])


def on_a_grid(D, x_real, x_fake):
    """The middles of N equal parts, in any order."""

    def changed(x):
        return x + ((torch.randperm(len(x)) + 0.5) / len(x) - 0.5).view(-1, 1, 1, 1)

    return _with(changed)(D, x_real, x_fake)


def in_training_alone(D, x_real, x_fake):
    return _with(lambda x: _changed(x) if D.training else x)(D, x_real, x_fake)


def nine_tenths(D, x_real, x_fake):
    return _with(lambda x: x + 0.9 * (torch.rand(len(x), 1, 1, 1) - 0.5))(D, x_real, x_fake)


def nine_tenths_for_g(D, x_real, x_fake):
    d_loss = _d_loss(D(_changed(x_real)), D(_changed(x_fake.detach())))
    fakes = x_fake + 0.9 * (torch.rand(len(x_fake), 1, 1, 1) - 0.5)
    return torch.stack([d_loss, softplus(-D(fakes)).mean()])


def thaws(D, x_real, x_fake):
    d_loss = _d_loss(D(_changed(x_real)), D(_changed(x_fake.detach())))
    D.requires_grad_(False)
    g_loss = softplus(-D(_changed(x_fake))).mean()
    D.requires_grad_(True)
    return torch.stack([d_loss, g_loss])


def square_images_alone(D, x_real, x_fake):
    return _with(
        lambda x: x + torch.rand(len(x), 1, 1, 1).expand(-1, 1, x.shape[2], x.shape[2]) - 0.5
    )(D, x_real, x_fake)


MISTAKES = {
    gradients_cleared: (FLOWS, "D's gradients have changed"),
    real_alone: (CHANGED, "Not changed: the fakes in D's loss and the fakes in G's loss"),
    fakes_alone: (CHANGED, "Not changed: the real images in D's loss"),
    not_in_g_loss: (CHANGED, "Not changed: the fakes in G's loss"),
    not_changed: (CHANGED, "Not changed: the real images in D's loss and"),
    one_for_the_batch: (CHANGED, "added to the whole batch"),
    normal: (CHANGED, "torch.randn has no bounds"),
    only_brighter: (CHANGED, "never negative"),
    twice_as_far: (CHANGED, "it is uniform from -1/2 to 1/2"),
    half_as_far: (CHANGED, "is not uniform"),
    two_values: (CHANGED, "is not uniform"),
    one_for_the_fakes_of_d: (CHANGED, "added to the whole batch of the fakes in D's loss"),
    fakes_as_their_real_images: (CHANGED, "the number of the real image in its place"),
    squared: (CHANGED, "is not uniform"),
    not_quite_as_far: (CHANGED, "is not uniform"),
    two_draws_averaged: (CHANGED, "is not uniform"),
    in_tenths: (CHANGED, "is not uniform"),
    a_fixed_number: (CHANGED, "The same number is added"),
    one_for_each_pixel: (LOSSES, "not one number for each pixel"),
    one_for_each_row: (LOSSES, "one number is added to all pixels"),
    a_factor: (LOSSES, "It is no factor"),
    clamped: (LOSSES, "nothing is clamped"),
    under_no_grad: (FLOWS, "does not reach x_fake"),
    by_arrays: (FLOWS, "does not reach x_fake"),
    detached_for_both: (FLOWS, "does not reach x_fake"),
    not_detached: (FLOWS, "d_loss reaches x_fake"),
    as_a_tuple: (FLOWS, "as one tensor"),
    as_numbers: (FLOWS, "does not reach x_fake"),
    exchanged: (LOSSES, "d_loss is G's"),
    saturating: (LOSSES, "the saturating loss"),
    places_exchanged: (LOSSES, "have changed places"),
    left_in_evaluation: (FLOWS, "another mode"),
    averaged_together: (LOSSES, "Real and fake images are averaged together"),
    back_in_training: (FLOWS, "another mode"),
    on_a_grid: (CHANGED, "is not uniform from -1/2"),
    kept_in_range: (CHANGED, "D's logits, clamped or scaled"),
    nine_tenths: (CHANGED, "uniform from -1/2 to 1/2"),
    nine_tenths_for_g: (CHANGED, "the fakes in G's loss"),
    thaws: (FLOWS, "came in frozen"),
    square_images_alone: (LOSSES, "RuntimeError"),
    in_training_alone: (CHANGED, "while D is in evaluation mode"),
}
