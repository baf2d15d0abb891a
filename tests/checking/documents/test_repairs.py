"""Changes that make a wrong step true."""

import pytest

from chainrule.checking.documents import check_derivation


def only(text, **options):
    (step,) = (s for s in check_derivation(text, **options).steps if s.is_relation)
    return step


@pytest.mark.parametrize(
    ("step", "change", "kind"),
    [
        (r"\frac{d}{dx} \cosh x = -\sinh x", "changing -sinh(x) to sinh(x)", "sign"),
        (r"\frac{d}{dx} \tanh x = 1 - \tanh x", "changing tanh(x) to tanh(x)^2", "power"),
        (r"\frac{d}{dx} \tanh x = 1 - \tanh(\tanh(x))", "changing tanh(tanh(x)) to tanh(x)^2", "power"),
        (r"\frac{d}{dx} x^3 = 2 x^2", "changing 2 to 3", "constant"),
        (r"\frac{d}{dx} e^{c x} = e^{c x}", "changing e^{c x} to c e^{c x}", "factor"),
        (r"\log(a b) = \log a \cdot \log b", "changing log(a) · log(b) to log(a) + log(b)", "other"),
        (r"\frac{d}{dx} \frac{x}{1 + x} = \frac{1}{1 + x}", "changing 1/(1 + x) to 1/((1 + x)^2)", "power"),
    ],
)
def test_one_change_that_makes_a_step_true_is_suggested(step, change, kind):
    found = only(f"$${step}$$")
    assert found.verdict == "wrong"
    assert change in [repair.change for repair in found.repairs]
    assert found.repairs[0].kind == kind
    assert found.message.endswith("makes it true.")


def test_a_transposed_matrix_is_recognised():
    head = "---\nm: size\nn: size\nW: matrix m n\nx: vector n\nt: vector m\nL := (W x - t)^\\top (W x - t)\n---\n\n"
    step = only(head + r"$$\frac{\partial L}{\partial W} = 2 x (W x - t)^\top$$")
    assert step.verdict == "shapes do not fit"
    assert step.kind == "transposed"


NAMES = {
    "softmax": "n: size\nx: vector n\nt: vector n\nuse: softmax as s",
    "least squares": "N: size\nd: size\nX: matrix N d\nw: vector d\ny: vector N\n"
    r"L := \frac12 (X w - y)^\top (X w - y)",
    "linear layer": "m: size\nn: size\nW: matrix m n\nx: vector n\nb: vector m\nt: vector m\n"
    r"L := \frac12 (W x + b - t)^\top (W x + b - t)",
    "quadratic form": "n: size\nA: matrix n n\nx: vector n",
    "functions": "x: scalar\na: scalar\nb: scalar\nf: function\ng: function",
    "sigmoid": "x, w, b: scalar\n" + r"\sigma(z) := \frac{1}{1+e^{-z}}",
}


@pytest.mark.parametrize(
    ("names", "step", "change"),
    [
        # An index.
        (
            "softmax",
            r"\frac{\partial}{\partial x_j} \log \sum_k e^{x_k} = \frac{e^{x_i}}{\sum_k e^{x_k}}",
            "x_i to x_j",
        ),
        ("softmax", r"\frac{\partial}{\partial x_j} \frac12 \sum_i (x_i-t_i)^2 = x_i - t_i", "i to j everywhere"),
        (
            "softmax",
            r"\frac{\partial}{\partial x_k} (-\sum_i t_i \log s_i) = s_i \sum_j t_j - t_i",
            "i to k everywhere",
        ),
        (
            "softmax",
            r"\frac{\partial}{\partial x_j} \log \sum_i e^{t_i x_i} = \frac{t_j e^{t_j x_j}}{\sum_k e^{t_i x_i}}",
            "Σ_k e^{t_i x_i} to Σ_i e^{t_i x_i}",
        ),
        (
            "softmax",
            r"\frac{\partial}{\partial x_j} \sum_i t_i \log s_i = \sum_i t_i \frac{\partial \log s_i}{\partial x_k}",
            "x_k to x_j",
        ),
        # A factor outside its sum.
        (
            "softmax",
            r"\frac{\partial}{\partial x_j} \sum_i t_i s_i = t_i \sum_i s_i ([i=j] - s_j)",
            "t_i Σ_i s_i ([i = j] - s_j) to Σ_i t_i s_i ([i = j] - s_j)",
        ),
        (
            "softmax",
            r"\frac{\partial}{\partial x_j} \sum_i t_i s_i = t_j s_j - t_i \sum_i s_i s_j",
            "t_i Σ_i s_i s_j to Σ_i t_i s_i s_j",
        ),
        # A missing or untransposed matrix.
        ("least squares", r"\nabla_w L = X w - y", "X w - y to Xᵀ (X w - y)"),
        ("least squares", r"\nabla_w L = X (X w - y)", "X (X w - y) to Xᵀ (X w - y)"),
        ("linear layer", r"\frac{\partial L}{\partial W} = W x + b - t", "W x + b - t to (W x + b - t) xᵀ"),
        ("linear layer", r"\frac{\partial L}{\partial x} = (W x + b - t)^\top W^\top", "Wᵀ to W"),
        ("linear layer", r"\frac{\partial L}{\partial x} = W x + b - t", "W x + b - t to Wᵀ (W x + b - t)"),
        ("quadratic form", r"\nabla_x (x^\top A x) = A x + A x", "A x to Aᵀ x"),
        ("quadratic form", r"\nabla_x (x^\top A x) = A + A^\top", "A + Aᵀ to (A + Aᵀ) x"),
        # A missing term.
        ("linear layer", r"\frac{\partial L}{\partial b} = W x - t", "W x - t to W x - t + b"),
        ("sigmoid", r"\frac{d}{dx} \log(1 + e^{w x + b}) = w \sigma(w x)", "σ(w x) to σ(w x + b)"),
        (
            "sigmoid",
            r"\frac{d}{dx} \sigma(w x + b) = w \sigma(w x + b) (1 - \sigma(w x))",
            "σ(w x) to σ(w x + b)",
        ),
        (
            "softmax",
            r"\frac{\partial}{\partial x_j} \sum_i \log(1 + e^{x_i - t_i}) = \frac{1}{1 + e^{-x_j}}",
            "-x_j to -(x_j - t_j)",
        ),
        ("softmax", r"\frac{\partial}{\partial x_j} \frac14 \sum_i (x_i - t_i)^4 = x_j^3", "x_j^3 to (x_j - t_j)^3"),
        (
            "softmax",
            r"\frac{\partial}{\partial x_j} \frac12 (\sum_i x_i - t_i)^2 = \sum_i x_i",
            "Σ_i x_i to Σ_i x_i - t_i",
        ),
        ("functions", r"\frac{d}{dx} e^{a x} (x + b) = e^{a x} (1 + a x)", "a x to a (x + b)"),
        ("functions", r"\frac{d}{dx} (a x + b)^3 = 3 a (a x)^2", "(a x)^2 to (a x + b)^2"),
        ("functions", r"\frac{d}{dx} \frac{x}{a + x} = \frac{a}{a^2}", "a^2 to (a + x)^2"),
        # A function and its derivative.
        ("functions", r"\frac{d}{dx} f(x)^2 = 2 f(x) f(x)", "f(x) to f'(x)"),
        ("functions", r"\frac{d}{dx} f(a x) = a f(a x)", "f(a x) to f'(a x)"),
        ("functions", r"\frac{d}{dx} f(x) g(x) = f'(x) g(x) + f(x) g(x)", "g(x) to g'(x)"),
        ("functions", r"\frac{d}{dx} \frac{1}{f(x)} = -\frac{f(x)}{f(x)^2}", "f(x) to f'(x)"),
        ("functions", r"\frac{d}{dx} (f(x) + 3 g(x)) = f'(x) + 3 f'(x)", "f'(x) to g'(x)"),
        ("functions", r"f(x) + 3 g(x) = f(x) + 3 f(x)", "f(x) to g(x)"),
        # A power.
        ("functions", r"\frac{d}{dx} \frac{1}{f(x)} = -\frac{f'(x)}{f(x)}", "f'(x)/f(x) to f'(x)/f(x)^2"),
        ("functions", r"\frac{d}{dx} \frac13 f(x)^3 = f(x) f'(x)", "f(x) f'(x) to f(x)^2 f'(x)"),
        ("sigmoid", r"\frac{d}{dx} \sigma(x) = \sigma(x) - \sigma(x)", "σ(x) - σ(x) to σ(x) - σ(x)^2"),
        ("sigmoid", r"\frac{d}{dx} \frac13 x^3 w = x w", "x w to x^2 w"),
        ("sigmoid", r"\frac{d}{dx} x^{-1} = -x^2", "x^2 to x^{-2}"),
        ("sigmoid", r"\frac{d}{dx} \log x^2 = 2 x", "2 x to 2/x"),
        # A sign, a name, a factor.
        ("sigmoid", r"\frac{d}{dx} \sigma(x) = \sigma(x) (1 + \sigma(x))", "1 + σ(x) to 1 - σ(x)"),
        ("sigmoid", r"\sigma'(x) = \sigma(x) \sigma(x)", "σ(x) to σ(-x)"),
        ("sigmoid", r"\frac{d}{dx} \sigma(x) = \sigma(x) (1 - \sigma(w))", "w to x"),
        ("sigmoid", r"\frac{d}{dx} \log(1 + e^{w x + b}) = \sigma(w x + b)", "σ(w x + b) to w σ(w x + b)"),
        (
            "linear layer",
            r"\frac{\partial}{\partial x} \sum_i \tanh(x_i) = x \odot (1 - \tanh(x) \odot \tanh(x))",
            "x ⊙ (1 - tanh(x) ⊙ tanh(x)) to 1 - tanh(x) ⊙ tanh(x)",
        ),
    ],
)
def test_a_repair_is_suggested_for_a_slip(names, step, change):
    found = only(f"---\n{NAMES[names]}\n---\n\n$${step}$$")
    assert f"changing {change}" in [repair.change for repair in found.repairs]
