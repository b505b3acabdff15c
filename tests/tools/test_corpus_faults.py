"""A faulty program of the corpus has the fault that its author names, and no sound one has it."""

from functools import cache

import numpy as np
import pytest
import torch
from corpus import data, table
from corpus.entry import NoWatch, flat
from corpus_notes import Notes, direction, never_moves, not_finite, same_batches, unowned

PROGRAMS = table.programs()
LONGER = {  # turns after which the fault is there; 8 for the others
    "corrupt_file": 36,
    "log_of_zero": 60,
    "sgd_rate_five": 60,
    "schedule_per_iteration": 120,
    "decay_of_one": 1000,
}


@pytest.fixture(autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@cache
def notes(name):
    kept = Notes(hears_d=not PROGRAMS[name].sound)
    PROGRAMS[name].run(kept, 1, LONGER.get(name, 8))
    return kept


def share_outside(n):
    """Share of the real values that lie outside of what G draws over the whole training."""
    torch.manual_seed(0)
    x, real = flat(n.sample(200)), np.concatenate([flat(x) for x in n.batches])
    return float(((real < x.min() - 0.5) | (real > x.max() + 0.5)).mean())


FACTS = {
    "D is never stepped": never_moves("D"),
    "wrong optimiser stepped": never_moves("D"),
    "gradients cleared before the step": never_moves("D"),
    "no gradient reaches G": never_moves("G"),
    "detach in G's step": never_moves("G"),
    "G's loss on real samples": never_moves("G"),
    "optimiser of an older copy": never_moves("G"),
    "weights in no optimiser": unowned,
    "same real batch for ever": same_batches,
    "NaN in the real data": lambda n: any(x.isnan().any() for x in n.batches),
    "sigmoid twice": lambda n: all(y.min() >= 0 and y.max() <= 1 for y in n.d_out),
    "softmax over one unit": lambda n: all((y == 1).all() for y in n.d_out),
    "diverged": not_finite,
    "log of zero": not_finite,
    "learning rate falls to zero": lambda n: n.opt["G"].param_groups[0]["lr"] < 1e-7,
    "huge weight decay": lambda n: sum(p.norm() for p in n.G.parameters()) < 0.1,
}
MAY_BE_SOUND = {  # facts that are no fault where the loss or the module expects them
    "sigmoid twice",
    "softmax over one unit",
    "weights in no optimiser",
}
SOUND = [p.name for p in PROGRAMS.values() if p.sound]
FIRST = [(p.name, p.answers[0]) for p in PROGRAMS.values() if not p.sound]
FAULTY = [(name, label) for name, label in FIRST if label in FACTS]


@pytest.mark.parametrize(("name", "label"), FAULTY)
def test_a_faulty_program_has_its_fault(name, label):
    assert FACTS[label](notes(name))


@pytest.mark.parametrize("name", SOUND)
def test_a_sound_program_has_none_of_them(name):
    found = [label for label in FACTS if label not in MAY_BE_SOUND and FACTS[label](notes(name))]
    assert found == []


@pytest.mark.parametrize("name", SOUND)
def test_all_weights_of_a_sound_program_that_may_learn_are_in_an_optimiser(name):
    n = notes(name)
    held = {id(p) for o in n.opt.values() for g in o.param_groups for p in g["params"]}
    assert all(id(p) in held for net in (n.G, n.D) for p in net.parameters() if p.requires_grad)
    assert all(p.requires_grad for p in n.G.parameters())


def test_batches_that_come_class_by_class():
    first = notes("sorted_by_class").batches[0].mean(0).numpy()
    whole = PROGRAMS["sorted_by_class"].real(1000, np.random.default_rng(0)).mean(0)
    shuffled = notes("frozen_features").batches[0].mean(0).numpy()
    assert np.linalg.norm(shuffled - whole) < 2 < np.linalg.norm(first - whole)


@pytest.mark.parametrize("name", ["relu_everywhere", "unscaled_digits"])
def test_a_part_of_the_data_lies_out_of_gs_reach(name):
    assert share_outside(notes(name)) > 0.2


@pytest.mark.parametrize("name", ["best_checkpoint_shown", "averaged_without_buffers"])
def test_samples_come_from_a_net_that_is_not_g(name):
    kept, x = Notes(), {}
    PROGRAMS[name].run(kept, 1, 60)
    z = 12
    torch.manual_seed(0)
    shown = flat(kept.sample(300)).mean(0)
    kept.G.eval()
    for seed in (0, 1):
        torch.manual_seed(seed)
        x[seed] = flat(kept.G(torch.randn(300, z))).mean(0)
    assert np.linalg.norm(shown - x[0]) > 3 * np.linalg.norm(x[1] - x[0])


class Pairs(Notes):
    """Keeps what D is given: samples and their conditions."""

    def start(self, **parts):
        super().start(**parts)
        self.given = []
        self.D.register_forward_pre_hook(lambda D, inputs: self.given.append(inputs))


@pytest.mark.parametrize(
    ("name", "centres", "least", "most"),
    [
        ("labels_of_others", data.grid_centres(2, 2.0), 0.1, 0.4),
        ("projection_hinge", data.grid_centres(3, 1.4), 0.99, 1),
        ("cgan", data.ring_centres(8, 2.0), 0.99, 1),
    ],
)
def test_conditions_belong_to_the_real_samples_but_in_one_program(name, centres, least, most):
    kept = Pairs()
    PROGRAMS[name].run(kept, 1, 5)
    right = [
        (torch.cdist(x, torch.from_numpy(centres).float()).argmin(1) == y).float().mean()
        for x, y in kept.given
        if any(x.shape == real.shape and torch.equal(x, real) for real in kept.batches)
    ]
    assert len(right) == 5
    assert least <= np.mean(right) <= most


def random_after(name, turns):
    PROGRAMS[name].run(NoWatch(), 1, turns)
    return torch.rand(4)


OWN_RANDOM = {"numpy_between", "pure_losses"}  # z from a generator of their own


@pytest.mark.parametrize("name", [n for n in (*SOUND, "reset_noise") if n not in OWN_RANDOM])
def test_the_noise_is_the_same_for_ever_in_one_program_only(name):
    same = torch.equal(random_after(name, 2), random_after(name, 3))
    assert same == (name == "reset_noise")


OTHER_SHAPES = {  # D takes packs, labels or answers with more; one optimiser steps both players
    "acgan",
    "autoencoder_as_D",
    "cgan",
    "gradient_reversal",
    "pacgan2",
    "param_groups",
    "projection_hinge",
}
WRONG_WAY = ("G's step has the wrong sign", "labels swapped", "D's step has the wrong sign")
WRONG = [name for name, label in FIRST if label in WRONG_WAY]


@pytest.mark.parametrize("name", [n for n in SOUND if n not in OTHER_SHAPES])
def test_a_step_of_a_sound_g_brings_its_fakes_nearer_to_real_ones(name):
    assert direction(PROGRAMS[name]) > 0


@pytest.mark.parametrize("name", [n for n in WRONG if n != "one_loss_for_both"])
def test_a_step_of_g_with_the_wrong_sign_takes_them_away(name):
    assert direction(PROGRAMS[name]) < 0
