"""Terms from written formulas, one formula at a time; what has no meaning says why."""

import pytest

from chainrule.documents import check_derivation
from chainrule.documents.language.printing import condition_text
from chainrule.documents.reader.letters.inventory import Inventory
from chainrule.documents.reader.syntax.chains import chains_of
from chainrule.documents.reader.syntax.known_words import NotMeant
from chainrule.documents.reader.translation.elaboration import Elaborator
from chainrule.documents.reader.translation.grids import NOT_ALIKE


@pytest.mark.parametrize(
    ("formula", "term"),
    [
        (r"\frac{a}{b}", "over(a, b)"),
        (r"\underbrace{a b}_{\text{first}}", "beside(a, b)"),
        ("|x|", "abs(x)"),
        (r"\begin{bmatrix} z_1 \\ \vdots \\ z_n \end{bmatrix}", "[_k in n: z[_k]]"),
        (r"\begin{pmatrix} z_1 & z_2 \end{pmatrix}", "table(z[1] | z[2])'"),
        (r"\begin{bmatrix} 1 & a \\ 0 & 1 \end{bmatrix}", "table(1, a | 0, 1)"),
        (r"\frac{d}{dx} a b", "slope(beside(a, b), x)"),
        (r"\begin{cases} a & i = j \\ b & \text{otherwise} \end{cases}", "cases(a if i = j, b otherwise)"),
    ],
)
def test_the_term_of(formula, term, elaborated):
    assert elaborated(formula) == term


@pytest.mark.parametrize(
    ("formula", "reason"),
    [
        (r"\begin{bmatrix} a & \dots \\ b & c \end{bmatrix}", NOT_ALIKE),
        (r"\begin{bmatrix} a \\ \vdots \\ b \end{bmatrix}", NOT_ALIKE),
        (r"\frac{\partial L}{\partial (a + b)}", "a derivative by something that is no name"),
        (r"\nabla L", "a gradient by nothing that is said"),
    ],
)
def test_what_has_no_meaning_says_why(formula, reason, elaborated):
    with pytest.raises(NotMeant, match=reason):
        elaborated(formula)


def test_conditions_are_comparisons_of_terms():
    inventory = Inventory.of(chains_of("z_i + x_j"))
    [chain] = chains_of(r"a = b, \quad i \neq j")
    found = Elaborator(inventory).condition(chain.conditions[0])
    assert condition_text(found) == "i != j"


def test_bars_around_a_matrix_are_its_determinant_and_around_a_number_its_absolute_value(claims):
    text = r"Let $C \in \mathbb{R}^{k \times k}$ be symmetric and $u \in \mathbb{R}^k$." + "\n\n"
    density = r"\frac{1}{\sqrt{|C|}} e^{-\frac{1}{2} u^T C^{-1} u}"
    last = claims(
        text + f"$$q = {density}$$\n\n$$-\\log q = \\frac{{1}}{{2}} \\log |C| + \\frac{{1}}{{2}} u^T C^{{-1}} u$$"
    )[-1]
    assert last == "-log(q) = 1 / 2 * log(det(C)) + 1 / 2 * u' @ inverse(C) @ u"
    assert claims(text + r"$$\nabla_C \det |C| = |C| (C^{-1})^T$$") == ["grad(det(C), C) = det(C) * inverse(C)'"]
    assert claims(r"$$\frac{1}{|R|} \sum_{i=1}^n v_i = |V_i|$$") == ["1 / abs(R) * sum(i in n: v[i]) = abs(V[i])"]


@pytest.mark.parametrize(
    "claim",
    [
        r"\partial (u v) = u \partial v",
        r"\frac{f}{\partial u} = \frac{f}{\partial u}",
        r"\partial^2 u = u \partial^2",
        r"u \% v = v \% u",
        r"u \bmod v = v \bmod u",
        r"\neg (u v) = u \neg v",
        r"\# (u v) = u \# v",
        r"(u v) \ast f = u v \ast f",
        r"u \mid v = v \mid u",
    ],
)
def test_signs_of_operations_are_no_factors(claim):
    report = check_derivation(f"Let $u$, $v$, $f$ be numbers.\n\n$${claim}$$", repairs=False)
    assert [step.verdict for step in report.steps] == ["not read"]
