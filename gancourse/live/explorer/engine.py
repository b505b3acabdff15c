"""Which generators a page can run by itself, and their weights for it (`static/src/engine`)."""

import torch
from torch import Tensor, nn

from gancourse.nets import IMAGE, make_generator, metadata_of
from gancourse.store import tensor_bytes

KNOWN = ("mlp", "dcgan", *(f"writeup-00{i}" for i in range(5)))  # as in static/src/engine/nets.js


def runs_in_page(G) -> bool:
    """Return whether the page's engine knows this net: one of `make_generator`, and not changed."""
    recipe = getattr(G, "recipe", None)
    if not isinstance(G, nn.Module) or not recipe or recipe["net"] not in KNOWN:
        return False
    if tuple(getattr(G, "shape", IMAGE)) != IMAGE:
        return False
    with torch.random.fork_rng(devices=[]):
        fresh = make_generator(recipe["net"], **recipe["options"])
    return str(fresh) == str(G) and _shapes(fresh) == _shapes(G)


def _shapes(net: nn.Module) -> dict[str, torch.Size]:
    return {name: tensor.shape for name, tensor in net.state_dict().items()}


def weights_of(G: nn.Module, half: bool = False) -> bytes:
    """Return G's weights as a safetensors file; with `half` the matrices are rounded to float16."""
    tensors = {name: _kept(t, half) for name, t in G.state_dict().items()}
    return tensor_bytes(tensors, metadata_of(G))


def _kept(tensor: Tensor, half: bool) -> Tensor:
    if not tensor.is_floating_point():
        return tensor
    return tensor.half() if half and tensor.dim() > 1 else tensor.float()
