"""What the processes of a fit compare before it, and the checkpoint that rank 0 alone has."""

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from chainrule import MLPClassifier
from chainrule.engines.fingerprint import fingerprint
from chainrule.estimators import agreement
from chainrule.estimators.agreement import CheckpointerOfRank0, agree
from chainrule.estimators.checkpoints import Checkpointer
from chainrule.training import Run
from chainrule.training.processes import Processes


def facts(monkeypatch, parameters=None, **arrays):
    found = {}
    monkeypatch.setattr(Processes, "same_everywhere", lambda self, facts: found.update(facts))
    monkeypatch.setattr(agreement, "processes_of_group", lambda: Processes(0, 1))
    assert agree("fit", parameters or {}, **arrays) == Processes(0, 1)
    return found


def test_without_a_group_nothing_is_compared(monkeypatch):
    monkeypatch.setattr(Processes, "same_everywhere", None)
    assert agree("fit", {}, X=np.ones((2, 3))) is None


def test_parameters_samples_and_versions_are_compared(monkeypatch):
    found = facts(monkeypatch, MLPClassifier((3, 4)).get_params(), X=np.ones((2, 3)), y=np.arange(2), weights=None)
    assert found["the call"] == "fit"
    assert found["alpha"] == "0.0001"
    assert found["solver"] == "'adam'"
    assert found["X"].startswith("2x3 (")
    assert found["weights"] == "absent"
    assert found["the software"].split(", ") == list(fingerprint())


def test_what_may_differ_between_ranks_is_not_compared(monkeypatch):
    parameters = {"random_state": 3, "callbacks": [print], "verbose": True, "device": "cpu"}
    found = facts(monkeypatch, MLPClassifier(**parameters).get_params())
    assert not {*parameters, "checkpoint"} & set(found)


@pytest.mark.parametrize("kind", [np.asarray, csr_matrix])
def test_one_bit_of_one_sample_changes_the_facts(kind, monkeypatch):
    X = np.arange(12.0).reshape(4, 3)
    changed = X.copy()
    changed[2, 1] = np.nextafter(changed[2, 1], 9)
    assert facts(monkeypatch, X=kind(X))["X"] == facts(monkeypatch, X=kind(X.copy()))["X"]
    assert facts(monkeypatch, X=kind(X))["X"] != facts(monkeypatch, X=kind(changed))["X"]


def test_a_function_is_compared_by_its_name(monkeypatch):
    first, second = (facts(monkeypatch, {"eval_metric": metric})["eval_metric"] for metric in (np.mean, np.median))
    assert first != second
    assert first == facts(monkeypatch, {"eval_metric": np.mean})["eval_metric"]


def test_rank_0_opens_keeps_and_removes_the_checkpoint(tmp_path, monkeypatch):
    monkeypatch.setattr("chainrule.estimators.checkpoints.SECONDS_BETWEEN", 0.0)
    path = tmp_path / "fit"
    shared = CheckpointerOfRank0(Processes(0, 1), lambda: Checkpointer(path, "f", 5, {}))
    assert shared.seed == 5
    run = Run(np.array([1.0, 2.0]), epoch=3, best=np.array([4.0, 5.0]))
    shared.keep(run)
    other = Run(np.zeros(2), best=np.zeros(2))
    CheckpointerOfRank0(Processes(0, 1), lambda: Checkpointer(path, "f", 9, {})).restore(other)
    assert other.epoch == 3
    assert other.theta.tolist() == [1, 2]
    shared.finished()
    assert not path.exists()


def test_another_rank_takes_the_run_of_rank_0_into_its_own_parameters(monkeypatch):
    found = vars(Run(np.array([1.0, 2.0]), epoch=3, best=np.array([4.0, 5.0])))
    answers = iter([7, found])
    monkeypatch.setattr(Processes, "from_rank_0", lambda self, compute: next(answers))
    shared = CheckpointerOfRank0(Processes(1, 2), lambda: pytest.fail("rank 1 opens no file"))
    theta = np.zeros(2)
    run = Run(theta)
    shared.restore(run)
    shared.keep(run)
    shared.finished()
    assert shared.seed == 7
    assert run.theta is theta
    assert (theta.tolist(), run.best.tolist(), run.epoch) == ([1, 2], [4, 5], 3)
