"""A learner's own steps in PointGan: they train, and what is wrong with them is one sentence."""

import linecache
import types
from functools import partial

import pytest
import torch
from torch.nn.functional import softplus
from watching import with_a_page  # noqa: F401

from gancourse import live, train
from gancourse.errors import InputError
from gancourse.live.run.own_steps import OwnStep, moved, weights

LESSON = """
def d_step(G, D, opt_D, x_real, z):
    x_fake = G(z).detach()
    d_loss = softplus(-D(x_real)).mean() + softplus(D(x_fake)).mean()
    opt_D.zero_grad()
    d_loss.backward()
    opt_D.step()
    return d_loss.item()

def g_step(G, D, opt_G, z):
    g_loss = softplus(-D(G(z))).mean()
    opt_G.zero_grad()
    g_loss.backward()
    opt_G.step()
    return g_loss.item()
"""


class Cells:
    """A notebook's names; each `run` is a cell, whose lines a traceback can quote."""

    def __init__(self):
        self.names, self.count = {"__name__": "__main__", "softplus": softplus, "torch": torch}, 0

    def run(self, text: str) -> types.SimpleNamespace:
        self.count += 1
        file = f"/ipykernel/{id(self)}/{self.count}.py"
        linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
        exec(compile(text, file, "exec"), self.names)
        return types.SimpleNamespace(**{k: v for k, v in self.names.items() if k.endswith("step")})


def broken(old: str, new: str) -> types.SimpleNamespace:
    """Return the lesson's steps with one change in them."""
    assert old in LESSON
    return Cells().run(LESSON.replace(old, new, 1))


def flat(gan):
    return torch.cat(list(weights(gan.state).values()))


def test_the_lessons_steps_train_as_the_courses_do():
    mine = Cells().run(LESSON)
    own = live.PointGan(d_step=mine.d_step, g_step=mine.g_step).take_turns(900)
    assert (own.samples().norm(dim=1) - 1).abs().median() < 0.15
    course = live.PointGan().take_turns(1)
    one = live.PointGan(d_step=mine.d_step, g_step=mine.g_step).take_turns(1)
    assert torch.allclose(one.state.history[0], course.state.history[0], atol=2e-3)


def test_each_button_calls_the_learners_function_with_what_it_names():
    seen = {}

    def d_step(G, D, opt_D, x_real, z):
        seen["D"] = (G, D, opt_D, tuple(x_real.shape), tuple(z.shape))
        return 0.5

    def g_step(G, D, opt_G, z):
        seen["G"] = (G, D, opt_G, tuple(z.shape))
        return torch.tensor([0.25])

    gan = live.PointGan(d_step=d_step, g_step=g_step)
    gan.answer({"do": "step"})
    state, n = gan.state, gan.state.recipe.batch
    assert seen["D"] == (state.G, state.D, state.opt_D, (n, 2), (n, 2))
    assert seen["G"] == (state.G, state.D, state.opt_G, (n, 2))
    assert gan.state.history[0][:2].tolist() == [0.5, 0.25]


@pytest.mark.parametrize("who", "DG")
def test_one_step_may_be_the_learners_and_the_other_the_courses(who):
    mine = Cells().run(LESSON)
    gan = live.PointGan(**{f"{who.lower()}_step": getattr(mine, f"{who.lower()}_step")})
    before = weights(gan.state)
    gan.answer({"do": f"step_{who}"})
    assert moved(before, gan.state) == who
    assert "alone took a step" in gan.sentence()
    assert gan.take_turns(2).state.step == 2


WRONG = [  # a change in the lesson's steps, the button that meets it, and what the widget says
    ("return d_loss.item()", "pass", "step_D", "it returned nothing: end it with `return d_loss"),
    ("return d_loss.item()", "return d_loss, 1", "step_D", "it returned a tuple"),
    ("return g_loss.item()", "return D(G(z))", "step_G", "it returned a tensor of shape [128]"),
    ("return g_loss.item()", "return 'low'", "step_G", "one number, and it returned a str"),
    ("x_fake = G(z).detach()", "x_fake = G(z).detac()", "step_D",
     "d_step stopped in line 3, `x_fake = G(z).detac()`: AttributeError: 'Tensor' object"),
    ("-D(G(z))", "-D(G(zz))", "step_G",
     "g_step stopped in line 11, `g_loss = softplus(-D(G(zz))).mean()`: NameError: name 'zz'"),
    ("g_loss = softplus", "raise NotImplementedError\n    g_loss = softplus", "step_G",
     "g_step is still to be written: it raises NotImplementedError in line 11"),
    ("opt_D.step()", "pass", "step_D", "D's weights are as they were: does it call opt_D.step()"),
    ("-D(G(z))", "-D(G(z).detach())", "step_G", "and does a gradient reach G before?"),
    ("opt_D.step()", "opt_D.step(), [p.data.add_(1) for p in G.parameters()]", "step_D",
     "Your d_step changed G's weights too."),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "button", "said"), WRONG)
def test_what_is_wrong_with_a_step_is_said_on_the_widget(old, new, button, said):
    mine = broken(old, new)
    gan = live.PointGan(d_step=mine.d_step, g_step=mine.g_step)
    view = gan.widget()
    gan.answer({"do": button})
    assert said in view.frame["text"]
    assert "\n" not in view.frame["text"]


@pytest.mark.parametrize(("old", "new", "button", "said"), WRONG[:7])
def test_training_waits_for_a_step_that_fails_and_goes_on_when_it_is_right(old, new, button, said):
    cells = Cells()
    mine = cells.run(LESSON.replace(old, new, 1))
    gan = live.PointGan(d_step=mine.d_step, g_step=mine.g_step)
    view = gan.widget()
    gan.answer({"do": "run"})
    with pytest.raises(InputError):
        gan.wait()
    assert view.frame["status"] == "failed"
    assert view.frame["trouble"]
    assert view.frame["text"].startswith("Training waits. ")
    assert said in view.frame["text"]
    cells.run(LESSON)  # the learner changes the cell and runs it, and presses Try again
    gan.answer({"do": "run"})
    while gan.state.step < 3:
        assert gan.status == "running"
    gan.pause()
    assert not view.frame["trouble"]


def test_a_step_that_is_defined_again_is_taken_while_it_runs():
    cells = Cells()
    gan = live.PointGan(d_step=cells.run(LESSON).d_step)
    gan.answer({"do": "step"})
    cells.run("def d_step(G, D, opt_D, x_real, z):\n    return 7.0")
    gan.answer({"do": "step"})
    assert gan.state.history[1][0] == 7.0
    cells.run("def d_step(G, D):\n    return 7.0")
    gan.answer({"do": "step"})
    assert "yours takes (G, D): give it these 5 arguments" in gan.sentence()
    cells.run("d_step = 5")  # the name means something else now: the step stays
    gan.answer({"do": "step"})
    assert gan.state.step == 3


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"d_step": lambda G, D: 0.0}, r"d_step\(G, D, opt_D, x_real, z\), and yours takes \(G, D"),
        ({"g_step": lambda G, D, opt_G, x_real, z: 0.0}, "give it these 4 arguments in this order"),
        ({"g_step": 0.5}, "g_step must be a function"),
    ],
)
def test_a_step_that_cannot_be_called_is_an_error_at_once(given, said):
    with pytest.raises(InputError, match=said):
        live.PointGan(**given)


def test_a_step_with_more_arguments_that_have_values_is_fine():
    def d_step(weight, G, D, opt_D, x_real, z, penalty=0.0):
        return weight

    assert live.PointGan(d_step=partial(d_step, 2.0)).take_turns(1).state.history[0][0] == 2.0


def test_a_step_that_stops_with_a_frozen_player_leaves_none_frozen():
    def g_step(G, D, opt_G, z):
        D.requires_grad_(False)
        raise RuntimeError("now")

    gan = live.PointGan(g_step=g_step)
    gan.answer({"do": "step_G"})
    assert all(p.requires_grad for p in gan.state.D.parameters())


def test_the_loss_is_no_choice_where_both_steps_are_the_learners():
    mine = Cells().run(LESSON)
    assert "loss" in live.PointGan(d_step=mine.d_step).tabs[0].controls
    both = live.PointGan(d_step=mine.d_step, g_step=mine.g_step)
    assert "loss" not in both.tabs[0].controls
    with pytest.raises(InputError, match="Unknown control"):
        both.set(loss="hinge")


def test_without_a_page_the_picture_says_what_is_wrong(environment):
    environment.setenv("GANCOURSE_FRONTEND", "none")
    mine = broken("x_fake = G(z).detach()", "raise NotImplementedError")
    gan = live.PointGan(d_step=mine.d_step)
    assert "d_step is still to be written" in gan._repr_mimebundle_()[0]["text/plain"]


@pytest.mark.parametrize("who", ["D", "G"])
def test_a_loss_that_is_a_plain_number_lies_where_the_run_does(who):
    preset = train.get_preset("mlp", precision="fp32")
    state = train.State(preset, device="meta")
    seen = OwnStep(who, lambda *given: 0.7).take(state, torch.empty(8, 1, 28, 28, device="meta"))
    assert {tensor.device.type for tensor in seen.values()} == {"meta"}
