"""Tables of fitted models in notebooks: below scikit-learn's diagram, with names that are no markup."""

import html.parser

import numpy as np
import pytest
from sklearn import config_context

from chainrule import MLPClassifier, SoftmaxRegression, SoftmaxRegressionCV, TabularClassifier
from chainrule.estimators.notebooks import HEIGHT, LEFT, MARGIN, MOST_POINTS, MOST_ROWS, WIDTH, curve, html_table

HOSTILE = ("<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "</table></details>", "a & b")


@pytest.fixture(scope="module")
def fitted():
    rng = np.random.default_rng(0)
    columns = {name: rng.normal(size=40) for name in HOSTILE}
    return TabularClassifier(max_iter=1, folds=2, random_state=0).fit(columns, columns["a & b"] > 0)


class Seen(html.parser.HTMLParser):
    """The elements, and the texts of the cells."""

    def __init__(self, page):
        super().__init__()
        self.tags, self.cells = [], []
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.cells += [""] if tag in ("th", "td") else []

    def handle_data(self, text):
        if self.tags and self.tags[-1] in ("th", "td"):
            self.cells[-1] += text


def test_the_diagram_comes_first_and_the_tables_after_fit(fitted):
    diagram = TabularClassifier(max_iter=1)._repr_html_()
    assert "Log-loss of rows held out" not in diagram
    page = fitted._repr_html_()
    assert page.index("sk-top-container") < page.index("<summary>Columns (4)</summary>")
    for text in (f"{fitted.log_loss_:.4f}", *(str(group) for group in fitted.groups_)):
        assert text in page
    assert fitted._repr_mimebundle_()["text/html"].endswith(page[page.index("<summary>Columns") :])


def test_names_of_columns_are_no_markup(fitted):
    page = fitted._repr_html_()
    tables = Seen(page[page.index("<details><summary>Columns") :])
    assert set(tables.tags) == {"details", "summary", "table", "tr", "th", "td"}
    assert tables.tags.count("table") == 2
    assert tuple(tables.cells[: 2 * len(HOSTILE) : 2]) == HOSTILE
    assert "<script>alert" not in page
    assert "<img" not in page


def test_text_is_shown_where_diagrams_are_switched_off(fitted):
    with config_context(display="text"):
        assert not hasattr(fitted, "_repr_html_")
        assert set(fitted._repr_mimebundle_()) == {"text/plain"}


def test_a_matrix_has_parts_only():
    x = np.eye(20)
    page = TabularClassifier(encode=False, max_iter=1, folds=2).fit(x, x[:, 0] + x[:, 1])._repr_html_()
    assert "<summary>Columns (0)</summary>" in page
    assert "softmax regression, C = " in page


def test_rows_beyond_the_most_are_counted():
    page = html_table("Columns", [(number, "numbers") for number in range(MOST_ROWS + 2)])
    assert page.count("<tr>") == MOST_ROWS + 1
    assert "<tr><td>and 2 more</td></tr>" in page
    assert f"Columns ({MOST_ROWS + 2})" in page


def test_networks_show_objective_and_validation_score_by_epoch():
    x, y = np.random.default_rng(0).normal(size=(60, 3)), np.arange(60) % 2
    model = MLPClassifier((4,), random_state=0, eval_metric="log_loss", callbacks=[lambda step: step.epoch == 4])
    assert "<svg" not in model._repr_html_()
    page = model.fit(x, y, eval_set=(x, y))._repr_html_()
    assert page.count("<svg") == 2
    assert "training objective" in page
    assert "validation log loss" in page
    points = [line.split('"')[0] for line in page.split('<polyline points="')[1:]]
    assert [len(line.split()) for line in points] == [4, 4]
    assert model.fit(x, y)._repr_html_().count("<svg") == 1


def test_a_search_shows_the_scores_and_all_softmax_regressions_the_certificate():
    x, y = np.random.default_rng(0).normal(size=(60, 3)), np.arange(60) % 3
    page = SoftmaxRegressionCV(Cs=[10.0, 0.1, 1.0], cv=2).fit(x, y)._repr_html_()
    assert "mean score of the folds, best at C = " in page
    assert page.count("<svg") == 1
    page = SoftmaxRegression().fit(x, y)._repr_html_()
    assert "<svg" not in page
    assert "of the optimum&#x27;s coefficients" in page


def test_curves_are_placed_between_their_ends():
    drawn = curve("a < b", "epoch", [1, 2, 4, 5], [3.0, np.nan, 1.0, 2.0])
    [points] = [part.split('"')[0] for part in drawn.split('<polyline points="')[1:]]
    placed = np.array([point.split(",") for point in points.split()], dtype=float)
    np.testing.assert_allclose(placed[:, 0], LEFT + WIDTH * np.array([0, 0.75, 1]))
    np.testing.assert_allclose(placed[:, 1], MARGIN + HEIGHT * np.array([0, 1, 0.5]))
    assert ">a &lt; b</text>" in drawn
    assert curve("none", "epoch", [1.0], [np.nan]) == ""
    assert "nan" not in curve("flat", "epoch", [1, 2], [5.0, 5.0])
    long = curve("long", "epoch", range(10_000), range(10_000))
    assert len(long.split('points="')[1].split('"')[0].split()) <= MOST_POINTS
