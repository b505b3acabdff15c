"""What a loss asks of D's answers, turn by turn: higher or lower ones. Lesson 10."""

from gancourse.clinic.signals import Signals, finite, mean

FEW = 5  # measured turns that a fact needs
MOVES, MOST = 10, 0.85  # measured steps that a direction needs, and how many must agree
APART = 0.9  # of pairs in which a real sample gets the larger answer: D tells them well


def telling(moves) -> list[float]:
    """Return the larger half of the moves: where a loss has ended, the rest are momentum's."""
    moves = sorted((x for x in finite(moves) if x), key=abs)
    return moves[len(moves) // 2 :]


def telling_or_all(moves) -> list[float]:
    """Return the telling ones, or all where every one goes the same way: then fewer turns do."""
    moves = [x for x in finite(moves) if x]
    return moves if len({x > 0 for x in moves}) == 1 else telling(moves)


def agreed(wishes) -> bool | None:
    """Tell whether what a loss asks of D's answers is "up", where turn after turn agrees."""
    wishes = telling(wishes)
    up = sum(wish > 0 for wish in wishes)
    if len(wishes) < FEW or MOST * len(wishes) > max(up, len(wishes) - up):
        return None
    return up > len(wishes) / 2


def asked_of_real(s: Signals) -> bool | None:
    """Tell whether D's loss asks for higher answers to real samples; None where it cannot be seen.

    A target below 1 asks a D that is surer than that for lower ones, the right way round or not.
    """
    asked, ranks = agreed(s.wishes.get("D of real", ())), finite(s.auc)
    return None if asked is False and len(ranks) >= FEW and mean(ranks) > APART else asked
