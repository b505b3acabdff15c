"""What is shown of the tables on images: means over seeds in order, or that there are none."""

import json
import math

import pytest

from gancourse import course
from gancourse.score import shown


def run(row, data, seed, **scores):
    early = {"step": 1, **dict.fromkeys(scores, 9.0)}
    return {"row": row, "data": data, "seed": seed, "scores": [early, {"step": 600, **scores}]}


@pytest.fixture
def kept(tmp_path, monkeypatch):
    def keep(*runs):
        path = tmp_path / "table.json"
        path.write_text(json.dumps({"runs": {str(i): r for i, r in enumerate(runs)}}))
        monkeypatch.setattr(course, "path", lambda name: path)

    return keep


def test_a_mean_is_of_the_last_scores_of_all_seeds(kept):
    kept(run("AC-GAN", "mnist", 0, fid=4.0), run("AC-GAN", "mnist", 1, fid=6.0))
    assert shown.mean("conditional", "AC-GAN", "mnist", "fid") == 5.0
    assert math.isnan(shown.mean("conditional", "projection", "mnist", "fid"))


def test_rows_come_in_the_tables_order_with_their_standard_error(kept):
    kept(
        run("AC-GAN", "mnist", 0, obedience=0.9),
        run("projection", "mnist", 0, obedience=0.8),
        run("projection", "mnist", 1, obedience=0.9),
    )
    lines = shown.beside("conditional", {"obedience": "obeys"}).splitlines()
    assert lines[0] == "|  | images | seeds | steps | obeys |"
    assert lines[2:] == [
        "| projection | mnist | 2 | 600 | 0.850±0.050 |",
        "| AC-GAN | mnist | 1 | 600 | 0.900 |",
    ]


def test_a_table_that_trains_nothing_shows_no_steps(kept):
    kept(run("samples", "1,000", 0, accuracy=0.9))
    lines = shown.beside("fakes", {"accuracy": "right"}).splitlines()
    assert lines == ["|  | images | seeds | right |", "|---|---|---|---|",
                     "| samples | 1,000 | 1 | 0.900 |"]  # fmt: skip


def test_where_nothing_is_measured_it_says_what_would(monkeypatch, tmp_path):
    monkeypatch.setattr(course, "HOMES", (tmp_path,))
    assert "python tools/tables fakes" in shown.beside("fakes", {})
