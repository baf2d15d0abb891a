"""What a user's code reads beside the values of its inputs is noticed, and nothing else is."""

import contextlib
import functools
import itertools
import math
import operator
import random
import time

import numpy as np
import pytest
from tests.algebra.rationals import RationalArray, rationals

from chainrule.algebra.balls import Ball, BallArray, balls, midpoints
from chainrule.checking.user_code import on_numbers

WEIGHTS = [0.5, 2.0]
CALLS = [0]
TABLE = {"relu": lambda x: np.maximum(x, 0), "typed": lambda x: x if isinstance(x, np.ndarray) else -x}
MATRIX = np.array([[1.0, 2.0], [3.0, 4.0]])
COUNTER = itertools.count()
RNG = np.random.default_rng(0)
KIND_OF = type
calls = 0


def _reads(function, x=None):
    watch = set()
    with contextlib.suppress(TypeError):  # what was noticed before an error counts as well
        on_numbers(function, BallArray, watch)(balls([1.0, 2.0]) if x is None else x)
    return watch


def by_global(x):
    global calls
    calls += 1
    return x * calls


def by_function_attribute(x):
    by_function_attribute.calls = getattr(by_function_attribute, "calls", 0)
    by_function_attribute.calls += 1
    return x * by_function_attribute.calls


def by_default(x, seen=[]):  # noqa: B006 (the state to notice)
    seen.append(0)
    return x * len(seen)


def by_error(x):
    try:
        return x * x[0].hex()
    except AttributeError:
        return x


def by_pattern(x):
    match x[0]:
        case float():
            return x
        case _:
            return 2 * x


def counter():
    count = 0

    def counting(x):
        nonlocal count
        count += 1
        return x * count

    return counting


def by_import(x):
    import time

    return x * time.time()


def by_formatted_string(x):
    return x if f"{x}".startswith("[") else 2 * x


def by_context(x):
    with contextlib.suppress(AttributeError):
        return x[0].hex()
    return x


def by_write(x):
    MATRIX[0, 0] += 1.0
    return x * MATRIX[0, 0]


class Suppressing:
    def __enter__(self):
        return self

    def __exit__(self, *error):
        return True


def by_exit(x):
    with Suppressing():
        return x[0].hex()
    return x


class Counting:
    def __init__(self):
        self.calls = 0

    def __call__(self, x):
        self.calls += 1
        return x * self.calls


class Doubled(Counting):
    def __call__(self, x):
        self.calls = self.calls + 1
        return x * self.calls


@functools.lru_cache
def cached(x):
    return x


@functools.singledispatch
def dispatched(x):
    return x


@pytest.mark.parametrize(
    ("function", "name"),
    [
        (lambda x: x if x.dtype == float else 2 * x, "dtype"),
        (lambda x: x if x[0].dtype == float else 2 * x, "dtype"),
        (lambda x: x if x.itemsize == 8 else 2 * x, "itemsize"),
        (lambda x: x if isinstance(x[0], float) else 2 * x, "isinstance"),
        (lambda x: x if type(x[0]) is float else 2 * x, "type"),
        (lambda x: x if KIND_OF(x[0]) is float else 2 * x, "type"),
        (lambda x: x if x[0].__class__ is float else 2 * x, "__class__"),
        (lambda x: x if hasattr(x[0], "hex") else 2 * x, "hasattr"),
        (lambda x: x if getattr(np, "isscalar")(x[0]) else 2 * x, "getattr"),  # noqa: B009 (to hide the name)
        (lambda x: x if np.isscalar(x[0]) else 2 * x, "isscalar"),
        (lambda x: x if np.issubdtype(np.result_type(x), np.floating) else 2 * x, "result_type"),
        (lambda x: x if operator.attrgetter("dtype")(x).kind == "f" else 2 * x, "attrgetter"),
        (lambda x: x if "Ball" in repr(x) else 2 * x, "repr"),
        (lambda x: x if "Ball" in str(x) else 2 * x, "str"),
        (lambda x: x if "B" in "{}".format(x) else 2 * x, "format"),  # noqa: UP032 (the form to notice)
        (lambda x: x if "B" in "%s" % x else 2 * x, "formatted string"),  # noqa: UP031 (the form to notice)
        (by_formatted_string, "formatted string"),
        (lambda x: x if x[0] is x[0] else 2 * x, "is"),
        (lambda x: x * (id(x) % 2), "id"),
        (lambda x: x * random.random(), "random"),
        (lambda x: x * np.random.rand(), "random"),  # noqa: NPY002 (the generator to notice)
        (lambda x: x * RNG.random(), "Generator"),
        (lambda x: x * time.time(), "time"),
        (lambda x: x * next(COUNTER), "count"),
        (lambda x: x * len(globals()), "globals"),
        (lambda x: x * eval("2"), "eval"),
        (lambda x: TABLE["typed"](x), "isinstance"),
        (lambda x: cached(x[0]), "_lru_cache_wrapper"),
        (lambda x: dispatched(x[0]), "__class__"),
        (by_import, "time"),
        (by_global, "global calls"),
        (by_function_attribute, "attribute calls, read and written"),
        (by_default, "a list from outside"),
        (lambda x: x * operator.iadd(CALLS, [0])[0], "a list from outside"),
        (by_error, "except"),
        (by_exit, "except"),
        (by_context, "contextlib"),
        (by_pattern, "class pattern"),
        (counter(), "nonlocal count"),
        (Counting(), "attribute calls, read and written"),
        (Doubled(), "attribute calls, read and written"),
        (functools.partial(lambda scale, x: x if x.dtype == float else scale * x, 2.0), "dtype"),
    ],
)
def test_what_may_tell_numbers_apart_or_change_is_noticed(function, name):
    assert name in _reads(function)


def test_arrays_from_outside_are_not_written_to():
    with pytest.raises(ValueError, match="read-only"):
        on_numbers(by_write, BallArray, set())(balls([1.0]))
    assert MATRIX[0, 0] == 1.0


class Layer:
    def __init__(self, weight):
        self.weight = weight
        self.activations = [math.tanh, TABLE["relu"]]

    def forward(self, x):
        self.shape, self.x = x.shape, x
        return self.activations[1](self.weight * x)

    def backward(self, v):
        return np.where(self.x > 0, v, 0.0).reshape(self.shape) * self.weight


def _layers(x):
    layer = Layer(MATRIX[0])
    return layer.backward(layer.forward(x))


def _validated(x, axis=-1, scale=None):
    if x.shape[axis] != 2 or not isinstance(axis, int):
        raise ValueError(f"expected 2 columns, got {x}")
    if x.ndim != 1:
        raise TypeError("a vector, not %d axes", x.ndim)
    with np.errstate(all="ignore"):
        return np.exp(x) if scale is None else np.exp(x * scale)


def _in_loops(x):
    out = np.zeros(len(x), dtype=float)
    for i, (entry, weight) in enumerate(zip(x, WEIGHTS, strict=True)):
        out[i] = sum(math.exp(entry) * weight for _ in range(2)) if entry > 0 else 0.0
    return out @ MATRIX


def _with_own_lists(x):
    import math

    found, names = [], {}
    for entry in x.tolist():
        found.append(math.log(entry))
        names[str(len(found))] = max(found)
    return np.array(found) + names["1"]


@pytest.mark.parametrize(
    "function", [_layers, _validated, _in_loops, _with_own_lists, Layer(2.0).forward, TABLE["relu"]]
)
def test_code_that_only_computes_reads_nothing(function):
    x = np.array([1.0, 2.0])
    assert _reads(function) == set()
    np.testing.assert_allclose(midpoints(on_numbers(function, BallArray, set())(balls(x))), function(x), rtol=1e-14)


def test_another_kind_of_number_is_noticed_as_well():
    watch = set()
    on_numbers(lambda x, other: x if isinstance(other, Ball) else 2 * x, RationalArray, watch)(
        rationals([1.0]), Ball(1)
    )
    assert watch == set()
    on_numbers(lambda x: x if isinstance(x, (str, list)) else 2 * x, RationalArray, watch)(rationals([1.0]))
    assert watch == {"isinstance"}


def test_the_original_keeps_its_builtins():
    function = TABLE["typed"]
    assert _reads(function) == {"isinstance"}
    assert function.__globals__["__builtins__"] is not None
    assert function(MATRIX) is MATRIX
