"""An initialisation that reaches its layers: correct in several styles, and classic mistakes."""

import torch
from torch import nn
from torch.nn.init import kaiming_normal_, kaiming_uniform_

SEEDS = 1  # of two trainings each


def linears(net):
    return [layer for layer in net.modules() if isinstance(layer, nn.Linear)]


def over_modules(net):
    for layer in net.modules():
        if isinstance(layer, nn.Linear):
            kaiming_normal_(layer.weight, a=0.2)
            nn.init.zeros_(layer.bias)


def through_apply(net):
    def draw(layer):
        if isinstance(layer, nn.Linear):
            kaiming_uniform_(layer.weight, a=0.2, nonlinearity="leaky_relu")

    net.apply(draw)


def by_hand(net):
    with torch.no_grad():
        for layer in linears(net):
            layer.weight.copy_(torch.randn_like(layer.weight) * (1.92 / layer.in_features) ** 0.5)
            layer.bias.zero_()


def recursive(net):
    for layer in net.children():
        if isinstance(layer, nn.Linear):
            kaiming_normal_(layer.weight, a=0.2)
            layer.bias.data.fill_(0.0)
        else:
            recursive(layer)


def unmended(net):
    for layer in net.children():
        if isinstance(layer, nn.Linear):
            kaiming_normal_(layer.weight, a=0.2)
            nn.init.zeros_(layer.bias)


def of_copies(net):
    for layer in linears(net):
        kaiming_normal_(layer.weight.detach().clone(), a=0.2)


def biases_alone(net):
    for layer in linears(net):
        nn.init.zeros_(layer.bias)


def of_dcgan(net):
    for layer in linears(net):
        nn.init.normal_(layer.weight, 0.0, 0.02)


def of_torch(net):
    for layer in linears(net):
        layer.reset_parameters()


def standard_normal(net):
    for layer in linears(net):
        nn.init.normal_(layer.weight)


def zeros(net):
    for layer in linears(net):
        nn.init.zeros_(layer.weight)


def constant(net):
    for layer in linears(net):
        nn.init.constant_(layer.weight, 1 / layer.in_features)


def xavier_without_gain(net):
    for layer in linears(net):
        nn.init.xavier_normal_(layer.weight)
        nn.init.zeros_(layer.bias)


def first_layer_alone(net):
    kaiming_normal_(linears(net)[0].weight, a=0.2)


REACHES, CARRIES = "every layer is drawn anew", "the signal keeps its size"
CORRECT = (over_modules, through_apply, by_hand, recursive)
MISTAKES = {
    unmended: (REACHES, "The patient is still ill: every weight is what it was before"),
    of_copies: (REACHES, "every weight is what it was before"),
    biases_alone: (REACHES, "every weight is what it was before"),
    of_dcgan: (CARRIES, "signal dies"),
    of_torch: (CARRIES, "signal dies"),
    standard_normal: (CARRIES, "explodes"),
    zeros: (CARRIES, "All units of a layer have the same weights"),
    constant: (CARRIES, "All units of a layer have the same weights"),
    xavier_without_gain: (CARRIES, "signal dies"),
    first_layer_alone: (REACHES, "keep their old weights"),
}
