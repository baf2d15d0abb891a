"""Comparison of a claim with difference quotients of balls.

An input with few entries is perturbed entry by entry. An input with many entries is perturbed in all entries at once,
along a direction without zeros. If that disagrees, each half is perturbed, and so on down to the wrong entry.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import flint
import numpy as np

from chainrule.checking.ball import Ball, Inexact, Undecided, precision
from chainrule.checking.balls import balls
from chainrule.checking.case import draw
from chainrule.checking.comparing import digits, position
from chainrule.checking.gradients.claims import Claim, Function, Index
from chainrule.checking.quotients import Quotient, difference_quotient
from chainrule.checking.rule_report import Finding, Mismatch, Unchecked

EVERY_ENTRY = 96
"""Largest number of entries of an input that are perturbed one by one."""

LISTED = 6
"""Largest number of wrong entries that are listed."""

RELATIVE, ABSOLUTE = flint.arb(10) ** -12, flint.arb(2) ** -50
"""Tolerances relative to the entry and to the largest entry of the array. User code rounds its constants (1/3, 0.1, pi)
to floats, which causes differences up to these."""


class NotOnBalls(Exception):
    """A function does not run on balls; the message tells why."""


@dataclass
class BallCheck:
    """The comparison of one claim with one function at one point."""

    name: str
    function: Function
    claim: Claim
    inputs: tuple[Any, ...]
    bits: int
    checked: int = 0
    findings: list[Finding] = field(default_factory=list)
    kinks: dict[int, list[Index]] = field(default_factory=dict)
    """Entries of each input at which the slopes from the two sides differ."""
    seen: dict[tuple[int, Index, Index], tuple[Ball, Ball]] = field(default_factory=dict)
    """Claimed and true derivatives by (input, entry of the input, entry of the output)."""

    @cached_property
    def cotangent(self) -> Any:
        """Random numbers in the output shape for pullbacks; ones for other forms."""
        shape = self.claim.output_shape
        return draw(99, shape) if self.claim.form == "pullback" else np.ones(shape)

    @cached_property
    def claimed(self) -> tuple[Any, ...]:
        """The claimed derivatives as balls."""
        arguments = tuple(balls(x) if moves else x for x, moves in zip(self.inputs, self.claim.moves, strict=True))
        with precision(self.bits):
            values = self.claim.values(arguments, balls(self.cotangent))
        return tuple(None if value is None else balls(value) for value in values)

    def run(self) -> None:
        """Compare all inputs. Raises `NotOnBalls` or `WrongShapeError`."""
        for i, value in enumerate(self.claimed):
            if value is None or not value.size:
                continue
            everywhere = [index for index in np.ndindex(self.inputs[i].shape) if np.isfinite(self.inputs[i][index])]
            if len(everywhere) <= EVERY_ENTRY:
                for index in everywhere:
                    self._entry(i, index)
            else:
                self._halve(i, everywhere)
            if len(self.kinks.get(i, ())) > 1:
                self._together(i, self.kinks[i])

    def failures(self) -> list[Mismatch]:
        """The findings that are mismatches."""
        return [finding for finding in self.findings if isinstance(finding, Mismatch)]

    def _entry(self, i: int, index: Index) -> None:
        direction = np.zeros(self.inputs[i].shape)
        direction[index] = 1.0
        quotient = self._quotient(i, direction)
        if quotient is None:
            return
        for out, got, expected in self._pairs(i, index, quotient):
            self.seen[(i, index, out)] = got, expected
        for out, got, expected in self._pairs(i, index, quotient):
            self._compare(self._entry_name(i, index, out), i, got, expected)

    def _entry_name(self, i: int, index: Index, out: Index) -> str:
        name = self.claim.names[i]
        if self.claim.form == "jacobian":
            return f"{name}{position((*out, *index))}"
        return f"d{position(out)}/d{name}{position(index)}" if out else f"{name}{position(index)}"

    def _pairs(self, i: int, index: Index, quotient: Quotient) -> Iterator[tuple[Index, Ball, Ball]]:
        """Triples (output entry, claimed, true) for one column, without kinks."""
        value: Any = quotient.value
        claimed: Any = self.claimed[i]
        form = self.claim.form
        if form in ("gradient", "pullback"):
            if quotient.kinks.any():
                self._kink(i, index, quotient)
                return
            with precision(self.bits):
                total = np.sum(balls(self.cotangent) * value)
            yield (), claimed[index], total if isinstance(total, Ball) else total[()]
            return
        for out in np.ndindex(value.shape):
            if quotient.kinks[out]:
                self._kink(i, index, quotient)
            elif form == "jacobian":
                yield out, claimed[(*out, *index)], value[out]
            else:
                yield out, claimed[index] if out == index else Ball(0), value[out]

    def _together(self, i: int, indices: list[Index]) -> None:
        """Perturb all entries with kinks at once, because tied maxima that move together have no kink."""
        direction = np.zeros(self.inputs[i].shape)
        for index in indices:
            direction[index] = 1.0
        quotient = self._quotient(i, direction)
        if quotient is None or quotient.kinks.any() or self.claim.form not in ("gradient", "pullback"):
            return
        with precision(self.bits):
            got: Any = balls(np.sum(self.claimed[i] * balls(direction)))[()]
            expected: Any = balls(np.sum(balls(self.cotangent) * quotient.value))[()]
        names = " + ".join(f"{self.claim.names[i]}{position(index)}" for index in indices[:4])
        self._compare(names + (" + ..." if len(indices) > 4 else ""), i, got, expected)

    def _kink(self, i: int, index: Index, quotient: Quotient) -> None:
        if index not in self.kinks.setdefault(i, []):
            self.kinks[i].append(index)
        at = tuple(int(k) for k in np.argwhere(quotient.kinks)[0])
        sides = f"{digits(quotient.left[at])} from the left and {digits(quotient.right[at])} from the right"
        self.findings.append(
            Unchecked(self.name, f"{self.claim.names[i]}{position(index)}: a kink, with slopes {sides}")
        )

    def _quotient(self, i: int, direction: Any) -> Quotient | None:
        directions = tuple(direction if j == i else None for j in range(len(self.inputs)))
        try:
            return difference_quotient(self.function, self.inputs, directions, bits=self.bits)
        except Inexact as reason:
            raise NotOnBalls(str(reason)) from None
        except Undecided as reason:
            where = [position(tuple(int(k) for k in at)) for at in np.argwhere(direction)[:1]]
            self.findings.append(
                Unchecked(self.name, f"{self.claim.names[i]}{where[0]}: {reason}", more_bits_may_help=True)
            )
            return None

    def _compare(self, entry: str, i: int, got: Ball, expected: Ball) -> None:
        if got.says_nothing() and not expected.says_nothing() and expected.value.is_finite():
            self.findings.append(Mismatch(self.name, self.claim.form, entry, "not a number", digits(expected)))
            return
        if expected.says_nothing() or got.says_nothing():
            self.findings.append(Unchecked(self.name, f"{entry}: the function has no finite difference quotient there"))
            return
        if got.value.overlaps(expected.value):
            if expected.value.rel_accuracy_bits() >= 40 or _below(expected, self._scale(i)):
                self.checked += 1
            else:
                self.findings.append(
                    Unchecked(self.name, f"{entry}: {got} and {expected} are too wide to say", more_bits_may_help=True)
                )
            return
        difference = abs(got.value - expected.value)
        largest = max(abs(got.value).abs_upper(), abs(expected.value).abs_upper())
        if not difference > RELATIVE * largest:
            self.checked += 1  # the difference may come from rounded constants
        elif not difference > ABSOLUTE * self._scale(i):
            self.findings.append(
                Unchecked(
                    self.name,
                    f"{entry}: {digits(got)} and {digits(expected)} differ by no more than rounded constants may cause",
                )
            )
        else:
            self.findings.append(Mismatch(self.name, self.claim.form, entry, *_shown(got, expected)))

    def _scale(self, i: int) -> Any:
        """The largest magnitude among the claimed derivatives by an input and the true ones found so far."""
        largest = flint.arb(0)
        known = list(self.claimed[i].flat)
        known += [true for (j, _, _), (_, true) in self.seen.items() if j == i]
        for ball in known:
            if ball.value.is_finite() and ball.value.abs_upper() > largest:
                largest = ball.value.abs_upper()
        return largest

    def _halve(self, i: int, indices: list[Index]) -> None:
        """Perturb many entries at once; if that disagrees, perturb each half."""
        if len([f for f in self.findings if isinstance(f, Mismatch)]) >= LISTED:
            return
        if len(indices) == 1:
            self._entry(i, indices[0])
            return
        direction = np.zeros(self.inputs[i].shape)
        drawn = draw(i, self.inputs[i].shape)
        for index in indices:
            direction[index] = drawn[index]
        quotient = self._quotient(i, direction)
        if quotient is not None and not quotient.kinks.any() and self._agrees(i, direction, indices, quotient):
            self.checked += len(indices)
            return
        if quotient is not None and quotient.kinks.any() and len(indices) <= 8:
            for index in indices:
                self._entry(i, index)
            return
        middle = len(indices) // 2
        self._halve(i, indices[:middle])
        self._halve(i, indices[middle:])

    def _agrees(self, i: int, direction: Any, indices: list[Index], quotient: Quotient) -> bool:
        claimed, value = self.claimed[i], quotient.value
        pairs: list[tuple[Any, Any]]
        with precision(self.bits):
            if self.claim.form == "jacobian":
                moved: Any = balls(np.zeros(value.shape))
                for index in indices:
                    moved = moved + claimed[(..., *index)] * Ball(direction[index])
                pairs = [(moved[out], value[out]) for out in np.ndindex(value.shape)]
            elif self.claim.form == "slope":
                moved = claimed * balls(direction)
                pairs = [(moved[out], value[out]) for out in np.ndindex(value.shape)]
            else:
                along = np.sum(claimed * balls(direction))
                total = np.sum(balls(self.cotangent) * value)
                pairs = [(balls(along)[()], balls(total)[()])]
            scale = self._scale(i)
            return all(
                not (got.says_nothing() or expected.says_nothing())
                and not abs(got.value - expected.value) > ABSOLUTE * scale
                for got, expected in pairs
            )


def _below(expected: Ball, scale: Any) -> bool:
    """Whether a ball is 0 for all that matters beside the other entries, or below every float."""
    return bool(expected.value.abs_upper() < max(scale * flint.arb(2) ** -200, flint.arb(2) ** -1100))


def _shown(got: Ball, expected: Ball) -> tuple[str, str]:
    """Both values to 10 digits, or to as many as tell them apart."""
    for count in range(10, 40, 3):
        with precision(256):
            texts = [str(ball.value.mid().str(count, radius=False)) for ball in (got, expected)]
        if texts[0] != texts[1]:
            break
    return texts[0], texts[1]
