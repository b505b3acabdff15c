"""What axe-core says of every widget, in both themes: nothing serious."""

from axe_playwright_python.sync_playwright import Axe
from conftest import errors_of, run_all

THEME = "name => window.jupyterapp.commands.execute('apputils:change-theme', {theme: name})"
GRAVE = ("serious", "critical")
OF_COLOUR = ("color-contrast", "link-in-text-block")  # what another theme can break
TRAINS = """from gancourse import live, load_images, train
dashboard = live.TrainingDashboard(
    train.State(train.get_preset("mlp"), 0, "cpu"), load_images("mnist").batch, steps=30)
dashboard"""
EXPLORER = """from gancourse import live, nets
explorer = live.LatentExplorer(nets.load_shipped("mnist"))
explorer.pin("a").set(u=1.0).pin("b")
explorer"""
CHARTS = ("bend_D", "slide_q", "move_logits", "phase_plane", "feed_pixels", "spoil_digits",
          "two_clouds", "ask_for", "budget", "PointGan", "FaultyRun")  # fmt: skip
WIDGETS = [*(f"from gancourse import live\nlive.{name}()" for name in CHARTS), TRAINS, EXPLORER]


def grave(page, context: str = ".gc-live", rules: tuple[str, ...] = ()) -> list[str]:
    """Return the serious and critical violations, of all rules or some: rule and first element."""
    only = {"runOnly": {"type": "rule", "values": rules}} if rules else {}
    found = Axe().run(page, context, only).response
    assert found["violations"] or found["passes"] or rules, "axe-core looked at nothing"
    return [f"{v['id']}: {v['nodes'][0]['html'][:200]}"
            for v in found["violations"] if v["impact"] in GRAVE]  # fmt: skip


def show(notebook, cells: list[str]):
    page = notebook(cells)
    assert not errors_of(run_all(page))
    for cell in page.locator(".jp-CodeCell").all():
        cell.scroll_into_view_if_needed()
    page.wait_for_function(f"document.querySelectorAll('.gc-live').length === {len(cells)}")
    return page


def test_axe_finds_nothing_serious(notebook):
    page = show(notebook, WIDGETS)
    tabs = page.locator(".gc-live [role=tab]")
    for theme, rules in (("JupyterLab Light", ()), ("JupyterLab Dark", OF_COLOUR)):
        page.evaluate(THEME, theme)
        page.wait_for_timeout(1500)
        assert not grave(page, rules=rules)
        assert tabs.count() > 8
        for tab in tabs.all():
            tab.click()
            assert not grave(page, ".gc-page:not([hidden])", rules)
    page.evaluate(THEME, "JupyterLab Light")


def test_axe_is_not_blind(notebook):
    page = show(notebook, WIDGETS[:1])
    page.evaluate(
        "document.querySelector('.gc-live [data-key=left]').removeAttribute('aria-label');"
        "document.querySelector('.gc-live label').replaceWith("
        "document.querySelector('.gc-live [data-key=left]'))"
    )
    assert any(found.startswith("label:") for found in grave(page))
