"""Activations, elementwise."""

import math

import numpy as np

from .case import NUMPY, PYTHON, TORCH, Case

X = np.array([0.37, -1.25, 2.6])
CLEAR = np.array([0.8, -0.5, 1.9, -3.1])


def gelu_tanh(x):
    return 0.5 * x * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3)))


def gelu_tanh_slope(x):
    c = math.sqrt(2 / math.pi)
    t = np.tanh(c * (x + 0.044715 * x**3))
    return 0.5 * (1 + t) + 0.5 * x * (1 - t**2) * c * (1 + 3 * 0.044715 * x**2)


def gelu_tanh_slope_sech(x):
    u = np.sqrt(2 / np.pi) * (x + 0.044715 * x * x * x)
    du = np.sqrt(2 / np.pi) * (1 + 0.134145 * x * x)
    return 1 / (1 + np.exp(-2 * u)) + 0.5 * x * du / np.cosh(u) ** 2


def gelu_tanh_slope_digits(x):
    c = 0.7978845608
    t = np.tanh(c * (x + 0.044715 * x**3))
    return 0.5 * (1 + t) + 0.5 * x * (1 - t**2) * c * (1 + 3 * 0.044715 * x**2)


def gelu_erf(x):
    return np.array([0.5 * t * (1 + math.erf(t / math.sqrt(2))) for t in x])


def gelu_erf_slope(x):
    return np.array(
        [0.5 * (1 + math.erf(t / math.sqrt(2))) + t * math.exp(-t * t / 2) / math.sqrt(2 * math.pi) for t in x]
    )


def gelu_erf_slope_erfc(x):
    out = []
    for t in x:
        phi = math.exp(-0.5 * t**2) * 0.3989422804014327
        out.append(math.erfc(-t * math.sqrt(0.5)) / 2 + t * phi)
    return np.array(out)


def gelu_erf_slope_of_tanh(x):
    return gelu_tanh_slope(x)


class SiLU:
    @staticmethod
    def forward(ctx, input):
        ctx.append(input)
        return input / (1 + np.exp(-input))

    @staticmethod
    def backward(ctx, grad_output):
        (input,) = ctx
        s = 0.5 + 0.5 * np.tanh(input / 2)
        return grad_output * (s + input * s * (1 - s))


def silu(input):
    return SiLU.forward([], input)


def silu_backward(input, grad_output):
    ctx = []
    SiLU.forward(ctx, input)
    return SiLU.backward(ctx, grad_output)


class F:
    """A lookalike of functional."""

    @staticmethod
    def softplus(x, beta=1.0):
        return np.log1p(np.exp(-np.abs(beta * x))) / beta + np.maximum(x, 0)

    @staticmethod
    def sigmoid(x):
        return np.where(x >= 0, 1 / (1 + np.exp(-np.abs(x))), np.exp(-np.abs(x)) / (1 + np.exp(-np.abs(x))))

    @staticmethod
    def elu(x, alpha=1.0):
        return np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0)))

    @staticmethod
    def selu(x):
        return 1.0507009873554805 * F.elu(x, 1.6732632423543772)

    @staticmethod
    def hardswish(x):
        return x * np.clip(x + 3, 0, 6) / 6


def mish(x):
    return x * np.tanh(F.softplus(x))


def mish_slope(x):
    t = np.tanh(F.softplus(x))
    return t + x * F.sigmoid(x) * (1 - t * t)


def mish_slope_rational(x):
    e = np.exp(x)
    omega = 4 * (x + 1) + 4 * e**2 + e**3 + e * (4 * x + 6)
    delta = 2 * e + e**2 + 2
    return e * omega / delta**2


def selu(x):
    return F.selu(x)


def selu_slope(x):
    return np.where(x > 0, 1.0507009873554805, F.selu(x) + 1.0507009873554805 * 1.6732632423543772)


def selu_slope_paper_digits(x):
    scale, alpha = 1.0507, 1.67326
    return np.where(x > 0, scale, scale * alpha * np.exp(x))


def elu_loop(x):
    return np.array([t if t > 0 else 0.9 * (math.exp(t) - 1) for t in x])


def elu_loop_slope(x):
    return np.array([1.0 if t > 0 else 0.9 * math.exp(t) for t in x])


def elu_loop_slope_from_output(x):
    y = elu_loop(x)
    return np.array([1.0 if t > 0 else t + 0.9 for t in y])


def elu_loop_slope_branch(x):
    return np.array([1.0 if t > -0.7 else 0.9 * math.exp(t) for t in x])


def softplus_slope_half_angle(x):
    return (np.sinh(x) / (np.cosh(x) + 1) + 1) / 2


def softplus_plain(x):
    return np.log(1 + np.exp(x))


def hardswish(x):
    return F.hardswish(x)


def hardswish_slope(x):
    return np.where(x <= -3, 0.0, np.where(x < 3, x / 3 + 0.5, 1.0))


def hardswish_slope_gate(x):
    return np.clip(x + 3, 0, 6) / 6


def tanhshrink_loop(x):
    out = []
    for t in x:
        e = math.exp(2 * t)
        out.append(t - (e - 1) / (e + 1))
    return np.array(out)


def tanhshrink_loop_slope(x):
    return np.array([math.tanh(t) ** 2 for t in x])


class GLU:
    def __init__(self, dim=-1):
        self.dim = dim

    def forward(self, x):
        self.a, b = np.split(x, 2, self.dim)
        self.gate = 1 / (1 + np.exp(-b))
        return self.a * self.gate

    def backward(self, grad):
        return np.concatenate([grad * self.gate, grad * self.a * self.gate * (1 - self.gate)], self.dim)

    def backward_swapped(self, grad):
        return np.concatenate([grad * self.a * self.gate * (1 - self.gate), grad * self.gate], self.dim)


def glu(x):
    return GLU().forward(x)


def glu_backward(x, grad):
    m = GLU()
    m.forward(x)
    return m.backward(grad)


def glu_backward_swapped(x, grad):
    m = GLU()
    m.forward(x)
    return m.backward_swapped(grad)


def prelu(x, a):
    return (np.maximum(x, 0) + a * np.minimum(x, 0)).sum()


def prelu_backward(x, a):
    return np.where(x > 0, 1.0, a), np.where(x > 0, 0.0, x)


def prelu_backward_abs(x, a):
    return np.where(x > 0, 1.0, a), np.where(x > 0, 0.0, -x)


CASES = (
    Case("gelu_tanh", NUMPY, gelu_tanh, (X,), {"slope": gelu_tanh_slope}, True),
    Case("gelu_tanh_sech", NUMPY, gelu_tanh, (X,), {"slope": gelu_tanh_slope_sech}, True),
    Case(
        "gelu_tanh_digits",
        NUMPY,
        gelu_tanh,
        (X,),
        {"slope": gelu_tanh_slope_digits},
        False,
        why="sqrt(2/pi) to ten digits",
    ),
    Case("gelu_erf", PYTHON, gelu_erf, (X,), {"slope": gelu_erf_slope}, True),
    Case("gelu_erfc", PYTHON, gelu_erf, (X,), {"slope": gelu_erf_slope_erfc}, True),
    Case(
        "gelu_erf_tanh",
        NUMPY,
        gelu_erf,
        (X,),
        {"slope": gelu_erf_slope_of_tanh},
        False,
        why="the slope of the approximation",
    ),
    Case("silu", TORCH, silu, (X,), {"pullback": silu_backward}, True),
    Case("mish", TORCH, mish, (X,), {"slope": mish_slope}, True),
    Case("mish_rational", NUMPY, mish, (X,), {"slope": mish_slope_rational}, True),
    Case("selu", TORCH, selu, (X,), {"slope": selu_slope}, True),
    Case("selu_digits", TORCH, selu, (X,), {"slope": selu_slope_paper_digits}, False),
    Case("elu_loop", PYTHON, elu_loop, (CLEAR,), {"slope": elu_loop_slope}, True),
    Case("elu_output", PYTHON, elu_loop, (CLEAR,), {"slope": elu_loop_slope_from_output}, True),
    Case(
        "elu_branch",
        PYTHON,
        elu_loop,
        (CLEAR,),
        {"slope": elu_loop_slope_branch},
        False,
        why="only the entry -0.5 lies between the two thresholds",
    ),
    Case("softplus_half_angle", NUMPY, softplus_plain, (X,), {"slope": softplus_slope_half_angle}, True),
    Case("hardswish", TORCH, hardswish, (CLEAR,), {"slope": hardswish_slope}, True),
    Case("hardswish_gate", TORCH, hardswish, (CLEAR,), {"slope": hardswish_slope_gate}, False),
    Case("tanhshrink", PYTHON, tanhshrink_loop, (X,), {"slope": tanhshrink_loop_slope}, True),
    Case("glu", TORCH, glu, (CLEAR,), {"pullback": glu_backward}, True),
    Case("glu_swapped", TORCH, glu, (CLEAR,), {"pullback": glu_backward_swapped}, False),
    Case("prelu", TORCH, prelu, (X, np.array([0.25, 0.1, 0.3])), {"gradient": prelu_backward}, True),
    Case("prelu_abs", TORCH, prelu, (X, np.array([0.25, 0.1, 0.3])), {"gradient": prelu_backward_abs}, False),
)
