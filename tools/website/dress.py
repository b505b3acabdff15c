"""A committed notebook as the site shows it: pictures in files, folds with titles, a header."""

import base64
import hashlib
import html
import json
import re

from website.living import living_of, mount

PICTURE = re.compile(r'src="data:image/png;base64,([^"]+)"')
DRAWN = 700  # pixels: a figure that is wider has letters that a phone would make too small
GREY = 0  # a PNG's type of colour; digits are grey, figures are not
TITLED = re.compile(r"#\s*((?:Proof|Bet): .+)")


def dressed(text: str, folder: str, header: str) -> tuple[str, dict[str, bytes]]:
    """Return a notebook's JSON, dressed for the site, and its pictures by file name.

    `folder` is the one it lies in, `header` the HTML that goes below its title.
    """
    notebook = json.loads(text)
    pictures: dict[str, bytes] = {}
    cells = [cell for cell in notebook["cells"] if "hidden" not in tags_of(cell)]
    for cell in cells:
        if cell["cell_type"] == "code":
            fold(cell, folder)
            for output in cell["outputs"]:
                take_pictures(output, pictures)
                enliven(cell, output)
    notebook["cells"] = [*opening(cells[0], header), *cells[1:]]
    return json.dumps(notebook), pictures


def tags_of(cell: dict) -> list[str]:
    return cell["metadata"].get("tags", [])


def opening(first: dict, header: str) -> list[dict]:
    """Return the first cell, with the header between its title and what follows."""
    title, _, rest = "".join(first["source"]).partition("\n")
    parts = [title, header, rest.lstrip("\n")]
    return [
        {**first, "id": f"{first.get('id', 'top')}-{i}", "source": part}
        for i, part in enumerate(parts)
    ]


def fold(cell: dict, folder: str) -> None:
    """Fold the code of a proof, of a bet and of a solution; the fold's title says what it is."""
    exercise = next((t.partition(":")[2] for t in tags_of(cell) if t.startswith("exercise:")), "")
    if folder == "solutions" and exercise:
        prompt = f"Open the solution of {exercise}"
    elif cell["metadata"].get("jupyter", {}).get("source_hidden"):
        found = TITLED.match("".join(cell["source"]))
        prompt = found[1] if found else "Open the code"
        if prompt.startswith("Bet: "):  # the question stands below, its answer folded by itself
            prompt = "The code of this bet"
    else:
        return
    prompt = prompt.replace("{", "{{").replace("}", "}}")  # myst-nb formats it
    cell["metadata"]["tags"] = [*tags_of(cell), "hide-input"]
    cell["metadata"]["mystnb"] = {"code_prompt_show": prompt, "code_prompt_hide": prompt}


def take_pictures(output: dict, pictures: dict[str, bytes]) -> None:
    """Move the pictures in an output's HTML into files, named by what they hold."""
    data = output.get("data", {})
    if "text/html" not in data:
        return

    def moved(found: re.Match) -> str:
        png = base64.b64decode(found[1])
        name = hashlib.sha256(png).hexdigest()[:16] + ".png"
        pictures[name] = png
        width = int.from_bytes(png[16:20], "big")
        wide = f'class="gc-wide" style="--drawn: {width}px" ' if is_wide(png, width) else ""
        return f'{wide}src="../_static/pictures/{name}" loading="lazy"'

    data["text/html"] = PICTURE.sub(moved, "".join(data["text/html"]))
    data.pop("image/png", None)


def is_wide(png: bytes, width: int) -> bool:
    """Whether a picture is a wide figure with letters, and no grid of digits."""
    return width > DRAWN and png[25] != GREY


def enliven(cell: dict, output: dict) -> None:
    """Mark the still picture of a widget that the page can run by itself."""
    data = output.get("data", {})
    if "<img" in data.get("text/html", "") and (living := living_of("".join(cell["source"]))):
        data["text/html"] = mount(living, data["text/html"])


def shown(text: str) -> str:
    """Return text for a page's HTML."""
    return html.escape(text, quote=True)
