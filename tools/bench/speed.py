"""Speed, side by side in turns, and its cost along each axis on which work grows."""

import argparse

from bench import turns
from bench.contenders import COSTS, SPEED, costs, flops
from bench.results import chosen, load, save
from bench.turns import Place


def speed(options: argparse.Namespace, place: Place) -> None:
    """Measure each group of contenders in turns, and what the machine could do at most."""
    wanted = chosen(options.only, [name for group in SPEED.values() for name in group])
    groups = [[name for name in group if name in wanted] for group in SPEED.values()]
    result = {"machine": place.about(), "seconds": options.seconds or 0.7}
    result |= {"rates": {}, "MB": {}, "profile": {}, "flops": flops()}
    for names in filter(None, groups):
        found = turns.rounds(names, options.rounds or 15, result["seconds"], place)
        for part, values in found.items():
            result[part] |= values
    save(options.out, "speed", result)


def cost(options: argparse.Namespace, place: Place) -> None:
    """Measure speed and memory along each axis, its cases in turns."""
    result: dict = {"machine": place.about(), "seconds": options.seconds or 1.5}
    for axis in chosen(options.only, COSTS):
        found = turns.rounds(list(costs(axis)), options.rounds or 4, result["seconds"], place)
        result[axis] = [
            {axis: n, "rates": found["rates"][f"{axis} {n}"], "MB": found["MB"][f"{axis} {n}"],
             "flops": flops(recipe)}
            for n, recipe in COSTS[axis].items()
        ]  # fmt: skip
    save(options.out, "cost", load(options.out, "cost") | result)
