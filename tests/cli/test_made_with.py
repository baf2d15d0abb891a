"""The record of all that a model file depends on: versions, loops, threads, and the bytes of the training files."""

import hashlib
from importlib.metadata import version
from pathlib import Path

import pytest

from chainrule import __version__
from chainrule.cli import made_with as module
from chainrule.cli.made_with import DATA, differences, made_with
from chainrule.cli.train_conv import ConvOptions
from chainrule.cli.train_mlp import MLPOptions
from chainrule.kernels import compiling


@pytest.fixture
def parts():
    Path("part-1.csv").write_bytes(b"one\n")
    Path("part-2.csv").write_bytes(b"two\n")
    Path("labels.npy").write_bytes(b"three")


def test_versions_and_loops_are_recorded(monkeypatch):
    versions = {"chainrule": __version__} | {name: version(name) for name in ("numpy", "scipy", "scikit-learn")}
    monkeypatch.setattr(compiling, "available", lambda: False)
    monkeypatch.setattr("chainrule.kernels.blas.available_threads", lambda: 3)
    assert made_with(MLPOptions(data="iris")) == versions | {"loops": "NumPy", "threads": "3"}
    monkeypatch.setattr(compiling, "available", lambda: True)
    monkeypatch.setattr(compiling, "version", lambda name: "1.2.3")
    assert made_with(MLPOptions(data="iris")) == versions | {"loops": "numba 1.2.3", "threads": "3"}


@pytest.mark.usefixtures("parts")
def test_the_digest_is_that_of_the_bytes_of_all_files():
    for options, content in (
        (MLPOptions(data="part-1.csv"), b"one\n"),
        (MLPOptions(data="part-*.csv"), b"one\ntwo\n"),
        (MLPOptions(data="part-1.csv", labels=Path("labels.npy")), b"one\nthree"),
        (ConvOptions(data="."), b"threeone\ntwo\n"),
    ):
        assert made_with(options)[DATA] == hashlib.sha256(content).hexdigest()
    assert DATA not in made_with(MLPOptions(data="none.csv")), "whoever reads the data says so"


@pytest.mark.usefixtures("parts")
def test_large_files_are_not_hashed(monkeypatch):
    monkeypatch.setattr(module, "MOST_BYTES", 7)
    assert DATA in made_with(MLPOptions(data="part-1.csv"))
    assert DATA not in made_with(MLPOptions(data="part-*.csv"))


def test_differences_are_named():
    recorded = {"numpy": "1.0", "loops": "NumPy", "threads": "1", DATA: "ab", "older": "1"}
    assert differences(recorded, dict(recorded), "d.csv") == ""
    now = {"numpy": "2.0", "loops": "numba 0.6", "threads": "2", DATA: "cd", "newer": "3"}
    assert differences(recorded, now, "d.csv") == (
        "numpy 2.0 (then 1.0), loops numba 0.6 (then NumPy), threads 2 (then 1), the contents of d.csv"
    )
