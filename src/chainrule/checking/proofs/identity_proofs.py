"""`prove_identity`: two functions that users wrote in NumPy, proved equal for all inputs at small sizes.

Both sides run on exact numbers at a sample. If they compare numbers, the sample's cell is one of several: points
outside of the cells found so far are the next samples, until the cells cover all inputs or are too many.
"""

from __future__ import annotations

import inspect
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial
from itertools import product
from typing import Any, TypeAlias

import flint
import numpy as np

from chainrule.algebra import (
    Attempt,
    Exact,
    ExactArray,
    Exceeded,
    Field,
    Memory,
    Undecided,
    attempt,
    exact_numbers,
    limited,
    variables,
)
from chainrule.algebra.equalities import Equality
from chainrule.algebra.field import OutsideDomain
from chainrule.checking.proofs.exploration import Ties, Values, Visit, explored
from chainrule.checking.proofs.input_arrays import DOMAINS, InputArray, samples
from chainrule.checking.proofs.proof import LISTED, Proof, in_words, joined_outcomes, joined_sizes
from chainrule.checking.user_code import on_numbers
from chainrule.checking.user_code.places import Read

Compute: TypeAlias = Callable[..., Iterable[Equality]]

SIZES = (1, 2, 3, 4)
MOST_CELLS = 128
SAMPLES = 16
SECONDS = 20.0
LEAST_SECONDS = 0.1
"""Time for one choice of the sizes where the others took all."""

CLOSE = 1e-9
"""Relative difference between floats and exact numbers that rounding explains."""


def prove_identity(
    left: Any,
    right: Any,
    *,
    shapes: Mapping[str, Sequence[int | str]],
    domains: Mapping[str, str] | None = None,
    sizes: Mapping[str, Sequence[int]] | None = None,
    cells: int = MOST_CELLS,
    seconds: float = SECONDS,
) -> Proof:
    """Prove that two functions are equal, for real numbers, at small sizes of their inputs.

    Each is called with the arrays that its arguments name, and returns a number, an array or a tuple of these. A proof
    is about real numbers; it says nothing about the rounding errors of floats.

    Parameters
    ----------
    left, right : callable
        Functions written for NumPy. A number or an array in place of a function is a constant.
    shapes : mapping
        The shape of each array, such as ``{"x": (3,), "c": ()}``. A name stands for a size, as in ``{"x": ("n",)}``.
    domains : mapping, optional
        The numbers in each array: "real" (the default), "positive" or "nonzero" ones, numbers between 0 and 1
        ("unit"), rows of positive numbers whose sum is 1 ("probabilities"), or rows of zeros and a one ("one-hot").
    sizes : mapping, optional
        The values to try for each named size. Default: 1 to 4.
    cells : int
        The maximum number of cells to treat, if the functions compare numbers.
    seconds : float
        The maximum time for the computation in exact numbers.

    Returns
    -------
    Proof
        "proved", and for which inputs; "fail" if the sides differ at a sample, which is printed; otherwise "unchecked",
        which is also the verdict if the functions treat floats differently from exact numbers.

    Raises
    ------
    ValueError
        For an unknown domain, or too many choices of one-hot rows.
    TypeError
        If a function needs an argument that `shapes` does not name.

    Examples
    --------
    >>> def softmax(x):
    ...     return np.exp(x - np.max(x)) / np.sum(np.exp(x - np.max(x)))
    >>> print(prove_identity(lambda x, c: softmax(x + c), softmax, shapes={"x": ("n",), "c": ()}))
    identity: proved for all inputs at sizes 1 to 4
    >>> print(prove_identity(lambda x: np.sqrt(x * x), lambda x: x, shapes={"x": ()}))
    identity: fail
      at x = -0.6875: got 0.687500000000, expected -0.687500000000
    >>> print(prove_identity(lambda x: np.sqrt(x * x), lambda x: x, shapes={"x": ()}, domains={"x": "positive"}))
    identity: proved for all inputs at shapes x ()
    """
    sides = [_by_name(side, side, shapes) for side in (left, right)]
    reads: set[Read] = set()
    on_exact = [_by_name(side, on_numbers(side, ExactArray, reads), shapes) for side in (left, right)]

    def equalities(**arrays: Any) -> Iterator[Equality]:
        yield from _paired(*_both_defined(on_exact, arrays))

    proof, points = _proved_at_sizes(equalities, shapes, domains or {}, sizes or {}, cells, seconds, reads)
    if proof.verdict == "unchecked":
        return proof
    reasons = tuple(dict.fromkeys(filter(None, (_apart_on_floats(sides, point) for point in points))))
    noticed = sorted(reads.union(*(point.reads for point in points)))
    if proof.ok and noticed:
        places = ", ".join(read.in_words for read in noticed)
        reasons += (f"the functions may depend on more than the values of their inputs: {places}",)
    return replace(proof, differences=(), unchecked=reasons) if reasons else proof


def prove_equalities(
    equalities: Compute,
    *,
    shapes: Mapping[str, Sequence[int | str]],
    domains: Mapping[str, str] | None = None,
    sizes: Mapping[str, Sequence[int]] | None = None,
    cells: int = MOST_CELLS,
    seconds: float = SECONDS,
) -> Proof:
    """Prove equalities of exact numbers: as `prove_identity`, for code that computes with exact numbers alone.

    ``equalities(**arrays)`` returns or yields (name, left, right). If it takes formal derivatives by the
    variables, the proof is about the insides of the cells, and says so if there are several.

    Examples
    --------
    >>> from chainrule.algebra import gradient
    >>> def slope(x):
    ...     yield "the slope of |x|", gradient(np.abs(x), x), np.sign(x)
    >>> print(prove_equalities(slope, shapes={"x": ()}))
    identity: proved for all inputs inside of cells at shapes x ()
    """
    return _proved_at_sizes(equalities, shapes, domains or {}, sizes or {}, cells, seconds)[0]


def _both_defined(sides: Sequence[Callable[..., Any]], arrays: Mapping[str, Any]) -> tuple[Any, Any]:
    """The values of both sides.

    Raises
    ------
    OutsideDomain
        If both are outside of their domains.
    Undecided
        If one is, and the other is not.
    """
    try:
        first = sides[0](**arrays)
    except OutsideDomain as reason:
        sides[1](**arrays)
        raise Undecided(f"the left side is undefined where the right side is not: {reason}") from None
    try:
        return first, sides[1](**arrays)
    except OutsideDomain as reason:
        raise Undecided(f"the right side is undefined where the left side is not: {reason}") from None


# Sizes.


def _proved_at_sizes(
    equalities: Compute,
    shapes: Mapping[str, Sequence[int | str]],
    domains: Mapping[str, str],
    sizes: Mapping[str, Sequence[int]],
    cells: int,
    seconds: float,
    reads: set[Read] | None = None,
) -> tuple[Proof, list[_Point]]:
    """The proof, and the points at which it computed."""
    unknown = [f"{name}: {domain!r}" for name, domain in domains.items() if domain not in DOMAINS or name not in shapes]
    if unknown:
        raise ValueError(f"domains: expected an array's name and one of {', '.join(DOMAINS)}, got {', '.join(unknown)}")
    names = list(dict.fromkeys(size for shape in shapes.values() for size in shape if isinstance(size, str)))
    tried = {name: tuple(sizes.get(name, SIZES)) for name in names}
    proofs, points, end = [], list[_Point](), time.monotonic() + seconds
    for choice in product(*tried.values()):
        number_of: dict[Any, int] = dict(zip(names, choice, strict=True))
        fixed = {name: tuple(int(number_of.get(n, n)) for n in shape) for name, shape in shapes.items()}
        arrays = [InputArray(name, shape, domains.get(name, "real")) for name, shape in fixed.items()]
        found, visited = _proved(
            partial(_visit, equalities, arrays, set() if reads is None else reads),
            arrays,
            cells,
            end - time.monotonic(),
        )
        proofs.append(found)
        points += visited
        if not found.ok:
            proofs = [found]
            break
    words = ", ".join(
        f"{name if len(tried) > 1 else ''} {in_words(numbers)}".strip() for name, numbers in tried.items()
    )
    sizes_in_words = f"sizes {words}" if names else f"shapes {', '.join(f'{n} {s}' for n, s in fixed.items())}"
    return replace(joined_sizes("identity", proofs), sizes=sizes_in_words), points


@dataclass(frozen=True)
class _Point:
    """A sample: floats of the arrays, the results of both sides there, computed in exact numbers, and what else than
    the arrays the functions have read so far."""

    arrays: Mapping[str, Any]
    results: tuple[Any, ...]
    reads: frozenset[Read]


def _proved(
    visit_at: Callable[[Mapping[str, Any], Memory, Values, Ties], Visit],
    arrays: Sequence[InputArray],
    cells: int,
    seconds: float,
) -> tuple[Proof, list[_Point]]:
    try:
        return limited(
            partial(_proved_on_cells, visit_at, arrays, cells), seconds=max(round(seconds, 2), LEAST_SECONDS)
        )
    except Exceeded as reason:
        return Proof("identity", unchecked=(str(reason),)), []


# Cells.


def _proved_on_cells(
    visit_at: Callable[[Mapping[str, Any], Memory, Values, Ties], Visit], arrays: Sequence[InputArray], cells: int
) -> tuple[Proof, list[_Point]]:
    domain = [comparison for each in arrays for comparison in each.comparisons()]
    room = Memory()
    found = [
        explored(partial(visit_at, dict(labels), room), domain, samples(arrays, SAMPLES), most=cells)
        for labels in product(*(each.labels() for each in arrays))
    ]
    visits = [visit for part in found for visit in part.visits]
    if not visits:
        return Proof("identity", unchecked=("no sample lies in the domain",)), []
    complete = all(part.complete for part in found)
    proof = joined_outcomes("identity", [visit.outcome for visit in visits], complete=complete)
    borders = any(visit.inside_only and visit.outcome.comparisons for visit in visits)
    return replace(proof, inside_only=borders), [visit.results for visit in visits]


def _visit(
    equalities: Compute,
    arrays: Sequence[InputArray],
    reads: set[Read],
    labels: Mapping[str, Any],
    room: Memory,
    values: Values,
    ties: Ties,
) -> Visit:
    """The equalities at a sample; floats are read as simple numbers only if nothing is proved without that."""
    inside_only, results = False, tuple[Any, ...]()

    def compute(field: Field) -> Iterator[Equality]:
        nonlocal inside_only, results
        numbers = {
            name: variables(name, _rational(values[name]), positive=each.positive)[()]
            for each in arrays
            for name in each.variables()
            if name not in ties
        }
        for name, tie in ties.items():
            terms = (_rational(c) * (numbers[other] if other else 1) for other, c in tie.items())
            numbers[name] = sum(terms, Exact(0))
        inputs = {each.name: exact_numbers(each.filled(numbers, labels)) for each in arrays}
        pairs = list(equalities(**inputs))
        inside_only = field.open
        results = tuple((_floats(left), _floats(right)) for _, left, right in pairs)
        yield from pairs

    outcome = _attempted(compute, room)
    point = tuple((name, float(x)) for name, x in values.items())
    at = ", ".join(f"{name} = {x!r}" for name, x in point[:LISTED])
    located = tuple(
        replace(d, entry=f"at {at}{', ' if d.entry else ''}{d.entry}", at=point) for d in outcome.differences
    )
    filled = {each.name: each.filled(values, labels).astype(float) for each in arrays}
    return Visit(replace(outcome, differences=located), inside_only, _Point(filled, results, frozenset(reads)))


def _rational(x: Fraction) -> Any:
    return flint.fmpq(x.numerator, x.denominator)


def _attempted(compute: Callable[[Field], Iterable[Equality]], room: Memory) -> Attempt:
    def tried(ideal: bool) -> Attempt:
        memory = Memory(room.generators)
        try:
            return attempt(compute, ideal=ideal, memory=memory)
        except Exception as error:  # the users' functions may raise anything where they need floats
            return Attempt(undecided=(f"{type(error).__name__}: {error}",))
        finally:
            room.generators = memory.generators  # the other cells need about as many

    outcome = tried(False)
    if outcome.proved or outcome.outside:
        return outcome
    idealised = tried(True)
    if idealised.proved or not idealised.differences:
        return idealised
    apart = tuple(d for d in outcome.differences if f"{float(d.left):.11e}" != f"{float(d.right):.11e}")
    if apart:
        return replace(outcome, differences=apart)
    close = tuple(f"{d.entry}: the sides differ by less than the rounding of constants" for d in outcome.differences)
    return replace(outcome, differences=(), undecided=(*outcome.undecided, *close))


# Floats.


def _floats(x: Any) -> Any:
    """The values at the sample, rounded."""
    entries = [float(y.value.mid()) if isinstance(y, Exact) else float(y) for y in exact_numbers(x).ravel().tolist()]
    return np.array(entries).reshape(np.shape(x))


def _apart_on_floats(sides: Sequence[Callable[..., Any]], point: _Point) -> str | None:
    """Why floats may behave otherwise than exact numbers; None if both sides give on floats what they gave there."""
    for name, side, k in zip(("left", "right"), sides, (0, 1), strict=True):
        try:
            with np.errstate(all="ignore"):
                found = _parts(side(**{key: x.copy() for key, x in point.arrays.items()}))
        except Exception as error:  # the users' functions may raise anything
            return f"the {name} side on floats: {type(error).__name__}: {error}"
        exact = [pair[k] for pair in point.results]
        for ours, theirs in zip(exact, found, strict=True):
            size = np.max(np.abs(ours[np.isfinite(ours)]), initial=1e-3)
            if not np.allclose(np.asarray(theirs, float), ours, rtol=CLOSE, atol=CLOSE * size, equal_nan=True):
                return f"the {name} side gives on floats {theirs}, in exact numbers {ours}"
    return None


# Sides and their arguments.


def _by_name(side: Any, runs: Any, shapes: Mapping[str, Any]) -> Callable[..., Any]:
    """A function of all arrays by name, which passes on to `runs` those that the user's function takes.

    Raises
    ------
    TypeError
        If it needs others.
    """
    if not callable(side):
        return lambda **arrays: side
    try:
        parameters = inspect.signature(side).parameters.values()
    except (TypeError, ValueError):  # NumPy's functions have no signature
        return lambda **arrays: runs(*arrays.values())
    kinds = {parameter.kind for parameter in parameters}
    if inspect.Parameter.VAR_KEYWORD in kinds and inspect.Parameter.VAR_POSITIONAL not in kinds:
        return lambda **arrays: runs(**arrays)
    if kinds & {inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.POSITIONAL_ONLY}:
        return lambda **arrays: runs(*arrays.values())
    missing = [p.name for p in parameters if p.default is p.empty and p.name not in shapes]
    if missing:
        raise TypeError(f"shapes: expected a shape for each argument, got none for {', '.join(missing)}")
    names = [p.name for p in parameters if p.name in shapes]
    return lambda **arrays: runs(**{name: arrays[name] for name in names})


def _parts(result: Any) -> tuple[Any, ...]:
    return tuple(result) if isinstance(result, tuple) else (result,)


def _paired(left: Any, right: Any) -> Iterator[Equality]:
    lefts, rights = _parts(left), _parts(right)
    if len(lefts) != len(rights):
        raise ValueError(f"the left side has {len(lefts)} results, the right side {len(rights)}")
    for i, (a, b) in enumerate(zip(lefts, rights, strict=True)):
        yield f"result {i}" if len(lefts) > 1 else "", a, b
