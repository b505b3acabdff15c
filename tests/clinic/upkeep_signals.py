"""Signals made by hand for the rules of `gancourse.clinic.upkeep`: what each fact needs."""

UP = [1.0] * 50
MISSING = {"regions": (4, 8)}  # the samples suffer, and are not poor
SILENT = [0.0] * 50
SHOWN = {"shown real": UP, "shown fake": UP, "odd": SILENT}
HEARD = {"real": UP, "fake": UP, "other": SILENT, "own": UP, "asked": UP} | SHOWN


def heard(**changes) -> dict:
    return {"heard": HEARD | changes}


SEEN = {
    "one target for all": {"same_target": UP, **MISSING},
    "real left out": heard(real=SILENT),
    "fakes left out": heard(fake=SILENT),
    "old fakes only": heard(fake=SILENT, other=UP) | {"stale": [0.4] * 50, **MISSING},
    "G does not hear D": heard(own=SILENT) | MISSING,
    "D sees a part": {"blind": 0.5, **MISSING},
    "D ends in a clamp": heard(**{"at an end": [0.5] * 50}) | {
        "ends": {"D": "clamp"}, "outputs": (0.0, 1.0), **MISSING
    },
    "squashed critic": {"ends": {"D": "tanh"}, "outputs": (-1.0, 1.0), "even": 1.0, **MISSING},
    "D held flat": {"bounded": "penalty", "even": 0.0, "width": [1e-4] * 50, **MISSING},
    "gradients clipped away": {
        "kept": {"G": UP, "D": [1.3e-6] * 50}, **MISSING,
        "moved": {"G by opt_G": [0.01] * 9, "D by opt_D": [1e-7] * 9},
    },
    "a player hardly moves": {
        "betas": {"G": [0.5, 0.99], "D": []}, "rates": {"G": [1e-7] * 50, "D": [1e-3] * 50},
        "moved": {"G by opt_G": [1e-7] * 9, "D by opt_D": [0.01] * 9}, **MISSING
    },
    "steps undone": {"shift": {"G": [0.5, 0.4], "D": [0.0, 0.0]}},
    "state lost": {"forgot": {"G": SILENT, "D": UP}, **MISSING},
    "betas swapped": {"betas": {"G": [0.999, 0.5], "D": [0.5, 0.999]}, **MISSING},
    "real data change": {"drift": 2.4, **MISSING},
    "a slope is infinite": {
        "nan_from": (800, 1), "finite": False, "d_loss": [1.4] * 801 + [float("nan")] * 199
    },
}  # fmt: skip
SOON = {"turns": 150, "at": [*range(1, 150, 20)], **MISSING}
SUMMED = {"summed": 1.0, "batch": 64, "largest": [3.0] * 10 + [1e7], **MISSING}
OTHER_EVIDENCE = [
    (
        "G does not hear D",
        heard(own=SILENT, **{"through D": UP})
        | MISSING
        | {
            "owned": {"D": {"own": 6, "other": 3, "nobody": 0, "frozen": 0, "all": 9}},
        },
    ),  # G learns with a head of D for codes, and not from D's answers
    ("no zero_grad", {"leftover": [0.4] * 50}),
    ("wrong weights", {"crossed": UP}),
    ("labels of others", {"fake_labels": [0.3] * 50}),
    ("D says one number", {"ends": {"D": "tanh"}, "outputs": (1.0, 1.0), "even": 1.0, **MISSING}),
]
NOTHING_WRONG = {
    "D's loss hears noisy samples": heard(real=SILENT, fake=SILENT, other=UP),
    "a call of D that cannot be read": heard(real=SILENT, odd=UP, **{"shown real": SILENT}),
    "D's loss hears augmented real ones": heard(real=SILENT, other=UP),
    "a pool of old fakes beside new ones": heard(other=UP) | {"stale": [0.4] * 50, **MISSING},
    "rounded samples": heard(fake=SILENT, other=UP, asked=SILENT) | {"stale": [0.4] * 50},
    "G's loss heard now and then": heard(own=[1.0, *SILENT[1:]]) | MISSING,
    "a convolution that leaves out an edge": {"blind": 0.07, **MISSING},
    "a logit that a tanh would hold": {"ends": {"D": "addmm"}, "even": 1.0, **MISSING},
    "a sigmoid with a cross-entropy": {
        "ends": {"D": "sigmoid"}, "outputs": (0.0, 1.0), "even": 0.0, **MISSING
    },
    "logits that happen to lie in [0, 1]": {
        "ends": {"D": "addmm"}, "outputs": (0.1, 0.9), "logistic": 1.0
    },
    "a scaler's gradients, clipped": {"kept": {"G": [3e-5] * 50, "D": [2e-5] * 50}, **MISSING},
    "gradients that vanish under SGD": {
        "rates": {"G": [0.1] * 50, "D": [0.1] * 50},
        "moved": {"G by opt_G": [1e-7] * 9, "D by opt_D": [0.01] * 9}, **MISSING
    },
    "real data that wander a little": {"drift": 1.2},
    "another optimiser steps D": {
        "steps": {"G": 1000, "D": 0}, "shift": {"G": [0.5, 0.4], "D": [0.5, 0.4]}
    },
    "a sum at a rate that fits": {"summed": 1.0, "batch": 64, **MISSING},
    "a Wasserstein critic that is clipped": {
        "bounded": "clipped", "even": 1.0, "width": [1e-4] * 50, **MISSING
    },
    "labels of a few fakes": {"fake_labels": [0.3] * 4},
    "a pool that is shown in every other turn": heard(
        fake=SILENT, other=UP, **{"fresh ahead": UP}
    ) | {"stale": [0.4] * 50, **MISSING},
    "features of D that G is to match": heard(own=SILENT, **{"through D": UP}) | MISSING,
    "a head of D's for codes, that is D's own": heard(own=SILENT, **{"through D": UP}) | {
        "owned": {"D": {"own": 9, "other": 0, "nobody": 0, "frozen": 0, "all": 9}}, **MISSING
    },
    "the same, of a D that is frozen meanwhile": heard(own=SILENT, hidden=UP) | MISSING,
    "a clamp that is never reached": heard(**{"at an end": [0.01] * 50}) | {
        "ends": {"D": "clamp"}, "outputs": (-3.0, 4.0), **MISSING
    },
    "a scaled loss under Adam, early in the run": SOON | {
        "kept": {"G": UP, "D": [1.5e-5] * 50}, "betas": {"G": [], "D": [0.5, 0.99]},
        "moved": {"G by opt_G": [0.01] * 9, "D by opt_D": [1e-5] * 9},
    },
    "a later look in one of the last turns": {
        "turns": 22, "at": [1, 21], "shift": {"G": [0.5, 0.0], "D": [0.5, 0.0]}
    },
    "a player that ends its way early": {
        "shift": {"G": [0.5, 0.0], "D": [0.5, 0.4]},
        "moved": {"G by opt_G": [0.02] * 2 + [0.0] * 48, "D by opt_D": [0.01] * 50},
    },
    "a NaN that came in unseen": heard(
        real=SILENT, other=UP, odd=UP, **{"shown real": SILENT}
    ) | {"nan_from": (800, 0), "finite": False, "d_loss": [1.4] * 800 + [float("nan")] * 200},
    "large layers that are frozen, under a small one that learns": {
        "betas": {"G": [0.5, 0.99], "D": []}, "rates": {"G": [1e-3] * 50, "D": [1e-3] * 50},
        "moved": {"G by opt_G": [1e-7] * 9, "G that asks": UP, "D by opt_D": [0.01] * 9}, **MISSING
    },
}  # fmt: skip
