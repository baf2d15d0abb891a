"""Tables of fitted models in notebooks: below scikit-learn's diagram, with names that are no markup."""

import html.parser

import numpy as np
import pytest
from sklearn import config_context

from chainrule import TabularClassifier
from chainrule.estimators.notebooks import MOST_ROWS, html_table

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
