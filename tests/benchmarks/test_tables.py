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


def test_fits_that_arrived_have_their_excess_and_others_their_reason():
    found = [
        {"case": "a", "C": 1.0, "contestant": "chainrule", "seconds": 2.0, "objective": 10.0, "bare": 1.0},
        {"case": "a", "C": 1.0, "contestant": "slow", "seconds": 5.0, "objective": 10.000001},
        {
            "case": "a",
            "C": 1.0,
            "contestant": "early",
            "reason": "ends 2e-05 above the optimum, after 9.0 s, accuracy 1",
        },
        {"case": "a", "contestant": "path, chainrule", "seconds": 2.0, "above": [[0.0, 2e-4]], "C": 1.0, "score": -1.0},
    ]
    row = tables.softmax_regression(found).splitlines()[-1]
    assert row == "| a, 1 | 1.00 | 2.00 (+0e+00) | 5.00 (2.5; +1e-07) | ends 2e-05 above, after 9.0 s |"
    assert tables.softmax_path(found).splitlines()[-1] == "| chainrule | 2.00 (1.0) | 1 of 2 | 2.0e-04 | 1 | -1.0000 |"


def test_convolutions_stand_beside_eager_pytorch():
    figure = {
        "shape": "a",
        "batch": 1,
        "ms": {"chainrule, NumPy": 4.0, "PyTorch eager": 2.0, "bare products, NumPy": 1},
    }
    found = {"figures": [figure | {"loss": {"chainrule, NumPy": 0.5, "PyTorch eager": 0.25}}]}
    assert tables.conv(found).splitlines()[-1] == "| a, 1 | 4.00 (2.00; loss 0.500) | 2.00 (1.00; loss 0.250) | 1.00 |"
    memory = {"figures": [{"shape": "a", "batch": 1, "MiB": {"PyTorch eager": 12.34}}]}
    assert tables.conv_memory(memory).splitlines()[-1] == "| a, 1 | 12.3 |"
