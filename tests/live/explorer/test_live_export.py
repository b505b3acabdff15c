"""What leaves the explorer: films, z and pins, a web page."""

import base64
import io
import json
import re

import numpy as np
import torch
from explorers import a_generator, an_explorer, near, no_page, three_pins  # noqa: F401
from PIL import Image

from gancourse import live, nets, store
from gancourse.live.explorer import engine, export
from gancourse.live.frontend import STATIC


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


def told(path) -> dict:
    """Return what an exported page shows, as its script reads it."""
    return json.loads(re.search(r'id="plane">(.*)</script>', path.read_text()).group(1))


def test_the_page_holds_its_pictures_where_it_cannot_run_the_net(explorer, tmp_path):
    del explorer.G.recipe
    page = explorer.export_html(tmp_path / "plane.html").read_text()
    assert "data:image/webp;base64," in page
    assert "<title>LatentExplorer" in page
    assert "http://" not in page.replace("http://www.w3.org", "")
    assert "https://" not in page


def test_the_page_holds_the_net_in_float16_and_the_plane(tmp_path):
    explorer = live.LatentExplorer(nets.load_shipped("mnist"))
    path = explorer.export_html(tmp_path / "plane.html")
    assert path.stat().st_size < 1_300_000
    data = told(path)
    (tmp_path / "G").write_bytes(base64.b64decode(data["net"]))
    G = nets.files.load_generator(tmp_path / "G")
    assert "sprite" not in data
    assert (G.body[2].weight - explorer.G.body[2].weight.half()).abs().max() == 0
    z = torch.randn(100, 16, generator=torch.Generator().manual_seed(0))
    off = (live.LatentExplorer(G).pixels(z).int() - explorer.pixels(z).int()).abs()
    assert off.max() <= 2
    assert (off > 0).float().mean() < 0.02  # twice what `export.page` says
    plane, start = explorer.steering.plane, data["start"]
    assert near(torch.tensor(start["origin"]), plane.origin)
    assert near(torch.tensor(start["directions"][start["names"][1]]), plane.up)
    assert {"random 1", "random 2", "principal 6"} <= start["directions"].keys()


def test_a_net_that_was_changed_does_not_run_in_the_page():
    G = nets.make_generator("dcgan", z_dim=4, width=4)
    before = torch.random.get_rng_state()
    assert engine.runs_in_page(G)
    assert torch.equal(torch.random.get_rng_state(), before)
    G.body[1] = torch.nn.ELU()
    assert not engine.runs_in_page(G)
    assert not engine.runs_in_page(torch.nn.Linear(4, 4))


def test_the_page_and_python_name_the_same_nets():
    nets_js = (STATIC / "src" / "engine" / "nets.js").read_text()
    table = nets_js[nets_js.index("const NETS = {") :]
    names = re.findall(r'^  "?([\w-]+)"?[:,]', table[: table.index("\n};")], re.M)
    assert tuple(names) == engine.KNOWN


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
