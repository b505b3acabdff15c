"""A faulty program of the fresh part has the fault that its author names: seen in a few turns."""

from functools import cache

import numpy as np
import pytest
import torch
from corpus import table
from corpus.entry import flat
from corpus_notes import Notes, direction, never_moves, not_finite, same_batches, unowned

PROGRAMS = table.programs("fresh")
FAULTY = [name for name, p in PROGRAMS.items() if not p.sound]
SOUND = [name for name, p in PROGRAMS.items() if p.sound]
TURNS = {  # after which the fault is there; 8 for the others
    "rate_below_zero": 220,
    "summed_loss": 40,
    "last_batch_for_ever": 62,
    "noise_added_in_place": 18,
    "pool_never_renewed": 12,
    "penalty_subtracted": 120,
    "penalty_of_a_thousand": 80,
    "target_size_differs": 250,
    "parentheses_missing": 300,
    "whole_number_targets": 150,
    "clipped_to_nothing": 3,
}


@pytest.fixture(autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


class Heard(Notes):
    """Also keeps what both nets are given, the first samples, and the order of the steps."""

    def start(self, **parts):
        super().start(**parts)
        self.into, self.events, self.states = {"G": [], "D": []}, [], []
        torch.manual_seed(7)
        self.first_samples = flat(self.sample(40))
        for player, net in (("G", self.G), ("D", self.D)):
            net.register_forward_pre_hook(lambda _, x, at=self.into[player]: at.append(x))
            optimiser = self.opt[player]
            optimiser.register_step_pre_hook(lambda *_, p=player: self.before_step(p))
            self.note_zero_grad(player, optimiser)

    def before_step(self, player):
        self.events.append(f"{player} steps")
        self.states.append((player, len(self.opt[player].state)))

    def note_zero_grad(self, player, optimiser):
        zero_grad = optimiser.zero_grad

        def noted(*args, **kw):
            self.events.append(f"{player} cleared")
            return zero_grad(*args, **kw)

        optimiser.zero_grad = noted


@cache
def heard(name):
    kept = Heard()
    kept.drawn = PROGRAMS[name].run(kept, 1, TURNS.get(name, 8))
    return kept


def held(optimiser):
    return {id(p) for group in optimiser.param_groups for p in group["params"]}


def same_samples(n):
    torch.manual_seed(7)
    return np.array_equal(n.first_samples, flat(n.sample(40)))


def taught_by(name, player, other, part=""):
    """Whether a player's weights after a turn depend on (a part of) the other's at the start."""
    ends = []
    for scale in (1.0, 3.0):
        kept = Notes()
        start = kept.start

        def begin(start=start, scale=scale, **parts):
            start(**parts)
            with torch.no_grad():
                for key, p in parts[other].named_parameters():
                    if part in key:
                        p.mul_(scale).add_(0.1 * (scale - 1))

        kept.start = begin
        PROGRAMS[name].run(kept, 1, 1)
        ends.append([p.detach() for p in getattr(kept, player).parameters()])
    return any(not torch.equal(a, b) for a, b in zip(*ends, strict=True))


def same_inputs_of_g(n):
    drawn = [x[0] for x in n.into["G"] if len(x[0]) == len(n.batches[0])]
    return len(drawn) >= 8 and all(torch.equal(drawn[0], z) for z in drawn)


def fakes_are_old(n):
    """What D is given in the last turn, other than real samples, was there in the first eight."""
    seen = torch.cat([x[0].detach() for x in n.into["D"] if x[0].requires_grad is False][:16])
    fresh = [x[0].detach() for x in n.into["D"][-3:]]  # of a turn: the fakes, real ones, G's
    return (fresh[0][:, None] == seen[None]).all(2).any(1).all()


def slope(n):
    x = n.batches[-1].clone().requires_grad_()
    return torch.autograd.grad(n.D(x).sum(), x)[0].flatten(1).norm(dim=1).mean().item()


def only_real_is_augmented(n):
    given = [x[0].detach() for x in n.into["D"]]
    return all(not any(torch.equal(x, y) for y in given) for x in n.batches)


def additive(n):
    """D of (a, b) and (c, d) is D of (a, d) and (c, b): it never sees a pair."""
    x = n.batches[-1]
    y = torch.stack([x[:, 0], x[:, 1].roll(1)], 1)
    return torch.allclose(n.D(x).sum(), n.D(y).sum(), rtol=1e-4)


def cleared_between(n):
    """Whether D's gradients are cleared between a step of G and the next of D."""
    order = [e for e in n.events if e != "G cleared"]
    return "G steps, D steps" not in ", ".join(order)


def labels_of_fakes_differ(n):
    asked = [y for x, y in n.into["G"] if not y.equal(torch.arange(len(y)) % 6)]
    told = [y for x, y in n.into["D"]]
    return not any(torch.equal(a, b) for a in asked for b in told)


def code_is_left_out(n):
    asked = [x[0][:, :8].sum(1) for x in n.into["G"]]
    n.sample(20)
    return all((c == 1).all() for c in asked[1:]) and (n.into["G"][-1][0][:, :8] == 0).all()


def spoilt_after_g(n):
    """The samples hold G's pixels, and not in G's order."""
    torch.manual_seed(3)
    shown = n.sample(30)
    torch.manual_seed(3)
    pixels = ((n.G(torch.randn(30, 16)).detach().numpy() + 1) * 127.5).round().astype(np.uint8)
    mixed = not np.array_equal(shown.reshape(30, -1), pixels.reshape(30, -1))
    return mixed and np.array_equal(np.sort(shown.ravel()), np.sort(pixels.ravel()))


def follows_g_at_once(n):
    torch.manual_seed(5)
    shown = n.sample(30)
    torch.manual_seed(5)
    return (shown - n.G(torch.randn(30, 4))).abs().max() < 0.02


def out_of_reach(n):
    return all((x < -1.5).any() for x in n.batches)


def one_row(n):
    first = n.G[0].weight
    return torch.allclose(first, first[:1].expand_as(first))


FACTS = {
    "pool_never_renewed": fakes_are_old,
    "rate_below_zero": lambda n: n.opt["G"].param_groups[0]["lr"] < 0,
    "augmented_real_only": only_real_is_augmented,
    "ema_of_one": lambda n: same_samples(n) and not never_moves("G")(n),
    "ema_the_other_way": follows_g_at_once,
    "root_of_zero": not_finite,
    "summed_loss": not_finite,
    "reshaped_in_place_of_permuted": spoilt_after_g,
    "normalized_twice": out_of_reach,
    "key_is_not_split": same_inputs_of_g,
    "fixed_noise_trained": same_inputs_of_g,
    "head_built_late": unowned,
    "shared_default_trunk": lambda n: held(n.opt["G"]) & held(n.opt["D"]),
    "last_batch_for_ever": lambda n: not same_batches(n) and n.batches[-1].equal(n.batches[-2]),
    "noise_added_in_place": lambda n: 0 < (n.batches[0] - n.batches[16]).abs().max() < 2,
    "generator_five_times": lambda n: n.events.count("G steps") > 3 * n.events.count("D steps"),
    "penalty_subtracted": lambda n: slope(n) < 0.05,
    "clipped_to_nothing": lambda n: max(p.abs().max() for p in n.D.parameters()) <= 5.1e-4,
    "k_never_leaves_zero": lambda n: not taught_by("k_never_leaves_zero", "D", "G"),
    "adversary_starts_too_late": lambda n: not taught_by("adversary_starts_too_late", "G", "D"),
    "only_the_code_is_learnt": lambda n: (
        not taught_by("only_the_code_is_learnt", "G", "D", "head_d")
    ),
    "reads_one_coordinate": additive,
    "codes_left_out": code_is_left_out,
    "unrolled_and_restored": never_moves("D"),
    "penalty_of_a_thousand": lambda n: slope(n) < 0.05,
    "target_size_differs": lambda n: (n.D(n.batches[-1]) - 0.5).abs().max() < 0.1,
    "clamp_stops_the_error": lambda n: all(0 <= n.D(x).min() <= 1 for x in n.batches),
    "parentheses_missing": lambda n: n.D(torch.from_numpy(n.drawn(50).numpy())).mean() > 0.9,
    "betas_swapped": lambda n: n.opt["G"].defaults["betas"][0] > n.opt["G"].defaults["betas"][1],
    "constant_init": one_row,
    "forger_holds_the_detective": lambda n: held(n.opt["D"]) < held(n.opt["G"]),
    "cleared_after_the_step": lambda n: not cleared_between(n),
    "moments_never_kept": lambda n: all(kept == 0 for p, kept in n.states if p == "D"),
    "one_class_loaded": lambda n: torch.cat(n.batches).unique(dim=0).shape[0] < 200,
    "other_labels_for_fakes": labels_of_fakes_differ,
    "whole_number_targets": lambda n: n.losses[-1][0] < 0.2 and n.losses[-1][1] > 2,
}


@pytest.mark.parametrize("name", [name for name in FAULTY if name in FACTS])
def test_a_faulty_program_has_its_fault(name):
    assert FACTS[name](heard(name))


def test_what_does_not_teach_elsewhere_teaches_in_a_sound_program():
    assert taught_by("infogan", "D", "G")
    assert taught_by("modes_of_forward", "G", "D")


WRONG_WAY = ("hinge_margins_swapped", "inherits_the_wrong_loss", "grads_of_the_other_argument")


@pytest.mark.parametrize("name", WRONG_WAY)
def test_a_step_of_g_goes_the_wrong_way(name):
    assert direction(PROGRAMS[name]) < 0


@pytest.mark.parametrize("name", ["checkerboard_sn_hinge", "train_state", "is_my_loss_normal"])
def test_a_step_of_a_sound_g_goes_the_right_way(name):
    assert direction(PROGRAMS[name]) > 0


class GradientsOfG(Notes):
    """How far G's gradient before its step is from that of softplus(-D(G(z))) alone."""

    def start(self, **parts):
        super().start(**parts)
        self.gaps = []
        self.G.register_forward_hook(self.saw)
        parts["opt_D"].register_step_pre_hook(lambda *_: self.compare())

    def saw(self, G, inputs, out):
        self.z = inputs

    def compare(self):
        z, held = self.z, [p.grad.clone() for p in self.G.parameters()]
        alone = torch.nn.functional.softplus(-self.D(self.G(*z))).mean()
        own = torch.autograd.grad(alone, list(self.G.parameters()))
        gaps = [(a - b).norm() / b.norm() for a, b in zip(held, own, strict=True)]
        self.gaps.append(float(max(gaps)))


def test_ds_loss_leaves_a_gradient_in_g():
    kept = GradientsOfG()
    PROGRAMS["retained_graph"].run(kept, 1, 4)
    assert min(kept.gaps) > 0.1


@pytest.mark.parametrize("name", FAULTY)
def test_the_fault_of_each_faulty_program_is_looked_for(name):
    assert name in {*FACTS, *WRONG_WAY, "retained_graph"}
