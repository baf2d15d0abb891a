import pytest

from chainrule.documents import check_derivation
from chainrule.documents.sources.opening import pieces_of
from chainrule.documents.verdicts.document_steps import steps_of


def steps(*formulas):
    return steps_of(pieces_of("\n\n".join(f"$${each}$$" for each in formulas), "a.md")).steps


def test_a_claim_is_proved_with_the_last_definition_before_it_and_that_is_told():
    found = steps("y = x^2", "y = x^3", "\\frac{dy}{dx} = 3 x^2", "\\frac{d^2 y}{dx^2} = 6x")
    assert [step.verdict.name for step in found[2:]] == ["proved if", "proved if"]
    assert found[2].finding.assumed == ("y has the meaning given in line 3",)


@pytest.mark.parametrize("claim", ["\\frac{dy}{dx} = 2x", "\\frac{dy}{dx} = 3x", "y = 1 + x^2 - 1"])
def test_a_definition_that_no_longer_counts_proves_nothing(claim):
    assert not steps("y = x^2", "y = x^3", claim)[2].verdict.holds


def test_a_claim_before_the_second_definition_keeps_the_first_one():
    found = steps("y = x^2", "\\frac{dy}{dx} = 2x", "y = x^3")
    assert found[1].verdict.name == "proved"


def test_what_an_equation_says_is_not_proved_by_itself():
    assert not steps("y = x^2", "y = x^3", "y = x^3 + 1", "y = x^3")[1].verdict.holds


def test_a_value_in_an_example_defines_nothing_anew():
    text = "$$u = b c$$\n\n$$J = 3 u$$\n\nNow $u = 6$ and $b = 2$.\n\n$$\\frac{dJ}{db} = 3 c$$"
    assert steps_of(pieces_of(text, "a.md")).steps[-1].verdict.name == "proved"


SLOPES = (
    "u = w x",
    "E = (u - t)^2",
    "\\delta \\equiv \\frac{\\partial E}{\\partial u}",
    "\\delta = u - t",
    "\\frac{\\partial E}{\\partial w} = \\delta x",
    "\\frac{\\partial E}{\\partial x} = 3 \\delta w",
)


def test_a_false_equation_for_a_derivative_is_no_new_definition_of_its_name():
    found = steps(*SLOPES)
    assert [step.verdict.name for step in found[3:]] == ["wrong if read so", "proved if", "no definition"]
    assert found[4].finding.assumed == ("delta has the meaning given in line 5",)


def test_another_name_may_get_a_new_value():
    found = steps(*SLOPES[:2], "\\delta = 2 (u - t)", *SLOPES[3:])
    assert found[4].verdict.name == "no definition"


def test_a_formula_behind_a_sign_of_equivalence_counts_with_the_one_before_it():
    text = r"$$y = e^x \rightleftharpoons \frac{dy}{dx} = e^x \\ y = \log x \rightleftharpoons \frac{dy}{dx} = SLOPE$$"
    found = check_derivation(text.replace("SLOPE", r"\frac{1}{x}"), repairs=False).steps[-1]
    assert (found.verdict, "meaning given in line 1" in found.message) == ("proved if", True)
    for false in ("e^x", r"\frac{1}{x^2}"):
        found = check_derivation(text.replace("SLOPE", false), repairs=False).steps[-1]
        assert found.verdict not in ("proved", "proved if")


@pytest.mark.parametrize("words", ["", "Only the second term is left:"])
@pytest.mark.parametrize("title", ["", "# Cross entropy\n\n"])
def test_an_equation_under_a_condition_is_no_new_definition(title, words):
    text = title + (
        "A label $y \\in \\{0, 1\\}$ is predicted by $p = \\frac{1}{1 + e^{-z}}$. The loss is\n\n"
        "$$L = -y \\log p - (1 - y) \\log(1 - p)$$\n\n### Case $y = 0$\n\nWORDS\n\n$$L = -\\log(1 - p)$$\n\n"
        "### Any label\n\n"
        "$$\\frac{\\partial L}{\\partial p} = \\frac{1}{1 - p}$$"
    )
    every = check_derivation(text.replace("WORDS", words), repairs=False).steps
    assert [str(step.verdict) for step in every][-2:] == ["proved", "wrong if read so"]


def test_what_only_cases_define_is_unknown_behind_them():
    cases = "### Case $y = 1$\n\n$$L = -\\log p$$\n\n### Case $y = 0$\n\n$$L = -\\log(1 - p)$$\n\n"
    slope = "$$\\frac{\\partial L}{\\partial p} = \\frac{1}{1 - p}$$"
    inside, outside = (check_derivation(cases + words + slope, repairs=False) for words in ("", "### Any label\n\n"))
    assert (str(inside.steps[-1].verdict), outside.steps[-1].verdict in ("proved", "wrong")) == ("proved", False)
