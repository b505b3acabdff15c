"""The widgets of lesson 11: each control changes what is seen, numbers are those of measures."""

import pytest
import torch

from gancourse import live
from gancourse.errors import InputError
from gancourse.live import clouds
from gancourse.live.controls import Slider
from gancourse.live.drawings import packed
from gancourse.live.spoilt import sheet_of
from gancourse.score import measures, spoilt

MADE = {
    "spoil_digits": lambda **values: live.spoil_digits("digits", **values),
    "two_clouds": live.two_clouds,
}


@pytest.mark.parametrize("name", MADE)
def test_each_control_changes_what_is_seen(name):
    chart = MADE[name]()
    before = packed(chart.drawing())
    for key, control in chart.controls.items():
        other = control.low if isinstance(control, Slider) else control.options[-1]
        after = packed(MADE[name](**{key: other}).drawing())
        assert after["panels"] != before["panels"], key


@pytest.mark.parametrize("name", MADE)
def test_the_page_gets_a_name_for_each_bar(name):
    drawing = MADE[name]().drawing()
    *_, bars = packed(drawing)["panels"]
    assert tuple(bars["names"]) == tuple(drawing.numbers)


def bars_of(chart) -> dict[str, float]:
    """Return the height of each bar of a chart's last panel."""
    panel = chart.drawing().panels[-1]
    heights = torch.as_tensor(panel.marks[0].y).view(-1, 4)[:, 1]
    return dict(zip(panel.names, heights.tolist(), strict=True))


def test_unspoilt_images_keep_all_of_each_score():
    chart = live.spoil_digits("digits", fault="noise", amount=0.0)
    assert set(bars_of(chart).values()) == {1.0}
    assert chart.drawing().text.endswith("get: no score.")


def test_bars_show_what_is_kept_and_numbers_the_scores_themselves():
    chart = live.spoil_digits("digits", fault="blur", amount=0.5)
    now, before = (spoilt.spoil("blur", amount, "digits") for amount in (0.5, 0.0))
    assert bars_of(chart) == pytest.approx(spoilt.kept(now, before))
    assert chart.drawing().numbers["FID"] == f"{now.scores['FID']:.0f}"
    assert "FID" in chart.drawing().text


def test_digits_stand_the_right_way_up():
    image = torch.zeros(1, 1, 28, 28, dtype=torch.uint8)
    image[0, 0, 2, 5] = 255  # near the upper left corner
    mark = sheet_of(image)
    assert (mark.x.tolist(), mark.y.tolist(), mark.x2.tolist()) == ([5.5], [81.5], [1.0])


def test_an_unknown_fault_is_named():
    with pytest.raises(InputError, match="did you mean 'blur'"):
        live.spoil_digits("digits", fault="blurr")


def test_the_clouds_numbers_are_the_measures():
    chart = live.two_clouds(real="two bells", k=3, spread=4.0, x=-3.0, y=2.0)
    fake = 4.0 * clouds.FAKE + torch.tensor([-3.0, 2.0])
    real = clouds.CLOUDS["two bells"]()
    found = (*measures.precision_recall(fake, real, 3), *measures.density_coverage(fake, real, 3))
    assert list(chart.drawing().numbers.values()) == [f"{v:.2f}" for v in found]
    assert list(bars_of(chart).values()) == pytest.approx(found)


def test_a_real_point_is_covered_or_not_and_never_lost():
    for x in (0.0, 8.0, 20.0):
        _, covered, missed, fakes = live.two_clouds(x=x).drawing().panels[0].marks
        assert len(covered.x) + len(missed.x) == len(fakes.x) == clouds.N
        share = live.two_clouds(x=x).drawing().numbers["coverage"]
        assert share == f"{len(covered.x) / clouds.N:.2f}"


def test_one_point_astray_fools_precision_and_not_coverage():
    numbers = live.two_clouds(real="one bell, one point astray", x=13, y=10).drawing().numbers
    assert float(numbers["precision"]) > 0.95
    assert float(numbers["coverage"]) < 0.1
    honest = live.two_clouds(real="one bell", x=13, y=10).drawing().numbers
    assert float(honest["precision"]) < 0.3


def test_the_grip_moves_the_centre_of_the_fakes():
    (grip,) = live.two_clouds(x=2.0, y=-3.0).drawing().grips
    assert (grip.at, grip.x, grip.y, grip.anywhere) == ((2.0, -3.0), "x", "y", True)
