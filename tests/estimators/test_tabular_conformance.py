"""scikit-learn's checks of an estimator, with the failures that are expected and why."""

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from chainrule import TabularClassifier

EXPECTED = {
    "check_sample_weight_equivalence_on_dense_data": "folds and batches take rows, and a row given twice is two rows",
    "check_methods_sample_order_invariance": "the check asks for 1e-7 of numbers that are computed in float32",
    "check_dataframe_column_names_consistency": "columns of a frame may come in any order, and with others",
}


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@parametrize_with_checks(
    [TabularClassifier(max_iter=20, learning_rate_init=0.03)], expected_failed_checks=lambda estimator: EXPECTED
)
def test_the_classifier_conforms(estimator, check):
    check(estimator)
