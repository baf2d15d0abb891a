"""The error about a method that an estimator lacks says why."""

import pickle

import pytest

from chainrule import ConvClassifier, MLPClassifier, SoftmaxRegression, SoftmaxRegressionCV


@pytest.mark.parametrize(
    ("model", "reason"),
    [
        (SoftmaxRegression(class_weight="balanced"), "class_weight='balanced' needs all samples at once"),
        (SoftmaxRegression(standardize=True), "standardize needs all samples at once"),
        (SoftmaxRegressionCV(), "cross-validation needs all samples at once"),
        (MLPClassifier(solver="lbfgs"), "lbfgs does not"),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_the_error_names_class_method_and_reason(model, reason):
    assert not hasattr(model, "partial_fit")
    with pytest.raises(AttributeError, match=f"{type(model).__name__} has no partial_fit.*{reason}"):
        _ = model.partial_fit


def test_a_class_has_the_methods_that_some_of_its_instances_have():
    assert all(hasattr(cls, "partial_fit") for cls in (SoftmaxRegression, MLPClassifier, ConvClassifier))
    assert not hasattr(SoftmaxRegressionCV, "partial_fit")
    assert SoftmaxRegression.partial_fit.__doc__.startswith("Learn from one more batch")
    assert hasattr(pickle.loads(pickle.dumps(SoftmaxRegression())), "partial_fit")
