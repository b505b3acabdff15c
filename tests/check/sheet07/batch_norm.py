"""Batch norm in both modes: correct in several styles, and the classic mistakes."""

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

DIMS = (0, 2, 3)


def normal(x, mean, var):
    return (x - mean.view(-1, 1, 1)) / (var.view(-1, 1, 1) + 1e-5).sqrt()


def lerped(x, running_mean, running_var, training):
    mean, var = running_mean, running_var
    if training:
        mean, var = x.mean(DIMS), x.var(DIMS, correction=0)
        running_mean = running_mean.lerp(mean, 0.1)
        running_var = running_var.lerp(x.var(DIMS, correction=1), 0.1)
    return normal(x, mean, var), running_mean, running_var


def channel_by_channel(x, running_mean, running_var, training):
    y, n = torch.empty_like(x), x.numel() // x.shape[1]
    new_mean, new_var = running_mean.clone(), running_var.clone()
    for c in range(x.shape[1]):
        mean, var = running_mean[c], running_var[c]
        if training:
            mean = x[:, c].sum() / n
            var = ((x[:, c] - mean) ** 2).sum() / n
            new_mean[c] = 0.9 * new_mean[c] + 0.1 * mean
            new_var[c] = 0.9 * new_var[c] + 0.1 * var * n / (n - 1)
        y[:, c] = (x[:, c] - mean) * torch.rsqrt(var + 1e-5)
    return y, new_mean, new_var


def in_float64(x, running_mean, running_var, training):
    return lerped(x.double(), running_mean.double(), running_var.double(), training)


def in_place(x, running_mean, running_var, training):
    if training:
        rows = x.transpose(0, 1).flatten(1)  # [C, N * H * W]
        running_mean.mul_(0.9).add_(0.1 * rows.mean(1))
        running_var.mul_(0.9).add_(0.1 * rows.var(1))
        y = normal(x, rows.mean(1), rows.var(1, unbiased=False))
        return y, running_mean, running_var
    return normal(x, running_mean, running_var), running_mean, running_var


def in_numpy(x, running_mean, running_var, training):
    x, mean, var = (np.asarray(t, dtype=np.float64) for t in (x, running_mean, running_var))
    n, kept = x.size // x.shape[1], (mean, var)
    if training:
        mean, var = x.mean(DIMS), x.var(DIMS)
        kept = 0.9 * kept[0] + 0.1 * mean, 0.9 * kept[1] + 0.1 * var * n / (n - 1)
    y = (x - mean[:, None, None]) / np.sqrt(var[:, None, None] + 1e-5)
    return y, *kept


def var_mean(x, running_mean, running_var, training):
    if not training:
        return normal(x, running_mean, running_var), running_mean, running_var
    var, mean = torch.var_mean(x, DIMS, correction=0, keepdim=True)
    n = x.numel() / x.shape[1]
    moved = running_var + 0.1 * (var.flatten() * n / (n - 1) - running_var)
    return (x - mean) * (var + 1e-5).rsqrt(), running_mean.lerp(mean.flatten(), 0.1), moved


def channels_last(x, running_mean, running_var, training):
    rows = x.permute(0, 2, 3, 1).reshape(-1, x.shape[1])  # [N * H * W, C]
    mean, var = running_mean, running_var
    if training:
        mean, var = rows.mean(0), (rows - rows.mean(0)).square().mean(0)
        running_mean = 0.9 * running_mean + 0.1 * mean
        running_var = 0.9 * running_var + 0.1 * rows.var(0)
    y = (rows - mean) / torch.sqrt(var + 1e-5)
    return y.view(len(x), *x.shape[2:], -1).permute(0, 3, 1, 2), running_mean, running_var


def by_einsum(x, running_mean, running_var, training):
    mean, var = running_mean, running_var
    if training:
        n = x.numel() / x.shape[1]
        mean = torch.einsum("nchw->c", x) / n
        d = x - mean[None, :, None, None]
        var = torch.einsum("nchw,nchw->c", d, d) / n
        running_mean = torch.lerp(running_mean, mean, 0.1)
        running_var = torch.lerp(running_var, var * (n / (n - 1)), 0.1)
    scale = torch.rsqrt(var + 1e-5)[None, :, None, None]
    return (x - mean[None, :, None, None]) * scale, running_mean, running_var


def mistaken(output=None, average=None, evaluation=None):
    """Return the correct answer with one of its three steps replaced."""

    def answer(x, mean, var, training):
        y, new_mean, new_var = lerped(x, mean, var, training)
        if training:
            y = output(x, mean, var) if output else y
            new_mean, new_var = average(x, mean, var) if average else (new_mean, new_var)
        elif evaluation:
            y, new_mean, new_var = evaluation(x, mean, var)
        return y, new_mean, new_var

    return answer


def named(name, function):
    function.__name__ = name
    return function


def biased(x):
    return x.var(DIMS, correction=0)


def always_running(x, mean, var, training):
    _, new_mean, new_var = lerped(x, mean, var, training)
    return normal(x, mean, var), new_mean, new_var


def always_the_batch(x, mean, var, training):
    y, new_mean, new_var = lerped(x, mean, var, True)
    return (y, new_mean, new_var) if training else (y, mean, var)


def naive_variance(x, mean, var, training):
    if not training:
        return lerped(x, mean, var, training)
    mu = x.mean(DIMS)
    _, new_mean, new_var = lerped(x, mean, var, True)
    return normal(x, mu, (x * x).mean(DIMS) - mu * mu), new_mean, new_var


def moves_in_evaluation(x, mean, var, training):
    _, new_mean, new_var = lerped(x, mean, var, True)
    return lerped(x, mean, var, training)[0], new_mean, new_var


def only_the_output(x, mean, var, training):
    return lerped(x, mean, var, training)[0]


unbiased_output = named(
    "unbiased_output", mistaken(lambda x, m, v: normal(x, x.mean(DIMS), x.var(DIMS)))
)
root_missing = named("root_missing", mistaken(
    lambda x, m, v: (x - x.mean(DIMS).view(-1, 1, 1)) / (biased(x).view(-1, 1, 1) + 1e-5)
))  # fmt: skip
all_channels = named(
    "all_channels",
    mistaken(lambda x, m, v: (x - x.mean()) / (x.var(correction=0) + 1e-5).sqrt()),
)
instance_norm = named("instance_norm", mistaken(lambda x, m, v: F.instance_norm(x)))
layer_norm = named("layer_norm", mistaken(lambda x, m, v: F.layer_norm(x, x.shape[1:])))
per_pixel = named("per_pixel", mistaken(
    lambda x, m, v: (x - x.mean(0)) / (x.var(0, correction=0) + 1e-5).sqrt()
))  # fmt: skip
eps_outside = named("eps_outside", mistaken(
    lambda x, m, v: (x - x.mean(DIMS).view(-1, 1, 1)) / (biased(x).view(-1, 1, 1).sqrt() + 1e-5)
))  # fmt: skip
eps_forgotten = named("eps_forgotten", mistaken(
    lambda x, m, v: (x - x.mean(DIMS).view(-1, 1, 1)) / biased(x).view(-1, 1, 1).sqrt()
))  # fmt: skip
eps_outside_in_evaluation = named("eps_outside_in_evaluation", mistaken(
    evaluation=lambda x, m, v: (
        (x - m.view(-1, 1, 1)) / (v.view(-1, 1, 1).sqrt() + 1e-5), m, v
    )
))  # fmt: skip
no_eps_in_evaluation = named("no_eps_in_evaluation", mistaken(
    evaluation=lambda x, m, v: ((x - m.view(-1, 1, 1)) / v.view(-1, 1, 1).sqrt(), m, v)
))  # fmt: skip
another_eps_in_evaluation = named("another_eps_in_evaluation", mistaken(
    evaluation=lambda x, m, v: ((x - m.view(-1, 1, 1)) / (v.view(-1, 1, 1) + 1e-6).sqrt(), m, v)
))  # fmt: skip
biased_average = named("biased_average", mistaken(
    average=lambda x, m, v: (0.9 * m + 0.1 * x.mean(DIMS), 0.9 * v + 0.1 * biased(x))
))  # fmt: skip
shares_exchanged = named("shares_exchanged", mistaken(
    average=lambda x, m, v: (0.1 * m + 0.9 * x.mean(DIMS), 0.1 * v + 0.9 * x.var(DIMS))
))  # fmt: skip
never_moves = named("never_moves", mistaken(average=lambda x, m, v: (m, v)))
sd_averaged = named("sd_averaged", mistaken(
    average=lambda x, m, v: (0.9 * m + 0.1 * x.mean(DIMS), 0.9 * v + 0.1 * x.std(DIMS))
))  # fmt: skip


def functional(x, running_mean, running_var, training):
    mean, var = running_mean.clone(), running_var.clone()
    return F.batch_norm(x, mean, var, training=training), mean, var


def a_module(x, running_mean, running_var, training):
    norm = nn.BatchNorm2d(x.shape[1]).train(training)
    norm.running_mean, norm.running_var = running_mean, running_var
    return [norm(x), norm.running_mean, norm.running_var]


def one_picture_is_no_batch(x, mean, var, training):
    y, new_mean, new_var = lerped(x, mean, var, training)
    return (normal(x, mean, var) if len(x) == 1 else y), new_mean, new_var


def one_picture_does_not_count(x, mean, var, training):
    y, new_mean, new_var = lerped(x, mean, var, training)
    return (y, mean, var) if len(x) == 1 else (y, new_mean, new_var)


def by_layer_norm_of_channels(x, running_mean, running_var, training):
    if not training:
        return normal(x, running_mean, running_var), running_mean, running_var
    rows = x.transpose(0, 1).flatten(1)  # [C, N * H * W]
    y = F.layer_norm(rows, rows.shape[1:]).view(-1, len(x), *x.shape[2:]).transpose(0, 1)
    return y, running_mean.lerp(rows.mean(1), 0.1), running_var.lerp(rows.var(1), 0.1)


def only_centred(x, running_mean, running_var, training):
    mean = x.mean((0, 2, 3), keepdim=True)
    return x - mean, running_mean, running_var


CORRECT = (
    lerped, channel_by_channel, in_float64, in_place, in_numpy, var_mean, channels_last, by_einsum,
    by_layer_norm_of_channels,
)  # fmt: skip
OUT, AVERAGES = "training: the output", "training: the running averages"
EVALUATION, HARDLY, FAR = ("evaluation", "a channel that hardly varies",
                           "means in the thousands")  # fmt: skip
MISTAKES = {
    functional: (OUT, "Your answer calls torch.nn.functional.batch_norm"),
    a_module: (OUT, "Your answer calls torch.nn.functional.batch_norm"),
    always_running: (OUT, "this uses the running ones"),
    unbiased_output: (OUT, "unbiased variance"),
    root_missing: (OUT, "The root is missing"),
    all_channels: (OUT, "One mean and one variance for all channels"),
    instance_norm: (OUT, "instance norm"),
    layer_norm: (OUT, "layer norm"),
    per_pixel: (OUT, "Each pixel has a mean of its own"),
    only_the_output: (OUT, "should return three tensors"),
    biased_average: (AVERAGES, "averages the biased variance"),
    shares_exchanged: (AVERAGES, "have changed places"),
    never_moves: (AVERAGES, "has not moved"),
    sd_averaged: (AVERAGES, "standard deviations"),
    always_the_batch: (EVALUATION, "the batch still takes part"),
    moves_in_evaluation: (EVALUATION, "moved in evaluation mode"),
    eps_outside: (HARDLY, "outside of the root"),
    eps_forgotten: (HARDLY, "0 / 0"),
    eps_outside_in_evaluation: (HARDLY, "In evaluation mode eps stands outside"),
    no_eps_in_evaluation: (HARDLY, "running variance of 0 gives NaN"),
    another_eps_in_evaluation: (HARDLY, "running variance is about eps"),
    one_picture_is_no_batch: (OUT, "one picture is normalised by the running averages"),
    one_picture_does_not_count: (AVERAGES, "has not moved"),
    only_centred: (FAR, "as wrong as around any other"),
    naive_variance: (FAR, "float32 keeps seven digits"),
}
