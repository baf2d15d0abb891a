"""The classes that a model file may hold, and the conditions on their attributes.

A file names classes, and only classes in this list are imported and built. The names are public, so they stay when a
library moves its private modules. Modules are imported when a file names one of their classes.
"""

from importlib import import_module
from typing import Any, TypeVar

import numpy as np

from chainrule.networks import specs
from chainrule.networks.layer_words import LAYERS

_PUBLIC = {
    "chainrule.estimators": (
        "Checkpoint",
        "ConvClassifier",
        "MLPClassifier",
        "PiecewiseLinearEncoder",
        "SmoothScaler",
        "SoftmaxRegression",
        "SoftmaxRegressionCV",
        "TableEncoder",
        "TabularClassifier",
    ),
    "chainrule.estimators.fold_networks": ("NetworkGroup", "Settings"),
    "chainrule.networks": tuple(specs.__all__),
    "chainrule.solvers.convex": ("Certificate",),
    "chainrule.training": ("Augmentation",),
    "sklearn.decomposition": ("TruncatedSVD",),
    "sklearn.compose": ("ColumnTransformer", "make_column_selector"),
    "sklearn.impute": ("MissingIndicator", "SimpleImputer"),
    "sklearn.pipeline": ("Pipeline",),
    "sklearn.preprocessing": (
        "FunctionTransformer",  # without a function: ColumnTransformer makes one from "passthrough"
        "LabelBinarizer",
        "LabelEncoder",
        "MaxAbsScaler",
        "MinMaxScaler",
        "Normalizer",
        "OneHotEncoder",
        "OrdinalEncoder",
        "RobustScaler",
        "StandardScaler",
    ),
}
_MODULES = {f"{module}.{name}": module for module, names in _PUBLIC.items() for name in names}
_registered: dict[str, type] = {}

FOR_FITTING_ONLY = {
    "chainrule.estimators.ConvClassifier": ("callbacks",),
    "chainrule.estimators.MLPClassifier": ("callbacks",),
    "chainrule.estimators.SoftmaxRegression": ("callbacks",),
    "chainrule.estimators.SoftmaxRegressionCV": ("callbacks",),
    "sklearn.pipeline.Pipeline": ("memory",),
}
"""Parameters that do not belong to a model: they are saved as None, and other values are refused. `memory`, for
example, names a directory whose files joblib unpickles."""

CALLBACKS = "_skl_callbacks"
"""The attribute in which scikit-learn's ``set_callbacks`` stores callbacks; it is not saved either."""

_ALWAYS_NONE = FOR_FITTING_ONLY | {"sklearn.preprocessing.FunctionTransformer": ("func", "inverse_func")}

Class = TypeVar("Class", bound=type)


def register_saveable(cls: Class) -> Class:
    """Allow instances of your own class in model files; usable as a decorator.

    Files identify the class by its module and name; register it before loading, too. An instance is rebuilt without
    ``__init__``, from ``__getstate__`` and ``__setstate__`` if it has them and otherwise from its ``__dict__``. Its
    state may hold numbers, strings, arrays, containers of these, and other saveable objects.

    Examples
    --------
    >>> from sklearn.base import BaseEstimator
    >>> from tempfile import TemporaryDirectory
    >>> from chainrule.estimators import load, register_saveable, save
    >>> @register_saveable
    ... class Centred(BaseEstimator):
    ...     def fit(self, X, y=None):
    ...         self.mean_ = X.mean(axis=0)
    ...         return self
    >>> with TemporaryDirectory() as folder:
    ...     load(save(Centred().fit(np.array([[1.0], [3.0]])), f"{folder}/centred.chainrule")).mean_
    array([2.])
    """
    if not isinstance(cls, type):
        raise TypeError(f"register_saveable: expected a class, got {cls!r}")
    if name_of(cls) is None:
        _registered[_qualified(cls)] = cls
    return cls


def name_of(cls: type) -> str | None:
    """The name of the class in files, or None if files may not hold instances of exactly this class."""
    packages = [module for module in _PUBLIC if f"{cls.__module__}.".startswith(f"{module}.")]
    candidates = [*(f"{package}.{cls.__name__}" for package in packages), _qualified(cls)]
    return next((name for name in candidates if class_of(name) is cls), None)


def class_of(name: str) -> type | None:
    """The class with this name in files, or None if files may not name it.

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
        # Layers that users have registered have words, and so they can also be saved.
        return next((spec for spec, _ in LAYERS.values() if _qualified(spec) == name), None)
    found: type = getattr(import_module(_MODULES[name]), name.rpartition(".")[2])
    return found


def fault(name: str, state: dict[str, Any]) -> str | None:
    """The reason why files may not hold an instance of the class with these attributes, or None."""
    for attribute in _ALWAYS_NONE.get(name, ()):
        if state.get(attribute) is not None:
            return f"{name}.{attribute} must be None in a model file"
    if name == "sklearn.preprocessing.OneHotEncoder" and not _one_hot_is_consistent(state):
        return f"the attributes of {name} contradict one another"
    return None


def _one_hot_is_consistent(state: dict[str, Any]) -> bool:
    """True if every column number that `transform` computes lies within its output.

    SciPy does not check the column numbers of sparse entries: numbers that do not fit the shape write outside the
    array's memory. The encoder computes numbers and shape from separate attributes, which a file could make differ.
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
    """True if bisection, by which numbers are looked up, stays within the array: it is sorted, with NaN last."""
    if known.dtype.kind not in "iufc":
        return True
    numbers = known[~np.isnan(known)]
    return bool(np.isnan(known[len(numbers) :]).all() and (numbers[:-1] <= numbers[1:]).all())


def _qualified(cls: type) -> str:
    return f"{cls.__module__}.{cls.__qualname__}"
