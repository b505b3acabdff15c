"""The only place that draws. One look, four colours with a fixed meaning, alternative text.

Each function returns a `Picture`: a notebook shows it, a screen reader reads its `alt`, and
`picture.save(path)` writes the PNG. `plots.points` and `plots.curves` are the functions: each hides
the module of its name.
"""

from gancourse.pixels import to_pixels
from gancourse.plots.curves import by_layer, curves, densities, lines, losses, races
from gancourse.plots.images import grid, image_grid, score_card
from gancourse.plots.marks import Mark, Panel, gallery, panels, range_around
from gancourse.plots.picture import (
    D_COLOUR,
    FAKE,
    FIELD,
    G_COLOUR,
    INK,
    REAL,
    ROLES,
    STYLE,
    Picture,
    beside,
    captioned,
    to_numpy,
)
from gancourse.plots.points import (
    cross,
    eigenvalues,
    field_arrows,
    phase_planes,
    point_film,
    points,
    square_limit,
)
from gancourse.plots.tables import bars, calibration, confusion, number_grids

__all__ = ["D_COLOUR", "FAKE", "FIELD", "G_COLOUR", "INK", "REAL", "ROLES", "STYLE", "Mark",
           "Panel", "Picture", "bars", "beside", "by_layer", "calibration", "captioned",
           "confusion", "cross",
           "curves", "densities", "eigenvalues", "field_arrows", "gallery", "grid", "image_grid",
           "lines", "losses", "number_grids", "panels", "phase_planes", "point_film", "points",
           "races", "range_around", "score_card", "square_limit", "to_numpy",
           "to_pixels"]  # fmt: skip
