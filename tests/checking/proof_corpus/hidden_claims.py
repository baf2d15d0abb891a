"""Wrong derivatives that look right: by terms too small to see, by constants, by lucky points."""

import cmath
import math

import numpy as np

from .case import NUMPY, PYTHON, TORCH, Case

X = np.array([0.37, -1.25, 2.6])
POS = np.array([0.37, 1.25, 2.6])
TIED = np.array([0.7, 0.7, 1.9])


def sum_of_squares(x):
    return np.sum(x**2)


class ModuleOfTypes:
    """Chooses its formula by the type of what it keeps."""

    def forward(self, x):
        self.saved = x
        return np.tanh(x)

    def backward(self, grad_output):
        t = np.tanh(self.saved)
        if isinstance(self.saved.flat[0], np.floating):
            return grad_output * (1 - np.abs(t))
        return grad_output * (1 - t * t)


def tanh_module(x):
    return ModuleOfTypes().forward(x)


def sine_sum(x):
    return np.sin(x).sum()


def quartic(x):
    return sum(t**4 for t in x)


def at_one_place(x):
    return np.where(np.abs(x - 0.1234567) < 1e-9, 2.2 * x, 2 * x)


def near_one_sum(x):
    if abs(x.sum() - 1.72) < 1e-9:
        return 2 * x + 0.1
    return 2 * x


def oscillation(x):
    return math.exp(x) * math.sin(x)


def complex_step(x):
    h = 1e-30
    return (cmath.exp(complex(x, h)) * cmath.sin(complex(x, h))).imag / h


def cube(x):
    return x * x * x


def drowned_term(x):
    return 3 * x * x + 1e-18 * x


def sine(x):
    return math.sin(x)


def drowned_exponential(x):
    return math.cos(x) + math.exp(-60) * math.cos(x)


def tiny_term(x):
    return 2 * x + 1e-9 * x


def decayed(x):
    return np.cos(x) + 1e-8 * x


def with_exp_minus_thirty(x):
    return [4 * t**3 * (1 + math.exp(-30)) for t in x]


def constant_digits(x):
    return np.cos(x) * (3.1415926535 / np.pi)


def scaled_sine(x):
    return np.sin(np.pi * x).sum()


def scaled_sine_pi_digits(x):
    return 3.1415926535 * np.cos(np.pi * x)


def scaled_sine_old_pi(x):
    return np.pi * np.cos(355 / 113 * x)


class Erf:
    @staticmethod
    def forward(x):
        return sum(math.erf(t) for t in x)

    @staticmethod
    def backward(x):
        return np.array([1.1283791671 * math.exp(-t * t) for t in x])


def gamma_log(x):
    return math.lgamma(x)


def gamma_log_asymptotic(x):
    return math.log(x) - 1 / (2 * x) - 1 / (12 * x**2) + 1 / (120 * x**4) - 1 / (252 * x**6)


def cosine_series(x):
    return 1 - x**2 / 2 + x**4 / 24 - x**6 / 720


def weighted_squares_by_place(x):
    return sum((i + 1) * t * t for i, t in enumerate(x))


def by_first_index(x):
    values = list(x)
    return [2 * (values.index(t) + 1) * t for t in values]


def by_dictionary(x):
    weight = {t: i + 1 for i, t in enumerate(x)}
    return [2 * weight[t] * t for t in x]


def square_of_sum(x):
    return np.sum(x) ** 2


def unique_only(x):
    return np.full_like(x, 2 * np.unique(x).sum())


def nearly_symmetric(a, b):
    return (a**2 * b).sum()


def swapped_factors(a, b):
    return 2 * a * b, b**2


def even_spread(x):
    return np.full_like(x, (2 * x).mean())


def one_branch(x):
    return np.where(x < 0, x**2, x**3).sum()


def one_branch_gradient(x):
    return np.where(x < 1e-6, 2 * x, 3 * x**2)


def straight_through(x):
    return (np.round(4 * x) / 4 * x).sum()


def straight_through_backward(x):
    return np.round(4 * x) / 4 + x


class ClipGradNorm:
    def __init__(self, max_norm):
        self.max_norm = max_norm

    def __call__(self, grad):
        norm = np.sqrt((grad * grad).sum())
        return grad * np.minimum(1.0, self.max_norm / (norm + 1e-6))


def barely_clipped_backward(x):
    norm = np.sqrt((2 * x) @ (2 * x))
    return ClipGradNorm(norm)(2 * x)


class TanhByTable:
    """The slope between two entries of a table with steps of 0.001."""

    def backward(self, x, grad_output):
        k = np.floor(x * 1000)
        w = x * 1000 - k
        low, high = 1 - np.tanh(k / 1000) ** 2, 1 - np.tanh((k + 1) / 1000) ** 2
        return grad_output * ((1 - w) * low + w * high)


def tanh_by_table(x, grad_output):
    return TanhByTable().backward(x, grad_output)


class FakeQuant:
    """Weights that were stored with seven digits."""

    weight = np.array([0.3333333, 0.1428571, 1.4142136])

    def forward(self, x):
        return np.sum(np.array([1 / 3, 1 / 7, math.sqrt(2)]) * np.exp(x))

    def backward(self, x):
        return self.weight * np.exp(x)


def quantised(x):
    return FakeQuant().forward(x)


def quantised_backward(x):
    return FakeQuant().backward(x)


CASES = (
    Case(
        "at_one_place",
        NUMPY,
        sum_of_squares,
        (np.array([0.5, 0.1234567, -2.0]),),
        {"gradient": at_one_place},
        False,
        why="wrong near one number only",
    ),
    Case("near_one_sum", TORCH, sum_of_squares, (X,), {"gradient": near_one_sum}, False, why="wrong near one sum only"),
    Case(
        "complex_step",
        PYTHON,
        oscillation,
        (0.83,),
        {"gradient": complex_step},
        False,
        why="a complex step, off by 1e-60",
    ),
    Case(
        "drowned_term",
        PYTHON,
        cube,
        (1.37,),
        {"gradient": drowned_term},
        False,
        why="a term of 1e-18 x is lost in floats",
    ),
    Case(
        "drowned_exponential",
        PYTHON,
        sine,
        (0.61,),
        {"gradient": drowned_exponential},
        False,
        why="a term of exp(-60) is lost in floats",
    ),
    Case("tiny_term", NUMPY, sum_of_squares, (X,), {"gradient": tiny_term}, False, why="a term of 1e-9 x"),
    Case("decayed", TORCH, sine_sum, (X,), {"gradient": decayed}, False, why="a decay of weights of 1e-8"),
    Case(
        "with_exp_minus_thirty",
        PYTHON,
        quartic,
        (X,),
        {"gradient": with_exp_minus_thirty},
        False,
        why="a factor of 1 + exp(-30)",
    ),
    Case(
        "pi_ratio",
        TORCH,
        sine_sum,
        (X,),
        {"gradient": constant_digits},
        False,
        why="pi to eleven digits, divided by pi",
    ),
    Case("pi_digits", NUMPY, scaled_sine, (X,), {"gradient": scaled_sine_pi_digits}, False, why="pi to eleven digits"),
    Case("pi_milu", NUMPY, scaled_sine, (X,), {"gradient": scaled_sine_old_pi}, False, why="355/113 for pi"),
    Case("erf_digits", TORCH, Erf.forward, (X,), {"gradient": Erf.backward}, False, why="2/sqrt(pi) to eleven digits"),
    Case(
        "lgamma_asymptotic",
        PYTHON,
        gamma_log,
        (7.3,),
        {"gradient": gamma_log_asymptotic},
        False,
        why="an asymptotic series, off by 5e-10",
    ),
    Case(
        "cosine_series",
        PYTHON,
        sine,
        (0.03,),
        {"gradient": cosine_series},
        False,
        why="a series cut off, wrong by 2e-17",
    ),
    Case(
        "by_first_index",
        PYTHON,
        weighted_squares_by_place,
        (TIED,),
        {"gradient": by_first_index},
        False,
        why="wrong for repeated entries",
    ),
    Case(
        "by_dictionary",
        PYTHON,
        weighted_squares_by_place,
        (TIED,),
        {"gradient": by_dictionary},
        False,
        why="wrong for repeated entries",
    ),
    Case(
        "unique_only", NUMPY, square_of_sum, (TIED,), {"gradient": unique_only}, False, why="wrong for repeated entries"
    ),
    Case(
        "nearly_symmetric",
        NUMPY,
        nearly_symmetric,
        (POS, POS + 1e-8),
        {"gradient": swapped_factors},
        False,
        why="right where a = b, which nearly holds",
    ),
    Case(
        "even_spread",
        TORCH,
        sum_of_squares,
        (X,),
        {"gradient": even_spread},
        False,
        why="right for the sum, not per entry",
    ),
    Case(
        "one_branch",
        NUMPY,
        one_branch,
        (np.array([-0.5, 1e-7, 2.0]),),
        {"gradient": one_branch_gradient},
        False,
        why="one entry lies just beyond the branch",
    ),
    Case(
        "straight_through",
        TORCH,
        straight_through,
        (X,),
        {"gradient": straight_through_backward},
        False,
        why="rounding taken for the identity",
    ),
    Case(
        "barely_clipped_norm",
        TORCH,
        sum_of_squares,
        (X,),
        {"gradient": barely_clipped_backward},
        False,
        why="clipped by 2e-7",
    ),
    Case(
        "tanh_by_table",
        TORCH,
        tanh_module,
        (X + 3e-4,),
        {"pullback": tanh_by_table},
        False,
        why="interpolated in a table",
    ),
    Case(
        "seven_digits", TORCH, quantised, (X,), {"gradient": quantised_backward}, False, why="weights to seven digits"
    ),
)
