"""Shared by the tests of the command line: ways to run a command, checks of its output, and tables.

The tests see only exit codes, the two streams and the files that a command leaves. Most of them call
`chainrule.cli.main` in this process, because starting an interpreter takes a second; tests of signals, pipes and
terminals start a real process.
"""

from __future__ import annotations

import contextlib
import csv
import io
import json
import math
import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

TABLES = Path(__file__).parent / "tables"
SMALL = ("--epochs", "3", "--hidden", "8")


def _refuse_constant(name: str) -> Any:
    raise AssertionError(f"{name} is not JSON")


@dataclass(frozen=True)
class Predictions:
    """The CSV that `predict` writes, read back."""

    labels: list[str]
    predicted: list[str]
    probabilities: np.ndarray


@dataclass(frozen=True)
class Outcome:
    """How one run of the command ended."""

    arguments: tuple[str, ...]
    code: int
    out: str
    err: str

    def __str__(self) -> str:
        return (
            f"chainrule {' '.join(self.arguments)}\n-> exit code {self.code}\n"
            f"-- stdout --\n{self.out[-3000:]}\n-- stderr --\n{self.err[-3000:]}"
        )

    def succeeded(self) -> Outcome:
        assert self.code == 0, str(self)
        assert "Traceback" not in self.err, str(self)
        assert "Warning" not in self.err, str(self)
        return self

    def complaint(self, *names: object, code: int | tuple[int, ...] = 1) -> str:
        """Check that the run ended with one `error: ` line that mentions every name; return that line."""
        allowed = code if isinstance(code, tuple) else (code,)
        assert self.code in allowed, f"expected exit code {code}\n{self}"
        assert self.out == "", f"expected nothing on stdout\n{self}"
        assert self.err.endswith("\n"), f"expected a whole line on stderr\n{self}"
        line = self.err[:-1]
        assert "\n" not in line, f"expected one line on stderr\n{self}"
        assert "\r" not in line, f"expected one line on stderr\n{self}"
        assert line.startswith("error: "), f"expected a line that starts with 'error: '\n{self}"
        assert len(line) > len("error: ") + 3, f"expected a message after 'error: '\n{self}"
        for name in names:
            assert str(name).casefold() in line.casefold(), f"expected the message to name {name!r}\n{self}"
        return line

    def json(self) -> dict[str, Any]:
        """Check that stdout is one JSON object and nothing else; return it."""
        self.succeeded()
        try:
            found = json.loads(self.out, parse_constant=_refuse_constant)
        except ValueError as problem:
            raise AssertionError(f"stdout is not one JSON value: {problem}\n{self}") from None
        assert isinstance(found, dict), str(self)
        return found

    def metrics(self) -> dict[str, Any]:
        """Check the metrics that `train` and `evaluate` print with --json; return the object."""
        found = self.json()
        assert 0.0 <= found["accuracy"] <= 1.0, str(self)
        assert found["log_loss"] >= 0.0, str(self)
        assert math.isfinite(found["log_loss"]), str(self)
        assert len(found["classes"]) >= 2, str(self)
        for entry in found["classes"]:
            assert {"label", "precision", "recall", "support"} <= entry.keys(), str(self)
            assert entry["support"] == int(entry["support"]) >= 0, str(self)
            for share in (entry["precision"], entry["recall"]):
                assert share is None or 0.0 <= share <= 1.0, str(self)
        labels = [str(entry["label"]) for entry in found["classes"]]
        assert len(set(labels)) == len(labels), str(self)
        rows = sum(entry["support"] for entry in found["classes"])
        correct = sum((entry["recall"] or 0.0) * entry["support"] for entry in found["classes"])
        assert rows > 0, str(self)
        assert correct / rows == pytest.approx(found["accuracy"], abs=1e-4), str(self)
        return found

    def trained(self, labels: Iterable[str] | None = None, rows: int | None = None) -> dict[str, Any]:
        """Check a successful `train --json`; return its report."""
        found = self.metrics()
        assert {"model", "seconds", "epochs", "n_train", "n_test", "seed"} <= found.keys(), str(self)
        assert Path(found["model"]).is_file(), str(self)
        assert found["seconds"] >= 0.0, str(self)
        assert found["epochs"] == int(found["epochs"]) >= 1, str(self)
        assert found["n_train"] >= 1, str(self)
        assert found["n_test"] == sum(entry["support"] for entry in found["classes"]), str(self)
        assert found["seed"] == int(found["seed"]), str(self)
        if labels is not None:
            assert {str(entry["label"]) for entry in found["classes"]} == set(labels), str(self)
        if rows is not None:
            assert found["n_train"] + found["n_test"] <= rows, str(self)
        return found

    def predictions(self, rows: int, labels: Iterable[str] | None = None) -> Predictions:
        """Check the CSV that `predict` printed; return what is in it."""
        self.succeeded()
        return read_predictions(self.out, rows, labels)

    def answers(self, rows: int, labels: Iterable[str] | None = None) -> Predictions:
        """Check the JSON that `predict --json` printed; return what is in it."""
        found = self.json()
        assert {"classes", "predictions", "probabilities"} <= found.keys(), str(self)
        classes = [str(label) for label in found["classes"]]
        predicted = [str(label) for label in found["predictions"]]
        return _checked(classes, predicted, found["probabilities"], rows, labels, 1e-6)

    def survived(self) -> bool:
        """Check that the run either did its work or said in one line why not; say which."""
        if self.code == 0:
            self.succeeded()
            return True
        self.complaint()
        return False


def _checked(
    classes: list[str],
    predicted: list[str],
    probabilities: Sequence[Sequence[Any]],
    rows: int,
    labels: Iterable[str] | None,
    tolerance: float,
) -> Predictions:
    assert len(set(classes)) == len(classes)
    if labels is not None:
        assert set(classes) == set(labels)
    assert len(predicted) == rows
    assert len(probabilities) == rows
    assert set(predicted) <= set(classes)
    table = np.array(probabilities, dtype=float).reshape(rows, len(classes))
    assert np.isfinite(table).all()
    assert (table >= 0.0).all()
    assert (table <= 1.0 + tolerance).all()
    assert np.allclose(table.sum(axis=1), 1.0, rtol=0.0, atol=tolerance)
    for row, label in zip(table, predicted, strict=True):
        assert row[classes.index(label)] >= row.max() - tolerance, "the prediction is not the likeliest class"
    return Predictions(classes, predicted, table)


def read_predictions(text: str, rows: int, labels: Iterable[str] | None = None) -> Predictions:
    """Read what `predict` wrote as CSV, and check that it is one well-formed row for each data row."""
    header, *body = csv.reader(io.StringIO(text, newline=""))
    first = header.index("prediction")
    assert header[:first] in (["row"], ["file"], ["file", "row"])
    assert all(name.startswith("probability_") for name in header[first + 1 :]), header
    classes = [name.removeprefix("probability_") for name in header[first + 1 :]]
    assert all(len(row) == len(header) for row in body)
    return _checked(classes, [row[first] for row in body], [row[first + 1 :] for row in body], rows, labels, 1e-4)


def in_process(*arguments: object) -> Outcome:
    """Call the command's `main` here, with both streams caught."""
    from chainrule.cli import main

    words = tuple(str(argument) for argument in arguments)
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", newline="") for _ in range(2))
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main(list(words))
    for stream in (out, err):
        stream.flush()
    assert type(code) is int, f"main({list(words)}) returned {code!r}, not an exit code"
    texts = [stream.buffer.getvalue().decode("utf-8") for stream in (out, err)]  # type: ignore[attr-defined]
    return Outcome(words, code, texts[0].replace("\r\n", "\n"), texts[1].replace("\r\n", "\n"))


def in_subprocess(
    *arguments: object, cwd: Path, environment: dict[str, str] | None = None, timeout: float = 120.0
) -> Outcome:
    """Run `python -m chainrule` with these arguments."""
    words = tuple(str(argument) for argument in arguments)
    done = subprocess.run(
        [sys.executable, "-m", "chainrule", *words],
        cwd=cwd,
        env=clean_environment() | (environment or {}),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=timeout,
        check=False,
    )
    out, err = (stream.decode("utf-8").replace("\r\n", "\n") for stream in (done.stdout, done.stderr))
    return Outcome(words, done.returncode, out, err)


def clean_environment() -> dict[str, str]:
    """Return this process's environment without what would colour or narrow the command's output."""
    dropped = ("FORCE_COLOR", "CLICOLOR_FORCE", "NO_COLOR", "COLUMNS", "TERM", "PYTHONWARNINGS")
    kept = {name: value for name, value in os.environ.items() if name not in dropped}
    return kept | {"PYTHONIOENCODING": "utf-8"}


def write_table(path: Path, header: Sequence[object], rows: Iterable[Sequence[object]], sep: str = ",") -> Path:
    """Write a delimited text file; None becomes an empty field."""
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, delimiter=sep, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(["" if value is None else value for value in row] for row in rows)
    return path


HEADER = ("stem", "leaf", "colour", "fenced", "species")


def flower_rows(count: int = 120, seed: int = 0) -> list[list[object]]:
    """Invent a garden: two measurements, a category and a flag with gaps, and three species told apart."""
    rng = np.random.default_rng(seed)
    rows: list[list[object]] = []
    for index in range(count):
        kind = index % 3
        stem = round(float(rng.normal(3.0 * kind, 0.8)), 3)
        leaf = round(float(rng.normal(-2.0 * kind, 0.8)), 3)
        colour = ["red", "white", "blue"][kind if rng.random() < 0.7 else int(rng.integers(3))]
        fenced = bool(rng.random() < 0.5)
        rows.append([stem, leaf, colour, fenced, ["aster", "bluebell", "crocus"][kind]])
    for index in range(0, count, 11):
        rows[index][index % 4] = None
    return rows


@pytest.fixture(autouse=True)
def empty_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Run every test in a directory of its own, in an environment without colours."""
    directory = tmp_path / "here"
    directory.mkdir()
    monkeypatch.chdir(directory)
    for name in ("FORCE_COLOR", "CLICOLOR_FORCE", "NO_COLOR", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    return directory


@pytest.fixture(scope="session")
def chainrule() -> Callable[..., Outcome]:
    """Run the command in this process."""
    return in_process


class Killed(BaseException):
    """Ends a command as kill -9 does: nothing catches it."""


@pytest.fixture
def killed_in_step(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Run a command whose fit of a softmax regression is killed in a step."""

    def run(number: int, *arguments: object) -> None:
        def kill(_: Any, step: Any) -> None:
            if step.iteration == number:
                raise Killed

        with monkeypatch.context() as patch:
            patch.setattr("chainrule.cli.output.SolverProgress.__call__", kill)
            with pytest.raises(Killed):
                in_process(*arguments)

    return run


@pytest.fixture
def process(empty_directory: Path) -> Callable[..., Outcome]:
    """Run the command in a process of its own, in the test's directory."""

    def start(*arguments: object, **options: Any) -> Outcome:
        return in_subprocess(*arguments, **{"cwd": empty_directory, **options})

    return start


@pytest.fixture(scope="session")
def environment() -> dict[str, str]:
    """Return the environment for tests that start processes themselves."""
    return clean_environment()


@pytest.fixture(scope="session")
def train() -> Callable[..., Outcome]:
    """Train a small network for three epochs, unless told otherwise, over an older one, and ask for JSON."""

    def run(data: object, *options: object) -> Outcome:
        epochs = () if "--epochs" in options else SMALL[:2]
        hidden = () if "--hidden" in options else SMALL[2:]
        return in_process("train", data, *options, *epochs, *hidden, "--overwrite", "--json")

    return run


@pytest.fixture(scope="session")
def read_csv_predictions() -> Callable[..., Predictions]:
    return read_predictions


@pytest.fixture(scope="session")
def write() -> Callable[..., Path]:
    return write_table


@pytest.fixture(scope="session")
def tables() -> Path:
    """Return the folder with the files whose bytes matter."""
    return TABLES


@pytest.fixture(scope="session")
def flowers() -> list[list[object]]:
    return flower_rows()


@pytest.fixture(scope="session")
def flower_header() -> tuple[str, ...]:
    return HEADER


@pytest.fixture(scope="session")
def make_flowers() -> Callable[..., list[list[object]]]:
    """Invent gardens of any size."""
    return flower_rows


@pytest.fixture(scope="session")
def flowers_csv(tmp_path_factory: pytest.TempPathFactory, flowers: list[list[object]]) -> Path:
    """Return a file with 120 flowers and no missing label."""
    return write_table(tmp_path_factory.mktemp("flowers") / "flowers.csv", HEADER, flowers)


@pytest.fixture(scope="session")
def new_flowers() -> list[list[object]]:
    return flower_rows(40, seed=1)


@pytest.fixture(scope="session")
def new_flowers_csv(tmp_path_factory: pytest.TempPathFactory, new_flowers: list[list[object]]) -> Path:
    """Return a file with 40 flowers that no model was trained on."""
    return write_table(tmp_path_factory.mktemp("flowers") / "new.csv", HEADER, new_flowers)


def _saved_model(tmp_path_factory: pytest.TempPathFactory, name: str, *options: object) -> Path:
    path = tmp_path_factory.mktemp("models") / f"{name}.chainrule"
    in_process("train", *options, "--out", path, "--seed", "5", "--json").trained()
    return path


@pytest.fixture(scope="session")
def flowers_model(tmp_path_factory: pytest.TempPathFactory, flowers_csv: Path) -> Path:
    """Return a model that tells the species apart."""
    options = ("--target", "species", "--epochs", "150", "--hidden", "12", "--learning-rate", "0.02")
    return _saved_model(tmp_path_factory, "flowers", flowers_csv, *options)


@pytest.fixture(scope="session")
def iris_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _saved_model(tmp_path_factory, "iris", "iris", *SMALL)


@pytest.fixture(scope="session")
def digits_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _saved_model(tmp_path_factory, "digits", "digits", *SMALL)


@pytest.fixture
def shapes(tmp_path: Path) -> Path:
    """Return a folder of 40 small pictures: bright bars that stand or lie."""
    from PIL import Image

    from chainrule.arrays import random_stream

    stream = random_stream(8)
    folder = tmp_path / "shapes"
    for k in range(40):
        kind = ("lying", "standing")[k % 2]
        pixels = stream.integers(0, 60, (10, 10))
        at = stream.integers(2, 7)
        pixels[at : at + 2] = 220
        pixels = pixels.T if k % 2 else pixels
        (folder / kind).mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels.astype(np.uint8)).save(folder / kind / f"{k}.png")
    return folder
