"""The HTML page about a classifier."""

import base64
import html
import re

import numpy as np
import pytest
from sklearn.datasets import load_digits, load_wine

from chainrule import (
    ConvClassifier,
    MLPClassifier,
    SoftmaxRegression,
    SoftmaxRegressionCV,
    TabularClassifier,
    write_report,
)
from chainrule.report import confusion_matrix
from chainrule.report.page import as_png

DIGITS, NUMBERS = load_digits(return_X_y=True)
DIGITS = DIGITS / 16
WINE, KINDS = load_wine(return_X_y=True)
QUICK = {"max_iter": 2, "tol": 0.0, "n_iter_no_change": 1, "random_state": 0}


def headings(page):
    return [part.partition("</h2>")[0] for part in page.split("<h2>")[1:]]


def test_a_figure_becomes_a_picture_in_the_page():
    address = as_png(confusion_matrix(np.array(["a", "b"]), np.array(["a", "b"]), np.array(["a", "a"])))
    kind, _, content = address.partition(",")
    assert kind == "data:image/png;base64"
    assert base64.b64decode(content).startswith(b"\x89PNG")


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize(
    ("model", "X", "y", "pictures", "shown"),
    [
        (SoftmaxRegression(), WINE / WINE.std(0), KINDS, 3, {"Coefficients", "Numbers"}),
        (SoftmaxRegressionCV(Cs=2, cv=2), WINE / WINE.std(0), KINDS, 4, {"Score against C", "Coefficients"}),
        (MLPClassifier((8,), **QUICK), DIGITS, NUMBERS, 4, {"Training", "Importance", "Worst mistakes"}),
        (TabularClassifier(max_iter=2, random_state=0), WINE, KINDS, 3, {"Importance", "Parts", "Columns"}),
        (
            ConvClassifier("conv 2 3x3", **QUICK),
            DIGITS.reshape(-1, 1, 8, 8),
            NUMBERS,
            6,
            {"Training", "Worst mistakes", "Saliency", "First filters", "Layers"},
        ),
    ],
    ids=lambda value: type(value).__name__ if hasattr(value, "fit") else "",
)
def test_every_classifier_has_a_page_with_what_it_can_show(model, X, y, pictures, shown, tmp_path):
    model.fit(X[::2], y[::2])
    page = model.report(X[1::2], y[1::2], tmp_path / "seen").read_text("utf-8")
    assert page.count("data:image/png;base64") == pictures
    found = headings(page)
    assert len(set(found)) == len(found)
    assert shown | {"Calibration", "Confusion matrix", "Classes", "How to make it again"} <= set(found)
    assert f"{100 * model.score(X[1::2], y[1::2]):.2f}%" in page
    assert "<script" not in page
    assert "src=" not in page.replace('src="data:', "")
    assert "href" not in page


def test_a_report_on_a_data_frame_warns_of_nothing(tmp_path):
    frame, kinds = load_wine(as_frame=True, return_X_y=True)
    model = TabularClassifier(max_iter=2, random_state=0).fit(frame, kinds)
    assert "proline" in write_report(model, frame, kinds, tmp_path).read_text("utf-8")


def test_mistakes_are_named_by_the_index_of_a_frame_or_by_the_places_given(tmp_path):
    frame, kinds = load_wine(as_frame=True, return_X_y=True)
    frame.index = [f"bottle-{number}" for number in range(len(frame))]
    model = SoftmaxRegression().fit(frame, kinds)
    wrong = np.flatnonzero(model.predict(frame) != kinds).tolist()
    assert 0 < len(wrong) < 30  # all are listed
    for given, prefix in ((None, "bottle-"), ([f"bottle/{number}.png" for number in range(len(frame))], "bottle/")):
        page = write_report(model, frame, kinds, tmp_path, places=given).read_text("utf-8")
        found = re.findall(f"<td>{prefix}([0-9]+)", page)
        assert sorted(map(int, found)) == wrong
    assert "> accuracy<" in page
    assert "It is unknown whether the model was trained on some of these rows" in page
    page = write_report(model, frame, kinds, tmp_path, held_out=True).read_text("utf-8")
    assert "> accuracy, held out<" in page
    assert "was trained on some" not in page
    page = write_report(model, frame, kinds, tmp_path, held_out=False).read_text("utf-8")
    assert "The model was trained on some of these rows, or on all" in page
    with pytest.raises(ValueError, match="places: expected one for each of 178 samples, got 3"):
        write_report(model, frame, kinds, tmp_path, places=range(3))


def test_names_and_labels_are_text_and_never_markup(tmp_path):
    rng = np.random.default_rng(0)
    columns = {"<size>": rng.normal(size=60), "kind": rng.choice(["<a>", "b"], 60).astype(object)}
    labels = np.where(columns["<size>"] + rng.normal(size=60) > 0, "<yes>", "no")
    model = TabularClassifier(max_iter=2, random_state=0).fit(columns, labels)
    again = "train '<x>' & more"
    path = write_report(model, columns, labels, tmp_path, title="A & B", facts={"<f>": "<1>"}, again=again)
    page = path.read_text("utf-8")
    for written in ("<size>", "<yes>", "<f>", "<1>"):
        assert written not in page
        assert html.escape(written) in page
    assert "A &amp; B" in page
    assert "&lt;x&gt;" in page


@pytest.mark.parametrize(
    ("y", "message"),
    [
        ([], "y: expected labels of the model's classes, got none"),
        ([0, 7], r"y: expected labels of the model's classes, got \['7'\]"),
        ([[0, 1], [1, 0]], r"one label for each sample, got shape \(2, 2\)"),
    ],
)
def test_labels_that_do_not_fit_are_errors_before_anything_is_written(y, message, tmp_path):
    model = SoftmaxRegression().fit(WINE / WINE.std(0), KINDS)
    with pytest.raises(ValueError, match=message):
        write_report(model, WINE[: len(y)], y, tmp_path / "none")
    assert not (tmp_path / "none").exists()


def test_notes_on_columns_stand_at_the_top_and_in_the_lines_of_their_columns(tmp_path):
    rng = np.random.default_rng(0)
    labels = np.array(["cat", "dog"] * 40)
    size = rng.normal(size=80).astype(object)
    size[3] = "thirty"
    columns = {"size": size, "code": np.array([7.0, 3.0] * 40), "a": rng.normal(size=80)}
    model = TabularClassifier(max_iter=2, random_state=0)
    with pytest.warns(UserWarning, match="column '(code|size)'"):
        model.fit(columns, labels)
    page = html.unescape(write_report(model, {**columns, "size": columns["a"]}, labels, tmp_path).read_text("utf-8"))
    box = page.partition('<div class="notes">')[2].partition("</div>")[0]
    assert re.search("<li>column 'code' determines y: each of its values has one class.*in all 80 rows", box)
    assert "<li>column 'size': 1 cell is not a number and counts as missing: 'thirty' (row 4)" in box
    assert page.index('<div class="notes">') < page.index("> accuracy<")
    assert re.search(r'<td>code</td><td class="left">numbers, [^<]*; determines y: each of its values', page)
    assert re.search(r'<td>size</td><td class="left">numbers, [^<]*; 1 cell is not a number', page)
    with pytest.warns(UserWarning, match="'thirty'") as caught:
        page = html.unescape(write_report(model, columns, labels, tmp_path).read_text("utf-8"))
    assert len(caught) == 1
    assert "'thirty' (row 4) (rows of this page)</li>" in page
    page = write_report(model, {**columns, "size": columns["a"]}, labels, tmp_path, notes=["<all> is well"])
    assert "<li>&lt;all&gt; is well</li>" in page.read_text("utf-8")


def test_scores_stand_beside_what_shares_of_classes_reach_and_classes_without_predictions_are_named(tmp_path):
    labels = np.array([0] * 60 + [1] * 30 + [2] * 2)
    model = SoftmaxRegression(C=1e-6).fit(WINE[:92], labels)
    page = write_report(model, WINE[:91], labels[:91], tmp_path).read_text("utf-8")
    assert f"<small>{6000 / 91:.2f}% if always 0</small>" in page
    assert "by class shares alone</small>" in page
    assert re.search("<tr><td>2</td><td>– never predicted</td><td>0.000</td><td>1</td></tr>", page)
    page = write_report(model, WINE[:90], labels[:90], tmp_path).read_text("utf-8")
    assert "<tr><td>2</td><td>– never predicted</td><td>–</td><td>0</td></tr>" in page


def test_the_calibration_error_and_what_it_means_are_said(tmp_path):
    found = SoftmaxRegression().fit(WINE / WINE.std(0), KINDS).report(WINE / WINE.std(0), KINDS, tmp_path)
    page = found.read_text("utf-8")
    said = r"Expected calibration error 0\.\d{4}; by chance alone up to 0\.\d{4}, 39 times in 40\. [A-Z]"
    assert re.search(said, page)


def test_what_makes_the_model_again_is_a_call_with_versions_and_counts(tmp_path):
    model = TabularClassifier(max_iter=2, random_state=0).fit(WINE[::2], KINDS[::2])
    page = html.unescape(model.report(WINE[1::3], KINDS[1::3], tmp_path).read_text("utf-8"))
    assert "<h1>TabularClassifier: 3 classes, 59 rows</h1>" in page
    assert "<b>89</b> rows trained on" in page
    assert "<b>59</b> rows scored" in page
    assert "<pre>TabularClassifier(max_iter=2, random_state=0)</pre>" in page
    assert f"NumPy {np.__version__}, scikit-learn" in page
    assert "depends on the clock" not in page
    model.set_params(time_limit=60.0)
    again = write_report(model, WINE[1::3], KINDS[1::3], tmp_path, again="make it").read_text("utf-8")
    assert "had a time limit, which depends on the clock, so another run may make another model" in again
    assert "<pre>make it</pre>" in again
    assert "<tr><td>random_state</td>" in again
