"""Prediction sets of MAPIE around our estimators cover the classes as often as they promise."""

import numpy as np
import pytest

classification = pytest.importorskip("mapie.classification", reason="needs MAPIE: pip install -e '.[interop]'")


@pytest.mark.parametrize("score", ["lac", "aps"])
def test_sets_cover_the_class(wine, mlp, score):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(1500, 3))
    y = (X + rng.gumbel(size=X.shape)).argmax(axis=1)
    mlp.fit(X[:300], y[:300])
    conformal = classification.SplitConformalClassifier(
        mlp, confidence_level=0.8, conformity_score=score, random_state=0
    )
    conformal.conformalize(X[300:900], y[300:900])
    labels, sets = conformal.predict_set(X[900:])
    np.testing.assert_array_equal(labels, mlp.predict(X[900:]))
    covered = sets[np.arange(600), y[900:], 0].mean()
    # The share of 600 rows, given 600 rows that set the level: a deviation of sqrt(0.16 (1/600 + 1/600)) = 0.023.
    assert covered > 0.8 - 4 * 0.023
    assert score == "aps" or covered < 0.8 + 4 * 0.023  # aps takes in the last class whole, and so covers more
