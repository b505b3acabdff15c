"""A folded proof can be passed by: no cell in sight takes a name from one."""

import ast
import builtins
import re
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from gancourse import claim

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tools"))

from build.sources import read_cells, tags  # noqa: E402

DRAWS = re.compile(r"(torch|np\.random)\.(rand|randn|randint|randperm|normal)\(")
LESSONS = sorted((ROOT / "notebooks").glob("*.py"))
WIDGET = re.compile(r"^(\w+) = live\.\w+\(", re.MULTILINE)


def bound(tree) -> set[str]:
    """Return the names that a cell binds, at its top level or not."""
    stored = (n for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store))
    names = {node.id for node in stored}
    names |= {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
    kinds = ast.FunctionDef | ast.ClassDef
    names |= {node.name for node in ast.walk(tree) if isinstance(node, kinds)}
    imports = [n for n in ast.walk(tree) if isinstance(n, ast.Import | ast.ImportFrom)]
    return names | {(a.asname or a.name).split(".")[0] for n in imports for a in n.names}


def taken_from_proofs(cells) -> list[str]:
    """Return a line for each name that a cell in sight takes from a proof."""
    known, proved, found = set(dir(builtins)), set(), []
    for cell in cells:
        if cell.cell_type != "code":
            continue
        tree = ast.parse(cell.source)
        if "proof" in tags(cell):
            proved |= bound(tree)
            continue
        known |= bound(tree)
        used = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name)}
        found += [f"{name} in {cell.id}" for name in sorted((used & proved) - known)]
    return found


def test_a_name_taken_from_a_proof_is_found(tmp_path):
    source = tmp_path / "99_x.py"
    source.write_text(
        '# %%\na = 1\n\n# %% tags=["proof"]\n# Proof: it is 2\nb = a + 1\n\n# %%\nprint(a, b)\n'
    )
    assert taken_from_proofs(read_cells(source, sheet=False)) == ["b in 99_x-003"]


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_each_lesson_runs_without_its_proofs(path):
    assert taken_from_proofs(read_cells(path, sheet=False)) == []


def read_off(cells) -> list[str]:
    """Return what proofs read off a widget above, which its reader may have moved or edited."""
    code = [cell for cell in cells if cell.cell_type == "code"]
    proofs = "\n".join(cell.source for cell in code if "proof" in tags(cell))
    sight = "\n".join(cell.source for cell in code if "proof" not in tags(cell))
    names = set(WIDGET.findall(sight))
    found = [
        f"{n}.{what}" for n in names for what in ("drawing()", "values") if f"{n}.{what}" in proofs
    ]
    edited = [
        n for n in names if f"{n}.wait().yours" in proofs and f"if {n}.trained ==" not in proofs
    ]
    return sorted([*found, *edited])


def test_a_proof_that_reads_a_widget_above_is_found(tmp_path):
    source = tmp_path / "99_x.py"
    source.write_text(
        '# %%\nchart = live.bend_D()\nrun = live.FaultyRun(1)\n\n# %% tags=["proof"]\n'
        "# Proof: it is 2\nchart.drawing(), run.wait().yours\n"
    )
    assert read_off(read_cells(source, sheet=False)) == ["chart.drawing()", "run"]


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_no_proof_fails_because_a_widget_was_moved(path):
    assert read_off(read_cells(path, sheet=False)) == []


def test_lesson_06_claims_nothing_of_learning_rates_that_its_reader_moved(capsys):
    cells = read_cells(ROOT / "notebooks" / "06_mlp_gan_mnist.py", sheet=False)
    proofs = [cell.source for cell in cells if "state.recipe.lr_D" in cell.source]
    far = dict.fromkeys(("d_loss", "g_loss", "D(x)", "D(G(z))", "FID"), 9.0)
    moved = SimpleNamespace(recipe=SimpleNamespace(lr_D=2e-3, lr_G=1e-3))
    space = {"state": moved, "healthy": far, "alone": {"D": 900}, "table": {1: far, 2: far},
             "claim": claim, "digits": SimpleNamespace(name="mnist")}  # fmt: skip
    for proof in proofs:
        exec(proof, space)
    assert capsys.readouterr().out.count("which you moved") == len(proofs) == 3


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda path: path.stem)
def test_a_run_that_trains_beside_a_page_is_waited_for(lesson):
    """Without a page an edit trains to its end at once, so that nbval does not notice."""
    code = "\n".join(c.source for c in read_cells(lesson, sheet=False) if c.cell_type == "code")
    assert code.count(".yours") == code.count(".wait().yours")


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda path: path.stem)
def test_nothing_is_drawn_before_a_seed(lesson):
    """What a lesson claims of a draw holds for the draw that its reader sees."""
    cells = read_cells(lesson, sheet=False)
    for line in "\n".join(c.source for c in cells if c.cell_type == "code").splitlines():
        if "seed" in line:
            return
        assert not DRAWS.search(line), line
