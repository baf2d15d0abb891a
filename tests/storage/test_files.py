"""Which files a path or a glob names, in which order, and what is said of those that cannot be read."""

import os

import pytest

from chainrule.storage.files import (
    DataFileError,
    advise,
    check_size,
    find_files,
    natural_key,
    reading,
    replacing,
    size_of,
)


@pytest.fixture
def folder(tmp_path):
    for name in ("part-10.npy", "part-9.npy", "part-009.npy", "odd[1].npy", "other.txt"):
        (tmp_path / name).write_text("x")
    return tmp_path


def names(paths):
    return [os.path.basename(path) for path in paths]


def test_a_glob_stands_for_its_files_in_natural_order(folder):
    assert names(find_files(f"{folder}/part-*.npy")) == ["part-009.npy", "part-9.npy", "part-10.npy"]
    assert names(find_files(folder / "part-*.npy")) == ["part-009.npy", "part-9.npy", "part-10.npy"]


def test_a_list_keeps_its_order(folder):
    given = [folder / "part-10.npy", f"{folder}/part-0*", folder / "part-9.npy"]
    assert names(find_files(given)) == ["part-10.npy", "part-009.npy", "part-9.npy"]


def test_a_file_whose_name_looks_like_a_glob_is_found(folder):
    assert names(find_files(folder / "odd[1].npy")) == ["odd[1].npy"]


def test_natural_order_compares_digits_by_value_and_words_by_letters():
    given = ["b2", "b10", "a", "b", "10", "9", "b2x"]
    assert sorted(given, key=natural_key) == ["9", "10", "a", "b", "b2", "b2x", "b10"]


def test_a_path_without_files_is_named(folder):
    with pytest.raises(DataFileError, match=r"none-\*\.npy: there is no such file"):
        find_files([folder / "part-9.npy", folder / "none-*.npy"])
    with pytest.raises(DataFileError, match="empty list"):
        find_files([])


def test_a_file_named_twice_is_refused_also_by_a_link(folder):
    (folder / "link.npy").symlink_to(folder / "part-9.npy")
    for other in ("part-9.npy", "link.npy"):
        with pytest.raises(DataFileError, match="named twice"):
            find_files([folder / "part-9.npy", folder / other])


def test_missing_and_empty_files_are_told_apart(folder):
    (folder / "empty").write_bytes(b"")
    with pytest.raises(DataFileError, match="empty: the file is empty"):
        size_of(str(folder / "empty"))
    with pytest.raises(DataFileError, match="gone: cannot be read: No such file"):
        size_of(str(folder / "gone"))
    assert size_of(str(folder / "other.txt")) == 1


def test_a_file_of_another_size_is_not_read(folder):
    path = str(folder / "other.txt")
    with reading(path, 1) as file:
        assert file.read() == b"x"
    with (
        pytest.raises(DataFileError, match=r"other.txt: the file had 2 bytes when it was opened and has 1 now"),
        reading(path, 2),
    ):
        pass
    check_size(path, None, 7)
    with pytest.raises(DataFileError, match="gone: cannot be read: No such file"), reading(str(folder / "gone")):
        pass


def test_advice_never_fails(folder, monkeypatch):
    advise(str(folder / "other.txt"), 0, 0, "WILLNEED")
    advise(str(folder / "gone"), 0, 0, "DONTNEED")
    monkeypatch.delattr(os, "posix_fadvise", raising=False)
    advise(str(folder / "other.txt"), 0, 0, "WILLNEED")


def test_a_file_is_replaced_when_it_is_whole_also_behind_a_link(folder):
    (folder / "link").symlink_to(folder / "other.txt")
    with replacing(folder / "link") as file:
        file.write(b"new")
        assert (folder / "other.txt").read_text() == "x"
    assert (folder / "link").is_symlink()
    assert (folder / "other.txt").read_bytes() == b"new"


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_an_error_leaves_the_earlier_file_and_nothing_else(folder, error):
    before = sorted(os.listdir(folder))

    def fail():
        with replacing(folder / "other.txt") as file:
            file.write(b"part")
            raise error

    with pytest.raises(type(error)):
        fail()
    assert sorted(os.listdir(folder)) == before
    assert (folder / "other.txt").read_text() == "x"


def test_an_error_of_the_system_names_the_file(folder):
    with pytest.raises(OSError, match=r"No such file.*gone/model"), replacing(folder / "gone" / "model"):
        pass
