"""Training with labels: who is given which label, what is penalised, what survives a kill."""

import copy
import json
from dataclasses import asdict, replace

import pytest
import torch

from gancourse import losses, nets
from gancourse import train as T
from gancourse.data import load_images, load_points
from gancourse.errors import InputError
from gancourse.store import save_tensors
from gancourse.train import checkpoint, steps
from gancourse.train import run as runs

SMALL = replace(
    T.get_preset("cdcgan"), G={"z_dim": 4, "width": 8}, D={"width": 8, "norm": False}, batch=8,
    precision="fp32",
)  # fmt: skip
ACGAN = replace(SMALL, D=SMALL.D | {"how": "auxiliary"})


@pytest.fixture(scope="module")
def digits():
    return load_images("digits")


def batch(state, digits):
    x, y = digits.labelled_batch(8, torch.Generator().manual_seed(1))
    z, wanted = torch.randn(8, 4, generator=torch.Generator().manual_seed(2)), (y + 1) % 10
    return x, z, y, wanted


def changed(net, before):
    return any(not torch.equal(a, b) for a, b in zip(net.parameters(), before, strict=True))


def same(a, b):
    a, b = checkpoint.contents(a)[0], checkpoint.contents(b)[0]
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


class Watched(torch.nn.Module):
    """A net that notes the labels that it was given."""

    def __init__(self, net, seen):
        super().__init__()
        self.net, self.seen = net, seen
        self.z_dim, self.how = getattr(net, "z_dim", None), getattr(net, "how", None)

    def forward(self, x, y):
        self.seen.append(y)
        return self.net(x, y)


def test_fakes_are_judged_with_the_labels_they_were_made_for(digits):
    state = T.State(SMALL)
    asked, judged = [], []
    state.G, state.D = Watched(state.G, asked), Watched(state.D, judged)
    x, z, y, wanted = batch(state, digits)
    T.both_steps(state, x, z, y, wanted)
    assert [seen.tolist() for seen in asked] == [wanted.tolist()]
    assert [seen.tolist() for seen in judged] == [y.tolist(), wanted.tolist(), wanted.tolist()]


def test_a_step_of_each_player_is_the_textbook_step(digits):
    """By plain autograd: D on (x, y) and (G(z, y'), y'), then G against D at y'."""
    ours = T.State(SMALL)
    G, D = copy.deepcopy(ours.G), copy.deepcopy(ours.D)
    opt_G, opt_D = (torch.optim.SGD(net.parameters(), 1e-2) for net in (G, D))
    ours.opt_G = torch.optim.SGD(ours.G.parameters(), 1e-2)
    ours.opt_D = torch.optim.SGD(ours.D.parameters(), 1e-2)
    x, z, y, wanted = batch(ours, digits)
    T.both_steps(ours, x, z, y, wanted)
    x_fake = G(z, wanted)
    real, fake = D(x, y), D(x_fake.detach(), wanted)
    (-real.sigmoid().log().mean() - (1 - fake.sigmoid()).log().mean()).backward()
    opt_D.step()
    opt_G.zero_grad()
    (-D(x_fake, wanted).sigmoid().log().mean()).backward()
    opt_G.step()
    for net, other in ((ours.G, G), (ours.D, D)):
        for a, b in zip(net.parameters(), other.parameters(), strict=True):
            torch.testing.assert_close(a, b)


def test_acgan_adds_the_error_of_the_classes_to_both_players(digits, monkeypatch):
    wanted_of = []
    monkeypatch.setattr(
        losses, "auxiliary_loss", lambda logits, y: wanted_of.append(y) or logits.sum() * 0 + 3
    )
    state = T.State(ACGAN)
    x, z, y, wanted = batch(state, digits)
    T.both_steps(state, x, z, y, wanted)
    assert [labels.tolist() for labels in wanted_of] == [each.tolist() for each in
                                                         (y, wanted, wanted)]  # fmt: skip


def test_auxiliary_loss_is_the_mean_negative_log_probability():
    logits, y = torch.tensor([[1.0, 0.0], [0.0, 3.0]]), torch.tensor([0, 0])
    expected = -(logits.softmax(1)[:, 0].log()).mean()
    torch.testing.assert_close(losses.auxiliary_loss(logits, y), expected)


def test_acgans_classes_are_learnt(digits):
    state = T.State(replace(ACGAN, lr_D=2e-3))
    x, _, y, _ = batch(state, digits)
    x_fake = torch.zeros_like(x)
    wrong = [losses.auxiliary_loss(state.D.classify(x), y).item()]
    for _ in range(30):
        T.d_step(state, x, x_fake, y, y)
    wrong.append(losses.auxiliary_loss(state.D.classify(x), y).item())
    assert wrong[1] < 0.8 * wrong[0]


@pytest.mark.parametrize("name", ["r1", "r2", "gp"])
def test_a_penalty_is_of_the_slope_at_the_samples_own_labels(name, digits, monkeypatch):
    """The labels that D sees while its slope is taken: real ones, or the fakes' for R2."""
    state = T.State(replace(SMALL, **{name: 2.0}))
    judged, seen = [], {}
    state.D = Watched(state.D, judged)
    for each in ("r1_penalty", "r2_penalty", "wgan_gp_penalty"):
        real = getattr(losses, each)

        def noted(D, *given, real=real, each=each):
            judged.clear()
            value = real(D, *given)
            seen[each] = [labels.tolist() for labels in judged]
            return value

        monkeypatch.setattr(losses, each, noted)
    x, z, y, wanted = batch(state, digits)
    T.d_step(state, x, state.G(z, wanted), y, wanted)
    function = {"r1": "r1_penalty", "r2": "r2_penalty", "gp": "wgan_gp_penalty"}[name]
    assert seen[function] == [(wanted if name == "r2" else y).tolist()]


@pytest.mark.parametrize("changes", [{"gp": 1.0}, {"loss": "relativistic"}])
def test_fakes_in_pairs_share_the_real_samples_labels(changes, digits):
    y = digits.labels[:8]
    assert T.State(replace(SMALL, **changes)).labels(8) is not None
    assert steps.asked(T.State(replace(SMALL, **changes)), 8, y) is y
    assert not torch.equal(steps.asked(T.State(SMALL), 8, y), y)


def test_labels_are_drawn_evenly_from_the_runs_own_state():
    state = T.State(SMALL, 5)
    y = state.labels(20_000)
    shares = torch.bincount(y, minlength=10) / 20_000
    assert y.dtype == torch.int64
    assert (shares - 0.1).abs().max() < 0.01
    assert torch.equal(T.State(SMALL, 5).labels(20_000), y)
    assert T.State(T.Recipe("mlp")).labels(3) is None


@pytest.mark.parametrize(
    "changes",
    [{}, {"D": ACGAN.D}, {"augment": "translation,cutout,brightness,contrast", "steps_D": 2},
     {"gp": 1.0, "anneal": (1, 4)}],
)  # fmt: skip
def test_a_killed_conditional_run_ends_with_the_same_bits(changes, digits, tmp_path):
    recipe = replace(SMALL, **changes)
    whole = T.State(recipe, 4, "cpu")
    list(T.train(whole, digits.labelled_batch, 4))
    part = T.State(recipe, 4, "cpu")
    list(T.train(part, digits.labelled_batch, 2))
    path = T.save_state(part, tmp_path / "run.safetensors")
    torch.manual_seed(99)
    part = T.load_state(path)
    assert part.recipe == recipe
    list(T.train(part, digits.labelled_batch, 2))
    assert same(whole, part)


def test_a_checkpoint_from_before_there_were_labels_still_loads(tmp_path):
    state = T.State(T.Recipe("mlp", G={"widths": [8]}, D={"widths": [8]}, batch=4))
    tensors, notes = checkpoint.contents(state)
    del notes["recipe"]["classes"], notes["recipe"]["augment"]
    metadata = {"format": checkpoint.CHECKPOINT, "notes": json.dumps(notes)}
    path = save_tensors(tmp_path / "old.safetensors", tensors, metadata)
    assert T.load_state(path).recipe == state.recipe


def test_an_image_set_gives_what_the_recipe_wants(digits):
    assert T.source_of(digits, SMALL) == digits.labelled_batch
    assert T.source_of(digits, T.Recipe("mlp")) == digits.batch


def test_a_source_without_labels_and_one_with_too_many_are_named(digits):
    with pytest.raises(InputError, match="images alone: give labelled_batch"):
        list(T.train(T.State(SMALL), digits.batch, 1))
    with pytest.raises(InputError, match="gave both: give batch"):
        list(T.train(T.State(T.Recipe("mlp", batch=4)), digits.labelled_batch, 1))
    with pytest.raises(InputError, match="images alone"):
        list(T.train(T.State(SMALL), load_points("ring").sample, 1))


def test_recipes_hold_nets_and_classes_together():
    with pytest.raises(InputError, match="'mlp' take no labels, and the recipe has 10 classes"):
        T.Recipe("mlp", classes=10)
    with pytest.raises(InputError, match="'cdcgan' want labels, and the recipe has no classes"):
        T.Recipe("cdcgan")
    with pytest.raises(InputError, match="'cdcgan' takes one sample at a time"):
        replace(SMALL, pack=2)
    with pytest.raises(InputError, match="augmentation"):
        replace(SMALL, augment="translation,rotation")


def test_the_average_of_a_conditional_run_has_statistics_of_all_classes(digits):
    state = T.State(SMALL)
    list(T.train(state, digits.labelled_batch, 2))
    G = T.averaged_generator(state)
    assert nets.classes_of(G) == 10
    norm = next(m for m in G.modules() if isinstance(m, torch.nn.BatchNorm2d))
    assert int(norm.num_batches_tracked) == 20


def test_one_player_alone_is_given_labels(digits):
    assert 1 <= T.steps_alone(T.State(SMALL), digits.labelled_batch, "D", 0.55, 3) <= 3
    assert 1 <= T.steps_alone(T.State(SMALL), digits.labelled_batch, "G", 0.9, 2) <= 2


def test_a_run_in_a_folder_learns_labels_of_its_data(tmp_path, capsys):
    run = runs.Run("acgan", "digits", tmp_path / "run")
    run.recipe = replace(run.recipe, G={"width": 8, "z_dim": 4}, D=ACGAN.D, batch=8)
    run.train(2, 500, resume=False)
    G = nets.load_any(tmp_path / "run")
    assert G.classes == 10
    assert asdict(run.recipe)["classes"] == 10
    assert (tmp_path / "run" / "samples.png").exists()


def test_a_recipe_has_no_fewer_than_no_classes():
    with pytest.raises(InputError, match="classes"):
        T.Recipe("cdcgan", classes=-1)
