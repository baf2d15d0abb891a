"""Samples in files are checked as arrays are, and give the predictions of arrays, bit for bit."""

import itertools
import threading

import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.datasets import load_iris

from chainrule import ConvClassifier, MLPClassifier, SoftmaxRegression, SoftmaxRegressionCV
from chainrule.estimators import blocks_of_rows
from chainrule.estimators.samples_in_files import stored_labels, stored_rows, stored_weights
from chainrule.kernels.blas import threads_allowed
from chainrule.storage.read_ahead import READER

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

X, Y = load_iris(return_X_y=True)
NAMES = ["sepal length", "sepal width", "petal length", "petal width"]
MANY = np.random.default_rng(0).normal(size=(20_011, 4)) * [1, 2, 5, 9]

METHODS = ("predict", "predict_proba", "predict_log_proba", "decision_function")


class Known:
    """Stands for an estimator."""


def test_features_are_remembered_and_compared(array_source):
    known = Known()
    rows = stored_rows(known, array_source(X, names=NAMES), reset=True, dtypes=(np.float32, np.float64))
    assert (known.n_features_in_, known.feature_names_in_.tolist()) == (4, NAMES)
    assert (rows.shape, rows.dtype) == ((150, 4), np.float64)
    stored_rows(known, array_source(X, names=NAMES), reset=False)
    with pytest.raises(ValueError, match="X has 3 features, but Known is expecting 4 features as input"):
        stored_rows(known, array_source(X[:, 1:]), reset=False)
    swapped = [NAMES[0], NAMES[2], NAMES[1], NAMES[3]]
    with pytest.raises(ValueError, match="feature 1 was 'sepal width', and is 'petal length' now"):
        stored_rows(known, array_source(X, names=swapped), reset=False)
    with pytest.warns(UserWarning, match="X has no feature names, but Known was fitted with feature names"):
        stored_rows(known, array_source(X), reset=False)
    stored_rows(known, array_source(X), reset=True)
    assert not hasattr(known, "feature_names_in_")
    with pytest.warns(UserWarning, match="X has feature names, but Known was fitted without feature names"):
        stored_rows(known, array_source(X, names=NAMES), reset=False)
    for shape in (0, 4), (4, 0):
        with pytest.raises(ValueError, match="expected samples with features, got a source of shape"):
            stored_rows(known, array_source(np.zeros(shape)), reset=True)


@pytest.mark.parametrize(
    ("stored", "allowed", "expected"),
    [
        (np.float64, None, np.float64),
        (np.float32, (np.float64, np.float32), np.float32),
        (np.float32, np.float64, np.float64),
        (np.uint8, (np.float64, np.float32), np.float32),
        (np.float64, np.float32, np.float32),
    ],
)
def test_the_dtype_is_that_of_the_source_if_it_is_allowed(array_source, stored, allowed, expected):
    rows = stored_rows(Known(), array_source(X.astype(stored)), reset=True, dtypes=allowed)
    assert rows[0:3].dtype == rows.dtype == expected


def test_given_labels_and_weights_come_before_those_in_the_files(array_source):
    source = array_source(X, Y, np.full(150, 2.0))
    assert (stored_labels(source, None) == Y).all()
    assert (stored_labels(source, Y + 1) == Y + 1).all()
    assert (stored_weights(source, None) == 2).all()
    assert (stored_weights(source, np.ones(150)) == 1).all()
    assert stored_weights(array_source(X), None) is None
    with pytest.raises(ValueError, match="y: expected labels, since the files hold none"):
        stored_labels(array_source(X), None)
    with pytest.raises(ValueError, match="Input y contains NaN"):
        stored_labels(source, np.where(Y == 1, np.nan, Y))


@pytest.fixture(scope="module")
def models():
    two = np.where(Y > 1, "large", "small")
    return {
        "mlp": MLPClassifier((8, 5), random_state=0, max_iter=20).fit(X, Y),
        "mlp of two classes": MLPClassifier((8,), random_state=0, max_iter=20).fit(X.astype(np.float32), two),
        "softmax": SoftmaxRegression().fit(X, Y),
        "softmax of two classes": SoftmaxRegression().fit(X, two),
        "softmax in CV": SoftmaxRegressionCV(cv=3).fit(X, Y),
        "conv": ConvClassifier("conv 2 2x2, relu", max_iter=2, random_state=0).fit(X, Y),
    }


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize(
    ("name", "method"),
    [
        *itertools.product(
            ["mlp", "mlp of two classes", "softmax", "softmax of two classes", "softmax in CV"], METHODS
        ),
        ("conv", "predict"),
    ],
)
def test_predictions_have_the_bits_of_an_array(models, name, method, threads, array_source, monkeypatch):
    monkeypatch.setattr(blocks_of_rows, "WORTH_THREADS", 1e5)
    monkeypatch.setattr(blocks_of_rows, "PREDICTION_BLOCK", 512)
    monkeypatch.setattr(blocks_of_rows, "BLOCK_BYTES", 2**15)
    monkeypatch.setattr(blocks_of_rows, "BLOCKS_OF_A_PART", 0)
    predict = getattr(models[name], method)
    for x in (MANY, MANY.astype(np.float32)):
        source = array_source(x)
        with threads_allowed(threads):
            assert predict(source).tobytes() == predict(x).tobytes()
        assert len(source.reads) > 2
        assert [reader.startswith(READER) for reader in source.readers] == [True]


@pytest.mark.parametrize("name", ["mlp", "softmax"])
def test_predictions_of_sparse_files_have_the_bits_of_a_sparse_array(models, name, array_source):
    x = sp.csr_matrix(np.where(MANY > 0, MANY, 0))
    model = models[name]
    assert model.predict_proba(array_source(x)).tobytes() == model.predict_proba(x).tobytes()


@pytest.mark.parametrize("name", ["mlp", "softmax", "softmax in CV"])
def test_scores_take_labels_and_weights_from_the_files(models, name, array_source):
    model, weights = models[name], np.linspace(0, 3, 150)
    assert model.score(array_source(X, Y)) == model.score(X, Y)
    assert model.score(array_source(X, Y), np.roll(Y, 7)) == model.score(X, np.roll(Y, 7))
    if name != "softmax in CV":
        assert model.score(array_source(X, Y, weights)) == model.score(X, Y, weights)
    with pytest.raises(ValueError, match="the files hold none"):
        model.score(array_source(X))


@pytest.mark.parametrize("name", ["mlp", "softmax"])
def test_a_prediction_names_the_place_of_a_nan(models, name, array_source):
    x = MANY.copy()
    x[12_345, 2] = np.nan
    with pytest.raises(ValueError, match=r"part-123\.npy, row 45: feature 2 is nan, expected a finite number"):
        models[name].predict(array_source(x))
    assert not [thread for thread in threading.enumerate() if thread.name.startswith(READER)]


def test_a_prediction_compares_names_and_number_of_features(models, array_source):
    with pytest.raises(ValueError, match="X has 3 features, but SoftmaxRegression is expecting 4"):
        models["softmax"].predict(array_source(X[:, :3]))
    with pytest.warns(UserWarning, match="was fitted without feature names"):
        models["mlp"].predict(array_source(X, names=NAMES))


def test_fits_that_take_arrays_alone_say_so(array_source):
    source = array_source(X, Y)
    with pytest.raises(ValueError, match="X: ConvClassifier is fitted to arrays, got samples in files"):
        ConvClassifier().fit(source)
    with pytest.raises(ValueError, match="partial_fit takes arrays, got samples in files; fit takes them"):
        MLPClassifier().partial_fit(source, Y, classes=[0, 1, 2])
    with pytest.raises(ValueError, match="input_gradient takes arrays, got samples in files"):
        MLPClassifier(max_iter=1).fit(X, Y).input_gradient(source, Y)
