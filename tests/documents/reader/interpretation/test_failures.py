from chainrule.documents import check_derivation
from chainrule.documents.language.parsing import derivation_of
from chainrule.documents.reader.interpretation import document_reader, joining
from chainrule.documents.reader.interpretation.failures import NOTHING, without_failures

TEXT = (
    "$$\\sinh 2x = 2 \\sinh x \\cosh x$$\n\n$$\\cosh 2x = 2 \\cosh^2 x - 1$$\n\n$$2 \\sinh x = \\sinh x + \\sinh x$$\n"
)


def failing_at(word):
    """A use of derivations that fails for a name."""

    def use(derivation):
        text = " ".join(getattr(part, "text", "") for part in derivation.parts)
        if word in text.split():
            raise KeyError(word)

    return use


def test_only_the_claim_on_which_the_use_fails_is_left_out():
    derivation = derivation_of("x, y : number; claim: x = x; claim: y = y; claim: x = x + 0")
    found, claims, definitions = without_failures(derivation, failing_at("y"))
    assert [claim is NOTHING for claim in found.claims] == [False, True, False]
    assert list(claims) == [1]
    assert "please report it" in claims[1]
    assert definitions == {}


def test_only_the_definition_on_which_the_use_fails_is_left_out():
    derivation = derivation_of("x, y : number; z := y; w := x; claim: w = x")
    found, claims, definitions = without_failures(derivation, failing_at("y"))
    assert ([each.name for each in found.definitions], claims, list(definitions)) == (["w"], {}, ["z"])


def test_a_defect_in_one_formula_is_told_there_and_the_others_are_judged(monkeypatch):
    def shapes(derivation, *others):
        if any(getattr(part, "operator", "") == "cosh" and len(derivation.claims) < 9 for part in derivation.parts):
            derivation.claims[0] / 0
        return made(derivation, *others)

    made = joining.Shapes
    monkeypatch.setattr(joining, "Shapes", shapes)
    report = check_derivation(TEXT.replace("2 \\sinh x \\cosh x", "\\sinh(x + x)"), repairs=False)
    assert [step.verdict for step in report.steps] == ["proved", "not read", "proved"]
    assert "please report it" in report.steps[1].message


def test_a_defect_while_a_statement_is_read_is_told_there(monkeypatch):
    def claimed(state, statement):
        if "cosh" in statement.piece.text:
            raise IndexError("none")
        made(state, statement)

    made = document_reader.enter_claim
    monkeypatch.setattr(document_reader, "enter_claim", claimed)
    report = check_derivation(TEXT.replace("2 \\sinh x \\cosh x", "\\sinh(x + x)"), repairs=False)
    assert [step.verdict for step in report.steps] == ["proved", "not read", "proved"]
