"""Signals made by hand for the rules of `gancourse.clinic.ways`: what each fact needs."""

import math

UP, NEVER, NOT_ONE = [1.0] * 50, [-1.0] * 50, [0.0] * 50
MISSING = {"regions": (4, 8)}  # the samples suffer, and are not poor
DEAF = {"wishes": {"D of real": UP, "D of fakes": [-1.0] * 50, "G of fakes": NOT_ONE}}
BELOW = {"outputs": (-1.0, 2.0), "largest": [2.0] * 1000, "g_loss": [1.0] * 40 + [math.nan] * 960}
RAW = {"heard": {"asked": UP}}  # D judges G's own numbers
SCALED = {"as handed in": NEVER, "scale": [[2.0, -1.0]] * 50, "handed in": [[0.0, 1.0]] * 50}
HALF = SCALED | {"scale": [[0.125, -1.0]] * 50, "handed in": [[-1.0, 1.0]] * 50}


def manner(**noted) -> dict:
    return {"manner": noted, **MISSING}


SEEN = {
    "two kinds of fakes": manner(own=UP, **{"through own": NOT_ONE}) | DEAF,
    "weights without a gradient": manner(**{"silent D": [0.4, 50], "silent names D": ["new"]}),
    "numbers without a gradient": manner(mute=[4, 6, 50]),
    "a loss is no number": BELOW,
    "samples converted wrongly": manner(**SCALED, shown=[0.5, 1.0]) | {"drawn": "changed"} | RAW,
    "real samples changed": manner(**HALF) | {"ends": {"G": "tanh"}} | RAW,
    "other settings in sampling": manner(settings=["truncation=0.1"], spread=[0.2]),
    "unscaled data": {"closer": {"columns": [0.5, 12000.0]}, **MISSING},
    "along the batch": manner(**{"along the batch": ["D's GRU takes 32 samples for steps"]}),
}
OTHER_EVIDENCE = [
    ("real samples changed", manner(rounded=UP, round=NOT_ONE, **{"as handed in": NEVER})),
]
NOTHING_WRONG = {
    "samples converted back": manner(**SCALED, shown=[0.5, 0.5]) | {"drawn": "changed"},
    "raw bytes that are scaled in the loop": manner(
        **HALF | {"handed in": [[0.0, 255.0]] * 50}
    ) | {"ends": {"G": "tanh"}},
    "no loss in a turn without a step": BELOW | {"steps": {"G": 300, "D": 1000}},
    "a branch that is silent in a few steps": manner(
        **{"silent D": [0.4, 3], "silent names D": ["gate"]}
    ),
    "a column of bytes beside others": {"closer": {"columns": [40.0, 80.0]}},
    "columns far apart, all small": {"closer": {"columns": [0.001, 0.4]}},
    "a setting that changes nothing": manner(settings=["step=3"], spread=[1.02]),
    "an argument of G's step that is D's, too": manner(own=UP, **{"through own": UP}),
}  # fmt: skip
