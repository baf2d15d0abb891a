"""The site shows every public name, and its pages are made of what the code says."""

import json
import re
from pathlib import Path

import pytest

import chainrule

pytest.importorskip("sphinx", reason="needs Sphinx: pip install -e '.[docs]'")

from docs.site import api_pages, atlas_figure, benchmark_figures, docstrings, rule_pages

from chainrule import derivations, rules
from chainrule.documents import check_derivation

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    home = tmp_path_factory.mktemp("docs")
    api_pages.write(home)
    return {path.stem: path.read_text("utf-8") for path in (home / "api").glob("*.rst")}


def test_every_public_name_has_a_page_of_its_own(pages):
    listed = {page: set(re.findall(r"^   (\w+)$", text, re.MULTILINE)) for page, text in pages.items()}
    assert set(chainrule._HOMES) <= listed["index"]
    documented = set().union(*listed.values())
    for module in api_pages.MODULES:
        here, elsewhere = api_pages.at_home(f"chainrule.{module}")
        assert set(here) == listed[f"chainrule.{module}"]
        assert set(elsewhere) <= documented, module


def test_a_page_of_a_rule_has_its_steps_with_marks_and_its_facts(tmp_path, monkeypatch):
    monkeypatch.setattr(rule_pages, "KEPT", tmp_path)
    monkeypatch.setattr(rule_pages, "SECONDS", 1.0)
    text, (steps, decided, proved) = rule_pages.page("l2_penalty")
    assert steps >= decided >= proved > 10
    assert text.startswith("# ")
    assert text.count("✓") >= proved - 1
    assert "<math" in text
    assert all(f"### {name}" in text for name in rule_pages.rules_of("l2_penalty"))
    kept = next(tmp_path.iterdir())
    kept.write_text(json.dumps(["kept", [0, 0, 0]]))
    assert rule_pages.page("l2_penalty") == ("kept", [0, 0, 0])


def test_pages_are_made_anew_when_a_derivation_changes(monkeypatch):
    before = rule_pages._place("tanh")
    monkeypatch.setattr(derivations, "text", lambda family: "another")
    assert rule_pages._place("tanh") != before


def test_figures_show_what_is_stored():
    found = benchmark_figures.stored("mlp")
    drawn = benchmark_figures.networks(found)
    shown = [text.get_text() for text in drawn.axes[0].texts]
    ms = found["figures"][0]["ms"]
    assert f"{ms['scikit-learn'] / ms['chainrule, NumPy']:.2f}" in shown
    cells = benchmark_figures.stored("accuracy")["cells"]
    left, right = atlas_figure.atlas(cells).axes
    own = [cell for cell in cells if cell["operator"] == "softmax"]
    assert right.texts[0].get_text() == f"{len(own)} of {len(own)}"
    assert float(left.texts[0].get_text()) <= 16


@pytest.mark.parametrize(
    ("lines", "marked"),
    [
        (["A.", "", "    x", "    y", "", "B."], ["A.", "", "::", "", "    x", "    y", "", "B."]),
        (["A::", "", "    x"], ["A::", "", "    x"]),
        (["- a", "    goes on"], ["- a", "    goes on"]),
    ],
)
def test_indented_formulas_become_literal_blocks(lines, marked):
    assert docstrings.marked(lines) == marked


def test_members_of_other_packages_are_left_to_them():
    def skipped(name, obj):
        return docstrings.is_not_ours(None, "class", name, obj, False, None)

    assert skipped("set_fit_request", None)
    assert skipped("get_params", chainrule.SoftmaxRegression.get_params)
    assert skipped("fit", chainrule.SoftmaxRegression.fit) is None


def test_the_picture_of_the_readme_is_the_one_of_the_figures(tmp_path):
    """Up to what a version of matplotlib changes: the ratios in it."""
    picture = (ROOT / "docs" / "_static" / "networks.svg").read_text("utf-8")
    for row in benchmark_figures.stored("mlp")["figures"]:
        assert f">{row['ms']['JAX, jitted epoch'] / row['ms']['chainrule, NumPy']:.2f}<" in picture


def test_the_strictest_reading_of_a_derivation_is_what_the_page_tells():
    report = check_derivation(derivations.text("l2_penalty"), repairs=False, seconds=1.0)
    assert set(report.counts) <= {"proved", "verified", "definition", "held", "undecided"}


def test_a_class_is_shown_with_the_parameters_of_its_constructor():
    shown = docstrings.signature_of_class(
        None, "class", "", chainrule.SoftmaxRegression, {}, "(*args, **parameters)", None
    )
    assert shown is not None
    assert shown[0].startswith("(penalty='deprecated', *, C=1.0, ")
    assert docstrings.signature_of_class(None, "class", "", chainrule.Blocks, {}, "(paths)", None) is None


def test_the_page_of_a_rule_shows_its_own_formula():
    lines = ["One operator: its value, and how derivatives pass."]
    docstrings.with_literal_formulas(None, "data", "chainrule.rules.tanh", rules.tanh, None, lines)
    assert ":formula: y = tanh(x)" in lines
    assert not any("One operator" in line for line in lines)
    assert rules.tanh.derivative in "\n".join(lines).replace("\\", "")
