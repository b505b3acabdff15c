"""The page on GPUs says what was measured, what was not, and what failed."""

import json

import gpu_page

ABOUT = {"cpu": "NVIDIA Test", "torch": "2.0"}


def page(tmp_path, **parts):
    (tmp_path / "test.json").write_text(json.dumps({"machine": ABOUT, **parts}))
    _, failed = gpu_page.write(tmp_path)
    return (tmp_path / "README.md").read_text(), failed


def row(largest, first=0.0):
    return {"mlp": {"first": first, "largest": largest, "passed": first < 1e-4}, "took": 1.0}


def test_what_was_not_measured_is_said(tmp_path):
    text, failed = page(tmp_path)
    assert text.count("not measured") == len(gpu_page.SECTIONS)
    assert failed == []


def test_a_difference_beyond_rounding_fails(tmp_path):
    rounding = {"mlp": {"largest": 1e-3}, "took": 1.0}
    assert page(tmp_path, numbers=row(9e-3), rounding=rounding)[1] == []
    assert page(tmp_path, numbers=row(2e-2), rounding=rounding)[1] == ["test: Numbers, mlp"]
    assert page(tmp_path, numbers=row(0.0, 1e-3), rounding=rounding)[1] == ["test: Numbers, mlp"]


def test_other_bits_and_failed_lessons_are_named(tmp_path):
    resume = {"mlp": {"differ": ["G/0.weight"]}, "dcgan": {"differ": []}}
    lessons = {"00": {"seconds": 3.0, "error": ""}, "06": {"seconds": 1.0, "error": "boom"},
               "at a time": 5}  # fmt: skip
    text, failed = page(tmp_path, resume=resume, lessons=lessons)
    assert failed == ["test: Resume: mlp", "test: Lessons, 06"]
    assert "1 of 2 recipes; not for mlp" in text
    assert "**06 failed**: boom" in text
    assert "from top to bottom, 5 at a time: 00 3 s." in text


def test_speed_is_held_against_the_textbook_and_the_ceiling(tmp_path):
    rates = {"textbook": [100.0], "graphs, batch 128": [1500.0], "ceiling, bf16, 4096": [1e6]}
    speed = {"rates": rates, "MB": dict.fromkeys(rates, 7.0), "flops": 100.0}
    text, _ = page(tmp_path, speed=speed)
    assert "| graphs, batch 128 | 1,500 | 15.0 | 15.0 % | 7 |" in text


def test_an_error_is_kept_in_one_line_without_folders():
    error = (
        "notebooks/06.ipynb, cell 1 ('x = 1') failed:\n"
        "    File /home/me/lib/torch/nn.py:263, in f\n"
        "    FileNotFoundError: '/home/me/data/raw/x.gz' and 1/2 of a.b/c"
    )
    assert gpu_page.in_short(error) == (
        "notebooks/06.ipynb, cell 1 ('x = 1') failed: FileNotFoundError: 'x.gz' and 1/2 of a.b/c"
    )
    assert gpu_page.in_short("") == ""
