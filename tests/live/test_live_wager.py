"""A question to bet on: its answer is folded, in a page and without one."""

import html.parser

import pytest

from gancourse import live
from gancourse.errors import InputError
from gancourse.live import wager_view

ASKED = ("Who wins?", ("D <first>", "G", "neither"), "neither", "The game has no end.")


class Folds(html.parser.HTMLParser):
    """What stands inside and outside of folds."""

    def __init__(self, text: str):
        super().__init__()
        self.depth, self.inside, self.outside = 0, "", ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.depth += tag == "details"

    def handle_endtag(self, tag):
        self.depth -= tag == "details"

    def handle_data(self, data):
        if self.depth:
            self.inside += data
        else:
            self.outside += data


def test_without_a_page_the_answer_is_in_a_fold(monkeypatch):
    monkeypatch.setenv("GANCOURSE_FRONTEND", "none")
    bundle = live.predict(*ASKED)._repr_mimebundle_()
    page = Folds(bundle["text/html"])
    assert "Who wins?" in page.outside
    assert "D <first>" in page.outside
    assert "no end" not in page.outside
    assert "neither. The game has no end." in page.inside
    assert bundle["text/plain"] == "Who wins? (D <first> / G / neither)"


def test_each_choice_has_its_reply():
    prediction = live.predict(*ASKED)
    assert prediction.reply("neither") == "Yes: neither. The game has no end."
    assert prediction.reply("G") == "No: neither. The game has no end."


def test_the_page_knows_all_replies_and_asks_nothing():
    widget = wager_view.PredictionWidget(live.predict(*ASKED))
    assert widget.replies[2].startswith("Yes")
    assert widget.replies[0].startswith("No")
    assert repr(widget) == repr(live.predict(*ASKED))


def test_with_core_widgets_the_first_choice_shows_the_answer_and_stands():
    question, row, reply = wager_view.core_view(live.predict(*ASKED)).children
    assert "no end" not in question.value + reply.value
    row.children[1].click()
    assert reply.value.startswith("No: neither")
    assert all(button.disabled for button in row.children)
    assert [button.icon for button in row.children] == ["", "", "check"]


@pytest.mark.parametrize(
    ("options", "answer", "said"),
    [
        (("one",), "one", "two to 4"),
        (tuple("abcde"), "a", "two to 4"),
        (("a", "a"), "a", "different"),
        ("ab", "a", "two to 4"),
        (("a", "b"), "c", "answer must be one of the options"),
    ],
)
def test_what_is_no_question_is_refused_in_a_sentence(options, answer, said):
    with pytest.raises(InputError, match=said):
        live.predict("?", options, answer, "Because.")
