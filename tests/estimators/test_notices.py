"""Warnings name the line of the user's code, whatever part of chainrule they come from."""

import pytest
from sklearn.datasets import load_iris

from chainrule import MLPClassifier
from chainrule.estimators.notices import notices_kept, warn_caller

X, Y = load_iris(return_X_y=True)


def test_warnings_name_the_line_of_the_caller():
    with pytest.warns(UserWarning, match="look here") as caught:
        warn_caller("look here")
    assert caught[0].filename == __file__
    with pytest.warns(UserWarning, match="clipped to 150") as caught:
        MLPClassifier((5,), batch_size=1000, learning_rate="cosine", max_iter=3).fit(X, Y)
    assert caught[0].filename == __file__


def test_notices_are_kept_for_a_later_caller():
    with notices_kept() as notices:
        warn_caller("first")
        warn_caller("second", FutureWarning)
    assert notices == [("first", UserWarning), ("second", FutureWarning)]
    with pytest.warns(UserWarning, match="third"):
        warn_caller("third")
