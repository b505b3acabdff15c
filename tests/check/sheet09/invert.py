"""Inversion by gradient descent: correct in several styles, and the classic mistakes."""

import copy

import torch
from torch import nn
from torch.nn import functional as F


def _errors(G, x, z, prior):
    return (G(z) - x).square().flatten(1).mean(1) + prior * z.square().mean(1)


def by_grad(G, x, z, steps, lr, prior):
    for _ in range(steps):
        z = z.detach().requires_grad_()
        (grad,) = torch.autograd.grad(_errors(G, x, z, prior).sum(), z)
        z = z - lr * grad
    return z.detach()


def by_optimizer(G, x, z, steps, lr, prior):
    z = z.clone().requires_grad_()
    opt = torch.optim.SGD([z], lr=lr)
    for _ in range(steps):
        loss = _errors(G, x, z, prior).sum()
        opt.zero_grad()
        loss.backward(inputs=[z])
        opt.step()
    return z


def each_alone(G, x, z, steps, lr, prior):
    found = []
    for target, start in zip(x, z, strict=True):
        v = start[None].clone().requires_grad_()
        for _ in range(steps):
            loss = F.mse_loss(G(v), target[None]) + prior * v.norm() ** 2 / v.numel()
            v.grad = None
            loss.backward(inputs=v)
            with torch.no_grad():
                v -= lr * v.grad
        found.append(v.detach()[0])
    return torch.stack(found)


def of_a_copy(G, x, z, steps, lr, prior):
    G, z = copy.deepcopy(G), z.clone().requires_grad_()
    for _ in range(steps):
        z.grad = None
        _errors(G, x, z, prior).sum().backward()
        z.data -= lr * z.grad
    return z.detach()


def gradients_put_back(G, x, z, steps, lr, prior):
    kept = [None if p.grad is None else p.grad.clone() for p in G.parameters()]
    v = z.clone().requires_grad_()
    for _ in range(steps):
        v.grad = None
        _errors(G, x, v, prior).sum().backward()
        v.data.sub_(lr * v.grad)
    for p, g in zip(G.parameters(), kept, strict=True):
        p.grad = g
    return v


def each_frozen(G, x, z, steps, lr, prior):
    learning = [p for p in G.parameters() if p.requires_grad]
    for p in learning:
        p.requires_grad_(False)
    z = z.clone().requires_grad_()
    for _ in range(steps):
        (grad,) = torch.autograd.grad(_errors(G, x, z, prior).sum(), z)
        z = (z - lr * grad).detach().requires_grad_()
    for p in learning:
        p.requires_grad_(True)
    return z.detach()


def mean_times_batch(G, x, z, steps, lr, prior):
    v = nn.Parameter(z.clone())
    for _ in range(steps):
        loss = len(x) * (F.mse_loss(G(v), x) + prior * v.pow(2).mean())
        (grad,) = torch.autograd.grad(loss, [v])
        v.data.sub_(lr * grad)
    return v.data


def frozen_meanwhile(G, x, z, steps, lr, prior):
    G.requires_grad_(False)
    for _ in range(steps):
        z = z.clone().detach().requires_grad_(True)
        _errors(G, x, z, prior).backward(torch.ones(len(z)))
        z = z.data - lr * z.grad
    G.requires_grad_(True)
    return z


def by_jacobian(G, x, z, steps, lr, prior):
    grad = torch.func.grad(lambda z: _errors(G, x, z, prior).sum())
    for _ in range(steps):
        z = z - lr * grad(z)
    return z


def filled_gradients(G, x, z, steps, lr, prior):
    return _descend(lambda z: _errors(G, x, z, prior).sum(), z, steps, lr)


def cleared_gradients(G, x, z, steps, lr, prior):
    found = filled_gradients(G, x, z, steps, lr, prior)
    G.zero_grad()
    return found


def jittered(G, x, z, steps, lr, prior):
    return by_grad(G, x, z + 1e-9 * torch.randn_like(z), steps, lr, prior)


def _descend(loss_of, z, steps, lr, optimizer=torch.optim.SGD):
    z = z.clone().requires_grad_()
    opt = optimizer([z], lr=lr)
    for _ in range(steps):
        opt.zero_grad()
        loss_of(z).backward()
        opt.step()
    return z.detach()


def not_moved(G, x, z, steps, lr, prior):
    for _ in range(steps):
        v = z.clone().requires_grad_()
        _errors(G, x, v, prior).sum().backward()
        v = v - lr * v.grad
    return z


def uphill(G, x, z, steps, lr, prior):
    return _descend(lambda z: -_errors(G, x, z, prior).sum(), z, steps, lr)


def pixels_summed(G, x, z, steps, lr, prior):
    return _descend(
        lambda z: (G(z) - x).square().sum() + prior * z.square().mean(1).sum(), z, steps, lr
    )


def batch_averaged(G, x, z, steps, lr, prior):
    return _descend(lambda z: F.mse_loss(G(z), x) + prior * z.square().mean(), z, steps, lr)


def halved(G, x, z, steps, lr, prior):
    def loss(z):
        return (0.5 * (G(z) - x).square().flatten(1).mean(1) + prior * z.square().mean(1)).sum()

    return _descend(loss, z, steps, lr)


def absolute(G, x, z, steps, lr, prior):
    def loss(z):
        return ((G(z) - x).abs().flatten(1).mean(1) + prior * z.square().mean(1)).sum()

    return _descend(loss, z, steps, lr)


def in_training_mode(G, x, z, steps, lr, prior):
    if len(z) > 1:
        G.train()
    found = by_grad(G, x, z, steps, lr, prior)
    G.eval()
    return found


def piled_up(G, x, z, steps, lr, prior):
    z = z.clone().requires_grad_()
    for _ in range(steps):
        _errors(G, x, z, prior).sum().backward()
        z.data -= lr * z.grad
    return z.detach()


def first_gradient(G, x, z, steps, lr, prior):
    z = z.clone().requires_grad_()
    (grad,) = torch.autograd.grad(_errors(G, x, z, prior).sum(), z)
    for _ in range(steps):
        z = z - lr * grad
    return z.detach()


def one_step(G, x, z, steps, lr, prior):
    return by_grad(G, x, z, min(steps, 1), lr, prior)


def adam(G, x, z, steps, lr, prior):
    return _descend(lambda z: _errors(G, x, z, prior).sum(), z, steps, lr, torch.optim.Adam)


def _with(pull):
    def answer(G, x, z, steps, lr, prior):
        return _descend(lambda z: _errors(G, x, z, 0.0).sum() + prior * pull(z).sum(), z, steps, lr)

    return answer


def no_prior(G, x, z, steps, lr, prior):
    return by_grad(G, x, z, steps, lr, 0.0)


def prior_pushes(G, x, z, steps, lr, prior):
    return by_grad(G, x, z, steps, lr, -prior)


def prior_not_divided(G, x, z, steps, lr, prior):
    return _with(lambda z: z.square().sum(1))(G, x, z, steps, lr, prior)


def prior_halved(G, x, z, steps, lr, prior):
    return by_grad(G, x, z, steps, lr, prior / 2)


def prior_of_the_norm(G, x, z, steps, lr, prior):
    return _with(lambda z: z.norm(dim=1) / z.shape[1])(G, x, z, steps, lr, prior)


def prior_averaged(G, x, z, steps, lr, prior):
    return _with(lambda z: z.square().mean())(G, x, z, steps, lr, prior)


def the_picture(G, x, z, steps, lr, prior):
    return G(by_grad(G, x, z, steps, lr, prior))


def own_start(G, x, z, steps, lr, prior):
    return by_grad(G, x, torch.zeros_like(z), steps, lr, prior)


def g_moves_too(G, x, z, steps, lr, prior):
    z = z.clone().requires_grad_()
    opt = torch.optim.SGD([z, *G.parameters()], lr=lr)
    for _ in range(steps):
        loss = _errors(G, x, z, prior).sum()
        opt.zero_grad()
        loss.backward()
        opt.step()
    return z


def left_frozen(G, x, z, steps, lr, prior):
    G.requires_grad_(False)
    return by_grad(G, x, z, steps, lr, prior)


def left_in_training(G, x, z, steps, lr, prior):
    found = by_grad(G, x, z, steps, lr, prior)
    G.train()
    return found


def one_step_at_least(G, x, z, steps, lr, prior):
    return by_grad(G, x, z, max(steps, 1), lr, prior)


def clamped_to_three(G, x, z, steps, lr, prior):
    for _ in range(steps):
        z = z.detach().requires_grad_()
        error = (G(z) - x).square().flatten(1).mean(1) + prior * z.square().mean(1)
        z = (z - lr * torch.autograd.grad(error.sum(), z)[0]).clamp(-3, 3)
    return z.detach()


def of_pictures_alone(G, x, z, steps, lr, prior):
    def loss(z):
        return ((G(z) - x) ** 2).mean((1, 2, 3)).sum() + prior * z.pow(2).mean(1).sum()

    return _descend(loss, z, steps, lr)


def only_downhill(G, x, z, steps, lr, prior):
    for _ in range(steps):
        new = by_grad(G, x, z, 1, lr, prior)
        with torch.no_grad():
            before, after = (
                (G(t) - x).square().flatten(1).mean(1) + prior * t.square().mean(1)
                for t in (z, new)
            )
        z = torch.where((after < before)[:, None], new, z)
    return z


def clipped(G, x, z, steps, lr, prior):
    for _ in range(steps):
        change = by_grad(G, x, z, 1, lr, prior) - z
        z = z + change / (change.norm(dim=1, keepdim=True) / (4 * lr)).clamp(min=1)
    return z


CORRECT = (
    by_grad, by_optimizer, each_alone, mean_times_batch, frozen_meanwhile, by_jacobian,
    of_a_copy, gradients_put_back, each_frozen,
)  # fmt: skip
ONE, MANY, PRIOR = "one step for one picture", "several steps and pictures", "with a prior"
AFTER = "G as it was"
MISTAKES = {
    of_pictures_alone: (PRIOR, "Dimension out of range"),
    not_moved: (ONE, "z has not moved at all"),
    uphill: (ONE, "This goes uphill"),
    pixels_summed: (ONE, "The errors of the pixels are summed"),
    batch_averaged: (MANY, "The loss is averaged over the batch"),
    halved: (ONE, "The error is halved"),
    absolute: (ONE, "absolute differences"),
    in_training_mode: (MANY, "G ran in training mode"),
    piled_up: (MANY, "The gradients pile up"),
    first_gradient: (MANY, "Every step takes the first gradient"),
    one_step: (MANY, "Only one step was taken"),
    adam: (ONE, "This is Adam"),
    no_prior: (PRIOR, "The prior does not pull"),
    prior_pushes: (PRIOR, "The prior pushes away"),
    prior_not_divided: (PRIOR, "does not divide it by z_dim"),
    prior_halved: (PRIOR, "The prior is halved"),
    prior_of_the_norm: (PRIOR, "without the square"),
    prior_averaged: (PRIOR, "The prior is averaged over the batch"),
    the_picture: (ONE, "should be a tensor of shape"),
    own_start: (ONE, "This is not where gradient descent"),
    g_moves_too: (AFTER, "G's weights have moved"),
    left_frozen: (AFTER, "left frozen"),
    left_in_training: (AFTER, "G comes back in another mode"),
    filled_gradients: (AFTER, "G's gradients are not what they were"),
    cleared_gradients: (AFTER, "G's gradients are not what they were"),
    jittered: (AFTER, "Random numbers were drawn"),
    one_step_at_least: (AFTER, "With no steps"),
    only_downhill: (PRIOR, "that the error rises in a step"),
    clipped: (PRIOR, "that the error rises in a step"),
    clamped_to_three: ("one step for one picture", "This is not where"),
}
