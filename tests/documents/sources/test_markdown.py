import pytest

from chainrule.documents.sources.markdown import Style, style_of


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Let $x$ be\n\n$$a = b$$\n", [("inline", "x", "$", 1), ("display", "a = b", "$$", 3)]),
        (
            "Thus $$ a = b\n+ c\n- d\n=\ne $$ holds $y$.",
            [("display", "a = b\n+ c\n- d\n=\ne", "$$", 1), ("inline", "y", "$", 5)],
        ),
        ("$$\n\\begin{align}\na &= b \\\\\n&= c\n\\end{align}\n$$", [("display", "a &= b \\\\\n&= c", "align", 3)]),
        ("\\begin{gather*}\na = b\n\\end{gather*}", [("display", "a = b", "gather*", 2)]),
        ("so \\(x\\) and\n\\[ a = b \\]", [("inline", "x", "\\(", 1), ("display", "a = b", "\\[", 2)]),
        (
            "a \\\\(x\\_1\\\\)\n\\\\[\ny\\_1 \\\\\\\\ z\n\\\\]",
            [("inline", "x_1", "\\(", 1), ("display", "y_1 \\\\ z", "\\[", 3)],
        ),
        (
            '<script type="math/tex">x</script> <script type="math/tex; mode=display">a &lt; b</script>',
            [("inline", "x", "math/tex", 1), ("display", "a < b", "math/tex", 1)],
        ),
        (
            "```math\na = b\n```\n~~~latex\nc = d\n~~~",
            [("display", "a = b", "math", 2), ("display", "c = d", "latex", 5)],
        ),
        ("```python\ncost = $5 # $x$\n```\n$y$", [("code", "cost = $5 # $x$", "python", 2), ("inline", "y", "$", 4)]),
        ("````\n```\n$x$\n````\n$y$", [("code", "```\n$x$", "", 2), ("inline", "y", "$", 5)]),
        ("`$x$` and ``a ` $y$`` and $`z`$", [("inline", "z", "$", 1)]),
        ("<!-- $$ a = b\n\n$$ --> $c$", [("inline", "c", "$", 3)]),
        ('{% include x.html code="\n$a$ $$" %} $c$', [("inline", "c", "$", 2)]),
        ("{% highlight py %}\n$a$\n{% endhighlight %} $c$", [("code", "\n$a$\n", "", 1), ("inline", "c", "$", 3)]),
        ("It costs $5 and $10 now. \\$7 $x$", [("inline", "x", "$", 1)]),
        ("利用$p(y; η) $为 $ z$", [("inline", "p(y; η)", "$", 1), ("inline", "z", "$", 1)]),
        (
            "# The $x$\n## 2\nSub *two*\n---\n**Part (a)**\n(b)\n",
            [
                ("heading", "The $x$", "1", 1),
                ("heading", "2", "2", 2),
                ("heading", "Sub *two*", "2", 3),
                ("heading", "Part (a)", "7", 5),
                ("heading", "(b)", "7", 6),
            ],
        ),
        ("> Then\n> $$\n> a\n> = b\n> $$", [("display", "a\n= b", "$$", 3)]),
        ("$$\\newcommand{\\R}{x}$$ and $$$$", []),
        ("egin{align} a &= rac{b}{c} \\end{align}", [("display", "a &= \\frac{b}{c}", "align", 1)]),
    ],
)
def test_formulas_code_and_headings(in_markdown, text, expected):
    assert in_markdown(text) == expected


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("Assume:\n$a = b$\n$c = d$.\n", ["display", "display"]),
        ("1. $a = b$\n2. so $c = d$", ["heading", "display", "heading", "inline"]),
        ("so that\n$a = b$\nholds", ["inline"]),
        ("where\n\n- $W$\n- $b$", ["inline", "inline"]),
        ("| layer | $a = b$ |\n|--|--|\n| x | $c = d$ |", ["display", "display"]),
        ("$a = b$, $c = d$", ["inline", "inline"]),
        ("$a = b$ and so on", ["inline"]),
    ],
)
def test_an_inline_formula_alone_in_its_lines_is_a_display(in_markdown, text, kinds):
    assert [kind for kind, *_ in in_markdown(text)] == kinds


def test_two_dollars_in_sentences_of_kramdown_are_inline(in_markdown):
    text = "Given $$N$$ rows of $$D$$, let\n\n$$ a = b $$\n\nWith $$c = d$$."
    assert [kind for kind, *_ in in_markdown(text)] == ["inline", "inline", "display", "inline"]
    assert [kind for kind, *_ in in_markdown(text + " $x$" * 4)][:4] == ["display"] * 4


def test_the_style_is_one_for_the_whole_document():
    assert style_of(r"so \\(x\\) and \\[y\\] but $z$") == Style(escaped=True)
    assert style_of("so $x$ and $$y$$") == Style()


def test_a_display_without_an_end_does_not_swallow_the_text_after_it(in_markdown):
    found = in_markdown("$$\na = b\n\nwhere $x$ is\n\n$$\nc = d\n$$\n\n# Next\n$$ e = f\n## Last\n$y$")
    assert [(kind, text) for kind, text, *_ in found] == [
        ("display", "a = b"),
        ("inline", "x"),
        ("display", "c = d"),
        ("heading", "Next"),
        ("display", "e = f"),
        ("heading", "Last"),
        ("inline", "y"),
    ]


def test_prose_between_formulas(in_markdown):
    found = in_markdown("- **Let** $x$ be [a](b)\n  vector.\n\nThen", "prose")
    assert found == [("prose", "- Let ", "", 1), ("prose", " be a\n  vector.\n\nThen", "", 1)]


@pytest.mark.parametrize(
    ("text", "headings"),
    [
        ("1. Let $a = b$.\n2) Let $c = d$.", ["1.", "2)"]),
        ("**Problem 3.** Let $a = b$.", ["**Problem 3.**"]),
        ("- 1. $a$\n   2. $b$\n\nIn 1. $c$", []),
        ("$$\na\n2. b\n$$", []),
        ("**Note** that $a = b$", []),
    ],
)
def test_numbered_items_begin_parts(in_markdown, text, headings):
    assert [told for kind, told, *_ in in_markdown(text) if kind == "heading"] == headings
