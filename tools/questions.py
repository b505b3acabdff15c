"""What lesson 10b shows and takes too long for it: losses with equal budgets, and other seeds.

    python tools/questions.py losses         each loss at each of four settings, eight runs
    python tools/questions.py seeds 1 2 3    which of the lesson's claims hold with these seeds

Both write docs/questions.json after each piece, and go on where they stopped. `losses` uses the
lesson's own game; a changed lesson is measured again with `--again`.
"""

import argparse
import json
import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LESSON = ROOT / "notebooks" / "10b_common_questions.py"
OUT = ROOT / "docs" / "questions.json"
TURNS = 600
SETTINGS = {f"rate {rate:g}, R1 {gamma:g}": (rate, gamma)
            for rate in (1e-3, 3e-3) for gamma in (0.0, 0.1)}  # fmt: skip
GAME_ENDS = "# ## Why is training unstable?"  # the lesson's game is defined above
CLAIMS_END = "# ## Would another seed say so too?"  # what follows reads what is measured here


def code_of(text: str) -> list[str]:
    """Return the code cells of a lesson's source."""
    cells = text.split("\n# %%")[1:]
    return [
        cell.partition("\n")[2] for cell in cells if "[markdown]" not in cell.partition("\n")[0]
    ]


def played(space: dict, name: str, rate: float, gamma: float, turns: int = TURNS) -> list[float]:
    """Return the share of high quality of each run of the lesson's game with another loss."""
    from gancourse.losses import get_loss, r1_penalty

    pair, game = get_loss(name), space["Game"](rates=(rate, rate))
    for _ in range(turns):
        x, x_fake = space["batch"](game), game.fake()
        d_loss = pair.d_loss(game.D(x).flatten(), game.D(x_fake.detach()).flatten())
        penalty = gamma * r1_penalty(game.D, x) if gamma else 0.0
        game.opt_D.zero_grad()
        (game.runs * (d_loss + penalty)).backward()  # the sum over runs, as each is a mean
        game.opt_D.step()
        g_loss = pair.g_loss(game.D(x).detach().flatten(), game.D(game.fake()).flatten())
        game.opt_G.zero_grad()
        (game.runs * g_loss).backward()
        game.opt_G.step()
    return [round(share, 4) for share in space["marks"](game)[1].tolist()]


def measure_losses(found: dict) -> None:
    from gancourse.losses import LOSSES

    space: dict = {}
    for cell in code_of(LESSON.read_text(encoding="utf-8").split(GAME_ENDS)[0]):
        exec(cell, space)
    for name in LOSSES:
        row = found.setdefault("losses", {}).setdefault(name, {})
        for setting, (rate, gamma) in SETTINGS.items():
            if setting not in row:
                row[setting] = played(space, name, rate, gamma)
                save(found)


def claims_of(text: str, seed: int) -> dict[str, bool]:
    """Run a lesson's code with another seed; return which of its claims hold, by sentence."""
    import gancourse
    from gancourse.claims import ClaimFailed, claim

    held: dict[str, bool] = {}

    def noted(sentence: str, *found, **bounds) -> None:
        try:
            claim(sentence, *found, **bounds)
        except ClaimFailed:
            held[sentence] = False
        held.setdefault(sentence, True)

    space: dict = {}
    was, gancourse.claim = gancourse.claim, noted
    try:
        text = text.split(CLAIMS_END)[0].replace("\nSEED = 0", f"\nSEED = {seed}")
        for cell in code_of(text):
            exec(cell, space)
    finally:
        gancourse.claim = was
    return held


def measure_seeds(found: dict, seeds: list[int]) -> None:
    for seed in seeds:
        if str(seed) not in found.setdefault("seeds", {}):
            found["seeds"][str(seed)] = claims_of(LESSON.read_text(encoding="utf-8"), seed)
            save(found)


def save(found: dict) -> None:
    from gancourse.store import write_whole

    write_whole(OUT, (json.dumps(found, indent=1) + "\n").encode())


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=("losses", "seeds"))
    parser.add_argument("seeds", nargs="*", type=int, default=[0, 1, 2, 3, 4])
    parser.add_argument("--again", action="store_true", help="forget what was measured before")
    options = parser.parse_args(argv)
    found = json.loads(OUT.read_text()) if OUT.exists() else {"losses": {}, "seeds": {}}
    if options.again:
        found[options.what] = {}
    os.chdir(LESSON.parent)  # the lesson reads files beside it
    if options.what == "losses":
        measure_losses(found)
    else:
        measure_seeds(found, options.seeds)
    return 0


if __name__ == "__main__":
    sys.exit(main())
