"""The files of predictions: CSV or Parquet, which appear whole or not at all."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from chainrule.cli.prediction_files import predictions_to

ROWS = np.array([[0.25, 0.75], [1.0, 0.0], [0.5, 0.5]], dtype=np.float32)


@pytest.mark.parametrize("name", ["p.csv", "p.parquet", "p.pq"])
def test_parts_follow_one_another(name):
    with predictions_to(Path(name), ["no", "yes"]) as write:
        write(ROWS[:2])
        assert not Path(name).exists()
        write(ROWS[2:])
    found = pd.read_csv(name) if name == "p.csv" else pd.read_parquet(name)
    assert list(found.columns) == ["prediction", "probability_no", "probability_yes"]
    assert found["prediction"].tolist() == ["yes", "no", "no"]
    np.testing.assert_array_equal(found.iloc[:, 1:].to_numpy(), ROWS)


def test_parquet_keeps_the_types(chainrule):
    chainrule("train", "mlp", "digits", "--epochs", "1").succeeded()
    chainrule("predict", "digits.chainrule", "digits", "--out", "p.parquet").succeeded()
    chainrule("predict", "digits.chainrule", "digits", "--out", "p.csv").succeeded()
    assert set(map(str, pq.read_schema("p.parquet").types)) == {"int64", "float"}
    pd.testing.assert_frame_equal(pd.read_parquet("p.parquet"), pd.read_csv("p.csv"), check_dtype=False, rtol=1e-7)


@pytest.mark.parametrize("name", ["p.csv", "p.parquet"])
@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError])
def test_an_error_leaves_an_earlier_file_as_it_was(name, error):
    Path(name).write_text("precious")
    with pytest.raises(error), predictions_to(Path(name), [0, 1]) as write:  # noqa: PT012
        write(ROWS)
        raise error
    assert [path.name for path in Path.cwd().iterdir()] == [name]
    assert Path(name).read_text() == "precious"


def test_the_header_comes_with_the_first_rows(capsys):
    with pytest.raises(ValueError), predictions_to(None, [0, 1]):
        raise ValueError
    assert capsys.readouterr().out == ""
    with predictions_to(None, [0, 1]) as write:
        write(ROWS[:1])
    assert capsys.readouterr().out == "prediction,probability_0,probability_1\n1,0.25,0.75\n"


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals")
@pytest.mark.parametrize("name", ["p.csv", "p.parquet"])
def test_ctrl_c_leaves_nothing(flowers_model, new_flowers_csv, environment, empty_directory, name):
    header, _, body = new_flowers_csv.read_text("utf-8").partition("\n")
    Path("many.csv").write_text(f"{header}\n{body * 40_000}", encoding="utf-8")  # takes many seconds
    words = [sys.executable, "-m", "chainrule", "predict", str(flowers_model), "many.csv", "--out", name]
    with subprocess.Popen(words, env=environment, stderr=subprocess.PIPE, stdout=subprocess.PIPE) as running:
        until = time.monotonic() + 60
        while not any(path.stat().st_size for path in Path.cwd().glob(".chainrule-*")) and time.monotonic() < until:
            time.sleep(0.02)
        running.send_signal(signal.SIGINT)
        out, errors = running.communicate(timeout=60)
    assert (running.returncode, out) == (130, b""), errors
    assert os.listdir() == ["many.csv"]
