"""tools/website: how a notebook is dressed for the site, and what stands below its title."""

import base64
import json
import shutil
from pathlib import Path

import pytest
from website.command import ROOT, main
from website.dress import dressed
from website.header import header
from website.reference import ROOMS, modules

from gancourse.syllabus import LESSONS

PNG = base64.b64encode(b"a picture").decode()
LESSON = next(lesson for lesson in LESSONS if lesson.number == "02")
PATH = Path("notebooks/02_optimal_discriminator.ipynb")


def markdown(source, **metadata):
    return {"cell_type": "markdown", "id": "m", "metadata": metadata, "source": source}


def code(source, html="", **metadata):
    data = {"image/png": PNG, "text/html": html, "text/plain": "Picture: what it shows."}
    outputs = [{"output_type": "execute_result", "data": data, "metadata": {}}] if html else []
    return {"cell_type": "code", "id": "c", "metadata": metadata, "source": source,
            "outputs": outputs, "execution_count": None}  # fmt: skip


def dress(*cells, folder="notebooks"):
    title = markdown("# 02 · Title\n\nThe aims.")
    text, pictures = dressed(json.dumps({"cells": [title, *cells]}), folder, "<div>head</div>")
    return json.loads(text)["cells"], pictures


def test_a_header_stands_between_title_and_aims():
    cells, _ = dress()
    assert [c["source"] for c in cells] == ["# 02 · Title", "<div>head</div>", "The aims."]


def test_a_picture_becomes_a_file_and_keeps_its_text():
    cells, pictures = dress(code("plot()", f'<img src="data:image/png;base64,{PNG}" alt="a line">'))
    ((name, data),) = pictures.items()
    shown = cells[-1]["outputs"][0]["data"]
    assert data == b"a picture"
    assert f'src="../_static/pictures/{name}"' in shown["text/html"]
    assert 'alt="a line"' in shown["text/html"]
    assert "image/png" not in shown


def test_a_proof_is_folded_under_its_title():
    cells, _ = dress(code("# Proof: D* is best\n1", jupyter={"source_hidden": True}))
    assert "hide-input" in cells[-1]["metadata"]["tags"]
    assert cells[-1]["metadata"]["mystnb"]["code_prompt_show"] == "Proof: D* is best"


def test_a_title_with_braces_passes_through_a_format():
    cells, _ = dress(code("# Proof: {x} is a set\n1", jupyter={"source_hidden": True}))
    assert cells[-1]["metadata"]["mystnb"]["code_prompt_show"].format(type="") == (
        "Proof: {x} is a set"
    )


def test_a_solution_is_folded_and_a_sheet_s_stub_is_not():
    stub = code("def f(): ...", tags=["exercise:02.1"])
    (*_, folded), _ = dress(stub, folder="solutions")
    (*_, seen), _ = dress(stub, folder="exercises")
    assert folded["metadata"]["mystnb"]["code_prompt_show"] == "Open the solution of 02.1"
    assert "hide-input" not in seen["metadata"]["tags"]


def test_an_explorer_s_still_stands_where_it_will_live():
    image = f'<img src="data:image/png;base64,{PNG}" alt="a plane">'
    (*_, alive), _ = dress(code("live.LatentExplorer(G)", image))
    (*_, still), _ = dress(code("live.TrainingDashboard(state)", image))
    kinds = [cell["outputs"][0]["data"]["text/html"].startswith('<div class="gc-mount" ')
             for cell in (alive, still)]  # fmt: skip
    assert kinds == [True, False]


def test_hidden_tests_are_left_out():
    cells, _ = dress(code("assert secret", tags=["hidden"]))
    assert "secret" not in json.dumps(cells)


def test_a_lesson_s_header_says_minutes_and_needs():
    head = header(LESSON, ROOT / PATH, ROOT)
    assert f"{LESSON.minutes} minutes" in head
    assert '<a href="01_the_game.html">01 the game</a>' in head
    assert '<a href="../exercises/02_optimal_discriminator.html">exercises</a>' in head


def toml(tmp_path, text):
    (tmp_path / "pyproject.toml").write_text(text)
    return tmp_path


def test_buttons_follow_one_setting(tmp_path):
    root = toml(tmp_path, '[tool.website]\nrepository = "owner/name"\n')
    head = header(LESSON, root / PATH, root)
    assert "/github/owner/name/blob/main/notebooks/02_optimal_discriminator.ipynb" in head
    assert "/gh/owner/name/main?labpath=notebooks/02_optimal_discriminator.ipynb" in head


def test_no_button_leaves_the_site_without_it(tmp_path):
    root = toml(tmp_path, "")
    head = header(LESSON, root / PATH, root)
    assert "://" not in head
    assert 'href="../download/notebooks/02_optimal_discriminator.ipynb" download' in head


@pytest.mark.parametrize("room", ROOMS)
def test_each_room_has_something_to_tell(room):
    found = modules(ROOT, room)
    assert found
    assert all(name.startswith(f"gancourse.{room}") for name in found)


def test_a_broken_link_builds_no_site(tmp_path, capfd):
    for folder in ("notebooks", "exercises", "solutions", "docs/grading"):
        (tmp_path / folder).mkdir(parents=True)
    for name in ("pyproject.toml", "docs/grading.md"):
        shutil.copy(ROOT / name, tmp_path / name)
    (tmp_path / "docs" / "lecturing.md").write_text("# Lecturing\n\n[gone](../notebooks/99.ipynb)")
    out = tmp_path / "site"
    out.mkdir()
    assert main(["--root", str(tmp_path), "--out", str(out)]) != 0
    said = capfd.readouterr().err
    assert "99.ipynb" in said
    assert "the site was not built" in said
    assert list(out.iterdir()) == []


def test_a_folder_that_holds_something_else_is_not_replaced(tmp_path):
    (tmp_path / "mine").write_text("1")
    with pytest.raises(SystemExit, match="no site of ours: name another folder"):
        main(["--out", str(tmp_path)])
    assert (tmp_path / "mine").read_text() == "1"
