"""Training with PyTorch on a device, which here is the processor, and the precision of training."""

import sys

import numpy as np
import pytest
import scipy.sparse
from sklearn.datasets import load_iris

from chainrule import MLPClassifier

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

X, SPECIES = load_iris(return_X_y=True)
X = (X - X.mean(axis=0)) / X.std(axis=0)
SOFT = np.random.default_rng(4).dirichlet([0.3, 0.5, 1.0], 150)
TAGS = np.stack([SPECIES == 1, X[:, 1] > 0.5], axis=1).astype(int)
WEIGHTS = np.random.default_rng(5).random(150) + 0.5
OPTIONS = {
    "plain": {},
    "sgd": {"solver": "sgd", "learning_rate": "adaptive"},
    "adamw": {"solver": "adamw", "learning_rate": "cosine"},
    "gd": {"solver": "gd", "learning_rate_init": 0.3},
    "lbfgs": {"solver": "lbfgs", "max_iter": 12},
    "dropout": {"dropout": 0.3},
    "smoothing": {"label_smoothing": 0.2, "max_grad_norm": 0.5},
    "balanced": {"class_weight": "balanced", "activation": "softplus"},
    "early stopping": {"early_stopping": True, "eval_metric": "log_loss"},
}


@pytest.fixture
def torch():
    return pytest.importorskip("torch", reason="needs PyTorch: pip install -e '.[torch]'")


def model_of(device=None, **parameters):
    parameters = {"hidden_layer_sizes": (6, 5), "activation": "tanh", "learning_rate_init": 0.02} | parameters
    return MLPClassifier(**{"random_state": 0, "max_iter": 20, "batch_size": 37, "device": device} | parameters)


def assert_equal_models(one, other, atol=1e-11):
    """Gradients rounded otherwise, over 100 steps: 2e-15 measured; 5e-14 for L-BFGS, which divides differences."""
    for got, want in zip(one.coefs_ + one.intercepts_, other.coefs_ + other.intercepts_, strict=True):
        assert type(got) is np.ndarray
        np.testing.assert_allclose(got, want, rtol=0, atol=atol)
    np.testing.assert_allclose(one.predict_proba(X), other.predict_proba(X), rtol=0, atol=atol)
    assert one.n_iter_ == other.n_iter_
    assert one.loss_ == pytest.approx(other.loss_, rel=1e-9, abs=0)


@pytest.mark.parametrize("weights", [None, WEIGHTS], ids=["", "weights"])
@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)
@pytest.mark.parametrize("kind", ["two", "three", "multilabel", "soft"])
def test_a_device_gives_the_same_fit(kind, options, weights, torch):
    y = {"two": SPECIES == 1, "three": SPECIES, "multilabel": TAGS, "soft": SOFT}[kind]
    options = options | ({"targets": "proba"} if kind == "soft" else {})
    there, here = (model_of(device, **options).fit(X, y, weights) for device in ("cpu", None))
    assert_equal_models(there, here)
    assert (there.predict(X) == here.predict(X)).all()


def test_an_eval_set_is_scored_there(torch):
    there, here = (model_of(device).fit(X, SPECIES, eval_set=(X, SPECIES, WEIGHTS)) for device in ("cpu", None))
    assert_equal_models(there, here)
    # Gradients rounded otherwise, as in `assert_equal_models`.
    np.testing.assert_allclose(there.validation_scores_, here.validation_scores_, rtol=1e-12)


@pytest.mark.parametrize("solver", ["adam", "sgd", "gd"])
def test_partial_fits_may_take_place_here_and_there(solver, torch):
    here, there, mixed = (model_of(solver=solver, new_classes="add") for _ in range(3))
    for number in range(6):
        rows = slice(0, 100 if number < 3 else 150)
        for model, device in ((here, None), (there, "cpu"), (mixed, [None, "cpu"][number % 2])):
            model.set_params(device=device).partial_fit(X[rows], SPECIES[rows], WEIGHTS[rows])
    assert_equal_models(there, here)
    assert_equal_models(mixed, here)


def test_a_checkpoint_of_one_device_goes_on_on_another(torch, tmp_path, monkeypatch):
    monkeypatch.setattr("chainrule.estimators.checkpoints.SECONDS_BETWEEN", 0.0)

    def stop(progress):
        if progress.epoch == 9:
            raise InterruptedError

    path = tmp_path / "fit.checkpoint"
    with pytest.raises(InterruptedError):
        model_of("cpu", callbacks=[stop], checkpoint=path).fit(X, SPECIES)
    assert_equal_models(model_of(checkpoint=path).fit(X, SPECIES), model_of().fit(X, SPECIES))


def test_a_model_trained_there_is_saved_and_predicts_here(torch, tmp_path):
    model = model_of("cpu").fit(X, SPECIES)
    loaded = MLPClassifier.load(model.save(tmp_path / "a.model"))
    assert_equal_models(loaded.set_params(device=None), model)
    # PyTorch and NumPy add in other orders.
    np.testing.assert_allclose(loaded.input_gradient(X, SPECIES), model.input_gradient(X, SPECIES), rtol=0, atol=1e-14)


@pytest.mark.parametrize("act", ["fit", "partial_fit"])
def test_sparse_features_are_refused_there_before_they_are_trained_on(act, torch):
    extra = {"classes": [0, 1, 2]} if act == "partial_fit" else {}
    with pytest.raises(ValueError, match="device='cpu' takes dense X; sparse X is for device=None"):
        getattr(model_of("cpu"), act)(scipy.sparse.csr_matrix(X), SPECIES, **extra)


def test_sparse_features_are_predicted_wherever_the_model_was_trained(torch):
    model = model_of("cpu").fit(X, SPECIES)
    # Sparse products add in another order.
    np.testing.assert_allclose(model.predict_proba(scipy.sparse.csr_matrix(X)), model.predict_proba(X), atol=1e-14)


@pytest.mark.parametrize("act", ["fit", "partial_fit", "predict"])
def test_a_device_without_pytorch_names_the_extra(act, monkeypatch):
    model = model_of()
    if act == "predict":
        model.fit(X, SPECIES)
    model.set_params(device="cpu")
    monkeypatch.setitem(sys.modules, "torch", None)
    arguments = {"fit": (X, SPECIES), "partial_fit": (X, SPECIES, None, [0, 1, 2]), "predict": (X,)}[act]
    with pytest.raises(ImportError, match=r"device='cpu' needs PyTorch.*pip install 'chainrule\[torch\]'"):
        getattr(model, act)(*arguments)
    model_of().fit(X, SPECIES)  # without a device, nobody asks for it


@pytest.mark.parametrize("device", [None, "cpu"])
@pytest.mark.parametrize("given", ["float32", "float64", "int64"])
@pytest.mark.parametrize("dtype", ["auto", "float32", "float64", np.float32, np.dtype("float64")], ids=str)
def test_the_precision_is_the_one_asked_for(dtype, given, device, request):
    if device is not None:
        request.getfixturevalue("torch")
    x = (4 * X).astype(given)
    auto = "float32" if given == "float32" else "float64"
    wanted = auto if isinstance(dtype, str) and dtype == "auto" else np.dtype(dtype).name
    model = model_of(device, dtype=dtype, max_iter=4).fit(x, SPECIES)
    assert {block.dtype.name for block in model.coefs_ + model.intercepts_} == {wanted}
    for answer in (model.predict_proba(x), model.decision_function(x), model.input_gradient(x, SPECIES)):
        assert answer.dtype == wanted
    assert (model.predict_proba(x) == model.predict_proba(x.astype(wanted))).all()


@pytest.mark.parametrize("wrong", ["float16", "int64", "single-ish", None, 64, complex])
def test_another_precision_is_refused(wrong):
    with pytest.raises(ValueError, match="dtype: expected 'auto', 'float32' or 'float64', got"):
        model_of(dtype=wrong).fit(X, SPECIES)


def test_reversed_views_are_predicted_on_a_device(torch):
    model = model_of("cpu").fit(X, SPECIES)
    assert np.array_equal(model.predict_proba(X[::-1, ::-1][:, ::-1]), model.predict_proba(X)[::-1])
    assert np.array_equal(model.predict_proba(X[:, ::-1]), model.predict_proba(X[:, ::-1].copy()))
