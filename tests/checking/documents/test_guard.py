"""A defect of the checker ends no document in a traceback: it is a finding where it happens, and the rest is judged."""

import pytest

from chainrule.checking.documents import (
    check_derivation,
    conventions,
    document,
    walk,
)

GOOD = r"$$\sinh 2x = 2 \sinh x \cosh x$$"
BAD = r"$$\cosh 2x = 2 \cosh^2 x - 1$$"
TEXT = f"# One\n\n{GOOD}\n\nand then\n\n{BAD}\n\n# Two\n\n{GOOD}\n"
FAILURES = [AttributeError("has\nno attribute"), RecursionError("too deep"), MemoryError(), KeyError("x")]


def fails_for(function, error, culprit):
    """The function, failing with an error when the culprit is somewhere in what it is given."""

    def failing(*given, **options):
        if culprit(*given):
            raise error
        return function(*given, **options)

    return failing


def in_a_relation(relation):
    return "sinh" not in repr((relation.left, relation.right))


def in_a_chain(question, *_):
    return any("cosh" in token.text for chain in question.chains for token in chain.members[0].tokens[:1])


@pytest.mark.parametrize("error", FAILURES, ids=lambda error: type(error).__name__)
def test_a_failure_on_one_relation_is_told_at_its_line_and_the_others_are_judged(error, monkeypatch):
    monkeypatch.setattr(walk, "decide", fails_for(walk.decide, error, in_a_relation))
    report = check_derivation(TEXT)
    assert [(s.line, s.verdict) for s in report.steps] == [(3, "verified"), (7, "internal error"), (11, "verified")]
    assert report.exit_code == report.strict_exit_code == 2
    assert type(error).__name__ in report.steps[1].message
    assert "please report it" in report.steps[1].message
    assert not report.steps[1].is_decided


@pytest.mark.parametrize("error", FAILURES, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("stage", ["prime_hint", "explained"])
def test_a_failure_around_a_relation_leaves_none_without_a_verdict(stage, error, monkeypatch):
    calls = []
    second = fails_for(getattr(walk, stage), error, lambda *_: calls.append(1) or len(calls) == 2)
    monkeypatch.setattr(walk, stage, second)
    report = check_derivation(TEXT)
    assert [(s.line, s.verdict) for s in report.steps] == [(3, "verified"), (7, "internal error"), (11, "verified")]


def test_a_failure_after_a_verdict_keeps_it_out_of_the_others_way(monkeypatch):
    calls = []
    monkeypatch.setattr(
        walk.Walker, "aftermath", fails_for(walk.Walker.aftermath, KeyError("x"), lambda *_: calls.append(1) or True)
    )
    report = check_derivation(TEXT)
    assert [s.verdict for s in report.steps] == ["verified"] * 3
    assert [note.verdict for note in report.notes] == ["internal error"] * len(calls)
    assert report.exit_code == 2


@pytest.mark.parametrize("error", FAILURES, ids=lambda error: type(error).__name__)
def test_a_failure_to_read_a_formula_refuses_that_formula(error, monkeypatch):
    culprit = lambda fragment: "cosh 2x" in fragment.text  # noqa: E731
    monkeypatch.setattr(document, "statements", fails_for(document.statements, error, culprit))
    report = check_derivation(TEXT)
    assert [(s.line, s.verdict) for s in report.steps] == [(3, "verified"), (11, "verified")]
    assert [note.line for note in report.notes] == [7]
    assert report.exit_code == 2


@pytest.mark.parametrize("stage", ["define", "complete"])
def test_a_failure_to_understand_a_question_refuses_the_formula_that_causes_it(stage, monkeypatch):
    monkeypatch.setattr(document, stage, fails_for(getattr(document, stage), KeyError("x"), in_a_chain))
    report = check_derivation(TEXT)
    assert [(s.line, s.verdict) for s in report.steps] == [(3, "verified"), (11, "verified")]
    assert [(note.line, note.verdict) for note in report.notes] == [(7, "internal error")]


def test_a_failure_to_guess_a_function_leaves_it_unknown(monkeypatch):
    text = "$$s(x) = s(x) + 1$$"
    monkeypatch.setattr(conventions, "compare", fails_for(conventions.compare, TypeError("no"), lambda *_: True))
    report = check_derivation(text)
    assert [step.line for step in report.steps] == [1]
    assert {note.verdict for note in report.notes} == {"internal error"}
    assert report.exit_code != 0


def test_ctrl_c_passes_through(monkeypatch):
    monkeypatch.setattr(walk, "decide", fails_for(walk.decide, KeyboardInterrupt(), lambda *_: True))
    with pytest.raises(KeyboardInterrupt):
        check_derivation(TEXT)


def test_a_function_of_numbers_whose_value_is_a_vector_is_not_taken_entry_by_entry():
    report = check_derivation("---\nu: vector 3\nv: vector 3\nx: scalar\nf(x) := x v\n---\n\n$$f(u) = u$$\n\n" + GOOD)
    assert [(s.line, s.verdict) for s in report.steps] == [(8, "shapes do not fit"), (10, "verified")]
    assert "a column of 3 where a number was expected" in report.steps[0].message


def test_templates_that_cannot_stand_for_a_function_are_passed_over():
    """Each is tried for g, in h(g(x)) too, where h takes a number and gives a vector: this ended in a traceback."""
    report = check_derivation("---\nx: vector 3\nt: scalar\nh(t) := t x\n---\n\n$$g(h(x)) = h(g(x))$$\n\n" + GOOD)
    assert [step.line for step in report.steps] == [7, 9]
    assert not report.steps[0].is_decided
    assert report.steps[1].verdict == "verified"
    assert [found for found in (*report.steps, *report.notes) if found.verdict == "internal error"] == []
