"""The HTML page about a classifier."""

import base64

import numpy as np

from chainrule import TabularClassifier
from chainrule.report import confusion_matrix, write_table_page
from chainrule.report.page import as_png


def test_a_figure_becomes_a_picture_in_the_page():
    address = as_png(confusion_matrix(np.array(["a", "b"]), np.array(["a", "b"]), np.array(["a", "a"])))
    kind, _, content = address.partition(",")
    assert kind == "data:image/png;base64"
    assert base64.b64decode(content).startswith(b"\x89PNG")


def test_a_page_about_a_table_names_columns_and_parts(tmp_path):
    rng = np.random.default_rng(0)
    columns = {"<size>": rng.normal(size=60), "kind": rng.choice(["a", "b"], 60).astype(object)}
    labels = np.where(columns["<size>"] > 0, "yes", "no")
    model = TabularClassifier(max_iter=2, random_state=0).fit(columns, labels)
    metrics = {
        "accuracy": 0.9,
        "log_loss": 0.3,
        "classes": [{"label": "no", "precision": 1, "recall": 0, "support": 30}],
    }
    described = {**model.encoder_.described(), "name": "left out: text"}
    path = write_table_page(
        tmp_path / "seen",
        model,
        columns,
        labels,
        metrics,
        title="A & B",
        facts={"seed": "0"},
        described=described,
        parts=model.parts(),
    )
    page = path.read_text("utf-8")
    assert page.count("data:image/png;base64") == 3
    assert "A &amp; B" in page
    assert "&lt;size&gt;" in page
    assert "left out: text" in page
    assert "softmax regression, C = " in page
    assert "<h2>Layers</h2>" not in page
    assert "<th>rows</th>" in page


def test_a_page_about_a_matrix_numbers_the_columns(tmp_path):
    x = np.random.default_rng(0).normal(size=(40, 2))
    model = TabularClassifier(max_iter=2, random_state=0, encode=False).fit(x, x[:, 0] > 0)
    metrics = {"accuracy": 0.9, "log_loss": 0.3, "classes": []}
    path = write_table_page(
        tmp_path, model, x, x[:, 0] > 0, metrics, title="x", facts={}, described={}, parts=model.parts()
    )
    assert path.read_text("utf-8").count("data:image/png;base64") == 3
