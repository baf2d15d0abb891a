"""Declarations in files of their own."""

import pytest

from chainrule.documents.reader.declaring.declared_files import problems_in, unmarked


def test_marks_are_left_out_on_the_same_lines():
    assert unmarked("---\nn: size\n  %! x: column n\n%!y: column n\n---\n") == "\nn: size\nx: column n\ny: column n\n\n"
    assert unmarked("x := a - - - b") == "x := a - - - b"


@pytest.mark.parametrize("mark", ["", "%! "])
def test_a_line_that_is_not_understood_is_named(mark):
    lines = ["n: size", "W: matrx 3", "x: column n", "foo bar"]
    problems = problems_in("\n".join(mark + line for line in lines))
    assert [line for line, _ in problems] == [2, 4]
    assert "expected" in problems[1][1]


def test_sections_are_passed_over():
    assert problems_in("n: size\nsection: Exercise 3\nx: column n") == []
