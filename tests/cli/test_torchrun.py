"""`chainrule train` in the processes of torchrun: one voice, one model file, and a run that goes on after a death."""

import json

import pytest

from chainrule import load
from chainrule.cli import main, torchrun

PLACE = {
    "RANK": "1",
    "WORLD_SIZE": "4",
    "LOCAL_RANK": "1",
    "LOCAL_WORLD_SIZE": "4",
    "MASTER_ADDR": "127.0.0.1",
    "MASTER_PORT": "1",
}

WORK = """
import contextlib, io, json, os, signal
from chainrule import load
from chainrule.cli import main, output, torchrun
from chainrule.estimators import checkpoints
from chainrule.training import processes
checkpoints.SECONDS_BETWEEN = 0.0
processes.SILENCE = 20.0

def told(*words):
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = main([*words])
    return status, out.getvalue(), err.getvalue()

def work(rank, count, folder):
    train = ["train", "iris", "--epochs", "7", "--hidden", "6", "--batch-size", "21", "--json", "--out"]
    if count == 1:
        return told(*train, f"{folder}/alone")
    if count == 2:
        os.environ["OMP_NUM_THREADS"] = "1"
        refused = told("train", "iris", "--model", "softmax"), told("train", f"{folder}/none.csv")
        return *refused, told(*train, f"{folder}/together"), told(*train, f"{folder}/together")
    if count == 3:
        shown = output.TrainingProgress.__call__
        def die(self, progress):
            shown(self, progress)
            if progress.epoch == 4:
                os.kill(os.getpid(), signal.SIGKILL)
        output.TrainingProgress.__call__ = die
        return told(*train, f"{folder}/killed")
    os.environ["TORCHELASTIC_RESTART_COUNT"] = "1"
    return told(*train, f"{folder}/killed")
"""


@pytest.fixture(scope="module")
def runs(run_in_groups, tmp_path_factory):
    """The status, output and errors of the commands of each rank, and the folder."""
    folder = tmp_path_factory.mktemp("torchrun")
    return run_in_groups(WORK, (1, 2, 3, 4), folder, joined=False), folder


def model(path):
    """The bits of the weights in a model file."""
    return [array.tobytes() for array in load(path)[-1].coefs_]


def test_rank_0_alone_prints_and_all_end_well(runs):
    found, folder = runs
    (status, out, _), other = found[2, 0][2], found[2, 1][2]
    assert status == 0
    assert json.loads(out)["epochs"] == 7
    assert other == (0, "", "")
    assert (folder / "together").exists()


def test_two_processes_write_the_model_of_one(runs):
    _, folder = runs
    assert model(folder / "together") == model(folder / "alone")


def test_softmax_regression_is_refused_with_a_reason(runs):
    found, _ = runs
    for rank in range(2):
        status, out, err = found[2, rank][0]
        assert (status, out) == (64, "")
        assert "softmax is fitted by one process; start it without torchrun" in err


def test_errors_in_the_data_have_the_usual_status(runs):
    found, _ = runs
    for rank in range(2):
        status, _, err = found[2, rank][1]
        assert status == 1
        assert "there is no such file" in err


def test_a_model_file_that_exists_is_an_error_everywhere(runs):
    found, _ = runs
    for rank in range(2):
        status, out, err = found[2, rank][3]
        assert (status, out) == (1, "")
        assert "together exists" in err


def test_a_restarted_run_goes_on_from_the_checkpoint(runs):
    found, folder = runs
    assert (3, 0) not in found
    for rank in (1, 2):
        status, _, err = found[3, rank]
        assert status == 1
        assert f"rank {rank}: another process of this fit has ended" in err
    assert [found[4, rank][0] for rank in range(4)] == [0, 0, 0, 0]
    assert json.loads(found[4, 0][1])["epochs"] == 7
    assert model(folder / "killed") == model(folder / "alone")


def test_a_command_without_torchrun_is_as_always(monkeypatch):
    for name in PLACE:
        monkeypatch.delenv(name, raising=False)
    assert not torchrun.is_launched()
    assert torchrun.one_of_many(lambda: 7)() == 7


def test_processes_that_do_not_find_each_other_are_an_error(monkeypatch, capsys):
    pytest.importorskip("torch", reason="needs PyTorch: pip install -e '.[torch]'")
    for name, value in PLACE.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("chainrule.training.processes.SILENCE", 0.2)
    assert main(["train", "iris"]) == 1
    assert "the processes of torchrun do not find each other" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("given", "local", "expected"),
    [(None, "1", 6), ("1", "1", 6), ("1", "4", 1), ("1", "9", 1), ("3", "4", 3), ("1", "2", 3)],
)
def test_the_cores_are_divided_unless_the_user_has_done_it(given, local, expected, monkeypatch):
    monkeypatch.setattr(torchrun.sys, "platform", "other")
    monkeypatch.setattr(torchrun.os, "cpu_count", lambda: 6)
    monkeypatch.setenv("LOCAL_WORLD_SIZE", local)
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    if given is not None:
        monkeypatch.setenv("OMP_NUM_THREADS", given)
    assert torchrun._threads() == expected


@pytest.mark.parametrize(("machines", "attempt"), [("1", "2"), ("3", "0"), (None, "0")])
def test_restarts_on_one_machine_do_not_read_the_addresses_of_the_dead(machines, attempt, monkeypatch):
    monkeypatch.setenv("TORCHELASTIC_RESTART_COUNT", "2")
    monkeypatch.delenv("GROUP_WORLD_SIZE", raising=False)
    if machines is not None:
        monkeypatch.setenv("GROUP_WORLD_SIZE", machines)
    assert torchrun._attempt() == attempt


def test_a_restart_is_known_by_its_count(monkeypatch):
    for name, value in PLACE.items():
        monkeypatch.setenv(name, value)
    for count, expected in (("0", False), ("1", True), ("12", True)):
        monkeypatch.setenv("TORCHELASTIC_RESTART_COUNT", count)
        assert torchrun.is_restarted() is expected
