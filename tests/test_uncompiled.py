"""An optimiser works without PyTorch's compiler, which takes seconds to load, and beside it."""

import copy
import importlib
import inspect
import json
import subprocess
import sys

import pytest
import torch
from torch import nn

import gancourse.machine  # noqa: F401  (what is tested is done when it is imported)

KINDS = sorted(
    name for name, kind in vars(torch.optim).items()
    if inspect.isclass(kind) and issubclass(kind, torch.optim.Optimizer)
    and name not in ("Optimizer", "SparseAdam", "LBFGS", "Muon")  # those want other gradients
)  # fmt: skip
PROGRAM = """
import json, sys
import torch
from torch import nn
import gancourse.machine

def trained(name):
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 1))
    opt = getattr(torch.optim, name)(net.parameters(), lr=0.01)
    for _ in range(5):
        opt.zero_grad()
        net(torch.randn(8, 3)).square().mean().backward()
        opt.step()
    again = getattr(torch.optim, name)(net.parameters(), lr=0.5)
    again.load_state_dict(opt.state_dict())
    again.add_param_group({"params": [nn.Parameter(torch.ones(2))]})
    again.step(lambda: net(torch.randn(8, 3)).square().mean())
    return [w.tolist() for w in net.parameters()]

kinds = json.loads(sys.argv[1])
alone = {name: trained(name) for name in kinds}
loaded = "torch._dynamo" in sys.modules
import torch._dynamo
beside = {name: trained(name) for name in kinds}
equal = [name for name in kinds if alone[name] == beside[name]]
print(json.dumps({"loaded": loaded, "equal": equal}))
"""


def test_no_optimiser_loads_the_compiler_and_each_takes_the_same_steps_beside_it():
    run = subprocess.run([sys.executable, "-c", PROGRAM, json.dumps(KINDS)], check=True,
                         capture_output=True, text=True)  # fmt: skip
    assert len(KINDS) > 10
    assert json.loads(run.stdout) == {"loaded": False, "equal": KINDS}


class Parts:
    """A net with one number, and the program that trains it."""

    def __init__(self):
        self.w = nn.Parameter(torch.tensor(2.0))
        self.opt = torch.optim.SGD([self.w], lr=0.25)

    def step(self):
        self.opt.zero_grad()
        self.w.square().backward()
        self.opt.step()


@pytest.fixture(params=["not loaded", "loaded"])
def compiler(request, monkeypatch):
    """Let the methods see the compiler in `sys.modules`, or see none there."""
    importlib.import_module("torch._dynamo")
    if request.param == "not loaded":
        monkeypatch.delitem(sys.modules, "torch._dynamo")


@pytest.mark.usefixtures("compiler")
def test_hooks_are_called_and_gradients_are_off_within_a_step_alone():
    parts, seen = Parts(), []
    parts.opt.register_step_pre_hook(lambda *_: seen.append("before"))
    parts.opt.register_step_post_hook(lambda *_: seen.append("after"))
    parts.step()
    assert (seen, parts.w.item(), torch.is_grad_enabled()) == (["before", "after"], 1.0, True)
    parts.opt.step(lambda: seen.append(torch.is_grad_enabled()))
    assert seen[-2:] == [True, "after"]  # a closure has its gradients
    with torch.no_grad():
        parts.opt.step()
        assert not torch.is_grad_enabled()


@pytest.mark.usefixtures("compiler")
def test_a_step_that_is_to_be_differentiable_is():
    rate, w = torch.tensor(0.25, requires_grad=True), nn.Parameter(torch.tensor(2.0))
    moved = w.clone()
    opt = torch.optim.SGD([moved], lr=rate, differentiable=True)
    moved.grad = torch.tensor(4.0)
    opt.step()
    moved.backward()
    assert (moved.item(), w.grad.item(), rate.grad.item()) == (1.0, 1.0, -4.0)


@pytest.mark.usefixtures("compiler")
def test_an_optimiser_is_copied_with_its_state():
    parts = Parts()
    parts.step()
    twin = copy.deepcopy(parts)
    twin.step()
    assert (parts.w.item(), twin.w.item()) == (1.0, 0.5)


def test_a_step_can_be_compiled():
    parts = Parts()
    torch.compile(parts.step, backend="eager")()
    assert parts.w.item() == 1.0
