"""The tables of docs/benchmarks.md are those of the stored figures."""

from pathlib import Path

import pytest

from benchmarks import tables

PAGE = Path(__file__).parents[2] / "docs" / "benchmarks.md"


def test_the_page_has_the_tables_of_the_stored_figures():
    made, text = tables.made(), PAGE.read_text()
    assert made
    assert tables.with_tables(text, made) == text


def test_a_table_without_a_place_is_an_error():
    with pytest.raises(ValueError, match="one place for the table 'mlp'"):
        tables.with_tables("no place", {"mlp": ""})


def test_a_side_that_did_not_run_is_named():
    found = {"figures": [{"shape": "a", "batch": 1, "ms": {"chainrule, NumPy": 2.0, "scikit-learn": 5.0}, "loss": {}}]}
    found["figures"].append({"shape": "b", "batch": 2, "ms": {"chainrule, NumPy": 4.0}, "loss": {}})
    assert tables.mlp(found).splitlines()[-1] == "| b, 2 | 4.00 | not run |"
