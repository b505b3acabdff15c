"""Which generators a page can run by itself, and their weights for it (`static/src/engine`)."""

import copy

import torch
from torch import Tensor, nn

from gancourse.nets import IMAGE, OneClass, make_generator, metadata_of
from gancourse.store import tensor_bytes

LARGE = 2**16  # numbers of a matrix; below, bytes would save little
KNOWN = ("mlp", "dcgan", *(f"writeup-00{i}" for i in range(5)))  # as in static/src/engine/nets.js


def runs_in_page(G) -> bool:
    """Return whether the page's engine knows this net: one of `make_generator`, and not changed.

    A conditional one it knows when it is asked for one class: it is a net of z alone then.
    """
    of_class = isinstance(G, OneClass)
    G, known = (G.G, ("cdcgan",)) if of_class else (G, KNOWN)
    recipe = getattr(G, "recipe", None)
    if not isinstance(G, nn.Module) or not recipe or recipe["net"] not in known:
        return False
    if tuple(getattr(G, "shape", IMAGE)) != IMAGE:
        return False
    with torch.random.fork_rng(devices=[]):
        fresh = make_generator(recipe["net"], **recipe["options"])
    return str(fresh) == str(G) and _shapes(fresh) == _shapes(G)


def plain(G: nn.Module) -> nn.Module:
    """Return a conditional generator that is asked for one class as a "dcgan" of z alone.

    The label's part of the dense layer is the same for every z: a bias. Other nets come back as
    they are.
    """
    if not isinstance(G, OneClass):
        return G
    inner = copy.deepcopy(G.G.net)
    weight = inner.dense.weight.detach()
    inner.dense = nn.Linear(G.z_dim, len(weight), device=weight.device)
    with torch.no_grad():
        inner.dense.weight.copy_(weight[:, : G.z_dim])
        inner.dense.bias.copy_(weight[:, G.z_dim :] @ G.weights[0].to(weight))
    given = {k: v for k, v in G.G.recipe["options"].items() if k != "classes"}
    options = {"depth": 1, **given, "z_dim": G.z_dim, "width": inner.width}
    inner.z_dim, inner.recipe = G.z_dim, {"net": "dcgan", "options": options}
    return inner


def labelled(G: nn.Module) -> nn.Module:
    """Return a conditional generator as a "dcgan" of z and the classes' weights in one row."""
    inner = copy.deepcopy(G.net)
    given = {k: v for k, v in G.recipe["options"].items() if k != "classes"}
    options = {"depth": 1, **given, "z_dim": G.z_dim + G.classes, "width": inner.width}
    inner.recipe = {"net": "dcgan", "options": options}
    return inner


def _shapes(net: nn.Module) -> dict[str, torch.Size]:
    return {name: tensor.shape for name, tensor in net.state_dict().items()}


def weights_of(G: nn.Module, bits: int = 32) -> bytes:
    """Return G's weights as a safetensors file, for a page its matrices in fewer bits.

    With 16 they are rounded to float16. With 8 those of more than LARGE numbers are bytes, NAME,
    and the largest of each row along the first axis over 127, NAME.scale; the others are float16.
    """
    G = plain(G)
    tensors: dict[str, Tensor] = {}
    for name, tensor in G.state_dict().items():
        tensors |= _kept(name, tensor, bits)
    return tensor_bytes(tensors, metadata_of(G))


def _kept(name: str, tensor: Tensor, bits: int) -> dict[str, Tensor]:
    if not tensor.is_floating_point():
        return {name: tensor}
    if bits == 32 or tensor.dim() < 2:
        return {name: tensor.float()}
    if bits == 16 or tensor.numel() <= LARGE:
        return {name: tensor.half()}
    rows = tensor.float().flatten(1)
    scale = rows.abs().amax(1).clamp_min(torch.finfo(torch.float32).tiny) / 127
    return {name: (rows / scale[:, None]).round().char().view_as(tensor), f"{name}.scale": scale}
