"""Numbers that every arithmetic holds exactly: uneven, tied, tiny and large."""

from typing import Any

from hypothesis import strategies as st

TINY = (0.0, -0.0, 2.0**-60, -(2.0**-30), 2.0**-100)


def numbers(size: float) -> st.SearchStrategy[float]:
    """Floats from -size to size that float32 holds too; small ones as often as large ones, which saturate."""
    scales = sorted({min(size, scale) for scale in (2, 8, size)})
    sixteenths = [st.integers(-int(16 * scale), int(16 * scale)).map(lambda k: k / 16) for scale in scales]
    floats = [st.floats(-scale, scale, width=32, allow_subnormal=False) for scale in scales]
    return st.one_of(*sixteenths, *floats, st.sampled_from(TINY))


def positive(size: float) -> st.SearchStrategy[float]:
    """Sixteenths from 1/16 to size."""
    return st.integers(1, int(16 * size)).map(lambda k: k / 16)


@st.composite
def rows(draw: Any, *sizes: float, least: int = 1, most: int = 5) -> tuple[list[float], ...]:
    """One list per size, all of one length from `least` to `most`; entries up to the size, now and then tied.

    Half of the lists have entries of size 2 or 8 throughout, so that one large entry does not decide every row.
    """
    length = draw(st.integers(least, most))
    lists = []
    for size in sizes:
        entries = numbers(min(size, draw(st.sampled_from([2, 8, size, size]))))
        if draw(st.integers(0, 3)) == 3:
            entries = st.sampled_from(draw(st.lists(entries, min_size=1, max_size=2)))
        lists.append(draw(st.lists(entries, min_size=length, max_size=length)))
    return tuple(lists)


def row(size: float, *, least: int = 1, most: int = 5) -> st.SearchStrategy[list[float]]:
    """A list of numbers up to `size`."""
    return rows(size, least=least, most=most).map(lambda lists: lists[0])


@st.composite
def with_weights(draw: Any, size: float, *, least: int = 1, most: int = 5) -> tuple[list[float], list[float]]:
    """A list of numbers up to `size`, and as many non-negative sixteenths whose sum is exactly 1; some may be 0."""
    x = draw(row(size, least=least, most=most))
    cuts = sorted(draw(st.lists(st.integers(0, 16), min_size=len(x) - 1, max_size=len(x) - 1)))
    return x, [(b - a) / 16 for a, b in zip([0, *cuts], [*cuts, 16], strict=True)]
