"""Reports on the lines of their texts: marks under relations, repairs and declarations as changes of the text."""

import pytest

from chainrule import check_derivation
from chainrule.servers.marks import TextChange, declared, lines_of, marks, repair_of, step_at

CHAIN = r"""# Softmax

Let $s_i = \frac{e^{x_i}}{\sum_k e^{x_k}}$ for $x \in \mathbb{R}^n$.

$$
\begin{aligned}
\frac{\partial \log s_i}{\partial x_j} &= \delta_{ij} - \frac{e^{x_j}}{\sum_k e^{x_k}} \\
&= \delta_{ij} - s_i \\[2pt]
\end{aligned}
$$
"""


def reported(text, name="a.md", **options):
    return check_derivation(text, name=name, **options).to_json(), lines_of(text)


def marked(text, **options):
    """The marked parts of a text, with their levels and verdicts."""
    report, lines = reported(text, **options)
    return [(lines[m.line][m.start : m.end], m.level, m.verdict) for m in marks(report, lines)]


def changed(text, change):
    """The text after a change."""
    lines = lines_of(text)
    start, end = (sum(len(line) + 1 for line in lines[:line]) + k for line, k in (change.start, change.end))
    text = "\n".join(lines)
    return text[:start] + change.text + text[end:]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (CHAIN, [(r"= \delta_{ij} - s_i", "error", "true for some indices")]),
        ("$$1 + 1 = 2 = 3 = 3$$.", [("= 3", "error", "wrong")]),
        ("$$1 + 1 =\n3$$", [("=", "error", "wrong")]),
        ("$$\U0001d465 - \U0001d465 + 2 = 3 .$$", [("= 3", "warning", "wrong if read so")]),
        (r"\[2 = 3\]", [("= 3", "error", "wrong")]),
        (r"$$\sqrt{x^2} = x$$", [("= x", "information", "proved if")]),
        (r"$$\frac{\partial L}{\partial x} = 0$$", [("= 0", "warning", "wrong if read so")]),
        ("---\nx: colum n\ny: number\n---\n$$y = y$$", [("x: colum n", "warning", "declaration")]),
        (r"$$2 = \frac{$$", [(r"= \frac{", "hint", "not read")]),
        ("It is $1 = 2$, $$x = x$$", []),
        ("", []),
    ],
    ids=range(11),
)
def test_the_relation_of_what_is_not_right_is_marked(text, found):
    assert marked(text) == found


def test_lines_that_end_in_two_characters_are_counted_alike():
    assert marked(CHAIN.replace("\n", "\r\n")) == marked(CHAIN)


@pytest.mark.parametrize(
    "text", ["$$", "$$x = ", r"$$\frac{1}{", r"\begin{align} x &= ", "---\n", "$$ = $$", "\\", "="]
)
def test_half_a_text_is_no_error(text):
    report, lines = reported(text)
    for mark in marks(report, lines):
        assert 0 <= mark.start <= mark.end <= len(lines[mark.line])
    assert step_at(report, lines, 0, 0) is None or report["steps"]
    assert [repair_of(step, lines) for step in report["steps"]] == [None] * len(report["steps"])


def test_every_beginning_of_a_text_can_be_marked():
    for length in range(0, len(CHAIN), 20):
        report, lines = reported(CHAIN[:length], repairs=False)
        for mark in marks(report, lines):
            assert 0 <= mark.start <= mark.end <= len(lines[mark.line])


def test_the_step_at_a_place_is_the_last_that_begins_before_it():
    report, lines = reported("$$1 + 1 = 2 = 3$$")
    assert step_at(report, lines, 0, 0)["right"] == "2"
    assert step_at(report, lines, 0, 9)["right"] == "2"
    assert step_at(report, lines, 0, 13)["right"] == "3"
    assert step_at(report, lines, 1, 0) is None


@pytest.mark.parametrize(
    ("text", "old", "new"),
    [
        (CHAIN, r"&= \delta_{ij} - s_i", r"&= \delta_{ij} - s_j"),
        (r"$$\frac{d}{dx} \tanh x = 1 - \tanh x$$", r"= 1 - \tanh x", r"= 1 - (\tanh x)^{2}"),
        ("$$(x + 1)^2 =\nx^2 - 2 x + 1$$", "- 2 x", "+ 2 x"),
        (r"$$\frac{d}{dx} (x a)^2 = 2 a x$$", "= 2 a x", None),
    ],
)
def test_a_repair_changes_the_text_so_that_the_step_is_right(text, old, new):
    report, lines = reported(text)
    (step,) = (step for step in report["steps"] if step["repair"])
    change = repair_of(step, lines)
    repaired = changed(text, change)
    if new is not None:
        assert repaired == text.replace(old, new)
    verdicts = [step["verdict"] for step in check_derivation(repaired, name="a.md").to_json()["steps"]]
    assert set(verdicts) <= {"definition", "proved", "verified"}


def test_a_change_that_would_hold_together_otherwise_replaces_the_right_side():
    step = {"line": 1, "column": 5, "right": "2 x", "repair": {"old": "x", "new": "x + 1", "formula": "2 (x + 1)"}}
    step["repair"]["place"] = [1, 9, 1, 10]
    change = repair_of(step, ["$$y = 2 x$$"])
    assert changed("$$y = 2 x$$", change) == "$$y = 2 (x + 1)$$"


def test_a_right_side_that_is_not_found_is_not_changed():
    step = {"line": 1, "column": 5, "right": "3 x", "repair": {"old": "x", "new": "y", "formula": "y", "place": None}}
    assert repair_of(step, ["$$y = 2 x$$"]) is None


BLOCK = "---\nn: size\nx: column n\n---\n"


@pytest.mark.parametrize(
    ("text", "format", "block", "after"),
    [
        ("# T\n", "markdown", BLOCK, f"{BLOCK}\n# T\n"),
        ("---\ntitle: T\n---\ntext", "markdown", BLOCK, f"---\ntitle: T\n---\n\n{BLOCK}\ntext"),
        ("\\documentclass{a}", "latex", "%! n: size\n", "%! n: size\n\\documentclass{a}"),
    ],
)
def test_declarations_stand_at_the_top_behind_front_matter(text, format, block, after):
    assert changed(text, declared(block, lines_of(text), format)) == after


def test_declarations_that_say_nothing_new_are_not_offered():
    assert declared(BLOCK, lines_of(BLOCK + "text"), "markdown") is None
    assert declared("", ["text"], "markdown") is None
    assert declared(BLOCK, ["text"], "text") is None


@pytest.mark.parametrize("text", [CHAIN, "---\ntitle: T\n---\n" + CHAIN])
def test_a_text_with_its_declarations_is_read_as_before(text):
    report = check_derivation(text, name="a.md")
    from chainrule.documents.reports.listing import declarations

    change = declared(declarations(report), lines_of(text), "markdown")
    assert isinstance(change, TextChange)
    again = check_derivation(changed(text, change), name="a.md")
    assert [step.verdict for step in again.steps] == [step.verdict for step in report.steps]
    assert declared(declarations(again), lines_of(changed(text, change)), "markdown") is None
