"""Signals made by hand for the rules of `gancourse.clinic.roots`: what each fact needs."""

from upkeep_signals import MISSING, SILENT, UP, heard

from gancourse.clinic.signals import Noise

ODD = {"odd": UP, "other": UP}
BOTH = {"energy of real": UP, "shown real": UP, "shown fake": UP, "others": SILENT}
STILL = {"G by opt_G": [1e-9] * 9, "D by opt_D": [0.01] * 9}
CRITIC = {"bounded": "clipped", "even": 1.0, "width": [1e-7] * 50, "moved": STILL, **MISSING}


def closer(**changes) -> dict:
    return {"closer": changes}


SEEN = {
    "adversarial weight 0": closer(**{"own is silent": UP}),
    "penalty subtracted": closer(penalty=[-1.0] * 50) | MISSING,
    "no average": closer(behind=[0.0, *[4e-5] * 9]),
    "prepared apart": heard(real=SILENT, **ODD, **{"shown real": SILENT})
    | closer(**{"real changed": [0.7] * 50})
    | MISSING,
    "packs of one sample": closer(**{"real twice in a pack": UP, "fake twice in a pack": SILENT})
    | MISSING,
    "labels never trained": {"asked": {"training": 1, "sampling": 10}, "batch": 64},
    "D's loss is flat": {
        "wishes": {"D of real": SILENT, "D of fakes": SILENT},
        "moved": {"D by opt_D": SILENT, "G by opt_G": [0.01] * 50},
        **MISSING,
    },
    "units alike": closer(**{"copies in G": [96.0, 1e-7]}) | MISSING,
}


def thrown(late):
    """Signals of a run whose first steps are long, with samples in one place."""
    moved = {f"{who} by opt_{who}": [0.3, 0.04, *[late] * 20] for who in "GD"}
    fit = {"precision": 0.0, "coverage": 0.0, "spread": 0.001, "closeness": 0.01}
    return {"moved": moved, "fits": [fit] * 3} | MISSING


OTHER_EVIDENCE = [
    ("labels never trained", {"asked": {"training": 1, "sampling": 10, "real": 10}, "batch": 64}),
    ("packs of one sample", closer(**{"fake twice in a pack": UP, "real twice in a pack": UP})
     | MISSING),
    ("prepared apart", heard(**ODD) | MISSING | closer(**{"real changed in part": [0.3] * 50})),
    ("one target for all", {"kinds_apart": [(0.02, 0.1)] * 20, **MISSING}),
    ("labels of others", {"class_labels": [0.1] * 50}),
    ("one z", {"training": Noise(0.0, 1.0, 1.0, 0.0), **MISSING}),
    ("fakes left out", closer(**BOTH, **{"energy of fake": SILENT})),
    ("D held flat", CRITIC),
    ("steps too long", thrown(late=1e-4)),
    ("penalty over the wrong axis", closer(**{"axis of the norm": [1.0] * 49 + [0.0]}) | {
        "penalty": {"graph": [1.0] * 50, "rows": [8.0] * 50, "axes": [0.5] * 50, "size": [9.0] * 50}
    } | MISSING),
    ("D sees a part", closer(together=[1e-7, 0.3]) | MISSING),
    ("real data change", closer(rewritten=[float(turn) for turn in range(9)]) | MISSING),
    ("prepared apart", heard(fake=SILENT, **ODD) | MISSING | closer(
        **{"fake changed": [0.3] * 50}
    )),
    ("samples converted wrongly", heard() | {"spoilt": "35 % of the numbers shown are 0"}),
]  # fmt: skip
NOTHING_WRONG = {
    "targets of their own, drawn for each sample": {"kinds_apart": [(0.9, 0.1)] * 20},
    "targets of which little is known": {"kinds_apart": [(0.0, 0.4)] * 20},
    "both kinds changed in part": heard(**ODD) | MISSING | closer(
        **{"real changed in part": [0.3] * 50, "fake changed in part": [0.3] * 50}
    ),
    "packs of other samples": closer(**{"real twice in a pack": SILENT}) | MISSING,
    "a softmax that belongs to G, outside of it": heard(fake=SILENT, asked=SILENT, **ODD)
    | closer(**{"fake changed": [0.5] * 50})
    | {"spoilt": "35 % of the numbers shown are 0", **MISSING},
    "an adversary that joins halfway": closer(**{"own is silent": [1.0] * 25 + [0.0] * 25}),
    "long first steps from which both come back": thrown(late=0.01),
    "a penalty by sample that points along another axis by chance": closer(
        **{"axis of the norm": [-1.0] * 45 + [0.0] * 5}
    ) | {"penalty": {"graph": [1.0] * 50, "rows": [0.1] * 50, "axes": [0.5] * 50,
                     "size": [1.0] * 50}} | MISSING,
    "a penalty that is added": closer(penalty=UP) | MISSING,
    "a penalty of which a turn was seen the other way round": closer(
        penalty=[-0.95] * 49 + [0.2]
    ) | MISSING,
    "an average of many steps": closer(behind=[0.0, *[0.08] * 9]),
    "a copy that is brought up to date in each turn": closer(behind=[0.0] * 10),
    "real samples that are only scaled": heard(real=SILENT, **ODD)
    | closer(**{"real changed": [1e-9] * 50})
    | MISSING,
    "both kinds with noise": heard(real=SILENT, fake=SILENT, **ODD)
    | closer(**{"real changed": [0.3] * 50})
    | MISSING,
    "many labels, of which few turns were seen": {
        "asked": {"training": 100, "sampling": 256}, "batch": 8
    },
    "an energy that hears fakes now and then": closer(
        **BOTH, **{"energy of fake": [0.0] * 49 + [1.0]}
    ),
    "a linear D, which is another fault": closer(together=[1e-7, 1e-7]) | MISSING,
    "a head of ten units at 0": closer(**{"copies in D": [0.0, 1.0]}) | MISSING,
    "a small critic under Adam": CRITIC | {"betas": {"G": [0.5, 0.9], "D": []}, "moved": {}},
    "gradients of a scaled loss under plain SGD": {
        "kept": {"G": UP, "D": [2.0**-16] * 50},
        "moved": {"G by opt_G": [0.01] * 9, "D by opt_D": [1e-4] * 9}, **MISSING
    },
    "classes that take turns": {
        "asked": {"training": 1, "sampling": 10, "in turns": 1}, "batch": 64, "order": 99.0
    },
    "a narrow G whose last layer is linear": {"beyond": 0.2, "ends": {"G": "addmm"}, **MISSING},
}  # fmt: skip
