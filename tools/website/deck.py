"""A lesson's deck: slides chosen from its committed notebook by rules, with notes to speak from.

What a class sees: the title, each widget, each bet, pictures, and of the texts the headings, the
formulas and a first sentence. Proofs, folds and other code stay in the notebook. A text goes into
the notes of the slide that it belongs to. Where that is more than 45 minutes, texts go first and
then pictures, from the end.
"""

import re
from dataclasses import dataclass, field

from website.dress import enliven, tags_of, take_pictures
from website.living import living_of

LIMIT = 45.0  # minutes
MINUTES = {"title": 2.0, "live": 4.0, "bet": 2.5, "picture": 2.0, "code": 3.0, "text": 1.5,
           "recap": 2.0}  # fmt: skip
FIRST_OUT = ("text", "picture", "code")  # where a lecture has no time for all
STEP = re.compile(r"def (\w+_step|train\w*)\(")
SECTION = re.compile(r"\n\n(?=## )")
FOLD = re.compile(r"<details>.*?</details>", re.DOTALL)
FORMULA = re.compile(r"\$\$.*?\$\$", re.DOTALL)
SENTENCE = re.compile(r".+?(?<!e\.g)(?<!i\.e)[.?!:](?=\s|$)", re.DOTALL)
CLOSING = ("recap",)


@dataclass
class Slide:
    """One slide: its kind (a key of MINUTES), heading, Markdown, HTML of what moves, and notes."""

    kind: str
    heading: str
    text: str = ""
    shown: str = ""
    notes: list[str] = field(default_factory=list)


def slides_of(notebook: dict) -> tuple[list[Slide], dict[str, bytes]]:
    """Return all slides of a notebook, and the pictures on them by file name."""
    pictures: dict[str, bytes] = {}
    found: list[Slide] = []
    heading = ""
    for cell in notebook["cells"]:
        source = "".join(cell["source"])
        if "hidden" in tags_of(cell) or "hint" in tags_of(cell):
            continue
        if cell["cell_type"] == "markdown":
            for part in SECTION.split(source):  # a section may begin in the middle of a cell
                heading = title_of(part) or heading
                found += texts(part, heading, found)
        elif cell["cell_type"] == "code" and "proof" not in tags_of(cell):
            found += of_code(cell, source, heading, pictures)
    return led(found), pictures


def led(slides: list[Slide]) -> list[Slide]:
    """Return the slides; a text without a formula stands above what is shown next to it."""
    kept: list[Slide] = []
    for slide in slides:
        lead = kept[-1] if kept else slide
        if lead.kind == "text" and "$$" not in lead.text and slide.shown:
            kept.pop()
            slide.text, slide.notes = lead.text, [*lead.notes, *slide.notes]
        kept.append(slide)
    return kept


def title_of(source: str) -> str:
    """Return the heading that a text begins with, "" without one."""
    match = re.match(r"#{1,3} (.+)", source)
    return match[1].strip() if match else ""


def texts(source: str, heading: str, before: list[Slide]) -> list[Slide]:
    """Return the slide of a text; a text without heading and formula is only spoken."""
    body = FOLD.sub("", source).strip()
    body = re.sub(r"^#{1,3} .+\n?", "", body).strip()
    begins = bool(title_of(source))
    if source.startswith("# "):
        return [Slide("title", heading, first(body), notes=[body])]
    if begins and heading.lower().startswith(CLOSING):
        return [Slide("recap", heading, body, notes=[])]
    formulas = "\n\n".join(FORMULA.findall(body))
    if not begins and not formulas:
        if before:
            before[-1].notes.append(body)
        return []
    return [Slide("text", heading, f"{first(body)}\n\n{formulas}".strip(), notes=[body])]


def first(body: str) -> str:
    """Return the first sentence of a text that is no list, table or formula."""
    for paragraph in body.split("\n\n"):
        if paragraph[:1] not in ("-", "|", "$", "<", ">", "`", "1"):
            match = SENTENCE.match(paragraph)
            return (match[0] if match else paragraph).rstrip(":").strip()
    return ""


def of_code(cell: dict, source: str, heading: str, pictures: dict) -> list[Slide]:
    """Return the slide of a code cell: what it shows, or a step of the algorithm."""
    htmls = []
    for output in cell["outputs"]:
        take_pictures(output, pictures)
        enliven(cell, output)
        html = output.get("data", {}).get("text/html", "")
        if "<img" in html or "<details>" in html:
            htmls.append(html)
    if htmls:
        bet = "bet" in tags_of(cell)
        kind = "bet" if bet else "live" if "live." in source and living_of(source) else "picture"
        return [Slide(kind, heading, shown="\n".join(htmls))]
    if STEP.match(source):
        return [Slide("code", heading, f"```python\n{source}\n```")]
    return []


def lecture(slides: list[Slide]) -> list[Slide]:
    """Return the slides that fit into a lecture; what is left out is spoken with the one before."""
    kept = list(slides)
    for kind in FIRST_OUT:
        for slide in reversed(slides):
            if sum(MINUTES[s.kind] for s in kept) <= LIMIT:
                return kept
            if slide.kind == kind:
                at = kept.index(slide)
                kept.remove(slide)
                if at:
                    kept[at - 1].notes += slide.notes
    return kept
