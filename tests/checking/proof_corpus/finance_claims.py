"""Option prices and their greeks, bonds, and measures of a portfolio."""

import math

import numpy as np

from .case import NUMPY, PYTHON, TORCH, Case

W = np.array([0.5, 0.3, 0.2])
COV = np.array([[0.04, 0.01, 0.0], [0.01, 0.09, 0.02], [0.0, 0.02, 0.16]])
TAU = np.array([0.5, 2.0, 10.0])
FLOWS = (5.0, 5.0, 105.0)


def phi(d):
    return 0.5 * (1 + math.erf(d / math.sqrt(2)))


def density(d):
    return math.exp(-d * d / 2) / math.sqrt(2 * math.pi)


def call(s, sigma, t, r, k=95.0):
    d1 = (math.log(s / k) + (r + sigma**2 / 2) * t) / (sigma * math.sqrt(t))
    d2 = d1 - sigma * math.sqrt(t)
    return s * phi(d1) - k * math.exp(-r * t) * phi(d2)


def call_greeks(s, sigma, t, r, k=95.0):
    root = math.sqrt(t)
    d1 = (math.log(s / k) + (r + sigma**2 / 2) * t) / (sigma * root)
    d2 = d1 - sigma * root
    discounted = k * math.exp(-r * t)
    delta = phi(d1)
    vega = s * density(d1) * root
    theta = s * density(d1) * sigma / (2 * root) + r * discounted * phi(d2)
    rho = discounted * t * phi(d2)
    return delta, vega, theta, rho


def call_greeks_delta_d2(s, sigma, t, r, k=95.0):
    root = math.sqrt(t)
    d2 = (math.log(s / k) + (r - sigma**2 / 2) * t) / (sigma * root)
    _, vega, theta, rho = call_greeks(s, sigma, t, r, k)
    return phi(d2), vega, theta, rho


def put_of_spot(s):
    d1 = (np.log(s / 95.0) + 0.035) / 0.3
    d2 = d1 - 0.3
    n1 = np.array([0.5 * math.erfc(d / math.sqrt(2)) for d in d1])
    n2 = np.array([0.5 * math.erfc(d / math.sqrt(2)) for d in d2])
    return 95.0 * np.exp(0.01) * n2 - s * n1


def put_of_spot_slope(s):
    d1 = (np.log(s / 95.0) + 0.035) / 0.3
    d2 = d1 - 0.3
    n1 = np.array([0.5 * math.erfc(d / math.sqrt(2)) for d in d1])
    f1, f2 = (np.exp(-(d**2) / 2) / np.sqrt(2 * np.pi) for d in (d1, d2))
    return -n1 + f1 / 0.3 - 95.0 * np.exp(0.01) * f2 / (0.3 * s)


def put_of_spot_slope_cancelled(s):
    d1 = (np.log(s / 95.0) + 0.035) / 0.3
    return np.array([-0.5 * math.erfc(d / math.sqrt(2)) for d in d1])


class SharpeRatio:
    mu = np.array([0.07, 0.03, 0.11])

    def forward(self, w):
        self.w = w / w.sum()
        self.total = w.sum()
        self.vol = (self.w @ COV @ self.w) ** 0.5
        self.ratio = (self.mu @ self.w - 0.01) / self.vol
        return self.ratio

    def backward(self, grad=1.0):
        gw = grad * (self.mu - self.ratio * (COV @ self.w) / self.vol) / self.vol
        return (gw - (gw * self.w).sum()) / self.total

    def backward_unnormalised(self, grad=1.0):
        return grad * (self.mu - self.ratio * (COV @ self.w) / self.vol) / self.vol


def sharpe(w):
    return SharpeRatio().forward(w)


def sharpe_backward(w):
    m = SharpeRatio()
    m.forward(w)
    return m.backward()


def sharpe_backward_unnormalised(w):
    m = SharpeRatio()
    m.forward(w)
    return m.backward_unnormalised()


def bond(y):
    price = 0.0
    for year, flow in enumerate(FLOWS, start=1):
        price += flow / (1 + y) ** year
    return price


def bond_horner(y):
    """By Horner's rule in the discount factor."""
    d = 1 / (1 + y)
    slope = 0.0
    for year in (3, 2, 1):
        slope = slope * d + year * FLOWS[year - 1]
    return -slope * d * d


def bond_basis_point(y):
    return (bond(y + 1e-4) - bond(y - 1e-4)) / 2e-4


def nelson_siegel(b, tau=TAU):
    x = tau / b[3]
    load = (1 - np.exp(-x)) / x
    return b[0] + b[1] * load + b[2] * (load - np.exp(-x))


def nelson_siegel_jacobian(b, tau=TAU):
    x = tau / b[3]
    e = np.exp(-x)
    load = -np.expm1(-x) / x
    dload = (e - load) / x
    dx = -x / b[3]
    return np.stack([np.ones(3), load, load - e, (b[1] * dload + b[2] * (dload + e)) * dx], axis=1)


def nelson_siegel_jacobian_curvature(b, tau=TAU):
    x = tau / b[3]
    e = np.exp(-x)
    load = -np.expm1(-x) / x
    dload = (e - load) / x
    dx = -x / b[3]
    return np.stack([np.ones(3), load, load - e, (b[1] * dload + b[2] * (dload - e)) * dx], axis=1)


def max_drawdown(prices):
    peak, worst = prices[0], 0.0
    for p in prices:
        peak = max(peak, p)
        worst = max(worst, (peak - p) / peak)
    return worst


def max_drawdown_gradient(prices):
    best, top, pair = 0.0, 0, (0, 0)
    for i, p in enumerate(prices):
        if p > prices[top]:
            top = i
        if 1 - p / prices[top] > best:
            best, pair = 1 - p / prices[top], (top, i)
    g = [0.0] * len(prices)
    g[pair[0]] = prices[pair[1]] / prices[pair[0]] ** 2
    g[pair[1]] = -1 / prices[pair[0]]
    return g


def max_drawdown_gradient_global(prices):
    i, j = max(range(len(prices)), key=lambda k: prices[k]), min(range(len(prices)), key=lambda k: prices[k])
    g = [0.0] * len(prices)
    g[i] = prices[j] / prices[i] ** 2
    g[j] = -1 / prices[i]
    return g


MARKET = (100.0, 0.25, 0.75, 0.03)

CASES = (
    Case("call_greeks", PYTHON, call, MARKET, {"gradient": call_greeks}, True),
    Case("call_delta_d2", PYTHON, call, MARKET, {"gradient": call_greeks_delta_d2}, False),
    Case("put_of_spot", NUMPY, put_of_spot, (np.array([80.0, 95.0, 120.0]),), {"slope": put_of_spot_slope}, True),
    Case(
        "put_cancelled",
        NUMPY,
        put_of_spot,
        (np.array([80.0, 95.0, 120.0]),),
        {"slope": put_of_spot_slope_cancelled},
        True,
        why="the densities cancel, as the drift is that of the model",
    ),
    Case("sharpe", TORCH, sharpe, (W * 1.3,), {"gradient": sharpe_backward}, True),
    Case(
        "sharpe_unnormalised",
        TORCH,
        sharpe,
        (W,),
        {"gradient": sharpe_backward_unnormalised},
        False,
        why="the weights sum to one",
    ),
    Case("bond_horner", PYTHON, bond, (0.041,), {"gradient": bond_horner}, True),
    Case("bond_basis_point", PYTHON, bond, (0.041,), {"gradient": bond_basis_point}, False, why="a central difference"),
    Case(
        "nelson_siegel",
        TORCH,
        nelson_siegel,
        (np.array([0.03, -0.02, 0.01, 1.8]),),
        {"jacobian": nelson_siegel_jacobian},
        True,
    ),
    Case(
        "nelson_siegel_curvature",
        TORCH,
        nelson_siegel,
        (np.array([0.03, -0.02, 0.01, 1.8]),),
        {"jacobian": nelson_siegel_jacobian_curvature},
        False,
    ),
    Case(
        "drawdown",
        PYTHON,
        max_drawdown,
        (np.array([1.0, 1.3, 0.9, 1.5, 1.2]),),
        {"gradient": max_drawdown_gradient},
        True,
    ),
    Case(
        "drawdown_global",
        PYTHON,
        max_drawdown,
        (np.array([1.0, 1.3, 0.9, 1.5, 1.2]),),
        {"gradient": max_drawdown_gradient_global},
        False,
    ),
)
