"""scikit-learn's own tests of its LogisticRegression and LogisticRegressionCV, run on chainrule's two classes.

They are read from the installed package; only the two names are exchanged. Left out are tests that call scikit-learn's
private functions alone, and neither class. Those of other libraries' arrays need ``SCIPY_ARRAY_API=1`` when SciPy is
imported, so `test_array_dispatch.py` runs them in a process of its own. A case that cannot pass is in `CANNOT_PASS`
with the reason: it must fail, and every other case must pass.
"""

import ast
import importlib.util
import os
from pathlib import Path

import pytest
import sklearn

# What asks for another penalty than L2, for liblinear or for what another solver does beside finding the optimum.
BESIDE: dict[str, tuple[str, ...]] = {
    "asks for an L1 or elastic-net penalty": (
        "test_LogisticRegressionCV_GridSearchCV_elastic_net[2]",
        "test_LogisticRegressionCV_GridSearchCV_elastic_net[3]",
        "test_LogisticRegressionCV_elasticnet_attribute_shapes[2]",
        "test_LogisticRegressionCV_elasticnet_attribute_shapes[3]",
        "test_LogisticRegressionCV_no_refit[2-l1_ratios1]",
        "test_LogisticRegressionCV_no_refit[3-l1_ratios1]",
        "test_LogisticRegression_elastic_net_objective[0.1-0.001]",
        "test_LogisticRegression_elastic_net_objective[0.1-0.046415888336127795]",
        "test_LogisticRegression_elastic_net_objective[0.1-100.0]",
        "test_LogisticRegression_elastic_net_objective[0.1-2.1544346900318843]",
        "test_LogisticRegression_elastic_net_objective[0.5-0.001]",
        "test_LogisticRegression_elastic_net_objective[0.5-0.046415888336127795]",
        "test_LogisticRegression_elastic_net_objective[0.5-100.0]",
        "test_LogisticRegression_elastic_net_objective[0.5-2.1544346900318843]",
        "test_LogisticRegression_elastic_net_objective[0.9-0.001]",
        "test_LogisticRegression_elastic_net_objective[0.9-0.046415888336127795]",
        "test_LogisticRegression_elastic_net_objective[0.9-100.0]",
        "test_LogisticRegression_elastic_net_objective[0.9-2.1544346900318843]",
        "test_elastic_net_coeffs",
        "test_elastic_net_l1_l2_equivalence[l1-1-0.001]",
        "test_elastic_net_l1_l2_equivalence[l1-1-0.1]",
        "test_elastic_net_l1_l2_equivalence[l1-1-1000000.0]",
        "test_elastic_net_l1_l2_equivalence[l1-1-1000]",
        "test_elastic_net_l1_l2_equivalence[l1-1-100]",
        "test_elastic_net_l1_l2_equivalence[l1-1-10]",
        "test_elastic_net_l1_l2_equivalence[l1-1-1]",
        "test_elastic_net_versus_sgd[0.1-0.001]",
        "test_elastic_net_versus_sgd[0.1-0.046415888336127795]",
        "test_elastic_net_versus_sgd[0.1-100.0]",
        "test_elastic_net_versus_sgd[0.1-2.1544346900318843]",
        "test_elastic_net_versus_sgd[0.5-0.001]",
        "test_elastic_net_versus_sgd[0.5-0.046415888336127795]",
        "test_elastic_net_versus_sgd[0.5-100.0]",
        "test_elastic_net_versus_sgd[0.5-2.1544346900318843]",
        "test_elastic_net_versus_sgd[0.9-0.001]",
        "test_elastic_net_versus_sgd[0.9-0.046415888336127795]",
        "test_elastic_net_versus_sgd[0.9-100.0]",
        "test_elastic_net_versus_sgd[0.9-2.1544346900318843]",
        "test_elastic_net_vs_l1_l2[0.001]",
        "test_elastic_net_vs_l1_l2[1000000.0]",
        "test_elastic_net_vs_l1_l2[100]",
        "test_elastic_net_vs_l1_l2[1]",
        "test_l1_ratio_non_elasticnet",
        "test_logistic_regression_cv_refit[1]",
        "test_logreg_l1[csr_array]",
        "test_logreg_l1[csr_matrix]",
        "test_lr_penalty_l1ratio_incompatible[l1-0.0]",
        "test_scores_attribute_layout_elasticnet",
    ),
    "asks for liblinear with an intercept, or for its messages": (
        "test_consistency_path",
        "test_dtype_match[csr_array-True-liblinear]",
        "test_dtype_match[csr_matrix-True-liblinear]",
        "test_liblinear_dual_random_state",
        "test_liblinear_not_stuck",
        "test_liblinear_with_large_values",
        "test_logistic_cv_sparse[csr_array-liblinear]",
        "test_logistic_cv_sparse[csr_matrix-liblinear]",
        "test_logistic_regression_class_weights[<lambda>]",
        "test_logistic_regression_class_weights[csr_array]",
        "test_logistic_regression_class_weights[csr_matrix]",
        "test_logisticregression_liblinear_sample_weight[params0]",
        "test_logisticregression_liblinear_sample_weight[params1]",
        "test_logisticregression_liblinear_sample_weight[params2]",
        "test_n_iter[False-liblinear]",
        "test_n_iter[True-liblinear]",
        "test_saga_vs_liblinear[csr_array-1]",
        "test_saga_vs_liblinear[csr_matrix-1]",
        "test_sample_and_class_weight_equivalence_liblinear",
    ),
    "wants float64 coefficients of float32 samples, as liblinear gives": (
        "test_dtype_match[csr_array-False-liblinear]",
        "test_dtype_match[csr_matrix-False-liblinear]",
    ),
    "wants sparse matrices with 64-bit indices refused, as sag, saga and liblinear do there; here they are taken": (
        "test_large_sparse_matrix[csr_array-liblinear]",
        "test_large_sparse_matrix[csr_array-sag]",
        "test_large_sparse_matrix[csr_array-saga]",
        "test_large_sparse_matrix[csr_matrix-liblinear]",
        "test_large_sparse_matrix[csr_matrix-sag]",
        "test_large_sparse_matrix[csr_matrix-saga]",
    ),
    "wants liblinear's result to 1e-6 at its tol, from a warm start and a cold one": (
        "test_logistic_cv[False]",
        "test_logistic_cv[True]",
    ),
    "wants callbacks refused for liblinear; here every solver tells them": (
        "test_logistic_regression_callback_support_warning",
    ),
    "wants the message of a solver that is another one here": (
        "test_max_iter[liblinear-Liblinear failed to converge, increase the number of iterations.-max_iter0]",
        "test_max_iter[liblinear-Liblinear failed to converge, increase the number of iterations.-max_iter1]",
        "test_max_iter[liblinear-Liblinear failed to converge, increase the number of iterations.-max_iter2]",
        "test_max_iter[liblinear-Liblinear failed to converge, increase the number of iterations.-max_iter3]",
        "test_max_iter[newton-cholesky-Newton solver did not converge after [0-9]* iterations-max_iter0]",
        "test_max_iter[sag-The max_iter was reached which means the coef_ did not converge-max_iter0]",
        "test_max_iter[sag-The max_iter was reached which means the coef_ did not converge-max_iter1]",
        "test_max_iter[sag-The max_iter was reached which means the coef_ did not converge-max_iter2]",
        "test_max_iter[sag-The max_iter was reached which means the coef_ did not converge-max_iter3]",
        "test_max_iter[saga-The max_iter was reached which means the coef_ did not converge-max_iter0]",
        "test_max_iter[saga-The max_iter was reached which means the coef_ did not converge-max_iter1]",
        "test_max_iter[saga-The max_iter was reached which means the coef_ did not converge-max_iter2]",
        "test_max_iter[saga-The max_iter was reached which means the coef_ did not converge-max_iter3]",
    ),
    "wants newton-cholesky to fall back to lbfgs": ("test_newton_cholesky_fallback_to_lbfgs",),
    "wants a second step to depend on the point alone; here the residue that it leaves depends on the step before": (
        "test_warm_start_newton_solver[1-False-newton-cholesky]",
        "test_warm_start_newton_solver[1-True-newton-cholesky]",
        "test_warm_start_newton_solver[inf-False-newton-cholesky]",
        "test_warm_start_newton_solver[inf-True-newton-cholesky]",
    ),
    "wants fits to begin at probabilities of 1/2; here they begin at the classes' frequencies": (
        "test_zero_max_iter[liblinear]",
        "test_zero_max_iter[newton-cholesky]",
        "test_zero_max_iter[sag]",
        "test_zero_max_iter[saga]",
    ),
}

# What concerns an L2 penalty or none, and lbfgs, newton-cg or cross-validation.
OURS: dict[str, tuple[str, ...]] = {
    "wants the defaults warned of that scikit-learn 1.10 is to change; here they are those of 1.10": (
        "test_l1_ratio_None_deprecated",
        "test_logisticregressioncv_warns_with_use_legacy_attributes",
    ),
    "hands get_params() to scikit-learn's private _log_reg_scoring_path": (
        "test_logistic_cv_multinomial_score[accuracy-multiclass_agg_list0]",
        "test_logistic_cv_multinomial_score[f1-multiclass_agg_list2]",
        "test_logistic_cv_multinomial_score[neg_log_loss-multiclass_agg_list3]",
        "test_logistic_cv_multinomial_score[precision-multiclass_agg_list1]",
        "test_logistic_cv_multinomial_score[recall-multiclass_agg_list4]",
    ),
    "wants n_jobs to be deprecated; here it limits the threads": ("test_logisticregression_warns_with_n_jobs",),
    "calls the private method _predict_proba_lr": ("test_logreg_predict_proba_multinomial",),
    "wants the default of `scoring` warned of, which scikit-learn 1.11 is to change; here it stays": (
        "test_lr_scoring_warns",
    ),
    "wants a second step to depend on the point alone; here the residue that it leaves depends on the step before": (
        "test_warm_start_newton_solver[1-True-newton-cg]",
        "test_warm_start_newton_solver[inf-True-newton-cg]",
    ),
    "wants fits to begin at probabilities of 1/2; here they begin at the classes' frequencies": (
        "test_zero_max_iter[newton-cg]",
    ),
}

CANNOT_PASS = {case: reason for part in (BESIDE, OURS) for reason, cases in part.items() for case in cases}

_FOLDER = importlib.util.find_spec("sklearn.linear_model").submodule_search_locations[0]
_FILE = Path(_FOLDER, "tests", "test_logistic.py")
_AGREED = "1.9."
if not sklearn.__version__.startswith(_AGREED):
    pytest.skip(
        f"the failures are those of scikit-learn {_AGREED}x, not {sklearn.__version__}", allow_module_level=True
    )
if not _FILE.exists():
    pytest.skip("scikit-learn was installed without its tests", allow_module_level=True)

_TEXT = _FILE.read_text(encoding="utf-8")
_NAMES = {"LogisticRegression", "LogisticRegressionCV"}
_IMPORT = "from sklearn.linear_model import LogisticRegression, LogisticRegressionCV, SGDClassifier\n"
_OURS = (
    "from sklearn.linear_model import SGDClassifier\n"
    "from chainrule import SoftmaxRegression as LogisticRegression, SoftmaxRegressionCV as LogisticRegressionCV\n"
)
# A message begins with the name of the class.
_ADAPTED = _TEXT.replace(_IMPORT, _OURS).replace('"LogisticRegressionCV.score got', '"SoftmaxRegressionCV.score got')

_peer: dict[str, object] = {"__name__": "peers_own_logistic_tests"}
exec(compile(_ADAPTED, str(_FILE), "exec"), _peer)

_CONCERN_US = sorted(
    node.name
    for node in ast.parse(_ADAPTED).body
    if isinstance(node, ast.FunctionDef)
    and node.name.startswith("test_")
    and ("array_api" not in node.name or os.environ.get("SCIPY_ARRAY_API") == "1")
    and any(isinstance(inner, ast.Name) and inner.id in _NAMES for inner in ast.walk(node))
)
for _name in _CONCERN_US:
    _function = globals()[_name] = _peer[_name]
    _marks = [
        pytest.mark.parametrize(mark.args[0], list(mark.args[1]), **mark.kwargs).mark  # some are generators
        if mark.name == "parametrize"
        else mark
        for mark in getattr(_function, "pytestmark", [])
    ]
    # scikit-learn's suite runs without warnings as errors; this comes first, so that a test's own marks decide.
    _function.pytestmark = [pytest.mark.filterwarnings("default").mark, *_marks]


@pytest.fixture
def global_random_seed():
    return 42  # scikit-learn's default


@pytest.fixture(autouse=True)
def _listed(request):
    """A case in the list is expected to fail, and is a failure if it passes."""
    reason = CANNOT_PASS.get(request.node.name)
    if reason is not None:
        request.applymarker(pytest.mark.xfail(reason=reason, strict=True))


def test_the_peers_tests_are_found_and_run_on_these_classes():
    assert _IMPORT in _TEXT
    assert len(_CONCERN_US) >= 70
    for name in _NAMES:
        assert _peer[name].__module__.startswith("chainrule.")


def test_the_list_of_failures_is_short_and_names_cases_that_there_are(request):
    assert sum(map(len, OURS.values())) <= 20
    assert len(CANNOT_PASS) == sum(len(cases) for part in (BESIDE, OURS) for cases in part.values())
    assert {name.partition("[")[0] for name in CANNOT_PASS} <= set(_CONCERN_US)
    here = [item for item in request.session.items if item.path == request.node.path]
    names, functions = {item.name for item in here}, {item.originalname for item in here}
    stale = {name for name in CANNOT_PASS if name.partition("[")[0] in functions} - names
    assert not stale
