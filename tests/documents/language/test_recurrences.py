"""Arrays that are made of their earlier entries."""

import pytest

from chainrule.documents.language.name_uses import Names
from chainrule.documents.language.parsing import LanguageError, derivation_of
from chainrule.documents.language.printing import statements


@pytest.mark.parametrize(
    ("text", "steps"),
    [
        ("h := [t in T: w * h[t - 1] + x[t]]", {"h": 0}),
        ("f := [t in T: f[t - 1] + f[t - 2]]", {"f": 0}),
        ("a := [i in n, t in T: (W @ member(h, t - 1))[i]]; h := [i in n, t in T: tanh(a[i, t])]", {"a": 1, "h": 1}),
        ("h := [t in T, i in n: (W @ member(h', t - 1))[i]]", {"h": 0}),
        ("h := [i in n, t in T: sum(j in n: W[i, j] * h[j, t - 1])]; L := sum(t in T: h[1, t])", {"h": 1}),
        (
            "p := [t in T: cases(x[T] if t = T, x[t] + a * p[t + 1] otherwise)]; x := [t in T: b * x[t - 1]]",
            {"p": 0, "x": 0},
        ),
        ("g := [t in T: g[t + 1] * h[t - 1]]; h := [t in T: a * h[t - 1]]", {"g": 0, "h": 0}),
        # the same entry, an earlier and a later one, all of them, and a cycle without a step
        ("h := [t in T: h[t] / 2]", {}),
        ("h := [t in T: h[t - 1] + h[t + 1]]", {}),
        ("a := [t in T: b[t + 1]]; b := [t in T: a[t - 1]]", {}),
        ("h := [t in T: h[t - 1] / norm(h)]", {}),
        ("h := [t in T: sum(s in T: h[s - 1])]", {}),
        ("a := [t in T: h[t - 1] + b[t]]; b := [t in T: a[t]]; h := [t in T: b[t]]", {}),
        ("h := [i in n, t in T: h[i, t - 1] + h[i - 1, t]]", {}),
        ("h := 2 * h + 1", {}),
        ("h(t) := h(t - 1)", {}),
    ],
)
def test_entries_that_are_made_of_earlier_ones_have_steps(text, steps):
    assert Names.of(derivation_of(text)).steps == steps


def test_the_sizes_of_steps_are_those_along_them():
    text = "h := [i in n, t in T: (W @ member(h, t - 1))[i]]"
    assert Names.of(derivation_of(text)).sizes_of_steps == {"T"}


def test_an_index_of_a_claim_may_begin_at_0():
    text = "size T\nx : column T\nclaim 3 [k in 0..T, i in T]: k + x[i] = x[i] + k"
    found = derivation_of(text)
    assert found.claims[0].from_zero == {"k"}
    assert "\n".join(statements(found)) == text
    with pytest.raises(LanguageError, match="0 or 1 before"):
        derivation_of("claim [k in 2..T]: k = k")
    with pytest.raises(LanguageError, match="1 before"):
        derivation_of("x := [k in 0..T: k]")
