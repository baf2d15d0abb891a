"""The classes that a model file may hold, and what must be true of their attributes.

A file names classes, and only a name on this list is ever imported or built. The list gives public names, which stay
when a library moves its private modules. scikit-learn is imported when a name of its own is met, and not before.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any, TypeVar

import numpy as np

from chainrule.networks import specs
from chainrule.networks.words import registered_layers

_PUBLIC = {
    "chainrule.estimators": (
        "Checkpoint",
        "ConvClassifier",
        "MLPClassifier",
        "SmoothScaler",
        "SoftmaxRegression",
        "SoftmaxRegressionCV",
        "TableEncoder",
    ),
    "chainrule.networks": tuple(specs.__all__),
    "chainrule.training": ("Augmentation",),
    "sklearn.compose": ("ColumnTransformer", "make_column_selector"),
    "sklearn.impute": ("MissingIndicator", "SimpleImputer"),
    "sklearn.pipeline": ("Pipeline",),
    "sklearn.preprocessing": (
        "FunctionTransformer",  # without a function: it is what ColumnTransformer makes of "passthrough"
        "LabelBinarizer",
        "LabelEncoder",
        "MinMaxScaler",
        "OneHotEncoder",
        "OrdinalEncoder",
        "RobustScaler",
        "StandardScaler",
    ),
}
_MODULES = {f"{module}.{name}": module for module, names in _PUBLIC.items() for name in names}
_registered: dict[str, type] = {}

FOR_FITTING_ONLY = {
    "chainrule.estimators.ConvClassifier": "callbacks",
    "chainrule.estimators.MLPClassifier": "callbacks",
    "chainrule.estimators.SoftmaxRegression": "callbacks",
    "chainrule.estimators.SoftmaxRegressionCV": "callbacks",
    "sklearn.pipeline.Pipeline": "memory",
}
"""Parameters that are no part of a model: saved as None, and None in every file. A joblib cache, in particular,
unpickles what it finds in the directory that `memory` names."""

CALLBACKS = "_skl_callbacks"
"""Where estimators keep what scikit-learn's ``set_callbacks`` was given; it is no part of a model either."""

_ALWAYS_NONE = {
    **{name: (attribute,) for name, attribute in FOR_FITTING_ONLY.items()},
    "sklearn.preprocessing.FunctionTransformer": ("func", "inverse_func"),
}

Class = TypeVar("Class", bound=type)


def register_saveable(cls: Class) -> Class:
    """Allow estimators of a class of your own in model files; usable as a decorator.

    The class is known by its module and name, and must be registered where files are loaded, too. An instance is built
    without calling ``__init__``: its ``__getstate__`` and ``__setstate__`` are used, or else its ``__dict__``, which
    may hold numbers, strings, arrays, containers of these, and other saveable objects.

    Examples
    --------
    >>> from sklearn.base import BaseEstimator
    >>> @register_saveable
    ... class Centred(BaseEstimator):
    ...     def fit(self, X, y=None):
    ...         self.mean_ = X.mean(axis=0)
    ...         return self
    >>> name_of(Centred).endswith("Centred")
    True
    """
    if not isinstance(cls, type):
        raise TypeError(f"register_saveable: expected a class, got {cls!r}")
    if name_of(cls) is None:
        _registered[_qualified(cls)] = cls
    return cls


def name_of(cls: type) -> str | None:
    """The name under which files hold instances of the class itself, or None where they may not."""
    if _registered.get(_qualified(cls)) is cls:
        return _qualified(cls)
    for name, module in _MODULES.items():
        listed = name == f"{module}.{cls.__name__}" and f"{cls.__module__}.".startswith(f"{module}.")
        if listed and class_of(name) is cls:
            return name
    return next((name for name, spec in _own_layers().items() if spec is cls), None)


def class_of(name: str) -> type | None:
    """The class of that name, or None where files may not name it.

    Examples
    --------
    >>> class_of("sklearn.preprocessing.StandardScaler")
    <class 'sklearn.preprocessing._data.StandardScaler'>
    >>> class_of("os.system") is None
    True
    """
    if name in _registered:
        return _registered[name]
    if name not in _MODULES:
        return _own_layers().get(name)
    found = getattr(import_module(_MODULES[name]), name.rpartition(".")[2])
    assert isinstance(found, type)
    return found


def fault(name: str, state: dict[str, Any]) -> str | None:
    """What forbids an instance of the named class with these attributes, or None where nothing does."""
    for attribute in _ALWAYS_NONE.get(name, ()):
        if state.get(attribute) is not None:
            return f"{name}.{attribute} must be None in a model file"
    if name == "sklearn.preprocessing.OneHotEncoder" and not _one_hot_is_consistent(state):
        return f"the attributes of {name} contradict one another"
    return None


def _one_hot_is_consistent(state: dict[str, Any]) -> bool:
    """Whether every column number that `transform` computes lies within its output.

    SciPy writes sparse entries to where their column numbers say, unchecked: numbers that do not fit the shape write
    outside the array's memory. The encoder computes both from separate attributes, so a file could make them differ.
    """
    if "_n_features_outs" not in state:
        return True
    categories = state["categories_"]
    absent = [None] * len(categories)
    grouped = bool(state["_infrequent_enabled"])
    dropped = state["_drop_idx_after_grouping"]
    of_columns = (
        categories,
        list(state["_n_features_outs"]),
        state["_default_to_infrequent_mappings"] if grouped else absent,
        state["_infrequent_indices"] if grouped else absent,
        absent if dropped is None else dropped,
    )
    return len(set(map(len, of_columns))) == 1 and all(map(_one_hot_column_is_consistent, *of_columns))


def _one_hot_column_is_consistent(known: Any, width: Any, mapping: Any, rare: Any, drop: Any) -> bool:
    if type(known) is not np.ndarray or known.ndim != 1 or not _is_sorted(known) or (mapping is None) != (rare is None):
        return False
    columns = len(known)
    if mapping is not None:
        numbers = type(mapping) is np.ndarray and mapping.shape == known.shape and mapping.dtype.kind == "i"
        if not numbers or mapping.min() < 0:
            return False
        columns = int(mapping.max()) + 1
    if drop is not None and not (isinstance(drop, int | np.integer) and 0 <= drop < columns):
        return False
    return isinstance(width, int | np.integer) and bool(width == columns - (drop is not None))


def _is_sorted(known: np.ndarray[Any, Any]) -> bool:
    """Numbers are looked up by bisection, which finds no place outside the array if it is sorted, with NaN last."""
    if known.dtype.kind not in "iufc":
        return True
    numbers = known[~np.isnan(known)]
    return bool(np.isnan(known[len(numbers) :]).all() and (numbers[:-1] <= numbers[1:]).all())


def _own_layers() -> dict[str, type]:
    """The classes of layers that users have registered: whoever may name a layer in words may also save it."""
    return {_qualified(spec): spec for spec, _ in registered_layers().values()}


def _qualified(cls: type) -> str:
    return f"{cls.__module__}.{cls.__qualname__}"
