"""Minimising a linear classifier's loss, which is convex, to a small gradient: softmax and logistic regression.

    F(W, b) = sum_i w_i l(x_i W + b, y_i) / sum_i w_i + l2 / 2 |W|^2

`Problem` says what is minimised, `minimise` does it: L-BFGS with a preconditioner made from the Hessian at zero
weights, then from its blocks by class where the descent is, or Newton's method by products with the Hessian, and steps
along directions in which the logits are linear.
"""

from chainrule.solvers.convex.minimisation import StepTaken
from chainrule.solvers.convex.minimise import Minimum, Options, minima, minimise
from chainrule.solvers.convex.phases import INTERRUPTED
from chainrule.solvers.convex.problem import Problem
from chainrule.solvers.convex.spectrum import Spectrum, spectrum_of

__all__ = ["INTERRUPTED", "Minimum", "Options", "Problem", "Spectrum", "StepTaken", "minima", "minimise", "spectrum_of"]
