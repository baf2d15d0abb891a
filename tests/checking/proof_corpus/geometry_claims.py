"""Distances, angles, areas and projections."""

import math

import numpy as np

from .case import NUMPY, PYTHON, TORCH, Case

A = np.array([0.5, -1.0, 1.5])
B = np.array([0.9, 0.3, -0.7])
POLYGON = np.array([[0.0, 0.1], [2.0, 0.3], [1.4, 1.9], [-0.3, 1.2]])


def polar(x, y):
    return math.atan2(y, x) + math.hypot(x, y)


def polar_gradient(x, y):
    r2 = x * x + y * y
    r = math.sqrt(r2)
    return -y / r2 + x / r, x / r2 + y / r


def polar_gradient_swapped(x, y):
    r2 = x * x + y * y
    r = math.sqrt(r2)
    return y / r2 + x / r, -x / r2 + y / r


def bearing(p):
    return np.arctan2(p[1::2], p[0::2]).sum()


def bearing_gradient(p):
    x, y = p[0::2], p[1::2]
    return np.stack([-y, x], axis=1).ravel() / np.repeat(x**2 + y**2, 2)


def bearing_gradient_tiled(p):
    x, y = p[0::2], p[1::2]
    return np.stack([-y, x], axis=1).ravel() / np.tile(x**2 + y**2, 2)


def bearing_gradient_arctan(p):
    x, y = p[0::2], p[1::2]
    u = y / x
    return np.stack([-u / x, 1 / x], axis=1).ravel() / (1 + np.repeat(u, 2) ** 2)


def angle_between(a, b):
    return math.acos(sum(s * t for s, t in zip(a, b, strict=True)) / (math.hypot(*a) * math.hypot(*b)))


def angle_between_gradient(a, b):
    na, nb = math.hypot(*a), math.hypot(*b)
    c = (a @ b) / (na * nb)
    s = math.sqrt(1 - c * c)
    return (c * a / na - b / nb) / (na * s), (c * b / nb - a / na) / (nb * s)


def angle_between_gradient_cosine(a, b):
    na, nb = math.hypot(*a), math.hypot(*b)
    c = (a @ b) / (na * nb)
    return (c * a / na - b / nb) / na, (c * b / nb - a / na) / nb


def shoelace(p):
    x, y = p[:, 0], p[:, 1]
    return 0.5 * np.abs(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1)))


def shoelace_gradient(p):
    x, y = p.T
    sign = np.sign(x @ np.roll(y, -1) - y @ np.roll(x, -1))
    dx = np.roll(y, -1) - np.roll(y, 1)
    dy = np.roll(x, 1) - np.roll(x, -1)
    return 0.5 * sign * np.column_stack([dx, dy])


def shoelace_gradient_signed(p):
    x, y = p.T
    dx = np.roll(y, -1) - np.roll(y, 1)
    dy = np.roll(x, 1) - np.roll(x, -1)
    return 0.5 * np.column_stack([dx, dy])


def haversine(lat1, lon1, lat2, lon2):
    h = math.sin((lat2 - lat1) / 2) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
    return 2 * math.asin(math.sqrt(h))


def haversine_gradient(lat1, lon1, lat2, lon2):
    dl = lon2 - lon1
    h = math.sin((lat2 - lat1) / 2) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin(dl / 2) ** 2
    k = 1 / math.sqrt(h * (1 - h))
    half = math.sin(lat2 - lat1) / 2
    s2 = math.sin(dl / 2) ** 2
    d1 = -half - math.sin(lat1) * math.cos(lat2) * s2
    d2 = half - math.cos(lat1) * math.sin(lat2) * s2
    dlon = math.cos(lat1) * math.cos(lat2) * math.sin(dl) / 2
    return k * d1, -k * dlon, k * d2, k * dlon


def haversine_gradient_cosines(lat1, lon1, lat2, lon2):
    """By the spherical law of cosines, for the same distance."""
    d = lon2 - lon1
    c = math.sin(lat1) * math.sin(lat2) + math.cos(lat1) * math.cos(lat2) * math.cos(d)
    k = -1 / math.sqrt(1 - c * c)
    g1 = k * (math.cos(lat1) * math.sin(lat2) - math.sin(lat1) * math.cos(lat2) * math.cos(d))
    g2 = k * (math.sin(lat1) * math.cos(lat2) - math.cos(lat1) * math.sin(lat2) * math.cos(d))
    gl = -k * math.cos(lat1) * math.cos(lat2) * math.sin(d)
    return g1, -gl, g2, gl


def pairwise(points):
    total = 0.0
    for i in range(len(points)):
        for j in range(i + 1, len(points)):
            total += math.dist(points[i], points[j])
    return total


def pairwise_gradient(points):
    g = np.zeros_like(points)
    for i in range(len(points)):
        for j in range(i + 1, len(points)):
            u = (points[i] - points[j]) / math.sqrt(sum((points[i] - points[j]) ** 2))
            g[i] += u
            g[j] -= u
    return g


def pairwise_gradient_one_way(points):
    g = np.zeros_like(points)
    for i in range(len(points)):
        for j in range(i + 1, len(points)):
            g[i] += (points[i] - points[j]) / math.dist(points[i], points[j])
    return g


class PairwiseDistance:
    @staticmethod
    def forward(ctx, x1, x2, eps=1e-6):
        d = x1 - x2 + eps
        n = (d * d).sum(-1) ** 0.5
        ctx["d"], ctx["n"] = d, n
        return n

    @staticmethod
    def backward(ctx, grad):
        g = np.expand_dims(grad / ctx["n"], -1) * ctx["d"]
        return g, -g


def pairwise_distance(x1, x2):
    return PairwiseDistance.forward({}, x1, x2)


def pairwise_distance_backward(x1, x2, grad):
    ctx = {}
    PairwiseDistance.forward(ctx, x1, x2)
    return PairwiseDistance.backward(ctx, grad)


def pairwise_distance_backward_eps(x1, x2, grad):
    d = x1 - x2
    g = np.expand_dims(grad / (d * d).sum(-1) ** 0.5, -1) * d
    return g, -g


def project(p):
    """Perspective division."""
    return p[:2] / p[2]


def project_jacobian(p):
    x, y, z = p
    return np.array([[1 / z, 0, -x / z**2], [0, 1 / z, -y / z**2]])


def project_jacobian_depth(p):
    x, y, z = p
    return np.array([[1 / z, 0, x / z**2], [0, 1 / z, y / z**2]])


def line_distance(p):
    return np.abs(0.8 * p[0] - 0.6 * p[1] + 0.1) + np.sqrt(p[2] ** 2)


def line_distance_gradient(p):
    s = np.sign(0.8 * p[0] - 0.6 * p[1] + 0.1)
    return np.array([0.8 * s, -0.6 * s, p[2] / abs(p[2])])


def line_distance_gradient_no_sign(p):
    s = np.sign(0.8 * p[0] - 0.6 * p[1] + 0.1)
    return np.array([0.8 * s, -0.6 * s, 1.0])


def soft_iou(boxes):
    """Of [0, w] and [a, a + 1]."""
    w, a = boxes
    inter = np.minimum(w, a + 1) - np.maximum(0.0, a)
    return inter / (w + 1 - inter)


def soft_iou_backward(boxes):
    w, a = boxes
    inter = np.minimum(w, a + 1) - np.maximum(0.0, a)
    union = w + 1 - inter
    di = np.array([1.0 if w < a + 1 else 0.0, (0.0 if w < a + 1 else 1.0) - (1.0 if a > 0 else 0.0)])
    du = np.array([1.0, 0.0]) - di
    return (di * union - inter * du) / union**2


def soft_iou_backward_fixed_union(boxes):
    w, a = boxes
    inter = np.minimum(w, a + 1) - np.maximum(0.0, a)
    return np.array([1.0, -1.0]) / (w + 1 - inter)


ORIGIN4 = np.array([0.8, -0.5, 1.9, 0.6])
PLACES = (0.91, 0.21, 0.62, -1.34)

CASES = (
    Case("polar", PYTHON, polar, (-0.8, 1.7), {"gradient": polar_gradient}, True),
    Case("polar_swapped", PYTHON, polar, (-0.8, 1.7), {"gradient": polar_gradient_swapped}, False),
    Case("bearing", NUMPY, bearing, (ORIGIN4,), {"gradient": bearing_gradient}, True),
    Case("bearing_arctan", NUMPY, bearing, (-ORIGIN4,), {"gradient": bearing_gradient_arctan}, True),
    Case(
        "bearing_tiled",
        NUMPY,
        bearing,
        (ORIGIN4,),
        {"gradient": bearing_gradient_tiled},
        False,
        why="right for points of one radius",
    ),
    Case("angle_between", PYTHON, angle_between, (A, B), {"gradient": angle_between_gradient}, True),
    Case("angle_between_cosine", PYTHON, angle_between, (A, B), {"gradient": angle_between_gradient_cosine}, False),
    Case("shoelace", NUMPY, shoelace, (POLYGON[::-1].copy(),), {"gradient": shoelace_gradient}, True),
    Case(
        "shoelace_signed",
        NUMPY,
        shoelace,
        (POLYGON[::-1].copy(),),
        {"gradient": shoelace_gradient_signed},
        False,
        why="right for the other orientation",
    ),
    Case("haversine", PYTHON, haversine, PLACES, {"gradient": haversine_gradient}, True),
    Case("haversine_cosines", PYTHON, haversine, PLACES, {"gradient": haversine_gradient_cosines}, True),
    Case("pairwise", PYTHON, pairwise, (POLYGON,), {"gradient": pairwise_gradient}, True),
    Case("pairwise_one_way", PYTHON, pairwise, (POLYGON,), {"gradient": pairwise_gradient_one_way}, False),
    Case(
        "pairwise_distance",
        TORCH,
        pairwise_distance,
        (POLYGON[:2], POLYGON[2:]),
        {"pullback": pairwise_distance_backward},
        True,
    ),
    Case(
        "pairwise_distance_eps",
        TORCH,
        pairwise_distance,
        (POLYGON[:2], POLYGON[2:]),
        {"pullback": pairwise_distance_backward_eps},
        False,
        why="an epsilon of 1e-6 inside the norm",
    ),
    Case("perspective", TORCH, project, (A,), {"jacobian": project_jacobian}, True),
    Case("perspective_depth", TORCH, project, (A,), {"jacobian": project_jacobian_depth}, False),
    Case("line_distance", NUMPY, line_distance, (-A,), {"gradient": line_distance_gradient}, True),
    Case(
        "line_distance_sign",
        NUMPY,
        line_distance,
        (-A,),
        {"gradient": line_distance_gradient_no_sign},
        False,
        why="sqrt(x**2) taken for x",
    ),
    Case("soft_iou", TORCH, soft_iou, (np.array([1.3, 0.45]),), {"gradient": soft_iou_backward}, True),
    Case(
        "soft_iou_union", TORCH, soft_iou, (np.array([1.3, 0.45]),), {"gradient": soft_iou_backward_fixed_union}, False
    ),
)
