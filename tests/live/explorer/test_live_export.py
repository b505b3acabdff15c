"""What leaves the explorer: films, z and pins, a web page."""

import io

import numpy as np
import torch
from explorers import a_generator, an_explorer, near, no_page, three_pins  # noqa: F401
from PIL import Image

from gancourse import store
from gancourse.live.explorer import export


def test_a_film_is_written_there_and_back(explorer, tmp_path):
    three_pins(explorer)
    with Image.open(explorer.film(tmp_path / "film.gif")) as gif:
        assert gif.n_frames == 2 * 25 - 2
        assert gif.size == (168, 168 + export.BAR)
        bars = []
        for frame in (0, 12, 24):
            gif.seek(frame)
            bars.append((np.array(gif.convert("L"))[-2] > 200).mean())
        assert np.allclose(bars, [0, 0.5, 1], atol=0.01)  # its place
        gif.seek(12)
        middle = torch.from_numpy(np.array(gif.convert("L")))[:168:6, ::6].int()
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


def test_buttons_write_files_where_the_notebook_is(explorer, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    three_pins(explorer)
    for action in ("save_z", "save_film", "save_page"):
        explorer.answer({"do": action})
        assert explorer.sentence().startswith("Written: ")
    names = ["latent_film.gif", "latent_plane.html", "latent_z.safetensors"]
    assert sorted(p.name for p in tmp_path.iterdir()) == names
