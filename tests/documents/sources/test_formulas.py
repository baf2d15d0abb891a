import pytest

from chainrule.documents.sources.formulas import formula
from chainrule.documents.sources.scanning import Region
from chainrule.documents.sources.stretches import Stretch


def read_as(text, format, environment="$$"):
    notes = []
    whole = Stretch(text)
    found, inner = formula(
        whole, Region("display", 0, 0, len(text), len(text), environment), format, lambda *note: notes.append(note)
    )
    return found.text, inner


@pytest.mark.parametrize(
    ("written", "format", "expected"),
    [
        (r"x\_i \* y", "markdown", "x_i * y"),
        (r"\mathtt{soft\_max} x\_i", "markdown", r"\mathtt{soft\_max} x_i"),
        (r"a &lt; b &amp;= c \\\\ d", "markdown", r"a < b &= c \\ d"),
        (r"a \\_ b \{c\}", "markdown", r"a \\_ b \{c\}"),
        (r"\\{a\\} \(1 - z\_i\) \\\\", "escaped", r"\{a\} (1 - z_i) \\"),
        ("a % b $ c\n= d \\% e", "latex", "a \n= d \\% e"),
        ("\u200ba\u200b = b\x00", "latex", "a = b"),
        (r"x\_i &lt;", "latex", r"x\_i &lt;"),
        (r"\def\h{--} \h + 1", "markdown", r"\h + 1"),
    ],
)
def test_what_belongs_to_the_format_is_taken_away(written, format, expected):
    assert read_as(written, format) == (expected, "$$")


@pytest.mark.parametrize(
    ("written", "environment", "expected"),
    [
        (r"\begin{aligned} a &= b \end{aligned}.", "$$", ("a &= b", "aligned")),
        (r"\begin{split} a \end{split}", "equation", ("a", "split")),
        (r"\begin{alignat*}{2} a &= b \end{alignat*}", "$$", ("a &= b", "alignat*")),
        (r"{2} a &= b", "alignat", ("a &= b", "alignat")),
        (r"\begin{aligned}[t] a \end{aligned}", "$$", ("a", "aligned")),
        (r"\begin{cases} a \end{cases}", "$$", (r"\begin{cases} a \end{cases}", "$$")),
        (r"\begin{split} a \end{split} = b", "$$", (r"\begin{split} a \end{split} = b", "$$")),
        (
            r"\begin{split}a\end{split} = \begin{split}b\end{split}",
            "$$",
            (r"\begin{split}a\end{split} = \begin{split}b\end{split}", "$$"),
        ),
    ],
)
def test_an_environment_around_all_of_it_is_the_environment(written, environment, expected):
    assert read_as(written, "latex", environment) == expected


def test_marks_of_a_quotation_are_taken_away():
    text = "> $$\n> a > b\n> = c\n> $$"
    found, _ = formula(Stretch(text), Region("display", 2, 4, len(text) - 2, len(text), "$$"), "markdown", print)
    assert found.text == "a > b\n= c"
