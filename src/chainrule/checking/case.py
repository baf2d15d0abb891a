"""One rule at one point, evaluated on balls along fixed tangents and a fixed cotangent."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Any

import numpy as np

from chainrule.algebra.ball import Ball, Undecided, precision
from chainrule.algebra.balls import balls
from chainrule.arrays import holds_labels, random_stream
from chainrule.checking.quotients import Quotient, difference_quotient
from chainrule.checking.user_code import on_balls
from chainrule.checking.user_code.places import error_in_words
from chainrule.kernels import kernel_of
from chainrule.rules import Rule
from chainrule.workspace import Workspace

SEED = 20_260


@dataclass(frozen=True)
class RuleCase:
    """A rule, float inputs (labels keep their integers), options and a precision."""

    rule: Rule
    inputs: tuple[Any, ...]
    options: dict[str, Any]
    bits: int

    def sharing(self, *results: str) -> RuleCase:
        """A copy that takes these results from this case, which computes them first if it has not yet."""
        other = replace(self)
        vars(other).update({name: getattr(self, name) for name in results})
        return other

    @cached_property
    def sharper(self) -> tuple[RuleCase, ...]:
        """This case, and the same with 4 and with 16 times as many bits, along the same cotangent."""
        others = tuple(replace(self, bits=more * self.bits) for more in (4, 16))
        for other in others:
            vars(other).update({name: vars(self)[name] for name in ("finite", "cotangent") if name in vars(self)})
        return self, *others

    @cached_property
    def on_balls(self) -> Rule:
        """The rule as it runs on balls."""
        return on_balls(self.rule)

    @cached_property
    def differentiable(self) -> tuple[bool, ...]:
        """True for each input that has a derivative; False for masks and labels."""
        return tuple(
            name not in self.rule.constants and not holds_labels(x)
            for name, x in zip(self.rule.inputs, self.inputs, strict=True)
        )

    @cached_property
    def dtype(self) -> Any:
        """The dtype of the inputs, apart from labels."""
        return np.result_type(*(x for x in self.inputs if not holds_labels(x)))

    @cached_property
    def tangents(self) -> tuple[Any, ...]:
        """One tangent per input, 0 at infinite entries; None for an input without derivative."""
        return tuple(
            np.where(np.isfinite(x), draw(i, x.shape), 0.0) if differentiable else None
            for i, (x, differentiable) in enumerate(zip(self.inputs, self.differentiable, strict=True))
        )

    @cached_property
    def cotangent(self) -> Any:
        """A cotangent of the output's shape; 0 at infinite outputs."""
        return np.where(self.finite, draw(99, self.finite.shape), 0.0)

    @cached_property
    def not_on_balls(self) -> str:
        """The error that keeps the forward from running on balls, in words; see `error_on_balls`."""
        return error_on_balls(lambda: self.value)

    @cached_property
    def finite(self) -> Any:
        """True where the output is finite; more bits decide where these say nothing, as of a slope at 1e200.

        The output on floats tells it for a rule that does not run on balls.
        """
        if self.not_on_balls:
            with np.errstate(all="ignore"):
                return np.isfinite(self.rule(*map(np.array, self.inputs), **self.options))
        found = np.isfinite(self.value)
        for more in (4, 16):
            if not any(ball.says_nothing() for ball in self.value.flat):
                break
            found = found | np.isfinite(replace(self, bits=more * self.bits).value)
        return found

    @cached_property
    def ball_inputs(self) -> tuple[Any, ...]:
        """The inputs as balls; labels stay integers."""
        return tuple(x if holds_labels(x) else balls(x) for x in self.inputs)

    @cached_property
    def ball_options(self) -> dict[str, Any]:
        """The options, with floats as balls so that 1 - 0.1 does not round."""
        return {key: Ball(x) if isinstance(x, float) else x for key, x in self.options.items()}

    @cached_property
    def value(self) -> Any:
        """f(x)."""
        with precision(self.bits):
            return balls(self.on_balls(*self.ball_inputs, **self.ball_options))

    @cached_property
    def vjp(self) -> tuple[Any, ...]:
        """J^T v, one entry per input."""
        cotangent = balls(self.cotangent)
        with precision(self.bits):
            return entries(self.on_balls.vjp(*self.ball_inputs, cotangent, **self.ball_options))

    @cached_property
    def jvp(self) -> Any:
        """J t."""
        tangents = tuple(None if t is None else balls(t) for t in self.tangents)
        with precision(self.bits):
            return self.on_balls.jvp(*self.ball_inputs, *tangents, **self.ball_options)

    @cached_property
    def jacobian(self) -> tuple[Any, ...]:
        """J, one entry per input."""
        with precision(self.bits):
            return entries(self.on_balls.jacobian(*self.ball_inputs, **self.ball_options))

    @cached_property
    def fast(self) -> tuple[Any, ...]:
        """The value and J^T v by the rule's kernel or, where it has none, by the adapter."""
        cotangent, buffers = balls(self.cotangent), self.buffers(lambda shape: balls(np.zeros(shape)))
        with precision(self.bits):
            return self.by_kernel(self.ball_inputs, cotangent, self.ball_options, buffers, Workspace())

    def buffers(self, room: Callable[[tuple[int, ...]], Any]) -> list[Any]:
        """Buffers for a kernel's output and for the cotangent of every input; None for constants."""
        pairs = zip(self.inputs, self.differentiable, strict=True)
        return [room(self.value.shape), *(room(x.shape) if differentiable else None for x, differentiable in pairs)]

    def by_kernel(
        self, inputs: Any, cotangent: Any, options: dict[str, Any], buffers: Sequence[Any], work: Workspace
    ) -> tuple[Any, ...]:
        """The output and J^T v by the rule's kernel, or by the adapter, in these buffers."""
        kernel, (out, *to_inputs) = kernel_of(self.rule), buffers
        output, residuals = kernel.forward(*inputs, out=out, work=work, **options)
        given = to_inputs[0] if len(to_inputs) == 1 else tuple(to_inputs)
        return output, *entries(kernel.pullback(residuals, cotangent, out=given, work=work))

    def quotient(self, direction: tuple[Any, ...]) -> Quotient:
        """The derivative along a direction, from difference quotients."""
        function = partial(self.on_balls, **self.ball_options)
        return difference_quotient(function, self.inputs, direction, bits=self.bits)


def draw(stream: int, shape: tuple[int, ...]) -> Any:
    """Distinct random numbers of both signs with magnitudes between 1/4 and 9/4, exact in float32.

    >>> draw(0, (2,)).shape
    (2,)
    """
    source = random_stream(SEED, 0, stream)
    sizes = (0.25 + 2 * source.random(shape)).astype(np.float32).astype(np.float64)
    return np.where(source.random(shape) < 0.4, -sizes, sizes)


def error_on_balls(compute: Callable[[], Any]) -> str:
    """The error that a computation on balls raises, in words; empty if there is none, or too few bits.

    >>> error_on_balls(lambda: {}["width"]).partition(" (")[0], error_on_balls(lambda: Ball(1) + 1)
    ("KeyError: 'width'", '')
    """
    try:
        with np.errstate(all="ignore"):
            compute()
    except Undecided:
        return ""
    except Exception as error:  # a user's rule may raise anything on balls
        return error_in_words(error, quoted=True)
    return ""


def entries(result: Any) -> tuple[Any, ...]:
    """The result as a tuple with one entry per input, also for rules with one input."""
    return result if isinstance(result, tuple) else (result,)
