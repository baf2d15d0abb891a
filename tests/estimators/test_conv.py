"""ConvClassifier: shapes of X, layers, standardization, augmentation, predictions, files and resumed fits."""

import math
import re
import warnings
from pathlib import Path

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.utils.estimator_checks import parametrize_with_checks

from chainrule import ConvClassifier, load, rules, save
from chainrule.arrays import random_stream
from chainrule.estimators import blocks_of_rows, checkpoints
from chainrule.networks import Activation, Conv, Dropout, Linear, Pool, summarise
from chainrule.training import Augmentation, Images

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

DIGITS = load_digits()
X, Y = DIGITS.images.astype(np.float32), DIGITS.target
FEW = X[:120], Y[:120]
SMALL = "conv 4 3x3 pad 1, relu, pool 2"


def fitted(layers=SMALL, x=FEW[0], y=FEW[1], **parameters):
    return ConvClassifier(layers, **{"max_iter": 2, "random_state": 0} | parameters).fit(x, y)


@parametrize_with_checks(
    [
        ConvClassifier(),
        ConvClassifier("conv 4 1x2 pad same, tanh", solver="lbfgs", alpha=0.1, max_iter=50),
        ConvClassifier("conv 4 1x2 pad same, relu", learning_rate="constant", learning_rate_init=0.01, max_iter=100),
    ]
)
def test_the_classifier_conforms_on_flat_input(estimator, check):
    check(estimator)


def test_it_learns_digits():
    rows = random_stream(1).permutation(len(X))
    model = fitted(
        "conv 16 3x3 pad 1, relu, pool 2", X[rows[:1400]], Y[rows[:1400]], max_iter=12, learning_rate_init=0.01
    )
    # Ten runs with other orders gave 97.7 to 99.0 per cent of 397 images.
    assert model.score(X[rows[1400:]], Y[rows[1400:]]) > 0.95


def test_images_with_and_without_channels_and_flat_rows_are_the_same():
    x = FEW[0]
    flat = x.reshape(120, 64)
    models = [
        fitted(x=x),
        fitted(x=x[:, None]),
        fitted(x=flat),
        fitted(x=flat, image_shape=(8, 8)),
        fitted(x=flat, image_shape=(1, 8, 8)),
        fitted(x=x.tolist(), dtype="float32"),
    ]
    for model in models:
        assert model.image_shape_ == (1, 8, 8)
        assert model.n_features_in_ == 64
        for given in (x, x[:, None], flat):
            assert np.array_equal(model.predict_proba(given), models[0].predict_proba(x))


class Frame:
    """A data frame as polars has them: it has a shape, but no number of dimensions."""

    def __init__(self, rows):
        self.rows, self.shape = rows, rows.shape

    def __len__(self):
        return len(self.rows)

    def __array__(self, dtype=None, copy=None):
        return np.array(self.rows, dtype)


def test_rows_may_be_a_frame_that_has_only_a_shape():
    flat = FEW[0].reshape(120, 64)
    model = fitted(x=Frame(flat))
    assert model.image_shape_ == (1, 8, 8)
    assert np.array_equal(model.predict_proba(Frame(flat)), fitted(x=flat).predict_proba(flat))


def test_colours_come_as_channels_or_in_flat_rows():
    stream = random_stream(5)
    x, y = stream.standard_normal((40, 3, 6, 4)), stream.integers(0, 3, 40)
    model = fitted(x=x, y=y)
    assert model.coefs_[0].shape == (4, 3, 3, 3)
    again = fitted(x=x.reshape(40, 72), y=y, image_shape=(3, 6, 4))
    assert np.array_equal(again.predict_proba(x), model.predict_proba(x))


def test_bytes_are_trained_on_in_float32_and_standardized():
    x = (X[:120] * 15).astype(np.uint8)
    model = fitted(x=x)
    assert model.coefs_[0].dtype == np.float32
    # Bytes are standardised in float32.
    assert model.mean_ == pytest.approx([x.mean()], rel=1e-6)
    assert model.scale_ == pytest.approx([x.std()], rel=1e-6)
    assert fitted(x=x.astype(np.float64)).coefs_[0].dtype == np.float64


def test_standardization_makes_units_and_offsets_of_the_pixels_irrelevant():
    raw = fitted()
    other = fitted(x=FEW[0] * 16 + 64)  # powers of two, and sums of whole numbers: exact in float32
    assert other.predict(FEW[0] * 16 + 64).tolist() == raw.predict(FEW[0]).tolist()
    assert not hasattr(fitted(standardize=False), "mean_")


def test_a_channel_without_variance_is_only_centred():
    x = np.concatenate([FEW[0][:, None], np.full((120, 1, 8, 8), 7.0, np.float32)], axis=1)
    model = fitted(x=x)
    assert model.mean_[1] == 7
    assert model.scale_[1] == 1
    assert np.isfinite(model.predict_proba(x)).all()


def test_weights_count_as_repetitions_in_the_standardization_too():
    x, y = FEW[0].astype(np.float64), FEW[1]
    weights = random_stream(3).integers(1, 4, 120)
    parameters = {"solver": "lbfgs", "alpha": 1.0, "max_iter": 30, "tol": 1e-9}
    weighted = ConvClassifier("conv 2 3x3", random_state=0, **parameters).fit(x, y, weights)
    repeated = fitted("conv 2 3x3", np.repeat(x, weights, axis=0), np.repeat(y, weights), **parameters)
    # Sums in another order.
    np.testing.assert_allclose(weighted.mean_, repeated.mean_, rtol=1e-13)
    np.testing.assert_allclose(weighted.scale_, repeated.scale_, rtol=1e-13)
    # Thirty steps from one start amplify roundings of 1e-16 a thousandfold and more.
    np.testing.assert_allclose(weighted.coefs_[0], repeated.coefs_[0], rtol=0, atol=1e-7)


def test_layers_as_words_and_as_objects_are_the_same_model():
    words = fitted("conv 4 3x3 pad 1, tanh, pool 2, dropout 0.1")
    objects = fitted([Conv(4, 3, padding=1), rules.tanh, Pool(2), Dropout(0.1)])
    assert np.array_equal(words.predict_proba(X), objects.predict_proba(X))
    assert clone(objects).layers == objects.layers


def test_layers_chosen_automatically_fit_images_of_any_size():
    stream = random_stream(6)
    for shape, layers in (((1, 1, 1), 3), ((1, 3, 5), 3), ((1, 8, 8), 6), ((3, 28, 28), 6)):
        x, y = stream.standard_normal((12, *shape)), np.arange(12) % 2
        model = fitted("auto", x, y, max_iter=1)
        assert model.predict_proba(x).shape == (12, 2)
        assert len(model.coefs_) >= layers + 1 - (layers == 6)


def test_layers_without_biases_keep_their_weights_only():
    model = fitted("conv 4 3x3 no bias, relu, global pool")
    assert [w.shape for w in model.coefs_] == [(4, 1, 3, 3), (4, 10)]
    assert [b.shape for b in model.intercepts_] == [(10,)]
    before = model.predict_proba(X)
    model.coefs_[0][...] *= 2
    assert not np.array_equal(model.predict_proba(X), before)


def test_no_layers_at_all_are_softmax_regression():
    model = fitted("", solver="lbfgs", max_iter=400, alpha=1.0)
    assert [w.shape for w in model.coefs_] == [(64, 10)]
    assert model.score(*FEW) == 1


@pytest.mark.parametrize("device", [None, "cpu"])
def test_the_input_gradient_is_that_of_the_loss_by_the_pixels(device):
    if device:
        pytest.importorskip("torch", reason="needs PyTorch: pip install -e '.[torch]'")
    x, y = FEW[0].astype(np.float64), FEW[1]
    model = fitted("conv 4 3x3, softplus, average pool 2", x=x, device=device, augment="crop 6x7")
    assert model.input_gradient(x[:3], y[:3]).shape == (3, 8, 8)
    assert model.input_gradient(x[:3, None], y[:3]).shape == (3, 1, 8, 8)
    gradient, h = model.input_gradient(x[:3], y[:3]), 1e-5
    numbers = np.searchsorted(model.classes_, y[:3])
    for i, j in ((0, 0), (3, 4), (5, 1), (7, 7)):
        moved = np.zeros((3, 8, 8))
        moved[:, i, j] = h
        ends = [model.predict_log_proba(x[:3] + s * moved)[np.arange(3), numbers] for s in (1, -1)]
        # Truncation h^2 and rounding 1e-16 / h.
        np.testing.assert_allclose(gradient[:, i, j], -(ends[0] - ends[1]) / (2 * h), rtol=0, atol=1e-8)


def test_predictions_do_not_depend_on_the_blocks_they_are_made_in(monkeypatch):
    model = fitted()
    whole = model.predict_log_proba(X)
    monkeypatch.setattr(blocks_of_rows, "PREDICTION_BLOCK", 7)
    # Tiles of other sizes add in another order.
    np.testing.assert_allclose(model.predict_log_proba(X), whole, rtol=0, atol=1e-5)


def test_numpy_and_pytorch_train_the_same_model():
    pytest.importorskip("torch", reason="needs PyTorch: pip install -e '.[torch]'")
    x = FEW[0].astype(np.float64)
    parameters = {"augment": "shift 1, flip", "dropout": 0.2, "solver": "sgd", "learning_rate_init": 0.01}
    here, there = fitted(x=x, **parameters), fitted(x=x, device="cpu", **parameters)
    # Four steps of sums in another order.
    for ours, theirs in zip(here.coefs_, there.coefs_, strict=True):
        np.testing.assert_allclose(theirs, ours, rtol=0, atol=1e-10)
    np.testing.assert_allclose(there.predict_proba(X[:50]), here.predict_proba(X[:50]), rtol=0, atol=1e-10)


def test_augmentation_depends_on_the_seed_alone_and_matters():
    first, again, without = fitted(augment="shift 2"), fitted(augment=Augmentation(shift=2)), fitted()
    assert np.array_equal(first.coefs_[0], again.coefs_[0])
    assert not np.array_equal(first.coefs_[0], without.coefs_[0])


def test_crops_make_the_network_smaller_and_predictions_take_the_middle():
    model = fitted(augment="crop 6x6")
    assert model.coefs_[-1].shape == (4 * 3 * 3, 10)
    x = X[:20].copy()
    before = model.predict_proba(x)
    x[:, 0], x[:, -1], x[:, :, 0], x[:, :, -1] = 5, 6, 7, 8
    assert np.array_equal(model.predict_proba(x), before)


def test_early_stopping_and_eval_sets_judge_what_prediction_would_see():
    model = fitted(x=X[:600], y=Y[:600], early_stopping=True, augment="crop 7x7", max_iter=4)
    assert len(model.validation_scores_) == 4
    held = ConvClassifier(SMALL, max_iter=3, random_state=0).fit(*FEW, eval_set=(X[200:300], Y[200:300]))
    # The same figure, from the judge and from `score`.
    assert held.best_validation_score_ == pytest.approx(held.score(X[200:300], Y[200:300]))


def test_partial_fit_takes_batches_and_new_classes():
    model = ConvClassifier(SMALL, random_state=0, new_classes="add")
    for _ in range(3):
        model.partial_fit(X[Y < 5][:200], Y[Y < 5][:200])
    old = model.predict_proba(X[:10])
    model.partial_fit(X[Y >= 5][:200], Y[Y >= 5][:200])
    assert old.shape == (10, 5)
    assert model.predict_proba(X[:10]).shape == (10, 10)
    assert model.image_shape_ == (1, 8, 8)


def test_two_classes_and_several_labels_at_once():
    binary = fitted(x=X[Y < 2], y=np.array(["no", "yes"])[Y[Y < 2]], learning_rate_init=0.01, max_iter=8)
    assert binary.score(X[Y < 2], np.array(["no", "yes"])[Y[Y < 2]]) > 0.97
    several = np.stack([Y[:120] % 2, Y[:120] > 4], axis=1).astype(int)
    assert fitted(y=several).predict(X[:7]).shape == (7, 2)


@pytest.mark.parametrize(
    "layers",
    [
        SMALL,
        [Conv(4, 3, padding=1), Activation("relu"), Pool((2, 1), stride=2)],
        "auto",
        ["conv 2 3x3", rules.softplus],
    ],
    ids=["words", "objects", "auto", "a rule"],
)
def test_a_model_file_gives_the_same_predictions(layers, tmp_path):
    model = fitted(layers, augment=Augmentation(shift=1), class_weight="balanced")
    again = load(save(model, tmp_path / "model"))
    assert type(again) is ConvClassifier
    assert np.array_equal(again.predict_log_proba(X[:50]), model.predict_log_proba(X[:50]))
    assert list(again.layers) == list(model.layers)
    assert again.augment == model.augment


class Killed(Exception):
    """Stands for the end of a process."""


def killer(progress):
    if progress.epoch == 2:
        raise Killed


@pytest.mark.parametrize("device", [None, "cpu"])
def test_a_killed_fit_goes_on_bit_for_bit(tmp_path, monkeypatch, device):
    if device:
        pytest.importorskip("torch", reason="needs PyTorch: pip install -e '.[torch]'")
    monkeypatch.setattr(checkpoints, "SECONDS_BETWEEN", 0.0)
    parameters = {
        "max_iter": 4,
        "augment": "shift 1, flip, crop 7x7",
        "dropout": 0.3,
        "device": device,
        "batch_size": 50,
    }
    layers = [Conv(4, 3), rules.relu, "pool 2"]
    expected = fitted(layers, **parameters)
    with pytest.raises(Killed):
        fitted(layers, **parameters, callbacks=[killer], checkpoint=tmp_path / "part")
    assert (tmp_path / "part").exists()
    resumed = fitted(layers, **parameters, checkpoint=tmp_path / "part")
    assert resumed.n_iter_ == 4
    assert not (tmp_path / "part").exists()
    for ours, theirs in zip(expected.coefs_, resumed.coefs_, strict=True):
        assert np.array_equal(ours, theirs)


def test_warm_starts_go_on_from_the_weights():
    model = ConvClassifier(SMALL, max_iter=1, random_state=0, warm_start=True).fit(*FEW)
    first, mean = model.loss_, model.mean_
    for _ in range(5):
        model.fit(*FEW)
    assert model.loss_ < first
    assert np.array_equal(model.mean_, mean)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"layers": "conv 4"}, "'conv 4': expected the size of the kernel"),
        ({"layers": "conv 4 9x9"}, r"layer 1 \(conv 4 9x9\): height: a kernel of 9 does not fit on 8 samples"),
        ({"layers": "linear 5, pool 2"}, r"layer 1 \(linear 5\): a linear layer takes rows of features"),
        ({"layers": 7}, "layers: expected"),
        ({"image_shape": (4, 4)}, "image_shape|expected images of shape"),
        ({"image_shape": 8}, "image_shape: expected height and width"),
        ({"augment": "spin"}, "'spin': expected shift S, flip"),
        ({"augment": 3}, "augment: expected words, an Augmentation or None, got 3"),
        ({"augment": "crop 9x9"}, "crop: a part of 9 x 9 pixels of images of 8 x 8"),
        ({"augment": "shift 1", "solver": "lbfgs"}, "augment: lbfgs sees all samples at once"),
        ({"standardize": 2}, "standardize: expected one of"),
        ({"solver": "adm"}, "solver: expected one of"),
        ({"dropout": 1.0}, "dropout: expected a number"),
    ],
)
def test_a_wrong_parameter_is_named(parameters, message):
    with pytest.raises(ValueError, match=message):
        fitted(**parameters)


def test_images_of_another_shape_are_refused_when_predicting():
    model = fitted()
    with pytest.raises(ValueError, match=r"X: expected images of shape \(1, 8, 8\), got \(1, 4, 16\)"):
        model.predict(X.reshape(-1, 4, 16))
    with pytest.raises(ValueError, match="X has 63 features"):
        model.predict(X.reshape(-1, 64)[:, :63])
    with pytest.raises(ValueError, match="images of 1 x 3 x 3 have 9 pixels, X has 64"):
        fitted(x=FEW[0].reshape(120, 64), image_shape=(3, 3))
    with pytest.raises(NotFittedError):
        ConvClassifier().predict(X)


def test_one_image_and_images_as_an_object_are_refused_with_what_to_pass():
    model = fitted(max_iter=1)
    with pytest.raises(ValueError, match=r"got one image of shape \(8, 8\); pass X\[None\]"):
        model.predict(X[0])
    coloured = fitted(x=np.repeat(FEW[0][:, None], 3, 1), max_iter=1)
    with pytest.raises(ValueError, match=r"got one image of shape \(3, 8, 8\); pass X\[None\]"):
        coloured.predict(np.zeros((3, 8, 8)))
    for use in (model.predict, lambda found: model.fit(found, Y[:3])):
        with pytest.raises(TypeError, match=r"pass their arrays: X\.images, with the labels X\.labels"):
            use(Images(X[:3, None], Y[:3]))


def test_paths_are_refused_with_how_to_read_pictures():
    with pytest.raises(TypeError, match=r"read_images\('letters/train'\), then give scans.images and scans.labels"):
        ConvClassifier().fit("letters/train", [0, 1])
    with pytest.raises(TypeError, match=r"read_images\('new', labels=False, like=model\), then give scans.images$"):
        fitted(max_iter=1).predict(Path("new"))


def test_values_divided_by_255_are_warned_of():
    model = fitted(x=FEW[0] * 15, max_iter=1)
    message = "all values are at most 1, but in training the mean was up to 7.*divided by"
    with pytest.warns(UserWarning, match=message) as caught:
        model.predict(np.repeat(FEW[0], 40, axis=0) * 15 / 255)
    assert [each.filename for each in caught] == [__file__]  # several threads take blocks of the rows
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model.predict(FEW[0] * 15)
        model.predict(FEW[0] * 0)
        fitted(x=FEW[0] / 16, max_iter=1).predict(FEW[0] / 16)


def test_without_convergence_there_is_one_warning_and_with_a_cosine_none():
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        fitted(max_iter=1)
        assert caught == []
        fitted(max_iter=1, learning_rate="constant")
    assert [warning.category for warning in caught] == [ConvergenceWarning]


def test_the_network_is_there_to_look_at():
    network = fitted().network_
    assert network.image_shape == (1, 8, 8)
    assert network.n_parameters == sum(map(np.size, fitted().coefs_)) + sum(map(np.size, fitted().intercepts_))
    assert math.prod(network.shapes[3]) == 64


TWO = (X[Y < 2][:60], Y[Y < 2][:60])
SEVERAL = (FEW[0], np.stack([FEW[1] % 2, FEW[1] > 4, FEW[1] > 7], axis=1).astype(int))


@pytest.mark.parametrize(
    ("layers", "data", "outputs"),
    [
        ("conv 4 3x3, relu, flatten, linear 10", FEW, 10),
        ("conv 4 3x3, relu, flatten, linear 12, relu, linear 10 no bias", FEW, 10),
        ("flatten, linear 10", FEW, 10),
        (["conv 4 3x3", "flatten", Linear(10)], FEW, 10),
        ("conv 4 3x3, relu", FEW, 10),
        ("conv 4 3x3, relu, flatten", FEW, 10),
        ("conv 4 3x3, relu, global pool", FEW, 10),
        ("flatten, linear 10, relu", FEW, 10),
        ("", FEW, 10),
        ("conv 4 3x3, flatten, linear 1", TWO, 1),
        ("conv 4 3x3, flatten, linear 2, relu", TWO, 1),
        ("conv 4 3x3", TWO, 1),
        ("flatten, linear 3", SEVERAL, 3),
        ("conv 4 3x3", SEVERAL, 3),
    ],
)
@pytest.mark.parametrize("dropout", [0.0, 0.25])
def test_what_is_summarised_is_what_is_trained(layers, data, outputs, dropout):
    model = fitted(layers, *data, dropout=dropout, max_iter=1)
    sizes = summarise(layers, (1, 8, 8), outputs=outputs)
    assert sizes.weights == sum(map(np.size, model.coefs_))
    assert sizes.biases == sum(map(np.size, model.intercepts_))
    names = [layer.text for layer in sizes.layers]
    assert [
        layer.text
        for layer in summarise(model.network_.layers, model.network_.in_shape).layers
        if layer.text != "dropout 0.25"
    ] == names
    if not isinstance(layers, str) or re.search(r"linear \d+( no bias)?$", layers):
        assert sizes == summarise(layers, (1, 8, 8))


@pytest.mark.parametrize(
    ("layers", "data", "message"),
    [
        ("flatten, linear 7", FEW, "puts out 7, and the labels need 10 logits"),
        ("flatten, linear 2", TWO, "puts out 2, and the labels need 1 logit"),
        ("flatten, linear 10, log_softmax", FEW, "the loss takes the softmax itself"),
        ("conv 4 3x3, linear 10", FEW, "put flatten, or global pool, before it"),
    ],
)
def test_a_head_that_does_not_fit_is_refused(layers, data, message):
    with pytest.raises(ValueError, match=message):
        fitted(layers, *data)


def test_classes_are_not_added_to_a_head_in_the_words():
    model = ConvClassifier("flatten, linear 5", random_state=0, new_classes="add")
    model.partial_fit(X[Y < 5][:200], Y[Y < 5][:200])
    before = model.predict_proba(X[:10])
    with pytest.raises(ValueError, match="puts out 5, and the labels need 10 logits"):
        model.partial_fit(X[Y >= 5][:200], Y[Y >= 5][:200])
    assert np.array_equal(model.predict_proba(X[:10]), before)


def test_a_model_of_0_1_keeps_the_head_that_was_added_to_its_words(tmp_path):
    model = fitted("flatten, linear 10, identity")
    expected = model.predict_log_proba(X[:50])
    # Until 0.1 a head came after a linear layer too, and nothing in the file said so.
    model.layers = "flatten, linear 10"
    del model._always_adds_head
    again = load(save(model, tmp_path / "model"))
    assert np.array_equal(again.predict_log_proba(X[:50]), expected)
    assert len(again.fit(*FEW).coefs_) == 1
