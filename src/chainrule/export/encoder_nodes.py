"""Encoders before a classifier as ONNX operators: `TableEncoder`, and the scalers of matrices.

Encoders compute in float64, as in Python, and the classifier gets their features in its own dtype.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import singledispatch
from typing import Any

import numpy as np
from sklearn.decomposition import TruncatedSVD
from sklearn.preprocessing import MaxAbsScaler, MinMaxScaler, Normalizer, RobustScaler, StandardScaler

from chainrule.arrays import Array
from chainrule.estimators.piecewise_linear import PiecewiseLinearEncoder
from chainrule.estimators.tables import LARGEST_NUMBER, SmoothScaler, TableEncoder
from chainrule.export.onnx_graph import ML, Graph, Tensor
from chainrule.export.row_operators import smoothly_clipped

LARGEST = float(np.finfo(np.float64).max)
SCALED_LIMIT = 1e150
"""Beyond it `SmoothScaler` takes scaled numbers as this number."""


@dataclass(frozen=True)
class InputColumn:
    """An input of the graph for one column of a table.

    Attributes
    ----------
    column : str
    name : str
        That of the column, unless an output has it.
    numeric : bool
        True for numbers, False for words.
    """

    column: str
    name: str
    numeric: bool


def input_columns(encoder: TableEncoder, taken: Sequence[str]) -> list[InputColumn]:
    """The inputs for the columns that an encoder uses; `taken` are names that they may not have.

    Raises
    ------
    ValueError
        For counted text; the message names the columns.
    """
    if encoder.text_:
        raise ValueError(
            f"the columns {', '.join(map(repr, encoder.text_))} are texts whose words are counted, for which ONNX has "
            "no operator: fit without them, or predict with chainrule"
        )
    used = set(encoder.used_)
    found = []
    for column in encoder.used_:
        name = column
        while not name or name in taken or (name != column and name in used):
            name = f"column_{name}"
        found.append(InputColumn(column, name, column in encoder.numeric_))
    return found


def table_features(graph: Graph, encoder: TableEncoder, numbers: Tensor | None, words: Sequence[Tensor]) -> Tensor:
    """The features of `TableEncoder.transform`, in float32.

    Parameters
    ----------
    graph : Graph
    encoder : TableEncoder
    numbers : Tensor or None
        The numeric columns side by side; NaN and infinity are missing. None if there is no such column.
    words : sequence of Tensor
        The columns of categories, as `columns.as_words` writes them.
    """
    parts = [] if numbers is None else [_numbers(graph, encoder, numbers)]
    parts += [_categories(graph, encoder, column, value) for column, value in enumerate(words)]
    return graph.beside([graph.cast(part, np.float32) for part in parts])


@singledispatch
def encoded(encoder: Any, graph: Graph, x: Tensor) -> Tensor:
    """The features that a fitted encoder of matrices makes of x, in float64.

    Raises
    ------
    ValueError
        For other encoders; the message says what to do with them.
    """
    name = type(encoder).__name__
    raise ValueError(
        f"a step of the pipeline is a {name}, which chainrule does not export: convert the steps before the classifier "
        "with skl2onnx, and join both graphs with onnx.compose.merge_models"
    )


@encoded.register
def _(encoder: SmoothScaler, graph: Graph, x: Tensor) -> Tensor:
    width = np.where(encoder.width_ > 0, encoder.width_, np.inf)
    with np.errstate(over="ignore"):
        centre = encoder.median_ / width
    scaled = graph.add("Sub", graph.add("Div", graph.cast(x, np.float64), width), centre)
    return smoothly_clipped(graph, graph.add("Clip", scaled, -SCALED_LIMIT, SCALED_LIMIT), 3.0)


@encoded.register
def _(encoder: PiecewiseLinearEncoder, graph: Graph, x: Tensor) -> Tensor:
    x = graph.cast(x, np.float64)
    above = graph.add("Sub", graph.columns(x, encoder.columns_), encoder.starts_)
    places = graph.add("Clip", graph.add("Div", above, encoder.ends_ - encoder.starts_), 0.0, 1.0)
    return graph.beside([x, graph.add("Sub", places, 0.5)])


@encoded.register(StandardScaler)
@encoded.register(RobustScaler)
@encoded.register(MaxAbsScaler)
def _(encoder: Any, graph: Graph, x: Tensor) -> Tensor:
    x = graph.cast(x, np.float64)
    shift = getattr(encoder, "mean_", getattr(encoder, "center_", None))
    if shift is not None and (getattr(encoder, "with_mean", True) and getattr(encoder, "with_centering", True)):
        x = graph.add("Sub", x, shift.astype(np.float64))
    return x if encoder.scale_ is None else graph.add("Div", x, encoder.scale_.astype(np.float64))


@encoded.register
def _(encoder: MinMaxScaler, graph: Graph, x: Tensor) -> Tensor:
    scaled = graph.add("Mul", graph.cast(x, np.float64), encoder.scale_.astype(np.float64))
    scaled = graph.add("Add", scaled, encoder.min_.astype(np.float64))
    return graph.add("Clip", scaled, *map(float, encoder.feature_range)) if encoder.clip else scaled


@encoded.register
def _(encoder: Normalizer, graph: Graph, x: Tensor) -> Tensor:
    x = graph.cast(x, np.float64)
    if encoder.norm == "max":
        norms = graph.add("ReduceMax", graph.add("Abs", x), axes=[1], keepdims=1)
    else:
        norms = graph.add({"l1": "ReduceL1", "l2": "ReduceL2"}[encoder.norm], x, axes=[1], keepdims=1)
    # scikit-learn leaves rows as they are whose norm is nearly 0.
    tiny = graph.add("Less", norms, 10 * float(np.finfo(np.float64).eps))
    return graph.add("Div", x, graph.add("Where", tiny, 1.0, norms))


@encoded.register
def _(encoder: TruncatedSVD, graph: Graph, x: Tensor) -> Tensor:
    return graph.add("MatMul", graph.cast(x, np.float64), encoder.components_.T.astype(np.float64))


# What follows is private.


def _numbers(graph: Graph, encoder: TableEncoder, x: Tensor) -> Tensor:
    """Scaled numbers, with the median for missing ones, and flags of the columns that had gaps in `fit`."""
    x = graph.cast(x, np.float64)
    gone = graph.add("Not", graph.add("LessOrEqual", graph.add("Abs", x), LARGEST))  # NaN compares as False
    medians = encoder.scaler_.median_[: len(encoder.numeric_)]
    filled = graph.add("Where", gone, medians, graph.add("Clip", x, -LARGEST_NUMBER, LARGEST_NUMBER))
    if len(encoder.flagged_):
        flags = graph.columns(graph.cast(gone, np.float64), encoder.flagged_)
        filled = graph.beside([filled, flags])
    return encoded(encoder.scaler_, graph, filled)


def _categories(graph: Graph, encoder: TableEncoder, column: int, x: Tensor) -> Tensor:
    """One column per category, rare ones in the last; an unknown one counts as rare, or is 0 everywhere."""
    places, width = places_of_categories(encoder, column)
    unknown = width - 1 if len(places) > len(set(places.values())) else -1
    numbers = graph.add(
        "LabelEncoder",
        x,
        domain=ML,
        keys_strings=list(places),
        values_int64s=list(places.values()),
        default_int64=unknown,
    )
    return graph.cast(graph.add("Equal", numbers, np.arange(width)), np.float32)


def places_of_categories(encoder: TableEncoder, column: int) -> tuple[dict[str, int], int]:
    """The column of features of each category of a column of words, and the number of these columns."""
    known: Array = encoder.encoder_.categories_[column]
    rare = encoder.encoder_.infrequent_categories_[column]
    rare = set() if rare is None else set(rare.tolist())
    frequent = [word for word in known.tolist() if word not in rare]
    places = {word: place for place, word in enumerate(frequent)} | dict.fromkeys(sorted(rare), len(frequent))
    return places, len(frequent) + bool(rare)
