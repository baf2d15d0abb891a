"""The pieces over which what a sentence states reaches."""

from tests.documents.reader.verdicts import verdicts


def test_a_condition_under_which_a_letter_is_defined_is_a_doubt_behind_its_sentence():
    text = "For $0 < t < 2\\pi$ the point is at $x = t - \\sin t$."
    assert verdicts(text, "$$\\sqrt{4 \\sin^2(t / 2)} = 2 \\sin(t / 2)$$")[-1] == "wrong if read so"


def test_words_say_where_the_one_of_a_vector_is():
    text = "Let $p = \\operatorname{softmax}(z)$. The vector $y$ has a one at the place $c$ and zeros elsewhere."
    loss = "$$L = - \\sum_{k=1}^K y_k \\log p_k$$"
    assert verdicts(text, loss, "$$L = -\\log p_c$$") == ["proved"]


def test_a_condition_of_one_sentence_is_none_of_the_next():
    claim = "$$|x| = x$$"
    assert verdicts("Let $x$ be a number. If $x > 0$, then", claim) == ["proved"]
    assert verdicts("Let $x$ be a number. If $x > 0$, then", claim, "In general,", claim) == ["proved", "proved if"]


def test_what_is_assumed_reaches_to_the_end():
    claim = "$$|x| = x$$"
    assert verdicts("Let $x > 0$.", claim, "In general,", claim)[0] == "proved"
