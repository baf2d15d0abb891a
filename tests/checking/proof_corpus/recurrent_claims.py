"""Cells and recurrences, with gradients through time."""

import math

import numpy as np

from .case import NUMPY, PYTHON, TORCH, Case

XS = np.array([0.37, -1.25, 0.8])
H = np.array([0.2, -0.6])
C = np.array([1.1, 0.4])
U = np.array([[0.5, -0.3], [0.2, 0.9]])
V = np.array([0.7, -1.1])


def sigmoid(t):
    return 1 / (1 + np.exp(-t))


class RNN:
    """h = tanh(U h + V x), over a sequence of numbers; the loss is the sum of the last state."""

    def forward(self, xs, detach=False):
        self.hs = [np.zeros(2)]
        for x in xs:
            self.hs.append(np.tanh(U @ self.hs[-1] + V * x))
        return self.hs[-1].sum()

    def backward(self, truncated=None):
        grad_x = np.zeros(len(self.hs) - 1)
        dh = np.ones(2)
        for t in reversed(range(len(grad_x))):
            if truncated is not None and t < truncated:
                break
            dz = dh * (1 - self.hs[t + 1] ** 2)
            grad_x[t] = dz @ V
            dh = U.T @ dz
        return grad_x

    def backward_previous_state(self):
        grad_x = np.zeros(len(self.hs) - 1)
        dh = np.ones(2)
        for t in reversed(range(len(grad_x))):
            dz = dh * (1 - self.hs[t] ** 2)
            grad_x[t] = dz @ V
            dh = U.T @ dz
        return grad_x


def rnn(xs):
    return RNN().forward(xs)


def rnn_backward(xs):
    cell = RNN()
    cell.forward(xs)
    return cell.backward()


def rnn_backward_previous(xs):
    cell = RNN()
    cell.forward(xs)
    return cell.backward_previous_state()


class LSTMCell:
    @staticmethod
    def forward(ctx, x, h, c):
        i = sigmoid(0.4 * x + 0.3 * h)
        f = sigmoid(-0.2 * x + 0.7 * h + 1.0)
        g = np.tanh(0.9 * x - 0.5 * h)
        o = sigmoid(0.6 * x + 0.1 * h)
        cy = f * c + i * g
        tc = np.tanh(cy)
        ctx.update(i=i, f=f, g=g, o=o, c=c, tc=tc)
        return o * tc

    @staticmethod
    def backward(ctx, grad_h):
        i, f, g, o, c, tc = (ctx[k] for k in ("i", "f", "g", "o", "c", "tc"))
        do = grad_h * tc * o * (1 - o)
        dc = grad_h * o * (1 - tc**2)
        df = dc * c * f * (1 - f)
        di = dc * g * i * (1 - i)
        dg = dc * i * (1 - g**2)
        dx = 0.4 * di - 0.2 * df + 0.9 * dg + 0.6 * do
        dh = 0.3 * di + 0.7 * df - 0.5 * dg + 0.1 * do
        return dx, dh, dc * f


def lstm(x, h, c):
    return LSTMCell.forward({}, x, h, c)


def lstm_backward(x, h, c, grad_h):
    ctx = {}
    LSTMCell.forward(ctx, x, h, c)
    return LSTMCell.backward(ctx, grad_h)


def lstm_backward_memory(x, h, c, grad_h):
    ctx = {}
    LSTMCell.forward(ctx, x, h, c)
    dx, dh, _ = LSTMCell.backward(ctx, grad_h)
    return dx, dh, grad_h * ctx["o"] * ctx["f"]


def gru(x, h):
    r = sigmoid(0.5 * x - 0.4 * h)
    z = sigmoid(0.3 * x + 0.8 * h)
    n = np.tanh(0.7 * x + r * (0.6 * h + 0.1))
    return (1 - z) * n + z * h


def gru_pullback(x, h, v):
    r = sigmoid(0.5 * x - 0.4 * h)
    z = sigmoid(0.3 * x + 0.8 * h)
    n = np.tanh(0.7 * x + r * (0.6 * h + 0.1))
    da = v * (1 - z) * (1 - n**2)
    dz = v * (h - n) * z * (1 - z)
    dr = da * (0.6 * h + 0.1) * r * (1 - r)
    return 0.7 * da + 0.3 * dz + 0.5 * dr, v * z + 0.6 * r * da + 0.8 * dz - 0.4 * dr


def gru_pullback_reset_inside(x, h, v):
    r = sigmoid(0.5 * x - 0.4 * h)
    z = sigmoid(0.3 * x + 0.8 * h)
    n = np.tanh(0.7 * x + r * (0.6 * h + 0.1))
    da = v * (1 - z) * (1 - n**2)
    dz = v * (h - n) * z * (1 - z)
    dr = da * 0.6 * h * r * (1 - r)
    return 0.7 * da + 0.3 * dz + 0.5 * dr, v * z + 0.6 * r * da + 0.8 * dz - 0.4 * dr


def leaky_integrator(xs, decay=0.85):
    state, loss = 0.0, 0.0
    for x in xs:
        state = decay * state + math.tanh(x)
        loss += state * state
    return loss


def leaky_integrator_gradient(xs, decay=0.85):
    states = [0.0]
    for x in xs:
        states.append(decay * states[-1] + math.tanh(x))
    grads = [0.0] * len(xs)
    carry = 0.0
    for t in range(len(xs) - 1, -1, -1):
        carry = decay * carry + 2 * states[t + 1]
        grads[t] = carry * (1 - math.tanh(xs[t]) ** 2)
    return grads


def leaky_integrator_gradient_closed(xs, decay=0.85):
    n = len(xs)
    states = [sum(decay ** (t - k) * math.tanh(xs[k]) for k in range(t + 1)) for t in range(n)]
    return [sum(2 * states[t] * decay ** (t - k) for t in range(k, n)) / math.cosh(xs[k]) ** 2 for k in range(n)]


def leaky_integrator_gradient_forward_carry(xs, decay=0.85):
    states = [0.0]
    for x in xs:
        states.append(decay * states[-1] + math.tanh(x))
    carry, grads = 0.0, []
    for t in range(len(xs)):
        carry = decay * carry + 2 * states[t + 1]
        grads.append(carry * (1 - math.tanh(xs[t]) ** 2))
    return grads


def product_recurrence(a):
    h = 1.0
    for t in a:
        h = h * t + math.sin(h)
    return h


def product_recurrence_gradient(a):
    hs = [1.0]
    for t in a:
        hs.append(hs[-1] * t + math.sin(hs[-1]))
    bar, out = 1.0, np.zeros(len(a))
    for k in reversed(range(len(a))):
        out[k] = bar * hs[k]
        bar *= a[k] + math.cos(hs[k])
    return out


def product_recurrence_tangent(a):
    h, dh = 1.0, np.zeros(len(a))
    for k, t in enumerate(a):
        step = np.zeros(len(a))
        step[k] = h
        dh = dh * (t + math.cos(h)) + step
        h = h * t + math.sin(h)
    return dh


def product_recurrence_late_update(a):
    h, dh = 1.0, np.zeros(len(a))
    for k, t in enumerate(a):
        h = h * t + math.sin(h)
        dh = dh * (t + math.cos(h))
        dh[k] += h
    return dh


def minimal_gru(params):
    h = 0.5
    for x in (0.3, -0.8, 1.2):
        z = 1 / (1 + math.exp(-params[0] * x))
        h = (1 - z) * h + z * math.tanh(params[1] * x)
    return h


def minimal_gru_gradient(params):
    a, b = params
    h, da, db = 0.5, 0.0, 0.0
    for x in (0.3, -0.8, 1.2):
        z = 1 / (1 + math.exp(-a * x))
        n = math.tanh(b * x)
        da = (1 - z) * da + z * (1 - z) * x * (n - h)
        db = (1 - z) * db + z * (1 - n * n) * x
        h = (1 - z) * h + z * n
    return np.array([da, db])


def minimal_gru_gradient_order(params):
    a, b = params
    h, da, db = 0.5, 0.0, 0.0
    for x in (0.3, -0.8, 1.2):
        z = 1 / (1 + math.exp(-a * x))
        n = math.tanh(b * x)
        h = (1 - z) * h + z * n
        da = (1 - z) * da + z * (1 - z) * x * (n - h)
        db = (1 - z) * db + z * (1 - n * n) * x
    return np.array([da, db])


def power_recurrence(w):
    h = np.array([1.0, 0.5])
    for _ in range(4):
        h = w @ h
    return h[0]


def power_recurrence_gradient(w):
    hs = [np.array([1.0, 0.5])]
    for _ in range(4):
        hs.append(w @ hs[-1])
    g, bar = np.zeros((2, 2)), np.array([1.0, 0.0])
    for h in reversed(hs[:-1]):
        g += np.outer(bar, h)
        bar = w.T @ bar
    return g


def power_recurrence_gradient_four_times(w):
    h = w @ w @ w @ np.array([1.0, 0.5])
    return 4 * np.outer([1.0, 0.0], h)


CASES = (
    Case("rnn", TORCH, rnn, (XS,), {"gradient": rnn_backward}, True),
    Case("rnn_previous_state", TORCH, rnn, (XS,), {"gradient": rnn_backward_previous}, False),
    Case("lstm", TORCH, lstm, (XS[:2], H, C), {"pullback": lstm_backward}, True),
    Case("lstm_memory", TORCH, lstm, (XS[:2], H, C), {"pullback": lstm_backward_memory}, False),
    Case("gru", NUMPY, gru, (XS[:2], H), {"pullback": gru_pullback}, True),
    Case("gru_reset", NUMPY, gru, (XS[:2], H), {"pullback": gru_pullback_reset_inside}, False),
    Case("leaky_integrator", PYTHON, leaky_integrator, (XS,), {"gradient": leaky_integrator_gradient}, True),
    Case(
        "leaky_integrator_closed", PYTHON, leaky_integrator, (XS,), {"gradient": leaky_integrator_gradient_closed}, True
    ),
    Case(
        "leaky_integrator_forward",
        PYTHON,
        leaky_integrator,
        (XS,),
        {"gradient": leaky_integrator_gradient_forward_carry},
        False,
    ),
    Case("product_recurrence", PYTHON, product_recurrence, (XS,), {"gradient": product_recurrence_gradient}, True),
    Case(
        "product_recurrence_tangent", PYTHON, product_recurrence, (XS,), {"gradient": product_recurrence_tangent}, True
    ),
    Case(
        "product_recurrence_late",
        PYTHON,
        product_recurrence,
        (XS,),
        {"gradient": product_recurrence_late_update},
        False,
    ),
    Case("minimal_gru", PYTHON, minimal_gru, (V,), {"gradient": minimal_gru_gradient}, True),
    Case("minimal_gru_order", PYTHON, minimal_gru, (V,), {"gradient": minimal_gru_gradient_order}, False),
    Case("power_recurrence", NUMPY, power_recurrence, (U,), {"gradient": power_recurrence_gradient}, True),
    Case(
        "power_recurrence_four",
        NUMPY,
        power_recurrence,
        (U,),
        {"gradient": power_recurrence_gradient_four_times},
        False,
    ),
)
