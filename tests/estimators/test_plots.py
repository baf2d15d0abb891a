"""Figures of fitted estimators: learning curves, and scores against C."""

import sys

import numpy as np
import pytest
from sklearn.datasets import load_iris
from sklearn.metrics import log_loss

from chainrule import MLPClassifier, SoftmaxRegressionCV
from chainrule.estimators import learning_curves
from chainrule.estimators.plots import scores_of_path

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

X, SPECIES = load_iris(return_X_y=True)
SCALED = (X - X.mean(axis=0)) / X.std(axis=0)


def model_of(**parameters):
    return MLPClassifier(**{"hidden_layer_sizes": (6,), "max_iter": 9, "random_state": 0, "tol": 0} | parameters)


@pytest.mark.parametrize("watched", [False, True])
def test_curves_have_a_point_per_epoch(watched, tmp_path):
    from matplotlib.figure import Figure

    model = model_of(early_stopping=watched, eval_metric="log_loss").fit(SCALED, SPECIES)
    figure = learning_curves(model)
    assert isinstance(figure, Figure)
    lines = [line for axis in figure.axes for line in axis.lines]
    curves = [model.loss_curve_, *([model.validation_scores_] if watched else [])]
    assert [line.get_xydata().tolist() for line in lines] == [
        [[epoch, value] for epoch, value in enumerate(curve, start=1)] for curve in curves
    ]
    labels = ["training objective", "validation log-loss"][: len(lines)]
    assert [text.get_text() for text in figure.axes[0].get_legend().get_texts()] == labels
    figure.savefig(tmp_path / "curves.png")
    assert (tmp_path / "curves.png").read_bytes().startswith(b"\x89PNG")


def test_samples_that_choose_no_epoch_are_shown_as_held_out():
    alone = model_of(eval_metric="log_loss").fit(SCALED[::2], SPECIES[::2])
    model = model_of(eval_metric="log_loss")
    model.fit(SCALED[::2], SPECIES[::2], eval_set=(SCALED[1::2], SPECIES[1::2]), keep_best=False)
    for weights, others in zip(model.coefs_, alone.coefs_, strict=True):
        np.testing.assert_array_equal(weights, others)
    assert model.loss_curve_ == alone.loss_curve_
    assert model.validation_scores_[-1] == pytest.approx(
        log_loss(SPECIES[1::2], model.predict_proba(SCALED[1::2])), rel=1e-12
    )
    (axis,) = learning_curves(model).axes
    assert axis.get_ylabel() == "log-loss"
    line = axis.lines[1]
    assert (line.get_label(), line.get_ydata().tolist()) == ("held-out log-loss", model.validation_scores_)
    with pytest.raises(ValueError, match="keep_best: early_stopping=True keeps the best epoch, got False"):
        model.set_params(early_stopping=True).fit(SCALED, SPECIES, keep_best=False)
    with pytest.raises(ValueError, match="eval_set: lbfgs has no epochs to judge"):
        model_of(solver="lbfgs").fit(SCALED, SPECIES, eval_set=(SCALED, SPECIES), keep_best=False)


def test_a_score_in_another_unit_has_a_panel_of_its_own():
    model = model_of(early_stopping=True).fit(SCALED, SPECIES)
    above, below = learning_curves(model).axes
    assert [axis.get_ylabel() for axis in (above, below)] == ["training objective", "validation accuracy"]
    assert above.get_position().y0 > below.get_position().y1
    assert above.get_xlim() == below.get_xlim()


def test_curves_of_partial_fits_are_shown_too():
    model = model_of()
    for _ in range(4):
        model.partial_fit(SCALED, SPECIES, classes=[0, 1, 2])
    assert len(learning_curves(model).axes[0].lines[0].get_xdata()) == 4


def test_a_fit_without_epochs_has_no_curves():
    for model in (model_of(solver="lbfgs").fit(SCALED, SPECIES), model_of()):
        with pytest.raises(ValueError, match="no epochs to show: fit the model with a solver other than lbfgs"):
            learning_curves(model)


def test_curves_without_matplotlib_name_the_extra(monkeypatch):
    model = model_of().fit(SCALED, SPECIES)
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(ImportError, match=r"pip install 'chainrule\[report\]'"):
        learning_curves(model)


def test_scores_by_class_are_drawn_like_the_others():
    options = {"Cs": [0.1, 1.0], "cv": 3, "l1_ratios": (0,)}
    drawn = [
        [np.asarray(line.get_ydata()).tolist() for line in scores_of_path(model).axes[0].lines]
        for legacy in (True, False)
        for model in [SoftmaxRegressionCV(use_legacy_attributes=legacy, **options).fit(X, SPECIES)]
    ]
    assert drawn[0] == drawn[1]
    assert len(drawn[0]) == 5
