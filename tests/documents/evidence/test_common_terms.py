from chainrule.documents.evidence import proving
from chainrule.documents.evidence.common_terms import with_common_terms
from chainrule.documents.evidence.proving import Prover
from chainrule.documents.language.parsing import derivation_of
from chainrule.documents.language.printing import relation_text
from chainrule.documents.language.shapes import Shapes

KINDS = "size n; C : matrix n n, symmetric; x, u, v : column n; r : number; "
U, V = (f"(x - {name})' @ inverse(C) @ (x - {name})" for name in "uv")
DENSITY = f"exp(-({U})) / ((2 * pi)^(n / 2) * sqrt(det(C)))"
OTHER = f"exp(-({V})) / ((2 * pi)^(n / 2) * sqrt(det(C)))"


def derivation(claim):
    return derivation_of(KINDS + "claim: " + claim)


def named(claim):
    found = derivation(claim)
    other = with_common_terms(found, found.claims[0])
    return other and relation_text(other.claims[0]).partition(": ")[2]


def found(claim, seconds=20.0):
    asked = derivation(claim)
    return Prover(asked, Shapes(asked), seconds).finding(asked.claims[0])


def test_the_largest_costly_terms_on_both_sides_have_names_and_the_others_then():
    assert named(f"{U} + r = r + {U}") == "_common1 + r = r + _common1"
    assert named(f"det(C) * ({U}) = r * ({U})") == "_common2 * _common1 = r * _common1"
    assert named(f"{U} = r") is None
    assert named("(x' @ u) * r = r * (x' @ u)") is None


def test_terms_with_indices_have_no_names():
    assert named("sum(i in n: inverse(C)[i, i] * r) = r * sum(i in n: inverse(C)[i, i])") == (
        "sum(i in n: _common1[i, i] * r) = r * sum(i in n: _common1[i, i])"
    )
    assert named("sum(i in n: det(C * x[i])) = r + sum(i in n: det(C * x[i]))") is None


def test_steps_between_densities_are_proved_in_short_time():
    step = f"r * {DENSITY} / (r * {DENSITY} + (1 - r) * {OTHER}) = 1 / (1 + (1 - r) / r * exp({U} - {V}))"
    proved = found(step)
    assert proved.status == "proved"
    assert "common" not in proved.note
    assert "det(C)" in proved.note
    assert found(step.replace("1 / (1 +", "1 / (2 +")).status != "proved"


def test_what_holds_for_these_values_alone_is_not_refuted_by_others(monkeypatch):
    step = "det(inverse(C)) * det(C) = 1 + 0 * det(C)"
    assert found(step).status == "proved"
    monkeypatch.setattr(proving, "with_common_terms", lambda *_: None)
    assert found(step).status == "proved"


def test_a_term_that_moves_with_a_variable_has_no_values_of_its_own():
    claim = "grad(log(det(C)), C) * det(C) = det(C) * inverse(C)"
    assert found(claim.replace("= det", "= 2 * det")).status != "proved"
