"""Formulas of many kinds as chains, and generated trees that are printed as LaTeX and read back."""

from fractions import Fraction

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chainrule.documents.reader.syntax import written
from chainrule.documents.reader.syntax.chains import chains_of
from chainrule.documents.reader.syntax.formula_tokens import MOST_TEXT
from chainrule.documents.reader.syntax.parts_written import parts_of_chain
from chainrule.documents.reader.syntax.written import (
    Beside,
    BigOperator,
    Bracketed,
    CasesOf,
    Comparing,
    Differentiation,
    Fractional,
    Grid,
    Listed,
    NotRead,
    Numeral,
    Root,
    Scripted,
    Signed,
    Symbol,
)

FORMULAS = [
    (r"a &= b + c \\ &= \frac{\partial L}{\partial x_i}", ["a = <b +c>", "∅ = d/(partial L; x_[i])"]),
    (r"∂L/∂z_j = p_j − t_j", ["d/(partial L; z_[j]) = <p_[j] -t_[j]>"]),
    (r"σ(x)(1−σ(x))", ["{sigma `(x)` `(<1 -{sigma `(x)`}>)`}"]),
    (r"Σ_{k=1}^K p_k", ["{SUM_[cmp(k = 1)]^[K] p_[k]}"]),
    (
        r"\frac{1}{2}\|x\|^2 = \sum_{i=1}^n x_i, \quad k \neq l",
        ["{f/(1; 2) `||x||`^[2]} = {SUM_[cmp(i = 1)]^[n] x_[i]} | cmp(k != l)"],
    ),
    (r"P(y=1|x) = \sigma(w^T x)", ["{P `(cmp(y = 1)| x)`} = {sigma `({w^[T] x})`}"]),
    (
        r"\frac{\partial^2 f}{\partial x \partial y} = {\partial L \over \partial x} + \partial L / \partial x",
        ["d/(partial^2 f; x, y) = <d/(partial L; x) +d/(partial L; x)>"],
    ),
    (
        r"|x| + ||W||_2^2 + \log|A| + \det|A|(A^{-1})^T + |x||y|",
        ["<`|x|` +`||W||`_[2]^[2] +{'log' `|A|`} +{'det' `|A|` `(A^[<-1>])`^[T]} +{`|x|` `|y|`}>"],
    ),
    (
        r"\frac{d}{dx} f(x), \frac{\mathrm{d}y}{\mathrm{d}x}, \nabla_\theta J(\theta) = \nabla^2 f, dL/dx = d/dx f",
        [
            "⟨{d/(d ∅; x) f `(x)`}, d/(d y; x), {d/(nabla ∅; theta) J `(theta)`}⟩ = {d/(nabla^2 ∅; ) f}",
            "d/(d L; x) = {d/(d ∅; x) f}",
        ],
    ),
    (r"f(x)|_{x=a} = \left.\frac{df}{dx}\right|_{x=a}", ["{f `(x)` |_[cmp(x = a)]} = `atd/(d f; x)at`_[cmp(x = a)]"]),
    (r"x = \begin{cases} 1 & \text{if } i = j \\ 0 & \text{otherwise} \end{cases}", ["x = cases(1, cmp(i = j); 0, ∅)"]),
    (
        r"x = \begin{cases} 1 \phantom{abc} \text{if $i = j$} \\ 0 \phantom{abc} \text{if otherwise} \end{cases}",
        ["x = cases(1, cmp(i = j); 0, ∅)"],
    ),
    (
        r"\text{softmax}(x)_i = softmax(x)_i = \operatorname{softmax}(x)_i",
        ["{'softmax' `(x)`_[i]} = {'softmax' `(x)`_[i]} = {'softmax' `(x)`_[i]}"],
    ),
    (r"a_i = b_i, \eta = \log \lambda, T(y)=y", ["a_[i] = b_[i]", "eta = {'log' lambda}", "{T `(y)`} = y"]),
    (r"l = 1, 2, \dots, L", ["l = ⟨1, 2, ..., L⟩"]),
    (r"x, y \in \mathbb{R}^n", ["⟨x, y⟩ in blackboard:R^[n]"]),
    (
        r"\mathbb{E}_{x\sim p}[x] = \operatorname*{argmax}_\theta \arg\max_w \underset{\theta}{\text{argmax}}",
        ["{E_[cmp(x ∼ p)] `[x]`} = {ARGMAX_[theta] ARGMAX_[w] ARGMAX_[theta]}"],
    ),
    (r"\{x_i\}_{i=1}^n", ["`{x_[i]}`_[cmp(i = 1)]^[n]"]),
    (
        r"A^{\top} W^{[l]} x^{(i)} a^{-1} f'(x) f''^2 x^* x^+ e^{-x}",
        ["{A^[top] W^[`[l]`] x^[`(i)`] a^[<-1>] f' `(x)` f^[2]'' x^[*] x^[+] e^[<-x>]}"],
    ),
    (r"\underbrace{Wx+b}_{z} \stackrel{k\neq l}{=} \boxed{a = b}", ["noted(<{W x} +b>; z) =[cmp(k != l)] a = b"]),
    (r"\overline{xy} + 1", ["<??\\bar over more than a symbol?? +1>"]),
    (r"z_k^l, k = 1, 2, \dots, d", ["z_[k]^[l] | cmp(k = ⟨1, 2, ..., d⟩)"]),
    (r"f(x) \ge 0 \quad \forall x, y \in R", ["{f `(x)`} >= 0 | cmp(⟨x, y⟩ in R)"]),
    (r"x \in ]0, 1[", ["x in `][0, 1][`"]),
    (r"L = -Σ_k t_k log(p_k)", ["L = <-{SUM_[k] t_[k] 'log' `(p_[k])`}>"]),
    (r"\text{Let } x = 1", ['x = 1 | "Let"']),
    (r"x' = x \qquad (i \neq j)", ["x' = x | cmp(i != j)"]),
    (r"y = f(x) \text{ with } z = Wx", ["y = {f `(x)`}", "z = {W x}"]),
    (r"\delta_{ij} = \mathbb{1}[i = j]", ["delta_[⟨i, j⟩] = {blackboard:1 `[cmp(i = j)]`}"]),
    (r"dσ/dx = σ(x)·(1 − σ(x))", ["d/(d sigma; x) = {sigma `(x)` * `(<1 -{sigma `(x)`}>)`}"]),
    (r"W.T @ x**2 <= a*b", ["{W^[T] @ x^[2]} <= {a * b}"]),
    (r"u, v = f(x)", ["⟨u, v⟩ = {f `(x)`}"]),
    (r"f = g \tag{3}", ["f = g #3"]),
    (r"f = g ~~ (4)", ["f = g #4"]),
    (r"= -y_i + a", ["∅ = <-y_[i] +a>"]),
    (r"\left( a \right. \\ \left. + b \right) = c", ["`(<a +b>)` = c"]),
    (r"1{,}000{,}000 + 0{,}5 + 10\,000", ["<1000000 +1/2 +10000>"]),
    (r"\color{red}{(a_k - t_k)}\color{blue}{g_k'(z_k)}", ["{`(<a_[k] -t_[k]>)` g_[k]' `(z_[k])`}"]),
    (r"x^2y + W_ij", ["<{x^[2] y} +W_[⟨i, j⟩]>"]),
    (r"\\foo{x} = \foo{y} + 1", ["{f o o x} = <{??\\foo?? y} +1>"]),
    (r"a = 5 \times -x_j \times e", ["a = {5 x <-x_[j]> x e}"]),
    (r"\theta | x", ["{theta | x}"]),
    (r"[0, 1) \ni x", ["`[(0, 1[(` ni x"]),
    (r"\langle a, b \rangle = \langle f | h \rangle", ["`<a, b>` = `<f| h>`"]),
    (r"D_{KL}(p || q) = H(p\|q)", ["{D_['KL'] `(p|| q)`} = {H `(p|| q)`}"]),
    (r"f(\cdot) = x^{<t>}", ["{f `(*)`} = x^[`<t>`]"]),
    (r"W_{2:n} U_{z:} V_{:c}", ["{W_[⟨2, :, n⟩] U_[⟨z, :⟩] V_[⟨:, c⟩]}"]),
    (r"\text{where}~\tanh(z) &\in (-1, 1)", ["{'tanh' `(z)`} in `(<-1>, 1)`"]),
    (r"X \ni \Reals^{n_x \times m}", ["X ni blackboard:R^[{n_[x] x m}]"]),
    (r"∑_j y_j log p_j for all j", ["{SUM_[j] y_[j] 'log' p_[j]} | j"]),
    (r"x = \left[\begin{array}{c} 1 \\ 2 \end{array}\right]", ["x = `[grid(1; 2)]`"]),
    (r"\begin{array}{rcl} a &=& b \\ &=& c \end{array}", ["a = b", "∅ = c"]),
    (
        r"\frac{\partial a^T X b}{\partial X} = \frac{\partial (a+b)}{\partial x}",
        ["d/(partial {a^[T] X b}; X) = d/(partial `(<a +b>)`; x)"],
    ),
    (r"f(x+1) = 2 f(2x)^T", ["{f `(<x +1>)`} = {2 f `({2 x})`^[T]}"]),
    (
        r"\frac{\partial}{\partial x_i} f = {\partial f \over \partial x_i} = \dfrac{d f}{d x}",
        ["{d/(partial ∅; x_[i]) f} = d/(partial f; x_[i]) = d/(d f; x)"],
    ),
    (
        r"\partial_x f = \pdv{f}{x} + \dv[2]{f}{x} + \dv{x} f + \frac{\dd f}{\dd x}",
        ["{d/(partial ∅; x) f} = <d/(partial f; x) +d/(d^2 f; x, x) +{d/(d ∅; x) f} +d/(d f; x)>"],
    ),
    (
        r"\frac{\partial^2 f}{\partial x^2} - \frac{\partial^2}{\partial x \partial y^{(l)}} g",
        ["<d/(partial^2 f; x, x) -{d/(partial^2 ∅; x, y^[`(l)`]) g}>"],
    ),
    (
        r"\frac{\delta L}{\delta x} + \frac{\delta_i}{\delta_j} + \frac{\Delta y}{\Delta x}",
        ["<d/(delta L; x) +f/(delta_[i]; delta_[j]) +f/({Delta y}; {Delta x})>"],
    ),
    (r"\frac{d}{d+1}", ["f/(d; <d +1>)"]),
    (r"d_x f D_x f d x", ["{d_[x] f D_[x] f d x}"]),
    (
        r"\hat{y}_i + \hat{y_i} + \bar{\mathbf{x}} + \vec x + ŷ + \tilde{\boldsymbol\theta}",
        ["<hat(y)_[i] +hat(y)_[i] +bar(bold:x) +vec(x) +hat(y) +tilde(bold:theta)>"],
    ),
    (
        r"\mathbf{AB}^T \bm{0} \mathrm{d}x \mathcal{L} {\bf w} \mathrm{ReLU}",
        ["{bold:A bold:B^[T] bold:0 roman:d x calligraphic:L bold:w 'relu'}"],
    ),
    (
        r"\log_2 x + \log^2 x + \exp(-x) + \lim_{x \to 0} f",
        ["<{'log'_[2] x} +{'log'^[2] x} +{'exp' `(<-x>)`} +{LIM_[cmp(x -> 0)] f}>"],
    ),
    (
        r"a \propto b \approx c := d \triangleq e \Rightarrow f \iff g \leftarrow h",
        ["a ∝ b ~ c := d := e => f <=> g <- h"],
    ),
    (r"x \not\in S, \quad \text{unless } S = T", ['x notin S | {"unless" cmp(S = T)}']),
    (r"\text{If } i = j: \quad a = b", ["a = b | cmp(i = j)"]),
    (r"f = g \text{ (by the chain rule)}", ['f = g | "(by the chain rule)"']),
    (r"a = b \quad \text{si } x > 0", ["a = b | cmp(x > 0)"]),
    (r"p_j = t_j wenn i = j", ["p_[j] = t_[j] | cmp(i = j)"]),
    (r"f = g, если x > 0", ["f = g | cmp(x > 0)"]),
    (r"a) x = y.", ["x = y"]),
    (r"x = y \checkmark", ["x = y"]),
    (r"= \frac{1}{2} \\ \quad + 3 \\ - x &= 5", ["∅ = <f/(1; 2) +3>", "<-x> = 5"]),
    (r"a &= b & c &= d \\ e &=& f", ["a = b", "c = d", "e = f"]),
    (r"f(x) = \begin{aligned}[t] a &= b \\[0.5em] &= c \end{aligned}", ["{f `(x)`} = a = b", "∅ = c"]),
    (
        r"\begin{bmatrix} 1 & 2 \\ 3 & \ddots \end{bmatrix}_{ij} = \begin{pmatrix} | & | \\ a & - \end{pmatrix}",
        ["`[grid(1, 2; 3, ...)]`_[⟨i, j⟩] = `(grid(|, |; a, -))`"],
    ),
    (r"\left\{ \begin{array}{ll} 1 & x > 0 \\ 0 & \text{else} \end{array} \right.", ["cases(1, cmp(x > 0); 0, ∅)"]),
    (
        r"y! + {n \choose k} + \binom{n}{k} + \sqrt[3]{x} + \sqrt2",
        ["<{y !} +`binomialn, kbinomial` +`binomialn, kbinomial` +root(x; 3) +root(2)>"],
    ),
    (
        r"w_{jk}^{(l)T} + x_{i_j} + x_{i+1,j-1} + \theta_{\text{in}}",
        ["<w_[⟨j, k⟩]^[{`(l)` T}] +x_[i_[j]] +x_[⟨<i +1>, <j -1>⟩] +theta_['in']>"],
    ),
    (
        r"\lfloor x \rfloor + \left\| x \right\|_1 + \left| x \right| + \norm{x} + \lVert x \rVert",
        ["<`floorxfloor` +`||x||`_[1] +`|x|` +`||x||` +`||x||`>"],
    ),
    (r"dw + = x", ["{d w} += x"]),
    (r"\cancelto{0}{x} + \phantom{x} \cancel{y}", ["<noted(x; 0) +y>"]),
    (r"x \overset{(1)}{=} y \xrightarrow{f} z", ["x =[`(1)`] y ->[f] z"]),
    (r"\textcolor{red}{=} 3", ["∅ = 3"]),
    (r"e_i x \quad (\text{where } e = a - b)", ["{e_[i] x}", "e = <a -b>"]),
    (r"(x_1, \ldots, x_n) = x(1:n)", ["`(x_[1], ..., x_[n])` = {x `(1: n)`}"]),
    (r"x² + xᵢ + Wᵀx + x₁² + √(x)", ["<x^[2] +x_[i] +{W^[T] x} +x_[1]^[2] +root(`(x)`)>"]),
    (r"( a + b = c", ["{`(<a +b>)` ??bracket ( without an end??} = c"]),
    (r"a + b ) = c", ["<a +{b ??bracket ) without a beginning??}> = c"]),
    (r"1{,}234 + x", ["<??1,234: a decimal comma, or thousands?? +x>"]),
    (r"\begin{tikz} x \end{tikz} = 3", ["??\\begin{tikz}?? = 3"]),
    (r"\iint f \, dx", ["{IINT f d x}"]),
    (r"H = -\sum p \log p. ", ["H = <-{SUM p 'log' p}>"]),
    (
        r"\ell_i = -\log\left(\frac{e^{f_{y_i}}}{\sum_j e^{f_j}}\right)",
        ["ell_[i] = <-{'log' `(f/(e^[f_[y_[i]]]; {SUM_[j] e^[f_[j]]}))`}>"],
    ),
    (r"\sum_{\substack{i=1\\ i \ne j}} x", ["{SUM_[⟨cmp(i = 1), cmp(i != j)⟩] x}"]),
    (r"\boxed{\begin{aligned} a &= b \\ &= c \end{aligned}}", ["a = b", "∅ = c"]),
    (r"x = 1 if y > 0 and z = 2", ["x = 1 | cmp(y > 0) & cmp(z = 2)"]),
    (r"a + b = \\ c d \\ e \le \\ & f \\ g = h", ["<a +b> = {c d}", "e <= f", "g = h"]),
    (
        r"[1/u_1, ... 1/u_n] = [v_1 v_2 \ldots v_n]",
        ["`[{1 / u_[1]}, ..., {1 / u_[n]}]` = `[v_[1], v_[2], ..., v_[n]]`"],
    ),
    (r"(x_1, \ldots x_n - 1) = (v_1 v_2 \cdots v_n)", ["`(x_[1], ..., <x_[n] -1>)` = `({v_[1] v_[2] ... v_[n]})`"]),
    (r"u = \\ v = \\ w =", ["u = ∅", "v = ∅", "w = ∅"]),
    (r"y (<v, x> + b) = \exp(-y <v, x>)", ["{y `(<`<v, x>` +b>)`} = {'exp' `(<-{y `<v, x>`}>)`}"]),
    (r"0 < x, y > 1 \\ z < (u, v)", ["0 < x", "y > 1", "z < `(u, v)`"]),
    (r"a = b \left( = -c \right) \\ f(= d)", ["a = b = <-c>", '{f `(cmp("" = d))`}']),
    (r"\vartriangle w + \triangle v", ["<{Delta w} +{Delta v}>"]),
    (r"\partialfrac{e}{v_{j}} + \pqty{x, y} + \pd{f}{x}", ["<d/(partial e; v_[j]) +`(x, y)` +d/(partial f; x)>"]),
    (r"y = \text{\textcolor{blue}{\fbox{$ a_i $}}} + \text{\color{red}$b$}", ["y = <a_[i] +b>"]),
]


@pytest.mark.parametrize(("text", "expected"), FORMULAS, ids=range(len(FORMULAS)))
def test_formulas_become_chains(shown, text, expected):
    assert shown(text) == expected


def test_macros_are_expanded_with_their_arguments(shown):
    macros = [
        ("pd", 2, r"\frac{\partial #1}{\partial #2}"),
        ("bx", 0, r"\mathbf{x}"),
        ("alns", 1, r"\begin{align*}#1\end{align*}"),
    ]
    assert shown(r"\alns{ \pd{J}{\bx} &= \pd{}x_i y \\ &= 1 }", macros) == [
        "d/(partial J; bold:x) = {d/(partial ∅; x_[i]) y}".replace("; x_[i])", "; x)_[i]"),
        "∅ = 1",
    ]


def test_relations_know_their_place():
    text = r"a &= \frac{1}{2} \\ &\le c"
    links = [link for chain in chains_of(text) for link in chain.links]
    assert [text[slice(*link.place)] for link in links] == ["=", r"\le"]


def test_rows_are_counted():
    assert [chain.row for chain in chains_of(r"a &= b \\ &= c, d = e + f \\ g")] == [0, 1, 1, 2]


# Hostile input: an error object, in time that grows with the text

HOSTILE = {
    "braces": "{" * 20_000,
    "closed": "{" * 10_000 + "x" + "}" * 10_000,
    "brackets": "(" * 10_000 + ")" * 9_000,
    "sides": r"\left(" * 5_000,
    "accents": r"\hat" * 9_000,
    "roots": r"\sqrt" * 8_000,
    "fractions": r"\frac{" * 6_000,
    "scripts": "x^{_" * 10_000,
    "script of script": "_x" * 20_000,
    "signs": "+" * 40_000,
    "bars": "|" * 40_000,
    "listed": "a," * 20_000,
    "aligned": "a&" * 20_000,
    "texts": r"\text{$" * 5_000,
    "environments": r"\begin{cases}" * 3_000,
    "backslashes": "\\" * 40_000,
    "digits": "1" * 40_000,
    "over": r"a\over " * 5_000,
    "slashes": "da/" * 5_000,
    "power": "1e999999999",
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_text_is_read_or_named(text):
    found = chains_of(text)
    assert hash(tuple(found)) is not None
    assert all(chain.members or chain.conditions for chain in found)


def test_a_text_without_end_is_not_read_but_listed(shown):
    assert shown("+" * (MOST_TEXT + 1)) == [f"??a formula of {MOST_TEXT + 1} characters??"]
    (chain,) = chains_of("x" + " + x" * MOST_TEXT + " = 1")
    assert [link.relation for link in chain.links] == ["="]


@pytest.mark.parametrize(
    "macros",
    [[("a", 0, r"\a\a")], [("a", 0, r"x\a")], [("a", 1, r"\a{#1#1}")], [("a", 0, r"\b\b"), ("b", 0, r"\a\a")]],
    ids=["doubling", "tail", "argument", "mutual"],
)
def test_macros_without_end_are_named(shown, macros):
    assert "grows without end" in "".join(shown(r"\a{x}", macros))


def test_of_macros_in_macros_the_one_that_is_called_is_named_and_nothing_of_it_is_left(shown):
    bodies = [("a", "x" * 10), *((new, rf"\{old}" * 10) for old, new in zip("abcdefg", "bcdefgh", strict=True))]
    found = "".join(shown(r"\h = 1", [(name, 0, body) for name, body in bodies]))
    assert r"the macro \h grows without end, or to more than 60000 signs" in found
    assert "x" not in found.replace("macro", "")


# Trees printed as LaTeX

JOINTS = {
    "": " ",
    "*": r" \cdot ",
    "x": r" \times ",
    ".*": r" \odot ",
    "(x)": r" \otimes ",
    "o": r" \circ ",
    "/": " / ",
}
RELATIONS = {
    "=": "=",
    "<": "<",
    "<=": r"\le ",
    "!=": r"\neq ",
    "in": r"\in ",
    "~": r"\approx ",
    ":=": ":=",
    "=>": r"\implies ",
}
FONTS = {"": "{%s}", "bold": r"\mathbf{%s}", "calligraphic": r"\mathcal{%s}", "fraktur": r"\mathfrak{%s}"}
SIDES = {
    "(": "()",
    "[": "[]",
    "{": (r"\{", r"\}"),
    "<": (r"\langle", r"\rangle"),
    "|": "||",
    "||": (r"\|", r"\|"),
    "floor": (r"\lfloor", r"\rfloor"),
}
SIGNS = {1: " + ", -1: " - ", 0: r" \pm "}
MARKS = {"partial": r"\partial", "d": "d"}


def latex(node):
    """A node as LaTeX."""
    return "" if node is None else PRINTED[type(node)](node)


def of_symbol(node):
    name = rf"\operatorname{{{node.text}}}" if node.is_word else node.text if len(node.text) == 1 else rf"\{node.text}"
    shown = name if node.is_word else FONTS[node.font] % name if node.font else name
    for accent in node.accents:
        shown = rf"\{accent}{{{shown}}}"
    return shown + " "


def of_scripts(node):
    lower = f"_{{{latex(node.lower)}}}" if node.lower is not None else ""
    return lower + (f"^{{{latex(node.upper)}}}" if node.upper is not None else "")


def of_items(items, separators):
    return "".join(latex(item) + separator for item, separator in zip(items, [*separators, ""], strict=True))


def of_row(parts, signs):
    return "".join(sign + latex(part) for part, sign in zip(parts, ["", *signs], strict=True))


def of_grid(node):
    return r"\begin{matrix}" + r" \\ ".join(" & ".join(map(latex, row)) for row in node.rows) + r"\end{matrix}"


def of_cases(node):
    rows = (
        latex(value) + (rf" & \text{{if }} {latex(condition)}" if condition else "") for value, condition in node.rows
    )
    return r"\begin{cases}" + r" \\ ".join(rows) + r"\end{cases}"


def of_derivative(node):
    mark, power = MARKS[node.sign], f"^{node.order}" if node.order > 1 else ""
    below = " ".join(f"{mark} {latex(variable)}" for variable in node.variables)
    return rf"\frac{{{mark}{power} {latex(node.subject)}}}{{{below}}}"


PRINTED = {
    Numeral: lambda node: f"{node.value} ",
    Symbol: of_symbol,
    Scripted: lambda node: latex(node.base).rstrip() + "'" * node.primes + of_scripts(node),
    Listed: lambda node: ", ".join(map(latex, node.items)),
    Bracketed: lambda node: (
        rf"\left{SIDES[node.kind][0]} {of_items(node.items, node.separators)} \right{SIDES[node.kind][1]}"
    ),
    Beside: lambda node: of_row(node.parts, [JOINTS[joint] for joint in node.joints]),
    Signed: lambda node: "".join(SIGNS[sign] + latex(term) for sign, term in zip(node.signs, node.terms, strict=True)),
    Fractional: lambda node: rf"\frac{{{latex(node.upper)}}}{{{latex(node.lower)}}}",
    Root: lambda node: rf"\sqrt{f'[{latex(node.degree)}]' if node.degree else ''}{{{latex(node.inside)}}}",
    Differentiation: of_derivative,
    BigOperator: lambda node: rf"\{node.kind}{of_scripts(node)} ",
    Comparing: lambda node: of_row(node.members, [RELATIONS[relation] for relation in node.relations]),
    Grid: of_grid,
    CasesOf: of_cases,
}

letters = st.builds(
    Symbol,
    st.sampled_from([*"abcxyzijkWTL", "alpha", "theta", "Omega"]),
    st.sampled_from([(), ("hat",), ("bar", "tilde")]),
    st.sampled_from(list(FONTS)),
)
names = st.builds(Symbol, st.sampled_from(["softmax", "loss", "log"]), is_word=st.just(True))
numerals = st.builds(Numeral, st.sampled_from([Fraction(0), Fraction(2), Fraction(41)]))
plain = letters.map(lambda symbol: Symbol(symbol.text))


def nodes(inner):
    """Larger trees of smaller ones, as a reader makes them."""
    closed = st.one_of(
        letters,
        names,
        numerals,
        st.builds(
            lambda kind, items, separator: Bracketed(kind, tuple(items), (separator,) * (len(items) - 1)),
            st.sampled_from(list(SIDES)),
            st.lists(inner, min_size=1, max_size=3),
            st.sampled_from([",", ";"]),
        ),
        st.builds(Fractional, inner, inner),
        st.builds(Root, inner, st.none() | plain),
        st.lists(st.tuples(inner, inner), min_size=1, max_size=2).map(lambda rows: Grid(tuple(rows))),
        st.lists(st.tuples(inner, st.none() | comparing(inner)), min_size=1, max_size=2).map(
            lambda rows: CasesOf(tuple(rows))
        ),
    )
    scripted = st.builds(
        Scripted,
        letters | names | st.builds(lambda item: Bracketed("(", (item,)), inner),
        plain | st.tuples(plain, numerals).map(Listed) | comparing(plain | numerals),
        st.none() | inner,
        st.integers(0, 2),
    )
    subject = st.none() | closed | st.tuples(scripted, closed).map(lambda parts: Beside(parts, ("*",)))
    derivative = st.builds(
        lambda sign, about, variables: Differentiation(sign, about, tuple(variables), len(variables)),
        st.sampled_from(list(MARKS)),
        subject,
        st.lists(plain | st.builds(Scripted, plain, plain), min_size=1, max_size=2),
    )
    factor = closed | scripted | derivative
    big = st.builds(BigOperator, st.sampled_from(["sum", "max", "prod"]), comparing(plain), st.none() | plain)
    negative = factor.map(lambda part: Signed((part,), (-1,)))
    product = st.one_of(
        factor,
        st.builds(
            lambda first, rest: Beside((first, *(part for _, part in rest)), tuple(joint for joint, _ in rest)),
            factor | big,
            st.lists(st.tuples(st.sampled_from(list(JOINTS)), factor), min_size=1, max_size=2)
            | st.tuples(st.sampled_from(["*", "x"]), negative).map(lambda pair: [pair]),
        ),
    )
    signed = st.lists(st.tuples(product, st.sampled_from([1, -1, 0])), min_size=1, max_size=3).map(
        lambda pairs: (
            pairs[0][0]
            if len(pairs) == 1 and pairs[0][1] == 1
            else Signed(*(tuple(each) for each in zip(*pairs, strict=True)))
        )
    )
    return signed


def comparing(members):
    return st.lists(st.tuples(members, st.sampled_from(["=", "<", "<=", "!=", "in"])), min_size=2, max_size=3).map(
        lambda pairs: Comparing(tuple(node for node, _ in pairs), tuple(relation for _, relation in pairs[1:]))
    )


trees = st.recursive(letters | numerals, nodes, max_leaves=12)


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.tuples(trees, st.sampled_from(list(RELATIONS))), min_size=1, max_size=3))
def test_printed_trees_are_read_back(pairs):
    members = tuple(node for node, _ in pairs)
    relations = tuple(relation for _, relation in pairs[1:])
    (found,) = chains_of(of_row(members, [RELATIONS[relation] for relation in relations]))
    assert (found.members, tuple(link.relation for link in found.links)) == (members, relations)


PIECES = [
    *"ab12{}()[]|^_&=+-,.:;'~$ ",
    "\\\\",
    r"\frac",
    r"\left",
    r"\right",
    r"\text",
    r"\sum",
    r"\hat",
    r"\over",
    r"\middle",
]
PIECES += [
    r"\begin{cases}",
    r"\end{cases}",
    r"\begin{aligned}",
    r"\end{aligned}",
    r"\partial",
    r"\boxed",
    r"\quad",
    " if ",
]


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=40).map("".join))
def test_any_text_is_read(text):
    for chain in chains_of(text):
        assert len(chain.members) == len(chain.links) + 1
        assert all(member is None or isinstance(member, written.Written) for member in chain.members)
        assert not any(isinstance(member, NotRead) and not member.what for member in chain.members)


def test_an_unknown_command_behind_two_alignment_signs_is_a_remark():
    first, second = chains_of(r"a &= b && \why{\text{by } x = y}\\ &= c && \reason{z}")
    assert [len(each.links) for each in (first, second)] == [1, 1]
    assert all(isinstance(each, written.Words) for chain in (first, second) for each in chain.conditions)


def test_a_lone_word_behind_the_right_side_is_a_remark():
    first, second = chains_of(r"a &= b & \text{symmetry}\\ &= c & \text{\textbf{gradient}}")
    assert [str(each.conditions[0].text) for each in (first, second)] == ["symmetry", "gradient"]
    assert second.members[0] is None
    (third,) = chains_of(r"a &=& \text{loss}")
    assert isinstance(third.members[1], Symbol)


@pytest.mark.parametrize("row", [r"a &= b & \why{x}", r"a &= b && \why{x} y", r"a &= \why{x}"])
def test_other_unknown_commands_are_not_read(row):
    inside = [part for chain in chains_of(row) for part in parts_of_chain(chain)]
    assert any(isinstance(part, NotRead) for part in inside)
