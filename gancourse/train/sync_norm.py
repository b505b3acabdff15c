"""Batch norm whose statistics are those of all processes' batches. Lesson 14.

PyTorch's own `nn.SyncBatchNorm` runs on GPUs only, and has no second derivatives, which gradient
penalties need. This one is the same formula, and a sum over the processes that autograd knows.
"""

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm


class _Sum(torch.autograd.Function):
    """The sum of x over all processes; so is the sum of its gradients."""

    @staticmethod
    def forward(ctx, x: Tensor) -> Tensor:
        total = x.clone(memory_format=torch.contiguous_format)
        dist.all_reduce(total)
        return total

    @staticmethod
    def backward(ctx, grad: Tensor) -> Tensor:
        return _Sum.apply(grad)


class SyncNorm(nn.Module):
    """A batch norm, its weights and running statistics shared, that counts all processes' samples.

    Mean and variance of [N, C, ...] are over N, the rest and the processes. In evaluation it is the
    batch norm that it was made from. Source: Ioffe and Szegedy 2015, arXiv 1502.03167, algorithm 1.
    """

    def __init__(self, norm: _BatchNorm):
        super().__init__()
        self.weight, self.bias = norm.weight, norm.bias
        for name, buffer in norm.named_buffers():
            self.register_buffer(name, buffer)
        self.eps, self.momentum = norm.eps, norm.momentum

    def forward(self, x: Tensor) -> Tensor:
        if not self.training:
            return nn.functional.batch_norm(
                x, self.running_mean, self.running_var, self.weight, self.bias, eps=self.eps
            )
        axes = [0, *range(2, x.dim())]
        each = x.float()
        count = each.new_full((1,), x.numel() / x.shape[1])
        total = _Sum.apply(torch.cat([each.sum(axes), count]))
        n = total[-1]
        mean = total[:-1] / n
        centred = each - _along(mean, x)
        var = _Sum.apply((centred**2).sum(axes)) / n  # of centred values: nothing cancels
        self._follow(mean, var * n / (n - 1))
        scale = self.weight * (var + self.eps).rsqrt()
        return (centred * _along(scale, x) + _along(self.bias, x)).to(x.dtype)

    @torch.no_grad()
    def _follow(self, mean: Tensor, var: Tensor) -> None:
        self.num_batches_tracked += 1
        self.running_mean.lerp_(mean, self.momentum)
        self.running_var.lerp_(var, self.momentum)


def _along(channels: Tensor, x: Tensor) -> Tensor:
    """Return numbers [C] so that they meet x [N, C, ...]."""
    return channels.view(1, -1, *[1] * (x.dim() - 2))


def synchronised(net: nn.Module) -> nn.Module:
    """Replace each batch norm in a net by one that counts all processes' samples; return the net.

    Weights and their names stay, so that optimisers and files know them.
    """
    if isinstance(net, _BatchNorm):
        return SyncNorm(net).train(net.training)
    for name, child in net.named_children():
        setattr(net, name, synchronised(child))
    return net
