"""scikit-learn's checks of an estimator, on several configurations, with no failure expected anywhere.

Some configurations cannot pass all checks, and are not here: "lbfgs" at the default alpha separates the checks' data so
well that log(predict_proba) is -inf where predict_log_proba is finite, which the checks take for a disagreement; with
dropout, or with a share of samples held out, a weight of 2 is not the same draw as a row given twice.
"""

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from chainrule import MLPClassifier

CONFIGURATIONS = [
    MLPClassifier(),
    MLPClassifier(solver="adamw", activation="softplus"),
    MLPClassifier(solver="sgd", learning_rate_init=0.05),
    MLPClassifier(solver="gd", learning_rate_init=0.3),
    MLPClassifier(solver="lbfgs", alpha=0.1, max_iter=50),
    MLPClassifier((), learning_rate_init=0.1),
    MLPClassifier((16, 8), ["tanh", "relu"], learning_rate="cosine", label_smoothing=0.1, max_grad_norm=1.0),
]


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@parametrize_with_checks(CONFIGURATIONS)
def test_the_classifier_conforms(estimator, check):
    check(estimator)
