"""A faulty run to find out about: its film beside a sound one, causes to choose from, its code.

Lesson 10. The films come with the course or are trained when first asked for; what the reader
edits is trained from the same seed, in the background where there is a page.
"""

import html
import random
from collections.abc import Iterable

import numpy as np

from gancourse import plots
from gancourse.clinic import FAULTS, Case, films, get_fault, real_data
from gancourse.clinic.cases import ORDER
from gancourse.clinic.causes import CAUSES
from gancourse.clinic.films import Film, Filming
from gancourse.errors import InputError, choose, in_a_sentence
from gancourse.live.drawings import Drawing, float_bytes, packed
from gancourse.live.frontend import STILL, Watched, frontend
from gancourse.live.run.background import Background, foreground
from gancourse.live.run.history import ROOM, thinned
from gancourse.plots import Mark, Panel, Strip

CAUSES_SHOWN, SHOTS, REAL = 4, 3, 300
READABLE = 0.15  # of a panel's height: a curve that moves less says nothing there
FAULTY, SOUND, YOURS = "The faulty run", "A sound run, same setting and seed", "With your lines"
Range = tuple[float, float]
READY = "Change the lines and train: the run starts again from the same seed."


class FaultyRun(Watched):
    """A run of the clinic that goes wrong: look, name the cause, edit the code until it is sound.

    `run` is a number from 1 (see `clinic.Case`), a Case, or the name of one of `clinic.FAULTS`.
    `edit(text)` trains with other lines in the place of `code`; what it is shown without a page is
    a still picture of all films. Raises InputError for an unknown run.
    """

    titles = (FAULTY, SOUND, YOURS)  # of the films, in this order

    def __init__(self, run: int | str | Case = 1, seed: int = 0):
        super().__init__()
        self._name = run if isinstance(run, str) else _case(run, seed).name
        self._fault, self.seed = get_fault(self._name), run.seed if isinstance(run, Case) else seed
        self.number = ORDER.index(self._name) + 1
        self._before, self.code, self._after = films.excerpt(self._fault)
        self.trained = ""  # the lines of the last edit
        self.films = {
            FAULTY: films.film_of(self._name, self.seed),
            SOUND: films.film_of(self._fault.setting, self.seed),
        }
        self.setting = self.films[SOUND].setting
        self._height = _shared_height(self.films.values())
        self.options = _options(self._name)
        self.said, self._run, self._background = READY, None, None

    @property
    def title(self) -> str:
        return f"Faulty run {self.number}"

    @property
    def answer(self) -> str:
        """The right cause."""
        return self._name

    @property
    def yours(self) -> Film | None:
        """The film of the last edit so far, or None."""
        return self._run.film() if self._run and self._run.pictures else None

    @property
    def status(self) -> str:
        """One of ready, running, stopped, finished, failed."""
        return self._background.status if self._background else "ready"

    def reply(self, cause: str) -> str:
        """Return what is said once `cause`, one of `options`, is chosen."""
        found = CAUSES[choose("cause", cause, self.options)]
        if cause == self.answer:
            return (
                f"Yes, {cause}: {found.sign}. Remedy: {found.remedy} (lesson {found.lesson}). Now "
                "find the lines below that do it."
            )
        return f"No. {cause[0].upper()}{cause[1:]} would show {found.sign}. Look again."

    def edit(self, text: str) -> "FaultyRun":
        """Train with `text` in the place of the lines that hold the mistake; return this widget.

        With a page it trains in the background, else here, to its end. Raises InputError where the
        program does not start, or stops with an error here.
        """
        self.stop()
        self.trained = text
        program = f"{self._before}{text.rstrip()}\n{self._after}"
        self._run = Filming(self.setting, program, self.seed)
        run = self._run
        self._background = Background(run.step, lambda: run.finished, self._show)
        if foreground():
            self._background.run_here()
            if self._background.error is not None:
                raise InputError(self.said) from self._background.error
        else:
            self._background.start()
        return self

    def repair(self) -> "FaultyRun":
        """Train with the lines of the working program in that place."""
        return self.edit(films.repaired_excerpt(self._fault))

    def wait(self) -> "FaultyRun":
        """Return when the training that `edit` started has ended; raise the error that ended it."""
        if self._background:
            self._background.wait()
        return self

    def stop(self) -> "FaultyRun":
        """End a training that is under way."""
        if self._background:
            self._background.stop()
        return self

    def listen(self, message: dict) -> None:
        """Do what a page asks: {"do": "train", "code": text} or {"do": "stop"}."""
        try:
            if message["do"] == "train":
                self.edit(message["code"])
            else:
                self.stop()
        except Exception as error:  # whatever the reader's lines raise
            self.said = in_a_sentence(error)
            self.send()

    def _show(self) -> None:
        self.said = self._sentence()
        self.send()

    def _sentence(self) -> str:
        run, back = self._run, self._background
        if back.status == "failed":
            return f"Turn {run.turn} broke off. {in_a_sentence(back.error)}"
        if not run.finished:
            word = "Training" if back.status == "running" else "Stopped"
            return f"{word}: turn {run.turn:,} of {self.setting.steps:,}."
        film = run.film()
        good = self.films[SOUND].outcome
        return (
            f"Sound: {film.outcome}."
            if film.sound
            else f"Not sound: {film.outcome}. The sound run reached {good}. Change the lines again."
        )

    def frame(self) -> dict:
        """Return what changes while an edit trains: the film so far, a sentence, how far it is."""
        run, film = self._run, self.yours
        return {
            "yours": {} if film is None else self._packed(film),
            "status": self.status,
            "text": self.said,
            "progress": run.turn / self.setting.steps if run else 0.0,
            "code": self.trained,
        }

    def packed_films(self) -> list[dict]:
        """Return the faulty and the sound film as JSON with bytes, for a page."""
        return [self._packed(film) for film in self.films.values()]

    def _packed(self, film: Film) -> dict:
        image = film.setting.images
        samples = _grey(film.samples) if image else float_bytes(film.samples.astype("f4"))
        drawing = packed(Drawing(_panels(film, self._height), film.outcome))
        return {
            "at": film.at.tolist(),
            "side": 14 if image else films.SIDE,
            "limit": film.limit,
            "count": film.samples.shape[1],
            "images": image,
            "field": film.fields.tobytes(),
            "samples": samples,
            "says": film.says.round(3).tolist(),
            "panels": drawing["panels"],
            "outcome": film.outcome,
            "sound": film.sound,
        }

    def real_bytes(self) -> bytes:
        """Return real points [REAL, 2] as bytes; none for images."""
        return b"" if self.setting.images else float_bytes(_some_real(self.setting))

    def picture(self) -> plots.Picture:
        """Return a still picture: two films at some turns, and what D said on the way.

        After an edit its film stands in the place of the faulty one.
        """
        yours = self.yours
        shown = self.films if yours is None else {YOURS: yours, SOUND: self.films[SOUND]}
        strips = {name: _strip(film) for name, film in shown.items()}
        real = None if self.setting.images else _some_real(self.setting)
        return plots.films(strips, real, self.films[SOUND].limit)

    def _repr_mimebundle_(self, include=None, exclude=None):
        if frontend() != "none":
            return super()._repr_mimebundle_()
        still = plots.few_colours(plots.captioned(self.picture(), STILL))
        data, about = still._repr_mimebundle_()
        return {**data, "text/html": data["text/html"] + self._folded()}, about

    def _folded(self) -> str:
        rows = "".join(f"<li>{html.escape(option)}</li>" for option in self.options)
        return (
            f"<p><b>What is wrong with it?</b></p><ul>{rows}</ul>"
            "<details><summary>Decide first, then open the answer</summary>"
            f"<p>{html.escape(self.reply(self.answer))}</p>"
            f"<pre>{html.escape(self.code)}</pre></details>"
        )

    def widget(self):
        """Return a new view for front-ends that take anywidget's JavaScript."""
        from gancourse.live.run.faulty_view import FaultyRunWidget  # only where a page shows it

        return FaultyRunWidget(self)

    def core_widget(self):
        """Return a new view made of core ipywidgets: an image, buttons, a box of text."""
        from gancourse.live.run.faulty_view import core_view

        return core_view(self)

    def __repr__(self) -> str:
        return f"<FaultyRun {self.number}: {self.said}>"


def _case(run, seed: int) -> Case:
    return run if isinstance(run, Case) else Case(run, seed)


def _options(name: str) -> tuple[str, ...]:
    """Return a few causes, the right one among them, those of the same setting first."""
    mine = get_fault(name).setting
    near = [other for other in FAULTS if other != name and FAULTS[other].setting == mine]
    dice = random.Random(name)
    far = [other for other in FAULTS if other != name and other not in near]
    wrong = (dice.sample(near, len(near)) + dice.sample(far, len(far)))[: CAUSES_SHOWN - 1]
    return tuple(dice.sample([name, *wrong], CAUSES_SHOWN))


def _some_real(setting) -> np.ndarray:
    x = real_data(setting)
    return x[:: max(1, len(x) // REAL)][:REAL].numpy()


def _grey(samples: np.ndarray) -> bytes:
    return np.uint8(127.5 * (np.nan_to_num(samples).clip(-1, 1) + 1)).tobytes()


def _panels(film: Film, shared: Range | None) -> tuple[Panel, Panel]:
    """Return what D says and the losses by turn, the same for a page and for a reader of text.

    The losses have the `shared` range of films beside each other where that holds all of them;
    else they have their own, and the title says so.
    """
    xlim = (0.0, ROOM * film.setting.steps)
    half = Mark("dashed", xlim, [0.5, 0.5])
    named = zip(film.says.T, ("D(x)", "D(G(z))"), "pq", strict=True)
    said = [Mark("line", film.at, column, name, role) for column, name, role in named]
    turn, thin = _losses(film)
    named = zip(thin.T, ("d_loss", "g_loss"), "DG", strict=True)
    curves = tuple(Mark("line", turn, column, name, role) for column, name, role in named)
    own = _height(thin)
    same = shared is not None and shared[0] <= own[0] and own[1] <= shared[1]
    title = "Losses" if same else "Losses (axis of this run alone)"
    return (
        Panel((half, *said), "turn", "", xlim, (0, 1), "D's mean answer"),
        Panel(curves, "turn", "", xlim, shared if same else own, title),
    )


def _losses(film: Film) -> tuple[np.ndarray, np.ndarray]:
    """Return turns [N] and both losses there [N, 2], thinned, NaN where one is not finite."""
    losses = np.where(np.isfinite(film.losses), film.losses, np.nan)
    return thinned(np.arange(1, len(losses) + 1), losses)


def _height(thin: np.ndarray) -> Range:
    return plots.range_around(thin) if np.isfinite(thin).any() else (0.0, 1.0)


def _shared_height(neighbours: Iterable[Film]) -> Range | None:
    """Return a range that holds the losses of all, or None where one would be a flat line in it."""
    each = [_height(_losses(film)[1]) for film in neighbours]
    low, high = min(low for low, _ in each), max(high for _, high in each)
    readable = all(own_high - own_low >= READABLE * (high - low) for own_low, own_high in each)
    return (low, high) if readable else None


def _strip(film: Film) -> Strip:
    picks = np.linspace(0, len(film.at) - 1, SHOTS).round().astype(int)
    if film.setting.images:
        shots = [film.samples[i].astype("f4").reshape(-1, 14, 14) for i in picks]
        fields = [None] * SHOTS
    else:
        shots = [film.samples[i].astype("f4") for i in picks]
        fields = [film.fields[i] / 255 for i in picks]
    titles = [f"turn {film.at[i]:,}" for i in picks]
    return Strip(list(zip(titles, shots, fields, strict=True)), film.at, film.says, film.outcome)
