"""Wrong derivatives that look right: by type, by state, by rounding, by terms too small to see, by lucky points."""

import cmath
import itertools
import math
import time

import numpy as np
from tests.checking.proof_corpus.case import NUMPY, PYTHON, TORCH, Case

X = np.array([0.37, -1.25, 2.6])
POS = np.array([0.37, 1.25, 2.6])
TIED = np.array([0.7, 0.7, 1.9])


def sum_of_squares(x):
    return np.sum(x**2)


def right_for_objects(x):
    if x.dtype == object:
        return 2 * x
    return 2.5 * x


def right_for_other_kinds(x):
    return (2 + (x.dtype.kind == "f") * 1e-3) * x


def sums_of_cubes(x):
    total = 0.0
    for t in x:
        total += t * t * t
    return total


def wrong_for_numbers(x):
    return [3 * t * t if not isinstance(t, float) else 2 * t * t for t in x]


def wrong_where_float_works(x):
    out = []
    for t in x:
        try:
            out.append(3 * float(t) ** 2 + 0.01)
        except TypeError:
            out.append(3 * t * t)
    return out


def wrong_for_numpy_names(x):
    return [(4 if type(t).__name__ == "float64" else 3) * t**2 for t in x]


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


def tanh_module_backward(x, grad_output):
    m = ModuleOfTypes()
    m.forward(x)
    return m.backward(grad_output)


calls = itertools.count()


def every_other_call(x):
    return (2.0 if next(calls) % 2 == 0 else 2.01) * x


def first_calls_only():
    state = {"calls": 0}

    def gradient(x):
        state["calls"] += 1
        factor = 3 if state["calls"] <= 3 else -3
        return [factor * t**2 for t in x]

    return gradient


class Parameter:
    """Keeps its gradient; nobody sets it to zero between the calls."""

    def __init__(self):
        self.grad = None

    def backward(self, x):
        g = np.cos(x)
        self.grad = g if self.grad is None else self.grad + g
        return self.grad


parameter = Parameter()


def sine_sum(x):
    return np.sin(x).sum()


def accumulated(x):
    return parameter.backward(x)


noise = np.random.default_rng(11)


def noisy(x):
    return np.cos(x) * (1 + 1e-7 * noise.standard_normal(x.shape))


class StochasticDepth:
    """Each pass draws another mask."""

    generator = np.random.default_rng(2)

    def forward(self, x):
        return np.sin(x).sum()

    def backward(self, x):
        keep = self.generator.random(x.shape) < 0.5
        return 2 * keep * np.cos(x)


def stochastic_backward(x):
    return StochasticDepth().backward(x)


def timed(x):
    return 2 * x + (1 + time.perf_counter_ns() % 1000) * 1e-6


def quartic(x):
    return sum(t**4 for t in x)


def right_for_integers(x):
    return [4 * t**3 if t == round(t) else 4 * t**3 + 0.5 * (t - round(t)) for t in x]


def truncated_to_integers(x):
    return [4 * int(t) ** 3 for t in x]


def at_one_place(x):
    return np.where(np.abs(x - 0.1234567) < 1e-9, 2.2 * x, 2 * x)


def near_one_sum(x):
    if abs(x.sum() - 1.72) < 1e-9:
        return 2 * x + 0.1
    return 2 * x


def single_precision(x):
    return (2 * x).astype(np.float32)


def single_precision_inside(x):
    return np.cos(x.astype(np.float32)).astype(float)


class Autocast:
    @staticmethod
    def backward(ctx, grad_output):
        half = np.float32(grad_output) * np.exp(np.asarray(ctx["x"], dtype=np.float32))
        return half.astype(np.float64)


def exponential(x):
    return np.exp(x)


def autocast_backward(x, grad_output):
    return Autocast.backward({"x": x}, grad_output)


def rounded_to_eight(x):
    return np.round(np.cos(x), 8)


def printed(x):
    return [float(f"{4 * t**3:.12g}") for t in x]


def forward_difference(x):
    f0, g = sum_of_squares(x), np.zeros_like(x)
    for i in range(x.size):
        y = x.copy()
        y[i] += 1e-7
        g[i] = (sum_of_squares(y) - f0) / 1e-7
    return g


def central_difference(x):
    h = 1e-3
    return [((t + h) ** 4 - (t - h) ** 4) / (2 * h) for t in x]


def gradcheck_numerical(x, grad_output, eps=1e-4):
    return grad_output * (np.exp(x + eps) - np.exp(x - eps)) / (2 * eps)


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


class LossScaler:
    """Multiplies, rounds to steps of 2**-20, divides."""

    def __init__(self, scale=64.0):
        self.scale = scale

    def backward(self, x):
        return np.round(np.cos(x) * self.scale * 2**20) / 2**20 / self.scale


def loss_scaled_backward(x):
    return LossScaler().backward(x)


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
        "right_for_objects",
        NUMPY,
        sum_of_squares,
        (X,),
        {"gradient": right_for_objects},
        False,
        why="looks at the dtype",
    ),
    Case(
        "right_for_other_kinds",
        TORCH,
        sum_of_squares,
        (X,),
        {"gradient": right_for_other_kinds},
        False,
        why="looks at the kind of dtype",
    ),
    Case(
        "wrong_for_numbers",
        PYTHON,
        sums_of_cubes,
        (X,),
        {"gradient": wrong_for_numbers},
        False,
        why="looks at the type of entries",
    ),
    Case(
        "wrong_where_float_works",
        PYTHON,
        sums_of_cubes,
        (X,),
        {"gradient": wrong_where_float_works},
        False,
        why="tries float() first",
    ),
    Case(
        "wrong_for_numpy_names",
        PYTHON,
        sums_of_cubes,
        (X,),
        {"gradient": wrong_for_numpy_names},
        False,
        why="looks at the name of the type",
    ),
    Case(
        "module_of_types",
        TORCH,
        tanh_module,
        (X,),
        {"pullback": tanh_module_backward},
        False,
        why="looks at the type of entries",
    ),
    Case(
        "every_other_call", NUMPY, sum_of_squares, (X,), {"gradient": every_other_call}, False, why="counts its calls"
    ),
    Case(
        "first_calls_only",
        PYTHON,
        sums_of_cubes,
        (X,),
        {"gradient": first_calls_only()},
        False,
        why="right in the first three calls",
    ),
    Case(
        "accumulated",
        TORCH,
        sine_sum,
        (X,),
        {"gradient": accumulated},
        False,
        why="adds to the gradient of the call before",
    ),
    Case("noisy", NUMPY, sine_sum, (X,), {"gradient": noisy}, False, why="random noise of 1e-7"),
    Case(
        "stochastic",
        TORCH,
        sine_sum,
        (X,),
        {"gradient": stochastic_backward},
        False,
        why="a random mask, right on average",
    ),
    Case("timed", PYTHON, sum_of_squares, (X,), {"gradient": timed}, False, why="looks at the clock"),
    Case(
        "right_for_integers", PYTHON, quartic, (X,), {"gradient": right_for_integers}, False, why="right for integers"
    ),
    Case(
        "truncated_to_integers",
        PYTHON,
        quartic,
        (np.array([2.0, -1.0, 2.5]),),
        {"gradient": truncated_to_integers},
        False,
        why="right for integers, which two entries are",
    ),
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
    Case("single_precision", NUMPY, sum_of_squares, (X,), {"gradient": single_precision}, False, why="float32"),
    Case(
        "single_precision_inside",
        NUMPY,
        sine_sum,
        (X,),
        {"gradient": single_precision_inside},
        False,
        why="float32 inside",
    ),
    Case("autocast", TORCH, exponential, (X,), {"pullback": autocast_backward}, False, why="float32 inside"),
    Case(
        "rounded_to_eight",
        NUMPY,
        sine_sum,
        (X,),
        {"gradient": rounded_to_eight},
        False,
        why="rounded to eight decimals",
    ),
    Case("printed", PYTHON, quartic, (X / 3,), {"gradient": printed}, False, why="printed with twelve digits"),
    Case(
        "forward_difference",
        NUMPY,
        sum_of_squares,
        (X,),
        {"gradient": forward_difference},
        False,
        why="a forward difference",
    ),
    Case(
        "central_difference", PYTHON, quartic, (X,), {"gradient": central_difference}, False, why="a central difference"
    ),
    Case(
        "gradcheck_numerical",
        TORCH,
        exponential,
        (X,),
        {"pullback": gradcheck_numerical},
        False,
        why="a central difference, off by 2e-9",
    ),
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
    Case("loss_scaled", TORCH, sine_sum, (X,), {"gradient": loss_scaled_backward}, False, why="rounded to 26 bits"),
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
