"""The base class of the classifiers, by its smallest subclass: samples, predictions, known classes and files."""

import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.preprocessing import StandardScaler
from sklearn.utils import get_tags

from chainrule import ConvClassifier, MLPClassifier, SoftmaxRegression, SoftmaxRegressionCV, TabularClassifier, save
from chainrule.estimators.blocks_of_rows import linear_logits
from chainrule.estimators.classifier import Classifier, checked_labels, checked_probabilities
from chainrule.estimators.persistence import ModelFileError

X = np.arange(8.0).reshape(4, 2)


class Fixed(Classifier):
    """Logits x W^T of a fixed W, for the classes of y."""

    def __init__(self, targets="labels", class_weight=None, dtype="auto"):
        self._store(locals())

    def fit(self, X, y, sample_weight=None, *, continues=False, **options):
        *self.samples_, encoding = self._read_samples(X, y, sample_weight, continues=continues, **options)
        self.coef_ = np.eye(encoding.n_outputs, 2)
        return self

    def _logits(self, X):
        return linear_logits(self._features_to_predict(X), self.coef_, np.zeros(len(self.coef_)), name="Fixed")


@pytest.fixture
def model():
    return Fixed().fit(X, ["a", "b", "c", "a"])


def test_parameters_are_stored_as_they_are_given():
    assert vars(Fixed(dtype="float32")) == {"targets": "labels", "class_weight": None, "dtype": "float32"}


def test_predictions_agree_with_one_another(model):
    logits = model.decision_function(X)
    np.testing.assert_array_equal(logits, X @ model.coef_.T)
    probs = model.predict_proba(X)
    # The logarithm of a rounded probability.
    np.testing.assert_allclose(np.log(probs), model.predict_log_proba(X), rtol=1e-13)
    assert (model.predict(X) == model.classes_[probs.argmax(axis=1)]).all()
    two = Fixed().fit(X, ["a", "b", "b", "a"])
    assert two.decision_function(X).shape == (4,)
    assert two.predict_proba(X).shape == (4, 2)


@pytest.mark.parametrize("form", [np.asarray, sp.csr_array, sp.csc_array])
def test_samples_are_floats_and_sparse_ones_are_csr(form):
    x, y, weights = Fixed(dtype="float32").fit(form(X), [0, 1, 2, 0]).samples_
    assert x.dtype == np.float32
    assert isinstance(x, np.ndarray) or x.format == "csr"
    assert (y.tolist(), weights) == ([0, 1, 2, 0], None)


def test_samples_without_weight_count_only_on_request():
    weights = [1, 0, 2, 1]
    assert Fixed().fit(X, [0, 1, 2, 0], weights).samples_[1].tolist() == [0, 2, 0]
    assert Fixed().fit(X, [0, 1, 2, 0], weights, weightless=True).samples_[2].tolist() == weights
    with pytest.raises(ValueError, match="Negative values"):
        Fixed().fit(X, [0, 1, 2, 0], [1, -1, 1, 1])
    assert Fixed().fit(X, [0, 1, 2, 0], [1, -1, 1, 1], signed=True).samples_[2][1] == -1


def test_rows_of_probabilities_are_targets():
    rows = np.full((4, 2), 0.5)
    assert Fixed("proba").fit(X, rows).samples_[1].tolist() == rows.tolist()
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        Fixed("proba").fit(X, rows[:3])


def test_features_to_predict_are_neither_cast_nor_read(model):
    given = np.array([[np.nan, 1]], np.float16)
    assert model._features_to_predict(given) is given
    assert model._features_to_predict(sp.csc_array(X)).format == "csr"
    with pytest.raises(ValueError, match="2 features"):
        model._features_to_predict(np.ones((1, 3)))


def test_held_out_samples_have_known_classes_and_weights_by_class(model):
    model.class_weight = {"a": 2.0}
    x, y, weights = model._held_out(np.float32, (X, ["a", "b", "b", "a"], [1, 1, 3, 1]))
    assert (x.dtype, y.tolist(), weights.tolist()) == (np.float32, ["a", "b", "b", "a"], [2, 1, 3, 2])
    with pytest.raises(ValueError, match="eval_set: `y` has classes not in"):
        model._held_out(np.float64, (X, ["a", "b", "z", "a"]))
    with pytest.raises(ValueError, match="every sample has the weight zero"):
        model._held_out(np.float64, (X, ["a", "b", "b", "a"], np.zeros(4)))


def test_a_warm_start_needs_the_same_classes(model):
    model.fit(X[:3], ["c", "b", "a"], continues=True)
    with pytest.raises(ValueError, match="warm_start can only be used where `y` has the same classes"):
        model.fit(X[:3], ["c", "b", "z"], continues=True)
    with pytest.raises(ValueError, match="X has 1 features, but Fixed is expecting 2"):
        model.fit(X[:3, :1], ["c", "b", "a"], continues=True)


@pytest.mark.parametrize(("given", "kept"), [("float16", "float32"), ("float32", "float32"), ("float64", "float64")])
def test_tensors_keep_their_precision(given, kept):
    torch = pytest.importorskip("torch", reason="needs PyTorch: pip install -e '.[torch]'")
    tensor = torch.from_numpy(X).to(getattr(torch, given))
    assert Fixed().fit(tensor, ["a", "b", "c", "a"]).samples_[0].dtype == kept
    assert SoftmaxRegression().fit(tensor, [0, 1, 1, 0]).coef_.dtype == kept
    with pytest.raises(ValueError, match=r"got a tensor that requires grad; give X.detach\(\)"):
        Fixed().fit(tensor.requires_grad_(), ["a", "b", "c", "a"])


def test_soft_targets_and_labels_in_each_others_place_are_told_apart():
    with pytest.raises(ValueError, match="rows of class probabilities need targets='proba'"):
        checked_labels([[0.25, 0.75], [0.5, 0.5]])
    with pytest.raises(ValueError, match="labels need targets='labels'"):
        checked_probabilities(["a", "b"])


def test_several_labels_at_once_are_encoded_or_refused():
    several = np.array([[0, 1], [1, 1], [1, 0], [0, 0]])
    model = Fixed().fit(X, several)
    assert (model._kind, model.classes_.tolist()) == ("multilabel-indicator", [0, 1])
    assert get_tags(model).classifier_tags.multi_label
    model._multilabel = False
    assert not get_tags(model).classifier_tags.multi_label
    with pytest.raises(ValueError, match=r"a 0/1 matrix\. .* y.argmax\(axis=1\), or set .*'proba'; .*OneVs"):
        model.fit(X, several)


def test_parameters_newer_than_a_saved_model_have_their_defaults(model):
    state = model.__getstate__()
    del state["dtype"]
    restored = Fixed.__new__(Fixed)
    restored.__setstate__(state)
    assert restored.dtype == "auto"
    assert restored.predict(X).tolist() == model.predict(X).tolist()


def test_only_a_model_of_the_class_is_loaded(tmp_path):
    SoftmaxRegression().fit(X, [0, 1, 2, 0]).save(tmp_path / "softmax.model")
    assert SoftmaxRegression.load(tmp_path / "softmax.model").classes_.tolist() == [0, 1, 2]
    with pytest.raises(ModelFileError, match="expected a MLPClassifier, the file holds a SoftmaxRegression"):
        MLPClassifier.load(tmp_path / "softmax.model")
    save(StandardScaler().fit(X), tmp_path / "scaler.model")
    with pytest.raises(ModelFileError, match=r"holds a StandardScaler, which chainrule\.load opens"):
        SoftmaxRegression.load(tmp_path / "scaler.model")


@pytest.mark.parametrize(
    ("estimator", "given", "hint"),
    [
        (
            SoftmaxRegression,
            {"multi_class": "ovr"},
            "SoftmaxRegression has no parameter multi_class .got 'ovr'.*OneVsRest",
        ),
        (MLPClassifier, {"hidden_layers": (3,)}, "did you mean 'hidden_layer_sizes'"),
        (SoftmaxRegressionCV, {"temperature_scaling": True}, "it has Cs, l1_ratios"),
        (Fixed, {"zzz": 1}, "it has targets, class_weight, dtype"),
    ],
)
def test_a_parameter_that_there_is_not_is_answered_with_what_to_do_instead(estimator, given, hint):
    with pytest.raises(TypeError, match=hint):
        estimator(**given)


def test_a_subclass_may_take_any_parameters():
    class Open(Fixed):
        def __init__(self, **others):
            super().__init__()

    assert Open(zzz=1).dtype == "auto"


@pytest.mark.parametrize("of", [SoftmaxRegression, MLPClassifier, TabularClassifier, ConvClassifier])
def test_tensors_of_bfloat16_are_refused_with_what_to_do_instead(of):
    torch = pytest.importorskip("torch", reason="needs PyTorch: pip install -e '.[torch]'")
    shape = (8, 1, 4, 4) if of is ConvClassifier else (8, 4)
    with pytest.raises(TypeError, match=r"float16, got a tensor of torch\.bfloat16.*X\.float"):
        of().fit(torch.ones(shape, dtype=torch.bfloat16), np.arange(8) % 2)
    model = SoftmaxRegression().fit(np.eye(4), [0, 0, 1, 1])
    with pytest.raises(TypeError, match=r"got a tensor of torch\.bfloat16"):
        model.predict(torch.ones((2, 4), dtype=torch.bfloat16))
