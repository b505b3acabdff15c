"""The explorer of a conditional generator: a row of classes at one z, between two, in a page."""

import numpy as np
import pytest
import torch
from explorers import no_page  # noqa: F401

from gancourse import live, nets
from gancourse.errors import InputError
from gancourse.live.explorer import engine
from gancourse.maths import latent
from gancourse.pixels import to_pixels
from gancourse.store import load_tensors


@pytest.fixture
def G():
    torch.manual_seed(0)
    G = nets.make_generator("cdcgan", z_dim=6, width=8).eval()
    with torch.no_grad():  # an untrained one draws nothing but grey
        for weight in G.parameters():
            weight.mul_(8)
    return G


@pytest.fixture
def explorer(G):
    return live.LatentExplorer(G, "mnist")


def shown(explorer):
    return explorer.pixels(explorer.z[None])[0]


def drawn(G, z, y):
    with torch.no_grad():
        return to_pixels(G(z[None], y))[0, 0]


def test_another_class_keeps_z_and_changes_the_picture(explorer, G):
    z = explorer.z
    for k in (0, 7):
        explorer.set(label=k)
        assert torch.equal(explorer.z, z)
        assert torch.equal(shown(explorer), drawn(G, z, torch.tensor([k])))
    assert explorer.values()["label"] == "7"
    assert explorer.sentence().startswith("Class 7. ")
    assert not torch.equal(shown(explorer), drawn(G, z, torch.tensor([0])))


def test_a_class_has_a_name_and_a_number():
    torch.manual_seed(0)
    explorer = live.LatentExplorer(nets.make_generator("cdcgan", z_dim=6, width=8), "fashion")
    assert explorer.set(label="Bag").sentence().startswith("Class Bag.")
    assert explorer.set(label=9).values()["label"] == "Ankle boot"


def test_half_of_each_class(explorer, G):
    explorer.set(label=7, towards=1, share=0.5)
    half = torch.eye(10)[[7]] / 2 + torch.eye(10)[[1]] / 2
    assert torch.equal(shown(explorer), drawn(G, explorer.z, half))
    assert explorer.sentence().startswith("0.50 of class 7, 0.50 of class 1. ")
    assert explorer.set(label=3).values()["share"] == 0


@pytest.mark.parametrize("values", [{"label": 10}, {"label": -1}, {"label": "bag"},
                                    {"share": "much"}, {"towards": 2.5}])  # fmt: skip
def test_wrong_values_are_named_and_change_nothing(explorer, values):
    before = explorer.values()
    with pytest.raises(InputError):
        explorer.set(**values)
    assert explorer.values() == before


def test_a_frame_has_each_class_at_the_same_z_after_the_pins(explorer, G):
    explorer.pin().set(u=1.0)
    frame = explorer.frame()
    assert frame["classes"] == list("0123456789")
    pixels = np.frombuffer(frame["pixels"], np.uint8).reshape(-1, 28, 28)
    assert len(pixels) == frame["count"] + len(frame["thumbs"]) + 10 == 9 + 1 + 10
    for k in range(10):
        expected = drawn(G, explorer.z, torch.tensor([k])).numpy()
        assert abs(pixels[10 + k].astype(int) - expected).max() <= 1  # ten at once round otherwise
    explorer.page.answer({"values": {"at": [0.5, 0.0]}, "brief": True})


def test_a_page_asks_for_a_class_by_number(explorer):
    version = explorer.frame()["version"]
    explorer.answer({"values": {"label": 4}})
    assert explorer.values()["label"] == "4"
    assert explorer.frame()["version"] > version
    explorer.answer({"values": {"label": 11}})
    assert "A class is a number from 0 to 9 here" in explorer.sentence()


def test_an_explorer_without_labels_has_no_classes():
    explorer = live.LatentExplorer(nets.make_generator("dcgan", z_dim=6, width=8))
    assert explorer.frame()["classes"] == []
    assert explorer.tabs[0].title == "Move"
    with pytest.raises(InputError):
        explorer.set(label=3)


def test_principal_directions_are_of_z_alone(explorer, G):
    found = latent.pca_directions(explorer.G, 6)
    assert found.shape == (6, 6)
    weight = G.net.dense.weight[:, :6].double()
    expected = torch.linalg.svd(weight, full_matrices=False).Vh.abs().float()
    torch.testing.assert_close(found.abs(), expected, atol=1e-5, rtol=1e-4)
    assert explorer.set(across="principal 1").values()["across"] == "principal 1"


def test_a_page_gets_the_class_as_a_net_of_z_alone(explorer, G, tmp_path):
    """Its engine knows that net; the label is a bias."""
    assert engine.runs_in_page(explorer.G)
    explorer.set(label=5)
    path = tmp_path / "net.safetensors"
    path.write_bytes(explorer.page.net()["bytes"])
    tensors, metadata = load_tensors(path)
    assert '"net": "dcgan"' in metadata["recipe"]
    plain = engine.plain(explorer.G)
    assert {n: t.shape for n, t in tensors.items()} == {
        n: t.shape for n, t in plain.state_dict().items()
    }
    z = torch.randn(3, 6).double()
    with torch.no_grad():
        expected = G.double()(z, torch.full((3,), 5))
        torch.testing.assert_close(plain.double().eval()(z), expected)


def test_a_new_class_is_a_new_version_of_the_weights(explorer):
    first = explorer.frame()["weights"]
    explorer.set(label=5)
    assert explorer.frame()["weights"] > first


def test_a_net_changed_under_its_name_stays_with_the_kernel(G):
    G.net.body[1] = torch.nn.Softplus()
    assert not engine.runs_in_page(nets.OneClass(G, 0))
    assert not engine.runs_in_page(G)


def test_what_is_saved_says_what_was_asked_for(explorer, tmp_path):
    explorer.set(label=2)
    _, metadata = load_tensors(explorer.save_z(tmp_path / "z.safetensors"))
    assert metadata["asked"] == "Class 2."
    page = explorer.export_html(tmp_path / "page.html").read_text()
    assert '"net": "' in page


def test_other_classes_than_the_datas_go_by_number():
    torch.manual_seed(0)
    explorer = live.LatentExplorer(nets.make_generator("cdcgan", z_dim=6, width=8, classes=3))
    assert explorer.frame()["classes"] == ["0", "1", "2"]
