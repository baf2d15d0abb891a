"""The classifier inside scikit-learn's searches, pipelines and routing, and the threads that it uses meanwhile."""

import os
import sys

import numpy as np
import pytest
import sklearn
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import load_iris
from sklearn.model_selection import GridSearchCV, StratifiedKFold, cross_val_predict, cross_val_score, cross_validate
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from tests.peer_versions import since
from threadpoolctl import threadpool_info

from chainrule import MLPClassifier, rules

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

X, SPECIES = load_iris(return_X_y=True)
NAMES = np.array(["setosa", "versicolor", "virginica"])[SPECIES]
WEIGHTS = np.random.default_rng(0).random(150) + 0.5
FOLDS = StratifiedKFold(3, shuffle=True, random_state=0)


def model_of(**parameters):
    parameters = {"hidden_layer_sizes": (6,), "activation": "tanh", "learning_rate_init": 0.1} | parameters
    return MLPClassifier(**{"random_state": 0, "max_iter": 15} | parameters)


def blas_threads():
    return sorted(pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas")


class Counter:
    """A callback that notes the threads; a class, so that it can be sent to other processes."""

    def __init__(self):
        self.seen = []

    def __call__(self, progress):
        self.seen.append(blas_threads())


class Counted(MLPClassifier):
    """Keeps what BLAS was allowed, as an attribute that comes back from other processes."""

    def fit(self, X, y, sample_weight=None):
        super().fit(X, y, sample_weight)
        # The fit's own limit has ended, so that the worker's is seen, under which a large network is trained.
        self.worker_, self.threads_ = os.getpid(), blas_threads()
        return self


def test_a_search_finds_the_same_on_one_and_on_two_processes():
    grid = {"mlp__hidden_layer_sizes": [(), (4,), (4, 3)], "mlp__solver": ["adam", "lbfgs"], "mlp__alpha": [1e-3, 1.0]}
    pipeline = sklearn.pipeline.Pipeline([("scale", StandardScaler()), ("mlp", model_of())])
    searches = [GridSearchCV(pipeline, grid, cv=FOLDS, n_jobs=jobs).fit(X, NAMES) for jobs in (1, 2)]
    one, two = (search.cv_results_["mean_test_score"] for search in searches)
    assert (one == two).all()
    assert len(set(one)) > 1
    assert searches[0].best_params_ == searches[1].best_params_
    assert searches[0].best_score_ > 0.9
    assert searches[0].predict(X[:2]).tolist() == ["setosa", "setosa"]


def test_scores_by_name_need_nothing_else():
    model = make_pipeline(StandardScaler(), model_of())
    for scoring in ("accuracy", "neg_log_loss", "roc_auc_ovr", "f1_macro"):
        assert np.isfinite(cross_val_score(model, X, NAMES, cv=FOLDS, scoring=scoring)).all()
    assert cross_val_score(model, X, NAMES, cv=FOLDS).min() > 0.8
    probs = cross_val_predict(model, X, NAMES, cv=FOLDS, method="predict_proba")
    # A sum of three rounded probabilities.
    np.testing.assert_allclose(probs.sum(axis=1), 1, rtol=1e-14)


@pytest.mark.parametrize("method", ["sigmoid", "isotonic"])
@pytest.mark.parametrize("y", [NAMES, NAMES == "virginica"], ids=["three", "two"])
def test_probabilities_can_be_calibrated(y, method):
    calibrated = CalibratedClassifierCV(make_pipeline(StandardScaler(), model_of()), method=method, cv=FOLDS).fit(X, y)
    assert calibrated.score(X, y) > 0.85
    # A sum of three rounded probabilities.
    np.testing.assert_allclose(calibrated.predict_proba(X).sum(axis=1), 1, rtol=1e-14)


@since("1.8", "leaves weights of scores to the last step of a pipeline")
def test_weights_are_routed_to_the_fits_of_a_search():
    light = np.where(SPECIES == 1, 1e-9, 1.0)
    with sklearn.config_context(enable_metadata_routing=True):
        model = model_of().set_fit_request(sample_weight=True).set_score_request(sample_weight=True)
        pipeline = make_pipeline(StandardScaler().set_fit_request(sample_weight=False), model)
        search = GridSearchCV(pipeline, {"mlpclassifier__alpha": [model.alpha]}, cv=FOLDS).fit(
            X, NAMES, sample_weight=light
        )
        assert "versicolor" not in search.predict(X)
        direct = pipeline.fit(X, NAMES, sample_weight=light)
        assert (direct.predict_proba(X) == search.predict_proba(X)).all()
        assert (direct[-1].coefs_[0] != clone(pipeline).fit(X, NAMES)[-1].coefs_[0]).any()
        with pytest.raises(sklearn.exceptions.UnsetMetadataPassedError):
            cross_validate(model_of(), X, NAMES, params={"sample_weight": light}, cv=FOLDS)


def test_held_out_samples_go_through_the_steps_of_a_pipeline():
    shifted = X * [1, 10, 100, 0.1] + 50
    options = {"eval_metric": "log_loss"}
    with sklearn.config_context(enable_metadata_routing=True):
        model = model_of(**options).set_fit_request(X_val=True, y_val=True)
        pipeline = Pipeline([("scaler", StandardScaler()), ("model", model)], transform_input=["X_val"])
        routed = pipeline.fit(shifted[::2], NAMES[::2], X_val=shifted[1::2], y_val=NAMES[1::2])[-1]
    scaler = StandardScaler().fit(shifted[::2])
    train, held = scaler.transform(shifted[::2]), scaler.transform(shifted[1::2])
    direct = model_of(**options).fit(train, NAMES[::2], eval_set=(held, NAMES[1::2]))
    assert routed.validation_scores_ == direct.validation_scores_
    unscaled = model_of(**options).fit(train, NAMES[::2], eval_set=(shifted[1::2], NAMES[1::2]))
    assert routed.validation_scores_ != unscaled.validation_scores_


def test_frames_go_through_a_pipeline_by_name():
    import pandas

    frame = pandas.DataFrame(X, columns=list("abcd"))
    pipeline = make_pipeline(StandardScaler(), model_of()).set_output(transform="pandas").fit(frame, NAMES)
    assert pipeline[-1].feature_names_in_.tolist() == list("abcd")
    assert (pipeline.predict(frame) == make_pipeline(StandardScaler(), model_of()).fit(X, NAMES).predict(X)).all()
    with pytest.raises(ValueError, match="feature names"):
        pipeline.predict(frame.rename(columns={"a": "z"}))


def test_a_clone_has_every_parameter_and_nothing_learned():
    given = {"hidden_layer_sizes": (3, 2), "activation": ["tanh", rules.softplus], "solver": "sgd", "alpha": 0.5}
    given |= {"class_weight": {0: 2.0}, "callbacks": [Counter()], "targets": "proba", "loss": "squared_error"}
    given |= {"eval_metric": "log_loss", "new_classes": "add", "dtype": "float32", "checkpoint": "a", "device": "cpu"}
    defaults = MLPClassifier().get_params()
    given |= {name: value + 1 for name, value in defaults.items() if type(value) in (int, float) and name not in given}
    given |= {name: not value for name, value in defaults.items() if type(value) is bool}
    model = MLPClassifier(**given)
    assert clone(model).get_params().keys() == defaults.keys()
    for name, value in clone(model).get_params().items():
        assert name not in given or name == "callbacks" or value == given[name], name
    assert not [name for name in vars(clone(model_of().fit(X, NAMES))) if name.endswith("_") and name != "power_t"]


@pytest.mark.parametrize("solver", ["adam", "gd"])
@pytest.mark.parametrize("ends", ["well", "raising", "interrupted"])
def test_a_small_network_is_trained_on_one_thread_and_the_number_is_put_back(ends, solver):
    counter, before = Counter(), blas_threads()
    ending = {"raising": ZeroDivisionError, "interrupted": KeyboardInterrupt}.get(ends)

    def end(progress):
        if ending is not None:
            raise ending

    model = model_of(solver=solver, callbacks=[counter, end])
    if ends == "raising":
        with pytest.raises(ZeroDivisionError):
            model.fit(X, NAMES)
    elif ends == "interrupted":
        with pytest.warns(UserWarning, match="interrupted"):
            model.fit(X, NAMES)
    else:
        model.fit(X, NAMES)
    assert counter.seen == [[1] * len(before)] * (15 if ends == "well" else 1)
    assert blas_threads() == before


def test_a_large_network_keeps_its_threads():
    counter, before = Counter(), blas_threads()
    model_of(hidden_layer_sizes=(600,), max_iter=1, batch_size=150, callbacks=[counter], alpha=0.1).fit(
        np.tile(X, (1, 60)), NAMES
    )
    # 2 * 150 * 240 * 600 = 4e7 operations, above the 2e7 below which one thread is as good.
    assert counter.seen == [before]


def test_processes_of_a_search_share_the_cores(monkeypatch):
    import cloudpickle

    for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):  # joblib leaves what a user has set
        monkeypatch.delenv(name, raising=False)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    model = Counted((4,), max_iter=5, random_state=0)
    # The other processes cannot import this module by name where pytest alone can.
    here = sys.modules[__name__]
    cloudpickle.register_pickle_by_value(here)
    try:
        found = cross_validate(model, X, SPECIES, cv=4, n_jobs=2, return_estimator=True)["estimator"]
    finally:
        cloudpickle.unregister_pickle_by_value(here)
    threads = {fitted.worker_: max(fitted.threads_) for fitted in found}
    assert os.getpid() not in threads
    assert sum(threads.values()) <= max(cores, len(threads))
