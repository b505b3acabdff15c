"""Sheet 10, the failure clinic: five programs that are ill, to be mended, and trained once mended.

Where the learner's part of the program is no training, the training is done here, with it.
"""

import copy
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import cache

import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d

from gancourse.check import facts, maps, twins
from gancourse.check.bench import Bench, Handle, StudentError
from gancourse.check.sheet05 import random_ring
from gancourse.check.spec import Draw, Exercise, Part, Wrong, timed
from gancourse.check.twins import Twin
from gancourse.data import load_images
from gancourse.losses import cross_entropy_d, non_saturating_g, saturating_g
from gancourse.nets import make_discriminator
from gancourse.score import ModeReport, mode_report
from gancourse.score.measures import fid
from gancourse.toys import Toy

ILL = "The patient is still ill: {}"
LIMIT, TRIES = 30.0, 3  # seconds on two cores, of all tries
ADAM = {"lr": 2e-3, "betas": [0.5, 0.99]}
RING_TURNS, DEEP_TURNS, DIGIT_TURNS = 600, 900, 600
BATCH, N_SAMPLES = 128, 2000
POINTS = {"widths": [64, 64], "shape": [2]}
MISSING, REVERSE_KL, HIGH_QUALITY = 1, 0.6, 0.25


# Two players on a ring


@dataclass(frozen=True)
class Pair:
    """A generator and a discriminator, here and in the bench, and the ring they play on."""

    toy: Toy
    G: Twin
    D: Twin


def _pair(bench: Bench, draw: Draw, G: dict = POINTS, D: dict = POINTS) -> Pair:
    toy = random_ring(draw)
    G = twins.twin(bench, draw, "generator/mlp", {"z_dim": 2, "norm": False, **G})
    return Pair(toy, G, twins.twin(bench, draw, "discriminator/mlp", D))


def _judge_points(x: Tensor, toy: Toy) -> None:
    """Raise Wrong with what is seen of the samples, unless they lie in the band."""
    report = mode_report(x, toy)
    if report.modes < report.of - MISSING or report.reverse_kl > REVERSE_KL:
        raise Wrong(ILL.format(f"after its training G finds {_seen(report)}."))
    if report.share_high_quality < HIGH_QUALITY:
        raise Wrong(ILL.format(f"after its training G reaches {_seen(report)}."))


def _in_band(bench: Bench, what: str, run: Callable[[], None]) -> None:
    """Train up to TRIES times, each time with other nets; raise the last Wrong where all are ill.

    A healthy run may miss its band too, by bad luck: of the rings one in ten does, at most.
    """

    def tried() -> None:
        for _ in range(TRIES - 1):
            with suppress(Wrong):
                return run()
        return run()

    timed(bench, LIMIT, what, tried)


def _seen(report: ModeReport) -> str:
    share = round(100 * report.share_high_quality)
    return (
        f"{report.modes} of {report.of} modes, {share} in 100 samples within 3 sd of a mode, and a "
        f"reverse KL of {report.reverse_kl:.2f} (a run in health misses one mode at most, has at "
        f"least {round(100 * HIGH_QUALITY)} in 100, and a reverse KL of at most {REVERSE_KL})"
    )


@dataclass
class Players:
    """A training that is done here: both nets and their optimisers."""

    G: nn.Module
    D: nn.Module
    lr: float = ADAM["lr"]

    def __post_init__(self):
        options = ADAM | {"lr": self.lr}
        self.opt_G, self.opt_D = (
            torch.optim.Adam(net.parameters(), **options) for net in (self.G, self.D)
        )

    def turn(self, x_real: Tensor, z: Tensor) -> None:
        x_fake = self.G(z)
        self.opt_D.zero_grad()
        cross_entropy_d(self.D(x_real), self.D(x_fake.detach())).backward()
        self.opt_D.step()
        self.opt_G.zero_grad()
        non_saturating_g(None, self.D(x_fake)).backward()
        self.opt_G.step()


# 10.1: D's loss reaches G


def _take_turn(bench: Bench, turn: Handle, pair: Pair, opts: list[Handle], batch: list[Tensor]):
    return bench.call(turn, [pair.G.there, pair.D.there, *opts, *batch])


@dataclass(frozen=True)
class Scene:
    """Small nets on one batch, with plain gradient descent, so that a step shows its gradient."""

    pair: Pair
    lr: float
    opts: list[Handle]
    batch: list[Tensor]  # x_real [N, 2], z [N, 2]


def _scene(bench: Bench, draw: Draw) -> Scene:
    small = {"widths": [8], "shape": [2]}
    pair, lr, N = _pair(bench, draw, small, small), draw.uniform(0.1, 0.2), draw.integer(6, 12)
    opts = [bench.build_optimizer("SGD", net.there, {"lr": lr}) for net in (pair.G, pair.D)]
    return Scene(pair, lr, opts, [draw.normal(N, 2, mean=1.0), draw.normal(N, 2)])


DLoss = Callable[[Tensor, Tensor], Tensor]


@dataclass(frozen=True)
class Leak:
    """What may reach whom in a turn: how much of D's loss reaches G, and what D's loss is."""

    to_G: float = 0.0
    d_loss: DLoss = cross_entropy_d
    g_loss: DLoss = saturating_g
    g_steps: bool = True
    kept: bool = False  # gradients of D's last step


def _weights(net: nn.Module) -> dict[str, Tensor]:
    return {name: w.detach().clone() for name, w in net.named_parameters()}


def _played(scene: Scene, leak: Leak, turns: int = 1) -> tuple[dict, dict]:
    """Return the weights of G and of D after turns with this leak."""
    G, D = copy.deepcopy((scene.pair.G.here, scene.pair.D.here))
    opt_G, opt_D = (torch.optim.SGD(net.parameters(), lr=scene.lr) for net in (G, D))
    x_real, z = (t.double() for t in scene.batch)
    for _ in range(turns):
        x_fake = G(z)
        opt_G.zero_grad()
        if not leak.kept:
            opt_D.zero_grad()
        leak.d_loss(D(x_real), D(_partly(x_fake, leak.to_G))).backward(retain_graph=True)
        opt_D.step()
        if leak.g_steps:
            leak.g_loss(None, D(x_fake)).backward()
            opt_G.step()
    return _weights(G), _weights(D)


def _partly(x: Tensor, share: float) -> Tensor:
    """Return x with `share` of its gradient."""
    return x.detach() + share * (x - x.detach())


def _real_alone(real: Tensor, fake: Tensor) -> Tensor:
    return cross_entropy_d(real, fake.detach())


TURN_MISTAKES = {
    ILL.format(
        "D's loss still reaches G. Its gradient is G's own with the other sign, takes nearly all "
        "of it away, and G hardly moves."
    ): Leak(1.0),
    "G stands still: cut the graph for D's loss alone, G's own loss must reach it, and its "
    "gradients may not be cleared between backward and step.": Leak(g_steps=False),
    ILL.format("D's loss still reaches G. Another loss of G only hides how much it takes away."): (
        Leak(1.0, g_loss=non_saturating_g)
    ),
    "The leak is closed, and G has another loss, -log D(G(z)): a good one, but the fault was not "
    "there; leave G's loss as it is.": Leak(g_loss=non_saturating_g),
}  # fmt: skip
D_MISTAKES = {
    "D no longer learns from the fakes: detach the samples, not D's verdict on them.": (
        Leak(d_loss=_real_alone)
    ),
    "D's gradients pile up: clear them before its backward, G's backward leaves some too.": (
        Leak(kept=True)
    ),
}


def _judge_turns(bench: Bench, scene: Scene, who: str, mistakes: dict, turns: int) -> None:
    net, index = (scene.pair.G, 0) if who == "G" else (scene.pair.D, 1)
    twins.judge_weights(
        bench.snapshot(net.there)["weights"],
        _played(scene, Leak(), turns)[index],
        4 * turns * facts.rounding(16, 1.0),
        {meaning: _played(scene, leak, turns)[index] for meaning, leak in mistakes.items()},
        f"{who} did not move down its own loss: first D takes a step on x_real and G(z), then G "
        "takes one down log(1 - D(G(z))) through the new D.",
    )


def turn_G(bench: Bench, turn: Handle, draw: Draw) -> None:
    scene = _scene(bench, draw)
    _take_turn(bench, turn, scene.pair, scene.opts, scene.batch)
    _judge_turns(bench, scene, "G", TURN_MISTAKES, 1)


def turn_D(bench: Bench, turn: Handle, draw: Draw) -> None:
    scene = _scene(bench, draw)
    for _ in range(2):
        _take_turn(bench, turn, scene.pair, scene.opts, scene.batch)
    leaks = {meaning: leak for meaning, leak in TURN_MISTAKES.items() if leak.to_G}
    _judge_turns(bench, scene, "D", D_MISTAKES | leaks, 2)


def _turns_on_ring(bench: Bench, turn: Handle, draw: Draw) -> None:
    pair = _pair(bench, draw)
    opts = [bench.build_optimizer("Adam", net.there, ADAM) for net in (pair.G, pair.D)]
    data, source = pair.toy.sample(8192, draw.generator()), draw.generator()
    for _ in range(RING_TURNS):
        x_real = data[torch.randint(len(data), (BATCH,), generator=source)]
        z = torch.randn(BATCH, 2, generator=source)
        _take_turn(bench, turn, pair, opts, [x_real, z])
    _judge_points(maps.samples(bench, pair.G.there, draw.normal(N_SAMPLES, 2), (2,)), pair.toy)


def turn_mended(bench: Bench, turn: Handle, draw: Draw) -> None:
    _in_band(bench, "The training", lambda: _turns_on_ring(bench, turn, draw))


# 10.2: an optimiser with the other player's weights


def _train(bench: Bench, train: Handle, pair: Pair, draw: Draw, turns: int) -> None:
    data, seed = pair.toy.sample(8192, draw.generator()), draw.seed()
    bench.call(train, [pair.G.there, pair.D.there, data, turns], seed=seed)


def _sure(bench: Bench, draw: Draw) -> Pair:
    """Return a pair whose D is right and sure: logits of about +200 on the ring, -200 on fakes."""

    def far(G: nn.Module) -> None:
        G.body[-1].bias -= 40.0

    def sure(D: nn.Module) -> None:
        D.body[0].weight.fill_(1.0)
        D.body[0].bias.fill_(10.0)
        D.body[-1].weight.fill_(2.5)
        D.body[-1].bias.zero_()

    small = {"widths": [8], "shape": [2]}
    G = twins.twin(bench, draw, "generator/mlp", {"z_dim": 2, "norm": False, **small}, far)
    return Pair(random_ring(draw), G, twins.twin(bench, draw, "discriminator/mlp", small, sure))


def _moved(bench: Bench, net: Twin) -> float:
    """Return the largest change of a weight."""
    now, then = bench.snapshot(net.there)["weights"], net.weights()
    return max((now[name].double() - then[name]).abs().max().item() for name in then)


STANDS = ILL.format(
    "G has not moved at all. Whose weights did opt_G get, and who clears G's gradients when?"
)


def optimisers_move_both(bench: Bench, train: Handle, draw: Draw) -> None:
    pair = _pair(bench, draw, {"widths": [8], "shape": [2]}, {"widths": [8], "shape": [2]})
    _train(bench, train, pair, draw, 2)
    if _moved(bench, pair.G) == 0:
        raise Wrong(STANDS)
    if _moved(bench, pair.D) == 0:
        raise Wrong("D has not moved at all: opt_D holds D's weights, and steps down D's loss.")


def optimisers_apart(bench: Bench, train: Handle, draw: Draw) -> None:
    """Where D is right and sure, its own loss has no gradient: what moves it is G's optimiser."""
    pair = _sure(bench, draw)
    _train(bench, train, pair, draw, 1)
    if _moved(bench, pair.D) > 3e-4:
        raise Wrong(
            ILL.format(
                "D gives in to G. Where D is right and sure its own loss leaves it where it is, "
                "and yet it moved: an optimiser that steps down G's loss holds weights of D."
            )
        )
    if _moved(bench, pair.G) == 0:
        raise Wrong(STANDS)


def _trained_on_ring(bench: Bench, train: Handle, draw: Draw) -> None:
    pair = _pair(bench, draw)
    _train(bench, train, pair, draw, RING_TURNS)
    _judge_points(maps.samples(bench, pair.G.there, draw.normal(N_SAMPLES, 2), (2,)), pair.toy)


def optimisers_mended(bench: Bench, train: Handle, draw: Draw) -> None:
    _in_band(bench, "train", lambda: _trained_on_ring(bench, train, draw))


# Digits at 14 x 14, for 10.3 and 10.4

SIDE, Z_DIM, COMPONENTS = 14, 32, 16
SHAPE = [1, SIDE, SIDE]
DIGIT_G = {"z_dim": Z_DIM, "widths": [128, 128], "shape": SHAPE, "norm": True}
DIGIT_D = {"widths": [128, 128], "shape": SHAPE}
DIGIT_LR = 1e-3
DISTANCE = 0.45


@cache
def _pixels() -> Tensor:
    """Return the embedded digits for training, [1437, 196] from 0 to 255."""
    return avg_pool2d(load_images("digits").images.float(), 28 // SIDE).flatten(1)


def _distance(x: Tensor, real: Tensor) -> float:
    """Return the Frechet distance in the real images' 16 components, over their variance there."""
    mean = real.mean(0)
    basis = torch.linalg.svd(real - mean, full_matrices=False)[2][:COMPONENTS].T
    made, wanted = ((t - mean) @ basis for t in (x, real))
    return fid(made, wanted) / wanted.var(0).sum().item()


def _discriminator(draw: Draw) -> nn.Module:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(draw.seed())
        return make_discriminator("mlp", **DIGIT_D)


def _digit_G(bench: Bench, draw: Draw) -> Twin:
    return twins.twin(bench, draw, "generator/mlp", DIGIT_G)


def _digit_turns(players: Players, x_real: Tensor, draw: Draw, look=lambda turn: None) -> None:
    source, x_real = draw.generator(), x_real.view(-1, *SHAPE).float()
    for number in range(DIGIT_TURNS):
        if number % 100 == 0:
            look(number)
        batch = x_real[torch.randint(len(x_real), (64,), generator=source)]
        players.turn(batch, torch.randn(64, Z_DIM, generator=source))


# 10.3: data that G cannot reach


def _of_pixels(bench: Bench, scaled: Handle, x: Tensor) -> Tensor:
    return facts.tensor(bench.call(scaled, [x]), x.shape, "What scaled returns")


RANGE_MISTAKES: dict[str, Callable[[Tensor], Tensor]] = {
    ILL.format(
        "the real pixels run from -0.42 to 2.82, and tanh ends at 1. No G can make white, and D "
        "tells every sample by that."
    ): lambda x: (x / 255 - 0.1307) / 0.3081,
    "The data run from 0 to 1: half of what tanh can give stays unused, and its middle, where G "
    "begins, is black.": lambda x: x / 255,
    "The data run from 0 to 2, and tanh from -1 to 1: subtract 1.": lambda x: x / 127.5,
    "Values beyond tanh's range are cut off: several greys become one white, and G learns pictures "
    "that are not the data.": lambda x: ((x / 255 - 0.1307) / 0.3081).clamp(-1, 1),
    "The data are bent by a tanh of their own: greys lie no longer evenly between black and "
    "white.": lambda x: ((x / 255 - 0.1307) / 0.3081).tanh(),
    "The picture is turned into its negative: 0 becomes -1 and 255 becomes 1.": (
        lambda x: 1 - x / 127.5
    ),
    "The data are only centred: from -0.5 to 0.5 half of what tanh can give stays unused.": (
        lambda x: x / 255 - 0.5
    ),
    "White is well within reach, and the range is not filled: divided by 3 the same numbers run "
    "from -0.14 to 0.94.": lambda x: (x / 255 - 0.1307) / 0.3081 / 3,
}
ROOM = 0.012  # (x - 128) / 128 ends at 0.992


def _judge_range(got: Tensor, x: Tensor) -> None:
    facts.diagnose(
        got,
        x.double() / 127.5 - 1,
        ROOM,
        {meaning: wrong(x.double()) for meaning, wrong in RANGE_MISTAKES.items()},
        "The pixels 0 to 255 should fill tanh's range, -1 to 1, in even steps.",
    )


def range_fits(bench: Bench, scaled: Handle, draw: Draw) -> None:
    ramp = torch.arange(2.0 * SIDE * SIDE) % 256  # every grey at least once
    x = ramp[torch.randperm(len(ramp), generator=draw.generator())].view(2, -1)
    _judge_range(_of_pixels(bench, scaled, x), x)


def range_of_a_batch(bench: Bench, scaled: Handle, draw: Draw) -> None:
    _dim(bench, scaled, draw, draw.integer(2, 6))


def range_of_one(bench: Bench, scaled: Handle, draw: Draw) -> None:
    _dim(bench, scaled, draw, 1)


def _dim(bench: Bench, scaled: Handle, draw: Draw, N: int) -> None:
    x = 60.0 + 100.0 * torch.rand(N, SIDE * SIDE, generator=draw.generator())
    got = _of_pixels(bench, scaled, x)
    if facts.near([got.min(), got.max()], [-1.0, 1.0], ROOM):
        raise Wrong(
            "The scale depends on the batch: a dim batch is stretched until its brightest pixel is "
            "white. The same pixel should always become the same number."
        )
    _judge_range(got, x)


def _scaled_run(bench: Bench, scaled: Handle, draw: Draw) -> None:
    x_real = _of_pixels(bench, scaled, _pixels()).float()
    G = _digit_G(bench, draw).here.float()
    players = Players(G, _discriminator(draw), DIGIT_LR)
    _digit_turns(players, x_real, draw)
    x = _drawn(players.G, draw)
    distance, limits = _distance(x, x_real), (x_real.min().item(), x_real.max().item())
    if distance > DISTANCE:
        beyond = (x_real.abs() > 1.02).double().mean().item()
        raise Wrong(
            ILL.format(
                f"after its training the samples lie {distance:.2f} from the data (in health "
                f"{DISTANCE} at most). The real pixels run from {limits[0]:.2f} to "
                f"{limits[1]:.2f}, {100 * beyond:.0f} in 100 of them outside of tanh's range."
            )
        )


def _drawn(G: nn.Module, draw: Draw) -> Tensor:
    G.eval()
    with torch.no_grad():
        return G(draw.normal(N_SAMPLES, Z_DIM)).flatten(1)


def range_mended(bench: Bench, scaled: Handle, draw: Draw) -> None:
    _in_band(bench, "The training", lambda: _scaled_run(bench, scaled, draw))


# 10.4: a look at the samples that changes the run


def _used(draw: Draw) -> Callable[[nn.Module], None]:
    """Return a change that gives the batch norm averages that no batch has."""

    def change(G: nn.Module) -> None:
        for name, b in G.named_buffers():
            if b.is_floating_point():
                b.copy_(0.5 * draw.normal(*b.shape).abs() + (0.5 if "var" in name else 0.0))

    return change


def _small_G(bench: Bench, draw: Draw) -> Twin:
    options = {"z_dim": 3, "widths": [12], "shape": [2], "norm": True}
    return twins.twin(bench, draw, "generator/mlp", options, _used(draw))


def look_leaves_mode(bench: Bench, sample: Handle, draw: Draw) -> None:
    G = _small_G(bench, draw)
    bench.call(sample, [G.there, draw.normal(8, 3)])
    _back_in_training(bench, G)


def _back_in_training(bench: Bench, G: Twin) -> None:
    """Raise Wrong where a look has left G in evaluation mode; no part holds for the patient."""
    if not bench.snapshot(G.there)["training"]:
        raise Wrong(
            ILL.format(
                "G comes back in evaluation mode. From the first look on it trains on old averages "
                "in place of its batches' own."
            )
        )


def look_leaves_state(bench: Bench, sample: Handle, draw: Draw) -> None:
    G = _small_G(bench, draw)
    bench.call(sample, [G.there, draw.normal(8, 3)])
    seen = bench.snapshot(G.there)
    if not facts.all_near(seen["weights"], G.weights(), 0.0):
        raise Wrong("The look has changed G's weights: it should only call G.")
    floats = {n: b for n, b in G.here.named_buffers() if b.is_floating_point()}
    if not facts.all_near({n: seen["buffers"][n] for n in floats}, floats, 1e-6):
        raise Wrong(
            "The look has moved the batch norm's running averages: G ran in training mode, and "
            "each look leaves its trace in the samples."
        )
    _back_in_training(bench, G)


def look_is_a_map(bench: Bench, sample: Handle, draw: Draw) -> None:
    G, z = _small_G(bench, draw), draw.normal(9, 3)
    got = facts.tensor(bench.call(sample, [G.there, z]), (9, 2), "What sample returns")
    with torch.no_grad():
        want, batch = G.here.eval()(z.double()), copy.deepcopy(G.here).train()(z.double())
    if facts.near(got, want, 1e-4 * want.abs().max().item()):
        return _back_in_training(bench, G)
    if facts.near(got, batch, 1e-3 * batch.abs().max().item()):
        raise Wrong(
            "G ran in training mode: batch norm normalises by the z that are drawn together, so "
            "that the same z gives another sample in another company."
        )
    raise Wrong("These are not G's samples of z in evaluation mode, in the order of z.")


def look_at_one(bench: Bench, sample: Handle, draw: Draw) -> None:
    G, z = _small_G(bench, draw), draw.normal(1, 3)
    try:
        got = facts.tensor(bench.call(sample, [G.there, z]), (1, 2), "What sample returns")
    except StudentError as error:
        if "more than 1 value per channel" not in error.message:
            raise
        raise Wrong(
            "One z alone cannot be drawn: in training mode batch norm needs a batch to normalise "
            "by."
        ) from None
    with torch.no_grad():
        if not facts.near(got, G.here.eval()(z.double()), 1e-4):
            raise Wrong("One z alone gives another sample than G does in evaluation mode.")
    _back_in_training(bench, G)


@dataclass(frozen=True)
class Looked:
    """The learner's look at a G that is trained here: its mode and averages go there and back."""

    bench: Bench
    sample: Handle
    G: nn.Module
    there: Handle
    z: Tensor

    def __call__(self, turn: int) -> Tensor:
        self.bench.load(self.there, dict(self.G.state_dict()))
        x = self.bench.call(self.sample, [self.there, self.z])
        seen = self.bench.snapshot(self.there)
        self.G.train(seen["training"])
        self.G.load_state_dict(seen["weights"] | seen["buffers"])
        return facts.tensor(x, (len(self.z), *SHAPE), "What sample returns")


def _looked_run(bench: Bench, sample: Handle, draw: Draw) -> None:
    x_real, twin = _pixels() / 127.5 - 1, _digit_G(bench, draw)
    G = twin.here.float().train()
    look = Looked(bench, sample, G, twin.there, draw.normal(N_SAMPLES, Z_DIM))
    _digit_turns(Players(G, _discriminator(draw), DIGIT_LR), x_real, draw, look)
    distance = _distance(look(DIGIT_TURNS).flatten(1).float(), x_real)
    if distance > DISTANCE:
        mode = "in training mode" if G.training else "in evaluation mode"
        raise Wrong(
            ILL.format(
                f"after its training, with a look every 100 turns, the samples lie {distance:.2f} "
                f"from the data (in health {DISTANCE} at most), and the last look left G {mode}."
            )
        )


def look_mended(bench: Bench, sample: Handle, draw: Draw) -> None:
    _in_band(bench, "The training", lambda: _looked_run(bench, sample, draw))


# 10.5: an initialisation that reaches no layer

DEEP_G = {"z_dim": 2, "widths": [32] * 10, "shape": [2], "norm": False}
DEEP_D = {"widths": [32] * 4, "shape": [2]}
DEEP_LR = 1e-3
ALIVE = (0.3, 3.0)  # the last hidden layer's size over the first one's
VARIANCE = "Weights for LeakyReLU 0.2 need a variance of about 1.92 over the number of inputs."


def _initialised(bench: Bench, initialise: Handle, draw: Draw, net: str, options: dict):
    """Return the weights before and after, in a net here that has those after."""
    twin = twins.twin(bench, draw, net, options)
    bench.call(initialise, [twin.there], seed=draw.seed())
    old = twin.weights()
    twin.here.load_state_dict(bench.snapshot(twin.there)["weights"])
    return twin.here, old


def _sizes(net: nn.Module, z: Tensor) -> list[float]:
    """Return how far each hidden layer's outputs differ from z to z, root mean square."""
    sizes = []
    for layer in net.body:
        z = layer(z)
        sizes += [z.std(0).square().mean().sqrt().item()] * isinstance(layer, nn.LeakyReLU)
    return sizes


def start_reaches(bench: Bench, initialise: Handle, draw: Draw) -> None:
    for net, options in (("generator/mlp", DEEP_G), ("discriminator/mlp", DEEP_D)):
        made, old = _initialised(bench, initialise, draw, net, options)
        weights = {n: w for n, w in made.named_parameters() if w.dim() > 1}
        same = [n for n, w in weights.items() if torch.equal(w, old[n])]
        if len(same) == len(weights):
            raise Wrong(
                ILL.format(
                    "every weight is what it was before. `children` gives the layers of the first "
                    "level alone, here one Sequential, and no Linear is among them; new tensors "
                    "that no layer holds do as little."
                )
            )
        if same:
            raise Wrong(f"{len(same)} of {len(weights)} dense layers keep their old weights.")


def start_carries(bench: Bench, initialise: Handle, draw: Draw) -> None:
    made, _ = _initialised(bench, initialise, draw, "generator/mlp", DEEP_G)
    with torch.no_grad():
        sizes = _sizes(made, draw.normal(256, 2).double())
    middle = made.body[2].weight
    if facts.near(middle, middle[:1], 1e-9):
        raise Wrong(
            "All units of a layer have the same weights: they get the same gradient for ever, and "
            "the layer counts as one unit. Draw them at random."
        )
    share = sizes[-1] / max(sizes[0], 1e-30)
    ends = f"after ten layers it has {share:.2g} times the size that it had after the first. "
    if share < ALIVE[0]:
        raise Wrong(ILL.format(f"the signal dies on its way, {ends}{VARIANCE}"))
    if share > ALIVE[1]:
        raise Wrong(f"The signal explodes, {ends}{VARIANCE}")


def _deep_run(bench: Bench, initialise: Handle, draw: Draw) -> None:
    toy, source = random_ring(draw), draw.generator()
    data = toy.sample(8192, draw.generator())
    G, D = (
        _initialised(bench, initialise, draw, net, options)[0].float()
        for net, options in (("generator/mlp", DEEP_G), ("discriminator/mlp", DEEP_D))
    )
    players = Players(G, D, DEEP_LR)
    for _ in range(DEEP_TURNS):
        x_real = data[torch.randint(len(data), (BATCH,), generator=source)]
        players.turn(x_real, torch.randn(BATCH, 2, generator=source))
    with torch.no_grad():
        _judge_points(G(draw.normal(N_SAMPLES, 2)).double(), toy)


def start_mended(bench: Bench, initialise: Handle, draw: Draw) -> None:
    _in_band(bench, "The training", lambda: _deep_run(bench, initialise, draw))


EXERCISES = (
    Exercise(
        "10.1",
        "a G that hardly moves",
        points=8,
        minutes=15,
        parts=(
            Part("G moves down its own loss alone", 2, turn_G),
            Part("D learns from real and fake", 2, turn_D),
            Part("the mended run finds the modes", 3, turn_mended, seconds=90.0),
            Part("a second run", 1, turn_mended, shown=False, seconds=90.0),
        ),
        names=("turn",),
    ),
    Exercise(
        "10.2",
        "a G that does not move at all",
        points=8,
        minutes=15,
        parts=(
            Part("both nets move", 2, optimisers_move_both),
            Part("each optimiser moves one net", 2, optimisers_apart),
            Part("the mended run finds the modes", 3, optimisers_mended, seconds=90.0),
            Part("a second run", 1, optimisers_mended, shown=False, seconds=90.0),
        ),
        names=("train",),
    ),
    Exercise(
        "10.3",
        "a D that never doubts",
        points=6,
        minutes=10,
        parts=(
            Part("the pixels fill what G can give", 2, range_fits),
            Part("a dim batch stays dim", 1, range_of_a_batch),
            Part("the mended run draws digits", 2, range_mended, seconds=90.0),
            Part("a single picture", 1, range_of_one, shown=False),
        ),
        names=("scaled",),
    ),
    Exercise(
        "10.4",
        "a look that spoils the run",
        points=8,
        minutes=15,
        parts=(
            Part("G goes on in training mode", 2, look_leaves_mode),
            Part("the look leaves no trace", 1, look_leaves_state),
            Part("each sample depends on its z alone", 2, look_is_a_map),
            Part("the mended run draws digits", 2, look_mended, seconds=90.0),
            Part("a single z", 1, look_at_one, shown=False),
        ),
        names=("sample",),
    ),
    Exercise(
        "10.5",
        "ten layers and no signal",
        points=8,
        minutes=20,
        parts=(
            Part("every layer is drawn anew", 2, start_reaches),
            Part("the signal keeps its size", 2, start_carries),
            Part("the mended run finds the modes", 3, start_mended, seconds=90.0),
            Part("a second run", 1, start_mended, shown=False, seconds=90.0),
        ),
        names=("initialise",),
    ),
)
