"""Habits of real derivations that are easy to misread, each by name, checked from text to verdict."""

import pytest

from chainrule.checking.documents import check_derivation

SOFTMAX = "---\nn: size\nx: vector n\nt: vector n\nuse: softmax as s\n---\n\n"


def verdicts(text, **options):
    return [step.verdict for step in check_derivation(text, **options).steps if step.is_relation]


def test_a_bound_index_may_have_the_letter_of_the_free_one():
    text = r"$$\frac{\partial}{\partial x_j} \sum_{j=1}^n e^{x_j} = e^{x_j}$$"
    assert verdicts(text) == ["verified"]
    assert verdicts(text.replace("= e^{x_j}", "= n e^{x_j}")) == ["wrong"]


def test_a_name_before_a_bracket_is_called_or_multiplied_by_its_kind():
    sigmoid = r"Let $\sigma(x) = \frac{1}{1 + e^{-x}}$." + "\n\n"
    assert verdicts(sigmoid + r"$$\sigma'(x) = \sigma(x)(1 - \sigma(x))$$") == ["verified"]
    assert verdicts(r"$$x (1 - x) = x - x^2$$") == ["verified"]
    p = "---\no: scalar\n" + r"p(o) := \frac{1}{1 + e^{-o}}" + "\n---\n\n"
    assert verdicts(p + r"$$p'(o) = p (1 - p)$$") == ["verified"]


def test_superscripts_are_layers_examples_labels_powers_or_transposes():
    head = (
        "---\nn: size\nm: size\nW^{(1)}: matrix m n\nx: vector n\nz^{(1)} := W^{(1)} x\nh^a := \\tanh(z^{(1)})\n---\n\n"
    )
    text = r"$$h^a_i = \tanh(z^{(1)}_i), \qquad \frac{\partial z^{(1)}}{\partial x} = W^{(1)}$$"
    assert verdicts(head + text) == ["verified", "verified"]
    assert verdicts(head + r"$$x^\top x = \sum_{i=1}^n x_i^2$$") == ["verified"]
    assert verdicts(r"$$\tanh^2(x) = \tanh(x)^2, \qquad x^{-1} = 1/x$$") == ["verified", "verified"]
    assert verdicts(r"$$a = 1 - \tanh^2 = 1 - \tanh \cdot \tanh = 1 - \tanh$$") == ["verified", "wrong"]


def test_a_derivative_operator_reaches_to_the_end_of_its_term():
    assert verdicts(r"$$\frac{d}{dx} x e^{2x} + 1 = e^{2x} + 2 x e^{2x} + 1$$") == ["verified"]
    assert verdicts(r"$$\frac{d}{dx} (1 + e^{-x}) \cdot 3 = -3 e^{-x}$$") == ["verified"]


def test_dots_stand_for_what_their_ends_show():
    head = SOFTMAX
    row = r"$$\begin{pmatrix} x_1 & \dots & x_n \end{pmatrix} s = x_1 s_1 + \dots + x_n s_n = \sum_{i=1}^n x_i s_i$$"
    assert verdicts(head + row) == ["verified", "verified"]
    matrix = r"""$$D_x s = \begin{pmatrix} s_1 (1 - s_1) & \dots & -s_1 s_n \\ \vdots & \ddots & \vdots \\
    -s_n s_1 & \dots & s_n (1 - s_n) \end{pmatrix}$$"""
    assert verdicts(head + matrix) == ["verified"]
    assert verdicts(head + matrix.replace("-s_1 s_n", "s_1 s_n")) == ["wrong"]
    assert verdicts(head + r"$$x_1 + \dots + s_n = 1$$") == ["not read"]


def test_conditions_over_behind_and_before_a_relation_hold_for_it():
    for text in (
        r"$$\frac{\partial s_i}{\partial x_j} \stackrel{i \neq j}{=} -s_i s_j$$",
        r"$$\frac{\partial s_i}{\partial x_j} = -s_i s_j \quad (i \neq j)$$",
        r"$$\frac{\partial s_i}{\partial x_j} = -s_i s_j, \quad i \neq j$$",
        "For $i \\neq j$ we have\n\n$$\\frac{\\partial s_i}{\\partial x_j} = -s_i s_j$$",
        "The off-diagonal entries are:\n\n$$\\frac{\\partial s_i}{\\partial x_j} = -s_i s_j$$",
    ):
        assert verdicts(SOFTMAX + text) == ["verified"], text
    assert verdicts(SOFTMAX + r"$$\frac{\partial s_i}{\partial x_j} = -s_i s_j$$") == ["true only for some indices"]
    assert verdicts(SOFTMAX + r"$$\frac{\partial s_i}{\partial x_j} \stackrel{i \neq j}{=} s_i s_j$$") == ["wrong"]


def test_a_sentence_states_hypotheses_and_a_display_claims():
    assert verdicts(r"We do not have $\sinh x + 1 = \sinh x$ here.") == []
    assert verdicts(r"$$\sinh x + 1 = \sinh x$$") == ["wrong"]


def test_a_silent_assumption_is_named():
    report = check_derivation(SOFTMAX + r"$$-\sum_{i=1}^n t_i (\delta_{ij} - s_j) = s_j - t_j$$")
    (step,) = report.relations
    assert step.verdict == "verified under an assumption"
    assert step.message == "holds only if the entries of t add up to 1"
    assert verdicts(
        SOFTMAX.replace("t: vector n", "t: vector n, sum 1") + step.left.join(["$$", f"= {step.right}$$"])
    ) == ["verified"]


def test_definitions_change_between_questions():
    text = (
        "## 1\n\n---\nn: size\nx: vector n\n\\sigma(x)_i := \\frac{e^{x_i}}{\\sum_k e^{x_k}}\n---\n\n"
        "$$\\sum_i \\sigma_i = 1$$\n\n## 2\n\n---\n\\sigma(u) := \\frac{1}{1 + e^{-u}}\nu: scalar\n---\n\n"
        "$$\\sigma(u) + \\sigma(-u) = 1$$\n"
    )
    assert verdicts(text) == ["verified", "verified"]


@pytest.mark.parametrize("gradient", [r"(s - t)^\top W", r"W^\top (s - t)"])
def test_rows_and_columns_are_both_accepted_for_a_gradient(gradient):
    head = "---\nn: size\nm: size\nW: matrix n m\nh: vector m\nt: vector n, sum 1\nx := W h\nuse: softmax\n"
    head += "s := \\operatorname{softmax}(x)\nL := -\\sum_{i=1}^n t_i \\log s_i\n---\n\n"
    assert verdicts(head + rf"$$\frac{{\partial L}}{{\partial h}} = {gradient}$$") == ["verified"]
    assert verdicts(head + r"$$\frac{\partial L}{\partial h} = W (s - t)$$") == ["shapes do not fit"]


def test_decoration_says_nothing():
    text = r"$$\boxed{2 \sinh x} = \underbrace{e^x - e^{-x}}_{\text{odd}} \tag{1} \quad (\text{shown}) \checkmark$$"
    assert verdicts(text) == ["verified"]


def test_eaten_backslashes_and_lookalike_letters_are_repaired_and_reported():
    report = check_derivation("$$rac{d}{dx} oldsymbol{х}^2 = 2 х$$")  # the х are Cyrillic
    assert [step.verdict for step in report.steps] == ["verified"]
    assert [note.message for note in report.notes] == [
        r"read 'rac' as '\frac'",
        r"read 'oldsymbol' as '\boldsymbol'",
        "read 'х' as 'x'",
        "read 'х' as 'x'",
    ]
    assert report.exit_code == 0
    assert report.strict_exit_code == 2


def test_a_missing_bracket_is_closed_where_the_side_ends():
    assert verdicts(r"$$\sinh(x + y = \sinh(x + y)$$") == ["verified"]


def test_a_malformed_derivative_gets_a_message_of_its_own():
    (step,) = check_derivation(r"$$\frac{\partial l}{z_j} = -\frac{t_j}{z_j}$$").steps
    assert step.verdict == "not read"
    assert "its denominator has no ∂ (write ∂z_j below the line)" in step.message


def test_unicode_mathematics_is_read_without_commands():
    text = "∂/∂x_j log(Σ_k exp(x_k)) = exp(x_j) / Σ_k exp(x_k)\n\ntanh(x)² + sech(x)² = 1\n"
    assert verdicts(text, name="notes.txt") == ["verified", "verified"]


@pytest.mark.parametrize(
    "sentence",
    [
        "Let {} be given. Write {}.",
        "Gegeben sei {}. Wir setzen {}.",
        "Soit {}. On pose {}.",
        "Пусть {}. Обозначим {}.",
    ],
    ids=["English", "German", "French", "Russian"],
)
def test_prose_in_four_languages_declares_names(sentence):
    text = sentence.format(r"$\lambda > 0$", r"$f(x) = \log(\lambda x^2)$")
    assert verdicts(text + "\n\n" + r"$$f'(x) = \frac{2}{x}$$") == ["verified"]
