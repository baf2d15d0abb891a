import pytest


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "Let :math:`x_1` be.\n\n.. math:: a = b\n\nc",
            [("inline", "x_1", ":math:", 1), ("display", "a = b", "math", 3)],
        ),
        (
            ".. math::\n   :label: e\n\n   a = b\n\n   c = d\n\ntext",
            [("display", "\\label{e}\n\n   a = b", "math", 2), ("display", "c = d", "math", 6)],
        ),
        (
            ".. math::\n   :nowrap:\n\n   \\begin{eqnarray*}\n   a &=& b\n   \\end{eqnarray*}\n",
            [("display", "a &=& b", "eqnarray*", 5)],
        ),
        (".. math::\n   a = b\n   + c\ntext", [("display", "a = b\n   + c", "math", 2)]),
        (".. math::\n\n   \\begin{align}\n   a &= b\n\n   \\end{align}\n", [("display", "a &= b", "align", 4)]),
        (
            "Title\n=====\n\nPart\n----\n\nOther\n=====",
            [("heading", "Title", "1", 1), ("heading", "Part", "2", 4), ("heading", "Other", "1", 7)],
        ),
        (
            ".. code-block:: py\n\n   :math:`x`\n\nsee::\n\n   :math:`y`\n\n:math:`z`",
            [
                ("code", ".. code-block:: py\n\n   :math:`x`", "", 1),
                ("code", "\n\n   :math:`y`", "", 5),
                ("inline", "z", ":math:", 9),
            ],
        ),
        (".. a comment\n   :math:`x`\n\n:math:`y`", [("inline", "y", ":math:", 4)]),
        (
            ".. note::\n\n   Here :math:`x`\n\n   .. math:: a = b\n",
            [("inline", "x", ":math:", 3), ("display", "a = b", "math", 5)],
        ),
    ],
)
def test_roles_directives_and_sections(in_rst, text, expected):
    assert in_rst(text) == expected


def test_prose_of_rst_is_without_marks(in_rst):
    assert in_rst("The *sum* of :math:`x` is ``y``.", "prose") == [
        ("prose", "The sum of ", "", 1),
        ("prose", " is y.", "", 1),
    ]
