import json
import re
from pathlib import Path

import pytest

from chainrule.documents import CheckedStep, Unreadable, check_derivation
from chainrule.documents.checked import check_pieces
from chainrule.documents.reports.listing import annotated, declarations, github_annotations, listing, shown_reading
from chainrule.documents.sources.opening import pieces_of
from chainrule.documents.verdicts.verdict import VERDICTS

RIGHT = r"$$\frac{d}{dx} \tanh x = 1 - \tanh^2 x$$"
WRONG = r"$$\frac{d}{dx} \tanh x = 1 - \tanh x$$"
OPEN = r"$$\frac{\partial L}{\partial x} = 0$$"


def test_every_relation_is_listed_with_line_verdict_and_reason():
    lines = listing(check_derivation(f"{RIGHT}\n\n{WRONG}\n\n{OPEN}\n\n$$\\oint x = 1$$", name="notes.md")).split("\n")
    assert lines[0] == "notes.md"
    assert lines[1].startswith("  line 1     proved ")
    assert lines[2].startswith("  line 3     WRONG ")
    assert "It does not follow from the left side. With x = " in lines[3]
    text = "\n".join(lines)
    assert "  line 5     wrong if read so " in text
    assert "but it may mean something else: L is not defined; it may be set to zero." in " ".join(text.split())
    assert "  line 7     not read " in text
    assert "1 proved, 1 wrong, 1 wrong if read so, 1 not read." in lines
    assert "First step to look at: line 3 (wrong)." in lines
    assert lines[-2].startswith("A step that is 'wrong if read so' may still be right: declare or define")


def test_a_reason_that_repeats_is_said_once():
    lines = listing(check_derivation("$$z = \\iint x$$\n\n$$z^2 = 4$$\n\n$$z^2 = 5$$", name="a.md")).split("\n")
    assert "It was not checked: the definition of z is not read." in lines[4]
    assert lines[6].strip() == "For the same reason."


@pytest.mark.parametrize(
    ("limits", "option"), [({"seconds": 0.0001}, "--seconds N"), ({"total": 0}, "--total N")], ids=["step", "document"]
)
def test_steps_without_time_come_with_the_option_for_more(limits, option):
    report = check_pieces(pieces_of(f"{RIGHT}\n\n$$x + x = 2 x$$", "a.md"), **limits)
    *_, counts, advice = listing(report).split("\n")
    assert "undecided" in counts
    assert option in advice
    assert "N, " not in listing(check_derivation(RIGHT))


def test_a_document_without_formulas_says_so():
    assert listing(check_derivation("Hello.")) == "No formula was found that makes a claim."


def test_comments_stand_behind_their_formula_and_change_nothing_else():
    rows = "\\frac{d}{dx} \\tanh x\n&= 1 - \\tanh x"
    text = f"# title\n\n$$\n\\begin{{aligned}}\n{rows}\n\\end{{aligned}}\n$$\n\n{RIGHT}\n"
    lines = annotated(check_derivation(text, name="a.md")).split("\n")
    (comment,) = [line for line in lines if line.startswith("<!-- chainrule: line 6: wrong")]
    assert lines.index(comment) == 8
    assert "\n".join(line for line in lines if line != comment) == text
    assert [step.verdict for step in check_derivation("\n".join(lines), repairs=False).steps] == ["wrong", "proved"]


@pytest.mark.parametrize(
    ("name", "text", "comment"),
    [
        ("a.tex", "\\[\n\\cosh x = \\sinh x\n\\]\n", "% chainrule: line 2: wrong"),
        ("a.txt", "cosh(x) = sinh(x)\n", "[chainrule: line 1: wrong"),
        ("a.rst", ".. math::\n\n   \\cosh x = \\sinh x\n\nText.\n", ".. chainrule: line 3: wrong"),
    ],
)
def test_comments_are_those_of_the_format(name, text, comment):
    written = annotated(check_derivation(text, name=name, repairs=False))
    assert any(line.startswith(comment) for line in written.split("\n"))
    assert check_derivation(written, name=name, repairs=False).counts == {"wrong": 1}


def test_notebooks_cannot_be_annotated():
    cell = {"cell_type": "markdown", "source": RIGHT}
    with pytest.raises(Unreadable, match="a notebook cannot be annotated"):
        annotated(check_derivation(json.dumps({"cells": [cell]}), name="a.ipynb"))


def test_annotations_of_github_are_errors_and_notices_with_places():
    text = f"{RIGHT}\n\n{WRONG}\n\n$$\\oint x = 1$$"
    error, notice = github_annotations(check_derivation(text, name="notes, part 1.md")).split("\n")
    assert error.startswith("::error file=notes%2C part 1.md,line=3,col=24,title=wrong::It does not follow")
    assert notice.startswith("::notice file=notes%2C part 1.md,line=5,col=")


def test_annotations_are_one_line_each_whatever_the_text_says():
    text = "$$2 = 3 \\text{::error::100%}$$\n\n$$\\oint 50\\% = \n\n 1$$"
    for line in github_annotations(check_derivation(text, name="a:b%.md")).split("\n"):
        assert "\n" not in line
        assert line.count("::") == 2 or "%25" in line
        assert "file=a%3Ab%25.md," in line


def test_annotations_in_notebooks_name_the_cell_and_no_line_of_the_file():
    cell = {"cell_type": "markdown", "source": WRONG}
    line = github_annotations(check_derivation(json.dumps({"cells": [cell]}), name="a.ipynb", repairs=False))
    assert line.startswith("::error file=a.ipynb,title=wrong (cell 0%2C line 1)::")


def test_the_strict_form_stands_below_each_formula_with_its_verdict():
    shown = shown_reading(check_derivation("Let $f(x) = x^2$.\n\n$$f(3) = 9$$\n\n$$\\oint x = 1$$", repairs=False))
    assert "  f(x : number) := x^2" in shown
    assert "  line 3     proved                 f(3) = 9\n             claim 3: f(3) = 9\n" in shown
    assert "It was not checked" in shown
    assert "1 proved" in shown


def test_declarations_are_printed_in_the_form_of_the_document():
    text = r"\[ \sum_{i=1}^n a_i x_i = \sum_i x_i a_i \]"
    assert declarations(check_derivation(text, name="a.tex")) == "%! n: size\n%! a: column n\n%! x: column n\n"


def test_the_block_of_a_text_that_declares_sizes_decides_no_less_than_the_text():
    text = r"""$W$ is an $H \times D$ matrix, $V$ is a $C \times H$ matrix, $x$ is a $D$-dimensional vector.

$$h = \sigma(W x + b)$$

$$L = \frac{1}{2} \|V h\|^2$$

$$\frac{\partial L}{\partial b} = V^T V h \odot h \odot (1 - h)$$"""
    report = check_derivation(text, name="a.md", repairs=False)
    block = declarations(report)
    assert block.split("\n")[1:-2] == [
        "C: size", "D: size", "H: size", "V: matrix C H", "W: matrix H D", "b: column H", "x: column D",
        "use: sigmoid as sigma",
    ]  # fmt: skip
    assert [step.verdict for step in report.claims] == ["proved if"]
    again = check_derivation(f"{block}\n{text}", name="a.md", repairs=False)
    assert [step.verdict for step in again.claims] == ["proved"]


def test_the_page_for_users_shows_what_the_command_prints_and_names_every_verdict():
    text = (Path(__file__).parents[3] / "docs" / "check" / "derivations.md").read_text(encoding="utf-8")
    documents = re.findall(r"```markdown\n(.*?)```", text, re.DOTALL)
    outputs = re.findall(r"The output is\n\n```text\n((.*?)\n.*?)\n```", text, re.DOTALL)
    for document, (shown, name) in zip(documents, outputs, strict=True):
        assert listing(check_derivation(document, name=name, seconds=120.0)) == shown
    for name in VERDICTS:
        assert name in text, name
    for key in CheckedStep.__dataclass_fields__:
        assert f"`{key}`" in text, key


def test_a_document_cannot_steer_the_terminal():
    report = check_derivation("$$\\text{\x1b[2J} x = 2 x$$", name="a\x1b.md", repairs=False)
    for text in (listing(report), shown_reading(report)):
        assert "\x1b" not in text
        assert "2 x" in text


def test_a_sentence_that_is_not_read_is_marked_too():
    report = check_derivation(r"Let $f = \oint x$ be it." + f"\n\n{RIGHT}", name="a.md")
    assert [(step.verdict, step.displayed) for step in report.steps] == [("not read", False), ("proved", True)]
    assert "<!-- chainrule: line 1: not read:" in annotated(report)
    assert github_annotations(report).startswith("::notice file=a.md,line=1,")


def test_the_first_step_to_look_at_may_be_wrong_if_read_so():
    text = "Let $x > 0$.\n\nHence $(x + 2)^2 = x^2 + 4$.\n\n$$2 + 3 = 6$$"
    report = check_derivation(text, repairs=False)
    first = next(step for step in report.steps if step.is_suspect)
    assert report.faults[0].line > first.line
    assert f"First step to look at: line {first.line} (wrong if read so)." in str(report)
