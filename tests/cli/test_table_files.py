"""Tables as people have them: gaps, dates, notes, odd names, odd bytes."""

import datetime
import decimal
import gzip
import io
import os
import random
import re
import shutil
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

PLAIN = {"ja", "nein"}

# Files whose meaning is beyond doubt: name, target, labels, rows.
CLEAR = [
    ("bom.csv", "outcome", PLAIN, 24),
    ("windows.csv", "outcome", PLAIN, 24),
    ("no_final_newline.csv", "outcome", PLAIN, 24),
    ("quoted_newlines.csv", "outcome", PLAIN, 24),
    ("quoted_labels.csv", "outcome", {"New York", "Paris, France", 'the "Big" one'}, 30),
    ("label_with_newline.csv", "outcome", {"one\nline", "other"}, 24),
    ("unicode_names.csv", "kind — вид", {"žluťoučký", "日本", "🌵 cactus"}, 30),
    ("markup.csv", "[red]outcome", {"[/red]", "[link=x]y[/link]"}, 24),
    ("newline_in_name.csv", "outcome", PLAIN, 24),
    ("number_names.csv", "3", PLAIN, 24),
    ("probability_names.csv", "outcome", PLAIN, 24),
    ("saved_index.csv", "outcome", PLAIN, 24),
    ("row_too_short.csv", "outcome", PLAIN, 24),
    ("blank_lines.csv", "outcome", PLAIN, 24),
]

# Files that a careful reader may take or refuse, but never take for something else.
DOUBTFUL = [
    ("semicolons.csv", PLAIN, 24),
    ("decimal_commas.csv", PLAIN, 24),
    ("tabs_in_csv.csv", PLAIN, 24),
    ("classic_mac.csv", PLAIN, 24),
    ("latin1.csv", {"café", "thé"}, 24),
    ("utf16.csv", PLAIN, 24),
    ("row_too_long.csv", PLAIN, 24),
    ("trailing_commas.csv", PLAIN, 24),
    ("trailing_commas_header_too.csv", PLAIN, 24),
    ("trailing_commas_target_first.csv", PLAIN, 24),
    ("row_names.csv", PLAIN, 24),
    ("duplicate_names.csv", PLAIN, 24),
    ("duplicate_target.csv", PLAIN, 24),
    ("spaces_after_commas.csv", PLAIN, 24),
    ("preamble.csv", PLAIN, 24),
    ("unclosed_quote.csv", None, None),
    ("nul_bytes.csv", None, None),
]


def test_every_table_is_used(tables):
    used = {name for name, *_ in CLEAR + DOUBTFUL} | {f"{name}.csv" for name in NO_TABLES}
    assert used == {path.name for path in tables.glob("*.csv")}


@pytest.mark.parametrize(("name", "target", "labels", "rows"), CLEAR)
def test_clear_files(chainrule, train, tables, name, target, labels, rows):
    train(tables / name, "--target", target, "--out", "m").trained(labels, rows)
    chainrule("predict", "m", tables / name).predictions(rows, labels)
    report = chainrule("evaluate", "m", tables / name, "--json").metrics()
    assert sum(entry["support"] for entry in report["classes"]) == rows


@pytest.mark.parametrize(("name", "labels", "rows"), DOUBTFUL)
def test_doubtful_files_are_understood_or_refused(chainrule, train, tables, name, labels, rows):
    outcome = train(tables / name, "--target", "outcome", "--out", "m")
    if not outcome.survived():
        return
    outcome.trained(labels, rows)
    predicted = chainrule("predict", "m", tables / name)
    if rows is None:
        assert predicted.survived()
    else:
        predicted.predictions(rows, labels)


@pytest.mark.parametrize("name", ["semicolons.csv", "tabs_in_csv.csv"])
def test_another_separator_is_understood_or_hinted_at(train, tables, name):
    outcome = train(tables / name, "--target", "outcome")
    if not outcome.survived():
        outcome.complaint("outcome")


NO_TABLES = ("empty", "only_bom", "only_newlines", "header_only", "header_only_no_newline", "one_row")


@pytest.mark.parametrize("name", NO_TABLES)
def test_files_with_too_little(train, tables, name):
    train(tables / f"{name}.csv", "--target", "outcome").complaint()
    assert not list(Path.cwd().iterdir())


@pytest.mark.parametrize("labels", ["True,False", "true,false", "0,1", "-1,1", "yes,no", "T,F", "1e3,2e3"])
def test_labels_of_every_kind_are_text(chainrule, train, write, labels):
    names = labels.split(",")
    data = write(Path("d.csv"), ("stem", "kind"), [[n + 5 * (n % 2), names[n % 2]] for n in range(40)])
    report = train(data, "--target", "kind", "--out", "m").trained()
    found = {str(entry["label"]) for entry in report["classes"]}
    if labels == "1e3,2e3":
        assert {float(label) for label in found} == {1000.0, 2000.0}
    else:
        assert {label.casefold() for label in found} == {name.casefold() for name in names}
    chainrule("predict", "m", data).predictions(40, found)
    chainrule("evaluate", "m", data, "--json").metrics()


def test_labels_with_decimals_are_text_or_refused(chainrule, train, write):
    data = write(Path("d.csv"), ("stem", "version"), [[n + 5 * (n % 2), ["1.5", "2.5"][n % 2]] for n in range(40)])
    outcome = train(data, "--target", "version", "--out", "m")
    if outcome.survived():
        outcome.trained({"1.5", "2.5"}, rows=40)
        chainrule("predict", "m", data).predictions(40, {"1.5", "2.5"})
    else:
        outcome.complaint("version")


@pytest.mark.parametrize("label", ["NA", "None", "nan", "null", "N/A", "-"])
def test_labels_that_look_missing_are_kept_or_refused(chainrule, train, write, label):
    data = write(Path("d.csv"), ("stem", "kind"), [[n, ["a", "b", label][n % 3]] for n in range(60)])
    outcome = train(data, "--target", "kind", "--out", "m")
    if outcome.survived():
        outcome.trained({"a", "b", label}, rows=60)
        chainrule("evaluate", "m", data, "--json").metrics()
    else:
        outcome.complaint("kind")


COUNT = 60
NUMBERS = np.random.default_rng(3).normal(size=COUNT)


def gaps(values, step=7):
    return [None if n % step == 0 else value for n, value in enumerate(values)]


COLUMNS = {
    "numbers with gaps": gaps([f"{x:.3f}" for x in NUMBERS]),
    "categories with gaps": gaps([["red", "white", "blue"][n % 3] for n in range(COUNT)]),
    "flags with gaps": gaps([n % 2 == 0 for n in range(COUNT)]),
    "flags": [n % 2 == 0 for n in range(COUNT)],
    "one flag with gaps": gaps([True] * COUNT, 2),
    "a constant": [1.5] * COUNT,
    "a constant word": ["same"] * COUNT,
    "a constant with gaps": gaps([1.5] * COUNT),
    "nothing": [None] * COUNT,
    "one value": [4.0, *[None] * (COUNT - 1)],
    "one word": ["here", *[None] * (COUNT - 1)],
    "dates": [f"2024-{1 + n % 12:02d}-{1 + n % 28:02d}" for n in range(COUNT)],
    "dates with gaps": gaps([f"{1 + n % 28}/{1 + n % 12}/2024" for n in range(COUNT)]),
    "times": [f"2024-05-06T{n % 24:02d}:30:00+02:00" for n in range(COUNT)],
    "notes": [f"the {n}th entry, written at {n * 37 % 11} o'clock" for n in range(COUNT)],
    "mixed": [[1, "two", 3.5, True, None, "2024-01-01"][n % 6] for n in range(COUNT)],
    "mostly numbers": ["?" if n == 30 else n * 0.5 for n in range(COUNT)],
    "huge": [(-1) ** n * 1e308 for n in range(COUNT)],
    "huge and small": [1e308 if n % 2 else 1e-308 for n in range(COUNT)],
    "tiny": [5e-324 * (n % 2) for n in range(COUNT)],
    "nearly constant": [1e15 + n * 0.125 for n in range(COUNT)],
    "beyond a float": ["1e400" if n == 4 else n for n in range(COUNT)],
    "infinite": ["inf" if n == 4 else "-inf" if n == 5 else n for n in range(COUNT)],
    "infinite throughout": ["inf"] * COUNT,
    "not a number": ["nan" if n % 5 == 0 else n for n in range(COUNT)],
    "identifiers": [f"ID-{n:05d}" for n in range(COUNT)],
    "numbers as identifiers": [10**19 + n for n in range(COUNT)],
    "long identifiers": [10**40 + n for n in range(COUNT)],
    "leading zeros": [f"{n % 4:04d}" for n in range(COUNT)],
    "thousands": [f"{n},{n:03d}" for n in range(COUNT)],
    "money": [f"€{n}.50" for n in range(COUNT)],
    "shares": [f"{n}%" for n in range(COUNT)],
    "spaces": [" " * (n % 3) for n in range(COUNT)],
    "complex": [f"{n}+{n}j" for n in range(COUNT)],
    "hexadecimal": [f"0x{n:x}" for n in range(COUNT)],
    "very long words": [chr(97 + n % 3) * 30_000 for n in range(COUNT)],
    "emoji": ["🌱🌵🌷"[n % 3] for n in range(COUNT)],
    "control characters": [f"a\x07\x1b[31m{n % 2}" for n in range(COUNT)],
    "[/markup]": ["[/b]" if n % 2 else "[red]" for n in range(COUNT)],
    "": [n % 4 for n in range(COUNT)],
    " ": [n % 4 for n in range(COUNT)],
    "prediction": [n % 4 for n in range(COUNT)],
    "probability_a": [n % 4 for n in range(COUNT)],
    "x" * 3000: [n % 4 for n in range(COUNT)],
    "a\tb": [n % 4 for n in range(COUNT)],
    "0": [n % 4 for n in range(COUNT)],
    "Unnamed: 0": [n % 4 for n in range(COUNT)],
}
MAY_BE_REFUSED = {"beyond a float", "infinite", "infinite throughout", "huge", "huge and small"}


@pytest.mark.parametrize("name", COLUMNS)
def test_a_column_of_every_kind_beside_a_plain_one(chainrule, train, write, name):
    rows = [[x, value, "ab"[n % 2]] for n, (x, value) in enumerate(zip(NUMBERS, COLUMNS[name], strict=True))]
    data = write(Path("d.csv"), ("plain", name, "kind"), rows)
    outcome = train(data, "--target", "kind", "--out", "m")
    if name in MAY_BE_REFUSED and not outcome.survived():
        outcome.complaint(name)
        return
    outcome.trained({"a", "b"}, rows=COUNT)
    whole = chainrule("predict", "m", data).predictions(COUNT, {"a", "b"})
    chainrule("evaluate", "m", data, "--json").metrics()
    for part in (slice(0, 1), slice(3, 9)):
        few = chainrule("predict", "m", write(Path("few.csv"), ("plain", name), [row[:2] for row in rows[part]]))
        found = few.predictions(len(rows[part]), {"a", "b"})
        np.testing.assert_allclose(found.probabilities, whole.probabilities[part], rtol=0, atol=1e-5)
    absent = write(Path("absent.csv"), ("plain", name), [[x, None] for x in NUMBERS])
    chainrule("predict", "m", absent).predictions(COUNT, {"a", "b"})


@pytest.mark.parametrize("name", [name for name in COLUMNS if name not in MAY_BE_REFUSED])
def test_a_column_of_every_kind_alone_is_no_crash(chainrule, train, write, name):
    rows = [[value, "ab"[n % 2]] for n, value in enumerate(COLUMNS[name])]
    outcome = train(write(Path("d.csv"), (name, "kind"), rows), "--target", "kind", "--out", "m")
    if outcome.survived():
        outcome.trained({"a", "b"}, rows=COUNT)
        chainrule("evaluate", "m", "d.csv", "--json").metrics()


def test_all_of_them_at_once(chainrule, train, write):
    names = [name for name in COLUMNS if name not in MAY_BE_REFUSED]
    rows = [[*(COLUMNS[name][n] for name in names), "ab"[n % 2]] for n in range(COUNT)]
    data = write(Path("d.csv"), (*names, "kind"), rows)
    train(data, "--target", "kind", "--out", "m").trained({"a", "b"}, rows=COUNT)
    chainrule("predict", "m", data).predictions(COUNT, {"a", "b"})


def stored_columns():
    """Return columns that only Parquet can hold, or holds with another type."""
    index = np.arange(COUNT)
    days = pd.Series(pd.date_range("2024-01-01", periods=COUNT))
    return {
        "dates": days,
        "dates with gaps": days.mask(index % 7 == 0),
        "dates with a zone": days.dt.tz_localize("Europe/Prague"),
        "plain dates": pd.Series([datetime.date(2024, 1, 1 + n % 28) for n in index]),
        "times of day": pd.Series([datetime.time(n % 24, 30) for n in index]),
        "durations": pd.Series(pd.to_timedelta(index, unit="h")),
        "decimals": pd.Series([decimal.Decimal(int(n)) / 4 for n in index]),
        "bytes": pd.Series([b"\xff\x00" if n % 2 else b"ok" for n in index]),
        "lists": pd.Series([[1, 2], [3], []] * (COUNT // 3)),
        "records": pd.Series([{"a": 1}, {"a": 2}] * (COUNT // 2)),
        "categories": pd.Series(["red", "white", None] * (COUNT // 3), dtype="category"),
        "ordered categories": pd.Series(
            pd.Categorical(["low", "high"] * (COUNT // 2), categories=["low", "mid", "high"], ordered=True)
        ),
        "numbered categories": pd.Series(pd.Categorical([3, 1] * (COUNT // 2))),
        "nullable flags": pd.Series([True, False, None] * (COUNT // 3), dtype="boolean"),
        "nullable integers": pd.Series([1, 2, None] * (COUNT // 3), dtype="Int64"),
        "nullable floats": pd.Series([1.5, 2.5, None] * (COUNT // 3), dtype="Float64"),
        "half precision": pd.Series(NUMBERS.astype(np.float16)),
        "single precision": pd.Series(NUMBERS.astype(np.float32)),
        "unsigned": pd.Series(np.uint64(2**64 - 1) - index.astype(np.uint64)),
        "bytes as numbers": pd.Series(index.astype(np.int8)),
        "nulls": pd.Series([None] * COUNT),
        "nullable strings": pd.Series(["a", None, "b"] * (COUNT // 3), dtype="string"),
        "infinite integers": pd.Series([np.inf, 1.0, 2.0] * (COUNT // 3)),
    }


STORED = list(stored_columns())
NESTED = {"lists", "records", "bytes", "infinite integers"}


@pytest.mark.parametrize("name", STORED)
def test_stored_columns(chainrule, train, name):
    frame = pd.DataFrame({"plain": NUMBERS, name: stored_columns()[name], "kind": ["a", "b"] * (COUNT // 2)})
    frame.to_parquet("d.parquet")
    outcome = train("d.parquet", "--target", "kind", "--out", "m")
    if name in NESTED and not outcome.survived():
        outcome.complaint(name)
        return
    outcome.trained({"a", "b"}, rows=COUNT)
    whole = chainrule("predict", "m", "d.parquet").predictions(COUNT, {"a", "b"})
    frame.iloc[3:9].to_parquet("few.parquet")
    few = chainrule("predict", "m", "few.parquet").predictions(6, {"a", "b"})
    np.testing.assert_allclose(few.probabilities, whole.probabilities[3:9], rtol=0, atol=1e-5)


@pytest.mark.parametrize(
    ("values", "labels"),
    [
        (pd.Series([True, False] * 30), {"true", "false"}),
        (pd.Series([True, False] * 30, dtype="boolean"), {"true", "false"}),
        (pd.Series([3, 7] * 30, dtype="Int64"), {"3", "7"}),
        (pd.Series([3, 7] * 30, dtype="uint8"), {"3", "7"}),
        (pd.Series(pd.Categorical(["a", "b"] * 30, categories=["never", "b", "a"])), {"a", "b"}),
        (pd.Series(pd.Categorical([30, 4] * 30)), {"30", "4"}),
    ],
)
def test_stored_labels(chainrule, train, values, labels):
    pd.DataFrame({"plain": NUMBERS, "kind": values}).to_parquet("d.parquet")
    report = train("d.parquet", "--target", "kind", "--out", "m").trained(rows=COUNT)
    assert {str(entry["label"]).casefold() for entry in report["classes"]} == labels
    found = chainrule("predict", "m", "d.parquet").predictions(COUNT)
    assert {label.casefold() for label in found.labels} == labels
    chainrule("evaluate", "m", "d.parquet", "--json").metrics()


@pytest.mark.parametrize("values", [[b"x", b"y"], [[1], [2]], [{"a": 1}, {"a": 2}]])
def test_stored_labels_that_are_no_labels(train, values):
    pd.DataFrame({"plain": NUMBERS, "kind": values * (COUNT // 2)}).to_parquet("d.parquet")
    outcome = train("d.parquet", "--target", "kind")
    if not outcome.survived():
        outcome.complaint("kind")


def test_dates_as_labels_are_no_crash(train):
    days = pd.to_datetime(["2024-01-01", "2025-06-01"] * (COUNT // 2))
    pd.DataFrame({"plain": NUMBERS, "kind": days}).to_parquet("d.parquet")
    train("d.parquet", "--target", "kind").survived()


def test_names_that_are_numbers_in_the_file(chainrule, train):
    pd.DataFrame({0: NUMBERS, 1: ["a", "b"] * (COUNT // 2)}).to_parquet("d.parquet")
    train("d.parquet", "--target", "1", "--out", "m").trained({"a", "b"}, rows=COUNT)
    chainrule("predict", "m", "d.parquet").predictions(COUNT, {"a", "b"})


def test_an_index_in_the_file_is_no_trouble(chainrule, train):
    frame = pd.DataFrame({"plain": NUMBERS, "kind": ["a", "b"] * (COUNT // 2)})
    frame.set_index(pd.Index(range(100, 100 + COUNT), name="id")).to_parquet("d.parquet")
    train("d.parquet", "--target", "kind", "--out", "m").trained({"a", "b"}, rows=COUNT)
    frame.iloc[::-1].to_parquet("e.parquet")
    chainrule("predict", "m", "e.parquet").predictions(COUNT, {"a", "b"})


def test_duplicate_names_in_a_stored_file_are_no_crash(train):
    import pyarrow as pa
    import pyarrow.parquet as pq

    columns = [pa.array(NUMBERS), pa.array(NUMBERS), pa.array(["a", "b"] * (COUNT // 2))]
    pq.write_table(pa.table(columns, names=["plain", "plain", "kind"]), "d.parquet")
    train("d.parquet", "--target", "kind").survived()
    pq.write_table(pa.table(columns[1:] + columns[2:], names=["plain", "kind", "kind"]), "e.parquet")
    train("e.parquet", "--target", "kind").survived()


@pytest.mark.parametrize("width", [300, 2000])
def test_wide_tables(train, write, width):
    rng = np.random.default_rng(0)
    rows = [[*rng.normal(size=width).round(2).tolist(), "ab"[n % 2]] for n in range(40)]
    data = write(Path("d.csv"), [*(f"x{n}" for n in range(width)), "kind"], rows)
    train(data, "--target", "kind").trained({"a", "b"}, rows=40)


def test_many_classes(chainrule, train, write):
    rows = [[n % 100 + n / 1000, f"class {n % 100}"] for n in range(600)]
    data = write(Path("d.csv"), ("size", "kind"), rows)
    report = train(data, "--target", "kind", "--out", "m").trained(rows=600)
    assert len(report["classes"]) == 100
    chainrule("predict", "m", data).predictions(600, {f"class {n}" for n in range(100)})


def test_a_target_that_is_the_first_or_a_middle_column(train, write):
    for place in (0, 1):
        rows = [[x, y] for x, y in zip(NUMBERS, NUMBERS, strict=True)]
        for n, row in enumerate(rows):
            row.insert(place, "ab"[n % 2])
        names = ["x", "y"]
        names.insert(place, "kind")
        train(write(Path("d.csv"), names, rows), "--target", "kind").trained({"a", "b"}, rows=COUNT)


def test_upper_case_endings_are_understood_or_refused(train, flowers_csv):
    Path("D.CSV").write_bytes(flowers_csv.read_bytes())
    outcome = train("D.CSV", "--target", "species")
    if not outcome.survived():
        outcome.complaint("D.CSV")


def test_a_path_with_spaces_and_accents(chainrule, train, flowers_csv):
    folder = Path("my tables [draft]")
    folder.mkdir()
    (folder / "květiny 🌷.csv").write_bytes(flowers_csv.read_bytes())
    report = train(folder / "květiny 🌷.csv", "--target", "species").trained(rows=120)
    assert Path(report["model"]).name == "květiny 🌷.chainrule"
    options = ("--target", "species", "--epochs", "2", "--overwrite")
    shown = chainrule("train", folder / "květiny 🌷.csv", *options).succeeded()
    assert "květiny" in shown.out


def invented_table(seed):
    """Invent a table of columns drawn from every kind, some of them bent."""
    rng = random.Random(seed)
    count = rng.choice([6, 20, 45, 60])
    names = rng.sample(list(COLUMNS), rng.randint(1, 6))
    columns = []
    for name in names:
        values = list(COLUMNS[name][:count])
        for _ in range(rng.choice([0, 0, 3])):
            values[rng.randrange(count)] = rng.choice([None, "inf", "NaN", "?", "True", "1e999", '"', "a\nb", -0.0])
        columns.append(values)
    kinds = rng.choice([["a", "b"], [0, 1], [True, False], ["x", "y", "z"], [1, "a"], ["a", "b", None]])
    weights = [rng.choice([1, 5, 20]) for _ in kinds]
    columns.append(rng.choices(kinds, weights, k=count))
    return [*names, "kind"], [list(row) for row in zip(*columns, strict=True)]


@pytest.mark.parametrize("seed", range(30))
def test_invented_tables_never_crash(chainrule, train, write, seed):
    names, rows = invented_table(seed)
    data = write(Path("d.csv"), names, rows)
    outcome = train(data, "--target", "kind", "--out", "m")
    if not outcome.survived():
        return
    outcome.trained(rows=len(rows))
    chainrule("predict", "m", data).predictions(len(rows))
    _, others = invented_table(seed)
    random.Random(seed).shuffle(others)
    for row in others:
        row[random.Random(seed).randrange(len(row))] = "unexpected"
    chainrule("predict", "m", write(Path("e.csv"), names, others)).survived()


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
        assert not list(Path.cwd().rglob("*.chainrule"))


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


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_files_that_may_not_be_read(chainrule, flowers_csv, flowers_model):
    for name, source in (("locked.csv", flowers_csv), ("locked.chainrule", flowers_model)):
        Path(name).write_bytes(source.read_bytes())
        Path(name).chmod(0)
    chainrule("train", "locked.csv", "--target", "species").complaint("locked.csv")
    chainrule("predict", flowers_model, "locked.csv").complaint("locked.csv")
    chainrule("predict", "locked.chainrule", flowers_csv).complaint("locked.chainrule")


def test_every_kind_of_file_gives_the_same_model(train, flowers_csv, tmp_path):
    frame = pd.read_csv(flowers_csv)
    frame.to_csv(tmp_path / "f.tsv", sep="\t", index=False)
    frame.to_parquet(tmp_path / "f.parquet")
    with flowers_csv.open("rb") as plain, gzip.open(tmp_path / "f.csv.gz", "wb") as packed:
        shutil.copyfileobj(plain, packed)
    expected = train(flowers_csv, "--target", "species", "--seed", "3").trained()
    for name in ("f.tsv", "f.csv.gz", "f.parquet"):
        found = train(tmp_path / name, "--target", "species", "--seed", "3", "--out", f"{name}.m").trained()
        for fact in ("accuracy", "log_loss", "classes", "epochs", "n_train", "n_test"):
            assert found[fact] == expected[fact], name


def test_files_without_pandas_name_the_extra(process, no_pandas, flowers_csv):
    outcome = process("train", flowers_csv, "--target", "species", environment=no_pandas)
    outcome.complaint("tables", "pip install", "chainrule[tables]")


def test_built_in_data_sets_need_no_pandas(process, no_pandas):
    process("train", "iris", "--epochs", "3", "--hidden", "8", "--json", environment=no_pandas).trained(rows=150)


@pytest.fixture
def no_pandas(tmp_path):
    """Return an environment in which pandas cannot be imported."""
    folder = tmp_path / "shim"
    folder.mkdir()
    body = "raise ModuleNotFoundError(\"No module named 'pandas'\", name='pandas')\n"
    (folder / "pandas.py").write_text(body, encoding="utf-8")
    inherited = os.environ.get("PYTHONPATH")
    return {"PYTHONPATH": os.pathsep.join([str(folder), *([inherited] if inherited else [])])}


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
    chainrule("train", name, "--target", "y").complaint(name, code=(1, 64))


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
    chainrule("train", "iris", "--epochs", "1", "--out", "n" * 5000).complaint("nnn", code=(1, 64))


def test_an_unknown_target_suggests_columns_that_exist(chainrule, flowers_csv):
    line = chainrule("train", flowers_csv, "--target", "specie").complaint("specie")
    assert re.search(r"\bspecies\b", line), line
    line = chainrule("train", flowers_csv, "--target", "zzz").complaint("zzz")
    assert any(name in line for name in ("stem", "leaf", "colour", "species")), line
    line = chainrule("train", flowers_csv, "--target", "Species").complaint("Species")
    assert "species" in line, line
    chainrule("train", flowers_csv, "--target", "").complaint(code=(1, 64))


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
