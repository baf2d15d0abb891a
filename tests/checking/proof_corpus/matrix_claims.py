"""Products, inverses, determinants, solves and factors of small matrices."""

import math

import numpy as np

from .case import NUMPY, PYTHON, TORCH, Case

A = np.array([[1.7, 0.3], [-0.45, 2.1]])
S = np.array([[2.0, 0.6], [0.6, 1.5]])
B = np.array([0.9, -1.3])
M3 = np.array([[2.0, 0.3, -0.5], [0.1, 1.6, 0.4], [-0.7, 0.2, 2.4]])
C3 = np.array([0.5, -1.0, 0.25])


def quadratic(x):
    return x @ M3 @ x


def quadratic_gradient_einsum(x):
    return np.einsum("ij,j->i", M3, x) + np.einsum("ij,i->j", M3, x)


def quadratic_gradient_symmetric(x):
    return 2 * M3 @ x


def quadratic_loops(x):
    total = 0.0
    for i in range(3):
        for j in range(i, 3):
            total += M3[i][j] * x[i] * x[j]
    return total


def quadratic_loops_gradient(x):
    g = [0.0] * 3
    for i in range(3):
        for j in range(i, 3):
            g[i] += M3[i][j] * x[j]
            g[j] += M3[i][j] * x[i]
    return g


def quadratic_loops_gradient_diagonal(x):
    g = [0.0] * 3
    for i in range(3):
        for j in range(i, 3):
            g[i] += M3[i][j] * x[j]
            if i != j:
                g[j] += M3[i][j] * x[i]
    return g


def solve_value(a, b):
    return C3[:2] @ np.linalg.solve(a, b)


def solve_value_gradient(a, b):
    x = np.linalg.solve(a, b)
    lam = np.linalg.solve(a.T, C3[:2])
    return -np.outer(lam, x), lam


def solve_value_gradient_outer(a, b):
    x = np.linalg.solve(a, b)
    lam = np.linalg.solve(a.T, C3[:2])
    return -np.outer(x, lam), lam


def inverse_trace(a):
    return np.trace(np.linalg.inv(a))


def inverse_trace_gradient_cofactors(a):
    d = a[0, 0] * a[1, 1] - a[0, 1] * a[1, 0]
    t = a[0, 0] + a[1, 1]
    cof = np.array([[a[1, 1], -a[1, 0]], [-a[0, 1], a[0, 0]]])
    return np.eye(2) / d - t / d**2 * cof


def inverse_trace_gradient_untransposed(a):
    inv = np.linalg.inv(a)
    return -inv @ inv


def inverse_pulled(a):
    return np.linalg.inv(a)


def inverse_pullback(a, v):
    y = np.linalg.inv(a)
    return -y.T @ v @ y.T


def inverse_pullback_swapped(a, v):
    y = np.linalg.inv(a)
    return -y @ v.T @ y


def log_determinant(a):
    _, value = np.linalg.slogdet(a)
    return value


def log_determinant_gradient(a):
    return np.linalg.inv(a).T


def log_determinant_gradient_untransposed(a):
    return np.linalg.inv(a)


def log_determinant_by_hand(a):
    return math.log(a[0, 0] * a[1, 1] - a[0, 1] * a[1, 0])


def log_determinant_by_hand_gradient(a):
    d = a[0, 0] * a[1, 1] - a[0, 1] * a[1, 0]
    return np.array([[a[1, 1], -a[1, 0]], [-a[0, 1], a[0, 0]]]) / d


def determinant_laplace(m):
    if len(m) == 1:
        return m[0][0]
    total = 0.0
    for j in range(len(m)):
        minor = [[row[k] for k in range(len(m)) if k != j] for row in m[1:]]
        total += (-1) ** j * m[0][j] * determinant_laplace(minor)
    return total


def determinant_laplace_gradient(m):
    n = len(m)
    out = np.zeros((n, n))
    for i in range(n):
        for j in range(n):
            minor = [[m[r][c] for c in range(n) if c != j] for r in range(n) if r != i]
            out[i, j] = (-1) ** (i + j) * determinant_laplace(minor)
    return out


def determinant_laplace_gradient_unsigned(m):
    return np.abs(determinant_laplace_gradient(m))


class Linear:
    def __init__(self, in_features, out_features):
        self.shape = out_features, in_features

    def forward(self, x, weight):
        self.x, self.weight = x, weight
        return x @ weight.T

    def backward(self, grad_output):
        return grad_output @ self.weight, grad_output.T @ self.x

    def backward_square(self, grad_output):
        return grad_output @ self.weight.T, grad_output.T @ self.x


def linear(x, weight):
    return Linear(2, 2).forward(x, weight)


def linear_backward(x, weight, grad_output):
    layer = Linear(2, 2)
    layer.forward(x, weight)
    return layer.backward(grad_output)


def linear_backward_square(x, weight, grad_output):
    layer = Linear(2, 2)
    layer.forward(x, weight)
    return layer.backward_square(grad_output)


class Bilinear:
    @staticmethod
    def forward(ctx, a, b, c):
        ctx["saved_tensors"] = a, b, c
        return np.einsum("i,ijk,j,k->", a, np.arange(8.0).reshape(2, 2, 2) - 3, b, c)

    @staticmethod
    def backward(ctx, grad_output):
        a, b, c = ctx["saved_tensors"]
        t = np.arange(8.0).reshape(2, 2, 2) - 3
        return (
            grad_output * np.einsum("ijk,j,k->i", t, b, c),
            grad_output * np.einsum("i,ijk,k->j", a, t, c),
            grad_output * np.tensordot(np.tensordot(a, t, 1).T, b, 1),
        )


def trilinear(a, b, c):
    return Bilinear.forward({}, a, b, c)


def trilinear_backward(a, b, c):
    ctx = {}
    Bilinear.forward(ctx, a, b, c)
    return Bilinear.backward(ctx, 1.0)


def cholesky_corner(p):
    """The lower right corner of the Cholesky factor of [[p0, p1], [p1, p2]]."""
    l00 = math.sqrt(p[0])
    l10 = p[1] / l00
    return math.sqrt(p[2] - l10 * l10)


def cholesky_corner_gradient(p):
    c = math.sqrt(p[2] - p[1] ** 2 / p[0])
    r = p[1] / p[0]
    return np.array([r * r, -2 * r, 1.0]) / (2 * c)


def largest_eigenvalue(p):
    half = (p[0] + p[2]) / 2
    return half + np.hypot((p[0] - p[2]) / 2, p[1])


def largest_eigenvalue_gradient(p):
    lam = largest_eigenvalue(p)
    v = np.array([lam - p[2], p[1]])
    v = v / np.sqrt(v @ v)
    return np.array([v[0] ** 2, 2 * v[0] * v[1], v[1] ** 2])


def largest_eigenvalue_gradient_off(p):
    lam = largest_eigenvalue(p)
    v = np.array([lam - p[2], p[1]])
    v = v / np.sqrt(v @ v)
    return np.array([v[0] ** 2, v[0] * v[1], v[1] ** 2])


def frobenius(a):
    return np.linalg.norm(a @ a)


def frobenius_gradient(a):
    p = a @ a
    g = p / np.sqrt((p * p).sum())
    return g @ a.T + a.T @ g


def frobenius_gradient_one_side(a):
    p = a @ a
    return 2 * p @ a.T / np.sqrt((p * p).sum())


def rayleigh(x):
    return (x @ S @ x) / (x @ x)


def rayleigh_gradient(x):
    return 2 * (S @ x - rayleigh(x) * x) / (x @ x)


def rayleigh_gradient_unit(x):
    return 2 * (S @ x - rayleigh(x) * x)


P = np.array([1.8, -0.7, 2.3])

CASES = (
    Case("quadratic_einsum", NUMPY, quadratic, (C3,), {"gradient": quadratic_gradient_einsum}, True),
    Case("quadratic_symmetric", NUMPY, quadratic, (C3,), {"gradient": quadratic_gradient_symmetric}, False),
    Case("quadratic_loops", PYTHON, quadratic_loops, (C3,), {"gradient": quadratic_loops_gradient}, True),
    Case("quadratic_diagonal", PYTHON, quadratic_loops, (C3,), {"gradient": quadratic_loops_gradient_diagonal}, False),
    Case("solve", NUMPY, solve_value, (A, B), {"gradient": solve_value_gradient}, True),
    Case("solve_outer", NUMPY, solve_value, (A, B), {"gradient": solve_value_gradient_outer}, False),
    Case("inverse_trace_cofactors", NUMPY, inverse_trace, (A,), {"gradient": inverse_trace_gradient_cofactors}, True),
    Case(
        "inverse_trace_untransposed",
        NUMPY,
        inverse_trace,
        (A,),
        {"gradient": inverse_trace_gradient_untransposed},
        False,
    ),
    Case("inverse", TORCH, inverse_pulled, (A,), {"pullback": inverse_pullback}, True),
    Case("inverse_swapped", TORCH, inverse_pulled, (A,), {"pullback": inverse_pullback_swapped}, False),
    Case("log_determinant", NUMPY, log_determinant, (A,), {"gradient": log_determinant_gradient}, True),
    Case(
        "log_determinant_untransposed",
        NUMPY,
        log_determinant,
        (A,),
        {"gradient": log_determinant_gradient_untransposed},
        False,
    ),
    Case(
        "log_determinant_nearly_symmetric",
        PYTHON,
        log_determinant_by_hand,
        (S + np.array([[0, 1e-9], [0, 0]]),),
        {"gradient": log_determinant_gradient_untransposed},
        False,
        why="the matrix is symmetric but for 1e-9",
    ),
    Case(
        "log_determinant_2x2",
        PYTHON,
        log_determinant_by_hand,
        (A,),
        {"gradient": log_determinant_by_hand_gradient},
        True,
    ),
    Case("determinant", PYTHON, determinant_laplace, (M3,), {"gradient": determinant_laplace_gradient}, True),
    Case(
        "determinant_unsigned",
        PYTHON,
        determinant_laplace,
        (M3,),
        {"gradient": determinant_laplace_gradient_unsigned},
        False,
    ),
    Case("linear", TORCH, linear, (A, S), {"pullback": linear_backward}, True),
    Case("linear_square", TORCH, linear, (S, A), {"pullback": linear_backward_square}, False),
    Case("trilinear", TORCH, trilinear, (B, C3[:2], S[0]), {"gradient": trilinear_backward}, True),
    Case("cholesky_corner", PYTHON, cholesky_corner, (P,), {"gradient": cholesky_corner_gradient}, True),
    Case("largest_eigenvalue", NUMPY, largest_eigenvalue, (P,), {"gradient": largest_eigenvalue_gradient}, True),
    Case(
        "largest_eigenvalue_off", NUMPY, largest_eigenvalue, (P,), {"gradient": largest_eigenvalue_gradient_off}, False
    ),
    Case("frobenius", NUMPY, frobenius, (A,), {"gradient": frobenius_gradient}, True),
    Case("frobenius_one_side", NUMPY, frobenius, (A,), {"gradient": frobenius_gradient_one_side}, False),
    Case("rayleigh", TORCH, rayleigh, (B,), {"gradient": rayleigh_gradient}, True),
    Case(
        "rayleigh_unit",
        TORCH,
        rayleigh,
        (np.array([0.6, -0.8000001]),),
        {"gradient": rayleigh_gradient_unit},
        False,
        why="the vector has length one but for 1e-7",
    ),
)
