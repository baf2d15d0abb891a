"""A save leaves a complete file, or the one that was there."""

import errno
import os
import stat
import subprocess
import sys
import threading

import numpy as np
import pytest
from sklearn.preprocessing import MinMaxScaler, StandardScaler

from chainrule.estimators.persistence import load, save

posix = pytest.mark.skipif(os.name != "posix", reason="asks for POSIX permissions and limits")


def scaler(value):
    return StandardScaler().fit([[value], [value]])


@pytest.fixture
def small(tmp_path):
    """A model file, as a path and as bytes."""
    path = save(scaler(1.0), tmp_path / "small.model")
    return path, path.read_bytes()


def test_errors_of_the_system_pass(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"; expected a model file, which `save` .* writes: '.*absent'"):
        load(tmp_path / "absent")
    with pytest.raises(IsADirectoryError):
        load(tmp_path)
    with pytest.raises(FileNotFoundError, match=r"could not save the model to .*absent.a\.model: No such file"):
        save(scaler(1.0), tmp_path / "absent" / "a.model")
    (tmp_path / "folder").mkdir()
    with pytest.raises(OSError, match=r"could not save the model to .*folder"):
        save(scaler(1.0), tmp_path / "folder")
    assert os.listdir(tmp_path) == ["folder"]


@pytest.mark.parametrize("place", ["os.fsync", "os.replace", "numpy.lib.format.write_array"])
def test_a_full_disk_leaves_what_was_there(place, small, monkeypatch):
    path, data = small

    def full(*_, **__):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(place, full)
    with pytest.raises(OSError, match=rf"could not save the model to {path}: No space left") as caught:
        save(scaler(2.0), path)
    assert caught.value.errno == errno.ENOSPC
    assert path.read_bytes() == data
    assert os.listdir(path.parent) == [path.name]


@pytest.mark.parametrize("error", [KeyboardInterrupt, MemoryError])
def test_an_interrupted_save_leaves_what_was_there(error, small, monkeypatch):
    path, data = small

    def interrupted(*_, **__):
        raise error

    monkeypatch.setattr("os.fsync", interrupted)
    with pytest.raises(error):
        save(scaler(2.0), path)
    assert path.read_bytes() == data
    assert os.listdir(path.parent) == [path.name]


@posix
def test_a_file_beyond_the_limit_leaves_what_was_there(small):
    path, data = small
    script = f"""
import resource
import numpy as np
from sklearn.preprocessing import StandardScaler
from chainrule.estimators.persistence import save
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
try:
    save(StandardScaler().fit(np.zeros((2, 5000))), {str(path)!r})
except OSError as error:
    print(error)
"""
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert f"could not save the model to {path}: File too large" in ended.stdout
    assert path.read_bytes() == data
    assert os.listdir(path.parent) == [path.name]


def test_readers_see_the_old_file_or_the_new_one(tmp_path):
    path = save(MinMaxScaler().fit(np.zeros((2, 500))), tmp_path / "a.model")
    seen, errors, done = set(), [], threading.Event()

    def read():
        while not done.is_set():
            try:
                seen.update(load(path).data_min_)
            except Exception as error:
                errors.append(error)

    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    for turn in range(60):
        save(MinMaxScaler().fit(np.full((2, 500), turn % 2)), path)
    done.set()
    for reader in readers:
        reader.join()
    assert not errors
    assert seen == {0.0, 1.0}


@posix
@pytest.mark.parametrize(("mask", "mode"), [(0o022, 0o644), (0o077, 0o600), (0o002, 0o664)])
def test_permissions_follow_the_umask(mask, mode, tmp_path):
    before = os.umask(mask)
    try:
        path = save(scaler(1.0), tmp_path / "a.model")
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == mode


@posix
def test_a_link_stays_and_its_target_is_replaced(small, tmp_path):
    path, _ = small
    link = tmp_path / "latest"
    link.symlink_to(path)
    assert save(scaler(2.0), link) == link
    assert link.is_symlink()
    assert load(path).mean_ == 2


def test_names_of_any_kind_are_written(tmp_path):
    for name in ("a", "b.npz", "ü" * 100, "with space"):
        assert load(save(scaler(3.0), str(tmp_path / name))).mean_ == 3
