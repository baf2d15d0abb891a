"""The phases of a minimisation, and the transitions between them.

L-BFGS needs the fewest passes over dense samples. Its preconditioner is at first the features' spectrum, then the
Hessian's blocks by class, once they cost no more time than the steps so far. Newton's method replaces L-BFGS after a
few steps if the whole Hessian takes only milliseconds, if few parameters have needed many steps, and if F seems to have
little left to fall: L-BFGS can only guess how much is left, and Newton's method knows. Sparse samples have no spectrum,
their passes are cheap and their vectors long. Fits to them use Newton's method from the first step, with products in
float32 as long as these yield descent directions.

F and its gradient may begin in bfloat16. They continue in the samples' precision, and in float64 if float32 numbers
yield no further gain, or if float64 refutes that the fit has converged. Newton's products stay in bfloat16 until they
yield no step, or say that F has little left to fall: their directions need few digits, the end of a fit needs all.
"""

import math
from enum import Enum
from typing import NamedTuple

from chainrule.solvers.convex.features import Precision

NEWTON_AFTER = 30
"""Steps of L-BFGS before Newton's method with the whole Hessian, or one per `PARAMETERS_PER_STEP` parameters if that is
more."""

QUICKLY_AFTER = 3
"""The same if such a step takes only milliseconds: fits to 150 to 600 rows then take 0.7 to 1.1 of the time that they
take with 30. With 0 to 5 they are as fast, with 8 slower."""

PRODUCTS_AFTER = 40
"""Steps of L-BFGS before Newton's method by products, if there are too many parameters for the whole Hessian."""

PARAMETERS_PER_STEP = 6
"""Run as many L-BFGS steps as cost one Newton step before switching: for n rows and p parameters, the Hessian takes
n p^2 operations, of which BLAS saves half, and a step of L-BFGS 4 n p."""

REFRESHED_AT = (5, 20)
"""Steps at which the preconditioner's class matrix is computed from the current probabilities."""

IDLE = 3
"""Consecutive steps without a gain above rounding errors after which Newton's method is tried."""

SMALL_GAIN = 2.0**-16
"""Share of F. A step in bfloat16, or from such products, that gains less is the last in bfloat16. From 2^-9 to 2^-16
the number of steps is the same, and the time falls."""

CONVERGED = "the objective can fall by no more than the tolerance allows"
"""Message of a run that has converged."""

PRECISION = "rounding errors exceed any further decrease of the objective and of its gradient"
"""Message of a run that cannot continue."""

INTERRUPTED = "interrupted"
"""Message of a run that was ended by Ctrl-C; it returns theta after the last step."""


class Method(Enum):
    """The source of directions."""

    LBFGS = "L-BFGS"
    WHOLE = "Newton's method with the whole Hessian"
    PRODUCTS = "Newton's method by products with the Hessian"
    DONE = "done"


class Base(Enum):
    """The preconditioner of L-BFGS and of conjugate gradients."""

    SPECTRUM = "the Hessian at zero weights"
    CLASSES = "the same with the class matrix of the current probabilities"
    BLOCKS = "the Hessian's blocks by class"


class Phase(NamedTuple):
    """The next work of a minimisation.

    Attributes
    ----------
    single : bool
        True while Newton's products are in float32.
    narrow : bool
        True while Newton's products are in bfloat16, after F and its gradient no longer are. Such products give
        directions, but no certainty that F has little left to fall.
    tf32 : bool
        True while Newton's products are in TF32 on a GPU, after bfloat16. The same holds for them.
    barred : bool
        True after a Newton direction that allowed no step, until the next step: the Hessian has no curvature where
        probabilities are 0 and 1.
    classes_at : int
        The step at which the class matrix was last computed.
    blocks_at : float
        The blocks are computed again when this many steps' worth of products have been made.
    message : str
        Why the minimisation ended.
    """

    method: Method = Method.LBFGS
    precision: Precision = Precision.SAMPLES
    single: bool = False
    narrow: bool = False
    tf32: bool = False
    barred: bool = False
    base: Base = Base.SPECTRUM
    classes_at: int = -1
    blocks_at: float = math.inf
    message: str = ""

    @property
    def rough(self) -> bool:
        """True while Newton's products give no certainty."""
        return self.narrow or self.tf32


class Event(Enum):
    """The events that may end a phase."""

    WANTED = "a direction is wanted"
    LITTLE_LEFT = "L-BFGS estimates that F has little left to fall"
    NO_DIRECTION = "the method yields no direction downhill"
    NO_STEP = "no step along the direction leads downhill"
    STEP = "a step was taken"
    CERTAIN = "rough products with the Hessian say that F has little left to fall"
    REFUTED = "float64 refutes that the fit has converged"
    END = "the fit has converged, cannot continue, or was ended"


class Situation(NamedTuple):
    """An event, with the figures known at that time.

    Attributes
    ----------
    idle : int
        Consecutive steps without a gain.
    spent : float
        Products with the samples so far, in pairs: a step takes one pair.
    gain : float
        The last step's gain as a share of F.
    again : bool
        True if the step can be tried again: L-BFGS has dropped its pairs, or the stored logits had rounding errors.
    message : str
        Why the minimisation is to end.
    """

    event: Event
    iteration: int = 0
    idle: int = 0
    spent: float = 0.0
    gain: float = math.inf
    again: bool = False
    message: str = ""


class Facts(NamedTuple):
    """The properties of a problem on which the transitions depend.

    Attributes
    ----------
    whole : bool
        True if the whole Hessian fits in memory.
    quick : bool
        True if a step with the whole Hessian takes only milliseconds.
    room : bool
        True if there is memory for the vectors of conjugate gradients beside the pairs of L-BFGS.
    throughout : bool
        True if each direction is to be Newton's, by products.
    refreshable : bool
        True if the class matrix can be computed from the current probabilities.
    blocks_cost : float
        The number of L-BFGS steps that take as long as the blocks; infinite if blocks are never computed.
    blocks_growth : float
        The factor by which the products grow from one computation of the blocks to the next.
    refinable : bool
        True if samples are in float32, and F and its gradient can be in float64.
    stored : bool
        True if logits are kept, so that products with the Hessian need no other products.
    tf32 : bool
        True if Newton's products may be in TF32.
    """

    n_parameters: int
    whole: bool = False
    quick: bool = False
    room: bool = True
    throughout: bool = False
    refreshable: bool = True
    blocks_cost: float = math.inf
    blocks_growth: float = 2.0
    refinable: bool = False
    stored: bool = False
    tf32: bool = False


def transition(phase: Phase, now: Situation, facts: Facts) -> Phase:
    """The phase that follows.

    >>> transition(Phase(), Situation(Event.WANTED, iteration=30), Facts(n_parameters=100, whole=True)).method
    <Method.WHOLE: "Newton's method with the whole Hessian">
    """
    newton = phase.method in (Method.WHOLE, Method.PRODUCTS)
    match now.event:
        case Event.WANTED:
            return _chosen(phase, now, facts)
        case Event.LITTLE_LEFT if not phase.barred and phase.precision is not Precision.BFLOAT16:
            if facts.quick or facts.room:
                return phase._replace(method=Method.WHOLE if facts.quick else Method.PRODUCTS)
        case Event.NO_DIRECTION if phase.method is Method.PRODUCTS and (phase.single or phase.rough):
            return _wider(phase, facts)
        case Event.CERTAIN:
            return _wider(phase, facts)
        case Event.NO_DIRECTION if newton:
            return _refreshed(phase._replace(method=Method.LBFGS), now, facts)
        case Event.NO_STEP if newton:
            # If products were in a lower precision, they are first tried in a higher one.
            return _wider(phase, facts)._replace(barred=not (phase.single or phase.rough))
        case Event.NO_DIRECTION | Event.NO_STEP:
            return phase._replace(base=Base.SPECTRUM) if now.again else _ended(phase, PRECISION, facts)
        case Event.STEP:
            small = not now.gain >= SMALL_GAIN  # or NaN
            if phase.precision is Precision.SAMPLES and facts.refinable and now.idle >= IDLE:
                return _more_precise(phase, facts)
            phase = phase._replace(barred=False)
            if phase.narrow and small and newton:
                phase = _wider(phase, facts)
            return _more_precise(phase, facts) if small and phase.precision is Precision.BFLOAT16 else phase
        case Event.REFUTED:
            return _more_precise(phase, facts)
        case Event.END if phase.method is not Method.DONE or now.message == INTERRUPTED:
            return _ended(phase, now.message, facts)
    return phase


# What follows is private.


def _chosen(phase: Phase, now: Situation, facts: Facts) -> Phase:
    """The method for the next direction."""
    method = Method.LBFGS
    if not phase.barred and not facts.throughout and facts.whole:
        after = QUICKLY_AFTER if facts.quick else max(NEWTON_AFTER, facts.n_parameters // PARAMETERS_PER_STEP)
        if now.idle >= IDLE or now.iteration >= after:
            return phase._replace(method=Method.WHOLE)
    elif not phase.barred:
        many_steps = now.idle >= IDLE or (now.iteration >= PRODUCTS_AFTER and facts.room)
        if facts.throughout or (many_steps and phase.precision is not Precision.BFLOAT16):
            method, phase = Method.PRODUCTS, phase._replace(single=phase.single and not now.idle)
    return _refreshed(phase._replace(method=method), now, facts)


def _refreshed(phase: Phase, now: Situation, facts: Facts) -> Phase:
    """The phase with a preconditioner from the current probabilities, if one is due."""
    if now.spent >= phase.blocks_at:
        # Next when products have grown by this factor, or after as many steps as the blocks cost, whichever is later.
        next_at = max(facts.blocks_growth * now.spent, now.spent + facts.blocks_cost)
        return phase._replace(base=Base.BLOCKS, blocks_at=next_at)
    due = facts.refreshable and now.iteration in REFRESHED_AT and now.iteration != phase.classes_at
    if due and phase.base is not Base.BLOCKS:
        return phase._replace(base=Base.CLASSES, classes_at=now.iteration)
    return phase


def _wider(phase: Phase, facts: Facts) -> Phase:
    """The phase with Newton's products in the next precision: bfloat16, TF32 if there is a GPU, then that of F."""
    tf32 = phase.narrow and facts.tf32
    return phase._replace(single=phase.single and tf32, narrow=False, tf32=tf32)


def _more_precise(phase: Phase, facts: Facts) -> Phase:
    """The phase in the next precision, or the same phase if there is none."""
    if phase.precision is Precision.BFLOAT16:
        return phase._replace(precision=Precision.SAMPLES, narrow=facts.stored)
    if phase.precision is Precision.SAMPLES and facts.refinable:
        return phase._replace(precision=Precision.FLOAT64, single=False, narrow=False, tf32=False, barred=False)
    return phase


def _ended(phase: Phase, message: str, facts: Facts) -> Phase:
    """The end, unless a higher precision may lead further."""
    if message == PRECISION or (message == CONVERGED and phase.precision is Precision.BFLOAT16):
        further = _more_precise(phase, facts)
        if further is not phase:
            return further._replace(method=Method.LBFGS)
    return phase._replace(method=Method.DONE, message=message)
