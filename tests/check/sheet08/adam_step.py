"""A step that can be resumed: correct in several styles, and the classic mistakes."""

import math
from collections import OrderedDict

import numpy as np
import torch

B1, B2, EPS = 0.5, 0.999, 1e-8


def by_the_formula(weight, grad, state, lr):
    t = state.get("t", 0) + 1
    m = B1 * state.get("m", 0) + (1 - B1) * grad
    v = B2 * state.get("v", 0) + (1 - B2) * grad**2
    ratio = (m / (1 - B1**t)) / ((v / (1 - B2**t)).sqrt() + EPS)
    return weight - lr * ratio, {"t": t, "m": m, "v": v}


def in_place(weight, grad, state, lr):
    if not state:
        zeros = torch.zeros_like(weight)
        state = {"step": torch.tensor(0), "m": zeros, "v": zeros.clone()}
    state["step"] += 1
    state["m"].lerp_(grad, 1 - B1)
    state["v"].mul_(B2).addcmul_(grad, grad, value=1 - B2)
    t = state["step"].item()
    root = (state["v"] / (1 - B2**t)).sqrt_().add_(EPS)
    return weight.addcdiv_(state["m"], root, value=-lr / (1 - B1**t)), state


def sums_from_the_start(weight, grad, state, lr):
    """The averages as weighted means: the weights' sums take the place of the count."""
    s = state or {"m": 0.0, "v": 0.0, "wm": 0.0, "wv": 0.0}
    s = {
        "m": B1 * s["m"] + grad,
        "v": B2 * s["v"] + grad.square(),
        "wm": B1 * s["wm"] + 1,
        "wv": B2 * s["wv"] + 1,
    }
    return weight - lr * s["m"] / s["wm"] / ((s["v"] / s["wv"]).sqrt() + EPS), s


def numpy_in_float64(weight, grad, state, lr):
    g = grad.double().numpy()
    t, m, v = state.get("all", [0, np.zeros(g.shape), np.zeros(g.shape)])
    t, m, v = t + 1, B1 * np.asarray(m) + (1 - B1) * g, B2 * np.asarray(v) + (1 - B2) * g * g
    step = lr * (m / (1 - B1**t)) / (np.sqrt(v / (1 - B2**t)) + EPS)
    new, kept = weight.double().numpy() - step, [t, torch.as_tensor(m), torch.as_tensor(v)]
    return torch.as_tensor(new).to(weight), {"all": kept}


def powers_kept(weight, grad, state, lr):
    """The powers of both betas stand in for the count."""
    p1, p2, m, v = state.get("all", [1.0, 1.0, 0.0, 0.0])
    p1, p2 = p1 * B1, p2 * B2
    m, v = torch.add(B1 * m, grad, alpha=1 - B1), B2 * v + (1 - B2) * grad**2
    step = m / (1 - p1) / (torch.sqrt(v / (1 - p2)) + EPS)
    return weight - lr * step, {"all": [p1, p2, m, v]}


def history_kept(weight, grad, state, lr):
    """All gradients, and the averages as sums over them."""
    grads = [*state.get("grads", []), grad]
    t = len(grads)
    m = sum((1 - B1) * B1 ** (t - 1 - i) * g for i, g in enumerate(grads)) / (1 - B1**t)
    v = sum((1 - B2) * B2 ** (t - 1 - i) * g * g for i, g in enumerate(grads)) / (1 - B2**t)
    return weight - lr * m / (v.sqrt() + EPS), {"grads": grads}


def ordered(weight, grad, state, lr):
    weight, state = by_the_formula(weight, grad, state, lr)
    return weight, OrderedDict(state)


def stacked(weight, grad, state, lr):
    kept = state.get("kept", torch.zeros(2, *weight.shape, dtype=weight.dtype))
    t = state.get("t", 0) + 1
    beta = torch.tensor([B1, B2], dtype=weight.dtype).view(2, *[1] * weight.dim())
    kept = beta * kept + (1 - beta) * torch.stack([grad, grad * grad])
    m, v = kept / (1 - torch.tensor([B1, B2]).double() ** t).view(2, *[1] * weight.dim())
    return (weight - lr * m / (v.sqrt() + EPS)).to(weight), {"t": t, "kept": kept}


def _adam(weight, grad, state, lr, b1=B1, b2=B2, unbias=(True, True), root=torch.sqrt):
    """Return by_the_formula's answer with one thing changed."""
    t = state.get("t", 0) + 1
    m = b1 * state.get("m", 0) + (1 - b1) * grad
    v = b2 * state.get("v", 0) + (1 - b2) * grad**2
    top = m / (1 - b1**t) if unbias[0] else m
    bottom = v / (1 - b2**t) if unbias[1] else v
    return weight - lr * top / (root(bottom) + EPS), {"t": t, "m": m, "v": v}


def no_correction(weight, grad, state, lr):
    return _adam(weight, grad, state, lr, unbias=(False, False))


def v_not_corrected(weight, grad, state, lr):
    return _adam(weight, grad, state, lr, unbias=(True, False))


def m_not_corrected(weight, grad, state, lr):
    return _adam(weight, grad, state, lr, unbias=(False, True))


def betas_exchanged(weight, grad, state, lr):
    return _adam(weight, grad, state, lr, b1=B2, b2=B1)


def the_usual_beta(weight, grad, state, lr):
    return _adam(weight, grad, state, lr, b1=0.9)


def no_root(weight, grad, state, lr):
    return _adam(weight, grad, state, lr, root=lambda v: v)


def eps_inside(weight, grad, state, lr):
    return _adam(weight, grad, state, lr, root=lambda v: (v + EPS).sqrt() - EPS)


def uphill(weight, grad, state, lr):
    return _adam(weight, grad, state, -lr)


def _without(name):
    def adam_step(weight, grad, state, lr):
        weight, state = by_the_formula(weight, grad, state, lr)
        del state[name]
        return weight, state

    adam_step.__name__ = f"{name}_forgotten"
    return adam_step


t_forgotten, m_forgotten, v_forgotten = (_without(name) for name in "tmv")


def weights_alone(weight, grad, state, lr):
    return by_the_formula(weight, grad, {}, lr)[0], {}


KEPT = {}


def global_state(weight, grad, state, lr):
    if not state:
        KEPT.clear()
    new, kept = by_the_formula(weight, grad, KEPT, lr)
    KEPT.update(kept)
    return new, {"t": kept["t"]}


def torchs_own(weight, grad, state, lr):
    w = torch.nn.Parameter(weight.clone())
    opt = torch.optim.Adam([w], lr, (B1, B2))
    if state:
        opt.load_state_dict({"state": {0: state}, "param_groups": opt.state_dict()["param_groups"]})
    w.grad = grad
    opt.step()
    return w.detach(), opt.state_dict()["state"][0]


class Live:
    """An object that holds the averages."""

    def __init__(self):
        self.state = {}


def object_in_the_state(weight, grad, state, lr):
    live = state.get("live") or Live()
    weight, live.state = by_the_formula(weight, grad, live.state, lr)
    return weight, {"live": live}


def numbered(weight, grad, state, lr):
    """Under numbers, as the state_dict() of an optimiser is."""
    weight, state = by_the_formula(weight, grad, state.get("state", {}), lr)
    return weight, {"state": {0: state}, "param_groups": [{"lr": lr}]}


def old_weight(weight, grad, state, lr):
    return weight, by_the_formula(weight, grad, state, lr)[1]


def exchanged(weight, grad, state, lr):
    return by_the_formula(weight, grad, state, lr)[::-1]


def state_not_returned(weight, grad, state, lr):
    return by_the_formula(weight, grad, state, lr)[0]


def one_number_for_all(weight, grad, state, lr):
    t = state.get("t", 0) + 1
    m = B1 * state.get("m", 0) + (1 - B1) * grad
    v = B2 * state.get("v", 0.0) + (1 - B2) * grad.square().mean().item()
    ratio = m / (1 - B1**t) / (math.sqrt(v / (1 - B2**t)) + EPS)
    return weight - lr * ratio, {"t": t, "m": m, "v": v}


def amsgrad(weight, grad, state, lr):
    t, zero = state.get("t", 0) + 1, torch.zeros_like(grad)
    m = B1 * state.get("m", zero) + (1 - B1) * grad
    v = B2 * state.get("v", zero) + (1 - B2) * grad**2
    top = torch.maximum(v, state.get("top", v))
    step = m / (1 - B1**t) / ((top / (1 - B2**t)).sqrt() + 1e-8)
    return weight - lr * step, {"m": m, "v": v, "top": top, "t": t}


CORRECT = (
    by_the_formula, in_place, sums_from_the_start, numpy_in_float64, powers_kept, history_kept,
    ordered, stacked,
)  # fmt: skip
FIRST, ON, TWO = "the first step", "the steps after it", "two runs in turn"
LONG = "a matrix, 100 steps, float64"


def corrected_averages_kept(weight, grad, state, lr):
    """What goes into the state is already divided by 1 - beta^t, and is divided again."""
    t = state.get("t", 0) + 1
    m = (0.5 * state.get("m", 0.0) + 0.5 * grad) / (1 - 0.5**t)
    v = (0.999 * state.get("v", 0.0) + 0.001 * grad**2) / (1 - 0.999**t)
    return weight - lr * m / (v.sqrt() + 1e-8), {"t": t, "m": m, "v": v}


def arrays_in_the_state(weight, grad, state, lr):
    weight, state = by_the_formula(weight, grad, state, lr)
    return weight, {n: t.numpy() if isinstance(t, torch.Tensor) else t for n, t in state.items()}


def rests_where_zero(weight, grad, state, lr):
    new, state = by_the_formula(weight, grad, state, lr)
    return torch.where(grad == 0, weight, new), state


def step_left_out(weight, grad, state, lr):
    return by_the_formula(weight, grad, state, lr) if grad.any() else (weight, state)


def one_v_for_a_row(weight, grad, state, lr):
    t, m = state.get("t", 0) + 1, 0.5 * state.get("m", 0.0) + 0.5 * grad
    square = grad**2 if grad.dim() < 3 else (grad**2).mean(-1, keepdim=True).expand_as(grad)
    v = 0.999 * state.get("v", 0.0) + 0.001 * square
    step = m / (1 - 0.5**t) / ((v / (1 - 0.999**t)).sqrt() + 1e-8)
    return weight - lr * step, {"t": t, "m": m, "v": v}


def never_a_single_number(weight, grad, state, lr):
    return by_the_formula(torch.atleast_1d(weight), torch.atleast_1d(grad), state, lr)


def eps_too_early(weight, grad, state, lr):
    t, m = state.get("t", 0) + 1, 0.5 * state.get("m", 0.0) + 0.5 * grad
    v = 0.999 * state.get("v", 0.0) + 0.001 * grad**2
    step = m / (1 - 0.5**t) * (1 - 0.999**t) ** 0.5 / (v.sqrt() + 1e-8)
    return weight - lr * step, {"t": t, "m": m, "v": v}


def first_rate_kept(weight, grad, state, lr):
    lr = state.get("lr", lr)
    weight, new = by_the_formula(weight, grad, state, lr)
    return weight, new | {"lr": lr}


def rate_folded_into_m(weight, grad, state, lr):
    t, m = state.get("t", 0) + 1, 0.5 * state.get("m", 0.0) + 0.5 * lr * grad
    v = 0.999 * state.get("v", 0.0) + 0.001 * grad**2
    step = m / (1 - 0.5**t) / ((v / (1 - 0.999**t)).sqrt() + 1e-8)
    return weight - step, {"t": t, "m": m, "v": v}


MISTAKES = {
    arrays_in_the_state: (FIRST, "A NumPy array comes back"),
    rests_where_zero: (ON, "when its gradient is 0: m still moves it"),
    step_left_out: (ON, "A step is left out"),
    one_v_for_a_row: (LONG, "of shape [2, 3, 2]"),
    never_a_single_number: (LONG, "should be a tensor of shape []"),
    eps_too_early: (ON, "it comes last"),
    amsgrad: (LONG, "AMSGrad"),
    no_correction: (FIRST, "Neither average is divided"),
    v_not_corrected: (FIRST, "v is not divided"),
    m_not_corrected: (FIRST, "m is not divided"),
    betas_exchanged: (ON, "changed places"),
    the_usual_beta: (ON, "GANs use 0.5"),
    no_root: (FIRST, "root of v is missing"),
    eps_inside: (FIRST, "inside of the root"),
    uphill: (FIRST, "goes up the gradient"),
    t_forgotten: (ON, "t is always 1"),
    m_forgotten: (ON, "m is lost between calls"),
    v_forgotten: (ON, "v is lost between calls"),
    weights_alone: (ON, "each call starts afresh"),
    global_state: (TWO, "disturb each other"),
    object_in_the_state: (FIRST, "live objects die"),
    numbered: (FIRST, "state_dict() of an optimiser"),
    torchs_own: (FIRST, "Your answer calls torch.optim.Adam"),
    old_weight: (FIRST, "did not move"),
    exchanged: (FIRST, "The new weight should be a tensor"),
    state_not_returned: (FIRST, "should return (weight, state)"),
    one_number_for_all: (FIRST, "is not Adam's"),
    first_rate_kept: (ON, "Each step has the first call's lr"),
    rate_folded_into_m: (ON, "Where lr changes"),
    corrected_averages_kept: (TWO, "They do not disturb each other"),
}
