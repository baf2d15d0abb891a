"""How a minimisation goes on: the phases that it may be in, and what leads from one to the next.

L-BFGS needs the fewest passes over dense samples: on the preconditioner of the features' spectrum, and on the Hessian's
blocks by class as soon as these cost no more than the steps so far. Newton's method takes over where few parameters
have needed many steps, and where little seems left to gain: L-BFGS only guesses how much that is, and Newton's method
knows. Sparse samples have no spectrum, their passes are cheap and their vectors long: there it is Newton's method
throughout, whose products are in float32 as long as that leads somewhere.

F and its gradient may begin in bfloat16, are then in the samples' precision, and go on in float64 where float32 numbers
do not lead on, or where float64 refutes what they say of the end.
"""

from __future__ import annotations

import math
from enum import Enum
from typing import NamedTuple

NEWTON_AFTER = 30
"""Steps of L-BFGS before Newton's method takes over, where there are few parameters; or one for every
`PARAMETERS_PER_STEP` of them."""

PRODUCTS_AFTER = 40
"""Steps of L-BFGS before Newton's method takes over, by products with the Hessian, where there are many parameters."""

PARAMETERS_PER_STEP = 6
"""Run as many L-BFGS steps as cost one Newton step before switching: n rows and p parameters take n p^2 operations for
the Hessian, of which BLAS saves half, and 4 n p for a step of L-BFGS."""

REFRESHED_AT = (5, 20)
"""Steps at which the preconditioner's class matrix is computed again, from the probabilities found so far."""

IDLE = 3
"""Steps in a row that gain no more than rounding before Newton's method is tried, where there are many parameters."""

SMALL_GAIN = 2.0**-16
"""A step in bfloat16 that gains no more of F is the last: 2^-9 to 2^-16 take as many steps, and less time each."""

CONVERGED = "what is left to gain is as small as asked for"
"""The message of a run that has converged."""

PRECISION = "neither the objective nor its gradient gets smaller: the precision of the numbers is reached"
"""The message of a run that cannot go on."""

INTERRUPTED = "interrupted"
"""The message of a run that Ctrl-C ended: its theta is that of the last step."""


class Method(Enum):
    """How a direction is found, or what is done instead."""

    LBFGS = "L-BFGS"
    WHOLE = "Newton's method with the whole Hessian"
    PRODUCTS = "Newton's method by products with the Hessian"
    CONFIRM = "look at F and its gradient again, in float64"
    DONE = "done"


class Numbers(Enum):
    """The precision of F and its gradient."""

    BFLOAT16 = "products in bfloat16"
    SAMPLES = "the samples' precision"
    FLOAT64 = "float64, for samples in float32"


class Base(Enum):
    """What L-BFGS and conjugate gradients start from."""

    SPECTRUM = "the Hessian at zero weights"
    CLASSES = "its class matrix from the probabilities found so far"
    BLOCKS = "the Hessian's blocks by class"


class Phase(NamedTuple):
    """What a minimisation does next.

    Attributes
    ----------
    single : bool
        True while Newton's products are in float32.
    barred : bool
        True after a Newton direction along which no step was found, until some step is taken: probabilities of 0
        and 1 leave the Hessian no curvature.
    classes_at : int
        The step at which the class matrix was computed last.
    blocks_at : float
        The steps' worth of products after which blocks are computed again: when it has doubled, or as many
        steps have been taken again as the blocks cost, whichever is later.
    message : str
        Why it ended.
    """

    method: Method = Method.LBFGS
    numbers: Numbers = Numbers.SAMPLES
    single: bool = False
    barred: bool = False
    base: Base = Base.SPECTRUM
    classes_at: int = -1
    blocks_at: float = math.inf
    message: str = ""


class Event(Enum):
    """What has happened."""

    WANTED = "a direction is wanted"
    LITTLE_LEFT = "L-BFGS takes the end to be near"
    NO_DIRECTION = "the method knows no direction downwards"
    NO_STEP = "no step along the direction leads down"
    STEP = "a step was taken"
    BOUNDED = "by its gradient, F can fall by no more than may be left"
    REFUTED = "in float64, that is not so"
    END = "there is no way on, or nothing left to gain"
    STOP = "somebody ended the run"


class Seen(NamedTuple):
    """An event, and what is known by then.

    Attributes
    ----------
    idle : int
        Steps in a row that gained nothing.
    spent : float
        Products with the samples so far, in pairs: a step takes one pair.
    gain : float
        The last step's share of F.
    again : bool
        True if there is another start: L-BFGS remembered steps, or the logits had gathered rounding errors.
    """

    event: Event
    iteration: int = 0
    idle: int = 0
    spent: float = 0.0
    gain: float = math.inf
    again: bool = False
    message: str = ""


class Facts(NamedTuple):
    """What a problem allows.

    Attributes
    ----------
    whole : bool
        True if the whole Hessian fits.
    quick : bool
        True if a step with the whole Hessian costs next to nothing.
    room : bool
        True if there is memory for the vectors of conjugate gradients beside the pairs of L-BFGS.
    throughout : bool
        True if every direction is to be Newton's, by products.
    refreshable : bool
        True if preconditioners can be computed from the probabilities found so far.
    blocks_cost : float
        The steps' worth of time that the blocks take; infinite where they are never computed.
    refinable : bool
        True if samples are in float32, and F and its gradient can be in float64.
    """

    n_parameters: int
    whole: bool = False
    quick: bool = False
    room: bool = True
    throughout: bool = False
    refreshable: bool = True
    blocks_cost: float = math.inf
    refinable: bool = False


def transition(phase: Phase, seen: Seen, facts: Facts) -> Phase:
    """The phase that follows.

    >>> transition(Phase(), Seen(Event.WANTED, iteration=30), Facts(n_parameters=100, whole=True)).method
    <Method.WHOLE: "Newton's method with the whole Hessian">
    """
    newton = phase.method in (Method.WHOLE, Method.PRODUCTS)
    match seen.event:
        case Event.WANTED:
            return _chosen(phase, seen, facts)
        case Event.LITTLE_LEFT if not phase.barred and phase.numbers is not Numbers.BFLOAT16:
            if facts.quick or facts.room:
                return phase._replace(method=Method.WHOLE if facts.quick else Method.PRODUCTS)
        case Event.NO_DIRECTION if phase.method is Method.PRODUCTS and phase.single:
            return phase._replace(single=False)
        case Event.NO_DIRECTION if newton:
            return _refreshed(phase._replace(method=Method.LBFGS), seen, facts)
        case Event.NO_STEP if newton:
            # In full precision first, if products were in float32.
            return phase._replace(single=False, barred=not phase.single)
        case Event.NO_DIRECTION | Event.NO_STEP:
            return phase._replace(base=Base.SPECTRUM) if seen.again else _ended(phase, PRECISION, facts)
        case Event.STEP:
            small = phase.numbers is Numbers.BFLOAT16 and not seen.gain >= SMALL_GAIN  # or nan
            return phase._replace(barred=False, numbers=Numbers.SAMPLES if small else phase.numbers)
        case Event.BOUNDED if phase.numbers is not Numbers.BFLOAT16:
            return phase._replace(method=Method.CONFIRM)
        case Event.REFUTED:
            return _in_more_digits(phase._replace(method=phase.method if newton else Method.LBFGS), facts)
        case Event.END:
            return _ended(phase, seen.message, facts)
        case Event.STOP if phase.method is not Method.DONE or seen.message == INTERRUPTED:
            return phase._replace(method=Method.DONE, message=seen.message)
    return phase


# What follows is private.


def _chosen(phase: Phase, seen: Seen, facts: Facts) -> Phase:
    """The method for the next direction."""
    method = Method.LBFGS
    if not phase.barred and not facts.throughout and facts.whole:
        if seen.iteration >= max(NEWTON_AFTER, facts.n_parameters // PARAMETERS_PER_STEP):
            return phase._replace(method=Method.WHOLE)
    elif not phase.barred:
        many_steps = seen.idle >= IDLE or (seen.iteration >= PRODUCTS_AFTER and facts.room)
        if facts.throughout or (many_steps and phase.numbers is not Numbers.BFLOAT16):
            method, phase = Method.PRODUCTS, phase._replace(single=phase.single and not seen.idle)
    return _refreshed(phase._replace(method=method), seen, facts)


def _refreshed(phase: Phase, seen: Seen, facts: Facts) -> Phase:
    """On a preconditioner from the probabilities found so far, where one is due."""
    if not facts.refreshable:
        return phase
    if seen.spent >= phase.blocks_at:
        later = max(2 * seen.spent, seen.spent + facts.blocks_cost)
        return phase._replace(base=Base.BLOCKS, blocks_at=later)
    if seen.iteration in REFRESHED_AT and seen.iteration != phase.classes_at and phase.base is not Base.BLOCKS:
        return phase._replace(base=Base.CLASSES, classes_at=seen.iteration)
    return phase


def _in_more_digits(phase: Phase, facts: Facts) -> Phase:
    """In more precise numbers, if there are any."""
    if phase.numbers is Numbers.BFLOAT16:
        return phase._replace(numbers=Numbers.SAMPLES)
    if phase.numbers is Numbers.SAMPLES and facts.refinable:
        return phase._replace(numbers=Numbers.FLOAT64, single=False, barred=False)
    return phase


def _ended(phase: Phase, message: str, facts: Facts) -> Phase:
    """Done, unless more precise numbers may say something else."""
    if message != CONVERGED or phase.numbers is Numbers.BFLOAT16:
        further = _in_more_digits(phase, facts)
        if further is not phase:
            return further._replace(method=Method.LBFGS)
    return phase._replace(method=Method.DONE, message=message)
