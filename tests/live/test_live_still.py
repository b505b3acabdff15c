"""Without a front-end every widget says below its picture, and in words, that it is a still one."""

import inspect
import io

import nbconvert
import nbformat
import numpy as np
import pytest
import torch
from PIL import Image

from gancourse import live, nets, train
from gancourse.live.frontend import STILL, Shown
from gancourse.plots import Picture, captioned

PARTS = {"shape": (1, 8, 8), "widths": (8,)}
RECIPE = train.Recipe("mlp", G={"z_dim": 2, **PARTS}, D=PARTS, batch=8, precision="fp32")


def a_dashboard():
    return live.TrainingDashboard(
        train.State(RECIPE, 0, "cpu"), lambda n, rng: torch.zeros(n, 1, 8, 8), steps=2
    )


GIVEN = {
    "TrainingDashboard": a_dashboard,
    "LatentExplorer": lambda: live.LatentExplorer(nets.load_shipped("mnist")),
    "PointGan": lambda: live.PointGan(steps=2),
}
NAMES = [name for name in dir(live) if name not in ("frontend", "Chart", "progress")]


@pytest.fixture(autouse=True)
def no_page(monkeypatch):
    monkeypatch.setenv("GANCOURSE_FRONTEND", "none")


@pytest.mark.parametrize("name", NAMES)
def test_every_widget_says_that_its_picture_is_a_still_one(name):
    shown = GIVEN.get(name, getattr(live, name))()
    assert isinstance(shown, Shown)
    assert inspect.getattr_static(Shown, "_repr_mimebundle_")
    data, metadata = shown._repr_mimebundle_()
    assert STILL in data["text/plain"]
    assert STILL in data["text/html"]
    assert STILL in metadata["image/png"]["alt"]


def ink(picture, rows) -> int:
    """Return how many pixels of some rows are not white."""
    grey = np.asarray(Image.open(io.BytesIO(picture.png)).convert("L"))
    return int((grey[rows[0] : rows[1]] < 200).sum())


@pytest.mark.parametrize("width", [40, 900])
def test_the_caption_is_in_the_pixels_below_the_picture_and_not_cut(width):
    image, buffer = Image.new("RGB", (width, 30), "red"), io.BytesIO()
    image.save(buffer, "png")
    picture = captioned(Picture(buffer.getvalue(), "Red."), STILL)
    assert picture.alt == f"Red. ({STILL})"
    assert picture.height > 30
    assert ink(picture, (30, picture.height)) > 300
    grey = np.asarray(Image.open(io.BytesIO(picture.png)).convert("L"))
    assert (grey[31:, [0, -1]] == 255).all()


def test_a_page_made_of_an_executed_notebook_shows_it():
    data, metadata = live.bend_D()._repr_mimebundle_()
    output = nbformat.v4.new_output("execute_result", data, metadata=metadata, execution_count=1)
    cell = nbformat.v4.new_code_cell("live.bend_D()", outputs=[output], execution_count=1)
    page, _ = nbconvert.HTMLExporter().from_notebook_node(nbformat.v4.new_notebook(cells=[cell]))
    assert page.count(data["image/png"].strip()) == 1
    assert STILL in page
