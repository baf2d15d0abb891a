"""Changes that make a wrong step true."""

import pytest

from chainrule import check_derivation


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
