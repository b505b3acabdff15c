"""What a module is seen to do: its calls, in which mode, and the backward passes through them."""

from torch import Tensor, nn

COUNTS = ("calls", "evaluating", "backwards", "at_once")


def counting(seen: dict[str, int]):
    """Return a forward hook that counts into `seen` what `Student.watch` returns."""
    waiting: set[int] = set()

    def called(module: nn.Module, given: tuple, out: Tensor) -> None:
        number = seen["calls"] = seen["calls"] + 1
        seen["evaluating"] += not all(m.training for m in nn.Module.modules(module))

        def reached(grad: Tensor) -> None:
            seen["backwards"] += 1
            waiting.discard(number)

        if out.requires_grad:
            out.register_hook(reached)
            waiting.add(number)
            seen["at_once"] = max(seen["at_once"], len(waiting))

    return called
