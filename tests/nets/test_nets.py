"""The nets: shapes, initialisation, bad inputs, weights that travel through a file."""

import copy
import pickle

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from gancourse import nets
from gancourse.errors import InputError

BOTH = pytest.mark.parametrize("net", ["mlp", "dcgan"])
POINTS = {"shape": (2,), "widths": (16,)}


@BOTH
def test_generator_gives_images_in_range(net):
    x = nets.make_generator(net, z_dim=7)(torch.randn(5, 7))
    assert x.shape == (5, 1, 28, 28)
    assert x.abs().max() <= 1


@BOTH
def test_discriminator_gives_one_logit_each(net):
    D = nets.make_discriminator(net)
    logit = D(torch.rand(300, 1, 28, 28) * 2 - 1) * 100
    assert logit.shape == (300,)
    assert logit.min() < 0 or logit.max() > 1  # no probability


def test_point_nets():
    G, D = nets.MLPGenerator(2, norm=False, **POINTS), nets.MLPDiscriminator(**POINTS)
    assert D(G(torch.randn(9, 2))).shape == (9,)
    assert not any(isinstance(m, nn.Tanh | nn.BatchNorm1d) for m in G.modules())


def test_parameter_counts_of_the_reference_table():
    G, D = nets.make_generator("dcgan", z_dim=100), nets.make_discriminator("dcgan")
    counts = [sum(p.numel() for p in net.parameters()) for net in (G, D)]
    assert counts == [759681, 138689]  # 0.76 M and 0.14 M in REFERENCES.md


def test_widths_and_latent_size_are_parameters():
    G = nets.make_generator("dcgan", z_dim=10, width=24)
    assert G.dense.weight.shape == (49 * 24, 10)
    assert G(torch.randn(2, 10)).shape == (2, 1, 28, 28)


@pytest.mark.parametrize("make", [nets.make_generator, nets.make_discriminator])
def test_dcgan_initialisation_is_applied(make):
    torch.manual_seed(0)
    for layer in make("dcgan").modules():
        if isinstance(layer, nn.Linear | nn.Conv2d | nn.ConvTranspose2d):
            assert layer.weight.std().item() == pytest.approx(0.02, rel=0.1)
            assert layer.bias is None or (layer.bias == 0).all()
        if isinstance(layer, nn.BatchNorm2d):
            assert layer.weight.mean().item() == pytest.approx(1, abs=0.01)
            assert 0.01 < layer.weight.std().item() < 0.03


def test_no_batch_norm_at_gs_output_and_ds_input():
    G, D = nets.make_generator("dcgan"), nets.make_discriminator("dcgan")
    assert [type(m) for m in list(G.body)[-2:]] == [nn.ConvTranspose2d, nn.Tanh]
    assert [type(m) for m in list(D.body)[:2]] == [nn.Conv2d, nn.LeakyReLU]


@BOTH
def test_every_parameter_of_both_nets_gets_a_gradient(net):
    G, D = nets.make_generator(net), nets.make_discriminator(net)
    D(G(torch.randn(4, 64))).sum().backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in G.parameters())
    assert all(p.grad is not None for p in D.parameters())


@BOTH
@pytest.mark.parametrize("z", [torch.zeros(4, 63), torch.zeros(64), torch.ones(4, 64).long()])
def test_generator_names_a_wrong_z(net, z):
    with pytest.raises(InputError, match=r"z must be a float tensor of shape \[N, 64\]"):
        nets.make_generator(net)(z)


@BOTH
def test_discriminator_names_a_wrong_x(net):
    with pytest.raises(InputError, match=r"\[N, 1, 28, 28\].*\[2, 1, 32, 32\]"):
        nets.make_discriminator(net)(torch.zeros(2, 1, 32, 32))


def test_sizes_below_one_are_named():
    with pytest.raises(InputError, match="z_dim must be a whole number of at least 1"):
        nets.make_generator("mlp", z_dim=0)
    with pytest.raises(InputError, match="width"):
        nets.make_generator("dcgan", width=1)


def test_unknown_net_is_named():
    with pytest.raises(InputError, match=r"Unknown generator 'dcgann'.*did you mean 'dcgan'"):
        nets.make_generator("dcgann")


@BOTH
def test_generator_comes_back_from_its_file(net, tmp_path):
    G = nets.make_generator(net, z_dim=9).eval()
    path = nets.save_generator(G, tmp_path / "g.safetensors", data="mnist")
    again, z = nets.load_generator(path), torch.randn(3, 9)
    assert torch.equal(G(z), again(z))
    assert again.card == {"data": "mnist"}


def damaged(tmp_path, kind):
    path = tmp_path / "g.safetensors"
    nets.save_generator(nets.make_generator("mlp"), path)
    whole = path.read_bytes()
    path.write_bytes(
        {"cut": whole[: len(whole) // 2], "pickle": pickle.dumps({"a": 1}), "empty": b""}[kind]
    )
    return path


@pytest.mark.parametrize(
    ("kind", "word"), [("cut", "not a whole"), ("pickle", "pickle"), ("empty", "empty")]
)
def test_damaged_weights_are_named(tmp_path, kind, word):
    with pytest.raises(InputError, match=word):
        nets.load_generator(damaged(tmp_path, kind))


def test_torch_save_is_not_loaded(tmp_path):
    torch.save(nets.make_generator("mlp").state_dict(), tmp_path / "g.pt")
    with pytest.raises(InputError, match="pickle"):
        nets.load_generator(tmp_path / "g.pt")


def test_missing_weights_are_named(tmp_path):
    with pytest.raises(InputError, match=r"no\.safetensors is not a file"):
        nets.load_generator(tmp_path / "no.safetensors")


def test_other_tensors_are_no_generator(tmp_path):
    save_file({"a": torch.zeros(2)}, tmp_path / "a.safetensors")
    with pytest.raises(InputError, match="no generator of gancourse"):
        nets.load_generator(tmp_path / "a.safetensors")


def test_weights_of_another_net_are_named(tmp_path):
    wrong = nets.make_generator("mlp", z_dim=5)
    wrong.recipe = {"net": "mlp", "options": {"z_dim": 6}}
    with pytest.raises(InputError, match=r"weights of another net: body\.0\.weight"):
        nets.load_generator(nets.save_generator(wrong, tmp_path / "g.safetensors"))


def test_a_recipe_that_makes_no_net_is_named(tmp_path):
    wrong = nets.make_generator("mlp")
    wrong.recipe = {"net": "mlp", "options": {"colour": "red"}}
    with pytest.raises(InputError, match="does not say how to build"):
        nets.load_generator(nets.save_generator(wrong, tmp_path / "g.safetensors"))


@pytest.mark.parametrize("name", nets.shipped())
def test_the_card_of_a_shipped_generator_says_what_it_is_and_how_it_was_made(name):
    card = nets.shipped_card(name)
    assert {"Net", "Data", "Command", "Time", "Scores"} <= set(card)
    assert card["Command"].startswith("`OMP_NUM_THREADS=1 gancourse train")
    assert card["Time"].endswith("beside other work.")
    assert card["Data"].endswith(("CC BY-SA 3.0).", "MIT licence)."))  # each whole, on one line
    assert not any("\n" in text or "  " in text for text in card.values())


def test_only_what_is_shipped_has_a_card():
    with pytest.raises(InputError, match="shipped generator"):
        nets.shipped_card("cifar")


class Keeping(nn.Module):
    """A net that keeps what came out of its layers, as hooks and perceptual losses do."""

    def __init__(self):
        super().__init__()
        self.first = torch.nn.utils.spectral_norm(nn.Linear(3, 3))
        self.kept = {"all": []}

    def forward(self, x):
        self.kept["all"].append(self.first(x))
        self.last = self.kept["all"][-1]
        return self.last.sigmoid()


def test_a_duplicate_has_weights_of_its_own_whatever_the_net_has_kept_of_a_pass():
    net, x = Keeping(), torch.randn(4, 3)
    net(x)
    with pytest.raises(RuntimeError):
        copy.deepcopy(net)
    net.eval()
    twin = nets.duplicate(net)
    assert torch.equal(twin(x), net(x))
    assert net.last.grad_fn is not None
    before = net(x)
    with torch.no_grad():
        twin.first.weight_orig.add_(1.0)
    assert torch.equal(net(x), before)
    assert not torch.equal(twin(x), before)
