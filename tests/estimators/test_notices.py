"""Warnings name the line of the user's code, whatever part of chainrule they come from."""

import numpy as np
import pytest
from sklearn.datasets import load_iris
from sklearn.exceptions import ConvergenceWarning
from sklearn.pipeline import make_pipeline

from chainrule import MLPClassifier, SoftmaxRegression
from chainrule.estimators import TableEncoder
from chainrule.estimators.notices import notices_kept, warn_caller

X, Y = load_iris(return_X_y=True)


def test_warnings_name_the_line_of_the_caller():
    with pytest.warns(UserWarning, match="look here") as caught:
        warn_caller("look here")
    assert caught[0].filename == __file__
    with pytest.warns(UserWarning, match="clipped to 150") as caught:
        MLPClassifier((5,), batch_size=1000, learning_rate="cosine", max_iter=3).fit(X, Y)
    assert caught[0].filename == __file__


def test_warnings_in_a_pipeline_name_the_line_of_its_caller():
    table = {"town": np.array(["Ulm", "Bonn"] * 10, dtype=object), "size": np.arange(20.0)}
    model = make_pipeline(TableEncoder(), SoftmaxRegression()).fit(table, table["town"])
    with pytest.warns(UserWarning, match="'Kiel'") as caught:
        model.predict(table | {"town": np.array(["Kiel"] * 20, dtype=object)})
    assert [each.filename for each in caught] == [__file__]


def test_warnings_that_follow_a_fit_name_the_line_of_its_caller():
    sizes = np.array([*map(str, range(20)), "?"], dtype=object)
    with pytest.warns(UserWarning, match="column 'size'") as caught:
        TableEncoder().fit({"size": sizes})
    assert [each.filename for each in caught] == [__file__]


def test_notices_are_kept_for_a_later_caller():
    with notices_kept() as notices:
        warn_caller("first")
        warn_caller("second", FutureWarning)
    assert notices == [("first", UserWarning), ("second", FutureWarning)]
    with pytest.warns(UserWarning, match="third"):
        warn_caller("third")


@pytest.mark.parametrize("held_out", [False, True])
def test_a_network_that_stays_at_chance_says_so_with_advice(held_out):
    noise = np.random.default_rng(0).normal(size=(600, 5))
    labels = np.repeat(np.arange(3), 200)
    options = {"eval_metric": "log_loss", "early_stopping": held_out, "learning_rate": "cosine", "max_iter": 6}
    with pytest.warns(ConvergenceWarning, match="has not learned. Take selu in the place of relu, then") as caught:
        MLPClassifier((8,), learning_rate_init=1e-4, random_state=0, **options).fit(noise, labels)
    assert [each.filename for each in caught] == [__file__]


@pytest.mark.parametrize("smoothing", [0.0, 0.3])
def test_a_hard_problem_that_is_learned_gives_no_alarm(smoothing):
    stream = np.random.default_rng(0)
    x = stream.normal(size=(20_000, 2))
    labels = stream.random(20_000) < 0.5 + 0.07 * np.sign(x[:, 0])  # the best log-loss is 0.683, chance 0.693
    model = MLPClassifier((8,), learning_rate="cosine", max_iter=6, random_state=0, label_smoothing=smoothing)
    assert model.fit(x, labels).loss_ > 0.675  # warnings are errors
