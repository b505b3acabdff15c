"""What lives on the site without a kernel: the page's engine, a shipped generator, its start."""

import ast
import html
import json
import re
from pathlib import Path
from typing import NamedTuple

FOLDER = "_static/live"
FILES = ("asked.js", "engine.js", "replay.js", "live.css")
NET = "mnist"
OWN = ("d_step", "g_step")  # the learner's
GOES_ON = "mlp_on"  # the run that goes on from another's last step, with the learner's steps
AS_IN_06 = ["state", "digits.batch", "steps=1000", "d_step=d_step", "g_step=g_step"]
FAULTY = (1, 7, 10)  # the runs that lesson 10 shows
MARK = '<div class="gc-mount" data-live="{kind}"{data}>\n{still}\n</div>'


class NotWrittenOut(Exception):
    """A cell gives a call something that only Python knows, such as the value of a name."""


def written(value: ast.expr) -> object:
    """Return the value that a cell writes out; raise NotWrittenOut for a name or an expression."""
    try:
        return ast.literal_eval(value)
    except ValueError as error:
        raise NotWrittenOut from error


class Living(NamedTuple):
    """Something alive: how a page mounts it (`LIVE` in static/site.js), and with which data."""

    kind: str
    data: dict[str, str]


EXPLORER = Living("explorer", {"net": NET})


def write_living(source: Path) -> None:
    """Write the engine and what it shows below `source`."""
    from gancourse import live, nets  # PyTorch, only where a site is built
    from gancourse.live.classes import page_files
    from gancourse.live.explorer.engine import weights_of
    from gancourse.live.explorer.export import start
    from gancourse.live.frontend import STATIC
    from gancourse.live.recorded import RECORDED, file_of
    from gancourse.live.recorded.trainings import TRAININGS, training_file
    from gancourse.live.run.faulty_view import state_bytes

    folder = source / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    for name in FILES:
        (folder / name).write_bytes((STATIC / name).read_bytes())
    for name in RECORDED:
        (folder / f"{name}.chart").write_bytes(file_of(name).read_bytes())
    for name in TRAININGS:
        (folder / f"{name}.training").write_bytes(training_file(name).read_bytes())
    G = nets.load_shipped(NET)
    (folder / f"{NET}.safetensors").write_bytes(weights_of(G, bits=8))
    (folder / f"{NET}.json").write_text(json.dumps(start(live.LatentExplorer(G))))
    weights, about = page_files(NET)
    (folder / f"{NET}-classes.safetensors").write_bytes(weights)
    (folder / f"{NET}-classes.json").write_text(json.dumps(about))
    for number in FAULTY:
        (folder / f"{number}.faulty").write_bytes(state_bytes(live.FaultyRun(number)))


def mount(living: Living, still: str) -> str:
    """Return the place where a page mounts something alive; `still` is seen until then."""
    data = "".join(f' data-{k}="{html.escape(v, quote=True)}"' for k, v in living.data.items())
    return MARK.format(kind=living.kind, data=data, still=still)


def living_of(source: str) -> Living | None:
    """Return what a cell's source shows that can live here, None for all else.

    The learner's own steps of lessons 05 and 06 are those of the page, written as the lesson writes
    them; a training is a recorded one. Anything else that is not written out needs Python.
    """
    try:
        call, values = shown_call(source)
        return None if call is None else _living_of(source, call, values)
    except NotWrittenOut:
        return None


def _living_of(source: str, call: ast.Call, values: dict) -> Living | None:
    name = ast.unparse(call.func).removeprefix("live.")
    if name == "LatentExplorer":
        return EXPLORER
    if name == "TrainingDashboard":
        return training(source, call)
    own = any(k.arg in OWN for k in call.keywords)
    args = [written(a) for a in call.args]
    options = {k.arg: written(k.value) for k in call.keywords if k.arg not in OWN}
    if name == "PointGan":
        if own:  # how long it runs in a still picture is no matter here
            options = {k: v for k, v in options.items() if k != "steps"}
            options |= {"remedy": "WGAN-GP"} if "wgan_gp_penalty(" in source else {}
        asked = points_asked(args, options, values)
        data = {"lesson": "", "options": json.dumps(asked)} | ({"own": ""} if own else {})
        return None if asked is None else Living("points", data)
    options |= values
    if name == "FaultyRun" and args and args[0] in FAULTY and not options:
        return Living("faulty", {"run": str(args[0])})
    if name == "ask_for" and not (args or {"data", "G"} & options.keys()):
        return Living("asked", {"net": f"{NET}-classes", "values": live_values("ask_for", options)})
    return chart(name, args, options)


def points_asked(args: list, options: dict, values: dict) -> dict | None:
    """Return what a GAN on points in a page is asked for; None for what it does not have."""
    asked = dict(zip(("points", "loss"), args, strict=False)) | options
    named = all(isinstance(value, str) for value in asked.values())
    if not named or not asked.keys() <= {"points", "loss", "remedy", "shows"}:
        return None
    return asked | ({"values": values} if values else {})


def training(source: str, call: ast.Call) -> Living | None:
    """Return the recorded run that a dashboard shows; None where none was recorded.

    It is known by its preset, seed 0 and its number of steps. One without a preset goes on with a
    run: the one of lesson 06, known by all that it is given there.
    """
    from gancourse.live.recorded.trainings import TRAININGS

    given = [*map(ast.unparse, call.args), *map(ast.unparse, call.keywords)]
    wanted = re.search(r"train\.get_preset\([^()]*\)", source)
    if wanted is None:
        return Living("training", {"run": GOES_ON, "own": ""}) if given == AS_IN_06 else None
    preset = ast.parse(wanted[0], mode="eval").body
    asked = [*map(written, preset.args)], {k.arg: written(k.value) for k in preset.keywords}
    steps = {k.arg: written(k.value) for k in call.keywords}
    if not re.search(r"\bseed=0\b", source):
        return None
    for name, run in TRAININGS.items():
        if not run.first and steps == {"steps": run.last} and run.is_asked_by(*asked):
            return Living("training", {"run": name})
    return None


def live_values(name: str, options: dict) -> str:
    """Return where the controls of a chart of gancourse.live start, as JSON."""
    from gancourse import live  # PyTorch, only where a site is built

    return json.dumps(getattr(live, name)(**options).values)


def chart(name: str, args: list, options: dict) -> Living | None:
    """Return a recorded chart with the values of its controls; None where there is no recording."""
    from gancourse.live.recorded import recording_of

    found = recording_of(name, args, options)
    return found and Living("chart", {"chart": found[0], "values": json.dumps(found[1])})


def assigned(body: list[ast.stmt], name: str) -> ast.expr | None:
    """Return what a cell gives a name to, None where it does not."""
    for line in body:
        if isinstance(line, ast.Assign) and name in map(ast.unparse, line.targets):
            return line.value
    return None


def shown_call(source: str) -> tuple[ast.Call | None, dict]:
    """Return the `live.NAME(...)` that is a cell's value, None without one, and what it `set`s."""
    body = ast.parse("".join(line for line in source.splitlines(True) if line[:1] not in "%!")).body
    last = body[-1].value if body and isinstance(body[-1], ast.Expr) else None
    if isinstance(last, ast.Name):  # what was made in this cell and given a name
        last = assigned(body, last.id)
    values = {}
    if isinstance(last, ast.Call) and isinstance(last.func, ast.Attribute):
        inner = last.func.value
        if last.func.attr == "set" and isinstance(inner, ast.Call) and not last.args:
            values = {k.arg: written(k.value) for k in last.keywords}
            last = inner
    if not isinstance(last, ast.Call) or not ast.unparse(last.func).startswith("live."):
        return None, {}
    return last, values
