"""What a fitted TabularClassifier tells of columns and parts: importances, gradients and a summary."""

import numpy as np
import pytest
from sklearn.datasets import load_wine
from sklearn.exceptions import NotFittedError

from chainrule import TabularClassifier


def people(rows, seed):
    """Labels depend on age and town. The column `copy` tells the same as age, and a name differs in each row."""
    rng = np.random.default_rng(seed)
    age = rng.integers(18, 90, rows).astype(float)
    town = rng.choice(["Ulm", "Bonn", "Kiel"], rows).astype(object)
    score = (age > 50) + (town == "Bonn") + 0.3 * rng.normal(size=rows)
    age[rng.random(rows) < 0.1] = np.nan
    town[rng.random(rows) < 0.1] = None
    table = {
        "age": age,
        "income": np.exp(rng.normal(10, 1, rows)),
        "town": town,
        "name": np.array([f"person {number}" for number in range(rows)], dtype=object),
        "constant": np.ones(rows),
        "copy": age,
    }
    return table, np.where(score > 0.5, "yes", "no")


@pytest.fixture(scope="module")
def fitted():
    return TabularClassifier(random_state=0).fit(*people(200, seed=0))


def test_importances_find_the_columns_that_matter(fitted):
    new, y = people(400, seed=2)
    found = fitted.importances(new, y, repeats=2)
    assert "name" not in found
    assert found["town"] > 0.05
    assert max(found["age"], found["copy"]) > 0.02
    assert abs(found["income"]) < 0.02
    assert found["constant"] == 0


def test_importances_by_gradients_find_them_too(fitted):
    new, y = people(400, seed=2)
    found = fitted.gradient_importances(new, y)
    assert set(found) == set(fitted.encoder_.used_)
    assert found["town"] > 3 * found["income"]
    assert found["constant"] == 0


def test_importances_by_gradients_of_a_matrix_by_hand():
    x, y = load_wine(return_X_y=True)
    x = (x - x.mean(axis=0)) / x.std(axis=0)
    model = TabularClassifier(encode=False, max_iter=3, random_state=0).fit(x, y)
    found = model.gradient_importances(x, y)
    expected = np.abs(model.input_gradient(x, y)).mean(axis=0)  # the standard deviations are 1
    np.testing.assert_allclose([found[f"x{column}"] for column in range(13)], expected, rtol=1e-5)


def test_the_summary_has_a_line_for_each_column_and_part(fitted):
    *columns, loss = fitted.summary().splitlines()[: 6 + len(fitted.parts()) + 1]
    assert {line.split(":")[0] for line in columns[:6]} == set(people(2, seed=0)[0])
    assert [line.split(" of ")[0] for line in columns[6:]] == [f"{part['weight']:.2f}" for part in fitted.parts()]
    assert loss == f"log-loss of rows held out: {fitted.log_loss_:.4f}"
    assert sum(part["weight"] for part in fitted.parts()) == pytest.approx(1)


def test_an_unfitted_model_tells_nothing():
    for ask in (TabularClassifier().summary, TabularClassifier().parts):
        with pytest.raises(NotFittedError):
            ask()
