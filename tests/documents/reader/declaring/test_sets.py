import pytest

from chainrule.documents.language.printing import kind_of
from chainrule.documents.reader.declaring.sets import kind_of_components, members_of
from chainrule.documents.reader.syntax.chains import chains_of


@pytest.mark.parametrize(
    ("written", "kind", "facts"),
    [
        (r"\mathbb{R}", "number", []),
        (r"\mathbb{R}^n", "column n", []),
        (r"\mathbb{R}^{n_1 \times (n + 1)}", "matrix n_1 (n + 1)", []),
        (r"\mathbb{R}_+^n", "column n", ["nonnegative"]),
        (r"\mathbb{R}_{> 0}", "number", ["positive"]),
        (r"(0, 1)^n", "column n", ["unit"]),
        (r"\{0, 1\}", "number", ["bit"]),
        (r"\{-1, +1\}^n", "column n", ["sign"]),
        (r"\{1, \dots, K\}", "1..K", []),
    ],
)
def test_the_members_of_a_set(written, kind, facts):
    found, told = members_of(chains_of(rf"x \in {written}")[0].members[1])
    assert (kind_of(found), sorted(told)) == (kind, facts)


@pytest.mark.parametrize("written", [r"\mathbb{C}", "S", r"\{a, b\}", r"(0, 2)", r"\mathbb{R}^{f(x)}"])
def test_other_sets_say_nothing(written):
    assert members_of(chains_of(rf"x \in {written}")[0].members[1]) is None


COMPONENTS = r"\begin{pmatrix} f_1(x_1, \ldots, x_n) \\ \vdots \\ f_m(x_1, \ldots, x_n) \end{pmatrix}"


@pytest.mark.parametrize(
    ("of", "to", "kind"),
    [
        (r"\begin{pmatrix} x_1 \\ \vdots \\ x_n \end{pmatrix}", COMPONENTS, "function(column n) -> column m"),
        ("x", COMPONENTS, "function(column n) -> column m"),
        (r"(x_1, x_2, x_3)", r"(f_1(x), f_2(x))^T", "function(column 3) -> column 2"),
        (r"(x_1, x_3)", r"(f_1(x), f_2(x))", None),
        (r"(x_1, x_2)", r"(f_1(x), g_2(x))", None),
        (r"(x_1, x_2)", r"(g_1(x), g_2(x))", None),
        (r"(x_1, x_2)", r"x_1 + x_2", None),
    ],
)
def test_components_that_are_written_out_tell_the_kind_of_a_function(of, to, kind):
    name, written_of, written_to = (chains_of(each)[0].members[0] for each in ("f", of, to))
    found = kind_of_components(name, written_of, written_to)
    assert (found and kind_of(found)) == kind
