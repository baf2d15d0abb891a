"""The gradient of each sample's loss by its features, against PyTorch's autograd and against central differences."""

import numpy as np
import pytest
import scipy.sparse
from sklearn.datasets import load_iris
from sklearn.exceptions import NotFittedError

from chainrule import MLPClassifier
from chainrule.estimators import blocks_of_rows

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

X, SPECIES = load_iris(return_X_y=True)
X = (X - X.mean(axis=0)) / X.std(axis=0)
SOFT = np.random.default_rng(4).dirichlet([0.3, 0.5, 1.0], 150)
KINDS = {
    "two": (SPECIES == 1, {}),
    "squared": ((SPECIES == 1).astype(int), {"loss": "squared_error"}),
    "three": (np.array(["c", "a", "b"])[SPECIES], {}),
    "multilabel": (np.stack([SPECIES == 1, SPECIES == 2], axis=1).astype(int), {}),
    "soft": (SOFT, {"targets": "proba"}),
    "two soft": (SOFT[:, :2] / SOFT[:, :2].sum(axis=1, keepdims=True), {"targets": "proba"}),
    "smoothed": (SPECIES, {"label_smoothing": 0.2}),
    "two smoothed": (SPECIES == 1, {"label_smoothing": 0.2}),
}
ACTIVATIONS = ["identity", "sigmoid", "tanh", "softplus", "relu", ["tanh", "relu"]]


def fitted(kind, **parameters):
    y, options = KINDS[kind]
    parameters = {"hidden_layer_sizes": (7, 5), "activation": "tanh", "solver": "gd", "max_iter": 20} | parameters
    return MLPClassifier(random_state=0, learning_rate_init=0.3, tol=0, alpha=0.5, **parameters, **options).fit(X, y)


def target_rows(model, kind):
    """The targets that the loss compares with the probabilities: one column per logit."""
    y, options = KINDS[kind]
    smoothing = options.get("label_smoothing", 0.0)
    if y.ndim == 2:
        rows = y if model.n_outputs_ > 1 else y[:, 1:]
    else:
        rows = (y[:, None] == model.classes_).astype(float)[:, 1 if model.n_outputs_ == 1 else 0 :]
    return (1 - smoothing) * rows + smoothing / (2 if model.out_activation_ == "logistic" else model.n_outputs_)


def autograd(model, kind):
    torch = pytest.importorskip("torch", reason="needs PyTorch: pip install -e '.[torch]'")
    f = torch.nn.functional
    named = {"identity": lambda a: a, "sigmoid": torch.sigmoid, "tanh": torch.tanh, "softplus": f.softplus}
    named["relu"] = torch.relu
    names = model.activation if isinstance(model.activation, list) else [model.activation] * 2
    x = torch.tensor(X, requires_grad=True)
    signal = x
    for number, (weight, bias) in enumerate(zip(model.coefs_, model.intercepts_, strict=True)):
        signal = signal @ torch.tensor(weight) + torch.tensor(bias)
        signal = named[names[number]](signal) if number < len(names) else signal
    rows = torch.tensor(np.ascontiguousarray(target_rows(model, kind)))
    if model.loss == "squared_error":
        loss = 0.5 * (torch.sigmoid(signal) - rows) ** 2
    elif model.out_activation_ == "softmax":
        loss = -rows * torch.log_softmax(signal, dim=1)
    else:
        loss = f.binary_cross_entropy_with_logits(signal, rows, reduction="none")
    loss.sum().backward()
    return x.grad.numpy()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("activation", ACTIVATIONS, ids=str)
def test_it_is_what_autograd_finds(activation, kind):
    model = fitted(kind, activation=activation)
    gradient = model.input_gradient(X, KINDS[kind][0])
    assert abs(gradient).max() > 0.001
    # Three products of at most 7 terms around 1 and their cotangents: below 100 roundings of 1e-16; 9e-16 measured.
    np.testing.assert_allclose(gradient, autograd(model, kind), rtol=0, atol=1e-13)


@pytest.mark.parametrize("kind", KINDS)
def test_it_is_the_slope_of_central_differences(kind):
    model = fitted(kind)
    rows = target_rows(model, kind)

    def losses(x):
        logits = model.decision_function(x).reshape(150, -1)
        if model.loss == "squared_error":
            return 0.5 * ((1 / (1 + np.exp(-logits)) - rows) ** 2).sum(axis=1)
        if model.out_activation_ == "softmax":
            return -(rows * model.predict_log_proba(x)).sum(axis=1)
        return (np.logaddexp(0, logits) - rows * logits).sum(axis=1)

    gradient = model.input_gradient(X, KINDS[kind][0])
    for j in range(4):
        step = 1e-5 * np.eye(4)[j]
        # A third derivative times 1e-10 / 6, and losses of a few units rounded to 1e-16 over a step of 2e-5.
        np.testing.assert_allclose(gradient[:, j], (losses(X + step) - losses(X - step)) / 2e-5, rtol=0, atol=1e-9)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("block", [1, 64, 75, 150])
def test_more_rows_than_a_block_are_taken_block_by_block(kind, block, monkeypatch):
    model = fitted(kind)
    whole = model.input_gradient(X, KINDS[kind][0])
    monkeypatch.setattr(blocks_of_rows, "PREDICTION_BLOCK", block)
    # Multiplied by the number of rows after a division by it, and products of another shape: a few roundings.
    np.testing.assert_allclose(model.input_gradient(X, KINDS[kind][0]), whole, rtol=0, atol=1e-14)


def test_neither_the_penalty_nor_dropout_nor_other_rows_matter():
    model = fitted("three")
    y = KINDS["three"][0]
    whole = model.input_gradient(X, y)
    np.testing.assert_allclose(model.set_params(alpha=9.0, dropout=0.5).input_gradient(X[::7], y[::7]), whole[::7])


def test_sparse_features_and_single_precision_are_taken():
    model, y = fitted("three"), KINDS["three"][0]
    sparse = model.input_gradient(scipy.sparse.csr_matrix(X), y)
    assert isinstance(sparse, np.ndarray)
    # Sparse products add in another order.
    np.testing.assert_allclose(sparse, model.input_gradient(X, y), rtol=0, atol=1e-14)
    single = MLPClassifier((5,), dtype="float32", random_state=0, max_iter=3).fit(X, y)
    assert single.input_gradient(X, y).dtype == np.float32


@pytest.mark.parametrize(
    ("kind", "y", "message"),
    [
        ("three", KINDS["three"][0][:-1], "inconsistent numbers of samples"),
        ("three", np.full(150, "z"), "classes not in"),
        ("three", KINDS["multilabel"][0], r"`y` has shape \(150, 2\), expected \(n,\)"),
        ("two", SPECIES, "classes not in"),
        ("multilabel", SPECIES, r"`y` has shape \(150,\), expected \(n, 2\)"),
        ("multilabel", np.ones((150, 3), int), r"`y` has shape \(150, 3\), expected \(n, 2\)"),
        ("soft", SPECIES, "takes rows of class probabilities"),
        ("soft", SOFT[:, :2], "every row must hold probabilities that sum to 1; row 0"),
        ("soft", KINDS["two soft"][0], r"`y` has shape \(150, 2\), expected \(n, 3\)"),
    ],
)
def test_labels_that_do_not_fit_are_refused(kind, y, message):
    with pytest.raises(ValueError, match=message):
        fitted(kind, max_iter=2).input_gradient(X, y)


def test_features_that_do_not_fit_and_models_without_a_fit_are_refused():
    with pytest.raises(ValueError, match="X has 3 features"):
        fitted("three").input_gradient(X[:, :3], KINDS["three"][0])
    with pytest.raises(NotFittedError):
        MLPClassifier().input_gradient(X, SPECIES)
