"""A sheet of exercises of calculus, as students hand it in: the same letters mean something else in each of them."""

import pytest

from chainrule.documents import check_derivation

SHEET = r"""# Homework 3

1. $$\frac{d}{dx} x^2 \sin x = 2x \cos x$$

2. $$\frac{d}{dx} \left( x \ln x \right) = \ln x$$

3. $$\frac{d}{dx} \frac{x}{1+x} = \frac{1}{1+x}$$

4. Let $f(x) = x^3 - 2x$. Then $f'(x) = 3x^2 - 2x$.

5. Let $g(t) = \sqrt{t^2 + 1}$. Then
$$g'(t) = \frac{1}{2\sqrt{t^2+1}}$$

6. For $h(x, y) = x^2 y + \sin(xy)$,
$$\frac{\partial h}{\partial x} = 2xy + \cos(xy)$$
$$\frac{\partial h}{\partial y} = x^2 + x\cos(xy)$$

7. Let $L(w) = \frac{1}{2}(y - wx)^2$. Then
$$\frac{dL}{dw} = (y - wx) x$$

8. Let $\sigma(z) = \frac{1}{1 + e^{-z}}$. Then
$$\sigma'(z) = \sigma(z)(1 + \sigma(z))$$

9. Let $x \in \mathbb{R}^n$ and $A \in \mathbb{R}^{n \times n}$. Then
$$\nabla_x x^T A x = (A + A^T) x$$

10. Let $f(x) = \|x\|^2$ for $x \in \mathbb{R}^n$. Then $\nabla f(x) = x$.

11. $$\frac{d}{dx} \cos^2 x = -2 \sin x$$

12. Let $y = \sin(3x)$. Then
$$\frac{dy}{dx} = \cos(3x)$$
$$\frac{d^2 y}{dx^2} = -9 \sin(3x)$$

13. $$\lim_{x \to 0} \frac{\sin x}{x} = 0$$

14. $$\frac{d}{dx} \tan x = \sec^2 x + 3$$

15. $$(x+1)^2 = x^2 + 1$$
"""

RIGHT = {16, 25, 33}
AS_LATEX = (
    SHEET.replace("# Homework 3\n", "\\documentclass{article}\n\\begin{document}\n\\begin{enumerate}")
    + "\\end{enumerate}\n\\end{document}\n"
)


@pytest.fixture(scope="module")
def report():
    return check_derivation(SHEET)


def test_every_wrong_answer_is_found_and_no_other(report):
    found = {step.line: step.verdict for step in report.steps if step.verdict != "definition"}
    assert {line for line, verdict in found.items() if verdict == "proved"} == RIGHT
    assert {line for line, verdict in found.items() if verdict == "wrong"} == found.keys() - RIGHT


def test_most_have_a_change_that_makes_them_right(report):
    new = {step.line: step.repair["new"] for step in report.steps if step.repair is not None}
    assert new[12] == r"2 t \frac{1}{2\sqrt{t^2+1}}"
    assert new[15] == r"y \cos(xy)"
    assert new[32] == r"3 \cos(3x)"
    assert len(new) >= 12


def test_items_of_latex_are_exercises_too():
    text = AS_LATEX
    for number in range(15, 0, -1):
        text = text.replace(f"\n{number}. ", "\n\\item ")
    steps = [step for step in check_derivation(text, name="a.tex").steps if step.verdict != "definition"]
    assert [step.verdict for step in steps].count("proved") == len(RIGHT)
    assert {step.verdict for step in steps} == {"proved", "wrong"}
