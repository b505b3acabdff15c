"""The decks: rules that choose slides; a deck in Chromium opens, goes on, its widgets move."""

import json
import sys
from functools import partial
from http.server import ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from looking import Look, Quiet
from website.deck import (
    LIMIT,
    MINUTES,
    Slide,
    first,
    lecture,
    led,
    of_code,
    sentences,
    slides_of,
    texts,
)

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

    def opened(page: str, width: int = 1280, ready: str = "[data-deck=ready]") -> Look:
        looks.append(Look(chromium, served, width, has_touch=True))
        looks[-1].go(page)
        looks[-1].tab.wait_for_selector(ready)
        return looks[-1]

    yield opened
    for found in looks:
        found.close()
    assert [wrong for found in looks for wrong in found.wrong] == []


COME = """async slide => {
  const pictures = [...slide.querySelectorAll('img')];
  await Promise.all(pictures.map(p => p.decode().catch(() => null)));
}"""
OVER = """slide => {
  const seen = [...slide.querySelectorAll('*')].filter(e => e.checkVisibility()
    && !e.closest('svg, mjx-container, aside'));
  const edges = seen.map(e => e.getBoundingClientRect());
  const wide = Math.max(...edges.map(b => b.right)) > innerWidth + 1;
  const low = Math.max(...edges.map(b => b.bottom)) > innerHeight + 1;
  const tall = slide.scrollHeight > slide.clientHeight + 1;
  return wide || low || tall ? `${slide.className}: ${slide.firstChild.textContent}` : '';
}"""


def settled(tab):
    """Return the slide that is seen, once its pictures and what lives on it are there."""
    slide = tab.locator(".slides section.present")
    if slide.locator(".gc-mount").count():
        slide.locator(".gc-mount .gc-live:not([data-idle=false])").first.wait_for()
    slide.evaluate(COME)
    tab.wait_for_timeout(50)  # a slide that grew is fitted in the next frame
    return slide


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


def test_no_slide_of_any_deck_is_taller_or_wider_than_its_window(decks, served, deck):
    seen, over = 0, {}
    tab = deck("index.html", ready="main").tab
    tab.set_viewport_size({"width": 1280, "height": 720})
    for path in sorted(decks[0].glob("[0-9]*.html")):
        tab.goto(served + path.name)
        tab.wait_for_selector("[data-deck=ready]")
        for number in range(tab.locator(".slides > section").count()):
            seen += 1
            if found := settled(tab).evaluate(OVER):
                over[f"{path.stem} {number + 1}"] = found
            tab.evaluate("document.activeElement.blur()")
            tab.keyboard.press("PageDown")
    assert (over, seen > 200) == ({}, True)


def test_an_answer_that_is_opened_fits_too(deck):
    tab = deck("05_minimal_gan.html#/2").tab
    tab.set_viewport_size({"width": 1000, "height": 420})
    slide = settled(tab)
    slide.get_by_role("button").first.click()
    tab.wait_for_timeout(100)
    assert slide.locator("details p").is_visible()
    assert slide.evaluate(OVER) == ""


def test_a_deck_is_printed_with_still_pictures_a_slide_a_page(deck):
    tab = deck("05_minimal_gan.html?print-pdf").tab
    pages = tab.locator(".pdf-page")
    assert pages.count() == tab.locator("section").count() > 10
    tab.wait_for_timeout(500)
    assert not tab.locator(".gc-live").count()
    for page in pages.all():
        page.evaluate(COME)
        low = page.evaluate(
            """page => {
              const edge = page.getBoundingClientRect().bottom + 1;
              const parts = [...page.querySelectorAll('section > *:not(aside), img')];
              return parts.filter(e => e.getBoundingClientRect().bottom > edge
                || e.getBoundingClientRect().height < 5).map(e => e.outerHTML.slice(0, 90));
            }"""
        )
        assert low == []
    heading, picture = (pages.nth(3).locator(what).bounding_box() for what in ("h2", "img"))
    assert picture["y"] >= heading["y"] + heading["height"]  # below each other, not side by side
    assert picture["height"] > 300


def test_the_speaker_reads_minutes_and_what_to_say(deck):
    opened = deck("05_minimal_gan.html#/2")
    asked = []
    opened.tab.context.on("request", lambda request: asked.append(request.url))
    with opened.tab.expect_popup() as window:
        opened.tab.keyboard.press("s")
    notes = window.value.locator(".speaker-controls-notes .value")
    window.value.wait_for_function(
        "document.querySelector('.speaker-controls-notes .value')?.textContent.includes('Minutes')"
    )
    assert "Minutes 6 to 8.5" in notes.inner_text()
    assert "count hands" in notes.inner_text()
    inside = (opened.address, "data:", "blob:", "about:")
    assert [url for url in asked if not url.startswith(inside)] == []
    window.value.close()


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


def test_what_still_fits_stays_and_a_boxed_formula_is_never_cut():
    lives = [Slide("live", str(i)) for i in range(10)]  # 40 minutes
    rest = [
        Slide("statement", "boxed"),
        Slide("task", "yours"),
        Slide("picture", "p"),
        Slide("picture", "q"),
    ]
    assert [s.kind for s in lecture(lives + rest)][10:] == ["statement", "task", "picture"]


def coded(source: str, **data: str) -> dict:
    return {"cell_type": "code", "metadata": {}, "source": source,
            "outputs": [{"data": {k.replace("_", "/"): v for k, v in data.items()}}]}  # fmt: skip


def test_what_the_learner_is_to_write_is_said_and_not_shown_as_a_stub():
    stub = (
        'def g_step(G, z):\n    """Take a step; return the loss."""\n    raise NotImplementedError'
    )
    (slide,) = of_code(coded(stub), stub, "Yours", {})
    assert slide.kind == "task"
    assert slide.text == "**Yours to write:** `g_step(G, z)`\n\nTake a step; return the loss."
    for path in LESSONS:
        shown = lecture(slides_of(json.loads(path.read_text("utf-8")))[0])
        assert not [s for s in shown if "NotImplementedError" in s.text and "```" in s.text], path


def test_a_short_table_is_a_slide_and_a_long_one_takes_its_announcement_along():
    table = "| a | b |\n|---|---|\n" + "| 1 | 2 |\n"
    said = {"cell_type": "markdown", "metadata": {}, "source": "## All\n\nWhat each one shows."}
    title = {"cell_type": "markdown", "metadata": {}, "source": "# Top\n\nBegin."}
    short, _ = slides_of({"cells": [title, said, coded("x", text_markdown=table)]})
    assert [(s.kind, s.heading) for s in short] == [("title", "Top"), ("table", "All")]
    assert short[1].text.startswith("What each one shows.\n\n| a | b |")
    long, _ = slides_of(
        {"cells": [title, said, coded("x", text_markdown=table + "| 1 | 2 |\n" * 20)]}
    )
    assert [s.kind for s in long] == ["title"]
    assert "What each one shows." in long[0].notes[1]


def test_what_is_asked_below_the_film_of_a_run_is_no_bet():
    html = '<img src="x" alt="Two films."><p>What is wrong?</p><ul></ul><details></details>'
    (slide,) = of_code(coded("run.edit('x')", text_html=html), "run.edit('x')", "Why?", {})
    assert (slide.kind, slide.shown) == ("picture", '<img src="x" alt="Two films.">')


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
    assert (slide.heading, slide.text) == ("Two", "One. Two.\n\n$$x$$")
    spoken = Slide("picture", "a")
    assert texts("Only said.", "a", [spoken]) == []
    assert spoken.notes == ["Only said."]
    assert first("- a list\n\nThen this. And that.", leads=True) == "Then this. And that."
    assert first("- a list\n\nThen this. And that.") == ""  # it cannot be read without the list
    assert first("In parts:") == ""
    assert sentences("R1 (Mescheder et al., 2018. A) works. Why? By $f(x. y)$.") == [
        "R1 (Mescheder et al., 2018. A) works.",
        "Why?",
        "By $f(x. y)$.",
    ]
    above = led([Slide("text", "a", "Look."), Slide("picture", "a", shown="<img>")])
    assert [(s.kind, s.text) for s in above] == [("picture", "Look.")]
