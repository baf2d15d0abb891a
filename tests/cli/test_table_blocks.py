"""Tables that are read in blocks: predictions and scores do not depend on the blocks, and memory not on the rows."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from chainrule.cli import table_blocks
from chainrule.cli.model_files import load_model
from chainrule.cli.table_blocks import TableBlocks

HEADER = ["size", "height", "colour", "fenced", "species"]


def garden(rows, seed):
    """Cells as text, some missing, with words in a column of numbers, and a line break in a category."""
    stream = np.random.default_rng(seed)
    kind = stream.integers(0, 3, rows)
    cells = np.empty((rows, 5), dtype=object)
    cells[:, 0] = [f"{value:.3f}" for value in stream.normal(3 * kind)]
    cells[:, 1] = [f"{value:.3f}" for value in stream.normal(-2 * kind)]
    cells[:, 2] = np.array(["red", "light,\nblue", "01"])[np.where(stream.random(rows) < 0.7, kind, 0)]
    cells[:, 3] = np.where(stream.random(rows) < 0.5, "TRUE", "False")
    cells[:, 4] = np.array(["aster", "bluebell", "crocus"])[kind]
    cells[::7, 0] = None
    cells[::11, 2] = None
    cells[5::40, 1] = "n/a?"
    return pd.DataFrame(cells, columns=HEADER)


@pytest.fixture(scope="module")
def models(tmp_path_factory, chainrule):
    folder = tmp_path_factory.mktemp("models")
    garden(400, 0).to_csv(folder / "garden.csv", index=False)
    options = {"tabular": (), "mlp": ("--epochs", "20"), "softmax": ("--C", "1")}
    for model, more in options.items():
        words = ("train", model, folder / "garden.csv", "--target", "species", *more, "--out", folder / model)
        chainrule(*words, "--json").metrics()
    return folder


def notes_in(outcome):
    """The notes of a command; a slow machine shows its progress between them."""
    return [line for line in outcome.err.splitlines() if line.startswith("note: ")]


def small_blocks(monkeypatch, cells=100):
    monkeypatch.setattr(table_blocks, "CELLS_OF_A_BLOCK", cells)


def test_dates_are_the_same_as_text_and_as_dates_in_any_block(chainrule, monkeypatch):
    stream = np.random.default_rng(3)
    days = pd.Timestamp("2020-01-01") + pd.to_timedelta(stream.integers(0, 900, 200), unit="D")
    frame = pd.DataFrame({"since": days, "kind": np.where(days.year == 2020, "old", "new")})
    frame.loc[::9, "since"] = None
    frame.to_csv("days.csv", index=False)
    frame.to_parquet("days.parquet")
    models = ["from_csv", "from_parquet"]
    for model, data in zip(models, ("days.csv", "days.parquet"), strict=True):
        told = chainrule("train", data, "--target", "kind", "--out", model)
        assert "left out" not in told.err
    small_blocks(monkeypatch, 40)
    found = [
        chainrule("predict", model, data).predictions(200).probabilities
        for model in models
        for data in ("days.csv", "days.parquet")
    ]
    for other in found[1:]:
        np.testing.assert_array_equal(other, found[0])
    frame.assign(since=frame["since"].dt.strftime("%d.%m.%Y")).to_csv("dotted.csv", index=False)
    told = chainrule("predict", models[0], "dotted.csv")
    assert "column 'since': none of the 177 cells is a date; all count as missing" in told.err
    frame.assign(since=1.0).to_csv("numbers.csv", index=False)
    told = chainrule("predict", models[0], "numbers.csv")
    assert "column 'since': expected dates, as in fit, got numbers" in told.err


@pytest.mark.parametrize("model", ["tabular", "mlp", "softmax"])
def test_predictions_and_scores_do_not_depend_on_the_blocks(chainrule, models, monkeypatch, model):
    garden(150, 1).to_csv("new.csv", index=False)
    whole = chainrule("predict", models / model, "new.csv")
    expected, notes = whole.predictions(150), notes_in(whole)
    scores = chainrule("evaluate", models / model, "new.csv", "--json").metrics()
    assert "column 'height': 4 cells are not numbers and count as missing" in notes[0]
    small_blocks(monkeypatch)  # of 8 rows or fewer
    in_blocks = chainrule("predict", models / model, "new.csv")
    found = in_blocks.predictions(150)
    assert notes_in(in_blocks) == notes
    assert found.predicted == expected.predicted
    # Products of matrices of other shapes differ in the last bits of float32.
    np.testing.assert_allclose(found.probabilities, expected.probabilities, rtol=1e-5, atol=1e-7)
    again = chainrule("evaluate", models / model, "new.csv", "--json").metrics()
    assert again["log_loss"] == pytest.approx(scores["log_loss"], rel=1e-5)
    for name in ("accuracy", "n_rows", "classes", "unreadable", "trained_on"):
        assert again[name] == scores[name], name
    assert again["unreadable"] == {"height": 4}


def test_rows_that_were_trained_on_are_told_apart_in_blocks_too(chainrule, models, monkeypatch):
    small_blocks(monkeypatch)
    found = chainrule("evaluate", models / "mlp", models / "garden.csv", "--json").metrics()
    assert (found["trained_on"], found["unseen"]["n_rows"]) == (320, 80)


def test_the_kind_of_file_and_a_division_into_files_do_not_matter(chainrule, models, monkeypatch):
    frame = garden(60, 2)
    frame.to_csv("whole.csv", index=False)
    expected = chainrule("predict", models / "mlp", "whole.csv").predictions(60)
    typed = frame.assign(size=pd.to_numeric(frame["size"]), height=pd.to_numeric(frame["height"], errors="coerce"))
    for number, rows in enumerate((slice(0, 5), slice(5, 5), slice(5, 60))):
        frame[rows].to_csv(f"part-{number}.csv", index=False)
        typed[rows].astype({"colour": "category"}).to_parquet(f"part-{number}.parquet")
        table = pa.Table.from_pandas(typed[rows], preserve_index=False)
        with pa.ipc.new_file(f"part-{number}.arrow", table.schema) as file:
            file.write_table(table)
    frame.to_csv("other.tsv.gz", index=False, sep="\t")
    with_commas = frame.assign(size=frame["size"].str.replace(".", ","), height=frame["height"].str.replace(".", ","))
    with_commas.to_csv("commas.csv", index=False, sep=";")
    small_blocks(monkeypatch)
    for data in ("part-*.csv", "part-*.parquet", "part-*.arrow", "other.tsv.gz", "commas.csv"):
        found = chainrule("predict", models / "mlp", data).predictions(60)
        np.testing.assert_allclose(found.probabilities, expected.probabilities, rtol=1e-5, atol=1e-7, err_msg=data)
    notes = chainrule("predict", models / "mlp", "part-*.csv").err.splitlines()
    assert [note.partition(" (")[0] for note in notes] == [
        "note: part-2.csv: column 'height': 2 cells are not numbers and count as missing: 'n/a?'"
    ]


@pytest.mark.parametrize("change", ["{},\n", "row,{}\n"], ids=["a separator at the end", "a name at the beginning"])
def test_rows_with_a_field_more_than_the_header(chainrule, models, monkeypatch, change):
    lines = garden(40, 3).replace("light,\nblue", "blue").to_csv(index=False).splitlines()
    Path("plain.csv").write_text("\n".join(lines), encoding="utf-8")
    Path("more.csv").write_text(lines[0] + "\n" + "".join(change.format(line) for line in lines[1:]), encoding="utf-8")
    small_blocks(monkeypatch)
    plain, more = (chainrule("predict", models / "mlp", f"{name}.csv").predictions(40) for name in ("plain", "more"))
    np.testing.assert_array_equal(plain.probabilities, more.probabilities)


def test_truth_values_in_a_column_of_numbers_are_no_numbers_in_any_block(chainrule, models, monkeypatch):
    frame = garden(40, 4)
    frame.loc[8:15, "height"] = "TRUE"  # pandas reads such a block as truth values
    frame.to_csv("new.csv", index=False)
    expected = chainrule("predict", models / "mlp", "new.csv").predictions(40)
    small_blocks(monkeypatch)
    found = chainrule("predict", models / "mlp", "new.csv")
    assert "8 cells are not numbers" in found.err or "9 cells are not numbers" in found.err
    np.testing.assert_allclose(found.predictions(40).probabilities, expected.probabilities, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("out", ["p.csv", "p.parquet"])
def test_a_mistake_in_a_late_block_leaves_no_file(chainrule, models, monkeypatch, out):
    small_blocks(monkeypatch)
    text = garden(60, 5).to_csv(index=False)
    Path("bad.csv").write_text(text + "1,2,red,TRUE,aster,x,y,z\n", encoding="utf-8")
    words = ("predict", models / "mlp", "bad.csv", "--out", out)
    chainrule(*words).complaint("bad.csv: cannot be read as CSV", "saw 8")
    assert [path.name for path in Path.cwd().iterdir()] == ["bad.csv"]


def test_unknown_and_missing_labels_are_named(chainrule, models, monkeypatch):
    small_blocks(monkeypatch)
    frame = garden(60, 6)
    frame.loc[50, "species"] = "dandelion"
    frame.to_csv("new.csv", index=False)
    chainrule("evaluate", models / "mlp", "new.csv").complaint("new.csv", "'dandelion'", "'aster'")
    frame.loc[50, "species"] = None
    frame.to_csv("new.csv", index=False)
    chainrule("evaluate", models / "mlp", "new.csv").complaint(
        "is missing in 1 of", "is data row 51", "--drop-unlabelled"
    )
    frame.drop(columns="species").to_csv("new.csv", index=False)
    chainrule("evaluate", models / "mlp", "new.csv").complaint("new.csv has no column 'species'; it has 'size'")


def test_every_file_is_looked_at_before_the_first_row(chainrule, models):
    garden(20, 7).to_csv("part-1.csv", index=False)
    garden(20, 7).drop(columns="colour").to_csv("part-2.csv", index=False)
    chainrule("predict", models / "mlp", "part-*.csv").complaint("part-2.csv lacks the column 'colour'; it has")
    Path("part-2.csv").write_bytes(b"")
    chainrule("predict", models / "mlp", "part-*.csv").complaint("part-2.csv", "empty")
    np.save("part-2.npy", np.zeros((3, 4)))
    chainrule("predict", models / "mlp", "part-*").complaint("part-2")
    chainrule("predict", models / "mlp", "none-*.csv").complaint("none-*.csv", "no such file")


def test_a_block_is_read_when_it_is_asked_for_and_then_forgotten(models, monkeypatch):
    small_blocks(monkeypatch)
    frame = garden(400, 8)
    frame.to_csv("new.csv", index=False)
    model = load_model(str(models / "mlp"))[0]
    alive, most = set(), 0

    class Counted(np.ndarray):
        def __del__(self):
            alive.discard(id(self))

    transform = model[0].transform

    def counted(columns):
        nonlocal most
        features = transform(columns).view(Counted)
        alive.add(id(features))
        most = max(most, len(alive))
        return features

    monkeypatch.setattr(model[0], "transform", counted)
    blocks = TableBlocks("new.csv", model[0], model.classes_)
    shares = [blocks.done for _ in blocks]
    assert len(shares) == 40
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    assert most <= 2  # the block at hand, and the one that takes its place


MEASURED = """
import re, resource, sys
from pathlib import Path
from chainrule.cli import main, table_blocks
table_blocks.CELLS_OF_A_BLOCK, (model, few, many) = int(sys.argv[1]), sys.argv[2:]
peaks = []
for data in (few, many):
    assert main(["predict", model, data, "--out", "p.csv"]) == 0
    # Linux hands the parent's ru_maxrss down, and pytest's may be larger; VmHWM begins with the program.
    status = Path("/proc/self/status")
    peak = re.search(r"VmHWM:\\s+(\\d+)", status.read_text())[1] if status.exists() else 0
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // (1024 if sys.platform == "darwin" else 1)
    peaks.append(1024 * (int(peak) or own))
print(peaks[1] - peaks[0])
"""


@pytest.mark.skipif(sys.platform == "win32", reason="needs the peak of resident memory")
def test_memory_does_not_grow_with_the_rows(models, environment):
    """With the blocks as they are, 0.4 million rows take no more than 40 000 did; in one block they do."""
    text = garden(4000, 9).replace("light,\nblue", "blue").to_csv(index=False)
    header, _, body = text.partition("\n")
    for name, times in (("few.csv", 10), ("many.csv", 100)):
        Path(name).write_text(f"{header}\n{body * times}", encoding="utf-8")
    allowed = 40_000_000  # measured: 10 to 12 MB, and 320 MB in one block; the file has 11.5 MB
    growth = {}
    for cells in (table_blocks.CELLS_OF_A_BLOCK, 1 << 40):
        command = [sys.executable, "-c", MEASURED, str(cells), str(models / "mlp"), "few.csv", "many.csv"]
        done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
        growth[cells] = int(done.stdout.splitlines()[-1])
    assert growth[table_blocks.CELLS_OF_A_BLOCK] < allowed < growth[1 << 40], growth


@pytest.mark.parametrize("command", ["predict", "evaluate"])
@pytest.mark.parametrize("cells", [None, 9])
def test_categories_that_training_has_not_seen_are_noted_once(chainrule, models, monkeypatch, command, cells):
    if cells:
        small_blocks(monkeypatch, cells)
    table = garden(60, 1)
    table.loc[[3, 30, 59], "colour"] = "mauve"
    table.loc[9, "colour"] = "pink"
    table.loc[20, "fenced"] = "perhaps"
    table.to_csv("new.csv", index=False)
    notes = [
        line for line in chainrule(command, models / "tabular", "new.csv").succeeded().err.split("\n") if "seen" in line
    ]
    assert notes == [
        "note: column 'colour': 4 cells hold categories that were not seen in training, and count as none of them: "
        "'mauve' (3 cells, the first in data row 4), 'pink' (data row 10)",
        "note: column 'fenced': 1 cell holds a category that was not seen in training, and counts as none of them: "
        "'perhaps' (data row 21)",
    ]
    garden(60, 1).to_csv("known.csv", index=False)
    assert "not seen in training" not in chainrule(command, models / "tabular", "known.csv").succeeded().err


@pytest.mark.parametrize("cells", [None, 9])
def test_a_column_that_tells_nothing_is_noted_and_refused_on_request(chainrule, models, monkeypatch, cells):
    if cells:
        small_blocks(monkeypatch, cells)
    garden(60, 1).assign(colour="mauve", size="?").to_csv("new.csv", index=False)
    told = chainrule("predict", models / "tabular", "new.csv", "--out", "p.csv").succeeded().err
    assert "column 'size': none of the 60 cells is a number; all count as missing" in told
    assert "column 'colour': all 60 cells hold categories that were not seen in training" in told
    for words in (("predict", "--out", "strict.csv"), ("evaluate",)):
        command, *more = words
        done = chainrule(command, models / "tabular", "new.csv", "--strict", *more)
        assert done.code == 1
        assert "note: column 'size'" in done.err
        assert "error: --strict: the model cannot read some cells" in done.err
    assert sorted(path.name for path in Path.cwd().iterdir()) == ["new.csv", "p.csv"]
    garden(60, 1).replace("n/a?", None).to_csv("known.csv", index=False)
    chainrule("predict", models / "tabular", "known.csv", "--strict").predictions(60)


@pytest.mark.parametrize("cells", [None, 9])
def test_rows_without_a_label_are_left_out_on_request(chainrule, models, monkeypatch, cells):
    if cells:
        small_blocks(monkeypatch, cells)
    table = garden(60, 1)
    table.loc[20, "fenced"] = "perhaps"
    rest = table.drop(index=range(12)).reset_index(drop=True)
    rest.to_csv("rest.csv", index=False)
    expected = chainrule("evaluate", models / "tabular", "rest.csv", "--json", "--mistakes", "3").metrics()
    table.loc[:11, "species"] = None
    table.to_csv("new.csv", index=False)
    words = ("evaluate", models / "tabular", "new.csv", "--json", "--mistakes", "3", "--drop-unlabelled")
    done = chainrule(*words)
    found = done.metrics()
    assert "note: 12 rows are left out, in which the target 'species' is missing" in done.err
    assert "'perhaps' (data row 21)" in done.err
    assert found["log_loss"] == pytest.approx(expected["log_loss"], rel=1e-5)
    rows = [[int(row["where"].split()[-1]) for row in each["mistakes"]] for each in (found, expected)]
    assert rows[0] == [row + 12 for row in rows[1]]
    table.assign(species=None).to_csv("new.csv", index=False)
    chainrule(*words).complaint("'species' is missing in all rows")


@pytest.mark.parametrize("cells", [None, 9])
def test_empty_columns_and_infinite_numbers_are_noted_and_refused_on_request(chainrule, models, monkeypatch, cells):
    if cells:
        small_blocks(monkeypatch, cells)
    table = garden(60, 1).replace("n/a?", None)
    table.assign(size=None, colour=None).to_csv("empty.csv", index=False)
    told = chainrule("predict", models / "tabular", "empty.csv").succeeded().err
    for name in ("size", "colour"):
        assert f"note: column '{name}': all 60 cells are empty, so the column tells the model nothing\n" in told
    table.assign(size=[*[np.inf, -np.inf] * 2, *range(56)]).to_csv("infinite.csv", index=False)
    done = chainrule("evaluate", models / "tabular", "infinite.csv", "--json")
    assert "4 cells are not numbers and count as missing: 'inf' (2 cells, the first in data row 1)" in done.err
    assert done.metrics()["unreadable"] == {"size": 4}
    for name in ("empty.csv", "infinite.csv"):
        done = chainrule("predict", models / "tabular", name, "--strict")
        assert done.code == 1
        assert "error: --strict: the model cannot read some cells" in done.err
    table.iloc[:1].assign(size=None).to_csv("one.csv", index=False)
    chainrule("predict", models / "tabular", "one.csv", "--strict").predictions(1)
