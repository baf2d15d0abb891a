"""`chainrule convert`: the folder it writes, and mistakes."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_svmlight_file

from chainrule import Blocks

LINES = b"1 1:0.5 3:2\n-1 2:1\n"


@pytest.fixture
def rows():
    Path("rows.svmlight").write_bytes(LINES)
    return "rows.svmlight"


def test_the_folder_is_what_scikit_learn_reads(chainrule, rows):
    shown = chainrule("convert", rows, "rows.csr").succeeded()
    assert shown.out == "2 samples of 3 features, 3 entries, written to rows.csr\n"
    X, y = load_svmlight_file(rows)
    found = Blocks("rows.csr")
    assert (found.features(0, 2) != X).nnz == 0
    np.testing.assert_array_equal(found.labels(), y)


def test_options_reach_the_conversion(chainrule, rows):
    words = ("--n-features", "5", "--zero-based", "yes", "--dtype", "float32", "--json")
    assert chainrule("convert", rows, "rows.csr", *words).json() == {
        "out": "rows.csr",
        "samples": 2,
        "features": 5,
        "entries": 3,
    }
    assert Blocks("rows.csr").dtype == np.float32
    assert Blocks("rows.csr").features(0, 1).indices.tolist() == [1, 3]
    chainrule("convert", rows, "one.csr", "--zero-based", "no").succeeded()
    assert Blocks("one.csr").features(0, 1).indices.tolist() == [0, 2]


@pytest.mark.parametrize(
    ("words", "names"),
    [
        (("rows.csv", "rows.csr"), ("rows.csv", "expected a file ending in .svmlight")),
        (("rows.svmlight", "rows"), ("rows: expected a name that ends in .csr",)),
        (("none.svmlight", "rows.csr"), ("none.svmlight", "No such file")),
        (("rows.svmlight", "no/rows.csr"), ("no/rows.csr: cannot be written: No such file or directory",)),
        (("rows.svmlight", "rows.csr", "--n-features", "2"), ("line 1", "the index 3 belongs to feature 3 of 2")),
        (("wrong.svmlight", "rows.csr"), ("wrong.svmlight: line 3", "1 x:1")),
    ],
)
def test_a_mistake_is_named_in_one_line_and_leaves_nothing(chainrule, rows, words, names):
    Path("wrong.svmlight").write_bytes(LINES + b"1 x:1\n")
    before = sorted(Path().iterdir())
    chainrule("convert", *words).complaint(*names)
    assert sorted(Path().iterdir()) == before


def test_a_killed_conversion_leaves_no_folder_that_looks_complete(environment):
    Path("rows.svmlight").write_bytes(LINES * 2_000_000)
    command = [sys.executable, "-m", "chainrule", "convert", "rows.svmlight", "rows.csr"]
    with subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL) as process:
        while not Path("rows.csr.part").exists() and process.poll() is None:
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
    assert not Path("rows.csr").exists()
