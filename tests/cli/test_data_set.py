"""The split into training and held-out samples."""

from pathlib import Path

import pytest


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_classes_with_few_rows_work_or_are_named(chainrule, train, write, count):
    rows = [[n, "aster" if n % 2 else "bluebell"] for n in range(60)]
    rows += [[100 + n, "rarity"] for n in range(count)]
    outcome = train(write(Path("d.csv"), ("stem", "species"), rows), "--target", "species", "--out", "m")
    if outcome.survived():
        outcome.trained()
        chainrule("predict", "m", "d.csv").predictions(60 + count)
    else:
        outcome.complaint("rarity")
        assert count < 4


@pytest.mark.parametrize("count", [1, 2])
def test_too_few_rows(chainrule, write, count):
    data = write(Path("d.csv"), ("stem", "species"), [[n, "ab"[n % 2]] for n in range(count)])
    chainrule("train", data, "--target", "species", "--epochs", "3").complaint()
    assert not list(Path.cwd().rglob("*.chainrule"))


def test_three_rows_are_no_crash(train, write):
    data = write(Path("d.csv"), ("stem", "species"), [[n, "ab"[n % 2]] for n in range(3)])
    outcome = train(data, "--target", "species")
    if outcome.survived():
        outcome.trained({"a", "b"}, rows=3)


@pytest.mark.parametrize(("share", "rows"), [("0.001", 150), ("0.999", 150), ("0.01", 150), ("0.99", 150)])
def test_shares_that_leave_a_class_without_rows(train, share, rows):
    outcome = train("iris", "--test-size", share)
    if outcome.survived():
        outcome.trained(rows=rows)


@pytest.mark.parametrize(("share", "rows"), [("0.2", 30), ("0.5", 75)])
def test_test_size_is_the_share_held_out(train, share, rows):
    assert abs(train("iris", "--test-size", share).trained()["n_test"] - rows) <= 1


def test_the_split_keeps_the_proportions_of_the_classes(train):
    report = train("iris", "--test-size", "0.2").trained()
    assert [entry["support"] for entry in report["classes"]] == [10, 10, 10]
