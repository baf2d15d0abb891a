"""The line of progress: what a terminal and a log get, what is counted, and that nobody pays who did not ask."""

import io
import signal
import sys
import threading
import time

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from chainrule import Blocks, MLPClassifier, SoftmaxRegression, TabularClassifier, progress
from chainrule.estimators import path
from chainrule.progress import ProgressLine, Work, counted, counted_pass, shown, stage, tell
from chainrule.storage import OnDask


@pytest.fixture
def clock(monkeypatch):
    """The time in seconds, which tests set."""
    now = [0.0]
    monkeypatch.setattr(progress.time, "perf_counter", lambda: now[0])
    return now


@pytest.fixture
def terminal(monkeypatch, capsys):
    """Make standard error a terminal of 60 columns; the result reads what was written to it since the last call.

    A test calls it, because pytest captures tests and fixtures in different streams.
    """

    def opened():
        monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
        monkeypatch.setenv("COLUMNS", "60")
        return lambda: capsys.readouterr().err

    return opened


@pytest.fixture
def works(monkeypatch):
    """All works that are counted from now on, in their order."""
    found = []

    class Noted(Work):
        def __post_init__(self):
            super().__post_init__()
            found.append(self)

    monkeypatch.setattr(progress, "Work", Noted)
    return found


@pytest.fixture
def at_once(monkeypatch):
    """Lines that print whatever is new a hundred times a second."""
    monkeypatch.setattr(ProgressLine.__init__, "__defaults__", (0.0,))
    monkeypatch.setattr(progress, "QUIET", 0.0)
    monkeypatch.setattr(progress, "BETWEEN_LINES", 0.0)
    monkeypatch.setattr(progress, "REDRAWN", 0.01)


def no_lines():
    return not [thread for thread in threading.enumerate() if thread.name == "chainrule progress"]


# The line


def test_quick_work_prints_no_line_and_longer_work_ends_with_its_last_state(capsys, clock):
    with ProgressLine(quiet=1.0) as line:
        line.show("1 of 3")
        line.refresh()
    assert capsys.readouterr().err == ""
    clock[0] = 0.0
    with ProgressLine(quiet=1.0) as line:
        for seconds, text in ((0.5, "1 of 5"), (1.5, "2 of 5"), (2.0, "3 of 5"), (6.6, "4 of 5"), (6.7, "5 of 5")):
            line.show(text)
            clock[0] = seconds
            line.refresh()
    assert capsys.readouterr().err == "2 of 5\n4 of 5\n5 of 5\n"


def test_a_log_gets_a_line_every_five_seconds_and_none_while_nothing_changes(capsys, clock):
    with shown(1):
        line = progress._current.get()
        with stage("labels"):
            add = counted_pass(2000)
        for seconds, rows in ((0.5, 100), (1.5, 100), (6.0, 300), (6.6, 0), (20.0, 0), (30.0, 1500)):
            add(rows)
            clock[0] = seconds
            line.refresh()
        counted_pass(10)
        clock[0] = 40.0
        tell("step 1")
        line.refresh()
    shown_lines = capsys.readouterr()
    assert shown_lines.err.splitlines() == [
        "pass 1 (labels): 200 of 2,000 rows, 14 s left",
        "pass 1 (labels): 500 of 2,000 rows, 20 s left",
        "pass 1 (labels): 2,000 of 2,000 rows",
        "pass 2: 0 of 10 rows; step 1",
    ]
    assert shown_lines.out == "step 1\n"


def test_a_log_that_has_shown_a_work_shows_its_end(capsys, clock):
    with shown(1):
        add = counted("8 networks", 360, unit="epochs")
        for seconds, epochs in ((1.5, 90), (2.0, 270)):
            add(epochs)
            clock[0] = seconds
            progress._current.get().refresh()
    assert capsys.readouterr().err.splitlines() == [
        "8 networks: 90 of 360 epochs, 4.5 s left",
        "8 networks: 360 of 360 epochs",
    ]


def test_a_terminal_has_one_line_that_makes_room_for_others(clock, terminal, capsys):
    written = terminal()
    with shown(True):
        line = progress._current.get()
        add = counted("epoch 3", 1_000_000, 500_000)
        add(100_000)
        clock[0] = 2.0
        line.refresh()
        assert written() == "\repoch 3: 600,000 of 1,000,000 rows, 8.0 s left\x1b[K"
        clock[0] = 2.1
        line.refresh()
        assert written() == "", "five times a second is enough"
        tell("a text that is longer than the rest of the line")
        assert capsys.readouterr() == ("a text that is longer than the rest of the line\n", "\r\x1b[K")
        clock[0] = 3.0
        line.refresh()
        assert written() == "\repoch 3: 600,000 of 1,000,000 rows, 12 s left; a text that \x1b[K"
    assert written() == "\r\x1b[K", "nothing stays"


def test_what_a_command_shows_stays_in_a_terminal(clock, terminal):
    written = terminal()
    with ProgressLine(quiet=0.0) as line:
        counted_pass(100)
        line.show("epoch 1/1")
        clock[0] = 9.0
        line.refresh()
    assert written() == "\repoch 1/1\x1b[K\rpass 1: 0 of 100 rows; epoch 1/1\x1b[K\repoch 1/1\x1b[K\n"


def test_short_passes_do_not_flicker_beside_a_text(clock, terminal):
    written = terminal()
    with ProgressLine() as line:
        line.show("step 1")
        clock[0] = 3.0
        counted_pass(100)
        clock[0] = 3.5
        line.refresh()
    assert written() == "\rstep 1\x1b[K\rstep 1\x1b[K\n"


def test_the_thread_of_a_line_prints_and_ends_with_it(at_once, capsys):
    with shown(1):
        add, err = counted_pass(30), ""
        add(10)
        deadline = time.monotonic() + 60
        while "10 of 30" not in err and time.monotonic() < deadline:
            err += capsys.readouterr().err
            time.sleep(0.01)
    assert err.startswith("pass 1: 10 of 30 rows")
    assert no_lines()


def test_a_line_inside_a_line_is_that_line():
    with shown(1), shown(1):
        assert len([thread for thread in threading.enumerate() if thread.name == "chainrule progress"]) == 1
    assert no_lines()


@pytest.mark.parametrize("stream", [None, io.StringIO()])
def test_a_terminal_that_is_gone_ends_no_work(stream, monkeypatch, clock):
    if stream is not None:
        stream.isatty = lambda: True
    monkeypatch.setattr(sys, "stderr", stream)
    with ProgressLine(quiet=0.0) as line:
        if stream is not None:
            stream.close()
        line.show("1 of 2")
        clock[0] = 1.0
        line.refresh()


def test_other_threads_count_and_lose_no_row(works):
    with shown(1):
        add = counted_pass(4 * 5000)
        threads = [threading.Thread(target=lambda: [add(1) for _ in range(5000)]) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert [(work.name, work.done) for work in works] == [("pass 1", 20_000)]


# Fits


@pytest.fixture(scope="module")
def samples():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(20_000, 20)).astype(np.float32)
    return x, (x[:, :4] + rng.gumbel(size=(20_000, 4))).argmax(axis=1)


def test_every_pass_of_a_fit_is_counted_to_its_end(works, samples, array_source, capsys):
    source = array_source(*samples)
    SoftmaxRegression(verbose=1, certify=True, max_iter=20).fit(source)
    assert [work.name.split()[:2] for work in works] == [["pass", str(1 + k)] for k in range(len(works))]
    assert all(work.done == work.rows == 20_000 for work in works)
    named = [work.name.partition(" (")[2].rstrip(")") for work in works]
    assert named[:2] == ["labels", "before the first step"]
    assert named.count("") >= 3, "steps"
    read = sum(stop - start for start, stop in source.reads)
    assert read == 20_000 * (len(works) - 1), "each pass but that over labels reads all rows once"
    assert "Iteration 1, objective" in capsys.readouterr().out


def test_files_show_their_labels_and_epochs_their_rows(works, samples, tmp_path, capsys):
    x, y = samples
    table = pa.table({f"x{j}": column for j, column in enumerate(x.T)} | {"y": y})
    pq.write_table(table, tmp_path / "x.parquet", row_group_size=3000)
    model = MLPClassifier((4,), verbose=True, max_iter=2, early_stopping=True, batch_size=700)
    model.fit(Blocks(str(tmp_path / "x.parquet"), target="y"))
    assert [(work.name, work.done, work.rows) for work in works] == [
        ("labels", 20_000, 20_000),
        ("epoch 1", 18_000, 18_000),
        ("held-out samples", 2000, 2000),
        ("epoch 2", 18_000, 18_000),
        ("held-out samples", 2000, 2000),
    ]
    assert capsys.readouterr().out.startswith("Iteration 1, loss = ")


def test_networks_of_tables_count_their_epochs_to_the_end(works, samples, capsys):
    x, y = samples
    TabularClassifier(verbose=True, max_iter=3, folds=2, n_jobs=1).fit(x[:500], y[:500])
    epochs = [(work.name, work.done, work.rows) for work in works if work.unit == "epochs"]
    assert epochs == [("4 networks", 12, 12)]
    capsys.readouterr()


@pytest.mark.parametrize("solver", ["lbfgs", "gd"])
def test_evaluations_on_all_rows_are_passes(works, solver, samples):
    x, y = samples
    with pytest.warns(UserWarning, match=r"(?i)iterations"):
        MLPClassifier((4,), verbose=True, max_iter=2, solver=solver).fit(x[:9000], y[:9000])
    assert len(works) >= 2
    assert {(work.done, work.rows) for work in works if work.name.startswith("pass")} == {(9000, 9000)}


def test_passes_on_a_cluster_are_counted(works, samples, tmp_path, capsys):
    pytest.importorskip("dask", reason="needs Dask: pip install -e '.[dask]'")
    x, y = samples
    np.save(tmp_path / "x.npy", x)
    SoftmaxRegression(verbose=1).fit(OnDask(Blocks(str(tmp_path / "x.npy"))), y)
    assert len(works) > 3
    assert {work.done for work in works} == {20_000}
    assert "Iteration 1" in capsys.readouterr().out


def test_a_path_shows_its_passes(works, samples, capsys):
    path(*samples, Cs=[0.1, 1.0], verbose=1)
    assert len(works) > 3
    assert "Iteration 1" in capsys.readouterr().out


def weights_of(model):
    return np.concatenate([np.ravel(part) for part in getattr(model, "coefs_", None) or [model.coef_]])


@pytest.mark.parametrize("model", [SoftmaxRegression(tol=1e-6), MLPClassifier((4,), max_iter=2, tol=0.0)])
@pytest.mark.filterwarnings("ignore:Stochastic Optimizer")
def test_nothing_is_shown_or_counted_by_default_and_the_line_changes_no_bits(
    model, at_once, works, samples, array_source, capsys
):
    model.set_params(random_state=0, verbose=0)
    quiet = model.fit(array_source(*samples))
    weights = weights_of(quiet)
    assert capsys.readouterr() == ("", "")
    assert not works
    loud = model.set_params(verbose=1).fit(array_source(*samples, before=lambda start, stop: time.sleep(0.01)))
    assert np.array_equal(weights_of(loud), weights)
    out, err = capsys.readouterr()
    assert "Iteration 1" in out
    assert "of 20,000 rows" in err
    assert works


def test_ctrl_c_leaves_no_line(at_once, terminal, samples, array_source):
    def interrupt(start, stop):
        time.sleep(0.1)  # the line has shown
        if source.reads:
            signal.raise_signal(signal.SIGINT)

    written, source = terminal(), array_source(*samples, before=interrupt)
    with pytest.raises(KeyboardInterrupt):
        SoftmaxRegression(verbose=1).fit(source)
    assert no_lines()
    assert not progress._current.get()
    shown_lines = written()
    assert "\rpass 2 (before the first step): 0 of 20,000 rows" in shown_lines
    assert shown_lines.endswith("\r\x1b[K"), "the terminal is clean"
