"""The only place that draws. One look, four colours with a fixed meaning, alternative text.

Each function returns a `Picture`: a notebook shows it, a screen reader reads its `alt`, and
`picture.save(path)` writes the PNG. `plots.points` and `plots.curves` are the functions: each hides
the module of its name.
"""

from gancourse.pixels import to_pixels
from gancourse.plots.curves import by_layer, curves, densities, extrapolated, lines, losses, races
from gancourse.plots.films import Strip, few_colours, films
from gancourse.plots.images import grid, image_film, image_grid, score_card
from gancourse.plots.marks import Mark, Panel, columns, gallery, panels, range_around
from gancourse.plots.picture import (
    D_COLOUR,
    FAKE,
    FIELD,
    G_COLOUR,
    INK,
    REAL,
    ROLES,
    SLOPES,
    STYLE,
    Picture,
    beside,
    captioned,
    to_numpy,
)
from gancourse.plots.points import (
    SLOPE_RANGE,
    SLOPE_SCALE,
    cross,
    eigenvalues,
    field_arrows,
    levels,
    over_slopes,
    phase_planes,
    point_film,
    points,
    square_limit,
    transport,
)
from gancourse.plots.tables import bars, calibration, confusion, number_grids

__all__ = ["D_COLOUR", "FAKE", "FIELD", "G_COLOUR", "INK", "REAL", "ROLES", "SLOPES", "SLOPE_RANGE",
           "SLOPE_SCALE", "STYLE", "Mark", "Panel", "Picture", "Strip", "bars", "beside",
           "by_layer", "calibration", "captioned", "columns", "confusion", "cross", "curves",
           "densities", "eigenvalues", "extrapolated", "few_colours", "field_arrows", "films",
           "gallery", "grid", "image_film", "image_grid", "levels", "lines", "losses",
           "number_grids", "over_slopes", "panels", "phase_planes", "point_film", "points",
           "races", "range_around", "score_card", "square_limit", "to_numpy", "to_pixels",
           "transport"]  # fmt: skip
