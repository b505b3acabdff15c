"""Which tests own which module, for `tools/mutants.py`."""

from typing import NamedTuple


class Owner(NamedTuple):
    """A module, the test files that must notice its faults, and which of their tests are asked.

    `tests` are paths with blanks between, `chosen` is pytest's -k. Not asked are tests of speed,
    which fail on a busy machine, and some that take too long; what they alone would notice counts
    as unseen.
    """

    module: str
    tests: str
    chosen: str = ""
    sampled: bool = True

    @property
    def asked(self) -> tuple[str, str]:
        return self.tests, self.chosen


DIGITS = "not mnist and not fashion"  # the report on images is tested on the embedded digits too
TRAIN = " ".join(f"tests/train/test_{name}.py" for name in (
    "train_steps", "train_recipes", "train_averages", "train_checkpoints", "train_labels",
    "remedies",
))  # fmt: skip
FAST = "not killed_again and not five_percent"
DATA = " ".join(f"tests/data/test_{name}.py" for name in (
    "images", "given_folder", "download", "real_sets",
))  # fmt: skip
RULER = "tests/score/test_score_ruler.py"
FOLDERS = "tests/data/test_folders.py"
IMAGES = "tests/score/test_score_images.py"
LABELLED = "tests/score/test_score_obedience.py"
CLI = "tests/test_cli.py"
TABLES = "tests/tools/test_tables.py"
TWO = "tests/train/test_parallel.py"
QUICK_TWO = "not killed_process and not answers_no_more and not on_two"
OWNERS = {  # the names are those of the two TOML files: only the paths move
    "losses": Owner("gancourse/losses.py", "tests/test_losses.py"),
    "store": Owner("gancourse/store.py", "tests/test_store.py", "not two_processes"),
    "train.steps": Owner("gancourse/train/steps.py", TRAIN, FAST),
    "train.state": Owner("gancourse/train/state.py", TRAIN, FAST),
    "train.averages": Owner("gancourse/train/averages.py", TRAIN, FAST),
    "train.checkpoint": Owner("gancourse/train/checkpoint.py", TRAIN, FAST),
    "train.recipe": Owner("gancourse/train/recipe.py", TRAIN, FAST),
    "train.presets": Owner("gancourse/train/presets.py", TRAIN, FAST),
    "train.alone": Owner("gancourse/train/alone.py", "tests/train/test_train_alone.py"),
    "train.augment": Owner("gancourse/train/augment.py", "tests/train/test_augment.py"),
    "train.remedies": Owner("gancourse/train/remedies.py", "tests/train/test_remedies.py"),
    "train.parallel": Owner("gancourse/train/parallel.py", TWO, QUICK_TWO),
    "train.sync_norm": Owner("gancourse/train/sync_norm.py", TWO, QUICK_TWO),
    "train.run": Owner(
        "gancourse/train/run.py",
        f"tests/train/test_run.py {CLI}",
        "(train or run or resume or minutes or bad_numbers or another_side) and not keeps_it",
    ),
    "latent": Owner(
        "gancourse/maths/latent.py", "tests/maths/test_latent.py", "not steering and not g_can"
    ),
    "dynamics": Owner("gancourse/maths/dynamics.py", "tests/maths/test_dynamics.py"),
    "divergences": Owner("gancourse/maths/divergences.py", "tests/maths/test_theory.py"),
    "fgan": Owner("gancourse/maths/fgan.py", "tests/maths/test_fgan.py"),
    "transport": Owner("gancourse/maths/transport.py", "tests/maths/test_transport.py"),
    "cost": Owner("gancourse/maths/cost.py", "tests/maths/test_cost.py"),
    "diffusion": Owner("gancourse/maths/diffusion.py", "tests/maths/test_diffusion.py"),
    "labels": Owner("gancourse/maths/labels.py", "tests/maths/test_labels.py"),
    "lipschitz": Owner("gancourse/maths/lipschitz.py", "tests/maths/test_lipschitz.py"),
    "matching": Owner("gancourse/maths/matching.py", "tests/maths/test_matching.py"),
    "data.images": Owner("gancourse/data/images.py", f"{DATA} {FOLDERS}", "not memory_speed"),
    "data.sets": Owner("gancourse/data/sets.py", DATA, "not memory_speed"),
    "data.idx": Owner("gancourse/data/idx.py", DATA, "not memory_speed"),
    "data.download": Owner("gancourse/data/download.py", DATA, "not memory_speed"),
    "data.toys": Owner(
        "gancourse/data/toys.py", "tests/data/test_toys.py tests/data/test_toys_refused.py"
    ),
    "data.places": Owner("gancourse/data/places.py", DATA, "not memory_speed"),
    "data.origins": Owner("gancourse/data/origins.py", "tests/data/test_origins.py"),
    "data.enlarged": Owner("gancourse/data/enlarged.py", "tests/data/test_enlarged.py"),
    "data.folders": Owner("gancourse/data/folders.py", FOLDERS),
    "score.modes": Owner("gancourse/score/modes.py", "tests/score/test_score.py"),
    "score.measures": Owner("gancourse/score/measures.py", "tests/score/test_score_measures.py"),
    "score.images": Owner("gancourse/score/images.py", f"{IMAGES} {LABELLED} {FOLDERS}", DIGITS),
    "score.known": Owner("gancourse/score/known.py", IMAGES, DIGITS),
    "score.copies": Owner(
        "gancourse/score/copies.py", f"{IMAGES} tests/score/test_score_copies.py", DIGITS
    ),
    "score.ruler": Owner("gancourse/score/ruler.py", RULER, "not card_says"),
    "score.fit_ruler": Owner("gancourse/score/fit_ruler.py", RULER, "not card_says"),
    "score.bias": Owner("gancourse/score/bias.py", "tests/score/test_score_bias.py"),
    "score.draws": Owner("gancourse/score/draws.py", "tests/score/test_score_draws.py"),
    "score.files": Owner("gancourse/score/files.py", "tests/score/test_score_files.py"),
    "score.parzen": Owner("gancourse/score/parzen.py", "tests/score/test_score_parzen.py"),
    "score.obedience": Owner("gancourse/score/obedience.py", LABELLED),
    "score.pixel_ruler": Owner("gancourse/score/pixel_ruler.py", FOLDERS),
    "score.pupils": Owner("gancourse/score/pupils.py", "tests/score/test_score_pupils.py"),
    "score.shown": Owner("gancourse/score/shown.py", "tests/score/test_score_shown.py"),
    "score.spoilt": Owner("gancourse/score/spoilt.py", "tests/score/test_score_spoilt.py"),
    "score.stacked": Owner("gancourse/score/stacked.py", "tests/score/test_score_stacked.py"),
    "score.tables": Owner(
        "gancourse/score/tables.py", TABLES, "not give_the_same_numbers and not a_subset"
    ),
    "score.image_tables": Owner(
        "gancourse/score/image_tables.py",
        "tests/score/test_score_stacked.py tests/score/test_score_pupils.py "
        f"tests/score/test_score_estimate.py {TABLES}",
        "not give_the_same_numbers and not a_subset and not cluster and not killed",
    ),
    "score.command": Owner(
        "gancourse/score/command.py", f"tests/score/test_score_command.py {CLI}", "score"
    ),
    "grade.wire": Owner("gancourse/grade/box/wire.py", "tests/grade/test_grade_wire.py"),
    "grade.remote": Owner(
        "gancourse/grade/box/remote.py", "tests/grade/test_grade.py", "a_part_is_allowed", False
    ),
}
