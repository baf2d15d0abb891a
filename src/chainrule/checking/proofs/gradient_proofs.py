"""`prove_claim`: a derivative that a user wrote, proved in exact numbers for all inputs of a cell.

The user's function runs on variables and is differentiated formally; the user's derivative runs on the same variables.
Both must do on floats what they do on exact numbers: they may not ask what they were given, and they must agree with
the exact results at the sample, which is the user's point.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from chainrule.algebra import (
    Attempt,
    Exact,
    ExactArray,
    Exceeded,
    Field,
    attempt,
    exact_numbers,
    jacobian,
    limited,
    variables,
)
from chainrule.algebra.equalities import Equality
from chainrule.checking.gradients.claims import Claim, WrongShapeError
from chainrule.checking.proofs.proof import Proof, joined_outcomes
from chainrule.checking.user_code import on_numbers
from chainrule.checking.user_code.places import Read

MOST_ENTRIES = 40
"""Inputs and outputs with more numbers in all are not proved."""

SECONDS, MEGABYTES = 3.0, 1000

CLOSE = 1e-6
"""Largest difference between results on floats and exact results, relative to the largest of an array, that rounding
explains; comparisons that are closer to a tie are not trusted to have the same outcome on floats."""

Results = dict[str, Any]


def prove_claim(claim: Claim) -> Proof:
    """Prove a claimed derivative on the cell of its point.

    Returns
    -------
    Proof
        "proved", "unchecked" with the reason, or "fail" with both values at the point. It is "fail" only if the code
        has no float that may have been rounded, so that rounding explains nothing.
    """
    name = f"{claim.name}: {claim.form}"
    floats = [x for x, known in zip(claim.arrays, claim.differentiable, strict=True) if known]
    if sum(x.size for x in floats) + claim.value.size > MOST_ENTRIES:
        return Proof(name, unchecked=(f"more than {MOST_ENTRIES} numbers",))
    if not all(np.isfinite(x).all() for x in (*floats, claim.value)):
        return Proof(name, unchecked=("infinities",))
    try:
        outcome, results, reads = limited(partial(_outcome, claim), seconds=SECONDS, megabytes=MEGABYTES)
    except Exceeded as reason:
        return Proof(name, unchecked=(str(reason),))
    except Exception as error:  # the user's functions may raise anything on exact numbers
        return Proof(name, unchecked=(f"{type(error).__name__}: {error}",))
    if len(floats) == 1:
        [x] = floats
        sizes = {0: "", 1: f"size {x.size}"}.get(x.ndim, f"shape {x.shape}")
    else:
        sizes = f"shapes {', '.join(str(x.shape) for x in floats)}"
    if outcome.floats:
        unclear = tuple(
            f"{known.entry}: the sides differ, perhaps by rounded constants" for known in outcome.differences
        )
        outcome = replace(outcome, differences=(), undecided=(*outcome.undecided, *unclear))
    proof = joined_outcomes(name, [outcome], sizes=sizes)
    if proof.verdict == "unchecked":
        return proof
    if reads:
        objection: str | None = f"the code reads {', '.join(read.in_words for read in reads)}"
    elif outcome.margin < CLOSE:
        objection = "a comparison so close to a tie that floats may take the other branch"
    else:
        objection = _apart_on_floats(claim, results)
    return replace(proof, differences=(), unchecked=(objection,)) if objection else proof


def _outcome(claim: Claim) -> tuple[Attempt, Results, list[Read]]:
    """The outcome, the results at the sample as floats, and what else the code reads; in this process."""
    reads: set[Read] = set()
    exact = replace(
        claim,
        function=on_numbers(claim.function, ExactArray, watch=reads),
        derivative=on_numbers(claim.derivative, ExactArray, watch=reads),
    )
    results: Results = {}
    outcome = attempt(partial(_equalities, exact, results))
    if outcome.floats and not outcome.proved:
        idealised = attempt(partial(_equalities, exact, results), ideal=True)
        outcome = idealised if idealised.proved else outcome
    return outcome, results, sorted(reads)


def _equalities(claim: Claim, results: Results, field: Field) -> Iterator[Equality]:
    """The claimed derivatives, each beside the formal one."""
    inputs = tuple(
        _variables(name, x) if known else x
        for name, x, known in zip(claim.names, claim.arrays, claim.differentiable, strict=True)
    )

    def copies() -> tuple[Any, ...]:
        """Arrays of their own, because the user's functions may write to them."""
        return tuple(x.copy() if isinstance(x, np.ndarray) else x for x in inputs)

    value = exact_numbers(claim.function(*copies()))
    slopes = [jacobian(value, x) if known else None for x, known in zip(inputs, claim.differentiable, strict=True)]
    cotangent = variables("v", claim.cotangent) if claim.form == "pullback" else exact_numbers(claim.cotangent)
    claimed = claim.derivatives(copies(), cotangent.copy())
    results["value"] = _floats(value)
    for name, mine, slope in zip(claim.names, claimed, slopes, strict=True):
        if mine is None:
            continue
        results[name] = _floats(mine)
        yield name, mine, _in_form(claim, slope, cotangent, value.ndim)


def _variables(name: str, x: Any) -> Any:
    """The variables of an input: x0, x1, ...; W1[0], W[0, 1], ... where a number behind the name says too little."""
    if not x.ndim or (x.ndim == 1 and not name[-1:].isdigit()):
        return variables(name, x)
    made = np.empty(x.shape, dtype=object)
    for index in np.ndindex(x.shape):
        made[index] = variables(f"{name}[{', '.join(map(str, index))}]", x[index])[()]
    return exact_numbers(made)


def _in_form(claim: Claim, slope: Any, cotangent: Any, axes: int) -> Any:
    """The derivative in the form of the claim, from the Jacobian."""
    if claim.form == "jacobian":
        return slope
    if claim.form == "slope":
        count = int(np.prod(claim.value.shape))
        return np.diagonal(slope.reshape(count, count)).reshape(claim.value.shape)
    return np.tensordot(cotangent, slope, axes=axes)


def _floats(x: Any) -> Any:
    """The values at the sample, rounded."""
    array = exact_numbers(x)
    rounded = [float(entry.value) if isinstance(entry, Exact) else float(entry) for entry in array.ravel().tolist()]
    return np.array(rounded).reshape(array.shape)


def _apart_on_floats(claim: Claim, results: Results) -> str | None:
    """Why floats may behave otherwise than exact numbers; None if all results agree."""
    try:
        with np.errstate(all="ignore"):
            derivatives = claim.float_derivatives(claim.cotangent)
    except WrongShapeError as wrong:
        return str(wrong)
    except Exception as error:  # the user's functions may raise anything
        return f"on floats: {type(error).__name__}: {error}"
    found = {"value": claim.value, **dict(zip(claim.names, derivatives, strict=True))}
    for name, exact in results.items():
        on_floats = np.asarray(found[name], float)
        largest = np.max(np.abs(exact), initial=0.0)
        if not np.all(np.abs(on_floats - exact) <= CLOSE * largest):
            return f"{name}: {on_floats} on floats, {exact} in exact numbers"
    return None
