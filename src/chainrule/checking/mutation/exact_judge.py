"""Proofs about mutants: the results of a rule at a small point in exact numbers, beside its textbook definition.

The definition is differentiated formally, once. A mutant is refuted if a result that calls the edited function differs
from the definition at the sample, in balls that do not overlap. It is proved if all of them are equal on the cell of
the sample. Everything else is left to the examples. Proofs are about real numbers, so that the floats of a mutant that
is proved are judged as well.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from types import CodeType
from typing import Any

import numpy as np

from chainrule.algebra import ExactArray, Field, Memory, exact_numbers, jacobian, variables
from chainrule.algebra.exact import Exact
from chainrule.algebra.memory import Restart
from chainrule.arrays import holds_labels, random_stream
from chainrule.checking.case import draw
from chainrule.checking.definitions import DEFINITIONS
from chainrule.checking.examples import IMAGE_RULES, example_inputs
from chainrule.checking.mutation.mutants import Observer
from chainrule.checking.mutation.recorded_calls import Calls, EditedFunction, Recorder
from chainrule.checking.rule_forms import Results, result_forms
from chainrule.kernels import registered
from chainrule.rules import Rule

MOST_TERMS = 600
"""Expressions with more terms are undecided. The largest of the unedited rules at these points has 81."""

MOST_RUNS = 8

ROOM = 6
"""Most generators that an edited rule may need beyond the generators of the unedited rule."""


@dataclass(frozen=True, repr=False)
class ProvedForm:
    """One form of result that the unmutated rule is proved to compute rightly."""

    compute: Callable[[], Results]
    right: Results
    codes: frozenset[CodeType]
    calls: Calls


@dataclass(frozen=True, repr=False)
class ExactPoint:
    """The unmutated rule at one point in exact numbers, and its forms of result that are proved there."""

    rule: Rule
    field: Field
    sample: str
    claims: Mapping[str, ProvedForm]

    def refutation(self, edit: EditedFunction) -> tuple[str, bool]:
        """The place at which the edited rule is wrong, and True if it is proved to be right.

        The text is empty if it is not known to be wrong.
        """
        proved = True
        for form, claim in self.claims.items():
            if edit.code not in claim.codes:
                continue
            try:
                with self.field, self.field.forgetting():
                    if edit.is_same_in(claim.calls):
                        continue
                    difference, equal = _compared(form, claim.compute(), claim.right)
            except (Exception, Restart):  # an edit may do anything, also what exact numbers cannot follow
                proved = False
                continue
            if difference:
                return f"{self.rule.name}: {difference} at {self.sample}", False
            proved = proved and equal
        return "", proved


def _compared(form: str, got: Results, right: Results) -> tuple[str, bool]:
    """The first entry that differs at the sample, and whether all entries are equal on the cell."""
    equal = len(got) == len(right)
    for mine, expected in zip(got, right, strict=False):
        if mine is None or expected is None:
            equal = equal and mine is expected
            continue
        array: Any = exact_numbers(mine)
        if array.shape != expected.shape:
            return f"{form} in exact numbers: got shape {array.shape}, expected {expected.shape}", False
        for index in np.ndindex(expected.shape):
            a, b = array[index], expected[index]
            if not (isinstance(a, Exact) and isinstance(b, Exact)):
                equal = False
            elif not (rest := a - b).is_zero():
                equal = False
                if rest.value.is_finite() and not rest.value.contains(0):
                    values = [x.value.str(10, radius=False) for x in (a, b)]
                    return f"{form} in exact numbers: entry {list(index)}: got {values[0]}, expected {values[1]}", False
    return "", equal


def exact_points(rule: Rule, observer: Observer) -> list[ExactPoint]:
    """The points at which mutants of a rule are tried first; none for a rule without a textbook definition."""
    if rule.name not in DEFINITIONS:
        return []
    found = (_point(rule, inputs, options, observer) for inputs, options in _samples(rule))
    return [point for point in found if point is not None and point.claims]


def _samples(rule: Rule) -> Iterator[tuple[tuple[Any, ...], dict[str, Any]]]:
    if rule.name in IMAGE_RULES:
        yield from _images(rule)
        return
    for shape in [(3,)] if rule.name == "l2_penalty" else [(3,), (2, 2)]:
        inputs = example_inputs(rule.name, shape)
        yield inputs, {}
        if "targets" in rule.integers:
            yield (inputs[0], np.array([1, 0] if len(shape) == 2 else 1)), {}
        if "label_smoothing" in rule.options:
            yield inputs, {"label_smoothing": 0.125}
    if rule.name == "convolve1d":
        yield from ((example_inputs(rule.name, (4,)), {"mode": mode}) for mode in ("same", "valid"))


def _images(rule: Rule) -> Iterator[tuple[tuple[Any, ...], dict[str, Any]]]:
    stream = random_stream(6)
    if len(rule.inputs) == 1:
        image = stream.permutation(12).reshape(1, 3, 4) / 4 - 1.125
        yield (image[:, :2, :2],), {}
        more: tuple[dict[str, Any], ...] = (
            {"padding": ((0, 1), (2, 1))},
            {"kernel": (2, 3), "stride": (1, 2), "padding": ((1, 0), (0, 1))},
        )
        for options in more:
            if set(options) <= set(rule.options) and (len(options) == 1) == (rule.name == "zero_pad2d"):
                yield (image,), options
        return
    image, weight, bias = (stream.permutation(n) / 4 - 1.125 for n in (12, 12, 2))
    cases = (
        (image[:8].reshape(2, 2, 2), weight[:8].reshape(2, 2, 2, 1), {"padding": ((1, 0), (0, 0))}),
        (image[:12].reshape(1, 3, 4), weight[:4].reshape(1, 1, 2, 2), {"stride": (1, 2), "dilation": (2, 1)}),
        (image[:8].reshape(2, 2, 2), weight[:4].reshape(2, 1, 1, 2), {"groups": 2, "padding": "same"}),
    )
    for x, kernel, options in cases:
        yield (x, kernel, *([bias[: len(kernel)]] if len(rule.inputs) == 3 else [])), options


def _kept(x: Any) -> Any:
    """Exact numbers that an edited function cannot overwrite."""
    array = exact_numbers(x)
    array.flags.writeable = False
    return array


def _point(rule: Rule, samples: tuple[Any, ...], options: dict[str, Any], observer: Observer) -> ExactPoint | None:
    memory = Memory(generators=16)
    for _ in range(MOST_RUNS):
        field = Field(memory, most_terms=MOST_TERMS)
        try:
            with field:
                point = _point_in(field, rule, samples, options, observer)
            if len(field.generators) + ROOM <= memory.generators:
                return point
            memory.generators = len(field.generators) + 2 * ROOM
        except Restart:
            continue
        except Exception:  # the definition may need what exact numbers lack
            break
    return None


def _point_in(
    field: Field, rule: Rule, samples: tuple[Any, ...], options: dict[str, Any], observer: Observer
) -> ExactPoint:
    rounded = [x if holds_labels(np.asarray(x)) else np.round(np.asarray(x) * 64) / 64 for x in samples]
    named = list(zip(rule.inputs, rounded, strict=True))
    inputs = [x if holds_labels(x) else _kept(variables(name, x)) for name, x in named]
    value = _kept(DEFINITIONS[rule.name](*inputs, **options))
    slopes = [
        _kept(jacobian(value, x)) if isinstance(x, ExactArray) and name not in rule.constants else None
        for name, x in zip(rule.inputs, inputs, strict=True)
    ]
    seeds = {"v": 99, **{f"t_{name}": i for i, name in enumerate(rule.inputs)}}
    found = result_forms(
        rule,
        inputs,
        options,
        value,
        slopes,
        lambda name, shape: _kept(variables(name, draw(seeds[name], shape).round(2))),
    )
    if not registered(rule):
        del found["kernel"]
    claims, recorder = {}, Recorder()
    for form, results in found.items():
        with suppress(Exception):  # a form that exact numbers cannot follow is left to the examples
            got, codes = observer.run(results.compute)
            if _compared(form, got, results.right)[1]:
                observer.empty_caches()
                calls = recorder.calls(codes, results.compute)
                claims[form] = ProvedForm(results.compute, results.right, codes, calls)
    return ExactPoint(rule, field, ", ".join(f"{name} = {x.tolist()}" for name, x in named), claims)
