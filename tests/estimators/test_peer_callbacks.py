"""The callbacks of scikit-learn 1.9: the tasks that they are told of, their answers, and their end."""

import importlib.util
import warnings

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.exceptions import ConvergenceWarning

import chainrule
from chainrule import SoftmaxRegression, SoftmaxRegressionCV

X, SPECIES = load_iris(return_X_y=True)


class Recorder:
    """A callback of scikit-learn that keeps what it is told."""

    def __init__(self, last=None):
        self.told, self.last = [], last

    def setup(self, estimator, context):
        self.told.append(("setup", context.task_name))

    def teardown(self, estimator, context):
        self.told.append(("teardown", context.task_name))

    def on_fit_task_begin(self, estimator, context):
        self.told.append(("begin", context.task_name))

    def on_fit_task_end(self, estimator, context, *, fitted_estimator=None):
        self.told.append(("end", context.task_name, fitted_estimator))
        return context.task_name != "fit" and context.task_id == self.last


@pytest.fixture
def recorder():
    if importlib.util.find_spec("sklearn.callback") is None:
        pytest.skip("scikit-learn has callbacks since 1.9: pip install 'scikit-learn>=1.9'")
    return Recorder()


def test_callbacks_see_every_step_and_can_end_the_fit(recorder, tmp_path):
    model = SoftmaxRegression(solver="newton-cg", certify=False).set_callbacks(recorder)  # it moves the intercepts
    model.fit(X, SPECIES)
    steps = [event for event in recorder.told if event[:2] == ("end", "step-iter")]
    assert len(steps) == model.n_iter_[0] + 1
    assert steps[-1][2] is None
    np.testing.assert_array_equal(steps[-2][2].predict_proba(X), model.predict_proba(X))
    assert recorder.told[0] == ("setup", "fit")
    assert recorder.told[-1] == ("teardown", "fit")
    assert recorder.told[-2][2].score(X, SPECIES) == model.score(X, SPECIES)
    recorder.last = 1
    assert model.fit(X, SPECIES).n_iter_.tolist() == [2]
    assert clone(model)._skl_callbacks == [recorder]
    assert not hasattr(chainrule.load(model.save(tmp_path / "a.model")), "_skl_callbacks")
    assert not hasattr(model.set_callbacks(), "_skl_callbacks")


def test_callbacks_see_the_folds(recorder):
    SoftmaxRegressionCV(Cs=2, cv=3).set_callbacks(recorder).fit(X, SPECIES)
    assert [event[1] for event in recorder.told if event[0] == "end"] == ["fold"] * 3 + ["refit", "fit"]
    assert recorder.told[-1] == ("teardown", "fit")


def test_callbacks_are_torn_down_where_a_fit_raises(recorder):
    def fail(step):
        raise RuntimeError("enough")

    with pytest.raises(RuntimeError, match="enough"):
        SoftmaxRegression(callbacks=[fail]).set_callbacks(recorder).fit(X, SPECIES)
    assert recorder.told[-1] == ("teardown", "fit")
    with pytest.raises(TypeError, match="FitCallback"):
        SoftmaxRegression().set_callbacks("none")


def test_warnings_of_a_watched_fit_name_the_line_of_the_caller(recorder):
    model = SoftmaxRegression(max_iter=2, tol=1e-16).set_callbacks(recorder)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", ConvergenceWarning)
        model.fit(X, SPECIES)
    assert [warning.filename for warning in caught] == [__file__]


def test_a_fit_without_steps_has_one_task_for_a_step(recorder):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        SoftmaxRegression(max_iter=0).set_callbacks(recorder).fit(X, SPECIES)
    assert [event[1] for event in recorder.told if event[0] == "end"] == ["step-iter", "step-iter", "fit"]
