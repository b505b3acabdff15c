"""Write a reveal.js deck of each lesson, offline, with what lives in it: `make slides`."""

import argparse
import html
import json
import re
import shutil
import sys
import tomllib
from importlib.util import find_spec
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(HERE.parent)]

import javascript  # noqa: E402
from markdown_it import MarkdownIt  # noqa: E402
from mdit_py_plugins.dollarmath import dollarmath_plugin  # noqa: E402

from gancourse.syllabus import LESSONS, Lesson  # noqa: E402
from website.deck import MINUTES, Slide, lecture, slides_of  # noqa: E402
from website.living import write_living  # noqa: E402

REVEAL = {"dist/reveal.esm.js": "reveal.esm.js", "dist/reveal.css": "reveal.css",
          "plugin/notes/notes.esm.js": "notes.esm.js", "LICENSE": "LICENSE"}  # fmt: skip
FONTS = "output/chtml/fonts/woff-v2"
OWN = ("slides.js", "slides.css", "site.js", "site.css", "icon.svg")
QUESTIONS = HERE / "questions.toml"


def formula(text: str, options: dict) -> str:
    """Return a formula between the marks that MathJax looks for."""
    first, last = (r"\[", r"\]") if options.get("display_mode") else (r"\(", r"\)")
    return html.escape(f"{first}{text}{last}")


def markdown() -> MarkdownIt:
    """Return a renderer that leaves formulas to MathJax."""
    renderer = MarkdownIt("commonmark", {"html": True}).enable("table")
    return renderer.use(dollarmath_plugin, double_inline=True, renderer=formula)


RENDERER = markdown()
LINK = re.compile(r"<a [^>]*>(.*?)</a>", re.DOTALL)


def rendered(text: str) -> str:
    """Return a text's HTML without its links, which lead to notebooks."""
    return LINK.sub(r"\1", RENDERER.render(text))


def spoken(slide: Slide, start: float, asked: list[dict]) -> str:
    """Return a slide's notes as HTML: when, what to say, what the class will ask."""
    end = start + MINUTES[slide.kind]
    what = {"live": "Move it. ", "bet": "Read it aloud, count hands, open nothing before. "}
    parts = [f"**Minutes {start:g} to {end:g}.** {what.get(slide.kind, '')}", *slide.notes]
    parts += [f"*They will ask:* {q['ask']}\n\n{q['answer']}" for q in asked]
    return rendered("\n\n".join(parts))


def section(slide: Slide, start: float, asked: list[dict]) -> str:
    """Return a slide as reveal.js takes it."""
    level = "h1" if slide.kind == "title" else "h2"
    shown = f'<div class="cell_output"><div class="text_html">{slide.shown}</div></div>'
    heading = f"<{level}>{RENDERER.renderInline(slide.heading)}</{level}>"
    return (
        f'<section class="is-{slide.kind}">{heading}'
        f"{rendered(slide.text)}{shown if slide.shown else ''}"
        f'<aside class="notes">{spoken(slide, start, asked)}</aside></section>'
    )


def deck(lesson: Lesson, root: Path) -> tuple[str, dict[str, bytes], float]:
    """Return a lesson's page, its pictures, and how many minutes it takes."""
    text = (root / "notebooks" / f"{lesson.name}.ipynb").read_text("utf-8")
    found, pictures = slides_of(json.loads(text))
    chosen, now, sections = lecture(found), 0.0, []
    asked = tomllib.loads(QUESTIONS.read_text("utf-8")).get(lesson.number, [])
    chosen[0].text = lesson.remember[:1].upper() + lesson.remember[1:]
    for i, slide in enumerate(chosen):
        last = i == len(chosen) - 1
        mine = [q for q in asked if q.get("at") == slide.heading and slide.kind != "bet"]
        asked = [q for q in asked if q not in mine]
        sections.append(section(slide, now, mine + (asked if last else [])))
        now += MINUTES[slide.kind]
    page = (HERE / "templates" / "slides.html").read_text("utf-8")
    filled = page.replace("{{ title }}", html.escape(f"{lesson.number} {lesson.title}"))
    filled = filled.replace("{{ sections }}", "\n".join(sections))
    used = {name: data for name, data in pictures.items() if name in filled}
    return filled.replace("../_static/", "_static/"), used, now


def write(root: Path, out: Path) -> list[str]:
    """Write all decks into `out`; return a line on each. Raises Missing without npm's packages."""
    reveal = javascript.packages(root) / "reveal.js"
    static = out / "_static"
    (static / "reveal").mkdir(parents=True)
    (static / "pictures").mkdir()
    for name, target in REVEAL.items():
        shutil.copy(reveal / name, static / "reveal" / target)
    for name in OWN:
        shutil.copy(HERE / "static" / name, static)
    write_living(out)
    mathjax = Path(find_spec("sphinx-mathjax-offline").origin).parent / "static" / "mathjax"
    shutil.copytree(mathjax / FONTS, static / "mathjax" / FONTS)
    shutil.copy(mathjax / "tex-chtml.js", static / "mathjax")
    rows, said = [], []
    for lesson in LESSONS:
        if lesson.planned or not (root / "notebooks" / f"{lesson.name}.ipynb").exists():
            continue
        page, pictures, minutes = deck(lesson, root)
        (out / f"{lesson.name}.html").write_text(page, "utf-8")
        for name, data in pictures.items():
            (static / "pictures" / name).write_bytes(data)
        n = page.count("<section ")
        said.append(f"{lesson.number}: {n} slides, {minutes:g} minutes")
        rows.append(f'<li><a href="{lesson.name}.html">{lesson.number} {html.escape(lesson.title)}'
                    f"</a>: {n} slides, {minutes:g} minutes</li>")  # fmt: skip
    listed = (HERE / "templates" / "decks.html").read_text("utf-8")
    (out / "index.html").write_text(listed.replace("{{ rows }}", "\n".join(rows)), "utf-8")
    return said


def main(argv: list[str] | None = None) -> int:
    """Write the decks; return the exit code, 77 where npm's packages cannot be had."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--root", type=Path, default=ROOT, help="the course's folder")
    parser.add_argument("--out", type=Path, default=ROOT / "slides", help="where the decks go")
    options = parser.parse_args(argv)
    out = options.out.resolve()
    if out.is_dir() and any(out.iterdir()) and not (out / "_static" / "reveal").is_dir():
        print(f"error: {out} holds something that is no deck of ours: name another folder.")
        return 1
    try:
        javascript.packages()  # before what is there goes away
        shutil.rmtree(out, ignore_errors=True)
        print("\n".join(write(options.root.resolve(), out)))
    except javascript.Missing as error:
        print(f"error: the slides need reveal.js, which package.json names: {error}.")
        return javascript.SKIPPED
    print(f"{out}: serve it from anywhere, here with: python3 -m http.server -d {out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
