"""Fitted models as ONNX models, files of these, and the arrays that they take.

X, or one input per column of a table  ->  label, probabilities
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from chainrule import __version__
from chainrule.arrays import Array, is_sparse
from chainrule.estimators.array_dispatch import with_numpy
from chainrule.estimators.class_encoding import MULTILABEL
from chainrule.estimators.classifier import Classifier
from chainrule.estimators.columns import as_floats, as_words
from chainrule.estimators.conv import ConvClassifier
from chainrule.estimators.frames import as_columns, lacking
from chainrule.estimators.tables import TableEncoder
from chainrule.export.classifier_nodes import dtype_of, logits, results
from chainrule.export.encoder_nodes import InputColumn, encoded, input_columns, table_features
from chainrule.export.onnx_graph import Graph, Tensor

MATRIX, LABEL, PROBABILITIES = "X", "label", "probabilities"
"""The names of the input of models of matrices, and of the outputs."""
Dtype: TypeAlias = Literal["auto", "float32", "float64"]


def to_onnx(model: Any, *, dtype: Dtype = "auto") -> Any:
    """A fitted classifier, with the encoder of its features, as an ONNX model of opset 13.

    Models of tables, such as a `TabularClassifier` of a data frame, have one input of shape (rows, 1) per column:
    numbers (NaN if missing), dates as days since 1970, or words. All other models have the input ``X`` of shape
    (rows, features), where images are rows of pixels. `onnx_inputs` makes these arrays. The output ``label``, of shape
    (rows,), holds the most probable classes, and ``probabilities`` a column for each class. For multilabel models,
    ``label`` is a 0/1 matrix.

    Parameters
    ----------
    model : classifier of chainrule, or Pipeline
        The steps of a pipeline may be `TableEncoder`, `SmoothScaler`, `PiecewiseLinearEncoder`, and scikit-learn's
        StandardScaler, RobustScaler, MinMaxScaler, MaxAbsScaler, Normalizer and TruncatedSVD.
    dtype : {"auto", "float32", "float64"}, default="auto"
        The dtype of the inputs and of the classifier's arithmetic. "auto" is float64 for inputs that are scaled or
        encoded, since these steps always use float64; otherwise it is the dtype of the weights.

    Returns
    -------
    onnx.ModelProto
        Its metadata has the entries chainrule (the version), estimator, classes (a JSON list), and, if X has columns
        with names, features (a JSON list of them) or columns (a JSON object from inputs to the table's columns); of
        images, image (a JSON object: their shape, the order of channels and pixels, and the range of values).

    Raises
    ------
    ImportError
        If onnx, the extra 'onnx', is not installed.
    ValueError
        For text columns, and for layers and steps that have no ONNX operators. The message names them.
    TypeError
        For any other kind of model.

    Examples
    --------
    >>> from chainrule import SoftmaxRegression, to_onnx
    >>> model = SoftmaxRegression().fit([[0.0], [1.0], [2.0]], ["a", "b", "b"])
    >>> exported = to_onnx(model)
    >>> [value.name for value in (*exported.graph.input, *exported.graph.output)]
    ['X', 'label', 'probabilities']
    """
    parts, graph = _parts_of(model, dtype), Graph()
    classifier = parts.classifier
    x = _features(graph, parts)
    for encoder in parts.encoders:
        x = encoded(encoder, graph, x)
    if parts.own is not None:
        x = table_features(graph, parts.own, graph.columns(x, parts.places), [])
    x = graph.cast(x, parts.arithmetic)
    label, probabilities = results(graph, classifier._encoding, logits(classifier, graph, x))
    count = len(classifier.classes_)
    graph.output(LABEL, label, ["rows", count] if classifier._kind == MULTILABEL else ["rows"])
    graph.output(PROBABILITIES, probabilities, ["rows", count])
    return graph.model(_notes(parts), __version__)


def onnx_inputs(model: Any, X: Any, *, dtype: Dtype = "auto") -> dict[str, Array]:
    """The inputs that ``session.run(None, inputs)`` takes, from some samples, for a model made by `to_onnx`.

    Parameters
    ----------
    model, dtype
        As in `to_onnx`.
    X : table, matrix or images, as in `predict`

    Examples
    --------
    >>> from chainrule import TabularClassifier, onnx_inputs
    >>> table = {"size": np.array([1.0, 2.0] * 10), "kind": np.array(["a", None] * 10, dtype=object)}
    >>> model = TabularClassifier(random_state=0, max_iter=1).fit(table, [0, 1, 1, 0, 1] * 4)
    >>> onnx_inputs(model, {"kind": np.array([None], dtype=object), "size": [3]})
    {'size': array([[3.]]), 'kind': array([['(missing)']], dtype=object)}
    """
    parts = _parts_of(model, dtype)
    if not parts.columns:
        X = X.toarray() if is_sparse(X) else np.asarray(X)
        return {MATRIX: X.reshape(len(X), parts.width).astype(parts.dtype)}
    columns: Mapping[str, Array] = as_columns(X, getattr(parts.classifier, "columns_", None))
    if reason := lacking((one.column for one in parts.columns), columns):
        raise ValueError(f"the table {reason}")
    found = {}
    for one in parts.columns:
        values = columns[one.column]
        if one.numeric and parts.table is not None:
            cells = as_floats(parts.table.read(one.column, values).values).astype(parts.dtype)
        else:
            cells = as_words(values).astype(object)
        found[one.name] = cells[:, None]
    return found


# What follows is private.


@dataclass(frozen=True)
class _Parts:
    """A model, taken apart."""

    classifier: Any
    columns: list[InputColumn]
    """The inputs, if there is one per column of a table."""
    table: TableEncoder | None
    """The encoder of these columns."""
    encoders: list[Any]
    """The scalers of the features, in their order."""
    own: TableEncoder | None
    """The encoder of a `TabularClassifier` for a matrix."""
    places: list[int]
    """The columns of that matrix that it uses."""
    width: int
    """The columns of the input X."""
    dtype: np.dtype[Any]
    """The dtype of the inputs."""
    arithmetic: np.dtype[Any]
    """The dtype of the classifier's products."""


def _parts_of(model: Any, dtype: str) -> _Parts:
    if dtype not in ("auto", "float32", "float64"):
        raise ValueError(f"dtype: expected 'auto', 'float32' or 'float64', got {dtype!r}")
    model = getattr(model, "best_estimator_", model)
    steps = [step for _, step in model.steps] if isinstance(model, Pipeline) else [model]
    *encoders, classifier = [step for step in steps if step is not None and step != "passthrough"]
    if not isinstance(classifier, Classifier):
        kind = type(classifier).__name__
        raise TypeError(f"expected a fitted classifier of chainrule, or a Pipeline that ends in one, got {kind}")
    check_is_fitted(classifier, "classes_")
    classifier = with_numpy(classifier)
    own, table, places, width = getattr(classifier, "encoder_", None), None, [], classifier.n_features_in_
    if encoders and isinstance(encoders[0], TableEncoder):
        table, *encoders = encoders
    elif (
        own is not None and not encoders and (own.categorical_ or own.text_ or hasattr(classifier, "feature_names_in_"))
    ):
        table, own = own, None
    if own is not None:
        words = [*own.categorical_, *own.text_]
        if words:
            raise ValueError(
                f"TabularClassifier reads the columns {', '.join(map(repr, words))}, made by earlier steps, as words: "
                "leave these steps out, or fit it with encode=False"
            )
        places = [classifier.columns_.index(name) for name in own.numeric_]
    columns = [] if table is None else input_columns(table, (LABEL, PROBABILITIES))
    arithmetic = dtype_of(classifier) if dtype == "auto" else np.dtype(dtype)
    encodes = bool(encoders) or table is not None or own is not None
    width = encoders[0].n_features_in_ if encoders else width
    outer = np.dtype(np.float64) if dtype == "auto" and encodes else arithmetic
    return _Parts(classifier, columns, table, encoders, own, places, width, outer, arithmetic)


def _features(graph: Graph, parts: _Parts) -> Tensor:
    """The input X, or the features of the inputs for columns."""
    if parts.table is None:
        return graph.input(MATRIX, parts.dtype, parts.width)
    inputs = [graph.input(one.name, parts.dtype if one.numeric else object, 1) for one in parts.columns]
    numbers, words = inputs[: len(parts.table.numeric_)], inputs[len(parts.table.numeric_) :]
    return table_features(graph, parts.table, graph.beside(numbers) if numbers else None, words)


def _notes(parts: _Parts) -> dict[str, str]:
    """The metadata of a model."""
    notes = {
        "chainrule": __version__,
        "estimator": type(parts.classifier).__name__,
        "classes": json.dumps(parts.classifier.classes_.tolist(), default=str),
    }
    if isinstance(parts.classifier, ConvClassifier):
        channels = parts.classifier.image_shape_[0]
        order = {1: "gray", 3: "red, green, blue"}.get(channels, f"{channels} channels, as in training")
        notes["image"] = json.dumps(
            {
                "shape": parts.classifier.image_shape_,
                "layout": "a row holds the pixels of all channels one after the other: channels, height, width",
                "channels": order,
                "values": "as in training, not scaled; pictures that chainrule reads have values from 0 to 255",
            }
        )
    if parts.columns:
        return notes | {"columns": json.dumps({one.name: one.column for one in parts.columns})}
    names = getattr([*parts.encoders, parts.classifier][0], "feature_names_in_", None)
    return notes if names is None else notes | {"features": json.dumps(list(map(str, names)))}
