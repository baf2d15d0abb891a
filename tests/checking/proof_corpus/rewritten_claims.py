"""Right derivatives in another form than the function's: stable, by identities, by a tape, by an implicit equation."""

import math

import numpy as np

from .case import NUMPY, PYTHON, TORCH, Case

X = np.array([0.37, -1.25, 2.6])
POS = np.array([0.37, 1.25, 2.6])


class Value:
    """A number that remembers how it was made."""

    def __init__(self, data, parents=()):
        self.data, self.parents, self.grad = data, parents, 0.0

    def __add__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        return Value(self.data + other.data, ((self, 1.0), (other, 1.0)))

    def __mul__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        return Value(self.data * other.data, ((self, other.data), (other, self.data)))

    __radd__, __rmul__ = __add__, __mul__

    def tanh(self):
        t = math.tanh(self.data)
        return Value(t, ((self, 1 - t * t),))

    def backward(self, seed=1.0):
        self.grad += seed
        for parent, local in self.parents:
            parent.backward(seed * local)


def neuron(x):
    h1 = math.tanh(0.5 * x[0] + -0.3 * x[1] + 0.1)
    h2 = math.tanh(1.2 * x[1] + x[2] * h1)
    return h1 * h2 + 0.7 * h2


def neuron_tape(x):
    leaves = [Value(t) for t in x]
    h1 = (0.5 * leaves[0] + -0.3 * leaves[1] + 0.1).tanh()
    h2 = (1.2 * leaves[1] + leaves[2] * h1).tanh()
    (h1 * h2 + 0.7 * h2).backward()
    return np.array([leaf.grad for leaf in leaves])


class Dual:
    """A value and its derivative in one direction."""

    def __init__(self, a, b=0.0):
        self.a, self.b = a, b

    def __add__(self, o):
        o = o if isinstance(o, Dual) else Dual(o)
        return Dual(self.a + o.a, self.b + o.b)

    def __mul__(self, o):
        o = o if isinstance(o, Dual) else Dual(o)
        return Dual(self.a * o.a, self.a * o.b + self.b * o.a)

    def __truediv__(self, o):
        return Dual(self.a / o.a, (self.b * o.a - self.a * o.b) / o.a**2)


def fraction(x):
    y = (x[0] * x[1] + 2.0 * x[2]) / (x[0] * x[0] + 1.5)
    return y * y * x[1]


def dual_fraction(x):
    y = (x[0] * x[1] + x[2] * 2.0) / (x[0] * x[0] + 1.5)
    return y * y * x[1]


def fraction_duals(x):
    return [dual_fraction([Dual(t, 1.0 if i == k else 0.0) for i, t in enumerate(x)]).b for k in range(len(x))]


def log1mexp(x):
    return np.where(x < np.log(2), np.log(-np.expm1(-x)), np.log1p(-np.exp(-x)))


def log1mexp_slope(x):
    return 1 / np.expm1(x)


def quadratic_root(b, c):
    return (-b + math.sqrt(b * b - 4 * c)) / 2


def quadratic_root_implicit(b, c):
    x = quadratic_root(b, c)
    return -x / (2 * x + b), -1 / (2 * x + b)


def pair_logsumexp(a, b):
    return np.sum(np.logaddexp(a, b))


def pair_logsumexp_tanh(a, b):
    t = np.tanh((a - b) / 2)
    return (1 + t) / 2, (1 - t) / 2


def variance_of_moments(x):
    return (x**2).mean() - x.mean() ** 2


def variance_centred(x):
    return 2 * (x - x.mean()) / x.size


class Dropout:
    """The mask is that of a seed, so that forward and backward agree."""

    def __init__(self, p=0.4, seed=3):
        self.mask = (np.random.default_rng(seed).random(3) > p) / (1 - p)

    def forward(self, x):
        return (np.tanh(x) * self.mask).sum()

    def backward(self, x):
        return self.mask / np.cosh(x) ** 2


def dropout(x):
    return Dropout().forward(x)


def dropout_backward(x):
    return Dropout().backward(x)


def in_place(x):
    y = x.copy()
    y *= 2
    y += 1
    np.exp(y, out=y)
    y[1] *= y[0]
    y[2] -= 3 * y[1]
    return y.sum()


def in_place_backward(x):
    g = np.ones(3)
    e = np.exp(2 * x + 1)
    g[1] -= 3 * g[2]
    g[0] += g[1] * e[1]
    g[1] *= e[0]
    g *= e
    g *= 2
    return g


def cholesky_logdet(p):
    low = np.linalg.cholesky(np.array([[p[0], p[1]], [p[1], p[2]]]))
    return 2 * np.log(np.diagonal(low)).sum()


def cholesky_logdet_by_hand(p):
    return np.array([p[2], -2 * p[1], p[0]]) / (p[0] * p[2] - p[1] * p[1])


def converted(x):
    values = [float(t) for t in x.tolist()]
    return float(math.fsum(t**3 for t in values))


def converted_gradient(x):
    x = np.asarray(x, dtype=np.float64)
    return 3 * np.square(x)


class Scaler:
    """Holds plain numbers taken out of arrays by item()."""

    def forward(self, x):
        self.scale = x.max().item()
        return (x / self.scale).sum()

    def backward(self, x):
        grad = np.full(x.shape, 1 / self.scale)
        grad[np.unravel_index(x.argmax(), x.shape)] -= x.sum().item() / self.scale**2
        return grad


def scaled(x):
    return Scaler().forward(x)


def scaled_backward(x):
    module = Scaler()
    module.forward(x)
    return module.backward(x)


def filled(x):
    out = np.zeros((3, 2))
    out[:, 0] = np.sin(x)
    out[:, 1] = np.cos(x)
    return np.sum(np.prod(out, axis=1))


def filled_gradient(x):
    return np.cos(2 * x)


def harmonic_power(x, y):
    """The real part of (x + iy)**4."""
    r2 = x * x + y * y
    return r2 * r2 * math.cos(4 * math.atan2(y, x))


def harmonic_power_polynomial(x, y):
    return 4 * x**3 - 12 * x * y**2, 4 * y**3 - 12 * x**2 * y


class Mixer(dict):
    """A cache by name, as a network of functions keeps one."""

    def run(self, x):
        self["a"] = np.maximum(x, 0.1 * x)
        self["b"] = self["a"].reshape(1, -1) * self["a"].reshape(-1, 1)
        self["s"] = 1 / (1 + np.exp(-self["b"]))
        return self["s"].sum()

    def pull(self, x):
        db = self["s"] * (1 - self["s"])
        da = db @ self["a"] + db.T @ self["a"]
        return da * np.where(x > 0, 1, 0.1)


def mixed(x):
    return Mixer().run(x)


def mixed_backward(x):
    m = Mixer()
    m.run(x)
    return m.pull(x)


class Sequential:
    def __init__(self, *layers):
        self.layers = layers

    def forward(self, x):
        self.tape = []
        for forward, backward in self.layers:
            self.tape.append((backward, x))
            x = forward(x)
        return x

    def backward(self, grad):
        for backward, x in reversed(self.tape):
            grad = backward(x, grad)
        return grad


W1 = np.array([[0.6, -0.4, 0.2], [0.1, 0.9, -0.5]])
NET = (
    (lambda x: W1 @ x, lambda x, g: W1.T @ g),
    (np.tanh, lambda x, g: g * (1 - np.tanh(x) ** 2)),
    (lambda x: x - np.mean(x), lambda x, g: g - np.mean(g)),
    (np.exp, lambda x, g: g * np.exp(x)),
)


def network(x):
    return Sequential(*NET).forward(x)


def network_backward(x, grad):
    net = Sequential(*NET)
    net.forward(x)
    return net.backward(grad)


class Residual:
    def __init__(self, depth=3):
        self.depth = depth

    def forward(self, x):
        self.xs = [x]
        for _ in range(self.depth):
            self.xs.append(self.xs[-1] + 0.3 * np.sin(self.xs[-1]))
        return self.xs[-1]

    def backward(self, grad_output):
        for x in self.xs[-2::-1]:
            grad_output = grad_output + 0.3 * np.cos(x) * grad_output
        return grad_output


def residual(x):
    return Residual().forward(x)


def residual_backward(x, grad_output):
    r = Residual()
    r.forward(x)
    return r.backward(grad_output)


def residual_slope_product(x):
    slope = np.ones_like(x)
    for _ in range(3):
        slope = slope * (1 + 0.3 * np.cos(x))
        x = x + 0.3 * np.sin(x)
    return slope


class EMA:
    """The weights of an exponential average in closed form."""

    def forward(self, x, beta=0.9):
        m = np.zeros(())
        for t in x:
            m = beta * m + (1 - beta) * t
        return m / (1 - beta ** len(x))

    def backward(self, x, beta=0.9):
        n = len(x)
        return beta ** np.arange(n - 1, -1, -1) * (1 - beta) / (1 - beta**n)


def corrected_average(x):
    return EMA().forward(x)


def corrected_average_backward(x):
    return EMA().backward(x)


class Poincare:
    """The distance of the hyperbolic disc from a fixed point, by arccosh."""

    anchor = np.array([0.1, -0.3])

    def forward(self, x):
        self.d = x - self.anchor
        self.a, self.b = 1 - (x * x).sum(), 1 - (self.anchor**2).sum()
        self.z = 1 + 2 * (self.d * self.d).sum() / (self.a * self.b)
        return np.arccosh(self.z)

    def backward(self, x):
        dz = 4 / (self.a * self.b) * (self.d + (self.d @ self.d) / self.a * x)
        return dz / np.sqrt((self.z - 1) * (self.z + 1))


def poincare(x):
    return Poincare().forward(x)


def poincare_backward(x):
    m = Poincare()
    m.forward(x)
    return m.backward(x)


CASES = (
    Case("neuron_tape", PYTHON, neuron, (X,), {"gradient": neuron_tape}, True, why="differentiated by a tape"),
    Case(
        "fraction_duals",
        PYTHON,
        fraction,
        (X,),
        {"gradient": fraction_duals},
        True,
        why="differentiated by dual numbers",
    ),
    Case("log1mexp", NUMPY, log1mexp, (POS,), {"slope": log1mexp_slope}, True),
    Case(
        "quadratic_root",
        PYTHON,
        quadratic_root,
        (3.1, 1.7),
        {"gradient": quadratic_root_implicit},
        True,
        why="by the implicit equation",
    ),
    Case("pair_logsumexp", NUMPY, pair_logsumexp, (X, POS[::-1].copy()), {"gradient": pair_logsumexp_tanh}, True),
    Case("variance_of_moments", NUMPY, variance_of_moments, (X,), {"gradient": variance_centred}, True),
    Case("dropout", TORCH, dropout, (X,), {"gradient": dropout_backward}, True),
    Case("in_place", NUMPY, in_place, (X / 2,), {"gradient": in_place_backward}, True),
    Case(
        "cholesky_logdet",
        NUMPY,
        cholesky_logdet,
        (np.array([1.8, -0.7, 2.3]),),
        {"gradient": cholesky_logdet_by_hand},
        True,
    ),
    Case(
        "converted",
        PYTHON,
        converted,
        (X,),
        {"gradient": converted_gradient},
        True,
        why="goes through float() and tolist()",
    ),
    Case("scaled_by_item", TORCH, scaled, (POS,), {"gradient": scaled_backward}, True, why="goes through item()"),
    Case("filled", NUMPY, filled, (X,), {"gradient": filled_gradient}, True),
    Case("harmonic_power", PYTHON, harmonic_power, (0.8, -1.3), {"gradient": harmonic_power_polynomial}, True),
    Case("mixer", TORCH, mixed, (X,), {"gradient": mixed_backward}, True),
    Case("sequential", TORCH, network, (X,), {"pullback": network_backward}, True),
    Case("residual", TORCH, residual, (X,), {"pullback": residual_backward}, True),
    Case("residual_slope", TORCH, residual, (X,), {"slope": residual_slope_product}, True),
    Case("corrected_average", TORCH, corrected_average, (X,), {"gradient": corrected_average_backward}, True),
    Case("poincare", TORCH, poincare, (np.array([0.4, 0.35]),), {"gradient": poincare_backward}, True),
)
