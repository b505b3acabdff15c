"""A faulty program of the later part has the fault that its author names: seen in a few turns."""

from functools import cache

import pytest
import torch
from corpus import table
from corpus_notes import Notes, differ, never_moves, not_finite, unowned

PROGRAMS = table.programs("later")
TURNS = {"decay_of_an_epoch_in_each_batch": 300, "pool_filled_at_the_start": 4}


@pytest.fixture(autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


class Heard(Notes):
    """Also keeps what D is given and answers, and G's mode in training."""

    def start(self, **parts):
        super().start(**parts)
        self.into_D, self.training, self.made = [], [], []
        self.D.register_forward_hook(lambda _, x, out: self.into_D.append((x[0].detach(), out)))
        self.G.register_forward_hook(self.saw_G)

    def saw_G(self, G, _, out):
        self.made.append(out.detach())
        self.training.append(G.training)


@cache
def heard(name):
    kept = Heard()
    PROGRAMS[name].run(kept, 1, TURNS.get(name, 8))
    return kept


def never_sees_what_g_makes(n):
    """Of D's inputs without a graph, real batches aside, none is what G made since the start."""
    own = [x for x, _ in n.into_D if not any(x.shape == y.shape and x.equal(y) for y in n.made[1:])]
    fakes = [x for x in own if not any(x.equal(y) for y in n.batches)]
    return len(fakes) >= 4


def no_gradient_of_real(n):
    """D's loss is softplus of its answers to fakes, and nothing else."""
    real, fake = (n.into_D[i][1].detach() for i in (-3, -2))
    alone = torch.nn.functional.softplus(fake).mean().item()
    assert len(real) == len(fake)
    return abs(n.losses[-1][0] - alone) < 1e-5


def steps_after_the_other_backward(n):
    """D's answers to its own fakes rise: it was moved by G's loss."""
    score = [n.D(x).mean().item() for x in n.made[-1:]]
    old = [p.detach().clone() for p in n.D.parameters()]
    with torch.no_grad():
        for now, first in zip(n.D.parameters(), n.first["D"], strict=True):
            now.copy_(first)
        before = n.D(n.made[-1]).mean().item()
        for now, kept in zip(n.D.parameters(), old, strict=True):
            now.copy_(kept)
    return score[0] > before


def square_of_all_pairs(n):
    both = n.into_D[-2][1].detach()
    wanted = torch.arange(len(both)).lt(len(both) // 2).float()
    return abs(n.losses[-1][0] - (both - wanted).square().mean().item()) < 1e-5


def moves_next_to_nothing(n):
    old, new = (torch.cat([p.flatten() for p in ps]) for ps in (n.first["D"], n.D.parameters()))
    return 0 < (old - new).norm() < 1e-5


FACTS = {
    "pool_filled_at_the_start": never_sees_what_g_makes,
    "real_term_is_lost": no_gradient_of_real,
    "decay_of_an_epoch_in_each_batch": lambda n: n.opt["D"].param_groups[0]["lr"] < 1e-6,
    "re_drawn_after_the_optimisers": unowned,
    "mask_taken_for_its_complement": steps_after_the_other_backward,
    "column_against_row": square_of_all_pairs,
    "preview_leaves_eval": lambda n: not any(n.training[-3:]),
    "clipped_at_a_millionth": moves_next_to_nothing,
    "tanh_critic": lambda n: isinstance(n.D[-1], torch.nn.Tanh) and differ(n.first["D"], n.D),
    "norm_without_epsilon": not_finite,
    "critic_put_back": never_moves("D"),
}


@pytest.mark.parametrize("name", [name for name, p in PROGRAMS.items() if not p.sound])
def test_a_faulty_program_has_its_fault(name):
    assert FACTS[name](heard(name))


@pytest.mark.parametrize(
    ("fact", "sound"),
    [
        (never_sees_what_g_makes, "callbacks_and_pool"),
        (square_of_all_pairs, "noisy_labels_least_squares"),
        (moves_next_to_nothing, "lookahead_minimax"),
        (unowned, "panel_of_critics"),
    ],
)
def test_a_sound_program_has_it_not(fact, sound):
    assert not fact(heard(sound))
