"""A question to bet on: two to four options, and an answer that stays folded until one is chosen.

In a page the choice stays in the page: nothing is sent, not even to the kernel. Without a
front-end the answer is a fold in the text.
"""

import html
from collections.abc import Sequence

from gancourse.errors import InputError
from gancourse.live.frontend import Shown

MOST = 4  # options; a question with more is a quiz


class Fold:
    """A question as text, its answer folded."""

    def __init__(self, prediction: "Prediction"):
        self._prediction = prediction

    def _repr_mimebundle_(self, include=None, exclude=None):
        said = self._prediction
        rows = "".join(f"<li>{html.escape(option)}</li>" for option in said.options)
        page = (
            f"<p><b>{html.escape(said.question)}</b></p><ul>{rows}</ul>"
            "<details><summary>Decide first, then open the answer</summary>"
            f"<p>{html.escape(f'{said.answer}. {said.why}')}</p></details>"
        )
        return {"text/html": page, "text/plain": repr(said)}


class Prediction(Shown):
    """A question with its options; the value of a cell shows it. `predict` makes one."""

    def __init__(self, question: str, options: tuple[str, ...], answer: str, why: str):
        self.question, self.options, self.answer, self.why = question, options, answer, why

    def reply(self, choice: str) -> str:
        """Return what stands below the options once `choice` is taken."""
        return f"{'Yes' if choice == self.answer else 'No'}: {self.answer}. {self.why}"

    def picture(self) -> "Fold":
        """Return what is shown without a front-end."""
        return Fold(self)

    def __repr__(self) -> str:
        return f"{self.question} ({' / '.join(self.options)})"

    def widget(self):
        """Return a new view for front-ends that take anywidget's JavaScript."""
        from gancourse.live.wager_view import PredictionWidget  # only where a page shows it

        return PredictionWidget(self)

    def core_widget(self):
        """Return a new view made of core ipywidgets: buttons and a line of text."""
        from gancourse.live.wager_view import core_view

        return core_view(self)


def predict(question: str, options: Sequence[str], answer: str, why: str) -> Prediction:
    """Return a question to bet on before one goes on.

    `options` are two to four short texts, `answer` is the right one of them, and `why` the sentence
    that follows it once the reader has chosen. Raises InputError for anything else.
    """
    given = tuple(options)
    if isinstance(options, str) or not 2 <= len(given) <= MOST or len(set(given)) < len(given):
        raise InputError(
            f"options are two to {MOST} different texts, and {options!r} was given: list the "
            "answers that a reader may choose from."
        )
    if answer not in given:
        raise InputError(
            f"answer must be one of the options {', '.join(map(repr, given))}, and {answer!r} was "
            "given: write it as it stands there."
        )
    return Prediction(question, given, answer, why)
