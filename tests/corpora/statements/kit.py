"""What the claims are computed with: numbers of 100 digits, adversarial points, derivatives by central differences.

Arrays are NumPy arrays of mpmath numbers. A statement is a generator that yields `(line, left, right)` for each claim
of its document, or `(line, truth)`. It is run at several sizes and points; a line fails if it fails at one of them.
"""

from random import Random

import mpmath
import numpy as np
from mpmath import mp

mp.dps = 100
STEP = mpmath.mpf(10) ** -25
"""Central differences with this step are right to about 50 digits, also when nested."""
TOLERANCE = mpmath.mpf(10) ** -36
STATEMENTS = {}
STYLES = ("mixed", "mixed", "ties", "large")


def num(x):
    """A number of 100 digits."""
    return mpmath.mpf(int(x) if isinstance(x, np.integer | np.bool_) else x)


def frac(p, q):
    """A quotient of integers."""
    return mpmath.mpf(p) / q


exp, log, tanh, sqrt, sin, cos = (np.frompyfunc(f, 1, 1) for f in (mp.exp, mp.log, mp.tanh, mp.sqrt, mp.sin, mp.cos))
arctan, erf, floor = (np.frompyfunc(f, 1, 1) for f in (mp.atan, mp.erf, mp.floor))
sign = np.frompyfunc(lambda x: num((x > 0) - (x < 0)), 1, 1)
relu = np.frompyfunc(lambda x: max(x, num(0)), 1, 1)
step = np.frompyfunc(lambda x: num(1 if x > 0 else 0), 1, 1)
"""The indicator of x > 0."""
sigmoid = np.frompyfunc(lambda x: 1 / (1 + mp.exp(-x)), 1, 1)


def array(values):
    """An array of numbers of 100 digits."""
    return np.frompyfunc(num, 1, 1)(np.array(values, dtype=object))


def ones(*shape):
    """An array of ones."""
    return array(np.ones(shape, dtype=int))


def zeros(*shape):
    """An array of zeros."""
    return array(np.zeros(shape, dtype=int))


def eye(n):
    """The identity matrix."""
    return array(np.eye(n, dtype=int))


def unit(n, i):
    """Column i of the identity matrix."""
    return eye(n)[i]


def diag(v):
    """The diagonal matrix of a vector."""
    return eye(len(v)) * np.array(v, dtype=object)


def total(x):
    """The sum of all entries."""
    return np.sum(x) + num(0)


def softmax(z):
    """Softmax along the last axis."""
    e = exp(z)
    return e / np.sum(e, axis=-1, keepdims=True)


def lse(z):
    """The logarithm of the sum of exponentials."""
    return mp.log(total(exp(z)))


def norm(x):
    """The Euclidean or Frobenius norm."""
    return mp.sqrt(total(x * x))


def inv(a):
    """The inverse of a matrix."""
    return np.array(mp.inverse(mp.matrix(a.tolist())).tolist(), dtype=object).reshape(a.shape)


def det(a):
    """The determinant of a matrix."""
    return mp.det(mp.matrix(a.tolist()))


def d(f, x):
    """The derivative of f at the number x."""
    return (f(x + STEP) - f(x - STEP)) / (2 * STEP)


def grad(f, x):
    """The derivatives of f by each entry of x; f may give an array, whose axes come first."""
    x = np.asarray(x, dtype=object)
    parts = []
    for index in np.ndindex(*x.shape):
        up, down = x.copy(), x.copy()
        up[index], down[index] = x[index] + STEP, x[index] - STEP
        parts.append((f(up) - f(down)) / (2 * STEP))
    stacked = np.stack([np.asarray(part, dtype=object) for part in parts], axis=-1)
    return stacked.reshape(stacked.shape[:-1] + x.shape)


def hess(f, x):
    """The second derivatives of f at the vector x."""
    return grad(lambda v: grad(f, v), x)


class Draw:
    """Points of one style: distinct numbers of both signs, numbers with ties and zeros, or large numbers."""

    def __init__(self, seed, style):
        self.random, self.style = Random(seed), style

    def num(self):
        """A number, never 0 unless the style has ties."""
        if self.style == "ties":
            return num(self.random.choice((-1, 0, 1, 2)))
        bound = 40 if self.style == "large" else 3
        value = 0
        while value == 0:
            value = self.random.randint(-bound * 1000, bound * 1000)
        return frac(value, 1000) + frac(self.random.randint(1, 10**6), 10**10)

    def smooth(self):
        """A number that is no kink: not 0, and equal to no other."""
        return num(self.random.choice((-1, 1))) * frac(self.random.randint(10**8, 3 * 10**9), 10**9)

    def pos(self):
        """A positive number."""
        return abs(self.smooth())

    def unit(self):
        """A number between 0 and 1."""
        return frac(self.random.randint(1, 10**6 - 1), 10**6)

    def int(self, low, high):
        """An integer of a range, both ends included."""
        return self.random.randint(low, high)

    def fill(self, kind, *shape):
        """An array of one kind of numbers: num, smooth, pos or unit."""
        out = np.empty(shape, dtype=object)
        for index in np.ndindex(*shape):
            out[index] = getattr(self, kind)()
        return out

    def vec(self, *shape):
        """An array of numbers."""
        return self.fill("num", *shape)

    def prob(self, n):
        """Positive numbers with the sum 1."""
        p = self.fill("unit", n)
        return p / total(p)

    def onehot(self, n):
        """A column of the identity matrix."""
        return unit(n, self.random.randrange(n))


class Statement:
    """A document of the corpus, and what computes its claims."""

    def __init__(self, claims, sizes, styles):
        self.claims, self.sizes, self.styles = claims, sizes, styles

    def failures(self):
        """The lines that fail, each with the first point at which it does."""
        found = {}
        runs = [(None, None)]
        if self.claims.__code__.co_argcount:
            runs = [(n, Draw(100 * n + k, style)) for n in self.sizes for k, style in enumerate(self.styles)]
        for n, draw in runs:
            for line, *claim in self.claims(n, draw) if draw else self.claims():
                if line not in found and not holds(*claim):
                    at = f"n = {n}, {draw.style}: " if draw else ""
                    found[line] = at + shown(*claim)
        return found


def holds(left, right=None):
    """Whether a claim holds: the truth itself, or two values that agree in 36 digits."""
    if right is None:
        return bool(left)
    left, right = np.asarray(left, dtype=object), np.asarray(right, dtype=object)
    if left.shape != right.shape:
        return False
    pairs = [(num(a), num(b)) for a, b in zip(left.ravel(), right.ravel(), strict=True)]
    scale = max((max(abs(a), abs(b)) for a, b in pairs), default=num(0))
    return all(abs(a - b) <= TOLERANCE * (scale if left.size == 1 else scale + 1) + num(10) ** -70 for a, b in pairs)


def shown(left, right=None):
    """A claim that fails, in few digits."""
    if right is None:
        return "does not hold"
    left, right = np.asarray(left, dtype=object), np.asarray(right, dtype=object)
    if left.shape != right.shape:
        return f"shape {left.shape} against {right.shape}"
    for a, b in zip(left.ravel(), right.ravel(), strict=True):
        if not holds(a, b):
            break
    digits = 6
    while digits < 60 and mp.nstr(num(a), digits) == mp.nstr(num(b), digits):
        digits += 6
    return f"{mp.nstr(num(a), digits)} against {mp.nstr(num(b), digits)}"


def statement(name, sizes=(1, 2, 3, 5), styles=STYLES):
    """Enter a document: what follows computes its claims at these sizes and styles of points."""

    def enter(claims):
        assert name not in STATEMENTS, name
        STATEMENTS[name] = Statement(claims, sizes, styles)
        return claims

    return enter
