"""Places in a user's code, in words."""

import numpy as np

from chainrule.algebra.balls import BallArray, balls
from chainrule.checking.user_code import on_numbers
from chainrule.checking.user_code.places import Read, error_in_words


def failing(x):
    return np.interp(x, [0.0, "a"], [1.0])


def test_an_error_is_told_with_the_last_line_of_the_users_code():
    try:
        failing(0.5)
    except Exception as error:
        text = error_in_words(error, quoted=True)
        assert text.endswith('test_places.py, line 11: return np.interp(x, [0.0, "a"], [1.0]))')
        assert error_in_words(error).endswith("(test_places.py, line 11)")


def test_an_error_without_code_of_a_user_is_told_without_a_place():
    assert error_in_words(KeyError("x")) == "KeyError: 'x'"


def test_a_read_is_told_with_its_line_whether_it_is_seen_in_the_code_or_in_a_call():
    def asking(x):
        return x.astype(x.dtype) if isinstance(x, np.ndarray) else x

    reads = set[Read]()
    on_numbers(asking, BallArray, reads)(balls([1.0]))
    assert reads == {"dtype", "isinstance"}
    line = "test_places.py, line 29: return x.astype(x.dtype) if isinstance(x, np.ndarray) else x"
    assert sorted(read.in_words for read in reads) == [f"dtype ({line})", f"isinstance ({line})"]
