"""Potentials, energies and laws of physics."""

import math

import numpy as np

from .case import NUMPY, PYTHON, TORCH, Case

P = np.array([1.1, -0.4, 0.7])
R = np.array([1.2, 0.95, 2.4])
THREE = np.array([[0.0, 0.1], [1.2, -0.3], [0.4, 1.5]])


def lennard_jones(r, epsilon=0.8, sigma=1.05):
    return np.sum(4 * epsilon * ((sigma / r) ** 12 - (sigma / r) ** 6))


def lennard_jones_gradient(r, epsilon=0.8, sigma=1.05):
    s6 = (sigma / r) ** 6
    return -24 * epsilon / r * (2 * s6 * s6 - s6)


class CoulombEnergy:
    """The energy of all pairs of charges."""

    charges = np.array([1.0, -0.5, 0.7])

    def forward(self, pos):
        self.diff = pos[:, None] - pos[None, :]
        self.dist = np.sqrt((self.diff**2).sum(-1) + np.eye(3))
        self.qq = np.outer(self.charges, self.charges) * (1 - np.eye(3))
        return 0.5 * (self.qq / self.dist).sum()

    def backward(self):
        return -((self.qq / self.dist**3)[..., None] * self.diff).sum(1)


def coulomb(pos):
    return CoulombEnergy().forward(pos)


def coulomb_backward(pos):
    module = CoulombEnergy()
    module.forward(pos)
    return module.backward()


def double_pendulum(t1, t2, w1, w2):
    kinetic = 0.5 * w1**2 + 0.5 * (w1**2 + w2**2 + 2 * w1 * w2 * math.cos(t1 - t2))
    potential = -9.81 * (2 * math.cos(t1) + math.cos(t2))
    return kinetic + potential


def double_pendulum_gradient(t1, t2, w1, w2):
    s, c = math.sin(t1 - t2), math.cos(t1 - t2)
    return (
        -w1 * w2 * s + 19.62 * math.sin(t1),
        w1 * w2 * s + 9.81 * math.sin(t2),
        2 * w1 + w2 * c,
        w2 + w1 * c,
    )


def double_pendulum_gradient_gravity(t1, t2, w1, w2):
    s, c = math.sin(t1 - t2), math.cos(t1 - t2)
    g = 9.80665
    return (
        -w1 * w2 * s + 2 * g * math.sin(t1),
        w1 * w2 * s + g * math.sin(t2),
        2 * w1 + w2 * c,
        w2 + w1 * c,
    )


def planck(nu):
    return nu**3 / math.expm1(nu)


def planck_gradient_sinh(nu):
    return 3 * nu**2 / (math.exp(nu) - 1) - nu**3 / (2 * math.sinh(nu / 2)) ** 2


def planck_gradient_wien(nu):
    return (3 - nu) * nu**2 * math.exp(-nu)


def gravity(pos):
    """Three stars of unlike masses, softened."""
    m = [1.0, 2.5, 0.4]
    energy = 0.0
    for i in range(3):
        for j in range(i):
            dx = pos[i][0] - pos[j][0]
            dy = pos[i][1] - pos[j][1]
            energy -= m[i] * m[j] / math.sqrt(dx * dx + dy * dy + 0.01)
    return energy


def gravity_gradient(pos):
    m = [1.0, 2.5, 0.4]
    g = np.zeros((3, 2))
    for i in range(3):
        for j in range(3):
            if i == j:
                continue
            d = pos[i] - pos[j]
            g[i] += m[i] * m[j] * d / (d @ d + 0.01) ** 1.5
    return g


def gravity_gradient_acceleration(pos):
    m = [1.0, 2.5, 0.4]
    g = np.zeros((3, 2))
    for i in range(3):
        for j in range(3):
            if i != j:
                d = pos[i] - pos[j]
                g[i] += m[j] * d / (d @ d + 0.01) ** 1.5
    return g


def relativistic(v):
    c = 299792458.0
    return np.sum(c**2 * (1 / np.sqrt(1 - (v / c) ** 2) - 1)) / c


def relativistic_gradient(v):
    c = 299792458.0
    gamma = (1 - v * v / c / c) ** -0.5
    return gamma**3 * v / c


def relativistic_gradient_classical(v):
    return v / 299792458.0


def ising(m):
    """The free energy of mean field theory."""
    return np.sum(-0.6 * m**2 + 0.5 * ((1 + m) * np.log((1 + m) / 2) + (1 - m) * np.log((1 - m) / 2)))


def ising_gradient_expanded(m):
    return m + m**3 / 3 + m**5 / 5 - 1.2 * m


def fermi(x, mu):
    return (1 / (np.exp((x - mu) / 0.3) + 1)).sum()


def fermi_backward_mu(x, mu):
    s = 1 / (4 * np.cosh((x - mu) / 0.6) ** 2) / 0.3
    return -s, s.mean()


CASES = (
    Case("lennard_jones", NUMPY, lennard_jones, (R,), {"gradient": lennard_jones_gradient}, True),
    Case("coulomb", TORCH, coulomb, (THREE,), {"gradient": coulomb_backward}, True),
    Case(
        "double_pendulum", PYTHON, double_pendulum, (0.4, -1.1, 0.9, 2.0), {"gradient": double_pendulum_gradient}, True
    ),
    Case(
        "double_pendulum_gravity",
        PYTHON,
        double_pendulum,
        (0.4, -1.1, 0.9, 2.0),
        {"gradient": double_pendulum_gradient_gravity},
        False,
    ),
    Case("planck_sinh", PYTHON, planck, (2.7,), {"gradient": planck_gradient_sinh}, True),
    Case(
        "planck_wien",
        PYTHON,
        planck,
        (19.5,),
        {"gradient": planck_gradient_wien},
        False,
        why="the limit of high frequencies, off by 3e-9 here",
    ),
    Case("gravity", PYTHON, gravity, (THREE,), {"gradient": gravity_gradient}, True),
    Case("gravity_acceleration", PYTHON, gravity, (THREE,), {"gradient": gravity_gradient_acceleration}, False),
    Case(
        "relativistic_fast",
        NUMPY,
        relativistic,
        (P * 2e8,),
        {"gradient": relativistic_gradient},
        True,
        why="large inputs",
    ),
    Case(
        "relativistic_classical",
        NUMPY,
        relativistic,
        (P * 1e6,),
        {"gradient": relativistic_gradient_classical},
        False,
        why="right at order 0 in v/c",
    ),
    Case(
        "ising_expanded",
        NUMPY,
        ising,
        (P[1:] / 10,),
        {"gradient": ising_gradient_expanded},
        False,
        why="a series cut off",
    ),
    Case("fermi_mu", TORCH, fermi, (P, 0.25), {"gradient": fermi_backward_mu}, False),
)
