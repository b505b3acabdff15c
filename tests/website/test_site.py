"""The built site in Chromium: it opens, stays within itself and its window, folds, and is small."""

import json
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urldefrag

import pytest
from looking import OF_COLOUR
from website.gather import LEFT_OUT

ROOT = Path(__file__).resolve().parents[2]
MEGABYTE = 1_000_000
KINDS = ("index", "notebooks/02_optimal_discriminator", "notebooks/formulas",
         "exercises/05_minimal_gan", "solutions/03_losses", "docs/lecturing", "api/losses",
         "search")  # fmt: skip
LESSONS = sorted((ROOT / "notebooks").glob("*.ipynb"))


def pages(site: Path) -> list[str]:
    return sorted(path.relative_to(site).as_posix() for path in site.rglob("*.html"))


def weight(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


class Links(HTMLParser):
    """The addresses that a page names, and the ids that it has."""

    def __init__(self, text: str):
        super().__init__()
        self.links, self.ids = [], set()
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        found = dict(attributes)
        self.ids.add(found.get("id"))
        self.links += [found[k] for k in ("href", "src") if found.get(k)]


def test_every_page_opens_within_itself_and_a_phone(site, look):
    tab, wide, unset = look("index.html"), {}, {}
    for page in pages(site):
        tab.go(page)
        if found := tab.overflow():
            wide[page] = found
        if bad := tab.tab.locator("mjx-merror, .math:not(:has(mjx-container))").count():
            unset[page] = bad
    assert (wide, unset) == ({}, {})


@pytest.mark.parametrize(("scheme", "rules"), [("light", ()), ("dark", OF_COLOUR)])
def test_axe_finds_nothing_serious(look, scheme, rules):
    tab = look("index.html", 1280, color_scheme=scheme)
    found = {page: tab.go(f"{page}.html").grave(rules) for page in KINDS}
    assert {page: grave for page, grave in found.items() if grave} == {}


def test_links_lead_to_files_and_headings_of_the_site(site):
    read = {page: Links((site / page).read_text("utf-8")) for page in pages(site)}
    dead = []
    for page, found in read.items():
        for link in found.links:
            path, anchor = urldefrag(link)
            if ":" in path or path.startswith("//"):
                continue
            target = (site / page).parent.joinpath(path.partition("?")[0]) if path else site / page
            name = target.resolve().relative_to(site.resolve()).as_posix()
            there = target.exists() and (not anchor or name not in read or anchor in read[name].ids)
            dead += [] if there else [f"{page}: {link}"]
    assert dead == []


@pytest.mark.parametrize("path", LESSONS, ids=lambda p: p.stem)
def test_each_proof_bet_and_hint_stays_folded(site, path):
    if path.stem in LEFT_OUT:
        return
    page = (site / "notebooks" / f"{path.stem}.html").read_text("utf-8")
    cells = json.loads(path.read_text("utf-8"))["cells"]
    hidden = sum(bool(c["metadata"].get("jupyter", {}).get("source_hidden")) for c in cells)
    assert page.count('<details class="admonition hide above-input">') == hidden
    assert "<details open" not in page


def hashed(tab) -> str:
    """Return what the large picture of the explorer shows."""
    return tab.evaluate(
        """() => {
          const picture = document.querySelector('.gc-large');
          const copy = new OffscreenCanvas(picture.width, picture.height);
          const pen = copy.getContext('2d', {willReadFrequently: true});
          pen.drawImage(picture, 0, 0);
          return [...pen.getImageData(0, 0, copy.width, copy.height).data].join();
        }"""
    )


def drag(tab):
    box = tab.locator(".gc-pad").bounding_box()
    tab.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    tab.mouse.down()
    tab.mouse.move(box["x"] + 0.8 * box["width"], box["y"] + 0.2 * box["height"], steps=3)
    tab.mouse.up()


def key(tab):
    tab.locator(".gc-pad").focus()
    tab.keyboard.press("Shift+ArrowRight")


def touch(tab):
    box = tab.locator(".gc-pad").bounding_box()
    tab.touchscreen.tap(box["x"] + 0.2 * box["width"], box["y"] + 0.3 * box["height"])


@pytest.mark.parametrize("page", ["index.html", "notebooks/00_welcome.html"])
def test_a_move_changes_the_digit_that_this_page_computes(look, page):
    tab = look(page, has_touch=True).tab
    tab.locator(".gc-mount").first.scroll_into_view_if_needed()
    tab.wait_for_selector(".gc-mount .gc-large")
    assert not tab.locator(".gc-mount").first.locator("img").count()
    for move in (drag, key, touch):
        before = hashed(tab)
        assert len(set(before.split(","))) > 20  # a digit, not a blank
        move(tab)
        assert hashed(tab) != before
    assert tab.locator(".gc-fewer").count() == page.startswith("notebooks")


def test_a_gan_learns_on_the_front_page_until_one_pauses_it(look):
    tab = look("index.html").tab
    place = tab.locator("[data-live=points]")
    tab.wait_for_selector(".gc-large")  # from now on nothing above it grows
    place.scroll_into_view_if_needed()
    turns = place.locator(".gc-numbers b").first  # a new element in each frame
    seen = "document.querySelector('[data-live=points] .gc-numbers b')?.textContent"
    tab.wait_for_function(f"Number(({seen} ?? '0').replace(',', '')) > 50")
    place.get_by_role("button", name="Pause").press("Enter")
    stood = turns.inner_text()
    tab.wait_for_timeout(300)
    assert turns.inner_text() == stood


def test_whoever_wants_no_motion_starts_it_by_hand(look):
    tab = look("index.html", reduced_motion="reduce").tab
    tab.locator("[data-live=points]").scroll_into_view_if_needed()
    run = tab.locator("[data-live=points]").get_by_role("button", name="Run")
    assert run.is_visible()


def test_the_front_page_is_light_and_the_first_digit_comes_first(look):
    """All that is loaded is below 700 kB, and nothing that the first digit needs waits its turn."""
    opened = look("index.html")
    tab = opened.tab
    tab.wait_for_selector(".gc-pad[data-mapped]")
    assert sum(opened.bytes.values()) < 700_000
    assert len(opened.bytes) <= 10
    asked = tab.evaluate(
        """() => performance.getEntriesByType('resource')
        .map(e => [e.name.split('/').pop(), e.startTime])"""
    )
    names = [name for name, _ in sorted(asked, key=lambda found: found[1])]
    first = {"engine.js", "mnist.safetensors", "mnist.json", "live.css", "front.css", "site.js"}
    assert set(names[:6]) == first  # the page itself asks for them, no script
    assert len(names) == len(set(names))  # what was asked for ahead is not fetched once more


EARLY = """window.seen = [];
new MutationObserver(() => {
  const [large, pad] = [document.querySelector('.gc-large'), document.querySelector('.gc-pad')];
  const points = document.querySelector('[data-live=points] .gc-live');
  const drawn = large && large.width === 28;
  for (const [name, there] of Object.entries({drawn, map: pad?.dataset.mapped, points})) {
    if (there && !window.seen.includes(name)) window.seen.push(name);
  }
}).observe(document, {childList: true, subtree: true, attributes: true});"""


def test_the_digit_is_drawn_before_its_map_and_the_map_before_what_is_below(look):
    opened = look("search.html")
    opened.tab.add_init_script(EARLY)
    opened.go("index.html").tab.wait_for_function("window.seen.length === 3")
    assert opened.tab.evaluate("window.seen") == ["drawn", "map", "points"]


def test_a_bet_opens_its_answer_when_one_is_taken(look):
    tab = look("notebooks/02_optimal_discriminator.html").tab
    bet = tab.locator(".gc-bet").first
    assert not bet.locator("details").evaluate("e => e.open")
    bet.get_by_role("button").first.focus()
    tab.keyboard.press("Enter")
    assert bet.locator("details").evaluate("e => e.open")
    right = bet.locator("[data-right=true]")
    assert right.all_inner_texts() == ["next to nothing"]


def test_a_solution_opens_by_a_click(look):
    tab = look("solutions/03_losses.html").tab
    answer = tab.get_by_text("F.softplus(logit) - y * logit")
    assert not answer.is_visible()
    tab.locator("summary", has_text="Open the solution of 03.1").click()
    assert answer.is_visible()


def test_a_picture_is_legible_on_dark(look):
    tab = look("notebooks/02_optimal_discriminator.html", 1280, color_scheme="dark").tab
    card = tab.locator(".cell_output img").first
    assert card.evaluate("e => getComputedStyle(e).backgroundColor") == "rgb(255, 255, 255)"
    assert card.get_attribute("alt")


def test_a_wide_figure_keeps_its_letters_on_a_phone(look):
    tab = look("notebooks/02_optimal_discriminator.html").tab
    figure = tab.locator("img.gc-wide[alt^='KL(p']")  # three panels
    figure.scroll_into_view_if_needed()
    box = figure.locator("..")
    drawn = int(figure.evaluate("e => parseInt(e.style.getPropertyValue('--drawn'))"))
    assert figure.bounding_box()["width"] == pytest.approx(0.65 * drawn, abs=1)
    assert box.evaluate("e => e.scrollWidth > e.clientWidth && e.tabIndex") == 0
    digits = tab.locator("img[alt='What the frozen G makes.']")
    assert digits.bounding_box()["width"] <= 390 - 16


LONELY = """() => [...document.querySelectorAll('.bd-article mjx-container:not([display])')]
  .filter(box => box.checkVisibility()).map(box => {
    const text = box.closest('.math').nextSibling;
    if (text?.nodeType !== Node.TEXT_NODE || !/^[.,;:!?)]/.test(text.data)) return '';
    const sign = document.createRange();
    sign.setStart(text, 0);
    sign.setEnd(text, 1);
    const [at, formula] = [sign.getBoundingClientRect(), box.getBoundingClientRect()];
    return at.left < formula.right - 2 ? box.closest('p, li').textContent.slice(0, 60) : '';
  }).filter(Boolean)"""


@pytest.mark.parametrize("page", ["02_optimal_discriminator", "04_dynamics"])
def test_no_line_begins_with_the_point_after_a_formula(look, page):
    tab = look(f"notebooks/{page}.html").tab
    assert tab.locator(".gc-glued").count() > 5
    assert tab.evaluate(LONELY) == []


FORMULAS = """() => [...document.querySelectorAll('.bd-article mjx-container')]
  .filter(box => box.checkVisibility()).map(box => ({
    wide: box.firstElementChild.getBoundingClientRect().width - box.clientWidth,
    share: parseFloat(box.style.fontSize) / box.dataset.size, stop: box.tabIndex === 0,
    shadow: getComputedStyle(box).backgroundImage.startsWith('linear-gradient')}))"""


def test_a_formula_that_is_a_little_wide_gets_smaller_on_a_phone(look):
    tab = look("notebooks/02_optimal_discriminator.html").tab
    tab.wait_for_function(f"({FORMULAS})().some(f => f.share < 1)")
    found = tab.evaluate(FORMULAS)
    small = [f for f in found if f["share"] < 1]
    assert 0 < len(small) < 0.2 * len(found)
    assert min(f["share"] for f in small) > 0.65
    scrolled = [f for f in found if f["wide"] > 1]
    assert len(scrolled) <= 4  # 8 without it
    assert all(f["share"] < 0.7 for f in scrolled)
    scrolls = [f["wide"] > 1 for f in found]
    assert [f["stop"] for f in found] == scrolls  # a key stops there
    assert [f["shadow"] for f in found] == scrolls  # and an eye
    tab.set_viewport_size({"width": 1280, "height": 900})
    tab.wait_for_function(f"({FORMULAS})().every(f => f.share === 1)")


def test_a_table_to_lecture_from_fits_a_phone(look):
    tab = look("docs/lecturing.html").tab
    tables = tab.locator("table.table:not(:has(th:nth-child(5)))").evaluate_all(
        "all => all.map(t => t.getBoundingClientRect().right - innerWidth)"
    )
    assert len(tables) >= 3  # one of more columns scrolls by itself
    assert max(tables) <= 0


def test_a_table_that_a_cell_prints_is_a_table_there(site):
    printed, raw = 0, []
    for path in LESSONS:
        page = site / "notebooks" / f"{path.stem}.html"
        outputs = [o for cell in json.loads(path.read_text("utf-8"))["cells"]
                   for o in cell.get("outputs", [])]  # fmt: skip
        for text in ("".join(o.get("data", {}).get("text/markdown", "")) for o in outputs):
            if "|---" in text:
                printed += 1
                raw += [path.stem] * (text.splitlines()[-1] in page.read_text("utf-8"))
    assert printed
    assert raw == []


def test_search_finds_a_lesson(look):
    tab = look("search.html?q=checkerboards", 1280).tab
    tab.wait_for_selector("#search-results li a")
    found = tab.locator("#search-results li a").evaluate_all("a => a.map(x => x.href)")
    assert any("07_dcgan_parts.html" in link for link in found)


def test_each_lesson_leads_to_the_next(look):
    tab = look("notebooks/02_optimal_discriminator.html", 1280).tab
    assert "builds on 01 the game" in tab.locator(".gc-head").inner_text()
    # By keys: the charts of a page come one after the other, and move what is below them.
    tab.locator("a.right-next").press("Enter")
    tab.wait_for_url("**/notebooks/03_losses.html")
    tab.locator("a.left-prev").press("Enter")
    tab.wait_for_url("**/notebooks/02_optimal_discriminator.html")


def test_the_site_is_small(site):
    assert weight(site) < 40 * MEGABYTE
    assert weight(site / "_static" / "mathjax") < 3 * MEGABYTE


def test_a_notebook_downloads_as_it_is_committed(site):
    for folder in ("notebooks", "exercises", "solutions"):
        for path in (ROOT / folder).glob("[0-9]*.ipynb"):
            assert (site / "download" / folder / path.name).read_bytes() == path.read_bytes()


@pytest.mark.clock
def test_the_first_digit_moves_within_two_seconds_on_a_slow_phone(look):
    """On a processor that Chromium slows down four times."""
    tab = look("index.html").tab
    tab.context.new_cdp_session(tab).send("Emulation.setCPUThrottlingRate", {"rate": 4})
    tab.reload(wait_until="commit")
    tab.wait_for_selector(".gc-mount .gc-large")
    before = hashed(tab)
    key(tab)
    assert hashed(tab) != before
    assert tab.evaluate("performance.now()") < 2000
