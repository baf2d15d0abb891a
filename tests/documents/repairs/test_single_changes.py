import pytest

from chainrule.documents.language.parsing import term_of
from chainrule.documents.language.printing import text_of
from chainrule.documents.repairs.single_changes import Material, changes

MATERIAL = Material.of([term_of("s[i] * x[j]"), term_of("n * exp(x[i])")], ["i", "j"], ["n"], ["s", "x"])


def changed(text, material=MATERIAL):
    return [text_of(each.term) for each in changes(term_of(text), material)]


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("s[i] + s[j]", "s[i] - s[j]"),
        ("a - b", "b - a"),
        ("s[i] * x[i]", "s[i] * x[j]"),
        ("[i = i]", "[i = j]"),
        ("W[i, j]", "W[j, i]"),
        ("A @ x", "A' @ x"),
        ("x @ y'", "y @ x'"),
        ("2 * A @ x", "(A + A') @ x"),
        ("f(x[i])", "f'(x[i])"),
        ("f'(x[i]) * s[i]", "f(x[i]) * s[i]"),
        ("exp(x[i])", "exp(-x[i])"),
        ("x[i]^2", "x[i]^3"),
        ("1 - tanh(a)", "1 - tanh(a)^2"),
        ("x[i]", "2 * x[i]"),
        ("x[i]", "x[i] / n"),
        ("s[i]", "(1 - s[i]) * s[i]"),
        ("s[i] * x[j] * n", "s[i] * x[j]"),
        ("s[i] - x[i]", "s[i]"),
        ("s[i]", "s[i] - [i = j]"),
        ("sum(k in n: s[k])", "s[i]"),
        ("exp(x[i])", "exp(x[i]) / n"),
        ("a / (1 + b)", "a / (1 + b)^2"),
        ("1 - s[i] / x[i]", "1 - s[i]^2 / x[i]^2"),
        ("c * log(a)", "c + log(a)"),
    ],
)
def test_a_common_slip_is_undone_by_one_change(wrong, right):
    assert right in changed(wrong)


def test_likely_changes_come_first_and_none_twice():
    found = changes(term_of("s[i] + x[j]"), MATERIAL)
    assert [each.cost for each in found] == sorted(each.cost for each in found)
    assert len({each.term for each in found}) == len(found)
    assert all(each.term != term_of("s[i] + x[j]") for each in found)


def test_indices_that_a_sum_binds_are_not_brought_outside():
    material = Material.of([term_of("sum(k in n: x[k] * s[k])")], ["i"], ["n"], [])
    assert not any(
        "k" in text.replace("sum(k in n: ", "").split("x[k]")[0] for text in map(text_of, material.factors[3:4])
    )
    assert "x[i]" in map(text_of, material.factors)
    assert "x[k]" not in map(text_of, material.factors)


def test_exponents_and_limits_of_sums_stay_free_of_factors():
    assert not any("in 2 * n" in text or "^(2 *" in text for text in changed("sum(k in n: x[k]^n)"))
