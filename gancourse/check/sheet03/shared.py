"""What the exercises on logits share: cross-entropy, and what lost gradients and NaN mean."""

from torch import Tensor
from torch.nn.functional import softplus

from gancourse.check import facts
from gancourse.check.spec import Wrong

FAR = 1e4
CUT = (
    "No gradient comes back to the logits: .item(), .detach() or no_grad cuts the graph, and "
    "nothing can be learned from this loss."
)
NO_LOG = (
    "At logits of 10,000 this is not finite: the sigmoid is exactly 0 or 1 there, and a logarithm "
    "sees 0; stay with the logit (softplus, logsigmoid)."
)


def finite(value: object) -> None:
    if isinstance(value, Tensor) and value.is_floating_point() and not value.isfinite().all():
        raise Wrong(NO_LOG)


def gradient(found: object, n: int) -> Tensor:
    if found is None:
        raise Wrong(CUT)
    return facts.tensor(found, [n], "The gradient")


def entropy(logit: Tensor, y: Tensor) -> Tensor:
    return softplus(logit) - y * logit
