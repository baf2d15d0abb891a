"""Wrong derivatives that look right: by type, by state, by rounding."""

import itertools
import time

import numpy as np

from .case import NUMPY, PYTHON, TORCH, Case

X = np.array([0.37, -1.25, 2.6])


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


class LossScaler:
    """Multiplies, rounds to steps of 2**-20, divides."""

    def __init__(self, scale=64.0):
        self.scale = scale

    def backward(self, x):
        return np.round(np.cos(x) * self.scale * 2**20) / 2**20 / self.scale


def loss_scaled_backward(x):
    return LossScaler().backward(x)


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
    Case("loss_scaled", TORCH, sine_sum, (X,), {"gradient": loss_scaled_backward}, False, why="rounded to 26 bits"),
)
