"""Piecewise linear features: places within bins, in order, without rounding the numbers themselves."""

import itertools

import numpy as np
import pytest

from chainrule.estimators import PiecewiseLinearEncoder, load, save


def test_places_are_those_of_the_definition():
    x = np.random.default_rng(0).normal(size=(200, 3)) ** 3
    new = np.concatenate([x[:7], [[-1e300] * 3, [1e300] * 3]])
    encoder = PiecewiseLinearEncoder(5).fit(x)
    features = encoder.transform(new)
    np.testing.assert_array_equal(features[:, :3], new)
    for column in range(3):
        edges = np.quantile(x[:, column], np.linspace(0, 1, 6), method="inverted_cdf")
        for number, (low, high) in enumerate(itertools.pairwise(edges)):
            expected = np.minimum(np.maximum((new[:, column] - low) / (high - low), 0), 1) - 0.5
            np.testing.assert_array_equal(features[:, 3 + 5 * column + number], expected)


def test_columns_of_two_values_or_one_have_no_bins():
    x = np.column_stack([np.arange(40.0), np.arange(40.0) % 2, np.zeros(40)])
    encoder = PiecewiseLinearEncoder(4).fit(x)
    assert encoder.columns_.tolist() == [0] * 4
    assert encoder.transform(x).shape == (40, 7)
    assert PiecewiseLinearEncoder(4).fit(x[:, 1:]).transform(x[:, 1:]).shape == (40, 2)


def test_bins_merge_where_quantiles_coincide():
    x = np.array([0.0] * 30 + [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0])[:, None]
    encoder = PiecewiseLinearEncoder(8).fit(x)
    assert (encoder.ends_ > encoder.starts_).all()
    assert len(encoder.columns_) < 8
    # A number lies within one bin: below it, places are +1/2, above it -1/2.
    features = encoder.transform(x)[:, 1:]
    assert (np.diff(features, axis=1) <= 0).all()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_dtype_stays(dtype):
    x = np.random.default_rng(0).normal(size=(50, 2)).astype(dtype)
    assert PiecewiseLinearEncoder().fit_transform(x).dtype == dtype


def test_a_saved_encoder_gives_the_same(tmp_path):
    x = np.random.default_rng(0).normal(size=(50, 2))
    encoder = PiecewiseLinearEncoder(3).fit(x)
    again = load(save(encoder, tmp_path / "encoder.chainrule"))
    np.testing.assert_array_equal(again.transform(x), encoder.transform(x))


def test_bins_are_counted():
    with pytest.raises(ValueError, match="bins: expected a whole number of at least 1, got 0"):
        PiecewiseLinearEncoder(0).fit(np.zeros((3, 1)))
