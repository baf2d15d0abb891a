"""Tables by the name of a data set or a file: what is missing or unknown is named."""

import re
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest


@pytest.mark.parametrize("command", ["train", "predict", "evaluate"])
@pytest.mark.parametrize(
    "name",
    ["absent.csv", "absent.parquet", "no/such/folder/absent.tsv", "two\nlines.csv", "[/red].csv", "ünï 🌵.csv"],
)
def test_files_that_do_not_exist(chainrule, flowers_model, command, name):
    words = (command, name, "--target", "y") if command == "train" else (command, flowers_model, name)
    chainrule(*words).complaint(Path(name).name.split("\n")[0])
    assert not list(Path.cwd().rglob("*.chainrule"))


@pytest.mark.parametrize("name", ["irsi", "mnist", "IRIS2", "", ".", "-", "~"])
def test_data_that_is_neither_a_file_nor_a_known_name(chainrule, name):
    chainrule("train", name, "--target", "y").complaint(name, code=(1, 2))


@pytest.mark.parametrize(
    "name", ["data.xlsx", "data.json", "data", "data.csv.zip", "data.gz", "data.parquet.gz", ".csv.bak"]
)
def test_unknown_kinds_of_files(chainrule, flowers_csv, flowers_model, name):
    Path(name).write_bytes(flowers_csv.read_bytes())
    chainrule("train", name, "--target", "species").complaint(name)
    chainrule("predict", flowers_model, name).complaint(name)


@pytest.mark.parametrize("command", ["train", "predict", "evaluate"])
@pytest.mark.parametrize("name", ["folder.csv", "folder.parquet", "folder.csv.gz"])
def test_folders(chainrule, flowers_model, command, name):
    Path(name).mkdir()
    words = (command, name, "--target", "y") if command == "train" else (command, flowers_model, name)
    chainrule(*words).complaint(name)


@pytest.mark.skipif(sys.platform == "win32", reason="needs symbolic links")
@pytest.mark.parametrize("command", ["train", "predict", "evaluate"])
def test_paths_that_the_system_refuses(chainrule, flowers_model, command):
    Path("loop.csv").symlink_to("loop.csv")
    for name, shown in (("n" * 5000 + ".csv", "nnn"), ("loop.csv", "loop.csv")):
        words = (command, name, "--target", "y") if command == "train" else (command, flowers_model, name)
        chainrule(*words).complaint(shown)
        if command != "train":
            chainrule(command, name, "iris").complaint(shown)
    chainrule("train", "iris", "--epochs", "1", "--out", "n" * 5000).complaint("nnn", code=(1, 2))


def test_an_unknown_target_suggests_columns_that_exist(chainrule, flowers_csv):
    line = chainrule("train", flowers_csv, "--target", "specie").complaint("specie")
    assert re.search(r"\bspecies\b", line), line
    line = chainrule("train", flowers_csv, "--target", "zzz").complaint("zzz")
    assert any(name in line for name in ("stem", "leaf", "colour", "species")), line
    line = chainrule("train", flowers_csv, "--target", "Species").complaint("Species")
    assert "species" in line, line
    chainrule("train", flowers_csv, "--target", "").complaint(code=(1, 2))


def test_an_unknown_target_among_very_many_columns(chainrule, write):
    header = [f"column {n}" for n in range(2000)]
    data = write(Path("wide.csv"), header, [range(2000)] * 20)
    line = chainrule("train", data, "--target", "colunm 7").complaint("colunm 7", "column")
    assert len(line) < 20_000


def test_a_column_with_a_line_break_in_its_name_stays_on_one_line(chainrule, tables):
    chainrule("train", tables / "newline_in_name.csv", "--target", "width").complaint("width")
    chainrule("train", tables / "markup.csv", "--target", "[/wrong]").complaint("[/wrong]")


def test_a_target_that_is_the_only_column(chainrule, write):
    data = write(Path("d.csv"), ("species",), [["a"], ["b"]] * 20)
    chainrule("train", data, "--target", "species").complaint()


@pytest.mark.parametrize("labels", [["a", "b"], [1, 2], [True, False], [0.5, 1.5]])
def test_missing_labels_are_counted(chainrule, write, labels):
    rows = [[n, None if n in (3, 8, 9, 20) else labels[n % 2]] for n in range(40)]
    data = write(Path("d.csv"), ("stem", "species"), rows)
    line = chainrule("train", data, "--target", "species").complaint("species")
    assert re.search(r"\b(4|four)\b", line), line


@pytest.mark.parametrize("dtype", ["boolean", "Int64", "category", "str", "float64"])
def test_missing_labels_of_a_parquet_file_are_counted(chainrule, dtype):
    values = pd.Series([1, 0] * 20).astype("str" if dtype in {"category", "str"} else dtype)
    values = values.astype(dtype).mask(np.arange(40) % 13 == 0)
    assert values.isna().sum() == 4
    pd.DataFrame({"stem": range(40), "species": values}).to_parquet("d.parquet")
    line = chainrule("train", "d.parquet", "--target", "species").complaint("species")
    assert re.search(r"\b(4|four)\b", line), line


def test_a_target_that_is_missing_throughout(chainrule, write):
    data = write(Path("d.csv"), ("stem", "species"), [[n, None] for n in range(40)])
    line = chainrule("train", data, "--target", "species").complaint("species")
    assert re.search(r"\b(40|all|every|no)\b", line), line


def test_a_file_or_folder_called_like_a_built_in_data_set_changes_nothing(train):
    Path("iris").mkdir()
    train("iris").trained(rows=150)
