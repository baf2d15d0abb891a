"""How formulas are read: one line of LaTeX, one line of what was understood."""

import pytest

from chainrule.checking.derivations.grammar import parse, readings
from chainrule.checking.derivations.printing import latex, unicode
from chainrule.checking.derivations.stream import NotRead, Vocabulary
from chainrule.checking.derivations.tokens import tokens
from chainrule.checking.derivations.tree import Call, Index, Product, walk

NAMES = Vocabulary(
    functions=frozenset({"f", "σ"}),
    families=frozenset({"s"}),
    decorated=frozenset({"h^a", "z_1"}),
    known=frozenset("fσs"),
)

READ = [
    (r"a - b + c", "a - b + c"),
    (r"-\frac{1}{2} x^2", "-1/2 x^2"),
    (r"\frac12 x", "1/2 x"),
    (r"x_i y_j", "x_i y_j"),
    (r"W_{ij} x_j", "W_{ij} x_j"),
    (r"x_{i+1}", "x_{i + 1}"),
    (r"W^{(2)}_{kj}", "W^(2)_{kj}"),
    (r"W_{kj}^{(2)}", "W^(2)_{kj}"),
    (r"h^a_j", "h^a_j"),
    (r"z_{1,i}", "z_1_i"),
    (r"e^{-z}", "e^{-z}"),
    (r"\exp(x_i)", "e^{x_i}"),
    (r"\log \sum_k e^{x_k}", "log(Σ_k e^{x_k})"),
    (r"\ln f(x)", "log(f(x))"),
    (r"\tanh^2 x", "tanh(x)^2"),
    (r"f^2(x)", "f(x)^2"),
    (r"f'(x) + \sigma'(x)", "f'(x) + σ'(x)"),
    (r"\sum_{k=1}^n a_k b - c", "Σ_{k=1}^n a_k b - c"),
    (r"\sum_{i,j} a_i b_j", "Σ_i Σ_j a_i b_j"),
    (r"\sum_{\substack{j=1 \\ j \neq i}}^n s_j", "Σ_{j ≠ i}^n s_j"),
    (r"\prod_{i=1}^n x_i", "Π_{i=1}^n x_i"),
    (r"\frac{\partial s_i}{\partial x_j}", "∂s_i/∂x_j"),
    (r"\frac{\partial^2 L}{\partial x_i \partial x_j}", "∂^2L/(∂x_i ∂x_j)"),
    (r"\frac{d}{dx} \tanh(x)", "∂/∂x tanh(x)"),
    (r"\partial L / \partial W", "∂L/∂W"),
    (r"\partial_{x_j} s_i", "∂s_i/∂x_j"),
    (r"D_x f(x)", "D_x f(x)"),
    (r"\nabla_x L", "∇_x L"),
    (r"dW^\top W", "dWᵀ W"),
    (r"A^\top b", "Aᵀ b"),
    (r"a^{[1]T} b", "a^(1)ᵀ b"),
    (r"a \odot b^\top c", "a ⊙ (bᵀ c)"),
    (r"\delta_{ij}", "[i = j]"),
    (r"\mathbb{1}_{i=j}", "[i = j]"),
    (r"\mathbf 1\{i = j\}", "[i = j]"),
    (r"I(i = j)", "[i = j]"),
    (r"1_{[i=j]}", "[i = j]"),
    (r"[a > 0]", "[a > 0]"),
    (r"\mathbf{1} s^\top", "𝟏 sᵀ"),
    (r"e_y", "e_y"),
    (r"|x| \cdot \|y\|", "|x| · norm(y)"),
    (r"\max(x, 0)", "max(x, 0)"),
    (r"\underbrace{a + b}_{c} d", "(a + b) d"),
    (r"\langle u, v \rangle", "inner(u, v)"),
    (r"(v_1 \dots v_n)", "(v_1, …, v_n)"),
    (r"\begin{pmatrix} a & b \\ c & d \end{pmatrix}", "(a, b; c, d)"),
    (r"\mathrm{softmax}(x)_i", "softmax(x)_i"),
    (r"\operatorname{diag}(s)", "diag(s)"),
    ("σ(−x)", "σ(-x)"),
    ("eˣ + e⁻ˣ", "e^x + e^{-x}"),
    ("∂z_i/∂x_j", "∂z_i/∂x_j"),
]


@pytest.mark.parametrize(("text", "understood"), READ, ids=[text for text, _ in READ])
def test_formulas_are_read_as_people_mean_them(text, understood):
    assert unicode(parse(tokens(text), NAMES)) == understood


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (r"\frac{\partial l}{z_j}", "its denominator has no ∂"),
        (r"\frac{l}{\partial z_j}", "its numerator has no ∂"),
        (r"\frac{\partial^2 l}{\partial z_j}", "order 2 above, 1 below"),
        (r"I(y)", "an indicator without a condition"),
        (r"a \cdot", "lacks its second factor"),
        (r"\int f", "integrals"),
        (r"a \pm b", "two formulas at once"),
        (r"\foo{x}", r"no meaning is known for \foo"),
        ("((((" * 20 + "x", "nested more than"),
        (r"\sum x_i", "without an index"),
        (r"n!", "factorials"),
    ],
)
def test_what_is_not_read_is_said_with_the_construct(text, reason):
    with pytest.raises(NotRead, match=reason.replace("\\", "\\\\")) as refusal:
        parse(tokens(text))
    assert refusal.value.at <= len(text)


def test_every_node_knows_its_place_in_the_text():
    text = r"\frac{a_i}{b} + \log x"
    for node in walk(parse(tokens(text))):
        first, last = node.span
        assert 0 <= first <= last <= len(text)
    (entry,) = (n for n in walk(parse(tokens(text))) if isinstance(n, Index))
    assert text[slice(*entry.span)] == "a_i"


def test_a_function_before_a_bracket_may_also_be_a_factor():
    both = readings(tokens(r"s_i (1 - s_i)"), NAMES)
    assert isinstance(both[0], Product)
    assert any(isinstance(node, Call) for node in walk(both[1]))


@pytest.mark.parametrize(
    "text", [text for text, _ in READ if "dots" not in text and "⁻" not in text and "−" not in text]
)
def test_what_is_printed_is_read_back_as_the_same_formula(text):
    node = parse(tokens(text), NAMES)
    assert unicode(parse(tokens(latex(node)), NAMES)) == unicode(node)
