"""Documents as questions."""

from chainrule.checking.documents.document import understand
from chainrule.checking.documents.sources import read


def test_a_heading_opens_a_question_that_inherits_definitions():
    text = "Let $f(x) = x^2$.\n\n# One\n\n$$f'(x) = 2 x$$\n\n# Two\n\n$$f(2) = 4$$\n"
    document = understand(read(text))
    assert [len(question.chains) for question in document.questions] == [1, 1, 1]
    assert all("f" in question.scope.definitions for question in document.questions)


def test_parts_without_formulas_join_the_part_before():
    assert len(understand(read("# One\n\n$$1 = 1$$\n\n# Two\n\nNothing here.\n")).questions) == 1


def test_declarations_of_the_caller_come_first_and_their_problems_have_no_line():
    document = understand(read("$$x = x$$"), "x: vector n\ny: tensor")
    assert document.questions[0].scope.kinds["x"].rank == 1
    assert [problem.offset for problem in document.refused] == [-1]
