"""Conditional nets: what a label does to G and D; sentences for labels that do not fit."""

import pytest
import torch

from gancourse import nets
from gancourse import train as T
from gancourse.errors import InputError

CLASSES = 3
Y = torch.tensor([2, 0, 1, 2])


@pytest.fixture
def G():
    torch.manual_seed(0)
    return nets.make_generator("cdcgan", z_dim=4, width=8, classes=CLASSES).eval()


def discriminator(how):
    torch.manual_seed(0)
    return nets.ConditionalDiscriminator(width=8, classes=CLASSES, how=how, norm=False)


def images(n=4):
    return torch.rand(n, 1, 28, 28, generator=torch.Generator().manual_seed(1)) * 2 - 1


def test_class_weights_are_one_hot_rows():
    expected = [[0, 0, 1], [1, 0, 0], [0, 1, 0], [0, 0, 1]]
    assert nets.class_weights(Y, CLASSES, 4).tolist() == expected


def test_label_maps_are_one_where_the_label_is():
    maps = nets.label_maps(Y, CLASSES, 5)
    assert maps.shape == (4, CLASSES, 5, 5)
    assert (maps[0, 2] == 1).all()
    assert maps[0, :2].sum() == 0
    assert torch.equal(maps.sum(1), torch.ones(4, 5, 5))


def test_a_label_changes_the_image_and_its_neighbours_do_not(G):
    z = torch.randn(4, 4, generator=torch.Generator().manual_seed(0))
    x = G(z, Y)
    assert x.shape == (4, 1, 28, 28)
    assert x.abs().max() <= 1
    other = G(z, torch.tensor([2, 1, 1, 2]))
    assert not torch.equal(x[1], other[1])
    assert torch.equal(x[[0, 2, 3]], other[[0, 2, 3]])


def test_half_a_label_of_each_is_the_mean_before_the_first_norm(G):
    z = torch.zeros(2, 4)
    half = torch.tensor([[0.5, 0, 0.5], [0, 1.0, 0]])
    joined = torch.cat([z, half], 1)
    both = [
        torch.cat([z[:1], nets.class_weights(torch.tensor([k]), CLASSES, 1)], 1) for k in (0, 2)
    ]
    first, second = (G.net.dense(each) for each in both)
    torch.testing.assert_close(G.net.dense(joined)[:1], (first + second) / 2)
    assert torch.equal(G(z, half)[1], G(z, torch.tensor([0, 1]))[1])


def test_one_class_of_a_generator_takes_z_alone(G):
    z = torch.randn(5, 4)
    of_two = nets.OneClass(G, 2)
    assert (of_two.z_dim, of_two.shape) == (4, (1, 28, 28))
    torch.testing.assert_close(of_two(z), G(z, torch.full((5,), 2)))
    mixed = nets.OneClass(G, torch.tensor([0.5, 0.0, 0.5]))
    torch.testing.assert_close(mixed(z[:1]), G(z[:1], torch.tensor([[0.5, 0, 0.5]])))
    assert nets.classes_of(of_two) == 0


@pytest.mark.parametrize("how", ["projection", "concatenation"])
def test_d_judges_an_image_by_its_own_label(how):
    D = discriminator(how)
    x = images()
    logit, other = D(x, Y), D(x, torch.tensor([2, 1, 1, 2]))
    assert logit.shape == (4,)
    assert logit[1] != other[1]
    torch.testing.assert_close(logit[[0, 2, 3]], other[[0, 2, 3]])


def test_projection_is_psi_and_the_product_with_the_label():
    """Miyato and Koyama 2018: written out by hand for each image."""
    D, x = discriminator("projection"), images()
    h = D.net.features(x)
    for i, k in enumerate(Y.tolist()):
        expected = h[i] @ D.net.last.weight[0] + D.net.last.bias[0] + h[i] @ D.embed.weight[:, k]
        torch.testing.assert_close(D(x, Y)[i], expected)


def test_concatenation_sees_image_and_maps_as_channels():
    D, x = discriminator("concatenation"), images()
    assert D.net.body[0].in_channels == 1 + CLASSES
    seen = torch.cat([x, nets.label_maps(Y, CLASSES, 28)], 1)
    torch.testing.assert_close(D(x, Y), D.net(seen))


def test_an_auxiliary_d_ignores_the_label_and_classifies():
    D, x = discriminator("auxiliary"), images()
    assert torch.equal(D(x, Y), D(x, torch.zeros(4, dtype=torch.int64)))
    logit, classes = D.both(x)
    assert classes.shape == (4, CLASSES)
    assert torch.equal(logit, D(x, Y))
    assert torch.equal(classes, D.classify(x))
    for how in ("projection", "concatenation"):
        with pytest.raises(InputError, match="does not classify"):
            discriminator(how).classify(x)


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (torch.tensor([0, 1, 3, 0]), "from 0 to 2, and these go from 0 to 3"),
        (torch.tensor([0, -1, 1, 0]), "from 0 to 2, and these go from -1 to 1"),
        (torch.tensor([0, 1]), r"int64 \[2\] was given"),
        (torch.tensor([0, 1, 2, 0], dtype=torch.int32), "int32"),
        (torch.ones(4, 2), r"float32 \[4, 2\] was given"),
        (None, "None was given"),
    ],
)
def test_labels_that_do_not_fit_are_named(G, y, message):
    with pytest.raises(InputError, match=message):
        G(torch.randn(4, 4), y)
    with pytest.raises(InputError, match=message):
        discriminator("projection")(images(), y)


def test_sample_takes_each_class_in_turn_or_what_is_asked(G):
    x = T.sample(G, 6, seed=3)
    assert torch.equal(x, T.sample(G, 6, seed=3, y=torch.tensor([0, 1, 2, 0, 1, 2])))
    twos = T.sample(G, 6, seed=3, y=2)
    assert torch.equal(twos[2], x[2])
    assert not torch.equal(twos[0], x[0])


@pytest.mark.parametrize("y", [3, -1, 1.5, "7", True])
def test_sample_names_a_wrong_label(G, y):
    with pytest.raises(InputError, match="A label is a whole number from 0 to 2 here"):
        T.sample(G, 2, y=y)


def test_sample_of_a_net_without_labels_refuses_one():
    G = nets.make_generator("dcgan", width=8)
    for y in (7, torch.tensor([7, 7])):
        with pytest.raises(InputError, match=r"takes no label, and .* was asked for"):
            T.sample(G, 2, y=y)


def test_a_conditional_generator_comes_back_from_its_file(G, tmp_path):
    path = nets.save_generator(G, tmp_path / "G.safetensors", data="digits")
    again = nets.load_generator(path)
    assert again.classes == CLASSES
    assert again.card == {"data": "digits"}
    assert torch.equal(T.sample(again, 6), T.sample(G, 6))
