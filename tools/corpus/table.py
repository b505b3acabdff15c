"""The table of all programs, and which part each author belongs to."""

from dataclasses import replace
from importlib import import_module

from .entry import Program

TUNING = (
    "dcgan_tutorial",
    "wgan_lab",
    "functional",
    "research",
    "conditional",
    "numpy_student",
    "packer",
    "trainer_framework",
)
UNSEEN = (
    "erik",
    "lightning",
    "keras_like",
    "amp_engineer",
    "sngan",
    "notebook",
    "one_optimiser",
    "cs_assignment",
)
FRESH = (
    "pix_framework",
    "studio",
    "lucid",
    "loss_objects",
    "hub_example",
    "pure_state",
    "one_module",
    "coroutines",
    "critic_orders",
    "energies",
    "encoders",
    "mode_toys",
    "forum",
    "players",
    "labelled",
)
LATER = (
    "callbacks",
    "tinkerer",
    "paper_club",
    "attackers",
)  # written beside the rules of the last change
BLIND = (  # written by somebody who had not read the rules, for the rules of commit 7a5ddc8
    "fast_learner",
    "config_factory",
    "lua_port",
    "tabular",
    "sequences",
    "translation",
    "style_based",
    "paper_pages",
)
BLIND2 = (  # the same again, by another one, for the rules of commit b8fd1d5
    "vocoder_lab",
    "tokenizer_people",
    "thesis_bigan",
    "cyclists",
    "seminar_wgan",
    "mixed_precision",
    "book_ports",
    "kaggle_classes",
    "equilibria",
    "tables_and_series",
    "optimiser_notes",
)
BLIND3 = (  # once more, by a third one, for the rules of commit 868abe31
    "pixel_tutorials",
    "slope_penalties",
    "class_heads",
    "packs_and_pools",
    "scaled_and_lit",
    "copies_and_averages",
    "plain_loops",
)
BLIND4 = (  # and by a fourth one, for the rules of commit 1286d4c7
    "digits_ozturk",
    "forum_dumitru",
    "keras_pereira",
    "labelled_ngata",
    "lit_okafor",
    "notebook_mira",
    "pairs_volkova",
    "port_haru",
    "repo_lindqvist",
    "zoo_brandt",
)
BLIND5 = (  # and by a fifth one, for the rules of commit c0749338
    "audio_clips",
    "frameworks",
    "kaggle_mixed",
    "rnn_series",
    "stylish",
    "tabular_packs",
    "translate_pairs",
    "tutorial_port",
    "wgan_repo",
    "with_encoder",
)
HALVES = {"tuning": TUNING, "unseen": UNSEEN}
PARTS = HALVES | {
    "fresh": FRESH,
    "later": LATER,
    "blind": BLIND,
    "blind2": BLIND2,
    "blind3": BLIND3,
    "blind4": BLIND4,
    "blind5": BLIND5,
}  # in no half: run when asked by name


def programs(part: str = "all") -> dict[str, Program]:
    """Return name -> program of a part, or of both halves for "all"; KeyError for another part."""
    authors = TUNING + UNSEEN if part == "all" else PARTS[part]
    found = {}
    for author in authors:
        for program in import_module(f"{__package__}.authors.{author}").PROGRAMS:
            found[program.name] = replace(program, author=author)
    return found


def half_of(program: Program) -> str:
    """Return the part that a program's author belongs to."""
    return next(part for part, authors in PARTS.items() if program.author in authors)
