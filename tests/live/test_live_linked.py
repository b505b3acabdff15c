"""What a page sends is acknowledged, an error is said there, and a busy kernel hears of it too."""

from types import SimpleNamespace

import pytest
from ipywidgets import Widget

from gancourse import live, nets
from gancourse.live import linked


@pytest.fixture
def kernel(monkeypatch):
    """A kernel with a control channel, as far as a widget looks at it."""
    kernel = SimpleNamespace(control_handlers={})
    ipython = SimpleNamespace(get_ipython=lambda: SimpleNamespace(kernel=kernel))
    monkeypatch.setitem(linked.sys.modules, "IPython", ipython)
    return kernel


@pytest.fixture
def sent(monkeypatch):
    """What all widgets send to their pages."""
    told = []
    monkeypatch.setattr(Widget, "send", lambda self, content, buffers=None: told.append(content))
    return told


def control(kernel, view, content):
    data = {"method": "custom", "content": content}
    message = {"content": {"comm_id": view.over_control, "data": data}}
    kernel.control_handlers["comm_msg"](None, [], message)


def widgets():
    return live.bend_D().widget(), live.PointGan().widget(), explorer()


def explorer():
    return live.LatentExplorer(nets.load_shipped("mnist")).widget()


def test_every_kind_of_view_acknowledges_a_message_and_does_nothing_for_a_bare_one(sent):
    for view in widgets():
        state = view.get_state()
        view._handle_custom_msg({"ping": 5}, [])
        assert sent.pop() == {"pong": 5, "via": "shell"}
        assert view.get_state() == state


def test_the_acknowledgement_comes_before_the_answer(sent):
    chart = live.bend_D()
    view = chart.widget()
    chart.watch(lambda: sent.append("moved"))
    view._handle_custom_msg({"ping": 1, "serial": 1, "values": {"mean": 1}}, [])
    assert sent == [{"pong": 1, "via": "shell"}, "moved"]
    assert chart.values["mean"] == 1


def test_the_end_of_an_action_is_said_also_of_one_that_fails(sent):
    view = explorer()
    for ping, action in enumerate(["rest", "no such action"]):
        view._handle_custom_msg({"ping": ping, "view": "a", "do": action}, [])
        assert sent[-1] == {"did": ping, "view": "a"}


def test_an_error_in_a_chart_is_said_in_the_page(sent):
    view = live.bend_D().widget()
    view._handle_custom_msg({"ping": 1, "serial": 1, "values": {"means": 1}}, [])
    assert "did you mean 'mean'" in sent[-1]["wrong"]


def test_what_comes_over_the_control_channel_is_done(kernel, sent):
    chart = live.bend_D()
    view = chart.widget()
    assert view.over_control == view.model_id
    control(kernel, view, {"ping": 2, "serial": 1, "values": {"mean": 2}})
    assert chart.values["mean"] == 2
    assert sent == [{"pong": 2, "via": "control"}]


def test_what_comes_over_both_channels_is_done_once(kernel, sent):
    moves, chart = [], live.bend_D()
    view = chart.widget()
    chart.watch(lambda: moves.append(chart.values["mean"]))
    early = {"ping": 2, "view": "a", "twice": True, "serial": 1, "values": {"mean": 2}}
    control(kernel, view, early)
    control(kernel, view, early | {"ping": 3, "serial": 2, "values": {"mean": 3}})
    view._handle_custom_msg(early, [])
    assert moves == [2, 3]
    assert {message["view"] for message in sent} == {"a"}
    assert [message["via"] for message in sent] == ["control", "control", "shell"]
    view._handle_custom_msg(early | {"view": "b"}, [])  # another page has numbers of its own
    assert moves == [2, 3, 2]


def test_a_copy_is_known_after_any_number_of_messages_that_come_once(kernel, sent):
    moves, chart = [], live.bend_D()
    view = chart.widget()
    early = {"ping": 1, "view": "a", "twice": True, "serial": 1, "values": {"mean": 2}}
    control(kernel, view, early)
    for ping in range(2, linked.REMEMBERED + 4):
        control(kernel, view, {"ping": ping, "view": "a", "serial": ping, "values": {"mean": 3}})
    chart.watch(lambda: moves.append(chart.values["mean"]))
    view._handle_custom_msg(early, [])
    assert moves == []


def test_only_our_open_views_are_answered_there(kernel, sent):
    view = live.bend_D().widget()
    line = view.over_control
    view.close()
    kernel.control_handlers["comm_msg"](None, [], {"content": {"comm_id": line, "data": {}}})
    assert sent == []


def test_the_explorer_and_a_kernel_with_a_handler_of_its_own_stay_on_the_shell(kernel):
    assert explorer().over_control == ""
    kernel.control_handlers["comm_msg"] = print
    assert live.bend_D().widget().over_control == ""
    assert kernel.control_handlers["comm_msg"] is print


def test_a_message_over_the_control_channel_unlocks_the_buttons(kernel, sent):
    gan = live.PointGan()
    view = gan.widget()
    gan.background.waiting = True
    gan.background.refresh()
    assert view.frame["waiting"]
    control(kernel, view, {"ping": 1})
    assert not view.frame["waiting"]
