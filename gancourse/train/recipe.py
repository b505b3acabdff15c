"""A recipe: all the choices of a run, as data. Lesson 06."""

from dataclasses import dataclass, field, replace

from gancourse import losses, nets
from gancourse.errors import InputError, at_least, choose
from gancourse.train import augment

OPTIMISERS = ("adam", "sgd")


@dataclass(frozen=True)
class Recipe:
    """All the choices of a run, as data: nets, loss, penalty, optimiser, rates, batch, EMA.

    `optimiser` is one of OPTIMISERS; for "sgd" the first of `betas` is its momentum. From the first
    to the second step of `anneal` both rates fall in a straight line to a hundredth.

    Remedies (lesson 12), all off by default: `r1`, `r2` and `gp` weigh the penalties of
    `gancourse.losses`; `spectral` divides each layer of D by its largest singular value; `clip`
    keeps D's weights within -clip..clip; D sees `pack` samples at once; it takes `steps_D` steps
    for each step of G.

    Lesson 13: with `classes`, so many, both nets are given labels; `augment` names what is done to
    all that D sees, as `gancourse.train.augment` has it ("translation,cutout").

    With `ema_buffers` the average of G takes in batch norm's statistics, not the weights alone. On
    several processes (lesson 14), with `sync_norm` batch norm counts the batches of all of them.
    """

    net: str
    G: dict = field(default_factory=dict)
    D: dict = field(default_factory=dict)
    loss: str = "non-saturating"
    r1: float = 0.0
    r2: float = 0.0
    lr_G: float = 2e-4
    lr_D: float = 2e-4
    betas: tuple[float, float] = (0.5, 0.999)
    batch: int = 128
    ema: float = 0.999
    precision: str | None = None  # None: what is fastest on the machine
    optimiser: str = "adam"
    anneal: tuple[int, int] | None = None
    gp: float = 0.0
    spectral: bool = False
    clip: float = 0.0
    pack: int = 1
    steps_D: int = 1
    classes: int = 0
    augment: str = ""
    sync_norm: bool = False
    ema_buffers: bool = False

    def __post_init__(self):
        losses.get_loss(self.loss)
        choose("optimiser", self.optimiser, OPTIMISERS)
        at_least("batch", self.batch, 2)
        at_least("pack", self.pack, 1)
        at_least("steps_D", self.steps_D, 1)
        self._check_packs()
        self._check_labels()
        augment.policies(self.augment)
        object.__setattr__(self, "betas", tuple(float(beta) for beta in self.betas))
        if not 0 <= self.ema < 1:
            raise InputError(f"ema is a decay from 0 to below 1, and {self.ema} was given.")
        weights = self.r1, self.r2, self.gp, self.clip
        if min(self.lr_G, self.lr_D) <= 0 or min(weights) < 0:
            raise InputError(
                "Learning rates must be above 0, r1, r2, gp and clip not below, and "
                f"{self.lr_G}, {self.lr_D} and {weights} were given: correct the recipe."
            )
        if self.anneal is not None:
            steps = tuple(int(step) for step in self.anneal)
            if len(steps) != 2 or not 0 <= steps[0] < steps[1]:
                raise InputError(
                    "anneal is the steps where rates begin and end to fall, the second after the "
                    f"first, and {self.anneal} was given: correct the recipe."
                )
            object.__setattr__(self, "anneal", steps)

    def _check_packs(self) -> None:
        if self.batch % self.pack:
            raise InputError(
                f"A batch is cut into packs of {self.pack}, and {self.batch} is no multiple of it: "
                "give another batch or pack."
            )
        if self.pack > 1:
            nets.takes_packs(self.net)

    def _check_labels(self) -> None:
        at_least("classes", self.classes, 0)
        if bool(self.classes) != nets.takes_labels(self.net):
            given = f"{self.classes} classes" if self.classes else "no classes"
            raise InputError(
                f"The nets {self.net!r} {'want' if not self.classes else 'take no'} labels, and "
                f"the recipe has {given}: give other nets, or other classes."
            )

    def fitted(self, shape: tuple[int, ...]) -> "Recipe":
        """Return this recipe with nets for images [C, S, S]; InputError where they take others."""
        G, D = nets.options_for(self.net, shape)
        return replace(self, G={**self.G, **G}, D={**self.D, **D})

    def rates(self, step: int) -> tuple[float, float]:
        """Return the learning rates of G and D after so many steps."""
        if self.anneal is None:
            return self.lr_G, self.lr_D
        first, last = self.anneal
        share = min(1.0, max(0.01, (last - step) / (last - first)))
        return share * self.lr_G, share * self.lr_D
