"""Numbers that prove: balls with rigorous error bounds, and arrays of them on which code for floats runs unchanged.

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

__all__ = [
    "Ball",
    "BallArray",
    "Undecided",
    "balls",
    "midpoints",
    "overlap",
    "precision",
    "radii",
    "relative_accuracy",
]
