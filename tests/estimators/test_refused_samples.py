"""An error about samples names the row, the column and what to do."""

import numpy as np
import pandas
import pytest
import scipy.sparse as sp

from chainrule import ConvClassifier, MLPClassifier, SoftmaxRegression, SoftmaxRegressionCV


def gap(value=np.nan):
    x = np.eye(6)
    x[3, 2] = x[5, 0] = value
    return x


@pytest.mark.parametrize("kind", [SoftmaxRegression, SoftmaxRegressionCV, MLPClassifier])
@pytest.mark.parametrize(
    ("x", "message"),
    [
        (gap(), r"Input X contains NaN, the first in row 3 \(counted from 0\), column 2\. .* is TabularClassifier"),
        (gap(np.inf), r"Input X contains infinity, the first in row 3 \(counted from 0\), column 2\."),
        (sp.csr_array(gap()), "NaN, the first in row 3 .* column 2"),
        (pandas.DataFrame(gap(), columns=list("abcdef")), "NaN, the first in row 3 .* column 'c'"),
        (pandas.DataFrame({"a": range(6), "b": list("12xyz0")}), "string 'x' to .* in row 2 .* column 'b'.*Tabular"),
        (np.array([["1", "2"]] * 5 + [["3", "two"]]), "string 'two' to .* in row 5 .* column 1"),
    ],
)
def test_the_first_cell_that_is_no_number_is_named(kind, x, message):
    with pytest.raises(ValueError, match=message) as refused:
        kind().fit(x, [0, 1] * 3)
    assert "HistGradientBoosting" not in str(refused.value)


@pytest.mark.parametrize("kind", [SoftmaxRegression, MLPClassifier])
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_predictions_name_the_first_cell_too(kind):
    model = kind(max_iter=200).fit(np.eye(6), [0, 1] * 3)
    for method in (model.predict, model.predict_proba, model.predict_log_proba, model.decision_function):
        with pytest.raises(ValueError, match=r"NaN, the first in row 3 \(counted from 0\), column 2"):
            method(gap())
    with pytest.raises(ValueError, match=r"of shape \(6,\)\. Reshape your data: X.reshape\(1, -1\), or A\[:1\]"):
        model.predict(np.ones(6))


@pytest.mark.parametrize(
    ("x", "message"),
    [
        ("run/x-0.npy", r"expected samples, got the name 'run/x-0.npy'; chainrule.Blocks opens files"),
        (
            pandas.DataFrame({"e": list(np.eye(6))}),
            r"column 'e' holds vectors; numpy.stack\(X\['e'\]\) .*Blocks",
        ),
    ],
)
def test_files_and_vectors_in_cells_get_advice(x, message):
    with pytest.raises(ValueError, match=message):
        SoftmaxRegression().fit(x, [0, 1] * 3)


def test_the_error_about_huge_features_comes_without_other_warnings():
    with pytest.raises(FloatingPointError, match="overflow: scale the features"):
        SoftmaxRegression().fit(np.random.default_rng(0).standard_normal((60, 5)) * 1e160, np.arange(60) % 3)


def test_images_are_not_tables():
    images = np.zeros((4, 6, 6))
    images[2, 0, 1] = np.nan
    with pytest.raises(ValueError, match=r"row 2 \(counted from 0\), column 1\.") as refused:
        ConvClassifier().fit(images, [0, 1, 0, 1])
    assert "Tabular" not in str(refused.value)


def test_other_errors_are_those_of_scikit_learn():
    with pytest.raises(ValueError, match="Expected 2D array"):
        SoftmaxRegression().fit(np.zeros(3), [0, 1, 1])
