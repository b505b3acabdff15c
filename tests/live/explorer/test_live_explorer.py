"""The latent explorer without a browser: steering, pins, films, files, locks, errors."""

import io
import threading

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from gancourse import live, plots, store, train
from gancourse.errors import InputError
from gancourse.live.explorer import export, steering
from gancourse.maths import latent
from gancourse.nets import make_generator

VIEW = "application/vnd.jupyter.widget-view+json"


@pytest.fixture(autouse=True)
def no_page(monkeypatch):
    monkeypatch.setenv("GANCOURSE_FRONTEND", "none")


@pytest.fixture
def G():
    torch.manual_seed(0)
    return make_generator("mlp", z_dim=6, shape=(1, 28, 28), widths=(16,)).eval()


@pytest.fixture
def explorer(G):
    return live.LatentExplorer(G)


def tiny(side: int = 4):
    """A G that is no module: its first pixels are z."""

    def G(z):
        x = torch.zeros(len(z), side * side)
        x[:, : z.shape[1]] = z.clamp(-1, 1)
        return x.view(-1, 1, side, side)

    G.z_dim = 5
    return G


def near(a, b) -> bool:
    return torch.allclose(torch.as_tensor(a), torch.as_tensor(b), atol=1e-5)


def test_z_is_the_origin_and_a_step_along_each_direction(explorer):
    explorer.set(u=1.0, v=-0.5, along_1="principal 2", by_1=0.25)
    plane = latent.random_plane(6, 0)
    principal = latent.pca_directions(explorer.G, 2)[1]
    assert near(explorer.z, plane.at(1.0, -0.5) + 0.25 * principal)


def test_the_picture_of_a_frame_is_that_of_G(explorer):
    frame = explorer.set(u=0.7, v=1.1).frame()
    drawn = torch.frombuffer(bytearray(frame["pixels"]), dtype=torch.uint8).view(-1, 28, 28)
    with torch.no_grad():
        wanted = plots.to_pixels(explorer.G(explorer.z[None]))[0, 0]
    assert len(drawn) == frame["count"] == 9
    assert (drawn[4].int() - wanted.int()).abs().max() <= 1


def test_a_page_may_ask_for_the_picture_first_and_for_the_rest_after(explorer):
    frames = []
    explorer.pin().watch(frames.append)
    explorer.answer({"serial": 1, "brief": True, "values": {"at": [0.5, 0.25]}})
    explorer.answer({"do": "rest"})
    brief, whole = frames
    assert (brief["brief"], brief["count"], brief["thumbs"]) == (True, 1, [])
    assert (whole["brief"], whole["count"], whole["thumbs"]) == (False, 9, ["pin 1"])
    assert (brief["serial"], brief["text"]) == (whole["serial"], whole["text"])
    first, rest = (np.frombuffer(f["pixels"], np.uint8).reshape(-1, 28, 28) for f in frames)
    assert (len(first), len(rest)) == (1, 10)
    assert abs(first[0].astype(int) - rest[4]).max() <= 1
    explorer.answer({"brief": True, "values": {"at": "nowhere"}})
    assert not explorer.set(u=0.0).frame()["brief"]


def test_neighbours_lie_along_the_last_move(explorer):
    explorer.set(v=0.3)
    steps = explorer.steering.neighbours() - explorer.z
    assert near(steps, steering.NEIGHBOURS[:, None] * latent.random_plane(6, 0).up)
    explorer.set(at=(1.0, 0.35))
    assert explorer.steering.last == "u"
    explorer.set(by_2=0.5)
    assert explorer.frame()["along"] == explorer.values()["along_2"]


def test_the_pad_takes_both_steps_at_once(explorer):
    explorer.answer({"serial": 7, "values": {"at": [1.02, -9]}})
    assert (explorer.values()["u"], explorer.values()["v"]) == (1.0, -3.0)
    assert explorer.frame()["serial"] == 7


def test_classes_are_directions_for_28_pixels_only(explorer):
    assert explorer.steering.directions.names[-1] == "class 9"
    assert explorer.set(across="class 3").steering.along("u").norm() == pytest.approx(1)
    assert live.LatentExplorer(tiny()).steering.directions.names == ("random 1", "random 2")


def test_seeds_repeat_and_differ_and_global_random_numbers_stay(G):
    torch.manual_seed(3)
    before = torch.get_rng_state()
    one, two = live.LatentExplorer(G), live.LatentExplorer(G, seed=1)
    one.set(across="class 1").pin()
    assert torch.equal(torch.get_rng_state(), before)
    assert not near(one.z, two.z)
    assert near(one.new_seed().z, two.z)


def test_a_given_z_becomes_the_middle(explorer):
    z = torch.arange(6.0)
    explorer.set(u=1.0).set(z=z)
    assert near(explorer.z, z)
    assert explorer.values()["u"] == 0
    z[0] = 99
    assert explorer.z[0] == 0


def test_z_is_a_copy(explorer):
    explorer.z.zero_()
    assert explorer.z.norm() > 0


def three_pins(explorer):
    for _ in range(3):
        explorer.pin().new_seed()
    return [pin.z for pin in explorer.steering.pins]


@pytest.mark.parametrize(("way", "maths"), [("arc", latent.slerp), ("straight line", latent.lerp)])
def test_the_film_goes_from_pin_to_pin(explorer, way, maths):
    a, b, c = three_pins(explorer)
    film = explorer.set(way=way).steering.film(10)
    assert film.shape == (21, 6)
    assert near(film[[0, 10, 20]], torch.stack([a, b, c]))
    assert near(film[3], maths(a, b, 0.3))
    assert near(film[15], maths(b, c, 0.5))


def test_the_place_in_the_film_can_be_gone_on_from(explorer):
    a, b, _ = three_pins(explorer)
    explorer.set(u=2.0, place=0.25)
    assert near(explorer.z, latent.slerp(a, b, 0.5))
    assert explorer.values()["u"] == 0


def test_pins_are_gone_back_to_and_taken_away(explorer):
    _a, b, _c = three_pins(explorer)
    explorer.answer({"values": {"go": 1}})
    assert near(explorer.z, b)
    assert list(explorer.unpin().steering.kept()) == ["pin 1", "pin 2"]
    explorer.unpin().unpin().unpin()
    assert not explorer.steering.kept()


def test_arithmetic_takes_the_groups_averages(explorer):
    points = {group: [] for group in "abc"}
    for group in "aabbcc":
        points[group].append(explorer.z)
        explorer.pin(group).new_seed()
    a, b, c = (latent.average(torch.stack(points[g])) for g in "abc")
    assert near(explorer.steering.kept()["average of b"], b)
    assert near(explorer.combine().z, latent.combine(a, b, c))


def test_an_image_of_G_is_inverted(explorer):
    x = explorer.images(torch.randn(1, 6, generator=torch.Generator().manual_seed(4)))[0]
    before = (explorer.images(explorer.z[None])[0] - x).square().mean()
    explorer.invert(x)
    after = (explorer.images(explorer.z[None])[0] - x).square().mean()
    assert after < 0.2 * before
    assert "squared error" in explorer.sentence()
    assert explorer.frame()["beside"]["caption"] == "image to invert"
    assert not explorer.set(u=1.0).frame()["beside"]


def test_the_nearest_training_image_is_itself_for_a_copy(explorer, monkeypatch):
    explorer = live.LatentExplorer(explorer.G, data="digits")
    mine = explorer.real.split("train")
    copy = mine.scaled([17])
    monkeypatch.setattr(explorer.pictures, "images", lambda z: copy.expand(len(z), -1, -1, -1))
    assert "distance of 0.00" in explorer.nearest().sentence()
    assert explorer.frame()["beside"]["pixels"] == mine.images[17].numpy().tobytes()


def test_a_test_image_of_the_chosen_class_is_inverted_each_press_another(explorer):
    explorer = live.LatentExplorer(explorer.G, data="digits").set(test_class="7")
    mine = explorer.real.split("test").of_class(7).scaled()
    assert near(explorer.real.next_test_image(), mine[0])
    assert near(explorer.real.next_test_image(), mine[1])


def test_a_film_is_written_there_and_back(explorer, tmp_path):
    three_pins(explorer)
    with Image.open(explorer.film(tmp_path / "film.gif")) as gif:
        assert gif.n_frames == 2 * 25 - 2
        assert gif.size == (168, 168)
        gif.seek(12)
        middle = torch.from_numpy(np.array(gif.convert("L")))[::6, ::6].int()
    wanted = explorer.pixels(explorer.steering.pins[1].z[None])[0]
    assert (middle - wanted.int()).abs().max() <= 1


def test_z_and_pins_are_written(explorer, tmp_path):
    three_pins(explorer)
    tensors, card = store.load_tensors(explorer.save_z(tmp_path / "z.safetensors"))
    assert near(tensors["z"], explorer.z)
    assert tensors["pins"].shape == (3, 6)
    assert card["data"] == "mnist"


def test_the_page_holds_its_pictures_and_names_no_address(explorer, tmp_path):
    page = explorer.export_html(tmp_path / "plane.html").read_text()
    assert "data:image/webp;base64," in page
    assert "<title>LatentExplorer" in page
    assert "http://" not in page.replace("http://www.w3.org", "")
    assert "https://" not in page


def test_the_sprite_is_without_loss():
    pixels = torch.randint(0, 256, (625, 4, 4), dtype=torch.uint8).numpy()
    webp = export._sprite(pixels)
    sheet = torch.from_numpy(np.array(Image.open(io.BytesIO(webp)).convert("L")))
    tiles = sheet.view(25, 4, 25, 4).transpose(1, 2).reshape(625, 4, 4)
    assert torch.equal(tiles.to(torch.uint8), torch.from_numpy(pixels))


def test_the_map_covers_the_pad_from_the_top_left(explorer):
    told = explorer.page.map()
    first = torch.frombuffer(bytearray(told["pixels"]), dtype=torch.uint8)[:784].view(28, 28)
    corner = explorer.steering.plane.at(-3 * 6 / 7, 3 * 6 / 7)
    assert (first.int() - explorer.pixels(corner[None])[0].int()).abs().max() <= 1
    assert told["version"] == explorer.frame()["version"]


def test_a_move_on_the_pad_keeps_the_map_and_another_direction_does_not(explorer):
    version = explorer.version
    assert explorer.set(u=1.0, at=(0.5, 0.5)).version == version
    assert explorer.set(by_1=0.5).version > version


def test_refresh_draws_from_the_weights_as_they_are_now(explorer):
    frames = []
    explorer.watch(frames.append)
    with torch.no_grad():
        for p in explorer.G.parameters():
            p.mul_(-1)
    explorer.refresh()
    drawn = torch.frombuffer(bytearray(frames[-1]["pixels"]), dtype=torch.uint8).view(-1, 28, 28)
    assert (drawn[4].int() - explorer.pixels(explorer.z[None])[0].int()).abs().max() <= 1
    assert frames[-1]["version"] == 1


def test_weights_that_are_not_finite_do_not_end_the_thread_that_refreshes(explorer):
    explorer.watch(lambda frame: None)
    with torch.no_grad():
        next(explorer.G.parameters()).fill_(torch.nan)
    explorer.refresh()


def test_G_is_read_under_its_lock_and_its_mode_is_kept(G):
    inner, held = threading.Lock(), []

    class Lock:
        def __enter__(self):
            inner.acquire()  # not reentrant: reading twice at once would hang
            held.append(1)

        def __exit__(self, *_):
            inner.release()

    explorer = live.LatentExplorer(G.train(), lock=Lock())
    n = len(held)
    explorer.set(u=1.0, across="class 2").frame()
    explorer.invert(torch.zeros(1, 28, 28))
    assert len(held) > n
    assert not inner.locked()
    assert G.training


def test_a_dashboard_has_one_that_follows_it(monkeypatch):
    small = {"shape": (1, 8, 8), "widths": (8,)}
    recipe = train.Recipe("mlp", G={"z_dim": 4, **small}, D=small, batch=8, precision="fp32")

    def greys(n, generator):
        return torch.rand(n, 1, 8, 8, generator=generator) * 2 - 1

    dashboard = live.TrainingDashboard(train.State(recipe, 0, "cpu"), greys, steps=5)
    explorer = dashboard.explorer()
    before = explorer.pixels(explorer.z[None])
    dashboard.run().wait()
    assert explorer.version > 0
    assert not torch.equal(explorer.pixels(explorer.z[None]), before)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"w": 1}, "control of LatentExplorer"),
        ({"u": "left"}, "is a number from -3 to 3"),
        ({"u": float("nan")}, "is a number from -3 to 3"),
        ({"across": "class 11"}, "Unknown direction across"),
        ({"across": "random 2"}, "A plane needs two directions"),
        ({"z": torch.zeros(5)}, "6 finite numbers"),
        ({"z": torch.full((6,), torch.nan)}, "6 finite numbers"),
        ({"place": 0.5}, "goes from pin to pin, and there are 0"),
        ({"way": "spline"}, "way between pins"),
        ({"at": 3}, "a pair"),
        ({"test_class": "10"}, "test image"),
        ({"go": 4}, "no pin"),
    ],
)
def test_a_wrong_value_is_one_sentence_and_changes_nothing(explorer, change, says):
    before, values = explorer.z, explorer.values()
    with pytest.raises(InputError, match=says):
        explorer.set(**change)
    assert near(explorer.z, before)
    assert explorer.values() == values


@pytest.mark.parametrize(
    ("G", "says"),
    [
        (3, "int was given"),
        (nn.Linear(2, 2), "z_dim"),
        (make_generator("mlp", z_dim=2, shape=(2,), widths=(8,)), "grey images"),
    ],
)
def test_what_is_no_generator_of_images_is_told_so(G, says):
    with pytest.raises(InputError, match=says):
        live.LatentExplorer(G)


def test_unknown_data_and_groups_and_missing_groups(explorer, G):
    with pytest.raises(InputError, match="image set"):
        live.LatentExplorer(G, "letters")
    with pytest.raises(InputError, match="group"):
        explorer.pin("d")
    with pytest.raises(InputError, match="b and c have none"):
        explorer.pin("a").combine()
    with pytest.raises(InputError, match="gradients through G"):
        live.LatentExplorer(tiny()).invert()
    with pytest.raises(InputError, match="compare with a G of the same size"):
        live.LatentExplorer(tiny()).nearest()


def test_a_page_is_told_of_an_error_and_the_next_press_takes_it_back(explorer):
    explorer.answer({"do": "combine"})
    assert "needs pins in each group" in explorer.sentence()
    explorer.answer({"do": "pin"})
    assert "along random 1" in explorer.sentence()
    assert len(explorer.steering.pins) == 1
    explorer.answer({"do": "explode"})
    assert "Unknown button" in explorer.sentence()


def test_buttons_write_files_where_the_notebook_is(explorer, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    three_pins(explorer)
    for action in ("save_z", "save_film", "save_page"):
        explorer.answer({"do": action})
        assert explorer.sentence().startswith("Written: ")
    names = ["latent_film.gif", "latent_plane.html", "latent_z.safetensors"]
    assert sorted(p.name for p in tmp_path.iterdir()) == names


def test_at_most_four_controls_are_seen_at_once(explorer):
    assert max(len(tab.controls) for tab in explorer.tabs) <= 4


def test_without_a_page_it_is_a_still_picture(explorer):
    data, _ = explorer._repr_mimebundle_()
    assert "image/png" in data
    assert "along random 1" in explorer.picture().alt
    assert repr(explorer) == "<LatentExplorer: mnist, seed 0, at +0.00 random 1, +0.00 random 2>"


@pytest.mark.parametrize("kind", ["anywidget", "ipywidgets"])
def test_in_a_page_it_is_a_widget_with_a_stable_text(explorer, monkeypatch, kind):
    monkeypatch.setenv("GANCOURSE_FRONTEND", kind)
    data = explorer._repr_mimebundle_()
    assert VIEW in data
    assert data["text/plain"] == repr(explorer)


def test_the_page_view_draws_maps_and_plays_films(explorer):
    widget, sent = explorer.widget(), []
    widget.send = lambda told, buffers: sent.append((told, buffers))
    old = widget.map
    explorer.set(by_1=1.0).answer({"do": "map"})
    assert widget.map["version"] > old["version"]
    assert widget.map["pixels"] != old["pixels"]
    three_pins(explorer)
    explorer.answer({"do": "play"})
    told, (buffer,) = sent[0]
    assert told == {"film": 25, "side": 28}
    assert len(buffer) == 25 * 784


def test_core_sliders_move_it_and_follow_it(explorer):
    view = explorer.core_widget()
    image, _, _, tabs = view.children
    slider = tabs.children[0].children[1]
    before = image.value
    slider.value = 1.5
    assert explorer.values()["u"] == 1.5
    assert image.value != before
    explorer.set(u=-1.0)
    assert slider.value == -1.0


def test_with_core_widgets_the_film_is_moved_by_its_slider(explorer):
    three_pins(explorer)
    assert "Move the place in the film" in explorer.play().sentence()


def test_a_refresh_never_waits_and_is_made_up_for(explorer):
    frames = []
    explorer.watch(frames.append)
    with explorer.still():
        thread = threading.Thread(target=explorer.refresh)
        thread.start()
        thread.join(10)
        assert not thread.is_alive()
        assert not frames
    assert len(frames) == 1
