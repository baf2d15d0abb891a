"""Private names of other packages: none is imported, and those that are looked up are still there.

Where a name has gone, its test says what to look at. The attributes of OneHotEncoder that files may hold are in
`test_saveable.py`.
"""

import ast
from inspect import signature
from pathlib import Path

import pytest
from sklearn.base import BaseEstimator
from sklearn.dummy import DummyClassifier
from sklearn.metrics import accuracy_score, make_scorer
from sklearn.model_selection import GridSearchCV
from sklearn.preprocessing import OneHotEncoder

import chainrule
from chainrule.estimators import saveable
from chainrule.estimators.peer_callbacks import CallbackSupportMixin, Tasks, tasks_of

ROOT = Path(chainrule.__file__).parent
OURS = ("chainrule", "__future__")


def private_imports(source):
    """The names with an underscore that a file imports from packages that are not ours."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.partition(".")[0] not in OURS:
            names = [*node.module.split("."), *(alias.name for alias in node.names)]
        elif isinstance(node, ast.Import):
            names = [part for alias in node.names for part in alias.name.split(".") if alias.name not in OURS]
        else:
            continue
        yield from (name for name in names if name.startswith("_"))


def test_no_private_name_of_another_package_is_imported():
    found = {str(path.relative_to(ROOT)): list(private_imports(path.read_text("utf-8"))) for path in ROOT.rglob("*.py")}
    assert {path: names for path, names in found.items() if names} == {}


@pytest.mark.parametrize(
    "source", ["from sklearn.utils.validation import _check_sample_weight", "import scipy.optimize._lbfgsb_py"]
)
def test_the_search_finds_them(source):
    assert len(list(private_imports(source))) == 1


def test_scorers_still_say_which_function_they_call_and_with_which_arguments():
    scorer = make_scorer(accuracy_score, normalize=False)
    assert scorer._score_func is accuracy_score, "see softmax_scores._with_labels"
    assert scorer._kwargs == {"normalize": False}, "see softmax_scores._with_labels"
    scorer._kwargs = {}
    assert scorer(DummyClassifier().fit([[0], [0]], [1, 1]), [[0], [0]], [1, 1]) == 1.0


def test_a_search_still_has_the_parts_that_ours_uses():
    search = GridSearchCV(DummyClassifier(), {}, scoring=["accuracy"], refit="accuracy")
    assert list(signature(search._format_results).parameters)[:3] == ["candidate_params", "n_splits", "out"]
    assert list(signature(search._select_best_index).parameters) == ["refit", "refit_metric", "results"]
    assert list(signature(search._check_refit_for_multimetric).parameters) == ["scores"]
    scorers, metric = search._get_scorers()
    assert list(scorers._scorers) == ["accuracy"], "see MLPSearchCV.fit"
    assert metric == "accuracy"
    routed = search._get_routed_params_for_fit({"groups": [1], "sample_weight": [2]})
    assert routed.splitter.split["groups"] == [1]
    assert routed.estimator.fit["sample_weight"] == [2]
    assert set(routed.scorer.score) <= {"sample_weight"}


@pytest.mark.skipif(
    not hasattr(CallbackSupportMixin, "set_callbacks"), reason="scikit-learn before 1.9 has no callbacks"
)
def test_callbacks_still_have_the_parts_that_a_fit_tells_them_by():
    class Watched(CallbackSupportMixin, BaseEstimator):
        def fit(self):
            assert hasattr(self, "_init_callback_context"), "see peer_callbacks.Tasks"
            return self

    class Callback:
        """The least that scikit-learn takes for a callback."""

        def setup(self, *given, **named): ...

        def on_fit_task_begin(self, *given, **named): ...

        def on_fit_task_end(self, *given, **named): ...

        def teardown(self, *given, **named): ...

    samples = ([[0.0]], [0], None)
    assert not Tasks(Watched(), *samples, 1).watched
    model = Watched().set_callbacks(Callback())
    assert hasattr(model, saveable.CALLBACKS), "see peer_callbacks.Tasks and saveable.CALLBACKS"
    with tasks_of(model, *samples, 1) as tasks:
        assert tasks.watched
        assert hasattr(model.fit(), "_callback_fit_ctx")
    assert not hasattr(model, "_callback_fit_ctx"), "see peer_callbacks.tasks_of"


def test_one_hot_encoders_still_have_the_attributes_that_a_file_is_checked_by():
    encoder = OneHotEncoder(max_categories=2).fit([[0], [1], [2]])
    names = {
        "_n_features_outs",
        "_infrequent_enabled",
        "_default_to_infrequent_mappings",
        "_infrequent_indices",
        "_drop_idx_after_grouping",
    }
    assert names <= set(vars(encoder)), "see saveable.fault, which finds encoders that would write outside their memory"
