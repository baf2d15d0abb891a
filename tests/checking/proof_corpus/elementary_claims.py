"""Polynomials, rational functions, powers, roots and trigonometry."""

import math

import numpy as np

from .case import NUMPY, PYTHON, TORCH, Case

X = np.array([0.37, -1.25, 2.6])
POS = np.array([0.37, 1.25, 2.6])
COEFFS = (1.5, -0.7, 0.0, 2.2, -0.3)


def horner(x):
    y = 0.0
    for c in COEFFS:
        y = y * x + c
    return y


def horner_slope(x):
    y = dy = 0.0
    for c in COEFFS:
        dy = dy * x + y
        y = y * x + c
    return dy


def horner_slope_order(x):
    y = dy = 0.0
    for c in COEFFS:
        y = y * x + c
        dy = dy * x + y
    return dy


def horner_slope_polyder(x):
    return np.polyval(np.polyder(np.array(COEFFS)), x)


def power_by_squaring(x, n=11):
    result, base = 1.0, x
    while n:
        if n % 2:
            result = result * base
        base = base * base
        n //= 2
    return result


def power_by_squaring_slope(x):
    out = 11.0
    for _ in range(10):
        out *= x
    return out


def power_by_squaring_slope_twelve(x):
    return 11 * x**10 * (1 + 1e-12)


def chebyshev(x):
    a, b = np.ones_like(x), x
    for _ in range(4):
        a, b = b, 2 * x * b - a
    return b


def chebyshev_slope(x):
    """n times the polynomial of the second kind of degree n - 1."""
    a, b = np.ones_like(x), 2 * x
    for _ in range(3):
        a, b = b, 2 * x * b - a
    return 5 * b


def chebyshev_slope_angle(x):
    t = np.arccos(x)
    return 5 * np.sin(5 * t) / np.sin(t)


def chebyshev_slope_first_kind(x):
    a, b = np.ones_like(x), x
    for _ in range(3):
        a, b = b, 2 * x * b - a
    return 5 * b


class Rational:
    """A learned rational activation."""

    def __init__(self, p, q):
        self.p, self.q = p, q

    def forward(self, x):
        self.x = x
        self.num = sum(c * x**k for k, c in enumerate(self.p))
        self.den = 1 + sum(c * x ** (k + 1) for k, c in enumerate(self.q)) ** 2
        return self.num / self.den

    def backward(self, grad):
        x = self.x
        dnum = sum(k * c * x ** (k - 1) for k, c in enumerate(self.p) if k)
        inner = sum(c * x ** (k + 1) for k, c in enumerate(self.q))
        dinner = sum((k + 1) * c * x**k for k, c in enumerate(self.q))
        return grad * (dnum - self.num / self.den * 2 * inner * dinner) / self.den


def rational(x):
    return Rational((0.5, 1.1, -0.2), (0.3, 0.8)).forward(x)


def rational_backward(x, grad):
    m = Rational((0.5, 1.1, -0.2), (0.3, 0.8))
    m.forward(x)
    return m.backward(grad)


def fractional(x):
    return np.sum(x**1.7 - 3 * x**0.25 + x ** (-2 / 3))


def fractional_gradient(x):
    return 1.7 * x**0.7 - 0.75 / np.sqrt(np.sqrt(x)) ** 3 - 2 / 3 / (x * np.cbrt(x) ** 2)


def fractional_gradient_rounded(x):
    return 1.7 * x**0.7 - 0.75 * x**-0.75 - 0.6666667 * x ** (-5 / 3)


def tower(x):
    return math.sqrt(x + math.sqrt(x + math.sqrt(x)))


def tower_gradient(x):
    a = math.sqrt(x)
    b = math.sqrt(x + a)
    c = math.sqrt(x + b)
    return (1 + (1 + 1 / (2 * a)) / (2 * b)) / (2 * c)


def tower_gradient_rationalised(x):
    a = x**0.5
    b = (x + a) ** 0.5
    c = (x + b) ** 0.5
    return (4 * a * b + 2 * a + 1) / (8 * a * b * c)


def self_power(x):
    total = 0.0
    for t in x:
        total += t**t
    return total


def self_power_gradient(x):
    return [t**t * (math.log(t) + 1) for t in x]


def self_power_gradient_rule(x):
    return [t * t ** (t - 1) for t in x]


def signed_square(x):
    return np.sum(x * np.abs(x))


def signed_square_gradient(x):
    return 2 * np.abs(x)


def signed_square_gradient_plain(x):
    return 2 * x


def newton_root(a):
    """Five steps towards the square root."""
    x = 1.0
    for _ in range(5):
        x = 0.5 * (x + a / x)
    return x


def newton_root_gradient(a):
    x, dx = 1.0, 0.0
    for _ in range(5):
        dx = 0.5 * (dx + 1 / x - a * dx / x**2)
        x = 0.5 * (x + a / x)
    return dx


def newton_root_gradient_limit(a):
    return 0.5 / math.sqrt(a)


def newton_three(a):
    x = 1.0
    for _ in range(3):
        x = 0.5 * (x + a / x)
    return x


def trig_mix(x):
    return np.sum(np.sin(3 * x) * np.cos(x) ** 2)


def trig_mix_gradient_sums(x):
    return (6 * np.cos(3 * x) + 5 * np.cos(5 * x) + np.cos(x)) / 4


def half_angle(x):
    return np.tan(x / 2)


def half_angle_slope_quotient(x):
    t = np.sin(x) / (1 + np.cos(x))
    return 0.5 * (1 + t * t)


class Gudermannian:
    @staticmethod
    def forward(ctx, x):
        ctx["x"] = x
        return 2 * np.arctan(np.tanh(x / 2))

    @staticmethod
    def backward(ctx, grad_output):
        return grad_output / np.cosh(ctx["x"])


def gudermannian(x):
    return Gudermannian.forward({}, x)


def gudermannian_backward(x, grad_output):
    ctx = {}
    Gudermannian.forward(ctx, x)
    return Gudermannian.backward(ctx, grad_output)


class SnakeActivation:
    def __init__(self, a=1.3):
        self.a = a

    def __call__(self, x):
        return x + np.sin(self.a * x) ** 2 / self.a

    def derivative(self, x):
        return 1 + np.sin(2 * self.a * x)


snake = SnakeActivation()


def asinh_by_log(x):
    return np.log(x + np.sqrt(x * x + 1))


def asinh_slope(x):
    return 1 / np.sqrt(1 + np.square(x))


def asinh_slope_unsimplified(x):
    s = np.sqrt(x * x + 1)
    return (1 + x / s) / (x + s)


CASES = (
    Case("horner", PYTHON, horner, (1.7,), {"gradient": horner_slope}, True),
    Case("horner_polyder", NUMPY, horner, (1.7,), {"gradient": horner_slope_polyder}, True),
    Case("horner_order", PYTHON, horner, (1.7,), {"gradient": horner_slope_order}, False),
    Case("power_by_squaring", PYTHON, power_by_squaring, (-1.13,), {"gradient": power_by_squaring_slope}, True),
    Case(
        "power_by_squaring_twelve",
        PYTHON,
        power_by_squaring,
        (-1.13,),
        {"gradient": power_by_squaring_slope_twelve},
        False,
        why="a factor of 1 + 1e-12",
    ),
    Case("chebyshev", NUMPY, chebyshev, (np.array([0.37, -0.8]),), {"slope": chebyshev_slope}, True),
    Case(
        "chebyshev_angle",
        NUMPY,
        chebyshev,
        (np.array([0.37, -0.8]),),
        {"slope": chebyshev_slope_angle},
        True,
        why="a polynomial's slope by arccos",
    ),
    Case(
        "chebyshev_first_kind",
        NUMPY,
        chebyshev,
        (np.array([0.37, -0.8]),),
        {"slope": chebyshev_slope_first_kind},
        False,
    ),
    Case("rational_activation", TORCH, rational, (X,), {"pullback": rational_backward}, True),
    Case("fractional", NUMPY, fractional, (POS,), {"gradient": fractional_gradient}, True),
    Case(
        "fractional_rounded",
        NUMPY,
        fractional,
        (POS,),
        {"gradient": fractional_gradient_rounded},
        False,
        why="two thirds to seven digits",
    ),
    Case("tower", PYTHON, tower, (0.83,), {"gradient": tower_gradient}, True),
    Case("tower_rationalised", PYTHON, tower, (0.83,), {"gradient": tower_gradient_rationalised}, True),
    Case("self_power", PYTHON, self_power, (POS,), {"gradient": self_power_gradient}, True),
    Case("self_power_rule", PYTHON, self_power, (POS,), {"gradient": self_power_gradient_rule}, False),
    Case(
        "signed_square_at_zero",
        NUMPY,
        signed_square,
        (np.array([0.0, 1.5, -0.7]),),
        {"gradient": signed_square_gradient},
        True,
        kink=True,
    ),
    Case("signed_square_plain", NUMPY, signed_square, (X,), {"gradient": signed_square_gradient_plain}, False),
    Case("newton_root", PYTHON, newton_root, (2.3,), {"gradient": newton_root_gradient}, True),
    Case(
        "newton_root_limit",
        PYTHON,
        newton_three,
        (2.3,),
        {"gradient": newton_root_gradient_limit},
        False,
        why="the slope of the limit, after three steps",
    ),
    Case(
        "newton_five_limit",
        PYTHON,
        newton_root,
        (2.3,),
        {"gradient": newton_root_gradient_limit},
        False,
        why="the slope of the limit, right to 1e-13 after five steps",
    ),
    Case("trig_mix_sums", NUMPY, trig_mix, (X,), {"gradient": trig_mix_gradient_sums}, True),
    Case("half_angle_quotient", TORCH, half_angle, (X,), {"slope": half_angle_slope_quotient}, True),
    Case("gudermannian", TORCH, gudermannian, (X,), {"pullback": gudermannian_backward}, True),
    Case("snake", TORCH, snake.__call__, (X,), {"slope": snake.derivative}, True),
    Case("asinh", TORCH, asinh_by_log, (X,), {"slope": asinh_slope}, True),
    Case("asinh_unsimplified", NUMPY, asinh_by_log, (X,), {"slope": asinh_slope_unsimplified}, True),
)
