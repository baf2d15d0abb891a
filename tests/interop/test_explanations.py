"""Shapley values of our models sum to the difference of the logit from its mean over the background."""

import numpy as np
import pytest

from chainrule import MLPClassifier

shap = pytest.importorskip("shap", reason="needs SHAP: pip install -e '.[interop]'")


def test_values_of_a_linear_model_are_its_formula(tumours, softmax):
    X, y = tumours
    softmax.fit(X, y)
    explainer = shap.LinearExplainer(
        (softmax.coef_[0], softmax.intercept_[0]), shap.maskers.Independent(X, max_samples=len(X))
    )
    values, logits = explainer.shap_values(X), softmax.decision_function(X)
    np.testing.assert_allclose(values, softmax.coef_ * (X - X.mean(axis=0)), atol=1e-12)
    np.testing.assert_allclose(values.sum(axis=1), logits - logits.mean(), atol=1e-12)


@pytest.mark.filterwarnings("ignore:the log-loss .* is no lower:sklearn.exceptions.ConvergenceWarning")
def test_values_of_a_network_sum_to_the_difference_of_logits(wine):
    X, y = wine[0][:, :4], wine[1]
    model = MLPClassifier((6,), "softplus", learning_rate="cosine", max_iter=10, random_state=0).fit(X, y)
    background = X[::30]
    explainer = shap.KernelExplainer(model.decision_function, background)
    values = explainer.shap_values(X[:5], silent=True)
    assert values.shape == (5, 4, 3)
    differences = model.decision_function(X[:5]) - model.decision_function(background).mean(axis=0)
    np.testing.assert_allclose(values.sum(axis=1), differences, atol=1e-10)
