"""A second run takes no pass that the first one has taken, and notices if it is of another fit."""

import errno

import numpy as np
import pytest
import scipy.sparse as sp

from chainrule.engines import JournaledEngine, JournalError, Leaves, LocalEngine
from chainrule.solvers.convex.row_blocks import LogitPoint

X = np.random.default_rng(0).normal(size=(50, 3)) * [1e-6, 1.0, 1e6]
Y = np.arange(50) % 4
STRIDED = np.arange(24.0).reshape(4, 6)[:, ::2]

SUMS = {
    "number": 3,
    "float": 0.1,
    "truth": True,
    "scalar": np.float32(0.1),
    "array": np.arange(6).reshape(2, 3),
    "array by columns": np.asfortranarray(X),
    "nothing in a tuple": (1, None, (2.0, [None])),
    "list of arrays": [X, X[:0]],
    "empty list": [],
    "sparse": [sp.csr_array(X * (X > 0)), sp.csr_matrix((2, 5))],
}


def same(a, b):
    if isinstance(a, tuple | list):
        return type(a) is type(b) and len(a) == len(b) and all(map(same, a, b))
    if sp.issparse(a):
        return (
            type(a) is type(b)
            and a.shape == b.shape
            and same([a.data, a.indices, a.indptr], [b.data, b.indices, b.indptr])
        )
    if isinstance(a, np.ndarray):
        layout = [(one.flags.c_contiguous, one.flags.f_contiguous, one.flags.aligned) for one in (a, b)]
        return a.dtype == b.dtype and np.array_equal(a, b) and layout[0] == layout[1]
    return type(a) is type(b) and a == b


def local():
    return LocalEngine(Leaves(X, Y, None, 50))


def unused(leaf, state):
    raise AssertionError("a pass was taken again")


class Counting:
    """A function of leaves by a name that both runs share."""

    def __init__(self, result):
        self.result, self.calls = result, 0

    def pass_over(self):
        def function(leaf, state):
            self.calls += 1
            return self.result

        return function


@pytest.mark.parametrize("name", SUMS)
def test_all_sums_are_read_as_they_were_written(tmp_path, name):
    counting = Counting(SUMS[name])
    first = JournaledEngine(local(), tmp_path).map_reduce(counting.pass_over(), (1, X))
    second = JournaledEngine(local(), tmp_path).map_reduce(counting.pass_over(), (1, X.copy()))
    assert counting.calls == 1
    assert same(first, SUMS[name])
    assert same(second, first)


def test_arrays_with_gaps_have_one_layout_in_both_runs(tmp_path):
    counting = Counting((STRIDED,))
    runs = [JournaledEngine(local(), tmp_path).map_reduce(counting.pass_over(), None) for _ in range(2)]
    assert same(*runs)
    assert np.array_equal(runs[0][0], STRIDED)


def test_passes_are_told_apart_by_function_state_and_leaves(tmp_path):
    def add(leaf, state):
        return state

    def other(leaf, state):
        return state

    for changed in [(other, 2.0, None), (add, 2.5, None), (add, 2.0, [0])]:
        folder = tmp_path / str(len(list(tmp_path.iterdir())))
        engine = JournaledEngine(local(), folder)
        assert [engine.map_reduce(add, 1.0), engine.map_reduce(add, 2.0)] == [1.0, 2.0]
        again = JournaledEngine(local(), folder)
        assert again.map_reduce(add, 1.0) == 1.0
        with pytest.raises(JournalError, match=r"pass-00001.npz: this pass is of another fit: other"):
            again.map_reduce(*changed)


def test_a_journal_of_other_samples_is_refused(tmp_path):
    JournaledEngine(local(), tmp_path, "these").map_reduce(Counting(1).pass_over(), None)
    with pytest.raises(JournalError, match="this pass is of another fit"):
        JournaledEngine(local(), tmp_path, "others").map_reduce(Counting(1).pass_over(), None)


def test_numbers_of_points_and_shared_objects_make_no_difference(tmp_path):
    counting, weights = Counting(1), np.ones((3, 2))
    state = LogitPoint.at((weights, weights), "here")
    JournaledEngine(local(), tmp_path).map_reduce(counting.pass_over(), (state, "a"))
    again = LogitPoint.at((weights.copy(), weights.copy()), "".join(["he", "re"]))
    assert again.version != state.version
    JournaledEngine(local(), tmp_path).map_reduce(counting.pass_over(), (again, "a"))
    assert counting.calls == 1
    elsewhere = LogitPoint.at((weights, 2 * weights), "here")
    with pytest.raises(JournalError):
        JournaledEngine(local(), tmp_path).map_reduce(counting.pass_over(), (elsewhere, "a"))


def test_engines_of_other_features_share_the_numbers_of_passes(tmp_path):
    def run():
        engine = JournaledEngine(local(), tmp_path)
        found = [engine.map_reduce(counting.pass_over(), 0)]
        found.append(engine.with_threads(2).map_reduce(counting.pass_over(), 1))
        found.append(engine.around(local()).map_reduce(counting.pass_over(), 2))
        found.append(engine.map_reduce(counting.pass_over(), 3))
        return found

    counting = Counting(7)
    assert run() == run() == [7] * 4
    assert counting.calls == 4
    assert len(list(tmp_path.iterdir())) == 4


@pytest.mark.parametrize("damage", ["truncated", "empty", "text", "flipped"])
def test_a_damaged_file_is_named_and_the_pass_is_taken_again_without_it(tmp_path, damage):
    counting = Counting(X)
    for _ in range(2):
        JournaledEngine(local(), tmp_path).map_reduce(counting.pass_over(), 0)
    path = tmp_path / "pass-00000.npz"
    content = path.read_bytes()
    middle = content.index(X.tobytes()[:64]) if damage == "flipped" else 0
    flipped = content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]
    path.write_bytes({"truncated": content[:-30], "empty": b"", "text": b"hello", "flipped": flipped}[damage])
    with pytest.raises(JournalError, match=r"pass-00000.npz: this file of a journal cannot be read \(.*\); remove it"):
        JournaledEngine(local(), tmp_path).map_reduce(counting.pass_over(), 0)
    path.unlink()
    assert np.array_equal(JournaledEngine(local(), tmp_path).map_reduce(counting.pass_over(), 0), X)
    assert counting.calls == 2


def test_a_file_that_was_being_written_does_no_harm_and_is_removed(tmp_path):
    folder = tmp_path / "new" / "journal"
    engine = JournaledEngine(local(), folder)
    (folder / "pass-00000.npz.part").write_bytes(b"half")
    assert engine.map_reduce(Counting(1).pass_over(), 0) == 1
    (folder / "pass-00001.npz.part").write_bytes(b"half")
    engine.remove()
    assert not folder.exists()


def test_files_of_others_stay(tmp_path):
    engine = JournaledEngine(local(), tmp_path)
    engine.map_reduce(Counting(1).pass_over(), 0)
    (tmp_path / "notes.txt").write_text("mine")
    engine.remove()
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_an_engine_with_a_journal_is_an_engine(tmp_path):
    inner = local()
    engine = JournaledEngine(inner, tmp_path)
    assert engine.x is X
    assert list(engine.blocks()) == [0]
    assert engine.threads == inner.threads == 1
    assert engine.with_threads(3).threads == 3
    engine.close()


def test_a_full_disk_is_named_and_leaves_no_half_pass(tmp_path, monkeypatch):
    def full(file, **arrays):
        file.write(b"half")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(np, "savez", full)
    engine = JournaledEngine(local(), tmp_path)
    with pytest.raises(OSError, match="No space left") as caught:
        engine.map_reduce(lambda leaf, state: leaf.x.sum(), None)
    assert caught.value.filename == str(tmp_path / "pass-00000.npz")
    assert not list(tmp_path.iterdir())
