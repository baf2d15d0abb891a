"""The report as text."""

from chainrule.checking.derivations.report import VERDICTS, Note, Report, Step
from chainrule.checking.derivations.terminal import described, shown, summary

WRONG = Step(7, 1, "a", "b", "=", "wrong", "With x = 1 they differ. " * 8)


def test_each_verdict_has_a_line():
    for verdict in VERDICTS:
        assert shown(Step(1, 1, "a", "b", "=", verdict, ""))[0].startswith("  line 1 ")


def test_long_messages_and_formulas_are_folded():
    lines = shown(Step(7, 1, "a", "b + " * 40, "=", "wrong", WRONG.message))
    assert lines[0].endswith("...")
    assert len(lines) > 2
    assert all(len(line) <= 100 for line in lines)


def test_the_summary_counts_verdicts_and_names_the_first_wrong_line():
    assert summary(Report("", ())) == "no relation found"
    assert summary(Report("", (WRONG,))).split("\n")[:2] == ["1 wrong", "first step to look at: line 7 (wrong)"]


def test_notes_stand_before_the_steps_with_their_line():
    text = described(Report("a.md", (WRONG,), (Note(3, "not read", "a reason"), Note(0, "internal error", "no"))))
    assert text.split("\n")[:3] == ["a.md", "  line 3: not read: a reason", "  internal error: no"]
