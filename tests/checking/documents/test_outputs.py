"""The report in every form, and the command line."""

import csv
import io
import json
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from chainrule import check_derivation
from chainrule.checking.documents.outputs import annotated, page, suggested
from chainrule.checking.documents.preamble import FACTS
from chainrule.checking.documents.templates import BUNDLES, FUNCTIONS
from chainrule.checking.documents.verdicts import VERDICTS, Note, Repair, Report, Step
from chainrule.cli import main

CORPUS = Path(__file__).parents[2] / "derivations"
RIGHT = r"$$\frac{d}{dx} \tanh x = 1 - \tanh^2 x$$"
WRONG = r"$$\frac{d}{dx} \tanh x = 1 - \tanh x$$"
OPEN = r"$$\frac{\partial L}{\partial x} = 0$$"


@pytest.fixture
def notes(tmp_path):
    def write(text, name="notes.md"):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return str(path)

    return write


@pytest.mark.parametrize(("text", "code"), [(RIGHT, 0), (WRONG, 1), (OPEN, 2), ("no formulas", 2), ("a\x00b", 3)])
def test_the_exit_code_says_what_was_found(notes, text, code, capsys):
    assert main(["check", notes(text)]) == code
    assert capsys.readouterr().out or code == 3


def test_a_wrong_file_among_others_decides_the_exit_code(notes, capsys):
    assert main(["check", notes(RIGHT, "a.md"), notes(OPEN, "b.md"), notes(WRONG, "c.md")]) == 1
    assert main(["check", notes(RIGHT, "a.md"), notes(OPEN, "b.md")]) == 2
    capsys.readouterr()


def test_strict_counts_assumptions_and_repairs_as_undecided(notes, capsys):
    silent = "---\nn: size\nt: vector n\nx: vector n\nuse: softmax as s\n---\n\n$$\\sum_i t_i s_j - t_j = s_j - t_j$$"
    for text in (silent, "$$rac{d}{dx} x^2 = 2x$$"):
        assert main(["check", notes(text)]) == 0
        assert main(["check", notes(text), "--strict"]) == 2
    capsys.readouterr()


def test_the_terminal_names_line_verdict_counterexample_and_change(notes, capsys):
    main(["check", notes("text\n\n" + WRONG)])
    out = capsys.readouterr().out
    assert "line 3     WRONG" in out
    assert "With x = -0.879" in out
    assert "Changing tanh(x) to tanh(x)^2 makes it true." in out
    assert "first step to look at: line 3 (wrong)" in out
    assert "the error reaches the last formula" in out


def test_json_has_a_fixed_form(notes, capsys):
    main(["check", notes(WRONG), "--json"])
    found = json.loads(capsys.readouterr().out)
    assert set(found) == {
        "schema", "name", "counts", "first_wrong_line", "reaches_result", "result", "exit_code", "steps", "notes",
        "names", "undeclared",
    }  # fmt: skip
    (step,) = found["steps"]
    assert set(step) >= {
        "line",
        "column",
        "left",
        "right",
        "operator",
        "verdict",
        "message",
        "counterexample",
        "repairs",
    }
    assert step["verdict"] in VERDICTS
    assert set(step["counterexample"]) == {"sizes", "indices", "values", "left", "right"}
    assert found["first_wrong_line"] == 1


def test_the_table_has_a_row_per_file(notes, tmp_path, capsys):
    notes(RIGHT, "a.md"), notes(WRONG, "b.tex"), notes("a\x00", "c.txt"), notes("{", "d.ipynb")
    assert main(["check", str(tmp_path), "--csv"]) == 1
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [(Path(row["file"]).name, row["first_wrong_line"], row["kind"], row["result"]) for row in rows] == [
        ("a.md", "", "", "right"),
        ("b.tex", "1", "power", "wrong"),
        ("c.txt", "", "", ""),
        ("d.ipynb", "", "", ""),
    ]


def test_annotations_stand_behind_their_formula_and_change_nothing_else(notes, capsys):
    text = f"# title\n\n$$\n\\frac{{d}}{{dx}} \\tanh x = 1 - \\tanh x\n$$\n\n{RIGHT}\n"
    main(["check", notes(text), "--annotate"])
    lines = capsys.readouterr().out.rstrip("\n").split("\n")
    comments = [line for line in lines if line.startswith("<!-- chainrule: line 4: wrong")]
    assert len(comments) == 1
    assert lines.index(comments[0]) == 5
    assert "\n".join(line for line in lines if line not in comments) == text.rstrip("\n")
    assert [step.verdict for step in check_derivation("\n".join(lines)).steps] == ["wrong", "verified"]


def test_annotations_of_latex_are_latex_comments():
    text = "%! x: scalar\n\\[ \\cosh x = \\sinh x \\]\n"
    lines = annotated(check_derivation(text, name="a.tex", repairs=False)).split("\n")
    assert lines[2].startswith("% chainrule: line 2: wrong")


def test_declarations_are_suggested_and_settle_what_was_open(notes, capsys):
    text = r"$$\frac{\partial}{\partial x_j} \sum_{i=1}^n a_i x_i = a_j$$"
    main(["check", notes(text), "--suggest-preamble"])
    block = capsys.readouterr().out.strip()
    assert block.split("\n") == ["n: size", "a: vector n", "x: vector n"]
    assert suggested(check_derivation(text, preamble=block)) == ""
    assert main(["check", notes(text), "--preamble", notes(block, "names.txt")]) == 0
    capsys.readouterr()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["missing.md"], "missing.md: no such file"),
        (["{}", "--json", "--html"], "give one of --json and --html"),
        (["{}", "--preamble", "missing"], "missing: No such file"),
    ],
)
def test_a_usage_error_is_one_line(notes, arguments, message, capsys):
    path = notes(RIGHT)
    assert main(["check", *(argument.replace("{}", path) for argument in arguments)]) == 3
    assert message in capsys.readouterr().err


def test_an_empty_folder_is_an_error(tmp_path, capsys):
    assert main(["check", str(tmp_path)]) == 3
    assert "no document in this folder" in capsys.readouterr().err


def test_the_same_input_gives_the_same_bytes():
    text = (CORPUS / "wrong" / "softmax_quotient_sign.tex").read_text()
    first, second = (check_derivation(text, name="a.tex") for _ in range(2))
    assert json.dumps(first.to_json()) == json.dumps(second.to_json())
    assert str(first) == str(second)
    assert page([first]) == page([second])


def test_the_documentation_shows_what_the_checker_prints():
    text = (Path(__file__).parents[3] / "docs" / "derivations.md").read_text()
    (notes,) = re.findall(r"```markdown\n(.*?)```", text, re.DOTALL)
    (shown,) = re.findall(r"The output is\n\n```text\n(.*?)\n```", text, re.DOTALL)
    assert str(check_derivation(notes, name="notes.md")) == shown


def test_the_documentation_names_every_verdict_template_and_fact():
    text = (Path(__file__).parents[3] / "docs" / "derivations.md").read_text()
    for name in (*VERDICTS, *FUNCTIONS, *BUNDLES, *FACTS):
        assert name in text, name


@pytest.mark.parametrize(
    "name", ["softmax_by_cases.tex", "tanh_unicode.txt", "chain_of_three.md", "softmax_notebook.ipynb"]
)
def test_the_page_is_well_formed_and_needs_nothing_else(name):
    text = (CORPUS / "seen" / name).read_text()
    html = page([check_derivation(text, name=name)])
    root = ElementTree.fromstring(html)
    tags = {element.tag.rsplit("}", 1)[-1] for element in root.iter()}
    assert "math" in tags
    assert not tags & {"script", "link", "img", "iframe"}
    assert "http" not in html.replace("http://www.w3.org", "")


def test_the_page_shows_signs_of_markup_as_they_are():
    step = Step(1, 1, "a < b", "c & d", "=", "wrong", "x < y & z > 0", repairs=(Repair("a < b", "c < d"),))
    root = ElementTree.fromstring(page([Report("<name>", (step,), (Note(1, "not read", "<b>"),))]))
    text = "".join(root.itertext())
    for shown in ("x < y & z > 0", "<name>", "<b>", "a < b: "):
        assert shown in text
