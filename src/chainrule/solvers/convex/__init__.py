"""Minimising the loss of a linear classifier, which is convex: softmax and logistic regression.

    F(W, b) = sum_i w_i l(x_i W + b, y_i) / sum_i |w_i| + l2 / 2 |W|^2

`minimise` minimises a `Problem` by L-BFGS or by Newton's method. L-BFGS is preconditioned by the Hessian at zero
weights, later by its blocks by class. `phases` decides when the method changes. The logits are linear along a
direction, so that a line search needs one product with the samples. `certify` bounds the distance of a fit from the
optimum.
"""

from chainrule.solvers.convex.certificate import Certificate, Certified, certify
from chainrule.solvers.convex.device_engine import put_on
from chainrule.solvers.convex.minimisation import Minimum, StepTaken
from chainrule.solvers.convex.penalty_path import minima, minimise
from chainrule.solvers.convex.phases import CONVERGED, INTERRUPTED, PRECISION
from chainrule.solvers.convex.problem import Problem
from chainrule.solvers.convex.ranges import deviations, ranges
from chainrule.solvers.convex.spectrum import Spectrum, spectrum_of

__all__ = [
    "CONVERGED",
    "INTERRUPTED",
    "PRECISION",
    "Certificate",
    "Certified",
    "Minimum",
    "Problem",
    "Spectrum",
    "StepTaken",
    "certify",
    "deviations",
    "minima",
    "minimise",
    "put_on",
    "ranges",
    "spectrum_of",
]
