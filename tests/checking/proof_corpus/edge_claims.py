"""Scales, thresholds and branches of functions, and slips of the language rather than of calculus."""

import math

import numpy as np

from .case import NUMPY, PYTHON, TORCH, Case

X = np.array([0.37, -1.25, 2.6])
SMALL = np.array([0.02, -0.07, 1.3])


def sinc(x):
    return np.where(np.abs(x) < 0.1, 1 - x**2 / 6, np.sin(x) / x)


def sinc_slope(x):
    return np.where(np.abs(x) < 0.1, -x / 3, (x * np.cos(x) - np.sin(x)) / x**2)


def sinc_slope_exact(x):
    return np.cos(x) / x - np.sin(x) / x**2


def log_cosh_plain(x):
    return np.log(np.cosh(x)).sum()


def far_sign(x):
    return np.sign(x)


def tiny_hypot(x, y):
    return np.hypot(x, y).sum()


def tiny_hypot_gradient(x, y):
    t = np.arctan2(y, x)
    return np.cos(t), np.sin(t)


class ReLUSquared:
    @staticmethod
    def forward(ctx, x):
        ctx["relu"] = np.maximum(x, 0)
        return (ctx["relu"] ** 2).sum()

    @staticmethod
    def backward(ctx, grad_output):
        return 2 * grad_output * ctx["relu"]


def relu_squared(x):
    return ReLUSquared.forward({}, x)


def relu_squared_backward(x):
    ctx = {}
    ReLUSquared.forward(ctx, x)
    return ReLUSquared.backward(ctx, 1.0)


def relu_squared_backward_half(x):
    return 2 * np.maximum(x, 0) + 0.5 * (x == 0)


class Softplus:
    """With the threshold beyond which the function is the identity."""

    def __init__(self, threshold=20.0):
        self.threshold = threshold

    def forward(self, x):
        self.linear = x > self.threshold
        return np.where(self.linear, x, np.log1p(np.exp(np.minimum(x, self.threshold))))

    def backward(self, x, grad_output):
        z = np.exp(np.minimum(x, self.threshold))
        return grad_output * np.where(self.linear, 1.0, z / (1 + z))


def softplus_thresholded(x):
    return Softplus().forward(x)


def softplus_thresholded_backward(x, grad_output):
    module = Softplus()
    module.forward(x)
    return module.backward(x, grad_output)


def softplus_thresholded_sigmoid(x, grad_output):
    return grad_output / (1 + np.exp(-x))


def softplus_everywhere(x):
    return np.log1p(np.exp(x))


class RMS:
    def __init__(self, eps):
        self.eps = eps

    def forward(self, x):
        return x / ((x * x).mean() + self.eps) ** 0.5

    def backward(self, x, grad_output):
        ms = (x * x).mean() + self.eps
        return grad_output / ms**0.5 - x * (x * grad_output).mean() / ms**1.5


def rms(x):
    return RMS(0.0).forward(x)


def rms_backward_eps(x, grad_output):
    return RMS(1e-15).backward(x, grad_output)


def large_squares(x):
    return np.sum(x * x)


def large_squares_offset(x):
    return 2 * x + 1e-3


class ScaledExp:
    rate = np.float32(0.1)

    def backward(self, x):
        return np.float64(self.rate) * np.exp(0.1 * x)


def scaled_exp(x):
    return np.exp(0.1 * x).sum()


def scaled_exp_backward(x):
    return ScaledExp().backward(x)


def scaled_exp_dyadic(x):
    return 0.1 * np.exp(0.1 * x) * (1 + 2.0**-40)


def clipped_loss(s):
    total = 0.0
    for t in s:
        p = 1 / (1 + math.exp(-t))
        p = min(max(p, 1e-7), 1 - 1e-7)
        total -= math.log(p)
    return total


def clipped_loss_gradient_unclipped(s):
    return [1 / (1 + math.exp(-t)) - 1 for t in s]


def clipped_loss_gradient(s):
    out = []
    for t in s:
        p = 1 / (1 + math.exp(-t))
        out.append(p - 1 if 1e-7 < p < 1 - 1e-7 else 0.0)
    return out


def l1_norm(x):
    return np.abs(x).sum()


def sign_by_division(x):
    return x / (np.abs(x) + 1e-8)


def smooth_abs(x):
    return sum(math.sqrt(t * t + 1e-12) for t in x)


def smooth_abs_gradient(x):
    return [t / math.sqrt(t * t + 1e-12) for t in x]


def smooth_abs_sign(x):
    return [1.0 if t > 0 else -1.0 for t in x]


def cubes(x):
    return math.fsum(t**3 for t in x)


def near_exponent(x):
    return [3 * abs(t) ** 2.0000001 for t in x]


def square_and_root(x):
    return sum(t**2.5 for t in x)


def integer_division(x):
    return [2.5 * t ** (3 // 2) for t in x]


def table_of_sines(m):
    return sum(math.sin(m[i][j]) * (i + j + 1) for i in range(2) for j in range(2))


def aliased_rows(m):
    g = [[0.0] * 2] * 2
    for i in range(2):
        for j in range(2):
            g[i][j] = math.cos(m[i][j]) * (i + j + 1)
    return g


def largest_squared(x):
    return x.max() ** 2


def argmax_of_abs(x):
    g = np.zeros_like(x)
    i = np.argmax(np.abs(x))
    g[i] = 2 * x[i]
    return g


def square_times(x):
    return x[0] ** 2 * x[1]


def overwritten_input(x):
    g = x
    g[0] = 2 * x[0] * x[1]
    g[1] = x[0] ** 2
    return g


FAR = np.array([21.0, -0.4, 1.5])

CASES = (
    Case("sinc_branch", NUMPY, sinc, (SMALL,), {"slope": sinc_slope}, True),
    Case(
        "sinc_exact",
        NUMPY,
        sinc,
        (SMALL,),
        {"slope": sinc_slope_exact},
        False,
        why="the function is a parabola near zero",
    ),
    Case(
        "log_cosh_far",
        NUMPY,
        log_cosh_plain,
        (np.array([25.0, -28.5]),),
        {"gradient": far_sign},
        False,
        why="off by exp(-50), less than floats show",
    ),
    Case(
        "tiny_hypot",
        NUMPY,
        tiny_hypot,
        (X * 1e-150, X[::-1] * 1e-150),
        {"gradient": tiny_hypot_gradient},
        True,
        why="tiny inputs",
    ),
    Case(
        "relu_squared",
        TORCH,
        relu_squared,
        (np.array([0.0, 1.3, -0.6]),),
        {"gradient": relu_squared_backward},
        True,
        kink=True,
    ),
    Case(
        "relu_squared_half",
        TORCH,
        relu_squared,
        (np.array([0.0, 1.3, -0.6]),),
        {"gradient": relu_squared_backward_half},
        False,
        why="wrong at zero only",
        kink=True,
    ),
    Case(
        "softplus_thresholded",
        TORCH,
        softplus_thresholded,
        (FAR,),
        {"pullback": softplus_thresholded_backward},
        True,
        why="one entry lies beyond the threshold",
    ),
    Case(
        "softplus_sigmoid",
        TORCH,
        softplus_thresholded,
        (FAR,),
        {"pullback": softplus_thresholded_sigmoid},
        False,
        why="off by exp(-21), as the function is the identity there",
    ),
    Case(
        "softplus_cut",
        TORCH,
        softplus_everywhere,
        (FAR,),
        {"pullback": softplus_thresholded_backward},
        False,
        why="off by exp(-21), as the function has no threshold",
    ),
    Case(
        "rms_tiny_eps",
        TORCH,
        rms,
        (X * 1e-6,),
        {"pullback": rms_backward_eps},
        False,
        why="an epsilon of 1e-15 beside squares of 1e-12",
    ),
    Case(
        "large_offset",
        NUMPY,
        large_squares,
        (X * 1e9,),
        {"gradient": large_squares_offset},
        False,
        why="off by 1e-3 in 1e9",
    ),
    Case(
        "float32_constant", TORCH, scaled_exp, (X,), {"gradient": scaled_exp_backward}, False, why="a tenth in float32"
    ),
    Case(
        "dyadic_factor", NUMPY, scaled_exp, (X,), {"gradient": scaled_exp_dyadic}, False, why="a factor of 1 + 2**-40"
    ),
    Case(
        "clipped_loss", PYTHON, clipped_loss, (np.array([18.0, -0.4, 1.5]),), {"gradient": clipped_loss_gradient}, True
    ),
    Case(
        "clipped_loss_unclipped",
        PYTHON,
        clipped_loss,
        (np.array([18.0, -0.4, 1.5]),),
        {"gradient": clipped_loss_gradient_unclipped},
        False,
        why="one entry is clipped",
    ),
    Case("sign_by_division", TORCH, l1_norm, (X,), {"gradient": sign_by_division}, False, why="an epsilon of 1e-8"),
    Case("smooth_abs", PYTHON, smooth_abs, (X,), {"gradient": smooth_abs_gradient}, True),
    Case(
        "smooth_abs_sign", PYTHON, smooth_abs, (X,), {"gradient": smooth_abs_sign}, False, why="the sign, off by 1e-12"
    ),
    Case("near_exponent", PYTHON, cubes, (X,), {"gradient": near_exponent}, False, why="an exponent of 2 + 1e-7"),
    Case("integer_division", PYTHON, square_and_root, (np.abs(X),), {"gradient": integer_division}, False),
    Case(
        "aliased_rows",
        PYTHON,
        table_of_sines,
        (np.array([[0.3, -0.8], [1.2, 0.5]]),),
        {"gradient": aliased_rows},
        False,
    ),
    Case("argmax_of_abs", NUMPY, largest_squared, (np.array([0.37, -3.25, 2.6]),), {"gradient": argmax_of_abs}, False),
    Case("overwritten_input", NUMPY, square_times, (X[::2].copy(),), {"gradient": overwritten_input}, False),
)
