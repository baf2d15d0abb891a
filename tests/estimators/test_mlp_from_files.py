"""Perceptrons fitted to samples in files: where the order is the same, the fit of arrays; else one as good."""

import os
import signal
import threading
import time

import numpy as np
import pytest
import scipy.sparse as sp

from chainrule import MLPClassifier
from chainrule.estimators import checkpoints
from chainrule.storage import stored_rows
from chainrule.storage.read_ahead import READER
from chainrule.training import shuffled_windows

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

GENERATOR = np.random.default_rng(3)
X = GENERATOR.normal(size=(700, 6)) * [1, 3, 0.2, 1, 1, 2]
Y = np.array(["ash", "beech", "oak"])[
    (X @ GENERATOR.normal(size=(6, 3)) + 0.3 * GENERATOR.normal(size=(700, 3))).argmax(1)
]
WEIGHTS = GENERATOR.integers(0, 4, 700).astype(float)


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch):
    """Blocks of 20 rows, and windows of 5 blocks."""
    monkeypatch.setattr(stored_rows, "NUMBERS_OF_A_BLOCK", 120)
    monkeypatch.setattr(shuffled_windows, "BLOCKS_OF_A_WINDOW", 5)
    yield
    assert not [thread for thread in threading.enumerate() if thread.name.startswith(READER)]


def model_of(**parameters):
    return MLPClassifier(
        **{"hidden_layer_sizes": (7,), "random_state": 0, "max_iter": 6, "batch_size": 32} | parameters
    )


def assert_same(got, want):
    for one, other in zip(got.coefs_ + got.intercepts_, want.coefs_ + want.intercepts_, strict=True):
        assert one.tobytes() == other.tobytes()
    for name in ("loss_curve_", "validation_scores_", "best_loss_", "best_validation_score_", "n_iter_", "t_"):
        assert getattr(got, name) == getattr(want, name), name
    assert got.stopped_by_ == want.stopped_by_


@pytest.mark.parametrize(
    "parameters",
    [
        {"shuffle": False},
        {"shuffle": False, "dropout": 0.3, "class_weight": "balanced"},
        {"shuffle": False, "solver": "sgd", "learning_rate": "invscaling", "dtype": "float32"},
        {"solver": "gd"},
        {"solver": "lbfgs", "class_weight": {"oak": 0.0, "ash": 2.5}},
    ],
    ids=lambda parameters: "-".join(map(str, parameters.values())),
)
@pytest.mark.parametrize("weights", [None, WEIGHTS], ids=["", "weights"])
@pytest.mark.parametrize("kind", [np.asarray, sp.csr_matrix])
def test_in_the_order_of_the_files_a_fit_is_that_of_an_array(array_source, parameters, weights, kind):
    in_files = model_of(**parameters).fit(array_source(kind(X), Y, weights))
    assert_same(in_files, model_of(**parameters).fit(kind(X), Y, weights))
    assert in_files.classes_.tolist() == ["ash", "beech", "oak"]
    assert in_files.coefs_[0].dtype == parameters.get("dtype", "float64")


def test_labels_and_weights_may_be_given(array_source):
    want = model_of().fit(array_source(X, Y, WEIGHTS))
    assert_same(model_of().fit(array_source(X), Y, WEIGHTS), want)
    assert_same(model_of().fit(array_source(X, np.roll(Y, 1), WEIGHTS + 1), Y, WEIGHTS), want)


def test_a_shuffled_fit_is_the_same_whatever_the_pace_of_reading_and_as_good_as_one_in_memory(array_source):
    pauses = np.random.default_rng(0).random(701) * 1e-3
    slow = array_source(X, Y, names=list("abcdef"), before=lambda start, stop: time.sleep(pauses[start]))
    got = model_of(max_iter=60).fit(slow)
    assert_same(got, model_of(max_iter=60).fit(array_source(X, Y)))
    assert got.feature_names_in_.tolist() == list("abcdef")
    assert got.loss_curve_ != model_of(max_iter=60, random_state=1).fit(array_source(X, Y)).loss_curve_
    losses = [model_of(max_iter=60, random_state=seed).fit(X, Y).loss_ for seed in range(6)]
    assert min(losses) - 0.02 < got.loss_ < max(losses) + 0.02
    assert got.score(slow) > 0.9


def test_early_stopping_holds_out_rows_of_the_files(array_source):
    parameters = {"early_stopping": True, "max_iter": 15, "validation_fraction": 0.3, "class_weight": "balanced"}
    seen = []
    source = array_source(X, Y, WEIGHTS)
    model = model_of(**parameters, eval_metric=lambda y, p: seen.append(y.tolist()) or -np.log(p.max(axis=1)).sum())
    model.fit(source)
    assert len(model.validation_scores_) == 15
    assert model.t_ == 15 * int(0.7 * np.count_nonzero(WEIGHTS)), "rows of weight 0 count on neither side"
    assert seen[0] == seen[1]
    in_memory = []
    judged = model_of(
        **parameters | {"max_iter": 1}, eval_metric=lambda y, p: in_memory.append(sorted(y.tolist())) or 0.0
    )
    judged.fit(X, Y, WEIGHTS)
    assert sorted(seen[0]) == in_memory[0], "as many of each class as in memory"


def test_held_out_samples_may_be_in_files(array_source):
    held = X[:150] + 0.1, Y[:150], WEIGHTS[:150]

    def fitted(eval_set):
        return model_of(eval_metric="log_loss", class_weight="balanced").fit(array_source(X, Y), eval_set=eval_set)

    want = fitted(held)
    assert_same(fitted(array_source(*held)), want)
    assert_same(fitted((array_source(*held), None)), want)
    assert_same(fitted((array_source(held[0]), *held[1:])), want)
    in_memory = model_of(shuffle=False).fit(X, Y, eval_set=array_source(*held))
    assert_same(in_memory, model_of(shuffle=False).fit(X, Y, eval_set=held))


def test_a_second_fit_may_go_on_from_the_weights_of_the_first(array_source):
    source = array_source(X, Y)
    model = model_of(warm_start=True, shuffle=False)
    reference = model_of(warm_start=True, shuffle=False)
    for _ in range(2):
        assert_same(model.fit(source), reference.fit(X, Y))
    with pytest.raises(ValueError, match="X has 5 features, but MLPClassifier is expecting 6"):
        model.fit(array_source(X[:, 1:], Y))


def test_several_labels_and_probabilities_are_targets(array_source):
    several = np.stack([X[:, 0] > 0, X[:, 1] > 1], axis=1).astype(int)
    shares = np.stack([X[:, 0] > 0, X[:, 0] <= 0, np.zeros(700)], axis=1) * 0.9 + [0, 0, 0.1]
    for y, options in (several, {}), (shares, {"targets": "proba"}):
        want = model_of(shuffle=False, **options).fit(X, y)
        assert_same(model_of(shuffle=False, **options).fit(array_source(X, y)), want)


def test_fits_on_tensors_are_those_of_arrays_in_memory(array_source):
    pytest.importorskip("torch", reason="needs PyTorch: pip install -e '.[torch]'")
    want = model_of(shuffle=False, device="cpu").fit(X, Y, WEIGHTS)
    assert_same(model_of(shuffle=False, device="cpu").fit(array_source(X, Y, WEIGHTS)), want)
    with pytest.raises(ValueError, match="takes dense X"):
        model_of(device="cpu").fit(array_source(sp.csr_matrix(X), Y))


@pytest.mark.parametrize("solver", ["adam", "gd", "lbfgs"])
@pytest.mark.parametrize("wrong", [np.nan, -np.inf])
def test_a_number_that_is_not_finite_ends_the_fit_with_its_place(array_source, solver, wrong):
    x = X.copy()
    x[613, 4] = wrong
    model = model_of(solver=solver)
    with pytest.raises(ValueError, match=rf"^part-6\.npy, row 13: feature 4 is {wrong}, expected a finite number$"):
        model.fit(array_source(x, Y))
    assert not hasattr(model, "coefs_")


def test_a_read_error_ends_the_fit_and_leaves_the_model_as_it_was(array_source):
    model = model_of().fit(X, Y)
    before = model.coefs_[0].copy()
    reads = []

    def fail(start, stop):
        reads.append(start)
        if len(reads) == 100:
            raise OSError("part-3.npy: Input/output error")

    with pytest.raises(OSError, match=r"part-3\.npy: Input/output error"):
        model.fit(array_source(X, Y, before=fail))
    assert (model.coefs_[0] == before).all()
    assert len(reads) <= 105, "the window that was begun"


@pytest.mark.parametrize(
    ("y", "weights", "message"),
    [
        (Y[:-1], None, "inconsistent numbers of samples"),
        (np.full(700, "oak"), None, "expected at least two classes, got one class"),
        (np.where(X[:, 0] > 0, np.nan, 1.0), None, "Input y contains NaN"),
        (X[:, 0], None, "Unknown label type: continuous"),
        (None, None, "expected labels, since the files hold none"),
        (Y, WEIGHTS[1:], r"sample_weight.shape == \(699,\), expected \(700,\)"),
        (Y, -WEIGHTS, "Negative values"),
        (Y, 0 * WEIGHTS, "every sample has the weight zero"),
    ],
)
def test_labels_and_weights_that_do_not_fit_are_refused_before_anything_is_read(array_source, y, weights, message):
    source = array_source(X, y, weights)
    with pytest.raises(ValueError, match=message):
        model_of().fit(source)
    assert source.reads == []


def test_ctrl_c_within_an_epoch_keeps_the_best_weights(array_source):
    reads = []

    def interrupt(start, stop):
        reads.append(start)
        if len(reads) == 2 * 35 + 12:  # in the third epoch of 35 blocks
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(0.01)

    with pytest.warns(UserWarning, match="interrupted by user after 2 epochs; the best weights so far are kept"):
        model = model_of(learning_rate_init=0.01).fit(array_source(X, Y, before=interrupt), eval_set=(X, Y))
    assert len(reads) < 3 * 35
    want = model_of(learning_rate_init=0.01, max_iter=2).fit(array_source(X, Y), eval_set=(X, Y))
    assert model.validation_scores_ == want.validation_scores_
    assert model.coefs_[0].tobytes() == want.coefs_[0].tobytes()


def test_ctrl_c_within_the_first_epoch_leaves_the_model_as_it_was(array_source):
    reads = []

    def interrupt(start, stop):
        reads.append(start)
        if len(reads) == 12:
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(0.01)

    model = model_of()
    with pytest.raises(KeyboardInterrupt):
        model.fit(array_source(X, Y, before=interrupt))
    assert len(reads) < 35
    assert not hasattr(model, "coefs_")


class Killed(Exception):
    """Stands for the end of a process."""


@pytest.mark.parametrize(
    "parameters",
    [
        {"dropout": 0.3},
        {"early_stopping": True, "validation_fraction": 0.4, "learning_rate": "cosine"},
        {"solver": "sgd", "learning_rate": "adaptive", "tol": 0.05, "n_iter_no_change": 1, "max_iter": 30},
        {"solver": "sgd", "learning_rate": "invscaling", "batch_size": 150},
        {"solver": "gd", "max_iter": 30},
    ],
    ids=lambda parameters: "-".join(map(str, parameters.values())),
)
@pytest.mark.parametrize("stops", [(3,), (28,), (5, 14, 8)])
def test_a_killed_fit_goes_on_within_the_epoch(array_source, tmp_path, monkeypatch, parameters, stops):
    monkeypatch.setattr(checkpoints, "SECONDS_BETWEEN", 0.0)
    whole = model_of(**parameters).fit(array_source(X, Y, WEIGHTS))
    path = tmp_path / "fit.checkpoint"
    keep, steps = checkpoints.Checkpointer.keep, []
    for stop in stops:
        left = [stop]

        def killed_after(self, run, left=left):
            keep(self, run)
            steps.append((run.epoch, run.begun.steps))
            left[0] -= 1
            if not left[0]:
                raise Killed

        monkeypatch.setattr(checkpoints.Checkpointer, "keep", killed_after)
        with pytest.raises(Killed):
            model_of(**parameters, checkpoint=path).fit(array_source(X, Y, WEIGHTS))
        assert path.exists()
    monkeypatch.setattr(checkpoints.Checkpointer, "keep", keep)
    assert len(set(steps)) == len(steps), "no step is taken twice"
    source = array_source(X, Y, WEIGHTS)
    assert_same(model_of(**parameters, checkpoint=path).fit(source), whole)
    assert not path.exists()


def test_a_checkpoint_of_other_files_is_refused(array_source, tmp_path, monkeypatch):
    monkeypatch.setattr(checkpoints, "SECONDS_BETWEEN", 0.0)
    path = tmp_path / "fit.checkpoint"

    def kill(progress):
        raise Killed

    with pytest.raises(Killed):
        model_of(checkpoint=path, callbacks=[kill]).fit(array_source(X, Y))
    other = X.copy()
    other[699, 5] += 1
    for source in (array_source(other, Y), array_source(X, np.roll(Y, 1)), array_source(X, Y, WEIGHTS)):
        with pytest.raises(ValueError, match="is of a fit to other samples"):
            model_of(checkpoint=path).fit(source)
    model_of(checkpoint=path).fit(array_source(X, Y))


SHARED = """
import numpy as np
from chainrule import MLPClassifier
from chainrule.storage import Blocks, stored_rows
from chainrule.training import shuffled_windows

stored_rows.NUMBERS_OF_A_BLOCK, shuffled_windows.BLOCKS_OF_A_WINDOW = 120, 5

def work(rank, count, folder):
    source = Blocks(f"{folder}/x-*.npy", labels=f"{folder}/y.npy")
    parameters = {"random_state": 0, "max_iter": 3, "batch_size": 32, "dropout": 0.2, "tol": 0, "early_stopping": True}
    model = MLPClassifier((7,), **parameters, checkpoint=f"{folder}/fit").fit(source)
    return model.coefs_[0].tobytes(), model.loss_curve_, model.validation_scores_
"""


def test_processes_share_a_fit_to_files_with_the_same_bits(run_in_groups, tmp_path):
    pytest.importorskip("torch", reason="needs PyTorch: pip install -e '.[torch]'")
    for part, rows in enumerate(np.array_split(X, 3)):
        np.save(tmp_path / f"x-{part}.npy", rows)
    np.save(tmp_path / "y.npy", np.unique(Y, return_inverse=True)[1])
    found = run_in_groups(SHARED, (1, 2, 3), tmp_path)
    assert isinstance(found[1, 0][0], bytes)
    assert len(found[1, 0][1]) == 3
    assert all(outcome == found[1, 0] for outcome in found.values())
