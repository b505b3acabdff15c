"""The decks: rules that choose slides; a deck in Chromium opens, goes on, its widgets move."""

import json
import sys
from functools import partial
from http.server import ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from looking import Look, Quiet
from website.deck import LIMIT, MINUTES, Slide, first, lecture, led, slides_of, texts

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))


@pytest.fixture(scope="module")
def decks(tmp_path_factory):
    """The folder that `make slides` writes, and what was said of each deck."""
    import javascript
    from website import slides

    out = tmp_path_factory.mktemp("decks")
    try:
        said = slides.write(ROOT, out)
    except javascript.Missing as error:
        pytest.skip(str(error))
    return out, said


@pytest.fixture(scope="module")
def served(decks):
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(decks[0])))
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()


@pytest.fixture
def deck(chromium, served):
    """A function that opens a deck; the test fails on errors and on requests that leave it."""
    looks = []

    def opened(page: str, width: int = 1280) -> Look:
        looks.append(Look(chromium, served, width, has_touch=True))
        looks[-1].go(page)
        looks[-1].tab.wait_for_selector("[data-deck=ready]")
        return looks[-1]

    yield opened
    for found in looks:
        found.close()
    assert [wrong for found in looks for wrong in found.wrong] == []


def present(tab) -> str:
    return tab.locator(".slides > section.present").inner_text()


def test_each_lesson_has_a_deck_that_fits_a_lecture(decks):
    out, said = decks
    assert len(said) == len(list(out.glob("[0-9]*.html"))) >= 13
    assert max(float(line.split(", ")[1].split()[0]) for line in said) <= LIMIT
    for page in out.glob("[0-9]*.html"):
        text = page.read_text("utf-8")
        assert "They will ask:" in text, page
        assert "# Proof: " not in text, page  # as the cells begin


@pytest.mark.parametrize("width", [1280, 390])
def test_a_deck_goes_on_and_back_and_its_widget_moves(deck, width):
    tab = deck("02_optimal_discriminator.html", width).tab
    begun = present(tab)
    tab.keyboard.press("Space")
    assert present(tab) != begun
    chart = tab.locator("section.present .gc-live[data-idle=true]")
    chart.wait_for()
    before = chart.locator(".gc-panels").inner_html()
    chart.locator("input[type=range]").first.focus()
    tab.keyboard.press("ArrowRight")  # moves the slider, and not the deck
    tab.wait_for_timeout(300)
    chart.wait_for()
    assert chart.locator(".gc-panels").inner_html() != before
    chart.locator("input[type=range]").first.blur()
    tab.keyboard.press("ArrowLeft")
    assert present(tab) == begun


def test_a_bet_in_a_deck_keeps_its_answer(deck):
    tab = deck("02_optimal_discriminator.html#/2").tab
    bet = tab.locator("section.present .gc-bet")
    assert not bet.locator("details").evaluate("e => e.open")
    bet.get_by_role("button").first.click()
    assert bet.locator("details").evaluate("e => e.open")


def test_the_explorer_lives_in_a_deck(deck):
    tab = deck("00_welcome.html").tab
    for _ in range(3):
        if tab.locator("section.present .gc-mount").count():
            break
        tab.keyboard.press("Space")
    tab.locator("section.present .gc-large").wait_for()


def test_a_proof_is_no_slide_and_a_long_lecture_is_cut():
    many = [Slide("live", "a")] * 3 + [Slide("picture", "b", notes=["seen"]) for _ in range(30)]
    many += [Slide("text", "c", notes=["said"])]
    kept = lecture(many)
    assert sum(MINUTES[s.kind] for s in kept) <= LIMIT
    assert [s.kind for s in kept][:3] == ["live"] * 3
    assert "text" not in [s.kind for s in kept]
    assert sum(len(s.notes) for s in kept) == 31  # nothing that is said is lost


LESSONS = sorted((ROOT / "notebooks").glob("[0-9]*.ipynb"))


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_a_deck_ends_with_the_recap(path):
    slides, _ = slides_of(json.loads(path.read_text("utf-8")))
    assert [slide.kind for slide in lecture(slides)].count("recap") == 1
    assert slides[-1].kind == "recap"


def test_a_section_that_begins_in_the_middle_of_a_cell_has_its_own_slide():
    cell = {
        "cell_type": "markdown",
        "metadata": {},
        "source": "## A\n\nSaid.\n\n## Recap\n\n- All.",
    }
    slides, _ = slides_of({"cells": [cell]})
    assert [(s.kind, s.heading, s.text) for s in slides] == [
        ("text", "A", "Said."),
        ("recap", "Recap", "- All."),
    ]


def test_a_text_is_its_heading_its_formulas_and_a_sentence():
    (slide,) = texts("## Two\n\nOne. Two.\n\n$$x$$\n\n<details>$$y$$</details>", "Two", [])
    assert (slide.heading, slide.text) == ("Two", "One.\n\n$$x$$")
    spoken = Slide("picture", "a")
    assert texts("Only said.", "a", [spoken]) == []
    assert spoken.notes == ["Only said."]
    assert first("- a list\n\nThen this. And that.") == "Then this."
    above = led([Slide("text", "a", "Look."), Slide("picture", "a", shown="<img>")])
    assert [(s.kind, s.text) for s in above] == [("picture", "Look.")]
