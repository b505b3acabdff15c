"""A lesson's deck: slides chosen from its committed notebook by rules, with notes to speak from.

What a class sees: the title, each widget, each bet, pictures, short tables, and of the texts the
headings, the formulas and a first sentence or two. Of what the learner is to write it sees what it
shall do. Proofs, folds and other code stay in the notebook. A text goes into the notes of the slide
that it belongs to. Where that is more than 45 minutes, tasks go first, then texts, tables, formulas
in no box, and pictures, from the end; what then still fits stays.
"""

import re
from dataclasses import dataclass, field

from website.dress import enliven, tags_of, take_pictures
from website.living import living_of

LIMIT = 45.0  # minutes
MINUTES = {"title": 2.0, "live": 4.0, "bet": 2.5, "picture": 2.0, "code": 3.0, "table": 2.0,
           "statement": 1.5, "formula": 1.5, "text": 1.5, "task": 1.0, "recap": 2.0}  # fmt: skip
# What is left out first where a lecture has no time for all.
FIRST_OUT = ("task", "text", "table", "formula", "picture", "code")
STEP = re.compile(r"def (\w+_step|train\w*)\(")
SECTION = re.compile(r"\n\n(?=## )")
FOLD = re.compile(r"<details>.*?</details>", re.DOTALL)
FORMULA = re.compile(r"\$\$.*?\$\$", re.DOTALL)
END = re.compile(r"[.?!][\"*_')]*(?=\s|$)")  # of a sentence, perhaps
SHORT = re.compile(r"\b(al|cf|vs|e\.g|i\.e|Fig|Eq|[A-Z])\.$")  # a point that ends no sentence
PAIRS = ("()", "[]", "$$", "``")
ENOUGH = 60  # characters of a text that a class reads
IMAGE = re.compile(r"<img [^>]*>")
STUB = re.compile(r'def (\w+\([^)]*\)):\n    """(.+?)"""\n\s+raise NotImplementedError', re.DOTALL)
ROWS = 9  # of a table that one can read from the last row of seats
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
            slides = of_code(cell, source, heading, pictures)
            if not slides and tables_of(cell):  # too long to be shown: so is what leads to it
                unsaid(found)
            found += slides
    return led(found), pictures


def unsaid(found: list[Slide]) -> None:
    """Move a text that stands last into the notes of the slide before."""
    if len(found) > 1 and found[-1].kind == "text":
        found[-2].notes += found.pop().notes


def led(slides: list[Slide]) -> list[Slide]:
    """Return the slides; a text stands above what is shown next to it."""
    kept: list[Slide] = []
    for slide in slides:
        lead = kept[-1] if kept else slide
        if lead.kind == "text" and (slide.shown or slide.kind in ("code", "table", "task")):
            kept.pop()
            slide.text = f"{lead.text}\n\n{slide.text}".strip()
            slide.notes = [*lead.notes, *slide.notes]
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
    said = first(body, leads=bool(formulas))
    if not formulas and not (begins and said):
        if before:
            before[-1].notes.append(body)
        return []
    kind = "statement" if r"\boxed" in formulas else "formula" if formulas else "text"
    return [Slide(kind, heading, f"{said}\n\n{formulas}".strip(), notes=[body])]


def sentences(paragraph: str) -> list[str]:
    """Return the sentences of a paragraph; a point in brackets or after "et al" ends none."""
    found, begun = [], 0
    for end in (match.end() for match in END.finditer(paragraph)):
        said = paragraph[begun:end].strip()
        if not SHORT.search(said) and not any(is_open(said, *pair) for pair in PAIRS):
            found.append(said)
            begun = end
    return [*found, rest] if (rest := paragraph[begun:].strip()) else found


def is_open(said: str, left: str, right: str) -> bool:
    """Whether a text ends within a pair of brackets, or of equal marks."""
    return said.count(left) % 2 == 1 if left == right else said.count(left) > said.count(right)


def first(body: str, leads: bool = False) -> str:
    """Return the first sentences of a text, until that is enough to read.

    Lists, tables and formulas are none. What `leads` to a formula may end with a colon and stand
    anywhere; else only the paragraph at the top can be read without the rest.
    """
    for paragraph in body.split("\n\n")[: None if leads else 1]:
        if paragraph[:1] in ("-", "|", "$", "<", ">", "`", "1"):
            continue
        said = ""
        for sentence in sentences(paragraph):
            if len(said) < ENOUGH and (leads or not sentence.endswith(":")):
                said = f"{said} {sentence}".strip()
        if said:
            return said
    return ""


def of_code(cell: dict, source: str, heading: str, pictures: dict) -> list[Slide]:
    """Return the slide of a code cell: what it shows, a step of the algorithm, or what to write."""
    htmls = []
    for output in cell["outputs"]:
        take_pictures(output, pictures)
        data = output.get("data", {})
        html = "".join(data.get("text/html", ""))
        if images := IMAGE.findall(html):  # what is asked below a film is asked where it lives
            data["text/html"] = "\n".join(images)
            enliven(cell, output)
            htmls.append(data["text/html"].replace(' loading="lazy"', ""))
        elif "<details>" in html:
            htmls.append(html)
    if htmls:
        bet = "bet" in tags_of(cell)
        kind = "bet" if bet else "live" if "live." in source and living_of(source) else "picture"
        return [Slide(kind, heading, shown="\n".join(htmls))]
    if short := [table for table in tables_of(cell) if table.count("\n") <= ROWS + 1]:
        return [Slide("table", heading, "\n\n".join(short))]
    if stub := STUB.search(source):
        return [Slide("task", heading, f"**Yours to write:** `{stub[1]}`\n\n{stub[2]}")]
    if STEP.match(source) and "NotImplementedError" not in source:
        return [Slide("code", heading, f"```python\n{source}\n```")]
    return []


def tables_of(cell: dict) -> list[str]:
    """Return the tables that a code cell shows, in Markdown."""
    shown = ["".join(o.get("data", {}).get("text/markdown", "")) for o in cell["outputs"]]
    return [text for text in shown if text.startswith("|")]


def lecture(slides: list[Slide]) -> list[Slide]:
    """Return the slides that fit into a lecture; what is left out is spoken with the one before."""
    out: dict[int, Slide] = {}
    for slide in (s for kind in FIRST_OUT for s in reversed(slides) if s.kind == kind):
        if minutes(slides, out) > LIMIT:
            out[id(slide)] = slide
    for number, slide in reversed(list(out.items())):  # the first to go is the last to come back
        if minutes(slides, out) + MINUTES[slide.kind] <= LIMIT:
            del out[number]
    kept: list[Slide] = []
    for slide in slides:
        if id(slide) not in out:
            kept.append(slide)
        elif kept:
            kept[-1].notes += slide.notes
    return kept


def minutes(slides: list[Slide], out: dict[int, Slide]) -> float:
    """Return how long a lecture takes without the slides that are out."""
    return sum(MINUTES[slide.kind] for slide in slides if id(slide) not in out)
