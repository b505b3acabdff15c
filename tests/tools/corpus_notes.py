"""What tests of the corpus write down while a program trains for a few turns."""

import numpy as np
import torch


def weights(net):
    return [p.detach().clone() for p in net.parameters()]


def differ(old, net):
    return any(not torch.equal(a, b) for a, b in zip(old, net.parameters(), strict=True))


class Notes:
    """Keeps what a test asks about: first and last weights, batches, losses, D's answers."""

    def __init__(self, hears_d=False):
        self.batches, self.d_out, self.losses, self.hears_d = [], [], [], hears_d

    def start(self, *, G, D, opt_G, opt_D, sample):
        self.G, self.D, self.opt, self.sample = G, D, {"G": opt_G, "D": opt_D}, sample
        self.first = {"G": weights(G), "D": weights(D)}
        if self.hears_d:
            D.register_forward_hook(self.heard)

    def heard(self, D, inputs, out):
        out = out[0] if isinstance(out, tuple) else out
        self.d_out.append(out.detach().float())

    def real(self, x):
        self.batches.append(x.detach().clone())
        return x

    def step(self, d_loss, g_loss):
        self.losses.append(tuple(torch.as_tensor(x).item() for x in (d_loss, g_loss)))


def never_moves(player):
    return lambda n: not differ(n.first[player], getattr(n, player))


def unowned(n):
    """Weights that learn by their flag and belong to no optimiser, or that D's list hides."""
    held = {id(p) for o in n.opt.values() for g in o.param_groups for p in g["params"]}
    seen = [p for net in (n.G, n.D) for p in net.parameters() if p.requires_grad]
    hidden = [v for net in (n.G, n.D) for v in vars(net).values() if isinstance(v, list)]
    return bool(hidden) or any(id(p) not in held for p in seen)


def same_batches(n):
    return all(torch.equal(n.batches[0], x) for x in n.batches[1:])


def not_finite(n):
    losses = torch.tensor(n.losses)
    return not losses.isfinite().all() or losses.abs().max() > 1000


class Directions(Notes):
    """Whether a step of G moves D's score of the same fakes towards its score of real samples."""

    def start(self, **parts):
        super().start(**parts)
        self.moves, self.z = [], None
        self.G.register_forward_hook(self.saw)
        parts["opt_G"].register_step_pre_hook(lambda *_: self.look())
        parts["opt_G"].register_step_post_hook(lambda *_: self.look())
        self.scores = []

    def saw(self, G, inputs, out):
        self.z = inputs

    @torch.no_grad()
    def look(self):
        if not self.batches:  # a G that steps before the first real batch
            return
        z = self.z
        self.scores.append(float(self.D(self.G(*z)).mean()))
        self.z = z
        if len(self.scores) == 2:
            before, after = self.scores
            real = float(self.D(self.batches[-1]).mean())
            self.moves.append(np.sign(real - before) * (after - before))
            self.scores = []


def direction(program, turns=60):
    """Return below zero where most steps of G take its fakes away from what D calls real."""
    kept = Directions()
    program.run(kept, 1, turns)
    return np.sum(np.sign(kept.moves[len(kept.moves) // 3 :]))
