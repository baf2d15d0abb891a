"""What `chainrule train` is asked for is looked at before the files that it would write."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

COLUMNS = "'stem', 'leaf', 'colour', 'fenced', 'species'"


@pytest.mark.parametrize("model", [(), ("softmax",), ("mlp",), ("tabular",)])
@pytest.mark.parametrize("ending", [".csv", ".parquet"])
def test_a_missing_target_is_told_before_an_existing_output(chainrule, flowers_csv, model, ending):
    path = Path(f"flowers{ending}")
    if ending == ".csv":
        path.write_bytes(flowers_csv.read_bytes())
    else:
        pd.read_csv(flowers_csv).to_parquet(path)
    Path("flowers.chainrule").write_text("kept")
    chainrule("train", *model, path).complaint("--target: name the column to predict", COLUMNS)
    chainrule("train", *model, path, "--target", "speces").complaint("no column 'speces'; did you mean 'species'?")
    chainrule("train", *model, path, "--target", "species").complaint("flowers.chainrule exists")


@pytest.mark.parametrize("model", [(), ("softmax",), ("mlp",), ("tabular",)])
def test_arrays_without_a_known_name_are_named(chainrule, model):
    np.savez("rows.npz", X=np.ones((9, 2)), answer=np.arange(9) % 2)
    Path("rows.chainrule").write_text("kept")
    chainrule("train", *model, "rows.npz").complaint(
        "--target: name the array of labels in rows.npz", "X (9, 2), answer (9,)"
    )
    chainrule("train", *model, "rows.npz", "--target", "anwser").complaint("did you mean 'answer'?", "X, answer")
    chainrule("train", *model, "rows.npz", "--target", "answer").complaint("rows.chainrule exists")


def test_damaged_files_are_told_where_they_are_read(chainrule):
    Path("a.npz").write_bytes(b"nothing")
    Path("a.parquet").write_bytes(b"nothing")
    chainrule("train", "a.npz").complaint("a.npz: cannot be read")
    chainrule("train", "a.parquet", "--target", "y").complaint("a.parquet: cannot be read as Parquet")


@pytest.mark.parametrize("words", [("softmax",), ("mlp",), ("tabular",), ("shapes",), ("pictures",)])
def test_a_folder_of_pictures_is_for_conv(chainrule, shapes, words):
    found = chainrule("train", *words, shapes).complaint(f"chainrule train conv {shapes}", code=(1, 64))
    assert ("there is no model" in found) == (words in (("shapes",), ("pictures",)))


@pytest.mark.parametrize("words", [("mlp",), ("shapes",)])
def test_a_long_path_does_not_cut_the_advice(chainrule, shapes, words):
    folder = shapes.parent / ("d" * 200)
    shapes.rename(folder)
    chainrule("train", *words, folder).complaint(f"chainrule train conv {folder}", code=(1, 64))
