"""Shared by the tests of all rules: logits of every kind, the same source on PyTorch, autograd as a witness."""

from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any

import hypothesis
import numpy as np
import pytest

from chainrule.arrays import holds_labels, random_stream
from chainrule.checking import balls, precision
from chainrule.rules import Rule

hypothesis.settings.register_profile("repeatable", derandomize=True, deadline=None, database=None, max_examples=40)
hypothesis.settings.load_profile("repeatable")


def _frozen(x: Any) -> Any:
    array = np.asarray(x)
    array.flags.writeable = False
    return array


def _normal(*shape: int, scale: float = 1.0) -> Any:
    return scale * random_stream(11, *shape).standard_normal(shape)


LOGITS = {
    "ordinary": _frozen([[1.0, 2.0, 3.0], [0.3, -0.2, 0.9]]),
    "one class": _frozen([[1.5], [-2.0]]),
    "large": _frozen([[40.0, 0.0, -3.0, -40.0], [-40.0, 39.0, 40.0, 0.5]]),
    "very large": _frozen([[800.0, 0.0, -800.0]]),
    "negative": _frozen([[-5.0, -7.0, -6.5]]),
    "very negative": _frozen([[-800.0, -801.0, -799.5]]),
    "ties": _frozen([[1.0, 1.0, 0.0], [0.0, 0.0, 0.0]]),
    "batched": _frozen(_normal(2, 2, 3, scale=3)),
    "one row": _frozen([0.5, -1.0, 2.0]),
    "empty batch": _frozen(np.zeros((0, 3))),
    "every other entry": _frozen(_normal(4, 6)[::2, ::2]),
    "columns lie together": _frozen(_normal(3, 2).T),
    "float32": _frozen(np.float32([[1.0, 2.0, 3.0], [0.3, -0.2, 0.9]])),
    "tiny": _frozen([[1e-300, -2e-300, 5e-324]]),
    "huge": _frozen([[1e300, -1e300, 5e299]]),
}


@pytest.fixture(params=LOGITS.values(), ids=LOGITS.keys())
def logits(request: pytest.FixtureRequest) -> Any:
    """Logits of every kind that a rule must take. They are read-only."""
    return request.param


@pytest.fixture(scope="session")
def tail_logits() -> Any:
    """Rows of logits of scale 40, where naive forms cancel or underflow."""
    return np.concatenate([[[40.0, 0.0, -3.0, 12.0, -40.0], [0.0, 40.0, 39.0, -40.0, 7.0]], _normal(30, 5, scale=40)])


def _entries(result: Any) -> tuple[Any, ...]:
    return result if isinstance(result, tuple) else (result,)


def _drawn(rule: Rule, inputs: tuple[Any, ...], options: dict[str, Any]) -> tuple[Any, tuple[Any, ...]]:
    """A cotangent and tangents; None for inputs without a derivative."""
    stream = random_stream(12)
    dtype = np.result_type(*(x for x in inputs if not holds_labels(x)))
    cotangent = stream.standard_normal(np.shape(rule(*inputs, **options))).astype(dtype)
    tangents = tuple(
        None if name in rule.constants or holds_labels(x) else stream.standard_normal(x.shape).astype(dtype)
        for name, x in zip(rule.inputs, inputs, strict=True)
    )
    return cotangent, tangents


def units_apart(a: Any, b: Any, at_least: float = 0.0) -> float:
    """The largest |a - b|, in units in the last place of the largest entry of its row, or of `at_least` if larger."""
    size = np.maximum(np.maximum(np.abs(a), np.abs(b)), np.asarray(a).dtype.type(at_least))
    if not size.size:
        return 0.0
    largest = np.max(size, axis=-1, keepdims=True) if size.ndim else size
    return float(np.max(np.where(a == b, 0, np.abs(a - b)) / np.spacing(largest)))


@pytest.fixture(scope="session")
def same_on_torch() -> Callable[..., None]:
    """Requires that value, vjp, jvp and Jacobian on tensors equal NumPy's, to 8 units of the largest entry of a row.

    The two libraries round exp differently and add in different orders; that is all the difference there is. Where a
    rule's derivatives cancel, as its error bound says, that difference may be as large as the bound.
    """
    torch = pytest.importorskip("torch", reason="needs PyTorch: pip install -e '.[torch]'")

    def tensors(values: tuple[Any, ...]) -> list[Any]:
        return [None if x is None else torch.tensor(np.array(x)) for x in values]

    def pairs(rule: Rule, inputs: tuple[Any, ...], options: dict[str, Any]) -> Iterator[tuple[str, Any, Any]]:
        cotangent, tangents = _drawn(rule, inputs, options)
        on_torch, moved = tensors(inputs), tensors(tangents)
        yield "value", rule(*inputs, **options), rule(*on_torch, **options)
        pulled = rule.vjp(*inputs, cotangent, **options)
        yield "vjp", pulled, rule.vjp(*on_torch, *tensors((cotangent,)), **options)
        yield "jvp", rule.jvp(*inputs, *tangents, **options), rule.jvp(*on_torch, *moved, **options)
        yield "Jacobian", rule.jacobian(*inputs, **options), rule.jacobian(*on_torch, **options)

    def check(rule: Rule, *inputs: Any, **options: Any) -> None:
        for form, expected, got in pairs(rule, inputs, options):
            for ours, theirs in zip(_entries(expected), _entries(got), strict=True):
                if ours is None or theirs is None:
                    assert ours is theirs, f"{form}: None on one side only"
                    continue
                assert theirs.dtype == torch.tensor(np.array(ours)).dtype, form
                assert tuple(theirs.shape) == np.shape(ours), form
                # A pushforward to one number per row adds terms of both signs: it is as exact as these, not as itself.
                summed = form == "jvp" and np.ndim(ours) < np.ndim(inputs[0])
                _, tangents = _drawn(rule, inputs, options)
                terms = max((float(np.abs(t).max(initial=0)) for t in tangents if t is not None), default=0.0)
                with np.errstate(all="ignore"):
                    apart = units_apart(np.asarray(ours), theirs.numpy(), terms if summed else 0.0)
                assert apart <= max(8, rule.error_bound or 0), f"{form}: {apart} units apart"

    return check


@pytest.fixture(scope="session")
def autograd_agrees() -> Callable[..., None]:
    """Requires that differentiating the pure forward by autograd gives the rule's own pullback, to 1e-12 of a row."""
    torch = pytest.importorskip("torch", reason="needs PyTorch: pip install -e '.[torch]'")

    def check(rule: Rule, *inputs: Any, **options: Any) -> None:
        cotangent, tangents = _drawn(rule, inputs, options)
        arguments = [
            torch.tensor(np.array(x), requires_grad=t is not None) for x, t in zip(inputs, tangents, strict=True)
        ]
        moving = [x for x in arguments if x.requires_grad]
        seed = torch.tensor(np.array(cotangent))
        output, _ = rule.forward(*arguments, **options)
        expected = torch.autograd.grad(output, moving, seed)
        pulled = _entries(rule.vjp(*(x.detach() for x in arguments), seed, **options))
        ours = [p for p, x in zip(pulled, arguments, strict=True) if x.requires_grad]
        for mine, autograds in zip(ours, expected, strict=True):
            size = float(autograds.abs().max()) if autograds.numel() else 0.0
            assert torch.allclose(mine, autograds, rtol=0, atol=1e-12 * size)

    return check


@pytest.fixture(scope="session")
def gradcheck() -> Callable[..., None]:
    """PyTorch's own finite differences against the rule's pullback, wrapped as an autograd function."""
    torch = pytest.importorskip("torch", reason="needs PyTorch: pip install -e '.[torch]'")

    def check(rule: Rule, *inputs: Any, **options: Any) -> None:
        class Wrapped(torch.autograd.Function):  # type: ignore[misc]
            @staticmethod
            def forward(context: Any, *arguments: Any) -> Any:
                context.save_for_backward(*arguments)
                return rule(*arguments, **options)

            @staticmethod
            @torch.autograd.function.once_differentiable
            def backward(context: Any, cotangent: Any) -> Any:
                return rule.vjp(*context.saved_tensors, cotangent, **options)

        _, tangents = _drawn(rule, inputs, options)
        arguments = [
            torch.tensor(np.array(x), requires_grad=t is not None) for x, t in zip(inputs, tangents, strict=True)
        ]
        assert torch.autograd.gradcheck(Wrapped.apply, arguments)

    return check


@pytest.fixture(scope="session")
def shows() -> Callable[..., None]:
    """Requires that a 200-bit result, rounded to as many decimals as a printed number has, is that number."""

    def check(result: Any, *printed: str) -> None:
        flat = balls(result).ravel()
        assert len(flat) == len(printed)
        for ball, text in zip(flat, printed, strict=True):
            mantissa, exponent = ball.value.mid().man_exp()
            middle = int(mantissa) * Fraction(2) ** int(exponent)
            digits, _, power = text.replace("−", "-").partition("e")
            unit = Fraction(10) ** (int(power or 0) - len(digits.partition(".")[2]))
            printed_number = Fraction(text.replace("−", "-"))
            assert abs(middle - printed_number) <= unit / 2, f"{float(middle)!r} is printed as {text}"

    return check


@pytest.fixture
def in_balls() -> Callable[..., Any]:
    """A rule's method at 200 bits."""

    def run(function: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
        with precision(200):
            return function(*(x if holds_labels(np.asarray(x)) else balls(x) for x in arguments), **options)

    return run
