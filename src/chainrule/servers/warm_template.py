"""Imported by the process of which children are copies: each task done once, so that the copies find all in memory."""

import numpy
import numpy.fft
import numpy.linalg
import numpy.polynomial
import numpy.random  # noqa: F401
import scipy.linalg
import scipy.special
import scipy.stats  # noqa: F401

from chainrule.algebra.limits import in_place
from chainrule.servers import child_process, tasks  # noqa: F401  (children start in the first)

CODE = """
import abc, cmath, collections, copy, dataclasses, enum, fractions, functools, itertools, math, numbers, operator
import random, re, statistics, string, time, typing, warnings
import numpy as np

def f(x):
    return np.sum(np.exp(x - np.max(x)))

def f_gradient(x):
    return 2 * np.exp(x - np.max(x))
"""


def warm() -> None:
    """Do each task once, with something right and something wrong."""
    tasks.check_document(r"Let $f(x) = x^2$ for $x \in \mathbb{R}^n$. $$\sum_i x_i^2 = \sum_i x_i^3$$", name="a.md")
    tasks.prove_formulas("x^2 - 1", "(x - 1) (x + 1)", {"x": []})
    with in_place():
        tasks.prove_code("np.exp(x)", "np.exp(2 * x)", {"x": ["n"]}, code=CODE)
        tasks.check_code(CODE, [[0.5, 1.0]], function="f")


warm()
