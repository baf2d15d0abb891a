"""`prove_rule`: the forward, the derivatives and the fast forms of a rule, proved in exact numbers.

The textbook definition is differentiated formally. What is proved: the forward is the definition; the pullbacks, the
pushforward, the Jacobian and the kernel are its derivatives. The comparisons that the code makes cut the inputs into
cells; where they compare differences of variables with constants, all cells are treated, ties included.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import product
from typing import Any

import numpy as np

from chainrule.algebra import (
    Attempt,
    Difference,
    ExactArray,
    Exceeded,
    Field,
    Memory,
    Undecided,
    attempt,
    exact_numbers,
    jacobian,
    limited,
)
from chainrule.algebra.equalities import Equality
from chainrule.algebra.field import OutsideDomain
from chainrule.arrays import as_array, as_floats, holds_labels
from chainrule.checking.case import RuleCase
from chainrule.checking.definitions import DEFINITIONS
from chainrule.checking.examples import IMAGE_RULES, example_inputs, examples
from chainrule.checking.option_values import in_words, other_options
from chainrule.checking.proofs.assignments import (
    Assignment,
    Inputs,
    MeetsKink,
    MeetsOtherComparisons,
    assignments_outside,
    sampled_assignments,
)
from chainrule.checking.proofs.proof import Proof, joined_outcomes, joined_sizes
from chainrule.checking.rule_calls import broken_calls, refuse_inputs
from chainrule.checking.rule_forms import result_forms
from chainrule.checking.rule_promises import broken_flags, changes_inputs
from chainrule.rules import Rule, registry
from chainrule.rules.rule import require_rule

SIZES = (1, 2, 3, 4)
FEWER_SIZES = {"binary_cross_entropy": (1, 2), "members_cross_entropy": (1, 2)}
"""Sizes for rules with too many cells: one entry of the first has 19, and those of entries and members multiply."""

MOST_ENTRIES = 60
"""Examples with more numbers in one input are not proved."""

MOST_CELLS = 1500
SAMPLED_CELLS = 6
SECONDS, SECONDS_AT_A_POINT = 60.0, 5.0


def prove_rule(rule: Rule, *inputs: Any, options: Mapping[str, Any] | None = None) -> Proof:
    """Prove that the forward of a rule equals its definition, and that its derivatives are those of the definition.

    Parameters
    ----------
    rule : Rule
        A rule of the package, or your own. If it has no textbook definition, its forward is the definition.
    *inputs : array_like
        Small inputs; only their shapes and labels are used. Default, for rules of the package: sizes 1 to 4, or for
        images the examples of the mutation gate.
    options : mapping, optional
        Keyword arguments of the rule.

    Returns
    -------
    Proof
        A proof for all inputs, if the code compares only differences of variables with constants; otherwise a proof on
        sampled cells, whose number is printed.

    Raises
    ------
    LookupError
        If no inputs are given and the package has no example inputs for the rule.
    TypeError
        If the inputs or the options do not fit the rule.
    ValueError
        If the inputs have no numbers, or more than 60.

    Examples
    --------
    >>> from chainrule import rules
    >>> print(prove_rule(rules.softmax))
    softmax: proved for all inputs at sizes 1 to 4
    >>> wrong = rules.Rule("square", lambda x: (x * x, x), lambda x, v: 2.0000001 * x * v)
    >>> print(prove_rule(wrong, np.array([1.5])))
    square: fail
      pullback of v by x[0] at x0 = 3029/2018, v0 = 488/11: got 133.178851600, expected 133.178844941
      pullback of v by the kernel, by x[0] at x0 = 3029/2018, v0 = 488/11: got 133.178851600, expected 133.178844941
    """
    require_rule("prove_rule", rule, "check_gradient checks functions")

    def proved(options: Mapping[str, Any]) -> Proof:
        every = _all_inputs(rule, inputs, dict(options))
        return joined_sizes(rule.name, [_limited(points, partial(prove_at, points)) for points in every])

    found = proved(options or {})
    if not found.ok or not inputs:
        return found
    given = tuple(
        as_array(x) if name in rule.integers else as_floats(x) for name, x in zip(rule.inputs, inputs, strict=True)
    )
    broken = broken_flags(rule, given, options or {})
    if broken:
        return replace(found, differences=tuple(Difference(each.entry, each.got, each.expected) for each in broken))
    # A factor that an option has by default, such as 1, can be lost without a trace.
    for words, others in other_options(rule, options or {}):
        if (other := proved(others)).differences:
            entries = tuple(replace(each, entry=f"{each.entry} with {words}") for each in other.differences)
            return replace(found, differences=entries)
    return replace(found, options=in_words(rule, options or {}), constants=tuple(without_pullback(rule, given)))


def without_pullback(rule: Rule, inputs: Sequence[Any]) -> Iterator[str]:
    """The inputs of floats that have no pullback, apart from masks of noise.

    >>> product = Rule("product", lambda x, y: (x * y, y), {"x": lambda y, v: y * v}, inputs=("x", "y"))
    >>> list(without_pullback(product, [np.ones(2), np.ones(2)]))
    ['y']
    """
    for name, x in zip(rule.inputs, inputs, strict=True):
        if name in rule.constants and name not in rule.integers and rule.kind != "noise" and not holds_labels(x):
            yield name


def _limited(points: Inputs, prove: Callable[[], Proof], seconds: float = SECONDS) -> Proof:
    changed = changes_inputs(points.rule, points.samples, points.options)
    if changed:
        reason = f"the rule writes to its input {changed}, so that other formulas get other numbers: work on a copy"
        return Proof(points.rule.name, unchecked=(reason,))
    case = RuleCase(points.rule, points.samples, dict(points.options), 300)
    try:
        refuse_inputs(case)
    except ValueError as reason:
        return Proof(points.rule.name, unchecked=(str(reason),))
    broken = broken_calls(case, "calls")
    if reasons := tuple(f"{each.entry}: got {each.got}, expected {each.expected}" for each in broken):
        return Proof(points.rule.name, unchecked=reasons)
    try:
        return limited(prove, seconds=seconds)
    except Exceeded as reason:
        return Proof(points.rule.name, unchecked=(str(reason),))
    except Exception as error:  # a user's rule may raise anything
        return Proof(points.rule.name, unchecked=(f"{type(error).__name__}: {error}",))


def prove_rule_at(rule: Rule, inputs: Sequence[Any], options: Mapping[str, Any]) -> Proof:
    """The proof of a rule on the cell of one point, such as that of `check_rule`; "unchecked" for large inputs."""
    count = sum(np.size(x) for x in inputs)
    if not 0 < count <= MOST_ENTRIES or not all(np.isfinite(x).all() for x in inputs):
        return Proof(rule.name, unchecked=(f"infinities, or more than {MOST_ENTRIES} numbers",))
    points = Inputs(rule, tuple(inputs), options)

    def prove() -> Proof:
        at, memory = Assignment.of_point(points), Memory()
        outcome = outcome_at(points, Assignment(points, points.values()) if at.equals() else at, memory)
        if at.equals() and (not outcome.accepted or outcome.comparisons or outcome.divisors):
            outcome = outcome_at(points, at, memory)  # it is not proved for all inputs, so where the same are equal
        return joined_sizes(rule.name, [joined_outcomes(rule.name, [outcome], sizes=points.size)])

    proof = _limited(points, prove, SECONDS_AT_A_POINT)
    return replace(proof, unchecked=("a kink",)) if proof.kinks else proof


def _all_inputs(rule: Rule, inputs: Sequence[Any], options: dict[str, Any]) -> Iterator[Inputs]:
    """The inputs at which a rule is proved."""
    if inputs:
        rule.check_call(inputs, options)
        given = [np.asarray(x) for x in inputs]
        if not 0 < sum(x.size for x in given) <= MOST_ENTRIES:
            sizes = ", ".join(str(x.size) for x in given)
            raise ValueError(f"{rule.name}: expected 1 to {MOST_ENTRIES} numbers in all inputs, got {sizes}")
        # Labels stay as they are. Other integers are numbers, by which there is something to differentiate.
        named = zip(rule.inputs, given, strict=True)
        labelled = [(x, name in rule.integers and holds_labels(x)) for name, x in named]
        yield Inputs(rule, tuple(x if labels else x.astype(float) for x, labels in labelled), options)
    elif rule.name not in registry.names():
        raise LookupError(f"{rule.name} is no rule of the package: give inputs of small sizes")
    elif rule.name in IMAGE_RULES or rule.name == "convolve1d":
        for example in examples(rule.name):
            if min(map(np.size, example.inputs)) > 0 and max(map(np.size, example.inputs)) <= MOST_ENTRIES:
                yield Inputs(rule, example.inputs, {**example.options, **options})
    else:
        smoothings = ({}, {"label_smoothing": 0.125}) if "label_smoothing" in rule.options else ({},)
        for size, smoothing in product(FEWER_SIZES.get(rule.name, SIZES), smoothings):
            samples = example_inputs(rule.name, (size,))
            yield Inputs(rule, samples, {**smoothing, **options})
            for label in range(size) if rule.integers else ():
                named = zip(rule.inputs, samples, strict=True)
                labels = tuple(np.asarray(label) if name in rule.integers else x for name, x in named)
                yield Inputs(rule, labels, {**smoothing, **options})


def prove_at(points: Inputs) -> Proof:
    """The proof at the sizes and labels of some inputs, in this process."""
    outcomes, complete = _on_cells(points)
    return joined_outcomes(points.rule.name, outcomes, complete=complete, sizes=points.size)


def _on_cells(points: Inputs) -> tuple[list[Attempt], bool]:
    """Outcomes on cells that contain all inputs, and True; or on sampled cells, and False."""
    outcomes, memory = list[Attempt](), Memory()
    assignments = assignments_outside(points)
    try:
        assignment = next(assignments)
        while len(outcomes) < MOST_CELLS:
            outcomes.append(outcome_at(points, assignment, memory))
            if not outcomes[-1].accepted:
                return outcomes, False
            assignment = assignments.send(outcomes[-1].comparisons)
    except StopIteration:
        return outcomes, True
    except MeetsOtherComparisons:
        pass
    return [outcomes[0], *(outcome_at(points, a, memory) for a in sampled_assignments(points, SAMPLED_CELLS))], False


def outcome_at(points: Inputs, assignment: Assignment, memory: Memory) -> Attempt:
    """The outcome on the cell in which an assignment lies."""

    def tried(*, ideal: bool) -> Attempt:
        return attempt(partial(_equalities, points, assignment), memory=Memory(memory.generators), ideal=ideal)

    try:
        found = tried(ideal=False)
        if found.floats and found.differences and (meant := tried(ideal=True)).proved:  # sqrt(2) as a float is rounded
            found = meant
        at_edge = found.outside and bool(assignment.equals())
    except MeetsKink:
        at_edge = True
    if at_edge:
        found = replace(attempt(partial(_value_at_kink, points, assignment)), kink=True)
    differences = tuple(
        replace(known, entry=f"{known.entry} at {assignment}{_directions_of(points, assignment, known.entry)}")
        for known in found.differences
    )
    return replace(found, comparisons=(*assignment.ties(), *found.comparisons), differences=differences)


def _directions_of(points: Inputs, assignment: Assignment, entry: str) -> str:
    """The cotangent v or the tangents t in words, if the values of this entry are products with them."""
    if entry.startswith("value"):
        return ""
    named = {"v": np.shape(points.rule(*points.samples, **points.options))}
    if entry.startswith("pushforward"):
        inputs = zip(points.rule.inputs, points.samples, strict=True)
        named = {f"t_{name}": np.shape(x) for name, x in inputs if not holds_labels(x)}
    shown = [assignment.direction_in_words(name, shape) for name, shape in named.items()]
    return "".join(f", {text}" for text in shown if text)


def _definition(points: Inputs) -> Any:
    """The textbook definition, or else the rule's own forward, as a function of its inputs."""
    rule = points.rule
    known = DEFINITIONS.get(rule.name)
    if known is not None and rule.name in registry.names() and registry.get(rule.name) is rule:
        return lambda *inputs: exact_numbers(known(*inputs, **points.options))
    return lambda *inputs: exact_numbers(rule.output_and_residuals(*inputs, **points.options)[0])


def _value_at_kink(points: Inputs, assignment: Assignment, field: Field) -> Iterator[Equality]:
    inputs = assignment.tied(assignment.variables())
    _check_domain(points.rule, inputs)
    value = _definition(points)(*inputs)
    field.inside = True
    yield "value", points.rule(*inputs, **points.options), value


def _check_domain(rule: Rule, inputs: Sequence[Any]) -> None:
    try:
        if rule.check is not None:
            rule.check(*inputs)
    except ValueError as reason:
        raise OutsideDomain(str(reason)) from None


def _equalities(points: Inputs, assignment: Assignment, field: Field) -> Iterator[Equality]:
    """The value and the derivatives of a rule, each beside the definition's."""
    rule = points.rule
    inputs: tuple[Any, ...] = assignment.variables()
    _check_domain(rule, assignment.tied(inputs))
    value = _definition(points)(*inputs)
    named = list(zip(rule.inputs, inputs, strict=True))
    slopes = [
        None if name in rule.constants or not isinstance(x, ExactArray) else jacobian(value, x) for name, x in named
    ]
    value, slopes = assignment.on_open_cell(field, value, slopes, inputs)
    field.inside = True
    try:
        yield from _of_rule(points, assignment, value, slopes, assignment.tied(inputs))
    except OutsideDomain as reason:
        # The definition has a value here, so that the inputs are not outside the domain.
        raise Undecided(f"the rule: {reason}") from None


def _of_rule(
    points: Inputs, assignment: Assignment, value: Any, slopes: Sequence[Any], inputs: tuple[Any, ...]
) -> Iterator[Equality]:
    """The value and the derivatives that the rule gives, beside those of the definition."""
    for form in result_forms(points.rule, inputs, points.options, value, slopes, assignment.directions).values():
        for name, got, right in zip(form.names, form.compute(), form.right, strict=True):
            if got is None and right is not None:
                raise Undecided(f"{name}: there is none")
            if right is not None:
                yield name, got, right
