"""Numbers that prove: balls with rigorous error bounds, exact numbers, and arrays of both.

Code written for NumPy's floats runs unchanged on these arrays. Balls show at one point how far two results can be
apart. Exact numbers show an equality for all inputs at once: see `attempt`.

>>> import numpy as np
>>> midpoints(np.exp(balls([0.0, 1.0])))
array([1.        , 2.71828183])
"""

from chainrule.algebra.balls import (
    Ball,
    BallArray,
    Undecided,
    balls,
    midpoints,
    overlap,
    precision,
    radii,
    relative_accuracy,
)
from chainrule.algebra.equalities import Attempt, Constraint, Difference, attempt
from chainrule.algebra.exact import Exact
from chainrule.algebra.exact_arrays import ExactArray, exact_numbers, gradient, jacobian, variables
from chainrule.algebra.field import Field
from chainrule.algebra.formal_derivatives import derivative
from chainrule.algebra.forward_mode import along
from chainrule.algebra.limits import Exceeded, limited
from chainrule.algebra.memory import Memory
from chainrule.algebra.special_functions import unknown
from chainrule.algebra.substitution import substituted

__all__ = [
    "Attempt",
    "Ball",
    "BallArray",
    "Constraint",
    "Difference",
    "Exact",
    "ExactArray",
    "Exceeded",
    "Field",
    "Memory",
    "Undecided",
    "along",
    "attempt",
    "balls",
    "derivative",
    "exact_numbers",
    "gradient",
    "jacobian",
    "limited",
    "midpoints",
    "overlap",
    "precision",
    "radii",
    "relative_accuracy",
    "substituted",
    "unknown",
    "variables",
]
