"""Derivatives in forward mode, and their check by difference quotients."""

import pytest

from chainrule.checking.documents import check_derivation


def only(text, **options):
    (step,) = (s for s in check_derivation(text, **options).steps if s.is_relation)
    return step


def test_a_forward_mode_that_goes_astray_makes_nothing_wrong(monkeypatch):
    from chainrule.checking.documents import numbers

    honest = numbers.ELEMENTARY["tanh"]
    monkeypatch.setitem(numbers.ELEMENTARY, "tanh", lambda x: 2 * honest(x) - honest(numbers.primal(x)))
    step = only(r"$$\frac{d}{dx} \tanh x = 1 - \tanh^2 x$$")
    assert step.verdict == "not read"
    assert "difference quotients do not agree" in step.message


@pytest.mark.parametrize("subject", ["f(w) = ", "f = ", "f(v) = "])
def test_a_nabla_alone_is_along_the_parameter_or_along_the_usual_letters(subject):
    name = "v" if "v" in subject else "w"
    text = f"Let ${subject} \\sum_i {name}_i^2 c_i$.\n\n$$\\nabla f = %s c \\odot {name}$$"
    assert [check_derivation(text % factor).steps[-1].verdict for factor in "23"] == ["verified", "wrong"]
