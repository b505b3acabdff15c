"""What a module is seen to do: its calls, in which mode, and the backward passes through them."""

import torch
from torch import Tensor, nn

# Evaluating are calls of a module that is not wholly in training mode; backwards reach its outputs,
# at_once is of how many samples the graphs were kept together, and largest how many one call had.
COUNTS = ("calls", "evaluating", "backwards", "at_once", "largest")


class Saved:
    """A tensor that a call saved for its backward pass, as long as it is kept."""

    def __init__(self, tensor: Tensor, call: int, kept: dict[int, int]):
        self.tensor, self.call, self.kept = tensor.detach(), call, kept
        kept[call] = kept.get(call, 0) + 1

    def __del__(self):
        self.kept[self.call] -= 1


def counting(net: nn.Module, seen: dict[str, int]) -> None:
    """Count into `seen`, from now on, what `Student.watch` returns."""
    kept: dict[int, int] = {}  # by call: tensors that its graph still holds
    rows: dict[int, int] = {}  # by call: samples
    inside: list[torch.autograd.graph.saved_tensors_hooks] = []

    def before(module: nn.Module, given: tuple) -> None:
        number = seen["calls"] = seen["calls"] + 1
        hooks = torch.autograd.graph.saved_tensors_hooks(
            lambda tensor: Saved(tensor, number, kept), lambda saved: saved.tensor
        )
        try:
            hooks.__enter__()
        except RuntimeError:  # in a transform of torch.func, whose graph ends with it
            kept[number] = 0
        else:
            inside.append(hooks)

    def after(module: nn.Module, given: tuple, out: object) -> None:
        if inside:
            inside.pop().__exit__()
        if not isinstance(out, Tensor):  # the call has failed
            return
        seen["evaluating"] += not all(m.training for m in nn.Module.modules(module))
        number = seen["calls"]
        rows[number] = len(out) if out.dim() else 1
        seen["largest"] = max(seen["largest"], rows[number])
        waiting = {call for call, tensors in kept.items() if tensors}
        if out.requires_grad:
            out.register_hook(reached)
            waiting.add(number)
        seen["at_once"] = max(seen["at_once"], sum(rows.get(call, 0) for call in waiting))

    def reached(grad: Tensor) -> None:
        seen["backwards"] += 1

    net.register_forward_pre_hook(before)
    net.register_forward_hook(after, always_call=True)
