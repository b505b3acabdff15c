"""PointGan in JupyterLab: steps of one player, points drawn by mouse and by keys, a run."""

import json

from conftest import errors_of, run_all
from test_dashboard import RUN_CELL, errors  # noqa: F401

SHOW = "from gancourse import live\ngan = live.PointGan()\ngan"
SUMS = (
    "[[sum(p.double().sum().item() for p in n.parameters()) for n in (gan.state.D, gan.state.G)]]"
)
DRAWN = "gan.frame()['drawn']"
CORNERS = """() => {
  const canvas = document.querySelector('.gc-plane');
  const pen = canvas.getContext('2d');
  return [[0.05, 0.05], [0.95, 0.05], [0.95, 0.95]].map(([x, y]) =>
    [...pen.getImageData(x * canvas.width, y * canvas.height, 1, 1).data].join()).join(' ');
}"""
PICTURE = "() => document.querySelector('.gc-plane').toDataURL()"


def opened(notebook, *more: str):
    page = notebook([SHOW, *more])
    assert errors_of(run_all(page)) == []
    page.wait_for_selector(".gc-live[data-status=ready]")
    page.locator(".gc-plane").scroll_into_view_if_needed()
    return page


def look(page) -> tuple:
    """Return sums of D's and of G's weights, the field in three corners, the whole picture."""
    return (
        *json.loads(page.evaluate(RUN_CELL, 1))[0],
        page.evaluate(CORNERS),
        page.evaluate(PICTURE),
    )


def press(page, label: str, said: str):
    page.locator(".gc-live").get_by_role("button", name=label).press("Enter")
    page.wait_for_function(
        "said => document.querySelector('.gc-text').textContent.includes(said)", arg=said
    )


def test_each_player_steps_alone_and_it_runs(notebook, errors):  # noqa: F811
    page = opened(notebook, SUMS)
    D, G, field, picture = look(page)
    press(page, "Step D", "D alone took a step")
    new_D, same_G, new_field, new_picture = look(page)
    assert (new_D != D, same_G, new_field != field) == (True, G, True)
    assert new_picture != picture
    press(page, "Step G", "G alone took a step")
    same_D, new_G, same_field, newer_picture = look(page)
    assert (same_D, new_G != G, same_field) == (new_D, True, new_field)
    assert newer_picture != new_picture
    press(page, "Run", "Training.")
    before = page.evaluate(PICTURE)
    page.wait_for_function(f"before => ({PICTURE})() !== before", arg=before)
    press(page, "Pause", "Paused after step")
    press(page, "Start again", "Ready")
    assert look(page) == (D, G, field, picture)


def test_points_are_drawn_by_mouse_and_by_keys(notebook, errors):  # noqa: F811
    page = opened(notebook, DRAWN)
    page.get_by_role("tab", name="Real points").click()
    page.locator("[data-key=points]").select_option("drawn by hand")
    canvas = page.locator(".gc-plane[role=application]")
    canvas.wait_for()

    def at(x, y):  # of the plane, -1.6 to 1.6
        canvas.scroll_into_view_if_needed()
        box = canvas.bounding_box()
        share = (x + 1.6) / 3.2, (1.6 - y) / 3.2
        return box["x"] + share[0] * box["width"], box["y"] + share[1] * box["height"]

    def drawn(n):
        page.wait_for_function(
            "n => document.querySelector('.gc-plane').ariaLabel.includes(`, ${n} drawn`)", arg=n
        )
        page.wait_for_selector(".gc-live[data-idle=true]")
        return json.loads(page.evaluate(RUN_CELL, 1))

    page.mouse.click(*at(1.0, 0.5))
    ((x, y),) = drawn(1)
    assert abs(x - 1.0) < 0.03 > abs(y - 0.5)
    page.mouse.move(*at(-1.0, -1.0))
    page.mouse.down()
    page.mouse.move(*at(0.0, -1.0), steps=8)
    page.mouse.up()
    stroke = drawn(n := 10)[1:]
    assert all(abs(y + 1.0) < 0.03 for _, y in stroke)
    assert [x for x, _ in stroke] == sorted(x for x, _ in stroke)
    canvas.focus()
    for key in ("ArrowUp", "ArrowUp", "Enter"):
        page.keyboard.press(key)
    x, y = drawn(n + 1)[-1]
    assert abs(x) < 0.03 > abs(y + 0.8)
    canvas.press("Backspace")
    drawn(n)
    page.get_by_role("button", name="Clear my drawing").click()
    assert drawn(0) == []


OWN = """from torch.nn.functional import softplus
def d_step(G, D, opt_D, x_real, z):
    d_loss = softplus(-D(x_real)).mean() + softplus(D(G(z).detach())).mean()
    opt_D.zero_grad()
    d_loss.backward()
    opt_D.step()
    return d_loss.item()
def g_step(G, D, opt_G, z):
    g_loss = softplus(-D(G(z))).mean()
    opt_G.zero_grad()
    g_loss.backward()
    opt_G.step()
    return g_loss.item()
"""
OWN_SHOW = "from gancourse import live\ngan = live.PointGan(d_step=d_step, g_step=g_step)\ngan"


def test_the_learners_own_steps_drive_it_and_their_errors_are_said_on_it(notebook, errors):  # noqa: F811
    page = notebook([OWN.replace("opt_D.step()", "opt_D.stepp()"), OWN_SHOW, OWN])
    for cell in (0, 1):
        page.evaluate(RUN_CELL, cell)
    page.wait_for_selector(".gc-live[data-status=ready]")
    wrong = "d_step stopped in line 6, `opt_D.stepp()`: AttributeError: 'Adam' object has no"
    press(page, "Step D", wrong)
    press(page, "Run", f"Training waits. {wrong}")
    page.wait_for_selector(".gc-live[data-status=failed] .gc-trouble")
    page.evaluate(RUN_CELL, 2)  # the learner mends the cell and runs it again
    press(page, "Try again", "Training.")
    before = page.evaluate(PICTURE)
    page.wait_for_function(f"before => ({PICTURE})() !== before", arg=before)
    press(page, "Pause", "Paused after step")
    assert page.locator(".gc-trouble").count() == 0
    press(page, "Step G", "G alone took a step")
