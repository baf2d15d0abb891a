"""`chainrule predict`: one row out for each row in, whatever the file looks like."""

import csv
import io
import random
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

SPECIES = {"aster", "bluebell", "crocus"}


def same(left, right):
    assert left.labels == right.labels
    assert left.predicted == right.predicted
    np.testing.assert_allclose(left.probabilities, right.probabilities, rtol=0, atol=1e-5)


@pytest.fixture(scope="module")
def expected(chainrule, flowers_model, new_flowers_csv):
    """Return what the model says about the new flowers."""
    return chainrule("predict", flowers_model, new_flowers_csv).predictions(40, SPECIES)


def test_predictions_are_mostly_right(expected, new_flowers):
    right = [row[-1] == label for row, label in zip(new_flowers, expected.predicted, strict=True)]
    assert np.mean(right) >= 0.85


def test_json_says_the_same_as_csv(chainrule, expected, flowers_model, new_flowers_csv):
    same(chainrule("predict", flowers_model, new_flowers_csv, "--json").answers(40, SPECIES), expected)


def test_out_writes_what_stdout_would_show(chainrule, expected, read_csv_predictions, flowers_model, new_flowers_csv):
    chainrule("predict", flowers_model, new_flowers_csv, "--out", "p.csv").succeeded()
    text = Path("p.csv").read_bytes().decode("utf-8")
    same(read_csv_predictions(text, 40), expected)
    assert "probability_" not in chainrule("predict", flowers_model, new_flowers_csv, "--out", "p.csv").out


def test_predicting_changes_neither_the_model_nor_the_data(chainrule, flowers_model, new_flowers_csv):
    before = flowers_model.read_bytes(), new_flowers_csv.read_bytes()
    chainrule("predict", flowers_model, new_flowers_csv).predictions(40)
    assert (flowers_model.read_bytes(), new_flowers_csv.read_bytes()) == before
    assert not any(Path.cwd().iterdir())


def test_a_model_may_move(chainrule, expected, flowers_model, new_flowers_csv):
    Path("other name").write_bytes(flowers_model.read_bytes())
    same(chainrule("predict", "other name", new_flowers_csv).predictions(40), expected)


def test_the_target_may_be_absent(chainrule, expected, write, flower_header, flowers_model, new_flowers):
    data = write(Path("d.csv"), flower_header[:-1], [row[:-1] for row in new_flowers])
    same(chainrule("predict", flowers_model, data).predictions(40), expected)


@pytest.mark.parametrize("label", ["dandelion", None, 7])
def test_the_target_is_not_looked_at(chainrule, expected, write, flower_header, flowers_model, new_flowers, label):
    data = write(Path("d.csv"), flower_header, [[*row[:-1], label] for row in new_flowers])
    same(chainrule("predict", flowers_model, data).predictions(40), expected)


@pytest.mark.parametrize("seed", range(3))
def test_the_order_of_the_columns_does_not_matter(
    chainrule, expected, write, flower_header, flowers_model, new_flowers, seed
):
    order = list(range(5))
    random.Random(seed).shuffle(order)
    rows = [[row[index] for index in order] for row in new_flowers]
    data = write(Path("d.csv"), [flower_header[index] for index in order], rows)
    same(chainrule("predict", flowers_model, data).predictions(40), expected)


def test_extra_columns_are_ignored(chainrule, expected, write, flower_header, flowers_model, new_flowers):
    header = ("id", "prediction", *flower_header, "probability_aster", "free text")
    rows = [[f"#{i}", "crocus", *row, 0.5, f'say "{i}",\nthen stop'] for i, row in enumerate(new_flowers)]
    same(chainrule("predict", flowers_model, write(Path("d.csv"), header, rows)).predictions(40), expected)


def test_the_order_of_the_rows_is_kept(chainrule, expected, write, flower_header, flowers_model, new_flowers):
    data = write(Path("d.csv"), flower_header, new_flowers[::-1])
    found = chainrule("predict", flowers_model, data).predictions(40)
    assert found.predicted == expected.predicted[::-1]


@pytest.mark.parametrize("size", [1, 7])
def test_a_row_is_judged_alone(chainrule, expected, write, flower_header, flowers_model, new_flowers, size):
    """A column can look like another type when only some of its rows are there."""
    parts = []
    for start in range(0, 40, size):
        data = write(Path("d.csv"), flower_header, new_flowers[start : start + size])
        parts.append(chainrule("predict", flowers_model, data).predictions(len(new_flowers[start : start + size])))
    assert [label for part in parts for label in part.predicted] == expected.predicted
    found = np.concatenate([part.probabilities for part in parts])
    np.testing.assert_allclose(found, expected.probabilities, rtol=0, atol=1e-5)


@pytest.mark.parametrize(("one", "two"), [("1", "2"), ("01", "02"), ("1.50", "2.50"), ("True", "False")])
def test_codes_that_look_like_numbers_keep_their_meaning(chainrule, write, one, two):
    """A category with codes 1, 2 and x is text; a later file in which only 1 and 2 occur is not."""
    kinds = {one: "low", two: "high", "x": "none"}
    rows = [[code, kinds[code]] for code in [one, two, "x"] * 20]
    options = ("--target", "level", "--epochs", "150", "--learning-rate", "0.05", "--out", "m.chainrule")
    chainrule("train", write(Path("d.csv"), ("code", "level"), rows), *options, "--hidden", "8", "--json").trained()
    whole = chainrule("predict", "m.chainrule", "d.csv").predictions(60)
    assert whole.predicted == [row[1] for row in rows]
    some = chainrule("predict", "m.chainrule", write(Path("n.csv"), ("code",), [[one], [two], [two]]))
    assert some.predictions(3).predicted == ["low", "high", "high"]
    gap = chainrule("predict", "m.chainrule", write(Path("n.csv"), ("code", "id"), [[one, 1], [None, 2], [two, 3]]))
    assert [gap.predictions(3).predicted[index] for index in (0, 2)] == ["low", "high"]


def test_flags_keep_their_meaning_when_some_are_missing(chainrule, write):
    rows = [[flag, "open" if flag else "shut"] for flag in [True, False] * 30]
    options = ("--target", "door", "--epochs", "150", "--learning-rate", "0.05", "--out", "m.chainrule")
    chainrule("train", write(Path("d.csv"), ("flag", "door"), rows), *options, "--hidden", "8", "--json").trained()
    data = write(Path("n.csv"), ("flag", "id"), [[True, 1], [None, 2], [False, 3]])
    found = chainrule("predict", "m.chainrule", data).predictions(3)
    assert (found.predicted[0], found.predicted[2]) == ("open", "shut")
    pd.DataFrame({"flag": pd.array([True, None, False], dtype="boolean")}).to_parquet("n.parquet")
    same(chainrule("predict", "m.chainrule", "n.parquet").predictions(3), found)


@pytest.mark.parametrize("name", ["n.tsv", "n.csv.gz", "n.parquet"])
def test_the_kind_of_file_does_not_matter(chainrule, expected, flowers_model, new_flowers_csv, name):
    frame = pd.read_csv(new_flowers_csv)
    if name.endswith("parquet"):
        frame.convert_dtypes().astype({"colour": "category"}).to_parquet(name)
    else:
        frame.to_csv(name, index=False, sep="\t" if name.endswith("tsv") else ",")
    same(chainrule("predict", flowers_model, name).predictions(40), expected)


@pytest.mark.parametrize(
    "row",
    [
        [None, None, None, None],
        [1.0, 2.0, "ultraviolet", True],
        [1.0, 2.0, 3, True],
        [1.0, 2.0, "red", "perhaps"],
        [1e300, -1e300, "red", True],
        [1.0, 2.0, "red" * 20_000, True],
        [1.0, 2.0, "", ""],
        ["1e400", "2.0", "red", False],
        ["inf", "-inf", "red", False],
        ["tall", 2.0, "red", True],
        ["2024-05-06", 2.0, "red", True],
    ],
)
def test_values_that_training_never_saw(chainrule, write, flower_header, flowers_model, new_flowers, row):
    rows = [*[line[:-1] for line in new_flowers[:5]], row]
    outcome = chainrule("predict", flowers_model, write(Path("d.csv"), flower_header[:-1], rows))
    if isinstance(row[0], str):  # no number in a column of numbers: a refusal must name the column
        if outcome.survived():
            outcome.predictions(6, SPECIES)
        else:
            outcome.complaint("stem")
    else:
        outcome.predictions(6, SPECIES)


def test_a_column_may_be_missing_throughout(chainrule, write, flower_header, flowers_model, new_flowers):
    for index in range(4):
        rows = [[None if k == index else value for k, value in enumerate(row)] for row in new_flowers]
        data = write(Path("d.csv"), flower_header, rows)
        chainrule("predict", flowers_model, data).predictions(40, SPECIES)


def test_a_single_row(chainrule, expected, write, flower_header, flowers_model, new_flowers):
    found = chainrule("predict", flowers_model, write(Path("d.csv"), flower_header, new_flowers[:1]))
    assert found.predictions(1, SPECIES).predicted == expected.predicted[:1]


def test_an_empty_field_is_a_row_even_when_it_is_the_only_field(chainrule, write):
    rows = [[index % 2 * 3 + index / 100, "ab"[index % 2]] for index in range(40)]
    data = write(Path("d.csv"), ("size", "kind"), rows)
    chainrule("train", data, "--target", "kind", "--epochs", "3", "--hidden", "4", "--out", "m").succeeded()
    Path("n.csv").write_text('size\n1.0\n""\n3.0\n', encoding="utf-8")
    chainrule("predict", "m", "n.csv").predictions(3, {"a", "b"})


def test_a_failed_prediction_leaves_an_older_file_alone(chainrule, write, flowers_model):
    Path("p.csv").write_text("precious", encoding="utf-8")
    data = write(Path("garden.csv"), ("stem",), [[1.0]])
    chainrule("predict", flowers_model, data, "--out", "p.csv").complaint("leaf")
    assert Path("p.csv").read_text(encoding="utf-8") == "precious"


def test_labels_with_commas_quotes_and_spaces_come_back_whole(chainrule, train, tables):
    train(tables / "quoted_labels.csv", "--target", "outcome", "--out", "m.chainrule").trained()
    labels = {"New York", "Paris, France", 'the "Big" one'}
    chainrule("predict", "m.chainrule", tables / "quoted_labels.csv").predictions(30, labels)
    chainrule("predict", "m.chainrule", tables / "quoted_labels.csv", "--json").answers(30, labels)
    chainrule("predict", "m.chainrule", tables / "quoted_labels.csv", "--out", "p.csv").succeeded()
    with Path("p.csv").open(encoding="utf-8", newline="") as stream:
        assert sum(1 for _ in csv.reader(stream)) == 31
    frame = pd.read_csv("p.csv")
    assert set(frame["prediction"]) <= labels


def test_a_label_with_a_line_break_comes_back_whole(chainrule, train, tables):
    train(tables / "label_with_newline.csv", "--target", "outcome", "--out", "m").trained()
    labels = {"one\nline", "other"}
    chainrule("predict", "m", tables / "label_with_newline.csv").predictions(24, labels)


def test_features_named_like_the_answers(chainrule, train, tables):
    train(tables / "probability_names.csv", "--target", "outcome", "--out", "m").trained({"ja", "nein"})
    found = chainrule("predict", "m", tables / "probability_names.csv").predictions(24)
    assert found.labels == ["ja", "nein"]


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX pipes")
def test_a_reader_that_stops_early_is_no_crash(
    environment, write, flower_header, flowers_model, new_flowers, empty_directory
):
    data = write(empty_directory / "d.csv", flower_header, new_flowers * 500)
    words = [sys.executable, "-m", "chainrule", "predict", str(flowers_model), str(data)]
    with subprocess.Popen(words, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as child:
        assert child.stdout is not None
        assert child.stderr is not None
        assert child.stdout.readline().startswith(b"row,prediction,")
        child.stdout.close()
        complaint = child.stderr.read().decode("utf-8")
        child.wait(timeout=60)
    assert "Traceback" not in complaint
    assert "Exception ignored" not in complaint


def test_predictions_never_replace_what_they_are_made_from(chainrule, flowers_model, new_flowers_csv):
    Path("d.csv").write_bytes(new_flowers_csv.read_bytes())
    Path("m").write_bytes(flowers_model.read_bytes())
    for file in ("d.csv", "m"):
        chainrule("predict", "m", "d.csv", "--out", file).complaint("--out", file)
    assert Path("d.csv").read_bytes() == new_flowers_csv.read_bytes()


def test_predictions_for_a_table_on_standard_input(chainrule, expected, flowers_model, new_flowers_csv, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(new_flowers_csv.read_bytes())))
    same(chainrule("predict", flowers_model, "-").predictions(40, SPECIES), expected)
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"stem,leaf\n1,2\n")))
    chainrule("predict", flowers_model, "-").complaint("stdin.csv lacks the columns 'colour', 'fenced'")


def test_older_predictions_are_replaced(chainrule, flowers_model, new_flowers_csv):
    Path("p.csv").write_text("older", encoding="utf-8")
    chainrule("predict", flowers_model, new_flowers_csv, "--out", "p.csv").succeeded()
    assert Path("p.csv").read_text(encoding="utf-8").startswith("row,prediction")


@pytest.mark.parametrize("out", ["no/such/p.csv", "folder"])
def test_predictions_to_an_impossible_place(chainrule, flowers_model, new_flowers_csv, out):
    Path("folder").mkdir()
    chainrule("predict", flowers_model, new_flowers_csv, "--out", out).complaint(out.split("/")[0], code=(1, 64))


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
@pytest.mark.parametrize("unbuffered", [{}, {"PYTHONUNBUFFERED": "1"}], ids=["buffered", "unbuffered"])
def test_a_full_disk_is_no_crash(flowers_model, new_flowers_csv, environment, empty_directory, unbuffered):
    words = [sys.executable, "-m", "chainrule", "predict", str(flowers_model), str(new_flowers_csv)]
    environment = {name: value for name, value in environment.items() if name != "PYTHONUNBUFFERED"} | unbuffered
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            words, cwd=empty_directory, env=environment, stdout=full, stderr=subprocess.PIPE, check=False, timeout=60
        )
    complaint = done.stderr.decode("utf-8")
    assert done.returncode > 0, complaint
    assert "Traceback" not in complaint
    assert "Exception ignored" not in complaint


def columns_of(text):
    header, *body = csv.reader(text.splitlines())
    return {name: [row[place] for row in body] for place, name in enumerate(header)}


def test_rows_have_their_numbers_and_the_columns_that_are_carried_along(
    chainrule, write, flower_header, flowers_model, new_flowers
):
    rows = [[f"00{number}", *row] for number, row in enumerate(new_flowers)]
    rows[3][0] = None
    write(Path("a.csv"), ("key", *flower_header), rows)
    write(Path("b.csv"), ("key", *flower_header), rows[:5])
    plain = columns_of(chainrule("predict", flowers_model, "a.csv").succeeded().out)
    assert list(plain)[:2] == ["row", "prediction"]
    assert plain["row"] == [str(number) for number in range(1, 41)]
    found = columns_of(chainrule("predict", flowers_model, "a.csv", "--id", "key", "--id", "stem").succeeded().out)
    assert list(found)[:4] == ["row", "key", "stem", "prediction"]
    assert found["key"][:5] == ["000", "001", "002", "", "004"]
    assert {name: found[name] for name in plain} == plain
    told = chainrule("predict", flowers_model, "a.csv", "--id", "key", "--json").json()
    assert told["rows"] == list(range(1, 41))
    assert told["ids"]["key"][:4] == ["000", "001", "002", None]
    both = columns_of(chainrule("predict", flowers_model, "[ab].csv", "--id", "key").succeeded().out)
    assert list(both)[:4] == ["file", "row", "key", "prediction"]
    assert both["file"] == ["a.csv"] * 40 + ["b.csv"] * 5
    assert both["row"][-5:] == ["1", "2", "3", "4", "5"]
    chainrule("predict", flowers_model, "a.csv", "--id", "key", "--out", "p.parquet").succeeded()
    frame = pd.read_parquet("p.parquet")
    assert frame["row"].tolist() == list(range(1, 41))
    assert frame["key"].isna().tolist() == [number == 3 for number in range(40)]


def test_rows_of_built_in_sets_follow_a_header_and_rows_of_arrays_are_counted_from_0(chainrule, iris_model):
    built_in = columns_of(chainrule("predict", iris_model, "iris", "--id", "target").succeeded().out)
    assert (built_in["row"][0], built_in["target"][0]) == ("1", "setosa")
    np.save("x.npy", np.zeros((2, 3)))
    np.save("more.npy", np.random.default_rng(0).normal(size=(40, 3)))
    np.savetxt("more.txt", np.arange(40) % 2, fmt="%d")
    chainrule("train", "softmax", "more.npy", "--labels", "more.txt").succeeded()
    assert columns_of(chainrule("predict", "more.chainrule", "x.npy").succeeded().out)["row"] == ["0", "1"]
    chainrule("predict", "more.chainrule", "x.npy", "--id", "a").complaint("--id", "it is for tables")


def test_columns_that_cannot_be_carried_along_are_named(chainrule, write, flower_header, flowers_model, new_flowers):
    write(Path("a.csv"), (*flower_header, "prediction"), [[*row, "x"] for row in new_flowers])
    chainrule("predict", flowers_model, "a.csv", "--id", "stm").complaint("--id: a.csv has no column 'stm'", "'stem'")
    chainrule("predict", flowers_model, "a.csv", "--id", "prediction").complaint("--id", "named 'prediction', too")
