"""Which generators a page can run by itself, and their weights for it (`static/src/engine`)."""

import copy

import torch
from torch import Tensor, nn

from gancourse.nets import IMAGE, OneClass, make_generator, metadata_of
from gancourse.store import tensor_bytes

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


def weights_of(G: nn.Module, half: bool = False) -> bytes:
    """Return G's weights as a safetensors file; with `half` the matrices are rounded to float16."""
    G = plain(G)
    tensors = {name: _kept(t, half) for name, t in G.state_dict().items()}
    return tensor_bytes(tensors, metadata_of(G))


def _kept(tensor: Tensor, half: bool) -> Tensor:
    if not tensor.is_floating_point():
        return tensor
    return tensor.half() if half and tensor.dim() > 1 else tensor.float()
