"""An initialisation that reaches its layers: correct in several styles, and classic mistakes."""

import torch
from torch import nn
from torch.nn.init import kaiming_normal_, kaiming_uniform_

SEEDS = 1  # of two trainings each
STYLES = 2  # that are trained in a short run


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
    if isinstance(net, nn.Linear):
        kaiming_normal_(net.weight, a=0.2)
        net.bias.data.fill_(0.0)
    for part in net.children():
        recursive(part)


def by_names(net):
    for name, p in net.named_parameters():
        if isinstance(net.get_submodule(name.rpartition(".")[0]), nn.Linear):
            if name.endswith("weight"):
                kaiming_normal_(p, a=0.2, mode="fan_in")
            else:
                nn.init.zeros_(p)


def with_gain(net):
    gain = nn.init.calculate_gain("leaky_relu", 0.2)
    for layer in linears(net):
        nn.init.normal_(layer.weight, std=gain / layer.in_features**0.5)


def new_parameters(net):
    for layer in linears(net):
        drawn = torch.randn(layer.out_features, layer.in_features)
        layer.weight = nn.Parameter(drawn * (2 / 1.04 / layer.in_features) ** 0.5)
        layer.bias = nn.Parameter(torch.zeros(layer.out_features))


def through_a_state(net):
    state, dense = net.state_dict(), {id(layer.weight) for layer in linears(net)}
    for name, p in net.named_parameters():
        if id(p) in dense:
            state[name] = kaiming_normal_(state[name].clone(), a=0.2)
    net.load_state_dict(state)


def in_a_uniform_band(net):
    """Dense layers by their class's name, uniform, with the biases that they have."""
    for layer in net.modules():
        if type(layer).__name__ == "Linear":
            end = (6 / (1 + 0.2**2) / layer.weight.shape[1]) ** 0.5
            layer.weight.data.uniform_(-end, end)


def all_that_is_named_weight(net):
    for name, p in net.named_parameters():
        if name.endswith("weight"):
            kaiming_normal_(p, a=0.2)


def whatever_has_two_axes(net):
    for p in net.parameters():
        if p.dim() > 1:
            kaiming_normal_(p, a=0.2)


def every_bias(net):
    over_modules(net)
    for name, p in net.named_parameters():
        if name.endswith("bias"):
            nn.init.ones_(p)


def left_frozen(net):
    for layer in linears(net):
        layer.weight.requires_grad_(False)
        kaiming_normal_(layer.weight, a=0.2)


def within_the_net(net):
    for part in net.children():
        over_modules(part)


def for_relu(net):
    for layer in linears(net):
        kaiming_normal_(layer.weight, nonlinearity="relu")


def slope_doubled(net):
    for layer in linears(net):
        kaiming_normal_(layer.weight, a=0.4)


def half_of_the_layers(net):
    for layer in linears(net)[::2]:
        kaiming_normal_(layer.weight, a=0.2)


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


REACHES, CARRIES = "every layer is drawn afresh", "the signal keeps its size"


def seeded_inside(net):
    torch.manual_seed(0)
    over_modules(net)


def of_the_body(net):
    for layer in getattr(net, "body", net):
        if isinstance(layer, nn.Linear):
            kaiming_normal_(layer.weight, a=0.2)


def two_levels(net):
    for part in (net, *net.children()):
        for layer in part.children():
            if isinstance(layer, nn.Linear):
                kaiming_normal_(layer.weight, a=0.2)


CORRECT = (
    over_modules, through_apply, by_hand, recursive, by_names, with_gain, new_parameters,
    through_a_state, in_a_uniform_band,
)  # fmt: skip


def norms_afresh(net):
    for layer in net.modules():
        if isinstance(layer, nn.Linear):
            nn.init.kaiming_normal_(layer.weight, a=0.2)
        elif hasattr(layer, "reset_running_stats"):
            layer.reset_running_stats()


def every_table(net):
    for p in net.parameters():
        if p.dim() == 2:
            nn.init.kaiming_normal_(p, a=0.2)


MISTAKES = {
    unmended: (REACHES, "The run is still faulty: every weight is what it was before"),
    of_copies: (REACHES, "every weight is what it was before"),
    biases_alone: (REACHES, "every weight is what it was before"),
    of_dcgan: (CARRIES, "signal dies"),
    of_torch: (CARRIES, "signal dies"),
    standard_normal: (CARRIES, "explodes"),
    zeros: (CARRIES, "All units of a layer have the same weights"),
    constant: (CARRIES, "All units of a layer have the same weights"),
    xavier_without_gain: (CARRIES, "signal dies"),
    for_relu: (CARRIES, "with a=0 the draw is for ReLU"),
    slope_doubled: (CARRIES, "for LeakyReLU 0.2 it is"),
    half_of_the_layers: (REACHES, "keep their old weights"),
    first_layer_alone: (REACHES, "keep their old weights"),
    of_the_body: (REACHES, "keep their old weights, in a net that is built otherwise"),
    two_levels: (REACHES, "1 of 4 dense layers"),
    all_that_is_named_weight: (REACHES, "your code stops with ValueError"),
    whatever_has_two_axes: (REACHES, "of another layer than a dense one"),
    every_bias: (REACHES, "of another layer than a dense one"),
    norms_afresh: (REACHES, "of another layer than a dense one"),
    every_table: (REACHES, "of another layer than a dense one"),
    left_frozen: (REACHES, "stay frozen after the draw"),
    within_the_net: (REACHES, "itself one dense layer"),
    seeded_inside: (CARRIES, "Two nets get the same weights"),
}
