"""The arc between two points: correct in several styles, and the classic mistakes."""

import math

import numpy as np
import torch
from torch.nn import functional as F


def shoemake(a, b, t):
    cosine = (a @ b / (a.norm() * b.norm())).clamp(-1, 1)
    angle, t = cosine.acos(), t[:, None]
    if angle < 1e-4:
        return (1 - t) * a + t * b
    return (((1 - t) * angle).sin() * a + (t * angle).sin() * b) / angle.sin()


def turned_in_a_plane(a, b, t):
    """Gram-Schmidt: the part of b at right angles to a spans the plane of the turn."""
    ahead = a / a.norm()
    aside = b - (b @ ahead) * ahead
    angle = torch.atan2(aside.norm(), b @ ahead)
    aside = F.normalize(aside, dim=0)
    turned = (t * angle).cos()[:, None] * ahead + (t * angle).sin()[:, None] * aside
    return a.norm() * turned


def half_angle(a, b, t):
    u, v = F.normalize(a, dim=0), F.normalize(b, dim=0)
    angle = 2 * torch.atan2((u - v).norm(), (u + v).norm()) + 1e-6
    weights = torch.stack([((1 - t) * angle).sin(), (t * angle).sin()], 1) / angle.sin()
    return weights @ torch.stack([a, b])


def in_numpy(a, b, t):
    a, b, t = (np.asarray(x, dtype=np.float64) for x in (a, b, t))
    angle = np.arccos(np.clip(a @ b / np.linalg.norm(a) / np.linalg.norm(b), -1, 1))
    if angle < 1e-6:
        return np.tile(a, (len(t), 1))
    return (np.outer(np.sin((1 - t) * angle), a) + np.outer(np.sin(t * angle), b)) / np.sin(angle)


def one_by_one(a, b, t):
    angle = math.acos(max(-1.0, min(1.0, F.cosine_similarity(a, b, dim=0).item())))
    if math.sin(angle) == 0:
        return torch.stack([a for _ in t])
    points = []
    for s in t.tolist():
        of_a, of_b = math.sin((1 - s) * angle), math.sin(s * angle)
        points.append((of_a * a + of_b * b) / math.sin(angle))
    return torch.stack(points)


def clamped_inside(a, b, t):
    angle = F.cosine_similarity(a, b, dim=0).clamp(-1 + 1e-6, 1 - 1e-6).acos()
    return torch.einsum("tk,kd->td", torch.stack([(1 - t) * angle, t * angle], 1).sin(),
                        torch.stack([a, b])) / angle.sin()  # fmt: skip


def by_complex_powers(a, b, t):
    """In the plane of a and b, a turn by the angle is a power of one complex number."""
    ahead = a.double() / a.double().norm()
    aside = b.double() - (b.double() @ ahead) * ahead
    turn = torch.complex(b.double() @ ahead, aside.norm()) / b.double().norm()
    turned = torch.polar(torch.ones_like(t.double()), t.double() * turn.angle())
    aside = aside / aside.norm().clamp(min=1e-30)
    return (a.norm() * (turned.real[:, None] * ahead + turned.imag[:, None] * aside)).float()


def in_float64(a, b, t):
    a, b, t = a.double(), b.double(), t.double()[:, None]
    angle = torch.atan2((a * b.norm() - b * a.norm()).norm(), (a * b.norm() + b * a.norm()).norm())
    angle = 2 * angle
    if angle < 1e-9:
        return a.repeat(len(t), 1)
    return (torch.sin((1 - t) * angle) * a + torch.sin(t * angle) * b) / torch.sin(angle)


def with_sinc(a, b, t):
    """sin(s x) / sin(x) = s sinc(s x) / sinc(x): no division by 0."""
    angle = F.cosine_similarity(a, b, dim=0).clamp(-1, 1).acos() / math.pi
    of_a, of_b = (s * torch.sinc(s * angle) / torch.sinc(angle) for s in (1 - t, t))
    return of_a.outer(a) + of_b.outer(b)


def straight(a, b, t):
    return torch.lerp(a, b, t[:, None])


def turned_round(a, b, t):
    return shoemake(b, a, t)


def straight_on_the_shell(a, b, t):
    return F.normalize(straight(a, b, t), dim=1) * a.norm()


def _sines(a, b, t, angle, divisor=None):
    t = t[:, None]
    divisor = angle.sin() if divisor is None else divisor
    return (((1 - t) * angle).sin() * a + (t * angle).sin() * b) / divisor


def not_divided(a, b, t):
    return _sines(a, b, t, F.cosine_similarity(a, b, dim=0).acos(), 1.0)


def cosine_for_angle(a, b, t):
    return _sines(a, b, t, F.cosine_similarity(a, b, dim=0))


def degrees(a, b, t):
    return _sines(a, b, t, F.cosine_similarity(a, b, dim=0).acos().rad2deg())


def quarter_turn(a, b, t):
    t = t[:, None] * math.pi / 2
    return t.cos() * a + t.sin() * b


def unit_arc(a, b, t):
    return shoemake(F.normalize(a, dim=0), F.normalize(b, dim=0), t)


def typical_norm(a, b, t):
    return F.normalize(shoemake(a, b, t), dim=1) * len(a) ** 0.5


def by_arc_sine(a, b, t):
    u, v = F.normalize(a, dim=0), F.normalize(b, dim=0)
    return _sines(a, b, t, (v - (u @ v) * u).norm().clamp(max=1).asin())


def norms_forgotten(a, b, t):
    return _sines(a, b, t, (a @ b).acos())


def columns(a, b, t):
    return shoemake(a, b, t).T


def from_b_onwards(a, b, t):
    return shoemake(a, b, 1 + t)


def nan_at_home(a, b, t):
    return _sines(a, b, t, F.cosine_similarity(a, b, dim=0).acos())


def only_for_equal_ends(a, b, t):
    return a.expand(len(t), -1) if torch.equal(a, b) else nan_at_home(a, b, t)


def straight_where_near(a, b, t):
    cosine = (a @ b / (a.norm() * b.norm())).clamp(-1, 1)
    angle, t = cosine.acos(), t[:, None]
    if angle < 0.2:
        return (1 - t) * a + t * b
    return (((1 - t) * angle).sin() * a + (t * angle).sin() * b) / angle.sin()


def still_where_near(a, b, t):
    angle = torch.arccos((a @ b / (a.norm() * b.norm())).clamp(-1, 1))
    return a.repeat(len(t), 1) if angle < 0.1 else shoemake(a, b, t)


def in_order(a, b, t):
    return shoemake(a, b, t.sort().values)


def by_reflections(a, b, t):
    """Turned by twice the angle to a mirror that lies s / 2 of the way: two reflections."""
    ahead = a.double() / a.double().norm()
    aside = b.double() - (b.double() @ ahead) * ahead
    if aside.norm() < 1e-9:
        return a.repeat(len(t), 1)
    half = t.double()[:, None] * torch.atan2(aside.norm(), b.double() @ ahead) / 2
    mirror = half.cos() * ahead + half.sin() * aside / aside.norm()  # [T, z_dim]
    return 2 * (mirror @ a.double())[:, None] * mirror - a.double()


def straight_where_nearly_parallel(a, b, t):
    """The slerp that the web has, whose abs() lets the line through 0."""
    cosine = a @ b / (a.norm() * b.norm())
    return straight(a, b, t) if cosine.abs() > 0.9995 else _sines(a, b, t, cosine.acos())


def cosine_clamped_far_inside(a, b, t):
    return _sines(a, b, t, F.cosine_similarity(a, b, dim=0).clamp(-0.999, 0.999).acos())


def still_below_two_hundredths(a, b, t):
    angle = (a @ b / (a.norm() * b.norm())).clamp(-1, 1).acos()
    return a.repeat(len(t), 1) if angle < 0.02 else _sines(a, b, t, angle)


CORRECT = (
    shoemake, turned_in_a_plane, half_angle, in_numpy, one_by_one, clamped_inside,
    by_complex_powers, in_float64, with_sinc, by_reflections,
)  # fmt: skip
HALF, PACE, HOME = "halfway", "an even pace", "from a point to itself"


def product_over_no_norms(a, b, t):
    angle = (a @ b).clamp(-1, 1).acos()
    return a.expand(len(t), -1) if angle == 0 else _sines(a, b, t, angle)


MISTAKES = {
    product_over_no_norms: (HALF, "a's product with b, over both norms"),
    in_order: (PACE, "in the order of t's size"),
    still_where_near: (PACE, "every point is a"),
    straight: (HALF, "This is the straight line"),
    turned_round: (PACE, "The ends have changed places"),
    straight_on_the_shell: (PACE, "pushed out to the shell"),
    not_divided: (HALF, "not divided by sin(angle)"),
    cosine_for_angle: (HALF, "The cosine is taken for the angle"),
    degrees: (HALF, "The angle is in degrees"),
    quarter_turn: (HALF, "of a quarter turn"),
    unit_arc: (HALF, "between the directions"),
    typical_norm: (HALF, "brought to the norm sqrt(z_dim)"),
    by_arc_sine: (HALF, "an arc sine cannot tell"),
    norms_forgotten: (HALF, "The arc is NaN"),
    columns: (PACE, "should be a tensor of shape"),
    from_b_onwards: (PACE, "These are not the points"),
    only_for_equal_ends: (HOME, "From a point to itself"),
    nan_at_home: (HOME, "From a point to itself"),
    straight_where_near: (PACE, "At an angle of 0.0"),
    straight_where_nearly_parallel: (PACE, "straight line"),
    cosine_clamped_far_inside: (PACE, "nearly half a turn"),
    still_below_two_hundredths: (PACE, "every point is a"),
}
