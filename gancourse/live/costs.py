"""Lesson 14's widget: a budget sheet. What a step costs, and what hours on some devices buy."""

from gancourse.live.charts import Chart
from gancourse.live.controls import Choice, Slider
from gancourse.live.drawings import Drawing, Grip
from gancourse.maths import cost
from gancourse.plots import Mark, Panel, columns

DEVICES = 16
SIDES, WIDTHS = tuple(map(str, cost.GRIDS)), ("32", "64", "128", "256")
BATCHES = ("16", "64", "256", "1024")
HOLDS = ("weights", "gradients", "adam", "average", "activations")


def budget(rate: float | None = None, link: float = cost.LINK, price: float = 0.1, **values):
    """Return the chart of what hours of training a DCGAN cost and give.

    `rate` is what a device computes, in FLOP/s: without it, what this machine is measured to do in
    about a second. `link` joins the devices, in bytes a second; `price` is that of an hour of one.
    Controls: `side`, `width` and `batch` (of each device), `hours`, and by the dot `devices`.
    Raises InputError for an unknown control or option.
    """
    speed = cost.measured_rate() if rate is None else rate
    controls = {
        "side": Choice("side of an image", SIDES, "28"),
        "width": Choice("width of the nets", WIDTHS, "64"),
        "batch": Choice("batch of each device", BATCHES, "64"),
        "hours": Slider("hours", 1, 48, 1, 8),
        "devices": Slider("devices", 1, DEVICES, 1, 1, shown=False),
    }

    def draw(side: str, width: str, batch: str, hours: float, devices: float) -> Drawing:
        step = cost.step_cost(int(side), int(width), int(batch))
        bought = [cost.budget(step, speed, n, 1.0, link) for n in range(1, DEVICES + 1)]
        now = bought[int(devices) - 1]
        grip = Grip("devices", (devices, now.speedup), x="devices", anywhere=True)
        panels = _times(bought, speed), _memory(step)
        return Drawing(panels, _words(now), _numbers(now, hours, price), (grip,))

    return Chart("A budget sheet", draw, controls).set(**values)


def _times(bought: list[cost.Budget], speed: float) -> Panel:
    x = [b.devices for b in bought]
    marks = (
        Mark("dashed", x, x, "so many times one device"),
        Mark("line", x, [b.speedup for b in bought], "with this link", "G"),
    )
    sides = (0.5, DEVICES + 0.5), (0, DEVICES + 0.5)
    title = f"Devices of {_short(speed)}FLOP/s: click to choose"
    return Panel(marks, "devices", "times the images of one", *sides, title)


def _memory(step: cost.StepCost) -> Panel:
    shares = [100 * getattr(step, name) / step.bytes for name in HOLDS]
    names = tuple({"adam": "Adam"}.get(name, name) for name in HOLDS)
    sides = (-0.6, len(HOLDS) - 0.4), (0, 105)
    title = "What fills a device's memory"
    return Panel((columns(shares, "", "D"),), "", "percent", *sides, title, names=names)


def _numbers(now: cost.Budget, hours: float, price: float) -> dict[str, str]:
    return {
        "an image": f"{_short(now.step.flop_an_image)}FLOP",
        "memory": f"{_short(now.step.bytes)}B",
        "images a second": f"{now.rate:,.0f}",
        "in all": _short(hours * now.images).strip(),
        "price": f"{now.devices * hours * price:.2f}",
    }


def _short(number: float) -> str:
    """Return a large number to three digits with a letter for its thousands: 86.2 M."""
    letter = ""
    for larger in "kMGTPE":
        if number < 999.5:
            break
        number, letter = number / 1000, larger
    return f"{number:.3g} {letter}"


def _words(now: cost.Budget) -> str:
    devices = "One device gives" if now.devices == 1 else f"{now.devices} devices give"
    computing = now.seconds_a_step - now.waiting
    return (
        f"{devices} {now.speedup:.3g} times the images of one: in each step it computes for "
        f"{1000 * computing:.3g} ms and waits {1000 * now.waiting:.3g} ms for gradients."
    )
