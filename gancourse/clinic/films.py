"""Films of the clinic's runs, and runs that are taken turn by turn while somebody looks. Lesson 10.

`film_of(name)` reads the film that comes with the course, or makes it. `Filming` trains any text of
the program. `python -m gancourse.clinic.films` records all of them again.
"""

import ast
import difflib
import hashlib
import io
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from gancourse import machine, plots
from gancourse.clinic import faults, settings
from gancourse.clinic.settings import Setting
from gancourse.errors import InputError, choose, in_a_sentence
from gancourse.nets import duplicate
from gancourse.store import write_whole

HOME = Path(__file__).with_name("recordings")
SIDE, POINTS, IMAGES, PICTURES = 40, 200, 16, 30  # cells of D's field; samples; pictures in a film
JUDGED = 512  # real samples that D is asked about


@dataclass(frozen=True, eq=False)
class Film:
    """A run as pictures, T of them, with its losses by turn.

    `at` [T] are turns, `samples` [T, N, dim] G's of the same z, `fields` [T, SIDE, SIDE] what D
    says of the plane, 0 to 255, the top row first (empty for images), `says` [T, 2] the means of
    D(x) and D(G(z)), `losses` [turns, 2] d_loss and g_loss. `outcome` says how the last samples
    are, `sound` whether they are as good as the setting's healthy runs make them.
    """

    setting: Setting
    at: np.ndarray
    samples: np.ndarray
    fields: np.ndarray
    says: np.ndarray
    losses: np.ndarray
    outcome: str = ""
    sound: bool = False

    @property
    def limit(self) -> float:
        """Half the side of the plane that the pictures show."""
        return limit_of(self.setting)


def limit_of(setting: Setting) -> float:
    return plots.square_limit(settings.real_data(setting)) if setting.toy else 1.0


class OwnDice:
    """`torch` with a random state of its own, for a program that runs while other cells draw."""

    def __init__(self):
        self.rng = torch.Generator()

    def __getattr__(self, name: str):
        return getattr(torch, name)

    def randn(self, *size, **options):
        return torch.randn(*size, generator=self.rng, **options)

    def rand(self, *size, **options):
        return torch.rand(*size, generator=self.rng, **options)

    def randperm(self, n: int, **options):
        return torch.randperm(n, generator=self.rng, **options)

    def randint(self, *limits, **options):
        return torch.randint(*limits, generator=self.rng, **options)


class Filming:
    """A run of a program's text in a setting, taken turn by turn and filmed.

    It is the run that `train_run` gives for the same text and seed, and it draws from a random
    state of its own. Raises InputError where the text is no program.
    """

    def __init__(self, setting: Setting, text: str, seed: int = 0):
        self.setting, self.seed, self.turn = setting, seed, 0
        self.code, dice = _program(text), OwnDice()
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            try:
                x_real = self.code.scaled(settings.real_data(setting), setting)
                self.G, self.D = self.code.make_nets(setting, x_real.shape[1])
                self.opts = self.code.optimisers(self.G, self.D, setting)
            except Exception as error:
                raise InputError(f"The program does not start: {in_a_sentence(error)}") from error
            dice.rng.set_state(torch.get_rng_state())
        self.code.torch = dice
        self.batches = self.code.real_batches(x_real, setting.batch)
        self.own_z = dice.randn(64, setting.z_dim)
        rng = machine.seed_generator(1)
        self.z = torch.randn(IMAGES if setting.images else POINTS, setting.z_dim, generator=rng)
        self.x_real = x_real[torch.randperm(len(x_real), generator=rng)[:JUDGED]]
        self.every = max(1, setting.steps // PICTURES)
        self.losses: list[tuple[float, float]] = []
        self.pictures: list[tuple] = []
        self._whole: Film | None = None

    @property
    def finished(self) -> bool:
        return self.turn >= self.setting.steps

    def step(self) -> None:
        """Take a turn of both players, and a picture where one is due."""
        if self.turn % self.every == 0:
            self._shoot()
        if self.turn % 300 == 0:
            self.code.sample(self.G, self.own_z)  # the program's own look, which may spoil the run
        losses = self.code.turn(self.G, self.D, *self.opts, self.batches, self.setting)
        self.losses.append(tuple(float(loss) for loss in losses))
        self.turn += 1
        if self.finished:
            self._shoot()

    @torch.no_grad()
    def _shoot(self) -> None:
        # A look leaves no trace in modes and running means.
        G, D = duplicate(self.G), duplicate(self.D)
        x_fake = self.code.sample(G, self.z)
        says = [D(x).float().sigmoid().mean().item() for x in (self.x_real, x_fake)]
        field = np.empty((0, 0), np.uint8) if self.setting.images else _field(D, self.setting)
        self.pictures.append((self.turn, x_fake.half().numpy(), field, says))

    def film(self) -> Film:
        """Return what was filmed so far; at the end also how the samples are."""
        if self._whole is not None:
            return self._whole
        at, samples, fields, says = zip(*self.pictures, strict=True)
        losses = np.array(self.losses, np.float32).reshape(-1, 2)
        pictures = np.array(at), np.stack(samples), np.stack(fields), np.array(says, np.float32)
        film = Film(self.setting, *pictures, losses)
        if self.finished:
            self._whole = film = self._judged(film)
        return film

    def _judged(self, film: Film) -> Film:
        rng = machine.seed_generator(self.seed)
        found = settings.judge(
            self.setting,
            lambda z: self.code.sample(self.G, z),
            lambda n: torch.randn(n, self.setting.z_dim, generator=rng),
            rng,
        )
        outcome = "the samples are not finite" if found is None else str(found)
        return Film(**(vars(film) | {"outcome": outcome,
                                     "sound": settings.in_band(found, self.setting)}))  # fmt: skip


def _program(text: str):
    try:
        return faults.module_of(text, "a learner's program")
    except SyntaxError as error:  # its number counts lines that no reader sees
        line = (error.text or "").strip()
        raise InputError(f"This is no program: {error.msg}, in the line {line!r}.") from error
    except Exception as error:
        raise InputError(f"This is no program: {in_a_sentence(error)}") from error


@torch.no_grad()
def _field(D: torch.nn.Module, setting: Setting) -> np.ndarray:
    limit = limit_of(setting)
    cell = 2 * limit / SIDE
    at = torch.linspace(-limit + cell / 2, limit - cell / 2, SIDE)
    x = torch.stack(torch.meshgrid(at, -at, indexing="xy"), -1)  # [row, column, 2]
    says = D(x.view(-1, 2)).float().sigmoid().nan_to_num(0.5)
    return (255 * says).round().to(torch.uint8).view(SIDE, SIDE).numpy()


def excerpt(fault: faults.Fault) -> tuple[str, str, str]:
    """Return a fault's program in three texts: the statement that holds the mistake, in the middle.

    The statement is a whole function, or a line outside of them.
    """
    text, lines = faults.program(fault), faults.program(fault).splitlines(keepends=True)
    matched = difflib.SequenceMatcher(None, faults.program().splitlines(), text.splitlines())
    changed = next(op for op in matched.get_opcodes() if op[0] != "equal")[3] + 1
    for node in ast.parse(text).body:
        first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", ()))])
        if first <= changed <= node.end_lineno:
            parts = lines[: first - 1], lines[first - 1 : node.end_lineno], lines[node.end_lineno :]
            return tuple("".join(part) for part in parts)
    raise InputError(f"{fault.name} changes no statement of the program: name one that it holds.")


def repaired_excerpt(fault: faults.Fault) -> str:
    """Return the working program's version of the statement that holds a fault's mistake."""
    before, _, after = excerpt(fault)
    return faults.program()[len(before) : -len(after)]


def _digest(setting: Setting, text: str) -> str:
    fields = {key: value for key, value in vars(setting).items() if key not in ("toy", "init")}
    return hashlib.sha256(f"{text}{fields}{SIDE, POINTS, IMAGES, PICTURES}".encode()).hexdigest()


def _source(name: str) -> tuple[Setting, str]:
    choose("fault or setting", name, [*faults.FAULTS, *settings.SETTINGS])
    fault = faults.FAULTS.get(name)
    return settings.get_setting(fault.setting if fault else name), faults.program(fault)


def _path(name: str) -> Path:
    return HOME / f"{name.replace(' ', '_')}.npz"


def film_of(name: str, seed: int = 0) -> Film:
    """Return the film of a fault's run, or of a setting's working program.

    Seed 0 is read from what comes with the course where that is of the present program; else the
    run is trained here. Raises InputError for another name.
    """
    setting, text = _source(name)
    path = _path(name)
    if seed == 0 and path.exists():
        with np.load(path) as stored:
            film = {key: stored[key] for key in stored.files}
        if str(film.pop("digest")) == _digest(setting, text):
            words = {"outcome": str(film.pop("outcome")), "sound": bool(film.pop("sound"))}
            return Film(setting, **film, **words)
    return trained_film(setting, text, seed)


def trained_film(setting: Setting, text: str, seed: int = 0) -> Film:
    """Train the program of this text here, to its end, and return the film."""
    run = Filming(setting, text, seed)
    with machine.threaded("dense"):
        while not run.finished:
            run.step()
        return run.film()


def record(name: str) -> Path:
    """Train a run and write its film to its place in the course, whole."""
    setting, text = _source(name)
    film = vars(trained_film(setting, text))
    film.pop("setting")
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **film, digest=_digest(setting, text))
    return write_whole(_path(name), buffer.getvalue())


if __name__ == "__main__":
    every = [*{f.setting: None for f in faults.FAULTS.values()}, *faults.FAULTS]
    for name in sys.argv[1:] or every:
        print(record(name), flush=True)
