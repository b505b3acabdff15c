"""The student turns what student code gives into plain data, and what it raises too."""

import copy
import gc
import random
import time
from collections import OrderedDict

import numpy as np
import pytest
import torch
from torch import nn

from gancourse.check import (
    NotDone,
    Odd,
    Student,
    StudentError,
)
from gancourse.check.counts import Saved
from gancourse.machine import seed_everything


def returned(value):
    """Return what the student makes of a function's return value."""
    student = Student()
    return student.call(student.admit(lambda: value))


class Liar(torch.Tensor):
    """A tensor that claims to equal everything and to be all zero."""

    def __eq__(self, other):
        return True

    @classmethod
    def __torch_function__(cls, func, types, args=(), kwargs=None):
        return torch.zeros(())


class Wrapper(torch.Tensor):
    @staticmethod
    def __new__(cls, shape):
        return torch.Tensor._make_wrapper_subclass(cls, shape)

    @classmethod
    def __torch_dispatch__(cls, func, types, args=(), kwargs=None):
        raise AssertionError("student code ran")


class Equal:
    def __eq__(self, other):
        return True

    def __repr__(self):
        raise AssertionError("student code ran")


class Meta(type):
    __name__ = property(lambda cls: 1 / 0)


class Masked(Equal, metaclass=Meta):
    pass


# what comes back


def test_a_tensor_subclass_becomes_its_plain_numbers():
    got = returned(torch.arange(3.0).as_subclass(Liar))
    assert type(got) is torch.Tensor
    assert got.tolist() == [0, 1, 2]


def test_a_parameter_comes_back_without_its_graph():
    got = returned(nn.Parameter(torch.ones(2)) * 2)
    assert type(got) is torch.Tensor
    assert (got.requires_grad, got.tolist()) == (False, [2, 2])


@pytest.mark.parametrize(
    "value",
    [
        Wrapper((2,)),
        Equal(),
        Masked(),
        torch.zeros(1).expand(10**12),
        torch.zeros(2, dtype=torch.complex64),
        torch.eye(2).to_sparse(),
        torch.empty(2, device="meta"),
        np.zeros(2, dtype=object),
        np.array(["a"]),
        2**80,
        type("Whole", (int,), {"__eq__": lambda self, other: True, "__hash__": int.__hash__})(3),
        {1: 2},
        b"bytes",
    ],
)
def test_what_is_no_plain_data_is_named_and_kept_inside(value):
    got = returned(value)
    assert type(got) is Odd
    assert type(got.what) is str


def test_plain_values_come_back_as_they_are():
    value = (None, True, 3, 0.5, "text", [1, {"a": 2}])
    assert returned(value) == [None, True, 3, 0.5, "text", [1, {"a": 2}]]


@pytest.mark.parametrize("value", [np.float64(0.5), np.float32(0.5), np.array(0.5)])
def test_numpy_numbers_become_tensors(value):
    assert returned(value).item() == 0.5


def test_bfloat16_comes_back_as_float32():
    assert returned(torch.ones(2, dtype=torch.bfloat16)).dtype is torch.float32


def test_named_tuples_are_lists():
    assert returned(torch.ones(3, 2).max(0))[1].tolist() == [0, 0]


def test_a_list_that_holds_itself_ends():
    endless = []
    endless.append(endless)
    got = returned(endless)
    for _ in range(7):
        got = got[0] if isinstance(got, list) else got
    assert isinstance(got, Odd)


@pytest.mark.parametrize("value", [list(range(10**6)), {str(i): i for i in range(10**5)}])
def test_huge_values_are_cut_quickly(value):
    start = time.thread_time()  # of the processor: others may be at work here
    got = returned(value)
    assert isinstance(got, Odd) or len(got) <= 1001
    assert time.thread_time() - start < 1


def test_long_texts_are_cut():
    assert len(returned("x" * 10**6)) == 2000


def test_many_tensors_share_one_allowance():
    got = returned([torch.zeros(10**6) for _ in range(3)])
    assert [type(g) for g in got] == [torch.Tensor, torch.Tensor, Odd]


def test_modules_and_functions_stay_inside():
    kinds = [thing.kind for thing in returned([nn.Linear(1, 1), len, torch.optim.SGD])]
    assert kinds == ["module", "function", "function"]


# what goes in, and what is raised


def test_inputs_are_copies():
    student, x = Student(), torch.ones(3)
    student.call(student.admit(lambda x: x.zero_()), [x])
    assert x.tolist() == [1, 1, 1]


def raised(fn):
    student = Student()
    with pytest.raises((StudentError, NotDone)) as caught:
        student.call(student.admit(fn))
    return caught.value


def test_an_error_is_told_with_its_line():
    def answer():
        return {}["gone"]

    error = raised(answer)
    assert (error.kind, error.message) == ("KeyError", "'gone'")
    assert error.line == answer.__code__.co_firstlineno + 1


def test_a_stub_is_not_done():
    def stub():
        raise NotImplementedError("your turn")

    assert isinstance(raised(stub), NotDone)


def test_a_module_without_forward_is_an_error():
    error = raised(lambda: nn.Module()(1))
    assert error.kind == "NotImplementedError"
    assert "forward" in error.message


class Mute(Exception):
    def __str__(self):
        raise ValueError


@pytest.mark.parametrize("error", [SystemExit(0), Mute(), RecursionError(), MemoryError()])
def test_whatever_student_code_raises_becomes_data(error):
    def answer():
        raise error

    assert raised(answer).kind == type(error).__name__


def test_a_keyboard_interrupt_still_stops_the_cell():
    def answer():
        raise KeyboardInterrupt

    student = Student()
    with pytest.raises(KeyboardInterrupt):
        student.call(student.admit(answer))


def test_gradients_come_by_argument_and_by_parameter_name():
    student = Student()
    net = student.admit(nn.Linear(1, 1))
    student.load(net, {"weight": torch.tensor([[3.0]]), "bias": torch.zeros(1)})
    found = student.call_with_grads(net, [torch.tensor([[2.0]])], [0, net])
    assert found["value"].item() == 6
    assert found["grads"][0].item() == 3
    assert {k: g.item() for k, g in found["grads"][1].items()} == {"weight": 2, "bias": 1}


def test_values_of_several_calls_go_back_in_one_pass():
    calls = []

    def fn(a):
        calls.append(a)
        return len(calls) * a

    student = Student()
    found = student.call_with_grads(student.admit(fn), [torch.tensor(5.0)], [0], times=3)
    assert (len(calls), found["value"].item(), found["grads"][0].item()) == (3, 30, 6)


def test_what_a_value_does_not_depend_on_has_no_gradient():
    student = Student()
    fn = student.admit(lambda a, b: a.detach().sum() + b.sum())
    grads = student.call_with_grads(fn, [torch.ones(2), torch.ones(2)], [0, 1])["grads"]
    assert (grads[0], grads[1].tolist()) == (None, [1, 1])


@pytest.mark.parametrize("shared", [False, True])
def test_it_tells_whether_two_nets_have_one_gradient(shared):
    student, nets = Student(), [torch.nn.Linear(2, 1), torch.nn.Linear(2, 1)]
    gradients = {name: torch.ones_like(p) for name, p in nets[0].named_parameters()}
    for net in nets:
        for name, p in net.named_parameters():
            p.grad = gradients[name] if shared else gradients[name].clone()
    assert student.share_grads([student.admit(net) for net in nets]) is shared


def test_all_methods_that_may_be_forwarded_exist():
    assert all(callable(getattr(Student, name)) for name in Student.METHODS)
    assert "admit" not in Student.METHODS


def small_net(student):
    net = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2))
    return net, student.admit(net)


def test_a_snapshot_tells_modes_and_what_is_frozen():
    student = Student()
    net, handle = small_net(student)
    net[1].eval()
    net[0].bias.requires_grad_(False)
    seen = student.snapshot(handle)
    assert seen["modes"] == {"": True, "0": True, "1": False}
    assert [name for name, learns in seen["requires_grad"].items() if not learns] == ["0.bias"]


def test_calls_and_backward_passes_are_counted():
    student = Student()
    net, handle = small_net(student)
    assert not any(student.watch(handle).values())
    x = torch.randn(4, 2)
    out = net(x)
    out.sum().backward(retain_graph=True)
    out.detach().requires_grad_().sum().backward()
    out.mean().backward()
    with torch.no_grad():
        net(x)
    seen = {"calls": 2, "evaluating": 0, "backwards": 2, "at_once": 4, "largest": 4}
    assert student.watch(handle) == seen


def test_calls_in_evaluation_mode_are_counted_also_of_a_copy_or_a_layer():
    student = Student()
    net, handle = small_net(student)
    student.watch(handle)
    x = torch.randn(4, 2)
    net(x)
    net.eval()(x)
    copy.deepcopy(net)(x)
    net.train()[1].eval()
    net(x)
    seen = student.watch(handle)
    assert (seen["calls"], seen["evaluating"]) == (4, 3)


def test_parameters_are_frozen_by_name():
    student = Student()
    net, handle = small_net(student)
    student.freeze(handle, ["0.bias"])
    assert [name for name, p in net.named_parameters() if not p.requires_grad] == ["0.bias"]
    student.freeze(handle, [])
    assert all(p.requires_grad for p in net.parameters())


@pytest.mark.parametrize(
    ("together", "kept", "at_once"), [(True, False, 12), (False, False, 4), (False, True, 12)]
)
def test_samples_whose_graphs_are_kept_at_the_same_time_are_counted(together, kept, at_once):
    student = Student()
    net, handle = small_net(student)
    student.watch(handle)
    outs, losses = (net(torch.randn(4, 2)).sum() for _ in range(3)), []
    for loss in [sum(outs)] if together else outs:
        loss.backward(retain_graph=kept)
        losses.append(loss)
    seen = student.watch(handle)
    assert (seen["calls"], seen["backwards"], seen["at_once"]) == (3, 3, at_once)


def test_a_call_that_fails_and_one_inside_a_transform_are_counted():
    student, net = Student(), nn.Linear(2, 1)
    handle = student.admit(net)
    student.watch(handle)
    with pytest.raises(RuntimeError):
        net(torch.randn(4, 3))
    x = torch.randn(3, 2)
    torch.func.grad(lambda x: net(x).sum())(x)
    assert student.watch(handle)["at_once"] == 3
    assert student.watch(handle)["calls"] == 2
    y = torch.randn(2, requires_grad=True)
    z = y * y  # no hook for what it saves is left behind
    assert z.requires_grad
    assert not any(type(thing) is Saved for thing in gc.get_objects())


@pytest.mark.parametrize("draw", [random.random, np.random.rand, torch.rand])
def test_a_draw_changes_the_random_state_and_nothing_else_does(draw):
    student = Student()
    before = student.random_state()
    assert student.random_state() == before
    draw(*([1] if draw is torch.rand else []))
    assert student.random_state() != before


@pytest.mark.parametrize("draw", [random.random, np.random.rand, lambda: torch.rand(1)])
def test_no_seed_leads_back_to_a_stirred_state(draw):
    student = Student()
    stirred = student.stir(3)
    assert student.random_state() == stirred != student.stir(4)
    assert student.stir(3) == stirred
    first = draw()
    student.stir(3)
    assert draw() == first  # each of the three states is set
    student.stir(3)
    seed_everything(3)
    assert student.random_state() != stirred
    student.stir(3)
    seed_everything(3)
    assert draw() != first  # and in each a number has been drawn


def test_a_dictionary_is_plain_where_its_names_are_text():
    assert returned(OrderedDict(a=1.0)) == {"a": 1.0}
    assert returned({0: 1.0}) == Odd("a dictionary with a name that is no text")
