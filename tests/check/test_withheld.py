"""What an exercise asks the learner to write is not there while it is judged, under any name."""

import contextlib
import copy
import functools
import importlib.util
import inspect
import marshal
import threading
from dataclasses import replace
from types import FunctionType

import pytest
import torch

from gancourse import losses, train
from gancourse.check import Exercise, Part, Student, Wrong, check, evaluate, get_exercise, sheets
from gancourse.check import sheet as exercises_of
from gancourse.check.student import StudentError
from gancourse.check.withheld import Shelf, Withheld
from gancourse.losses import cross_entropy_d
from gancourse.losses import cross_entropy_d as d_loss
from gancourse.maths.dynamics import dirac
from gancourse.nets import MLPDiscriminator
from gancourse.nets.packing import packed

NAME = "gancourse.losses.cross_entropy_d"
LOGITS = [torch.tensor([1.0, 2.0]), torch.tensor([-1.0])]
OWN = cross_entropy_d(*LOGITS)
earlier = copy.copy(losses.LOSSES)["minimax"]


def inside(logit_real, logit_fake):
    from gancourse.losses import cross_entropy_d as mine

    return mine(logit_real, logit_fake)


def through_globals(logit_real, logit_fake):
    return getattr(losses, "cross_entropy" + "_d")(logit_real, logit_fake)


DELEGATIONS = {
    "the function itself": cross_entropy_d,
    "another name": d_loss,
    "a lambda": lambda real, fake: d_loss(real, fake),
    "a partial": functools.partial(d_loss),
    "a table's entry": earlier.d_loss,
    "the table": lambda real, fake: losses.get_loss("non-saturating").d_loss(real, fake),
    "imported inside": inside,
    "looked up by a text": through_globals,
    "wrapped": torch.no_grad()(d_loss),
    "a default": lambda real, fake, loss=d_loss: loss(real, fake),
    "with another sign": lambda real, fake: 0 - d_loss(real, fake),
}


@pytest.mark.parametrize("answer", DELEGATIONS.values(), ids=DELEGATIONS)
def test_a_call_of_what_is_withheld_is_refused_and_named(answer):
    student = Student()
    student.withhold([NAME])
    with pytest.raises(StudentError, match=NAME) as caught:
        student.call(student.admit(answer), LOGITS)
    assert caught.value.kind == "Withheld"


@pytest.mark.parametrize(("name", "owner"), [
    ("gancourse.losses.cross_entropy_d", "the course's own version"),
    ("torch.nn.utils.parametrizations.spectral_norm", "PyTorch's own version"),
])  # fmt: skip
def test_whose_version_is_withheld_is_told(name, owner):
    assert owner in str(Withheld(name))


def test_a_refusal_that_is_asked_for_is_not_that_of_what_is_withheld():
    def packs(D, x_real, x_fake, m):
        return packed(x_real, m)

    assert [r.message for r in check("12.4", packs).report.results] == [
        str(Withheld("gancourse.nets.packing.packed"))
    ] * 3


@pytest.mark.parametrize("answer", DELEGATIONS.values(), ids=DELEGATIONS)
def test_the_learners_check_says_the_same(answer, capsys):
    result = check("05.1", answer)
    assert (result.passed, result.score) == (False, 0)
    assert capsys.readouterr().out.count(NAME) == 1


def test_afterwards_all_is_as_it_was():
    before = cross_entropy_d(*LOGITS)
    with Shelf([NAME]).closed(), pytest.raises(Withheld):
        cross_entropy_d(*LOGITS)
    assert torch.equal(cross_entropy_d(*LOGITS), before)


def test_an_error_of_the_learner_gives_it_back():
    student = Student()
    student.withhold([NAME])
    with pytest.raises(StudentError, match="gone"):
        student.call(student.admit(lambda: {}["gone"]))
    assert cross_entropy_d(*LOGITS).isfinite()


def test_the_rest_of_the_package_stays():
    student = Student()
    student.withhold([NAME])
    answer = student.admit(lambda real, fake: losses.hinge_d(real, fake))
    assert student.call(answer, LOGITS).isfinite()


def test_gradients_and_nets_meet_the_same():
    student = Student()
    student.withhold([NAME])
    with pytest.raises(StudentError, match=NAME):
        student.call_with_grads(student.admit(d_loss), LOGITS, [0])
    with pytest.raises(StudentError, match=NAME):
        student.apply(student.admit(lambda x: d_loss(x, x)), LOGITS[0])


def test_a_class_is_withheld_with_what_was_made_of_it_before():
    net = MLPDiscriminator((4,), shape=(2,))
    with Shelf(["gancourse.nets.MLPDiscriminator"]).closed():
        for call in (lambda: net(torch.zeros(1, 2)), lambda: MLPDiscriminator((4,), shape=(2,))):
            with pytest.raises(Withheld, match="MLPDiscriminator"):
                call()
    assert net(torch.zeros(1, 2)).shape == (1,)


@pytest.mark.parametrize("name", ["one_step", "d_step", "g_step", "ema_step"])
def test_a_decorator_is_withheld_with_what_it_decorates(name):
    """It runs first, and would say what is wrong with nets that are not the course's."""
    step = getattr(train, name)
    with Shelf([f"gancourse.train.{name}"]).closed(), pytest.raises(Withheld, match=name):
        step(torch.nn.Linear(2, 2), torch.zeros(4, 2), torch.zeros(4, 2))


def code_of(f, **changes):
    """Return a copy of a function, its code changed in what does not matter."""
    code = f.__code__.replace(**changes)
    return FunctionType(code, f.__globals__, f.__name__, f.__defaults__, f.__closure__)


def carried(f):
    code = marshal.loads(marshal.dumps(f.__code__))
    return FunctionType(code, f.__globals__, f.__name__, f.__defaults__, f.__closure__)


def executed_again(f):
    spec = importlib.util.find_spec(f.__module__)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return getattr(module, f.__name__)


COPIES = {
    "its code": code_of,
    "under another name": functools.partial(code_of, co_name="mine", co_filename="mine.py"),
    "through bytes": carried,
    "its file executed again": executed_again,
}
SOME = ["gancourse.losses.cross_entropy_d", "gancourse.train.steps.d_step",
       "gancourse.maths.latent.slerp", "gancourse.nets.packing.packed"]  # fmt: skip


@pytest.mark.parametrize("copied", COPIES.values(), ids=COPIES)
@pytest.mark.parametrize("name", SOME)
def test_a_copy_that_was_made_before_is_withheld(name, copied):
    module, _, function = name.rpartition(".")
    original = inspect.unwrap(getattr(importlib.import_module(module), function))
    mine = inspect.unwrap(copied(original))
    assert mine is not original
    with Shelf([name]).closed(), pytest.raises(Withheld, match=function):
        mine()
    with pytest.raises(TypeError, match="missing"):
        mine()


def test_the_same_words_in_another_place_are_the_learners_own():
    text = inspect.getsource(cross_entropy_d)
    space = dict(vars(losses))
    exec(compile(text, "<cell 3>", "exec"), space)
    with Shelf([NAME]).closed():
        assert torch.equal(space["cross_entropy_d"](*LOGITS), OWN)


def test_what_a_decorator_of_others_decorates_is_not_withheld():
    """Its wrapper's code is that of all functions that PyTorch decorates so."""
    mine = torch.no_grad()(lambda: 7)
    with Shelf(["gancourse.train.ema_step"]).closed():
        assert mine() == 7


def test_a_function_that_it_had_made_is_withheld_too():
    field = dirac("minimax")
    with Shelf(["gancourse.maths.dynamics.dirac"]).closed(), pytest.raises(Withheld):
        field(torch.zeros(2).numpy())
    assert field(torch.ones(2).numpy()).shape == (2,)


def test_a_training_in_another_thread_goes_on():
    go, found = threading.Event(), []

    def background():
        go.wait(10)
        found.append(cross_entropy_d(*LOGITS))

    thread = threading.Thread(target=background)
    thread.start()
    with Shelf([NAME]).closed():
        go.set()
        thread.join()
    assert torch.equal(found[0], cross_entropy_d(*LOGITS))


def test_a_thread_that_the_answer_starts_is_refused():
    found = []

    def work():
        with contextlib.suppress(Withheld):
            found.append(d_loss(*LOGITS))

    def answer():
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()

    with Shelf([NAME]).closed():
        answer()
    assert found == []


def test_the_reference_runs_outside():
    def part(student, answer, draw):
        if student.call(answer, LOGITS) != cross_entropy_d(*LOGITS):
            raise Wrong("no")

    student = Student()
    exercise = Exercise("00.1", "t", 1, 1, (Part("a", 1, part),), ("f",), (NAME,))
    mine = student.admit(
        lambda real, fake: torch.nn.functional.softplus(-real).mean() + fake.exp().log1p().mean()
    )
    assert evaluate(exercise, student, {"f": mine}, 0).passed
    theirs = evaluate(exercise, student, {"f": student.admit(d_loss)}, 0).results[0]
    assert (theirs.status, NAME in theirs.message) == ("wrong", True)
    allowed = replace(exercise, withheld=())
    again = Student()
    assert evaluate(allowed, again, {"f": again.admit(d_loss)}, 0).passed


ALL = [exercise for number in sheets() for exercise in exercises_of(number)]


@pytest.mark.parametrize("exercise", ALL, ids=lambda exercise: exercise.id)
def test_each_name_that_is_withheld_is_there_to_be(exercise):
    for name in exercise.withheld:
        assert Shelf([name]).functions, name


def test_what_is_withheld_where_it_is_asked_for():
    assert NAME in get_exercise("05.1").withheld
    assert NAME not in get_exercise("05.2").withheld


IN_C = {
    "07.3": ("torch.native_batch_norm", lambda x, gain, bias: torch.native_batch_norm(
        x, gain, bias, None, None, True, 0.1, 1e-5)),
    "08.3": ("torch._fused_adam_", lambda x: torch._fused_adam_(
        [x], [x], [x], [x], [], [torch.tensor(1.0)], lr=0.1, beta1=0.5, beta2=0.9,
        weight_decay=0.0, eps=1e-8, amsgrad=False, maximize=False)),
}  # fmt: skip


@pytest.mark.parametrize("id", IN_C)
def test_what_pytorch_has_in_c_is_withheld_too(id):
    name, answer = IN_C[id]
    given = [torch.randn(4, 3, 2, 2), torch.ones(3), torch.zeros(3)][: 3 if id == "07.3" else 1]
    answer(*given)
    student = Student()
    student.withhold(list(get_exercise(id).withheld))
    with pytest.raises(StudentError, match=name) as caught:
        student.call(student.admit(answer), given)
    assert caught.value.kind == "Withheld"
    answer(*given)


def test_where_nothing_is_withheld_nobody_looks_through_all_that_is_alive(monkeypatch):
    def looked():
        raise AssertionError("a tenth of a second, for each check")

    monkeypatch.setattr("gancourse.check.withheld.gc.get_objects", looked)
    assert Shelf().functions == Student()._shelf.functions == []
