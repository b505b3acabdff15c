"""The lessons: one record for each, from which the course's maps are written; appendices last.

`make build` writes the map in README, the one in lesson 00 and the tables at the top of the sheets
from these records, and its check holds them equal. Only the standard library is imported here.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Lesson:
    """A lesson: its `slug` ends the names of its files, and is empty while there are none.

    `minutes` are those to read and play, 0 while the lesson is planned; its sheet may come first.
    `needs` are the numbers of the lessons that it builds on.
    `difficulty` has 1 (easy) to 3 for each exercise of its sheet; empty: there is no sheet. What an
    exercise gives in points and takes in minutes stands in its check. Raises ValueError for a
    difficulty that is none.
    """

    number: str
    title: str
    remember: str  # the one thing
    slug: str = ""
    minutes: int = 0
    needs: tuple[str, ...] = ()
    difficulty: tuple[int, ...] = ()

    def __post_init__(self):
        if not set(self.difficulty) <= {1, 2, 3}:
            raise ValueError(f"lesson {self.number}: a difficulty is 1, 2 or 3: {self.difficulty}")

    @property
    def planned(self) -> bool:
        return not self.minutes

    @property
    def appendix(self) -> bool:
        """Whether it stands behind the main line: 10a is one."""
        return not self.number.isdigit()

    @property
    def name(self) -> str:
        """The name that its files share, such as 05_minimal_gan."""
        return f"{self.number}_{self.slug}"


LESSONS = (
    Lesson(
        "00",
        "welcome",
        "a GAN is a map from noise to pictures; you can steer it",
        slug="welcome",
        minutes=15,
    ),
    Lesson(
        "01",
        "the game",
        "V(D,G): D is a classifier, G moves samples to fool it",
        slug="the_game",
        minutes=45,
        difficulty=(1, 2, 3, 1),
    ),
    Lesson(
        "02",
        "the optimal discriminator",
        "D* = p/(p+q); C(G) = -log 4 + 2 JSD; and why that gradient can vanish",
        slug="optimal_discriminator",
        minutes=50,
        needs=("01",),
        difficulty=(1, 2, 1, 3),
    ),
    Lesson(
        "03",
        "losses",
        "from V to cross-entropy on logits; saturating, non-saturating, least squares, hinge, "
        "Wasserstein",
        slug="losses",
        minutes=75,
        needs=("01", "02"),
        difficulty=(1, 2, 2, 3),
    ),
    Lesson(
        "04",
        "dynamics",
        "a game is not a minimisation: it rotates; what makes it converge",
        slug="dynamics",
        minutes=70,
        needs=("03",),
        difficulty=(1, 2, 3, 2),
    ),
    Lesson(
        "05",
        "a minimal GAN",
        "the whole algorithm in one screen, on points you can see",
        slug="minimal_gan",
        minutes=45,
        difficulty=(1, 2, 2, 3),
    ),
    Lesson(
        "06",
        "an MLP GAN on MNIST",
        "the same loop, real digits; how to read the curves",
        slug="mlp_gan_mnist",
        minutes=40,
        needs=("05",),
        difficulty=(1, 1, 2, 3),
    ),
    Lesson(
        "07",
        "the parts of a DCGAN",
        "strided and transposed convolution, batch norm, initialisation: shapes and traps",
        slug="dcgan_parts",
        minutes=60,
        needs=("06",),
        difficulty=(2, 2, 2, 3),
    ),
    Lesson(
        "08",
        "DCGAN on MNIST",
        "GPU or CPU, precision, checkpoints, what each speed lever gives",
        slug="dcgan_mnist",
        minutes=50,
        needs=("07",),
        difficulty=(1, 2, 2, 3),
    ),
    Lesson(
        "09",
        "latent space",
        "lines and arcs, directions, arithmetic, truncation, inversion; is it memorising?",
        slug="latent_space",
        minutes=60,
        difficulty=(1, 2, 3, 2),
    ),
    Lesson(
        "10",
        "the failure clinic",
        "broken runs to diagnose and repair",
        slug="failure_clinic",
        minutes=50,
        needs=("05", "06"),
        difficulty=(2, 1, 1, 2, 3),
    ),
    Lesson(
        "11",
        "how good is it?",
        "FID, precision and recall, coverage, memorisation, and the fault to which each is blind",
        slug="how_good",
        minutes=60,
        needs=("08", "09"),
        difficulty=(2, 2, 1, 2),
    ),
    Lesson(
        "12",
        "making it stable",
        "gradient penalties, spectral norm, relativistic loss, packing; how to read the papers' "
        "tables",
        slug="stable",
        minutes=60,
        needs=("03", "04", "05"),
        difficulty=(2, 3, 2, 1),
    ),
    Lesson(
        "13",
        "conditional GANs",
        "ask for a seven; data augmentation measured",
        slug="conditional",
        minutes=60,
        needs=("02", "08", "11"),
        difficulty=(1, 2, 2, 3),
    ),
    Lesson(
        "14",
        "scaling up",
        "count first; two processes give the numbers of one; GANs beside diffusion by cost",
        slug="scaling",
        minutes=50,
        needs=("08", "11", "12"),
        difficulty=(2, 1, 2, 2),
    ),
    Lesson(
        "10a",
        "five write-ups",
        "five public articles whose programs do not run, made to work",
        slug="five_writeups",
        minutes=35,
        needs=("03",),
    ),
    Lesson(
        "10b",
        "common questions",
        "why unstable, why poor, which nets: each answered by an experiment; where GANs are used",
        slug="common_questions",
        minutes=45,
        needs=("04", "05", "09"),
    ),
)
