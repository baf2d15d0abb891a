"""Encoders as ONNX operators: features equal those of Python, for hostile cells too."""

import numpy as np
import pytest
from sklearn.decomposition import TruncatedSVD
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    MaxAbsScaler,
    MinMaxScaler,
    Normalizer,
    QuantileTransformer,
    RobustScaler,
    StandardScaler,
)

from chainrule import MLPClassifier, SoftmaxRegression, to_onnx
from chainrule.estimators import PiecewiseLinearEncoder, SmoothScaler, TableEncoder
from chainrule.estimators.columns import as_floats, as_words
from chainrule.export.encoder_nodes import encoded, input_columns, places_of_categories, table_features
from chainrule.export.onnx_graph import Graph

N = 400


@pytest.fixture(scope="module")
def table():
    rng = np.random.default_rng(0)
    gaps = np.where(rng.random(N) < 0.1, np.nan, rng.normal(40, 12, N))
    many = np.array([f"k{number}" for number in np.minimum(rng.geometric(0.05, N), 89)], dtype=object)
    few = np.array(rng.choice(["x", "y", None], N), dtype=object)
    days = np.datetime64("2020-01-01", "ms") + rng.integers(0, 10**10, N)
    return {"gaps": gaps, "size": rng.lognormal(9, 1, N), "same": np.ones(N), "many": many, "few": few, "day": days}


HOSTILE = {
    "gaps": np.array([1e300, -1e300, np.inf, -np.inf, np.nan, 1.7e308, 5e-324]),
    "size": np.array([0.0, -1.7e308, np.nan, 1e18, 2.0, np.inf, 3.0]),
    "same": np.array([1.0, 1e300, np.nan, 0.0, 1.0, 1.0, -5.0]),
    "many": np.array(["new", None, "k1", "k89", "", "(missing)", "K1"], dtype=object),
    "few": np.array(["z", None, "x", "y", "", "X", "x "], dtype=object),
    "day": np.array(["NaT", "1600-01-01", "2300-01-01", "2020-02-02", "NaT", "1970-01-01", "2021-03-04"], "M8[ms]"),
}


def features(session, encoder, table):
    graph, found = Graph(), {}
    columns = input_columns(encoder, ())
    inputs = [graph.input(one.name, np.float64 if one.numeric else object, 1) for one in columns]
    numbers = [value for one, value in zip(columns, inputs, strict=True) if one.numeric]
    words = inputs[len(numbers) :]
    made = table_features(graph, encoder, graph.beside(numbers) if numbers else None, words)
    graph.output("features", made, ["rows", len(encoder.get_feature_names_out())])
    for one in columns:
        values = table[one.column]
        cells = as_floats(encoder.read(one.column, values).values) if one.numeric else as_words(values).astype(object)
        found[one.name] = cells[:, None]
    return session(graph.model({}, "0")).run(None, found)[0]


@pytest.mark.filterwarnings("ignore:column .* as missing:UserWarning")
@pytest.mark.filterwarnings("ignore:column .* not seen in training:UserWarning")
@pytest.mark.parametrize("used", [("gaps", "size", "same", "day"), ("many", "few"), tuple(HOSTILE)])
def test_features_of_tables_equal_those_of_python(session, table, used):
    encoder = TableEncoder().fit({name: table[name] for name in used})
    for rows in (table, HOSTILE):
        found, expected = features(session, encoder, rows), encoder.transform(rows)
        # The same operations in float64, of which the root may be rounded otherwise; then both are float32.
        np.testing.assert_allclose(found, expected, rtol=2.0**-22, atol=0)


def test_rare_categories_share_the_last_column(table):
    encoder = TableEncoder().fit({"many": table["many"], "few": table["few"]})
    places, width = places_of_categories(encoder, 0)
    rows = encoder.transform({"many": np.array(list(places), object), "few": np.full(len(places), None)})
    assert width == 64
    assert rows[:, :width].argmax(axis=1).tolist() == list(places.values())
    assert places_of_categories(encoder, 1) == ({"(missing)": 0, "x": 1, "y": 2}, 3)


def test_columns_named_as_outputs_get_other_names():
    encoder = TableEncoder().fit({name: np.arange(5.0) for name in ("label", "column_label", "", "size")})
    assert [one.name for one in input_columns(encoder, ("label",))] == [
        "column_column_label",
        "column_label",
        "column_",
        "size",
    ]


def test_counted_text_is_refused_by_name():
    encoder = TableEncoder(text=["review"]).fit({"review": np.array(["a b", "b c"] * 5, object), "n": np.arange(10.0)})
    with pytest.raises(
        ValueError, match=r"the columns 'review' are texts.*fit without them, or predict with chainrule"
    ):
        input_columns(encoder, ())


@pytest.mark.parametrize(
    "encoder",
    [
        SmoothScaler(),
        StandardScaler(),
        StandardScaler(with_mean=False),
        StandardScaler(with_std=False),
        RobustScaler(),
        RobustScaler(with_centering=False),
        MinMaxScaler((-1, 2)),
        MinMaxScaler(clip=True),
        MaxAbsScaler(),
        *(Normalizer(norm) for norm in ("l1", "l2", "max")),
        TruncatedSVD(2, random_state=0),
    ],
    ids=str,
)
def test_scalers(difference, encoder):
    X = np.random.default_rng(1).normal([5, -3, 1e4], [2, 0.1, 1e3], (60, 3))
    model = make_pipeline(encoder, SoftmaxRegression()).fit(X, X[:, 0] > 5)
    assert difference(model, np.concatenate([X, [[1e6, -1e6, 0.0], [0.0, 0.0, 0.0], [1e-15, 0.0, 0.0]]])) < 1e-13


def test_the_input_has_the_width_of_the_first_step():
    X = np.random.default_rng(1).normal(size=(60, 5))
    model = make_pipeline(TruncatedSVD(2, random_state=0), Normalizer(), SoftmaxRegression()).fit(X, np.arange(60) % 3)
    assert to_onnx(model).graph.input[0].type.tensor_type.shape.dim[1].dim_value == 5


def test_bins_after_a_scaler_widen_the_features_and_not_the_input(difference):
    X = np.random.default_rng(1).normal(size=(60, 3))
    model = make_pipeline(
        SmoothScaler(),
        PiecewiseLinearEncoder(4),
        MLPClassifier((5,), learning_rate="cosine", max_iter=3, random_state=0),
    )
    model.fit(X, np.arange(60) % 3)
    assert difference(model, X) < 1e-13
    assert to_onnx(model).graph.input[0].type.tensor_type.shape.dim[1].dim_value == 3


def test_other_steps_are_refused_with_a_way_out():
    X = np.random.default_rng(1).normal(size=(60, 3))
    model = make_pipeline(QuantileTransformer(n_quantiles=9), SoftmaxRegression()).fit(X, np.arange(60) % 2)
    with pytest.raises(ValueError, match=r"is a QuantileTransformer.*skl2onnx"):
        to_onnx(model)
    with pytest.raises(ValueError, match="is a object"):
        encoded(object(), Graph(), None)
