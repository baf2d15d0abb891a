"""Fits that processes share: the bits are those of one process, and a process that is lost or differs is an error."""

import signal
import warnings

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning

from chainrule.training import Judge, Progress, Recipe
from chainrule.training.processes import Processes, from_rank_0, is_rank_0, processes_of_group

COUNTS = (1, 2, 3, 4)

DATA = """
import numpy as np
from scipy.sparse import csr_matrix
from chainrule import ConvClassifier, MLPClassifier
from chainrule.training import batch_gradients, parts, processes

def data(dtype=float, count=155):
    rng = np.random.default_rng(8)
    X = rng.normal(size=(count, 9)).astype(dtype) * np.geomspace(0.1, 5, 9, dtype=dtype)
    y = (X[:, :3] @ np.array([[1, -2, 0.3], [0.5, 1, -1], [2, 0.1, 0.2]]) + rng.normal(size=(count, 3))).argmax(axis=1)
    return X, y, rng.uniform(0.05, 3, count).astype(dtype)
"""

FITS = (
    DATA
    + """
import tempfile
from chainrule.storage import Blocks

def model(**parameters):
    chosen = dict(hidden_layer_sizes=(13, 6), batch_size=41, max_iter=3, random_state=3, dropout=0.3)
    return MLPClassifier(**(chosen | parameters))

X, y, w = data()
X32, _, w32 = data(np.float32)

def weighted():
    held = data(count=37)
    options = dict(class_weight={0: 1, 1: 2.5, 2: 0.4}, label_smoothing=0.1, alpha=0.3, max_grad_norm=0.2)
    return model(**options).fit(X, y, w, eval_set=held)

def stopped_early():
    options = dict(early_stopping=True, max_iter=60, n_iter_no_change=1, eval_metric="log_loss")
    return model(learning_rate_init=0.2, **options).fit(X, y)

def stopped_by_a_callback():
    ended = []
    def second(progress):
        assert processes.is_rank_0()
        return progress.epoch == 2
    return model(callbacks=[second], max_iter=60).fit(X, y)

def fewer_rows_than_parts():
    return model(batch_size=5, learning_rate="adaptive", solver="sgd").fit(X, y, w)

def float32():
    return model(solver="adamw").fit(X32, y, w32)

def all_samples_at_once():
    batch_gradients.FULL_BATCH_BLOCK = 50
    return model(solver="gd").fit(X, y, w)

def sparse():
    return model().fit(csr_matrix(X * (np.abs(X) > 0.7)), y, w)

def two_classes_one_pass_at_a_time():
    fitted = model(max_iter=1)
    for rows in (slice(0, 80), slice(80, 155)):
        fitted.partial_fit(X[rows], y[rows] > 0, w[rows], classes=[False, True])
    return fitted

def images():
    pixels = np.random.default_rng(2).random((70, 2 * 8 * 8))
    fitted = ConvClassifier(
        "conv 4 3x3 pad 1, relu, pool 2, dropout 0.2, flatten, linear 7, relu",
        image_shape=(2, 8, 8), augment="shift 1, flip", batch_size=33, max_iter=2, random_state=1,
    )
    return fitted.fit(pixels, y[:70])

def whole_lbfgs():
    return model(solver="lbfgs", dropout=0.0, max_iter=7).fit(X, y, w)

def samples_in_files():
    with tempfile.TemporaryDirectory() as folder:
        np.save(f"{folder}/X.npy", X)
        return model().fit(Blocks(f"{folder}/X.npy"), y, w)

FITS = [
    samples_in_files,
    weighted, stopped_early, stopped_by_a_callback, fewer_rows_than_parts, float32, all_samples_at_once, sparse,
    two_classes_one_pass_at_a_time, images, whole_lbfgs,
]

def work(rank, count, folder):
    # The parts of one process are shared by two threads, or are not; the tiles of images would be.
    parts.WORTH_THREADS = np.inf if count == 2 else 0
    results = {}
    for fit in FITS:
        fitted = fit()
        arrays = [*fitted.coefs_, *fitted.intercepts_]
        course = [fitted.loss_curve_, fitted.validation_scores_, fitted.n_iter_, fitted.stopped_by_, fitted.t_]
        results[fit.__name__] = [array.copy() for array in arrays], course
    results["seed"] = model(random_state=None, max_iter=1).fit(X, y)._seed
    return results
"""
)

NAMES = [
    "samples_in_files",
    "weighted",
    "stopped_early",
    "stopped_by_a_callback",
    "fewer_rows_than_parts",
    "float32",
    "all_samples_at_once",
    "sparse",
    "two_classes_one_pass_at_a_time",
    "images",
    "whole_lbfgs",
]


@pytest.fixture(scope="module")
def fits(run_in_groups, tmp_path_factory):
    """The fits of every rank of groups of 1 to 4 processes."""
    found = run_in_groups(FITS, COUNTS, tmp_path_factory.mktemp("fits"))
    assert all(isinstance(results, dict) for results in found.values()), found
    return found


@pytest.fixture(scope="module")
def alone():
    """The same fits by this process, without a group."""
    names = {}
    exec(FITS, names)
    before = names["batch_gradients"].FULL_BATCH_BLOCK
    found = {}
    for fit in names["FITS"]:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            found[fit.__name__] = fit()
    names["batch_gradients"].FULL_BATCH_BLOCK = before
    return found


@pytest.mark.parametrize("name", NAMES)
def test_the_bits_depend_neither_on_the_number_of_processes_nor_on_threads(fits, name):
    arrays, course = fits[1, 0][name]
    for found, same_course in (results[name] for results in fits.values()):
        assert same_course == course
        for one, other in zip(arrays, found, strict=True):
            assert one.dtype == other.dtype
            assert one.tobytes() == other.tobytes()


@pytest.mark.parametrize("name", NAMES)
def test_a_shared_fit_is_the_fit_of_one_process_up_to_rounding(fits, alone, name):
    arrays, course = fits[3, 1][name]
    expected = alone[name]
    precise = 2e-3 if name == "float32" else 1e-7
    for found, wanted in zip(arrays, [*expected.coefs_, *expected.intercepts_], strict=True):
        np.testing.assert_allclose(found, wanted, rtol=precise, atol=precise)
    assert course[2:] == [expected.n_iter_, expected.stopped_by_, expected.t_]
    np.testing.assert_allclose(course[0], expected.loss_curve_, rtol=precise)


def test_the_fits_ended_as_they_were_meant_to(fits):
    ends = {name: fits[4, 3][name][1][2:4] for name in NAMES}
    assert ends["stopped_by_a_callback"] == [2, "callback"]
    assert ends["stopped_early"][1] == "patience"
    assert ends["weighted"] == [3, "max_iter"]


def test_without_a_random_state_all_ranks_take_the_seed_of_rank_0(fits):
    assert len({fits[4, rank]["seed"] for rank in range(4)}) == 1


TROUBLE = (
    DATA
    + """
import os, signal, threading, time
import pytest
from chainrule.estimators import checkpoints

X, y, w = data(count=90)

def model(**parameters):
    chosen = dict(hidden_layer_sizes=(7,), batch_size=32, max_iter=4, random_state=3, dropout=0.3)
    return MLPClassifier(**(chosen | parameters))

def error_of(function, *arguments):
    try:
        function(*arguments)
    except BaseException as error:
        return type(error).__name__, str(error)

def other_data(rank):
    other = X.copy()
    other[17, 2] += (rank == 1) * 1e-9
    return error_of(model().fit, other, y)

def other_parameters(rank):
    return error_of(model(alpha=0.1 * rank, hidden_layer_sizes=(7 + rank,), verbose=rank).fit, X, y, w)

def other_method(rank):
    return error_of(model().fit, X, y) if rank != 1 else error_of(model().partial_fit, X, y, None, [0, 1, 2])

def other_weights_so_far(rank):
    fitted = model().fit(X, y)
    fitted.coefs_[0][0, 0] += rank
    return error_of(fitted.partial_fit, X, y)

def error_in_a_callback(rank):
    def broken(progress):
        raise KeyError("the disk is full")
    return error_of(model(callbacks=[broken]).fit, X, y)

def interrupted(rank):
    def ctrl_c(progress):
        if progress.epoch == 2:
            os.kill(os.getpid(), signal.SIGINT)
    fitted = model(callbacks=[ctrl_c], max_iter=50).fit(X, y)
    return fitted.stopped_by_, fitted.n_iter_, fitted._solver_steps, fitted.coefs_[0].tobytes()

def interrupted_elsewhere(rank):
    def ctrl_c(y, probabilities):
        if rank == 1:
            os.kill(os.getpid(), signal.SIGINT)
        return 0.5
    fitted = model(max_iter=3, eval_metric=ctrl_c).fit(X, y, eval_set=(X, y))
    return fitted.stopped_by_, fitted.n_iter_

def fit_within_a_fit(rank):
    return error_of(model(callbacks=[lambda progress: model().fit(X, y)]).fit, X, y)

def verbose(rank):
    said = []
    import builtins
    recorded, builtins.print = builtins.print, lambda *words, **options: said.append(words)
    from chainrule.estimators import recipes
    recipes.print = builtins.print
    try:
        model(verbose=True).fit(X, y)
    finally:
        builtins.print = recorded
    return len(said)

def work(rank, count, folder):
    found = {}
    for scenario in (
        other_data, other_parameters, other_method, other_weights_so_far, error_in_a_callback, interrupted,
        interrupted_elsewhere, fit_within_a_fit, verbose,
    ):
        found[scenario.__name__] = scenario(rank)
    return found
"""
)


@pytest.fixture(scope="module")
def trouble(run_in_groups, tmp_path_factory):
    """What three processes get when something is wrong with one of them."""
    found = run_in_groups(TROUBLE, (3,), tmp_path_factory.mktemp("trouble"))
    assert [type(results) for results in found.values()] == [dict] * 3, found
    return found


@pytest.mark.parametrize(
    ("scenario", "words"),
    [
        ("other_data", ("X is 90x9", "on rank 1")),
        ("other_parameters", ("alpha is 0.1 on rank 1", "alpha is 0.2 on rank 2", "hidden_layer_sizes is")),
        ("other_method", ("the call is MLPClassifier.partial_fit on rank 1 and MLPClassifier.fit on rank 0",)),
        ("other_weights_so_far", ("the weights so far is", "on rank 1", "on rank 2")),
    ],
)
def test_a_rank_that_differs_is_named_on_all_ranks(trouble, scenario, words):
    for rank in range(3):
        kind, message = trouble[3, rank][scenario]
        assert kind == "ValueError"
        assert all(part in message for part in words), message
    if scenario == "other_data":
        assert "rank 2" not in message
        assert "y is" not in message


def test_what_a_callback_raises_on_rank_0_is_raised_everywhere(trouble):
    assert {trouble[3, rank]["error_in_a_callback"] for rank in range(3)} == {("KeyError", "'the disk is full'")}


def test_ctrl_c_on_rank_0_ends_the_fit_after_the_same_step_everywhere(trouble):
    ends = {trouble[3, rank]["interrupted"] for rank in range(3)}
    assert len(ends) == 1
    # The first step of the third epoch tells the others, and is not taken.
    assert next(iter(ends))[:3] == ("interrupt", 2, 6)


def test_ctrl_c_on_another_rank_is_ignored(trouble):
    assert {trouble[3, rank]["interrupted_elsewhere"] for rank in range(3)} == {("max_iter", 3)}


def test_a_second_fit_within_a_fit_is_refused(trouble):
    message = "a group of processes fits one network at a time, and another thread is fitting one"
    assert {trouble[3, rank]["fit_within_a_fit"] for rank in range(3)} == {("RuntimeError", message)}


def test_rank_0_alone_prints(trouble):
    assert [trouble[3, rank]["verbose"] for rank in range(3)] == [4, 0, 0]


ENDED = (
    DATA
    + '''
import os, signal
X, y, w = data(count=90)
calls = [0]

def ended_in_epoch_3(signals, **parameters):
    """A network whose process gets a signal, if there is one for its group and rank, in its third epoch."""
    def metric(y, probabilities):
        calls[0] += 1
        if calls[0] == 3 and place in signals:
            os.kill(os.getpid(), signals[place])
        return float((probabilities.argmax(axis=1) == y).mean())
    place = int(os.environ["WORLD_SIZE"]), int(os.environ["RANK"])
    return MLPClassifier(batch_size=32, eval_metric=metric, **parameters)
'''
)

LOST = (
    ENDED
    + """

def work(rank, count, folder):
    if count == 2 and rank == 1:
        open(f"{folder}/stopped", "w").write(str(os.getpid()))
    signals = {(2, 1): signal.SIGSTOP, (3, 2): signal.SIGKILL}
    def wait_for_less(progress):
        # Not before, and not in the group of 3, where a death is told at once: a busy machine answers late.
        if count == 2 and progress.epoch == 2:
            processes.SILENCE = 1.0
    fitted = ended_in_epoch_3(
        signals, hidden_layer_sizes=(5,), max_iter=50, random_state=3, callbacks=[wait_for_less]
    )
    try:
        fitted.fit(X, y, eval_set=(X, y))
    except BaseException as error:
        if count == 2:  # the launcher waits for the process that stands still
            os.kill(int(open(f"{folder}/stopped").read()), signal.SIGKILL)
        return type(error).__name__, str(error), hasattr(fitted, "coefs_")
"""
)


def test_a_lost_process_ends_in_an_error_on_all_others(run_in_groups, tmp_path):
    found = run_in_groups(LOST, (2, 3), tmp_path)
    assert sorted(found) == [(2, 0), (3, 0), (3, 1)]
    for (count, rank), (kind, message, fitted) in found.items():
        seconds = 1 if count == 2 else 60
        assert kind == "ConnectionError"
        assert message.startswith(
            f"rank {rank}: another process of this fit has ended, or has not answered for {seconds} s"
        )
        assert not fitted


RESTARTED = (
    ENDED
    + """
from chainrule.estimators import checkpoints
checkpoints.SECONDS_BETWEEN = 0.0

def work(rank, count, folder):
    # Groups of 2 and 3 are killed, by rank 1 and by rank 0. The group of 4 goes on, and one process is undisturbed.
    signals = {(2, 1): signal.SIGKILL, (3, 0): signal.SIGKILL}
    # The seed is that of the first fit, also in those that go on.
    seed = 5 if count == 1 else np.random.RandomState(5)
    fitted = ended_in_epoch_3(
        signals, hidden_layer_sizes=(7,), max_iter=11, random_state=seed, dropout=0.2, solver="sgd",
        checkpoint=folder + ("/undisturbed" if count == 1 else "/fit"),
    )
    fitted.fit(X, y, eval_set=data(count=51)[:2])
    return fitted.coefs_[0].tobytes(), fitted.loss_curve_, fitted.validation_scores_, calls[0]
"""
)


def test_a_killed_fit_goes_on_from_the_checkpoint_of_rank_0_bit_for_bit(run_in_groups, tmp_path):
    found = run_in_groups(RESTARTED, (1, 2, 3, 4), tmp_path)
    whole = found[1, 0]
    assert [found[4, rank][:3] for rank in range(4)] == [whole[:3]] * 4
    assert found[2, 0][0] == found[3, 1][0] == found[3, 2][0] == "ConnectionError"
    # Two epochs of the first group were kept, and two of the second.
    assert found[4, 0][3] == whole[3] - 4
    assert not (tmp_path / "fit").exists()


def test_without_a_group_the_process_is_rank_0():
    assert processes_of_group() is None
    assert is_rank_0()
    assert from_rank_0(lambda: 7) == 7


def test_one_process_of_one_needs_no_messages():
    one = Processes(0, 1)
    assert one.from_rank_0(lambda: {"a": 1}) == {"a": 1}
    one.same_everywhere({"X": "3x4"})
    with pytest.raises(KeyError, match="b"):
        one.from_rank_0(lambda: {}["b"])


def test_an_error_that_cannot_be_sent_is_raised_on_rank_0_itself():
    class Local(Exception):
        pass

    with pytest.raises(Local, match="here"):
        Processes(0, 1).from_rank_0(lambda: (_ for _ in ()).throw(Local("here")))


def test_every_callback_is_called_whatever_the_first_answers():
    called = []
    recipe = Recipe(
        None, None, callbacks=(lambda progress: called.append(1) or True, lambda progress: called.append(2))
    )
    shared, judge = Processes(0, 1).shared(recipe, Judge(lambda theta: 2.0 * theta, "double"))
    assert shared.callbacks[0](Progress(1, 2, 0.5, None, 1.0, 1.0, 1.0)) is True
    assert called == [1, 2]
    assert judge.score(4.0) == 8.0


def test_ctrl_c_is_held_back_during_a_fit_and_heard_after_it():
    one = Processes(0, 1)
    with one.fitting():
        signal.raise_signal(signal.SIGINT)
        assert one.interrupted.is_set()
        with pytest.raises(RuntimeError, match="another thread is fitting one"):
            Processes(0, 1).same_everywhere({})
        with pytest.raises(RuntimeError, match="another thread is fitting one"), Processes(0, 1).fitting():
            pass
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)
