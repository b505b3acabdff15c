"""What a recipe does against instability, each against a step that is written out (lesson 12)."""

import copy
import json
from dataclasses import replace

import pytest
import torch
from torch.nn.functional import softplus

from gancourse import load_points, nets, train
from gancourse.errors import InputError
from gancourse.store import load_tensors, save_tensors
from gancourse.train import checkpoint, remedies

POINTS = {"shape": (2,), "widths": (16, 16)}
PLAIN = train.Recipe(
    "mlp", G={"z_dim": 2, "norm": False, **POINTS}, D=POINTS, lr_G=0.01, lr_D=0.02, batch=12,
    precision="fp32",
)  # fmt: skip
RING = load_points("ring")
REMEDIES = {
    "WGAN-GP": replace(PLAIN, loss="wasserstein", gp=10.0, steps_D=3),
    "spectral norm": replace(PLAIN, loss="hinge", spectral=True),
    "clipping": replace(PLAIN, loss="wasserstein", clip=0.03),
    "packing": replace(PLAIN, pack=3),
    "all": replace(PLAIN, gp=1.0, r1=0.1, r2=0.2, spectral=True, clip=0.3, pack=2, steps_D=2),
}


@pytest.mark.parametrize("name", remedies.REMEDIES)
def test_a_recipe_has_the_remedy_that_it_was_given(name):
    assert remedies.remedy_of(remedies.with_remedy(REMEDIES["all"], name)) == name


def started(recipe):
    return train.State(recipe, 5, "cpu")


def ran(recipe, steps=4):
    state = started(recipe)
    list(train.train(state, RING.sample, steps))
    return state


class Textbook:
    """A run of `recipe` by plain autograd, from the same seed and so from the same draws."""

    def __init__(self, recipe):
        state = started(recipe)
        self.G, self.D, self.rng = copy.deepcopy(state.G), copy.deepcopy(state.D), state.rng
        self.opt_G = torch.optim.Adam(self.G.parameters(), 0.01, (0.5, 0.999))
        self.opt_D = torch.optim.Adam(self.D.parameters(), 0.02, (0.5, 0.999))

    def draw(self, batches=1):
        x = RING.sample(12 * batches, self.rng)
        z = torch.randn(12 * batches, 2, generator=self.rng)
        return zip(x.split(12), z.split(12), strict=True)

    def move(self, optimiser, loss):
        self.opt_D.zero_grad()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()

    def weights(self):
        return [*self.G.parameters(), *self.D.parameters()]


def agree(state, theirs):
    ours = [*state.G.parameters(), *state.D.parameters()]
    torch.testing.assert_close(ours, theirs.weights(), rtol=1e-4, atol=1e-6)


def test_wgan_gp_is_algorithm_1_of_the_paper():
    """Three steps of the critic, each with a penalty of its own points, then one of G."""
    theirs = Textbook(REMEDIES["WGAN-GP"])
    for _ in range(2):
        for x, z in theirs.draw(3):
            fake = theirs.G(z)
            share = torch.rand(12, generator=theirs.rng)[:, None]
            between = (share * x + (1 - share) * fake.detach()).requires_grad_(True)
            (slope,) = torch.autograd.grad(theirs.D(between).sum(), between, create_graph=True)
            penalty = ((slope.norm(dim=1) - 1) ** 2).mean()
            loss = theirs.D(fake.detach()).mean() - theirs.D(x).mean() + 10 * penalty
            theirs.move(theirs.opt_D, loss)
        theirs.move(theirs.opt_G, -theirs.D(fake).mean())
    agree(ran(REMEDIES["WGAN-GP"], 2), theirs)


def test_clipping_comes_after_each_step_of_d():
    theirs = Textbook(REMEDIES["clipping"])
    for _ in range(3):
        for x, z in theirs.draw():
            fake = theirs.G(z)
            theirs.move(theirs.opt_D, theirs.D(fake.detach()).mean() - theirs.D(x).mean())
            for weight in theirs.D.parameters():
                weight.data = weight.data.clip(-0.03, 0.03)
            theirs.move(theirs.opt_G, -theirs.D(fake).mean())
    state = ran(REMEDIES["clipping"], 3)
    agree(state, theirs)
    assert max(weight.abs().max() for weight in state.D.parameters()) <= 0.03
    assert max(weight.abs().max() for weight in state.G.parameters()) > 0.03


def test_a_packed_d_sees_neighbours_side_by_side_real_and_fake_apart():
    theirs = Textbook(REMEDIES["packing"])
    for _ in range(3):
        for x, z in theirs.draw():
            fake = theirs.G(z)
            real_packs = torch.cat([x[0::3], x[1::3], x[2::3]], 1)
            fake_packs = torch.cat([fake[0::3], fake[1::3], fake[2::3]], 1)
            logit_real, logit_fake = theirs.D(real_packs), theirs.D(fake_packs.detach())
            theirs.move(theirs.opt_D, softplus(-logit_real).mean() + softplus(logit_fake).mean())
            theirs.move(theirs.opt_G, softplus(-theirs.D(fake_packs)).mean())
    agree(ran(REMEDIES["packing"], 3), theirs)


def test_a_spectrally_normalised_d_has_layers_of_norm_one():
    state = ran(REMEDIES["spectral norm"], 10)
    for _ in range(50):  # power iteration catches up with weights that stand still
        state.D(torch.zeros(2, 2))
    layers = [layer for layer in state.D.modules() if isinstance(layer, torch.nn.Linear)]
    assert len(layers) == 3
    for layer in layers:
        largest = torch.linalg.svdvals(layer.weight)[0].item()
        assert largest == pytest.approx(1, abs=1e-3)
        assert layer.parametrizations.weight.original.requires_grad
    assert not hasattr(state.G.body[0], "parametrizations")


def test_a_kernel_is_normalised_as_a_matrix_of_its_outputs():
    D = nets.spectrally_normalised(nets.make_discriminator("dcgan", width=8, norm=False))
    for _ in range(30):
        D(torch.zeros(2, 1, 28, 28))
    for layer in (layer for layer in D.modules() if hasattr(layer, "parametrizations")):
        assert torch.linalg.svdvals(layer.weight.flatten(1))[0].item() == pytest.approx(1, abs=0.01)


def test_packs_of_images_are_channels():
    x = torch.arange(4.0).view(4, 1, 1, 1).expand(4, 1, 28, 28)
    assert nets.packed(x, 2)[:, :, 0, 0].tolist() == [[0, 1], [2, 3]]
    assert nets.make_discriminator("dcgan", width=4, pack=2)(nets.packed(x, 2)).shape == (2,)
    assert nets.packed(x, 1) is x
    with pytest.raises(InputError, match="give a multiple"):
        nets.packed(x, 3)


def test_a_net_that_takes_no_packs_says_so():
    with pytest.raises(InputError, match="takes one sample at a time"):
        train.Recipe("writeup-000", pack=2)


@pytest.mark.parametrize("name", REMEDIES)
def test_a_run_with_a_remedy_is_resumed_bit_for_bit(name, tmp_path):
    whole, half = ran(REMEDIES[name], 6), ran(REMEDIES[name], 3)
    resumed = train.load_state(train.save_state(half, tmp_path / "half.safetensors"), "cpu")
    list(train.train(resumed, RING.sample, 3))
    ours, theirs = (checkpoint.contents(state)[0] for state in (resumed, whole))
    assert ours.keys() == theirs.keys()
    assert all(torch.equal(ours[key], theirs[key]) for key in ours)


def test_a_checkpoint_from_before_the_remedies_still_loads(tmp_path):
    path = train.save_state(ran(PLAIN, 2), tmp_path / "old.safetensors")
    tensors, metadata = load_tensors(path)
    notes = json.loads(metadata["notes"])
    for field in ("gp", "spectral", "clip", "pack", "steps_D"):
        del notes["recipe"][field]
    save_tensors(path, tensors, {**metadata, "notes": json.dumps(notes)})
    recipe = train.load_state(path, "cpu").recipe
    assert (recipe.gp, recipe.spectral, recipe.clip, recipe.pack, recipe.steps_D) == (0, 0, 0, 1, 1)


@pytest.mark.parametrize("name", REMEDIES)
def test_the_notebooks_own_random_state_is_left_alone_by_steps(name):
    state = started(REMEDIES[name])
    before = torch.get_rng_state()
    train.one_step(state, RING.sample)
    assert torch.equal(before, torch.get_rng_state())


def test_the_pacgan_nets_are_the_papers():
    """0.49 million weights of G and 0.41 of D by the authors' program: 400 x 4 and 200 x 5 x 3."""
    G, D = nets.make_generator("pacgan"), nets.make_discriminator("pacgan", pack=2)
    count = {"G": 2 * 400 + 3 * 400**2 + 4 * 800 + 802, "D": 5 * 1000 + 2 * 201 * 1000 + 201}
    assert sum(p.numel() for p in G.parameters()) == count["G"]
    assert sum(p.numel() for p in D.parameters()) == count["D"]
    h = torch.randn(3, 4)
    first = D.body[0]
    pieces = (h @ first.dense.weight.T + first.dense.bias).view(3, 200, 5)
    torch.testing.assert_close(first(h), pieces.max(2).values)
