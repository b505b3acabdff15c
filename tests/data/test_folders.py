"""A folder of pictures: classes, sizes, colours, what is broken, what is large; a run on it."""

import errno
import os
import sys
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image

from gancourse import cli, nets, score
from gancourse import train as T
from gancourse.data import folders, image_set, load_images
from gancourse.errors import InputError
from gancourse.score import pixel_ruler
from gancourse.train import averages


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    """A cache of the test's own."""
    monkeypatch.setattr(folders, "cache_folder", lambda: tmp_path / "cache")
    folders._kept.cache_clear()
    folders._channels_in.cache_clear()


def picture(path, colour=(200, 30, 60), size=(40, 30), mode="RGB"):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, colour).convert(mode, palette=Image.Palette.ADAPTIVE).save(path)


@pytest.fixture
def shapes(tmp_path):
    """Two classes of twelve pictures, red ones and green ones, and one file that is broken."""
    for i in range(12):
        picture(tmp_path / "shapes" / "green" / f"{i:02}.png", (10 * i, 200, 20))
        picture(tmp_path / "shapes" / "red" / f"{i:02}.jpg", (200, 10 * i, 20))
    (tmp_path / "shapes" / "red" / "12.png").write_bytes(b"\x89PNG\r\n\x1a\nno more")
    return tmp_path / "shapes"


def test_subfolders_are_classes_and_each_tenth_is_a_test_image(shapes):
    train, test = (load_images(f"{shapes}@64", split) for split in ("train", "test"))
    assert train.images.shape == (22, 3, 64, 64)
    assert test.images.shape == (2, 3, 64, 64)
    assert train.class_names == ("green", "red")
    assert train.labels.bincount().tolist() == [11, 11]
    assert train.name == f"{shapes}@64-colour"
    middle = train.images[:, :, 32, 32].int()
    assert (middle[train.labels == 0, 1] > 190).all()
    assert (middle[train.labels == 1, 0] > 190).all()


def test_a_broken_picture_is_named_and_left_out(shapes, capsys):
    assert len(load_images(str(shapes))) + len(load_images(str(shapes), "test")) == 24
    said = capsys.readouterr().out
    assert "red/12.png is left out: it is no whole picture (" in said.replace("\\", "/")
    assert said.count("left out") == 1  # once for both splits


def test_of_many_broken_pictures_the_rest_is_counted(shapes, capsys):
    for i in range(13, 20):
        (shapes / "red" / f"{i}.png").write_text("no picture")
    load_images(str(shapes))
    said = capsys.readouterr().out
    assert said.count("is left out") == folders.NAMED
    assert f"{8 - folders.NAMED} more are left out." in said


def test_the_pictures_themselves_are_one_class(tmp_path):
    for i in range(20):
        picture(tmp_path / "flat" / f"{i}.png", (9 * i, 9 * i, 9 * i))
    found = load_images(str(tmp_path / "flat"))
    assert found.class_names == ("pictures",)
    assert found.images.shape == (18, 1, 32, 32)  # no colour was seen
    assert found.name.endswith("flat@32-grey")


@pytest.mark.parametrize("mode", ["L", "1", "P", "LA", "RGBA", "CMYK"])
def test_every_kind_of_picture_becomes_grey_or_colour(tmp_path, mode):
    ending = "jpg" if mode == "CMYK" else "png"
    picture(tmp_path / f"a.{ending}", (0, 0, 0) if mode == "1" else (60, 60, 60), mode=mode)
    for channels in (1, 3):
        found = folders.pixels_of(tmp_path / f"a.{ending}", 28, channels)
        assert found.shape == (channels, 28, 28)
        assert found.dtype == np.uint8
        assert np.abs(found.astype(int) - (0 if mode == "1" else 60)).max() <= 2


def test_transparent_is_white_and_16_bits_are_scaled(tmp_path):
    Image.new("RGBA", (30, 30), (0, 0, 0, 0)).save(tmp_path / "clear.png")
    Image.fromarray(np.full((30, 30), 128 * 256, np.uint16)).save(tmp_path / "deep.png")
    assert (folders.pixels_of(tmp_path / "clear.png", 28, 3) == 255).all()
    assert (folders.pixels_of(tmp_path / "deep.png", 28, 1) == 128).all()


def test_the_middle_square_is_taken_upright(tmp_path):
    wide = np.zeros((20, 60, 3), np.uint8)
    wide[:10, 20:40] = 255  # the upper half of the middle
    sideways = Image.Exif()
    sideways[274] = 3  # upside down
    Image.fromarray(wide).save(tmp_path / "plain.png")
    Image.fromarray(wide).save(tmp_path / "turned.jpg", exif=sideways, quality=100)
    plain = folders.pixels_of(tmp_path / "plain.png", 28, 1)[0]
    turned = folders.pixels_of(tmp_path / "turned.jpg", 28, 1)[0]
    for upper, lower in ((plain[:12], plain[16:]), (turned[16:], turned[:12])):
        assert upper.min() > 180  # edges ring a little
        assert lower.max() < 75


def test_it_is_read_once_and_again_when_a_picture_changes(shapes, monkeypatch):
    first = load_images(str(shapes))
    folders._kept.cache_clear()
    with monkeypatch.context() as once:
        once.setattr(folders, "pixels_of", None)
        assert torch.equal(load_images(f"{shapes}@32-colour").images, first.images)
    picture(shapes / "green" / "00.png", (255, 255, 255), size=(50, 50))
    folders._kept.cache_clear()
    assert not torch.equal(load_images(str(shapes)).images, first.images)


def test_a_kill_while_it_is_read_leaves_nothing_that_counts(shapes, monkeypatch, tmp_path):
    def killed(path, content):
        raise KeyboardInterrupt

    with monkeypatch.context() as once:
        once.setattr(folders, "write_whole", killed)
        with pytest.raises(KeyboardInterrupt):
            load_images(str(shapes))
    assert len(load_images(str(shapes))) == 22
    assert not list((tmp_path / "cache" / "folders").glob(".*"))


def test_what_is_large_stays_on_the_disk(shapes, monkeypatch):
    small = load_images(str(shapes))
    monkeypatch.setattr(folders, "LARGE", 1000)
    large = load_images(str(shapes))
    assert (small.on_disk, large.on_disk) == (False, True)
    assert large.to("meta") is large
    rng = (torch.Generator().manual_seed(0) for _ in range(2))
    assert torch.equal(large.batch(5, next(rng)), small.batch(5, next(rng)))
    part = replace(large, images=large.images[1::2], labels=large.labels[1::2])
    assert part.images.data_ptr() == large.images[1].data_ptr()  # a shard copies nothing


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("{}@48", "28, 32, 64 pixels wide, and 48 was asked for"),
        ("{}-not-there", "names no folder of pictures"),
        ("{}@64-blue", "names no folder of pictures"),
        ("cifar@64", "names no folder of pictures"),
        ("mnits", "did you mean 'mnist'"),
    ],
)
def test_a_name_of_no_set_is_one_sentence(shapes, name, said):
    with pytest.raises(InputError, match=said):
        image_set(name.format(shapes))


def test_a_link_that_leads_nowhere_is_named_as_a_broken_picture(shapes, capsys):
    (shapes / "red" / "99.png").symlink_to(shapes / "gone.png")
    assert len(load_images(str(shapes))) == 22
    assert "99.png is left out" in capsys.readouterr().out


def test_a_link_back_to_the_folder_counts_no_picture_twice(shapes):
    (shapes / "green" / "again").symlink_to(shapes / "green")
    (shapes / "green" / "up").symlink_to(shapes)
    found = [load_images(str(shapes), split) for split in ("train", "test")]
    labels = torch.cat([part.labels for part in found])
    assert labels.bincount().tolist() == [12, 12]  # and no red picture is a green one


def test_what_is_hidden_is_no_picture_and_a_gif_is_one(tmp_path):
    flat = tmp_path / "flat"
    for i in range(20):
        picture(flat / f"{i}.GIF", (9 * i, 9 * i, 9 * i))
        picture(flat / ".ipynb_checkpoints" / f"{i}.png")
    assert len(load_images(f"{flat}@28-grey")) == 18


def test_pictures_beside_the_classes_are_counted_aloud(shapes, capsys):
    for i in range(3):
        picture(shapes / f"{i}.png")
    assert load_images(str(shapes)).class_names == ("green", "red")
    assert "3 pictures beside the subfolders" in capsys.readouterr().out


@pytest.mark.parametrize("full", [True, False], ids=["full", "read-only"])
def test_a_cache_that_cannot_take_the_pixels_is_one_sentence(shapes, monkeypatch, full, tmp_path):
    def refused(*_args, **_options):
        raise OSError(errno.ENOSPC if full else errno.EROFS, "no")

    where = (os, "posix_fallocate") if full else (folders.tempfile, "mkstemp")
    monkeypatch.setattr(*where, refused)
    with pytest.raises(InputError, match=r"cannot be written .*set XDG_CACHE_HOME"):
        load_images(str(shapes))
    assert not [*(tmp_path / "cache").rglob("*.npy*")]


def test_too_few_pictures_are_said(tmp_path):
    (tmp_path / "few" / "a").mkdir(parents=True)
    with pytest.raises(InputError, match="holds 0 pictures, in 1 classes, and at least 20"):
        load_images(f"{tmp_path / 'few'}@28-grey")
    for i in range(25):
        (tmp_path / "few" / "a" / f"{i}.png").write_text("no picture")
    with pytest.raises(InputError, match="0 pictures that can be read"):
        load_images(f"{tmp_path / 'few'}@28-grey")


def test_a_subfolder_without_pictures_is_no_class(shapes):
    (shapes / "grey").mkdir()
    found = load_images(str(shapes))
    assert found.class_names == ("green", "red")
    assert found.labels.unique().tolist() == [0, 1]


def test_a_class_that_nothing_can_be_learnt_from_is_named(shapes):
    (shapes / "yellow").mkdir()
    (shapes / "yellow" / "0.png").write_text("no picture")
    with pytest.raises(InputError, match=r"class yellow of .* has no picture to learn from"):
        load_images(str(shapes))


def test_a_folder_has_the_same_name_from_everywhere(shapes, monkeypatch):
    monkeypatch.chdir(shapes.parent)
    assert image_set("shapes@28-grey").name == f"{shapes}@28-grey"


def test_a_folder_too_small_for_scores_says_how_many_it_needs(shapes):
    with pytest.raises(
        InputError, match=r"22 images to learn from and 2 to compare .* at least 60"
    ):
        score.score_images(torch.zeros(100, 3, 32, 32, dtype=torch.uint8), f"{shapes}@32-colour")


# Nets, scores


@pytest.mark.parametrize(("side", "channels"), [(28, 1), (28, 3), (32, 1), (64, 3)])
@pytest.mark.parametrize(
    "name", ["dcgan", "mlp", "wgan-gp", "r3gan", "cdcgan", "cdcgan-concat", "acgan"]
)
def test_nets_follow_side_and_channels(side, channels, name):
    recipe = replace(T.get_preset(name), batch=2).fitted((channels, side, side))
    state = T.State(recipe, 0, "cpu", "fp32")
    x = torch.randn(recipe.batch * recipe.steps_D, channels, side, side)
    drawn = (x, torch.zeros(len(x), dtype=torch.int64)) if recipe.classes else x
    assert state.fakes(2).shape == (2, channels, side, side)
    T.one_step(state, lambda n, rng: drawn)


def test_a_dcgan_of_64_doubles_three_times_and_halves_its_channels():
    G = nets.make_generator("dcgan", width=16, side=64, channels=3)
    D = nets.make_discriminator("dcgan", width=16, side=64, channels=3, pack=2)
    ups = [
        (m.in_channels, m.out_channels) for m in G.body if isinstance(m, torch.nn.ConvTranspose2d)
    ]
    downs = [(m.in_channels, m.out_channels) for m in D.body if isinstance(m, torch.nn.Conv2d)]
    assert ups == [(16, 8), (8, 4), (4, 3)]
    assert downs == [(6, 4), (4, 8), (8, 16)]
    assert D(torch.zeros(2, 6, 64, 64)).shape == (2,)


def test_nets_for_one_shape_alone_say_so():
    with pytest.raises(InputError, match="'writeup-001' take grey images of 28 x 28 pixels alone"):
        T.get_preset("writeup-001").fitted((3, 64, 64))
    assert T.get_preset("writeup-001").fitted((1, 28, 28)) == T.get_preset("writeup-001")
    with pytest.raises(InputError, match="28, 32 or 64 pixels wide, with 1 channel or 3, and 48"):
        nets.make_generator("dcgan", side=48)


@pytest.fixture
def many(tmp_path):
    """Sixty noisy pictures of each of two colours: enough to score."""
    rng = np.random.default_rng(0)
    for kind, colour in (("blue", (30, 40, 200)), ("yellow", (220, 210, 40))):
        for i in range(60):
            noisy = np.clip(np.array(colour) + rng.normal(0, 25, (34, 34, 3)), 0, 255)
            (tmp_path / "many" / kind).mkdir(parents=True, exist_ok=True)
            Image.fromarray(noisy.astype(np.uint8)).save(tmp_path / "many" / kind / f"{i}.png")
    return tmp_path / "many"


def test_the_weaker_ruler_tells_classes_and_says_that_it_is_weaker(many):
    data = f"{many}@32-colour"
    ruler, test = score.load_ruler(data), load_images(data, "test")
    assert (score.classify(ruler, test.images).argmax(1) == test.labels).all()
    real = score.score_images(load_images(data).images, data)
    grey = score.score_images(torch.full((100, 3, 32, 32), 128, dtype=torch.uint8), data)
    assert real.fid < grey.fid / 10
    assert "a weaker ruler" in str(real)
    assert "a weaker ruler" not in score.load_ruler("digits").note
    with pytest.raises(InputError, match=r"\[N, 3, 32, 32\]"):
        score.score_images(torch.zeros(100, 1, 28, 28), data)


def test_scores_hold_a_part_of_what_is_on_the_disk(many, monkeypatch):
    from gancourse.score import images as scores

    monkeypatch.setattr(folders, "LARGE", 1000)
    monkeypatch.setattr(scores, "HELD", 10 * 3 * 32 * 32)
    large = load_images(str(many))
    held = scores.few_enough(large)
    assert (len(large), len(held), held.on_disk) == (108, 10, False)
    assert set(held.labels.tolist()) == {0, 1}


def ended(monkeypatch, *arguments):
    monkeypatch.setattr(sys, "argv", ["gancourse", *map(str, arguments)])
    try:
        cli.main()
    except SystemExit as end:
        return end.code or 0
    return 0


@pytest.mark.parametrize("preset", ["dcgan", "cdcgan"])
def test_a_run_on_a_folder_trains_resumes_samples_and_scores(
    many, tmp_path, monkeypatch, capsys, preset
):
    out, data, recipe = tmp_path / "run", f"{many}@64", T.PRESETS[preset]
    small = {player: getattr(recipe, player) | {"width": 8} for player in "GD"}
    monkeypatch.setitem(T.PRESETS, preset, replace(recipe, batch=8, **small))
    monkeypatch.setattr(averages, "STANDING", (2, 50))
    train = ["train", preset, "--data", data, "--device", "cpu", "--out", out]
    assert ended(monkeypatch, *train, "--steps", 1) == 0
    capsys.readouterr()
    assert ended(monkeypatch, *train, "--steps", 2, "--resume") == 0
    assert "have changed" not in capsys.readouterr().out
    picture(many / "blue" / "0.png", (1, 2, 3))
    folders._kept.cache_clear()
    for again in (True, False):  # it is said once
        assert ended(monkeypatch, *train, "--steps", 4 - again, "--resume") == 0
        assert ("have changed since the run began" in capsys.readouterr().out) == again
    G = nets.load_any(out)
    assert G.shape == (3, 64, 64)
    assert G.card["data"] == f"{many}@64-colour"
    assert ended(monkeypatch, "sample", out, "--n", 4, "--out", tmp_path / "grid.png") == 0
    assert Image.open(tmp_path / "grid.png").mode == "RGB"
    capsys.readouterr()
    score_it = ["score", out, "--n", 100, "--draws", 1, "--out", tmp_path / "score"]
    assert ended(monkeypatch, *score_it) == 0
    said = capsys.readouterr().out
    assert "100 images against 12 test images" in said
    assert "a weaker ruler" in said
    assert (tmp_path / "score" / "score.png").exists()
    many.rename(tmp_path / "moved")
    assert ended(monkeypatch, *score_it) == 2
    assert "If they are elsewhere now, name them with --data" in capsys.readouterr().err


def test_a_pixel_ruler_is_the_same_each_time(many):
    data = load_images(f"{many}@32")
    one, other = (pixel_ruler.pixel_ruler(data) for _ in range(2))
    assert all(map(torch.equal, one.state_dict().values(), other.state_dict().values()))
