"""Places in a user's code, in words."""

import re

import numpy as np
import pytest

from chainrule.algebra.balls import BallArray, balls
from chainrule.checking.user_code import on_numbers
from chainrule.checking.user_code.places import Read, error_in_words


def failing(x):
    return np.interp(x, [0.0, "a"], [1.0])


def test_an_error_is_told_with_the_last_line_of_the_users_code():
    with pytest.raises(Exception, match="a") as caught:
        failing(0.5)
    text = error_in_words(caught.value, quoted=True)
    assert text.endswith('test_places.py, line 14: return np.interp(x, [0.0, "a"], [1.0]))')
    assert error_in_words(caught.value).endswith("(test_places.py, line 14)")


def test_an_error_without_code_of_a_user_is_told_without_a_place():
    assert error_in_words(KeyError("x")) == "KeyError: 'x'"


def test_a_read_is_told_with_its_line_whether_it_is_seen_in_the_code_or_in_a_call():
    def asking(x):
        return x.astype(x.dtype) if isinstance(x, np.ndarray) else x

    reads = set[Read]()
    on_numbers(asking, BallArray, reads)(balls([1.0]))
    assert reads == {"dtype", "isinstance"}
    texts = [re.sub(r"line \d+", "line N", read.in_words) for read in sorted(reads)]
    line = "test_places.py, line N: return x.astype(x.dtype) if isinstance(x, np.ndarray) else x"
    assert texts == [f"dtype ({line})", f"isinstance ({line})"]
