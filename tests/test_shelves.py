"""What a lesson defines gives the same numbers as what the package has under the same name."""

import ast
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from torch import nn
from torch.nn.functional import softplus

from gancourse import nets
from gancourse import train as T

NOTEBOOKS = Path(__file__).resolve().parents[1] / "notebooks"
POINTS = {"shape": (2,), "widths": (16,)}


def lesson(stem: str, **names) -> dict:
    """Return the functions that a lesson defines, in an `if` too, with `names` at hand.

    The last definition of a name counts: what follows an exercise's stub is the lesson's answer.
    """
    tree = ast.parse((NOTEBOOKS / f"{stem}.py").read_text())
    nodes = [n for node in tree.body for n in (node.body if isinstance(node, ast.If) else [node])]
    tree.body = [node for node in nodes if isinstance(node, ast.FunctionDef)]
    space = {"torch": torch, "nn": nn, "softplus": softplus, "z_dim": 2, "width": 128, **names}
    for node in tree.body:
        node.args.defaults = node.args.defaults if node.name.startswith("make") else []
    exec(compile(tree, stem, "exec"), space)
    return space


def states():
    recipe = T.Recipe("mlp", G={"z_dim": 2, "norm": False, **POINTS}, D=POINTS, precision="fp32")
    return T.State(recipe, 0, "cpu"), T.State(recipe, 0, "cpu")


@pytest.fixture
def minimal():
    return lesson("05_minimal_gan")


def test_d_step_of_lesson_05_is_the_packages(minimal):
    ours, theirs = states()
    x_real = torch.randn(32, 2)
    d_loss = minimal["d_step"](theirs.G, theirs.D, theirs.opt_D, x_real, theirs.noise(32))
    assert d_loss == pytest.approx(T.d_step(ours, x_real)["d_loss"].item())
    for p, q in zip(ours.D.parameters(), theirs.D.parameters(), strict=True):
        torch.testing.assert_close(p, q)


def test_g_step_of_lesson_05_is_the_packages(minimal):
    ours, theirs = states()
    g_loss = minimal["g_step"](theirs.G, theirs.D, theirs.opt_G, theirs.noise(32))
    assert g_loss == pytest.approx(T.g_step(ours, torch.zeros(32, 2))["g_loss"].item())
    for p, q in zip(ours.G.parameters(), theirs.G.parameters(), strict=True):
        torch.testing.assert_close(p, q)


STUB = 'raise NotImplementedError("your turn")'
STEPS = {"d_step": "05.2", "g_step": "05.3"}


@pytest.mark.parametrize("name", STEPS)
def test_the_reader_of_lesson_05_writes_each_step_and_what_is_not_written_stands_in(name):
    cells = (NOTEBOOKS / "05_minimal_gan.py").read_text().split("\n# %%")
    asked = [cell for cell in cells if STUB in cell]
    (stand_in,) = (cell for cell in cells if cell.count("_written.passed:") == 2)
    assert [step for step in STEPS if any(f"def {step}(" in cell for cell in asked)] == [*STEPS]
    asked = [c.replace(STUB, "return 'mine'") if f"def {name}(" in c else c for c in asked]
    space = {"softplus": softplus,
             "check": lambda id, step: SimpleNamespace(passed=id == STEPS[name])}  # fmt: skip
    for cell in (*asked, stand_in):
        exec(cell.partition("\n")[2], space)
    theirs, z = states()[1], torch.randn(32, 2)
    took = {"d_step": space["d_step"](theirs.G, theirs.D, theirs.opt_D, torch.randn(32, 2), z),
            "g_step": space["g_step"](theirs.G, theirs.D, theirs.opt_G, z)}  # fmt: skip
    assert took.pop(name) == "mine"
    assert all(isinstance(loss, float) for loss in took.values())


@pytest.mark.parametrize(("role", "shape"), [("G", (64,)), ("D", (1, 28, 28))])
def test_nets_of_lesson_06_are_the_packages(role, shape):
    theirs = lesson("06_mlp_gan_mnist")[f"make_{role}"]()
    ours = {"G": nets.make_generator, "D": nets.make_discriminator}[role]("mlp")
    for p, q in zip(ours.parameters(), theirs.parameters(), strict=True):
        p.data.copy_(q)
    x = torch.rand(8, *shape) * 2 - 1
    torch.testing.assert_close(ours(x), theirs(x))


def unpermuted(weight, width):
    """Return a dense weight whose 7 * 7 * width side the package orders by pixel, by channel."""
    return weight.view(7, 7, width, -1).permute(2, 0, 1, 3).reshape(49 * width, -1)


@pytest.mark.parametrize("training", [True, False])
def test_generator_of_lesson_07_is_the_packages(training):
    theirs = lesson("07_dcgan_parts")["make_G"](64, 128).train(training)
    ours = nets.make_generator("dcgan", z_dim=64, width=128).train(training)
    for p, q in zip(ours.parameters(), theirs.parameters(), strict=True):
        q.data.copy_(p.data)
    theirs[0].weight.data.copy_(unpermuted(ours.dense.weight.data, 128))
    z = torch.randn(8, 64)
    torch.testing.assert_close(ours(z), theirs(z))


@pytest.mark.parametrize("training", [True, False])
def test_discriminator_of_lesson_07_is_the_packages(training):
    theirs = lesson("07_dcgan_parts")["make_D"](128).train(training)
    ours = nets.make_discriminator("dcgan", width=128).train(training)
    for p, q in zip(ours.parameters(), theirs.parameters(), strict=True):
        q.data.copy_(p.data)
    theirs[-2].weight.data.copy_(unpermuted(ours.last.weight.data.T, 128).T)
    x = torch.rand(8, 1, 28, 28) * 2 - 1
    torch.testing.assert_close(ours(x), theirs(x))
