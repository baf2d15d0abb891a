"""`chainrule train table.csv --target y`: a table is fitted by TabularClassifier unless an option says otherwise."""

import html
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from chainrule import column_importances, load, write_report

LABELS = {"aster", "bluebell", "crocus"}


def test_a_table_is_fitted_evaluated_and_used(chainrule, flowers_csv, new_flowers_csv):
    options = ("--json", "--seed", "1")
    report = chainrule("train", flowers_csv, "--target", "species", *options).trained(LABELS, rows=120)
    assert report["accuracy"] > 0.8  # of 24 rows; 22 are right
    names = [part["name"] for part in report["parts"]]
    assert any("networks on piecewise linear features" in name for name in names)
    assert abs(sum(part["weight"] for part in report["parts"]) - 1) < 1e-6
    again = chainrule("evaluate", "flowers.chainrule", flowers_csv, "--json").metrics()
    assert again["unseen"]["accuracy"] == pytest.approx(report["accuracy"])
    table = chainrule("predict", "flowers.chainrule", new_flowers_csv).predictions(40)
    assert set(table.labels) == LABELS


def test_the_parts_of_the_mixture_are_printed(chainrule, flowers_csv):
    shown = chainrule("train", flowers_csv, "--target", "species").succeeded()
    assert "the probabilities are the mean of" in shown.out
    assert re.search(r"0\.\d\d 8 networks on numbers and categories: 64-64 relu, log-loss 0\.", shown.out)
    assert "model saved to flowers.chainrule" in shown.out


@pytest.mark.parametrize("options", [("--hidden", "8"), ("--epochs", "3"), ("--model", "mlp")])
def test_options_of_the_perceptron_choose_it(chainrule, flowers_csv, options):
    report = chainrule("train", flowers_csv, "--target", "species", "--json", *options).trained(LABELS)
    assert "parts" not in report


def test_other_settings_are_searched_within_a_time(chainrule, flowers_csv):
    options = ("--search", "2", "--time-limit", "20", "--seed", "4")
    report = chainrule("train", flowers_csv, "--target", "species", "--json", *options).trained(LABELS)
    assert report["accuracy"] > 0.9


@pytest.mark.parametrize("data", ["table", "wine"])
def test_a_report_is_written(chainrule, flowers_csv, empty_directory, data):
    words = (flowers_csv, "--target", "species") if data == "table" else ("wine", "--model", "tabular")
    shown = chainrule("train", *words, "--report", "seen").succeeded()
    assert "the report is in seen/report.html" in shown.err
    page = (empty_directory / "seen" / "report.html").read_text("utf-8")
    assert page.count("data:image/png;base64") == 3


def test_words_of_a_column_are_counted_if_it_is_named(chainrule, empty_directory):
    rows = [f"{'a fine' if row % 2 else 'a poor'} thing number {row},{row % 2}" for row in range(80)]
    (empty_directory / "reviews.csv").write_text("\n".join(["review,good", *rows]))
    left_out = chainrule("train", "reviews.csv", "--target", "good")
    assert left_out.code == 1
    assert "no column can be used" in left_out.err
    words = ("train", "reviews.csv", "--target", "good", "--text", "review", "--json")
    assert chainrule(*words).trained(rows=80)["accuracy"] > 0.9
    chainrule("predict", "reviews.chainrule", "reviews.csv").predictions(80)
    named = chainrule("train", "reviews.csv", "--target", "good", "--text", "revue", "--overwrite")
    assert "--text: reviews.csv has no column 'revue' besides the target; did you mean 'review'" in named.err


def test_numbers_that_are_names_are_categories(chainrule, empty_directory):
    codes = np.random.default_rng(0).integers(0, 10, 200)
    rows = [f"{code:02d},{'ab'[int(code % 2)]}" for code in codes]
    (empty_directory / "codes.csv").write_text("\n".join(["code,kind", *rows]))
    words = ("train", "codes.csv", "--target", "kind", "--json", "--overwrite")
    assert chainrule(*words, "--words", "code").trained(rows=200)["accuracy"] == 1
    (empty_directory / "new.csv").write_text("code\n03\n4\n")
    first, second = chainrule("predict", "codes.chainrule", "new.csv").predictions(2).probabilities
    assert first.argmax() == 1
    assert abs(second[0] - 0.5) < 0.4, "4 is not 04"
    named = chainrule(*words, "--words", "cod")
    assert "--words: codes.csv has no column 'cod' besides the target; did you mean 'code'" in named.err


def test_built_in_sets_take_it_too(chainrule):
    report = chainrule("train", "wine", "--model", "tabular", "--json").trained(rows=178)
    assert report["accuracy"] > 0.9


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--model", "tabular", "--hidden", "8"), "--hidden: only for mlp"),
        (("--model", "tabular", "--curves", "c.png"), "--curves: only for softmax or mlp or conv"),
        (("--model", "mlp", "--search", "3"), "--search: only for tabular"),
        (("--time-limit", "0"), "expected a number in (0"),
    ],
)
def test_options_of_other_models_are_named(chainrule, flowers_csv, words, message):
    shown = chainrule("train", flowers_csv, "--target", "species", *words)
    assert shown.code == 64
    assert message in shown.err


def test_sparse_rows_are_for_others(chainrule, empty_directory):
    (empty_directory / "rows.svmlight").write_text("".join(f"{row % 2} 1:{row}\n" for row in range(1, 40)))
    shown = chainrule("train", "rows.svmlight", "--model", "tabular")
    assert shown.code == 1
    assert "tabular takes whole tables and dense rows; choose mlp or softmax" in shown.err


def test_a_column_that_tells_the_target_is_named_with_what_to_do(chainrule, write, flower_header, flowers):
    rows = [[*row[:-1], row[-1].upper(), row[-1]] for row in flowers]
    path = write(Path("leak.csv"), [*flower_header[:-1], "latin name", flower_header[-1]], rows)
    done = chainrule("train", "softmax", path, "--C", "1", "--target", "species").succeeded()
    assert "note: column 'latin name' determines the target 'species': each of its values has one class" in done.err
    assert "--drop 'latin name'" in done.err
    options = ("--C", "1", "--target", "species", "--drop", "latin name", "--overwrite")
    assert "determines the target" not in chainrule("train", "softmax", path, *options).succeeded().err


def test_a_report_names_the_most_important_columns_in_words(chainrule, flowers_csv):
    words = ("train", flowers_csv, "--target", "species", "--report", "seen")
    shown = chainrule(*words).succeeded().out
    found = re.search(r"\nmost important, by the growth of the log-loss if a column is shuffled: (.*)\n", shown)
    names = [part.split()[0] for part in found[1].split(", ")]
    assert set(names) == {"stem", "leaf", "colour", "fenced"}
    page = Path("seen/report.html").read_text(encoding="utf-8")
    table = page.split("<th>importance</th>")[1].split("</table>")[0]
    assert re.findall(r"<td>(\w+)</td><td>-?\d\.\d{4} ± \d\.\d{4}</td>", table) == names
    told = chainrule(*words, "--overwrite", "--json").json()["importances"]
    assert [row["column"] for row in told] == names
    plain = chainrule(*words[:4], "--overwrite").succeeded().out
    assert "most important" not in plain


def test_a_model_file_of_a_table_has_importances_and_a_report_of_its_columns(chainrule, flowers_csv):
    chainrule("train", flowers_csv, "--target", "species").succeeded()
    model, table = load("flowers.chainrule"), pd.read_csv(flowers_csv)
    found = column_importances(model, table.drop(columns="species"), table["species"], repeats=2)
    assert set(found) == {"stem", "leaf", "colour", "fenced"}
    assert found["stem"] > found["fenced"]
    page = write_report(model, table.drop(columns="species"), table["species"], "seen").read_text(encoding="utf-8")
    assert "<td>stem</td>" in page.split("<th>importance</th>")[1]


def test_a_report_repeats_the_notes_on_columns(chainrule, write, flower_header, flowers):
    rows = [[*row[:-1], row[-1].upper(), row[-1]] for row in flowers]
    rows[5][flower_header.index("stem")] = "thirty"
    path = write(Path("leak.csv"), [*flower_header[:-1], "latin name", flower_header[-1]], rows)
    done = chainrule("train", path, "--target", "species", "--report", "seen").succeeded()
    page = html.unescape(Path("seen/report.html").read_text(encoding="utf-8"))
    notes = [line.removeprefix("note: ") for line in done.err.splitlines() if line.startswith("note: column")]
    assert len(notes) == 2
    assert [f"<li>{note}</li>" in page for note in notes] == [True, True]
    assert re.search(r'<td>stem</td><td class="left">numbers[^<]*; 1 cell is not a number', page)
    assert re.search("<td>latin name</td>.*; determines the target 'species'", page)
    assert "<b>96</b> rows trained on" in page
    assert "<b>24</b> rows held out" in page


def test_the_calibration_error_is_that_of_rows_not_trained_on(chainrule, write, flower_header, make_flowers):
    path = write(Path("garden.csv"), flower_header, make_flowers(600))
    shown = chainrule("train", path, "--model", "softmax", "--C", "1", "--target", "species").succeeded().out
    line = (
        r"\n(calibration error 0\.\d{4})(.*)(   by chance alone up to 0\.\d{4}: (within chance|\w+confident|uneven)\n)"
    )
    trained = re.search(line, shown)
    assert trained[2] == ""
    told = re.search(line, chainrule("evaluate", "garden.chainrule", path).succeeded().out)
    assert (told[1], told[2], told[3]) == (trained[1], " of the 120 not trained on", trained[3])
    found = chainrule("evaluate", "garden.chainrule", path, "--json").metrics()["calibration"]
    assert set(found) == {"error", "low", "high", "mean", "right", "verdict", "n_rows", "trained_on"}
    assert (found["n_rows"], found["trained_on"]) == (120, 0)
    write(Path("new.csv"), flower_header, make_flowers(120, seed=3))
    assert re.search(line, chainrule("evaluate", "garden.chainrule", "new.csv").succeeded().out)[2] == ""


def test_rows_that_were_all_trained_on_are_named_so(chainrule, write, flower_header, make_flowers):
    rows = make_flowers(150)
    path = write(Path("d.csv"), flower_header, rows)
    words = ("train", path, "--model", "softmax", "--C", "1", "--target", "species", "--held-out-rows", "held.csv")
    chainrule(*words).succeeded()
    held_out = set(pd.read_csv("held.csv")["row"] - 1)
    seen = [row for number, row in enumerate(rows) if number not in held_out]
    shown = chainrule("evaluate", "d.chainrule", write(Path("seen.csv"), flower_header, seen)).succeeded().out
    assert re.search(r"\ncalibration error 0\.\d{4} of rows trained on   by chance", shown)
