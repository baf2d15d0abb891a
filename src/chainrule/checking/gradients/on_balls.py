"""Comparison of a claim with difference quotients of balls.

An input with few entries is perturbed entry by entry. An input with many entries is perturbed in all entries at once,
along a direction without zeros. If that disagrees, each half is perturbed, and so on down to the wrong entry.

For a gradient and a pullback the outputs are contracted with the cotangent first, so that the function has one output.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import flint
import numpy as np

from chainrule.algebra.ball import Ball, Inexact, Undecided, nearest, precision
from chainrule.algebra.balls import balls, midpoints
from chainrule.checking.case import draw
from chainrule.checking.comparing import NEGLIGIBLE, digits, distinct_digits, position
from chainrule.checking.gradients.claims import Claim, ClaimCheck, Index, WrongShapeError
from chainrule.checking.quotients import Quotient, difference_quotient, indicator
from chainrule.checking.user_code import on_balls
from chainrule.checking.user_code.places import error_in_words

EVERY_ENTRY = 96
"""Largest number of entries of an input that are perturbed one by one."""

LISTED = 6
"""Largest number of wrong entries, and of undecided entries, that are listed per check."""

RELATIVE, ABSOLUTE = 1e-12, 2.0**-50
"""Tolerances relative to the entry and to the largest entry of the array. User code rounds its constants (1/3, 0.1, pi)
to floats, which causes differences up to these."""

HIDDEN = 2**20
"""An entry is looked at without the larger ones if its share of a sum is less than this times the sum's uncertainty."""

MOST_BITS = 4800
"""With as many bits, a quotient that still shows nothing is below every float."""

REFUSALS = {
    **dict.fromkeys(("of type numpy.object_", "Could not infer dtype of", "must be Tensor, not"), "PyTorch"),
    **dict.fromkeys(("not a valid JAX", "as an abstract array"), "JAX"),
}
"""Parts of the errors with which libraries refuse arrays of balls."""

NOT_A_NUMBER = "not a number"


class NotOnBalls(Exception):
    """A function does not run on balls; the message tells why."""


def check_on_balls(claim: Claim, bits: int) -> BallCheck:
    """The check with `bits`, repeated with 4 and 16 times as many bits while it stays undecided.

    Raises
    ------
    NotOnBalls, WrongShapeError
    """
    given, claim = claim, claim_on_balls(claim)
    for more in (1, 4, 16):
        check = BallCheck(claim, f"balls of {more * bits} bits", bits=more * bits)
        try:
            with np.errstate(all="ignore"):
                check.run()
        except WrongShapeError:
            raise
        except Undecided as reason:
            if more == 16 or isinstance(reason, Inexact):
                raise NotOnBalls(str(reason)) from None
            continue
        except Exception as error:  # the user's function may raise anything on balls
            raise NotOnBalls(_why(error)) from None
        if not any(reason.more_bits_may_help for reason in check.unchecked):
            break
    if check.failures and not check.means_the_same():
        raise NotOnBalls("on balls the function gives other values than on floats")
    if not check.failures and not check.claims_the_same(given):
        raise NotOnBalls("on balls the derivative gives other values than on floats")
    return check


def _why(error: Exception) -> str:
    """The reason why a function does not run on balls; refusals of libraries in plain words."""
    library = next((name for text, name in REFUSALS.items() if text in str(error)), None)
    return error_in_words(error, quoted=True) if library is None else f"balls do not go through {library}"


def _close(floats: Any, exact: Any, relative: float = 1e-3) -> bool:
    """True if floats are so close to the numbers on balls that rounding errors may explain the difference."""
    known = np.isfinite(floats) & np.isfinite(exact)
    apart = abs(floats[known] - exact[known])
    return bool((apart <= relative * np.maximum(abs(floats), abs(exact))[known] + 1e-12).all())


def claim_on_balls(claim: Claim) -> Claim:
    """The claim with functions that run on balls."""
    return replace(claim, function=on_balls(claim.function), derivative=on_balls(claim.derivative))


@dataclass
class BallCheck(ClaimCheck):
    """The comparison of one claim, whose functions run on balls, with its function."""

    bits: int = 300
    every_entry: int = EVERY_ENTRY
    relative: float = RELATIVE
    absolute: float = ABSOLUTE
    kinks: list[Index] = field(default_factory=list)
    """Entries of the present input at which the slopes from the two sides differ."""
    seen: dict[tuple[int, Index, Index], tuple[Ball, Ball]] = field(default_factory=dict)
    """Claimed and true derivatives by (input, entry of the input, entry of the output)."""

    @property
    def derivatives(self) -> dict[tuple[int, Index, Index], tuple[float, float]]:
        """Claimed and true derivatives as floats."""
        return {key: (nearest(got), nearest(true)) for key, (got, true) in self.seen.items()}

    @cached_property
    def claimed(self) -> tuple[Any, ...]:
        """The claimed derivatives as balls."""
        with precision(self.bits):
            values = self.claim.derivatives(self._arguments, balls(self.claim.cotangent))
        return tuple(None if value is None else balls(value) for value in values)

    @property
    def _arguments(self) -> tuple[Any, ...]:
        claim = self.claim  # The arrays are new, because the user's functions may write to them.
        return tuple(
            balls(x) if differentiable else x
            for x, differentiable in zip(claim.arrays, claim.differentiable, strict=True)
        )

    def run(self) -> None:
        """Compare all inputs. Raises `Inexact` or `WrongShapeError`."""
        for i, value in enumerate(self.claimed):
            if value is None or not value.size:
                continue
            x, self.kinks = self.claim.arrays[i], []
            everywhere = [index for index in np.ndindex(x.shape) if np.isfinite(x[index])]
            if len(everywhere) > self.every_entry:
                self._halve(i, everywhere)
            else:
                for index in everywhere:
                    self._entry(i, index)
            if len(self.kinks) > 1:
                self._together(i)

    def means_the_same(self) -> bool:
        """True if the value on floats is close to the value on balls."""
        return _close(self.claim.value.astype(np.float64), midpoints(self._value(*self._arguments)))

    def claims_the_same(self, given: Claim) -> bool:
        """True if the claimed derivatives on floats, by the claim as it was given, are close to those on balls."""
        with np.errstate(all="ignore"):
            on_floats = given.float_derivatives(self.claim.cotangent)
        pairs = zip(on_floats, self.claimed, strict=True)
        return all(
            _close(np.asarray(a, np.float64), midpoints(b), 1e-6) for a, b in pairs if a is not None and b is not None
        )

    def column(self, i: int, index: Index) -> Any:
        """dy/dx for all outputs y and one entry x of an input, as floats; nan at kinks."""
        quotient = self._quotient(i, indicator(self.claim.shapes[i], index), contracted=False)
        return np.nan if quotient is None else midpoints(quotient.value)

    def _value(self, *inputs: Any) -> Any:
        result = self.claim.function(*inputs)
        return balls(np.asarray(result, dtype=object)) if isinstance(result, list) else balls(result)

    def _contracted(self, *inputs: Any) -> Any:
        value = self._value(*inputs)
        return np.sum(balls(self.claim.cotangent) * value) if self.claim.form in ("gradient", "pullback") else value

    def _quotient(self, i: int, direction: Any, *, contracted: bool = True) -> Quotient | None:
        """The derivative of the contracted value along a direction of one input."""
        directions = tuple(direction if j == i else None for j in range(len(self.claim.inputs)))
        function = self._contracted if contracted else self._value
        try:
            return difference_quotient(function, self.claim.arrays, directions, bits=self.bits)
        except Undecided as reason:
            entry = self._name(i, tuple(np.argwhere(direction)[0].tolist()))
            if isinstance(reason, Inexact):
                raise Inexact(f"{entry}: {reason}") from None
            self.leave(f"{entry}: {reason}", more_bits_may_help=True)
            return None

    def _claimed_change(self, i: int, direction: Any) -> Any:
        """The claimed derivative of the contracted value along a direction of one input."""
        claimed, there = self.claimed[i], direction != 0
        with precision(self.bits):
            terms = claimed[..., there] * balls(direction[there])
            if self.claim.form != "slope":
                return balls(np.sum(terms, axis=-1))
            change = balls(np.zeros(direction.shape))
            change[there] = terms
            return change

    def _entry(self, i: int, index: Index) -> None:
        direction = indicator(self.claim.shapes[i], index)
        quotient = self._quotient(i, direction)
        if quotient is None:
            return
        claimed: Any = self._claimed_change(i, direction)
        value: Any = quotient.value
        for kink in np.argwhere(quotient.kinks)[:1]:
            at = tuple(kink.tolist())
            self.kinks.append(index)
            sides = f"{digits(quotient.left[at])} from the left and {digits(quotient.right[at])} from the right"
            # A pullback sums over outputs, whose kinks may each have another convention.
            if self.claim.form != "pullback" and _outside(claimed[at], quotient.left[at], quotient.right[at]):
                expected = f"a number between the slopes at the kink: {sides}"
                self.fail(self._name(i, index), digits(claimed[at]), expected)
            else:
                self.leave(f"{self._name(i, index)}: a kink, with slopes {sides}{_doubt(claimed[at], quotient, at)}")
        smooth = [out for out in np.ndindex(value.shape) if not quotient.kinks[out]]
        self.seen.update({(i, index, out): (claimed[out], value[out]) for out in smooth})
        for out in smooth:
            self._compare(self._name(i, index, out), i, claimed[out], value[out])

    def _name(self, i: int, index: Index, out: Index = ()) -> str:
        """The name of an entry of an input, or of the derivative of one output by it."""
        if self.claim.form == "jacobian":
            return f"{self.claim.names[i]}{position((*out, *index))}"
        name = f"{self.claim.names[i]}{position(index)}"
        return f"d{position(out)}/d{name}" if out else name

    def _together(self, i: int) -> None:
        """Perturb all entries with kinks at once, because tied maxima that move together have no kink."""
        direction = indicator(self.claim.shapes[i], *self.kinks)
        quotient = self._quotient(i, direction)
        if quotient is None or quotient.kinks.any() or self.claim.form not in ("gradient", "pullback"):
            return
        names = " + ".join(self._name(i, index) for index in self.kinks[:4])
        names += " + ..." if len(self.kinks) > 4 else ""
        total: Any = quotient.value
        self._compare(names, i, self._claimed_change(i, direction)[()], total[()])

    def _compare(self, entry: str, i: int, got: Ball, expected: Ball) -> None:
        """Count the entry as right, or record that it is wrong or undecided."""
        scale, difference = self._scale(i), abs(got.value - expected.value)
        if expected.value.is_finite() and not got.value.is_finite():
            self.fail(entry, NOT_A_NUMBER if got.says_nothing() else digits(got), digits(expected))
        elif got.says_nothing() or expected.says_nothing():
            self.leave(f"{entry}: the function has no finite difference quotient there")
        elif got.value.overlaps(expected.value):
            if expected.value.rel_accuracy_bits() < 40 and expected.value.contains(0) and not got.value.contains(0):
                # The claim is a number of its own, and the quotient does not show it: more bits, or nothing is known.
                more = not (self.bits >= MOST_BITS and _says_enough(expected))
                self.leave(f"{entry}: {got} is too small to compare with difference quotients", more_bits_may_help=more)
            elif _says_enough(expected):
                self.checked += 1
            else:
                self.leave(f"{entry}: {got} and {expected} are too wide to say", more_bits_may_help=True)
        elif not difference > self.relative * max(got.value.abs_upper(), expected.value.abs_upper()):
            self.checked += 1  # the difference may come from rounded constants
        elif not difference > self.absolute * scale and not _is_other_number(got.value, expected.value, scale):
            both = f"{digits(got)} and {digits(expected)}"
            self.leave(f"{entry}: {both} differ by no more than rounded constants may cause")
        else:
            self.fail(entry, *distinct_digits(got, expected))

    def _scale(self, i: int) -> Any:
        """The largest magnitude among the claimed derivatives by an input and the true ones found so far."""
        known = [*self.claimed[i].flat, *(true for (j, _, _), (_, true) in self.seen.items() if j == i)]
        return max((ball.value.abs_upper() for ball in known if ball.value.is_finite()), default=flint.arb(0))

    def _halve(self, i: int, indices: list[Index]) -> None:
        """Perturb many entries at once; if that disagrees, perturb each half."""
        if len(self.failures) >= LISTED:
            return
        if len(indices) == 1:
            self._entry(i, indices[0])
            return
        shape, middle = self.claim.shapes[i], len(indices) // 2
        direction = draw(i, shape) * indicator(shape, *indices)
        quotient = self._quotient(i, direction)
        if quotient is None or quotient.kinks.any() or not self._agrees(i, indices, direction, quotient):
            self._halve(i, indices[:middle])
            self._halve(i, indices[middle:])
        elif not all(map(_says_enough, np.ravel(quotient.value).tolist())):
            names = f"{self._name(i, indices[0])} to {self._name(i, indices[-1])}"
            self.leave(f"{names}: the slopes of {len(indices)} entries are too small to say", more_bits_may_help=True)
        else:
            hidden = self._hidden(i, indices, direction, quotient)
            self.checked += len(indices) - len(hidden)
            if len(hidden) == len(indices):
                self._halve(i, indices[:middle])
                self._halve(i, indices[middle:])
            elif hidden:
                self._halve(i, hidden)

    def _agrees(self, i: int, indices: list[Index], direction: Any, quotient: Quotient) -> bool:
        value: Any = quotient.value
        pairs = zip(self._claimed_change(i, direction).flat, value.flat, strict=True)
        tolerance = self._tolerance(i, indices)
        return not any(a.says_nothing() or b.says_nothing() or abs(a.value - b.value) > tolerance for a, b in pairs)

    def _tolerance(self, i: int, indices: list[Index]) -> Any:
        """The largest difference that rounded constants may cause in a sum over these entries."""
        among = (ball for index in indices for ball in np.ravel(self.claimed[i][(..., *index)]).tolist())
        return self.absolute * max((ball.value.abs_upper() for ball in among if ball.value.is_finite()), default=0)

    def _hidden(self, i: int, indices: list[Index], direction: Any, quotient: Quotient) -> list[Index]:
        """The entries whose claimed share of a sum is so small that the sum does not show if it is right."""
        widest = max(ball.value.rad() for ball in np.ravel(quotient.value).tolist())
        least = HIDDEN * max(widest if widest > NEGLIGIBLE else flint.arb(0), self._tolerance(i, indices))
        hidden = []
        for index in indices:
            shares = [abs(ball.value) for ball in np.ravel(self.claimed[i][(..., *index)]).tolist()]
            if not any(share * float(abs(direction[index])) > least for share in shares) and least > 0:
                hidden.append(index)
        return hidden


def _is_other_number(got: Any, expected: Any, scale: Any) -> bool:
    """True for two numbers of one magnitude that rounded constants do not explain.

    Beside the largest derivative, a rounded constant changes a zero to some 2^-53, and two of them to 2^-106.
    """
    larger, smaller = max(got.abs_upper(), expected.abs_upper()), min(got.abs_lower(), expected.abs_lower())
    tiny = larger < scale * flint.arb(2) ** -110
    return bool(tiny and smaller > larger / 1024 and abs(got - expected) > larger / 1024)


def _outside(claimed: Ball, left: Ball, right: Ball) -> bool:
    """True if a claimed derivative at a kink is not between the slopes from both sides and 0, a convention."""
    sides = [flint.arb(0), left.value.mid(), right.value.mid()]
    if not all(x.is_finite() for x in (claimed.value, *sides)):
        return False
    lower, upper = min(sides), max(sides)
    margin = flint.arb(2) ** -20 * (upper - lower)  # the one-sided slopes have a small error
    return bool(claimed.value > upper + margin or claimed.value < lower - margin)


def _doubt(claimed: Ball, quotient: Quotient, at: Index) -> str:
    """A remark on a derivative that is not between the slopes at a kink."""
    is_outside = _outside(claimed, quotient.left[at], quotient.right[at])
    return f"; the derivative there, {digits(claimed)}, is suspicious: it is outside of these" if is_outside else ""


def _says_enough(expected: Ball) -> bool:
    """True for a narrow ball, and for one below every float."""
    return bool(expected.value.rel_accuracy_bits() >= 40 or expected.value.abs_upper() < NEGLIGIBLE)
