"""Every mistake ends with one line that names it, an exit code, and nothing on stdout."""

import gzip
import io
import os
import pickle
import random
import re
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

SOLVERS = ("adam", "adamw", "sgd", "gd")
ACTIVATIONS = ("softplus", "sigmoid", "tanh", "relu", "identity")


def nothing_was_saved():
    return not list(Path.cwd().rglob("*.chainrule"))


# Usage


@pytest.mark.parametrize(
    ("option", "value", "names"),
    [
        ("--hidden", "10,x", ("x",)),
        ("--hidden", "0", ("0",)),
        ("--hidden", "10,0", ("0",)),
        ("--hidden", "-5", ("-5",)),
        ("--hidden", "10,-5", ("-5",)),
        ("--hidden", "5.5", ("5.5",)),
        ("--hidden", "10;5", ("10;5",)),
        ("--hidden", "[10]", ("[10]",)),
        ("--hidden", "many", ("many",)),
        ("--hidden", "10,,5", ()),
        ("--activation", "swish", ("swish", *ACTIVATIONS)),
        ("--activation", "", ACTIVATIONS),
        ("--activation", "[/red]", ("[/red]", *ACTIVATIONS)),
        ("--solver", "adagrad", ("adagrad", *SOLVERS)),
        ("--solver", "lbfgs", ("lbfgs", *SOLVERS)),
        ("--dropout", "1", ("1",)),
        ("--dropout", "1.5", ("1.5",)),
        ("--dropout", "-0.1", ("-0.1",)),
        ("--dropout", "nan", ("nan",)),
        ("--dropout", "half", ("half",)),
        ("--test-size", "0", ("0",)),
        ("--test-size", "1", ("1",)),
        ("--test-size", "1.5", ("1.5",)),
        ("--test-size", "-0.2", ("-0.2",)),
        ("--test-size", "nan", ("nan",)),
        ("--test-size", "20%", ("20%",)),
        ("--epochs", "0", ("0",)),
        ("--epochs", "-3", ("-3",)),
        ("--epochs", "2.5", ("2.5",)),
        ("--epochs", "ten", ("ten",)),
        ("--learning-rate", "-0.1", ("-0.1",)),
        ("--learning-rate", "nan", ("nan",)),
        ("--learning-rate", "inf", ("inf",)),
        ("--learning-rate", "fast", ("fast",)),
        ("--batch-size", "0", ("0",)),
        ("--batch-size", "-8", ("-8",)),
        ("--batch-size", "1.5", ("1.5",)),
        ("--label-smoothing", "1", ("1",)),
        ("--label-smoothing", "2", ("2",)),
        ("--label-smoothing", "-0.5", ("-0.5",)),
        ("--label-smoothing", "nan", ("nan",)),
        ("--l2", "-1", ("-1",)),
        ("--l2", "nan", ("nan",)),
        ("--l2", "inf", ("inf",)),
        ("--seed", "lucky", ("lucky",)),
    ],
)
def test_values_that_are_not_allowed(chainrule, option, value, names):
    line = chainrule("train", "iris", f"{option}={value}").complaint(code=2)
    assert option.lstrip("-") in line.replace("_", "-"), line
    for name in names:
        assert name in line, line
    assert nothing_was_saved()


@pytest.mark.parametrize("option", ["--learning-rate", "--dropout", "--l2"])
def test_a_negative_value_as_a_word_of_its_own(chainrule, option):
    chainrule("train", "iris", option, "-1").complaint(option.lstrip("-"), "-1", code=2)


@pytest.mark.parametrize("value", ["-1", "1.5", "99999999999999999999999999", "nan"])
def test_odd_seeds_work_or_are_refused(chainrule, value):
    outcome = chainrule("train", "iris", f"--seed={value}", "--epochs", "1", "--hidden", "2", "--json")
    if outcome.code == 0:
        outcome.trained()
    else:
        outcome.complaint("seed", code=(1, 2))


@pytest.mark.parametrize("hidden", ["999999999999999", "99999999999999999999999999", "1000000000000,2"])
def test_networks_beyond_any_memory(chainrule, hidden):
    chainrule("train", "iris", "--hidden", hidden, "--epochs", "1").complaint(code=(1, 2))


@pytest.mark.parametrize(
    ("words", "names"),
    [
        (("train", "iris", "--frobnicate"), ("--frobnicate",)),
        (("train", "iris", "--frobnicate=3"), ("--frobnicate",)),
        (("train", "iris", "--epochs"), ("--epochs",)),
        (("train", "iris", "wine"), ("wine",)),
        (("train",), ("data",)),
        (("predict",), ("model",)),
        (("predict", "m.chainrule"), ("data",)),
        (("predict", "m.chainrule", "iris", "--frobnicate"), ("--frobnicate",)),
        (("evaluate",), ("model",)),
        (("evaluate", "m.chainrule"), ("data",)),
        (("evaluate", "m.chainrule", "iris", "--epochs", "3"), ("--epochs",)),
        (("frobnicate",), ("frobnicate",)),
        (("--frobnicate",), ("--frobnicate",)),
    ],
)
def test_usage_mistakes(chainrule, words, names):
    chainrule(*words).complaint(*names, code=2)


def test_usage_mistakes_of_a_process(process):
    process("train", "iris", "--solver", "adagrad").complaint("adagrad", *SOLVERS, code=2)


def test_a_missing_target_option(chainrule, flowers_csv):
    chainrule("train", flowers_csv).complaint("target", code=(1, 2))
    assert nothing_was_saved()


# Files that cannot be read


@pytest.mark.parametrize("command", ["train", "predict", "evaluate"])
@pytest.mark.parametrize(
    "name",
    ["absent.csv", "absent.parquet", "no/such/folder/absent.tsv", "two\nlines.csv", "[/red].csv", "ünï 🌵.csv"],
)
def test_files_that_do_not_exist(chainrule, flowers_model, command, name):
    words = (command, name, "--target", "y") if command == "train" else (command, flowers_model, name)
    chainrule(*words).complaint(Path(name).name.split("\n")[0])
    assert nothing_was_saved()


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


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_files_that_may_not_be_read(chainrule, flowers_csv, flowers_model):
    for name, source in (("locked.csv", flowers_csv), ("locked.chainrule", flowers_model)):
        Path(name).write_bytes(source.read_bytes())
        Path(name).chmod(0)
    chainrule("train", "locked.csv", "--target", "species").complaint("locked.csv")
    chainrule("predict", flowers_model, "locked.csv").complaint("locked.csv")
    chainrule("predict", "locked.chainrule", flowers_csv).complaint("locked.chainrule")


def junk(size, seed=0):
    return random.Random(seed).randbytes(size)


def parquet_bytes(frame):
    stream = io.BytesIO()
    frame.to_parquet(stream)
    return stream.getvalue()


@pytest.fixture(scope="module")
def unreadable(flowers_csv):
    """Return names and contents of files that hold no table."""
    text = flowers_csv.read_bytes()
    packed = gzip.compress(text)
    stored = parquet_bytes(pd.read_csv(flowers_csv))
    wrong_sum = bytearray(packed)
    wrong_sum[-6] ^= 0xFF
    return {
        "empty.csv": b"",
        "empty.tsv": b"",
        "empty.csv.gz": b"",
        "empty.parquet": b"",
        "empty_inside.csv.gz": gzip.compress(b""),
        "mark.csv": b"\xef\xbb\xbf",
        "newlines.csv": b"\n\n\r\n\n",
        "blanks.csv": b"   \n  \n",
        "header.csv": b"stem,leaf,colour,fenced,species\n",
        "header_no_newline.csv": b"stem,leaf,colour,fenced,species",
        "header.tsv": b"stem\tleaf\tcolour\tfenced\tspecies\n",
        "header.csv.gz": gzip.compress(b"stem,leaf,colour,fenced,species\n"),
        "header.parquet": parquet_bytes(pd.read_csv(flowers_csv).iloc[:0]),
        "no_columns.parquet": parquet_bytes(pd.DataFrame(index=range(5))),
        "junk.csv": junk(5000),
        "junk.tsv": junk(5000, 1),
        "junk.csv.gz": junk(5000, 2),
        "junk.parquet": junk(5000, 3),
        "zeros.csv": bytes(5000),
        "zeros.parquet": bytes(5000),
        "bad_utf8.csv": text.replace(b"aster", b"\xff\xfe\xc3(", 5),
        "half.csv.gz": packed[: len(packed) // 2],
        "short.csv.gz": packed[:-4],
        "sum.csv.gz": bytes(wrong_sum),
        "not_packed.csv.gz": text,
        "packed.csv": packed,
        "half.parquet": stored[: len(stored) // 2],
        "short.parquet": stored[:-1],
        "magic.parquet": b"PAR1PAR1",
        "text.parquet": text,
        "stored.csv": stored,
        "image.csv": b"\x89PNG\r\n\x1a\n" + junk(300, 4),
    }


UNREADABLE = [
    *("empty.csv", "empty.tsv", "empty.csv.gz", "empty.parquet", "empty_inside.csv.gz", "mark.csv", "newlines.csv"),
    *("blanks.csv", "header.csv", "header_no_newline.csv", "header.tsv", "header.csv.gz", "header.parquet"),
    *("no_columns.parquet", "junk.csv", "junk.tsv", "junk.csv.gz", "junk.parquet", "zeros.csv", "zeros.parquet"),
    *("bad_utf8.csv", "half.csv.gz", "short.csv.gz", "sum.csv.gz", "not_packed.csv.gz", "packed.csv"),
    *("half.parquet", "short.parquet", "magic.parquet", "text.parquet", "stored.csv", "image.csv"),
]
MAY_BE_READ = {"bad_utf8.csv", "not_packed.csv.gz", "packed.csv"}  # by a reader that guesses what is meant


@pytest.mark.parametrize("name", UNREADABLE)
def test_files_without_a_table(chainrule, train, unreadable, flowers_model, name):
    Path(name).write_bytes(unreadable[name])
    outcomes = [
        train(name, "--target", "species"),
        chainrule("predict", flowers_model, name),
        chainrule("evaluate", flowers_model, name),
    ]
    for outcome in outcomes:
        if name in MAY_BE_READ:
            outcome.survived()
        elif name == "blanks.csv":  # one column named by a blank, for those who take it so
            outcome.complaint()
        else:
            outcome.complaint(name)
    if name not in MAY_BE_READ:
        assert nothing_was_saved()


@pytest.mark.parametrize("kind", ["csv", "csv.gz", "parquet"])
def test_damaged_files_never_crash(chainrule, train, flowers_csv, flowers_model, kind):
    """Change a few bytes, twenty times over: the answer is a table or one line."""
    whole = flowers_csv.read_bytes()
    if kind == "csv.gz":
        whole = gzip.compress(whole)
    elif kind == "parquet":
        whole = parquet_bytes(pd.read_csv(flowers_csv))
    for seed in range(20):
        rng = random.Random(seed)
        damaged = bytearray(whole)
        for _ in range(rng.choice([1, 3, 30])):
            place = rng.randrange(len(damaged))
            damaged[place : place + rng.choice([0, 1, 1, 4])] = rng.randbytes(rng.choice([0, 1, 1, 4]))
        path = Path(f"damaged{seed}.{kind}")
        path.write_bytes(damaged)
        chainrule("predict", flowers_model, path).survived()
        if seed < 10:
            train(path, "--target", "species", "--out", "m").survived()


# Tables that cannot be learned from


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


@pytest.mark.parametrize("label", ["aster", 3, True, 1.5])
def test_a_single_class(chainrule, write, label):
    data = write(Path("d.csv"), ("stem", "species"), [[n, label] for n in range(30)])
    line = chainrule("train", data, "--target", "species").complaint("class")
    assert "species" in line or str(label) in line, line
    assert nothing_was_saved()


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


@pytest.mark.parametrize("value", ["inf", "-inf"])
def test_an_infinite_label_is_no_crash(chainrule, train, write, value):
    rows = [[n, value if n % 10 == 0 else n % 2] for n in range(40)]
    train(write(Path("d.csv"), ("stem", "species"), rows), "--target", "species").survived()


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
    assert nothing_was_saved()


def test_three_rows_are_no_crash(train, write):
    data = write(Path("d.csv"), ("stem", "species"), [[n, "ab"[n % 2]] for n in range(3)])
    outcome = train(data, "--target", "species")
    if outcome.survived():
        outcome.trained({"a", "b"}, rows=3)


def test_a_target_of_measurements_is_no_crash(train, write):
    rng = np.random.default_rng(0)
    data = write(Path("d.csv"), ("stem", "weight"), rng.normal(size=(80, 2)).tolist())
    assert not train(data, "--target", "weight").survived()


@pytest.mark.parametrize(("share", "rows"), [("0.001", 150), ("0.999", 150), ("0.01", 150), ("0.99", 150)])
def test_shares_that_leave_a_class_without_rows(train, share, rows):
    outcome = train("iris", "--test-size", share)
    if outcome.survived():
        outcome.trained(rows=rows)


def test_features_that_are_missing_throughout(chainrule, write):
    rows = [[None, None, "ab"[n % 2]] for n in range(40)]
    data = write(Path("d.csv"), ("stem", "leaf", "species"), rows)
    line = chainrule("train", data, "--target", "species").complaint()
    assert any(word in line for word in ("feature", "column", "stem")), line
    assert nothing_was_saved()


def test_constant_features_are_no_crash(train, write):
    data = write(Path("d.csv"), ("stem", "leaf", "species"), [[1.5, "x", "ab"[n % 2]] for n in range(40)])
    train(data, "--target", "species").survived()


# Where the answers go


def test_a_place_that_cannot_be_written_is_refused_before_training(process):
    out = "no/such/m.chainrule"
    start = time.monotonic()
    outcome = process("train", "digits", "--epochs", "100000", "--hidden", "500,500", "--out", out, timeout=60)
    outcome.complaint("no/such", code=(1, 2))
    assert time.monotonic() - start < 30
    assert "epoch" not in outcome.err.casefold()


@pytest.mark.parametrize("out", ["folder", "file/m.chainrule", "folder/no/m.chainrule"])
def test_other_such_places_are_refused_too(chainrule, out):
    Path("folder").mkdir()
    Path("file").write_text("", encoding="utf-8")
    outcome = chainrule("train", "iris", "--epochs", "1", "--out", out)
    outcome.complaint(out.split("/")[0], code=(1, 2))
    assert "epoch" not in outcome.err.casefold()


def test_an_older_model_outlives_a_run_that_fails(chainrule, iris_model, write):
    Path("m.chainrule").write_bytes(iris_model.read_bytes())
    data = write(Path("d.csv"), ("stem", "species"), [[n, "a"] for n in range(30)])
    chainrule("train", data, "--target", "species", "--out", "m.chainrule").complaint()
    assert Path("m.chainrule").read_bytes() == iris_model.read_bytes()


@pytest.mark.parametrize("out", ["no/such/p.csv", "folder"])
def test_predictions_to_an_impossible_place(chainrule, flowers_model, new_flowers_csv, out):
    Path("folder").mkdir()
    chainrule("predict", flowers_model, new_flowers_csv, "--out", out).complaint(out.split("/")[0], code=(1, 2))


# Models


class Trap:
    """Writes a file when it is unpickled."""

    def __reduce__(self):
        return (os.mkdir, ("sprung",))


def zip_bytes(**members):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return stream.getvalue()


def npz_bytes(**arrays):
    stream = io.BytesIO()
    np.savez(stream, **arrays)
    return stream.getvalue()


@pytest.fixture(scope="module")
def not_models(flowers_csv):
    """Return names and contents of files that are no models."""
    return {
        "empty": b"",
        "junk": junk(5000, 5),
        "text": b"weights: none\n",
        "table": flowers_csv.read_bytes(),
        "json": b'{"classes": ["a", "b"], "weights": []}',
        "nested json": b"[" * 100_000,
        "pickle": pickle.dumps({"weights": [1, 2, 3]}),
        "trap": pickle.dumps(Trap()),
        "zip": zip_bytes(readme="hello"),
        "empty zip": zip_bytes(),
        "npz": npz_bytes(weights=np.ones(3)),
        "npz with a trap": npz_bytes(weights=np.array([Trap()], dtype=object)),
        "npz named like one": npz_bytes(meta=np.array("{}"), header=np.array("{}"), classes=np.array(["a"])),
        "numpy": b"\x93NUMPY\x01\x00v\x00{'descr': '<f8'",
    }


NOT_MODELS = [
    *("empty", "junk", "text", "table", "json", "nested json", "pickle", "trap", "zip", "empty zip", "npz"),
    *("npz with a trap", "npz named like one", "numpy"),
]


@pytest.mark.parametrize("command", ["predict", "evaluate"])
@pytest.mark.parametrize("name", NOT_MODELS)
def test_files_that_are_no_models(chainrule, not_models, new_flowers_csv, command, name):
    Path("thing.chainrule").write_bytes(not_models[name])
    chainrule(command, "thing.chainrule", new_flowers_csv).complaint("thing.chainrule")
    assert not Path("sprung").exists(), "reading a model ran code from it"


@pytest.mark.parametrize("command", ["predict", "evaluate"])
def test_models_that_are_not_there(chainrule, new_flowers_csv, command):
    chainrule(command, "absent.chainrule", new_flowers_csv).complaint("absent.chainrule")
    chainrule(command, "no/absent\n.chainrule", new_flowers_csv).complaint("absent")
    Path("folder.chainrule").mkdir()
    chainrule(command, "folder.chainrule", new_flowers_csv).complaint("folder.chainrule")


def test_model_and_data_the_wrong_way_round(chainrule, flowers_model, new_flowers_csv):
    chainrule("predict", new_flowers_csv, flowers_model).complaint()
    chainrule("evaluate", "iris", flowers_model).complaint()
    chainrule("train", flowers_model, "--target", "species").complaint(flowers_model.name)


@pytest.mark.parametrize("kept", [1, 10, 0.25, 0.5, 0.9, -1000, -30, -1])
def test_truncated_models(chainrule, flowers_model, new_flowers_csv, kept):
    whole = flowers_model.read_bytes()
    size = int(kept * len(whole)) if isinstance(kept, float) else kept % len(whole)
    Path("m.chainrule").write_bytes(whole[:size])
    chainrule("predict", "m.chainrule", new_flowers_csv).complaint("m.chainrule")
    chainrule("evaluate", "m.chainrule", new_flowers_csv).complaint("m.chainrule")


def test_damaged_models_never_crash(chainrule, flowers_model, new_flowers_csv):
    whole = flowers_model.read_bytes()
    refused = 0
    for seed in range(60):
        rng = random.Random(seed)
        damaged = bytearray(whole)
        damaged[rng.randrange(len(whole))] ^= 1 << rng.randrange(8)
        Path("m.chainrule").write_bytes(damaged)
        outcome = chainrule("predict", "m.chainrule", new_flowers_csv)
        if outcome.survived():
            outcome.predictions(40)
        else:
            refused += 1
    assert refused > 0


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
