"""Classifiers whose gradients are formulas.

chainrule trains classifiers by closed-form gradients, near the speed of the machine's matrix products, and every
formula is proved in exact numbers, or checked in ball arithmetic. Names are loaded when they are first used.
"""

from importlib import import_module
from typing import Any

__version__ = "0.2.0"

_HOMES = {
    "Blocks": "chainrule.storage",
    "ConvClassifier": "chainrule.estimators",
    "MLPClassifier": "chainrule.estimators",
    "MLPSearchCV": "chainrule.estimators",
    "SoftmaxRegression": "chainrule.estimators",
    "SoftmaxRegressionCV": "chainrule.estimators",
    "TabularClassifier": "chainrule.estimators",
    "assert_gradient": "chainrule.checking",
    "assert_rule": "chainrule.checking",
    "check_derivation": "chainrule.documents",
    "check_gradient": "chainrule.checking",
    "check_rule": "chainrule.checking",
    "column_importances": "chainrule.estimators",
    "explain_prediction": "chainrule.estimators",
    "fit_many": "chainrule.estimators",
    "load": "chainrule.estimators",
    "onnx_inputs": "chainrule.export",
    "save": "chainrule.estimators",
    "save_onnx": "chainrule.export",
    "to_onnx": "chainrule.export",
    "Rule": "chainrule.rules",
    "Network": "chainrule.networks",
    "Plan": "chainrule.networks",
    "LinearCrossEntropy": "chainrule.heads",
    "linear_cross_entropy": "chainrule.heads",
    "mlp": "chainrule.networks",
    "network_of_layers": "chainrule.networks",
    "prove_identity": "chainrule.checking",
    "prove_rule": "chainrule.checking",
    "read_images": "chainrule.training",
    "summarise": "chainrule.networks",
    "trace": "chainrule.networks",
    "write_report": "chainrule.report",
}
_MODULES = (
    "algebra",
    "arrays",
    "checking",
    "documents",
    "estimators",
    "export",
    "heads",
    "jax",
    "networks",
    "rules",
    "solvers",
    "storage",
    "torch",
    "training",
)

__all__ = [*_HOMES, *_MODULES, "__version__"]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        value = getattr(import_module(_HOMES[name]), name)
    elif name in _MODULES:
        value = import_module(f"chainrule.{name}")
    else:
        raise AttributeError(f"module 'chainrule' has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
