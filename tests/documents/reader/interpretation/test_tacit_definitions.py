"""What a text lets readers guess: means, functions defined in use."""

from chainrule.documents import check_derivation


def test_a_letter_with_a_bar_is_the_mean_if_proofs_assume_it():
    text = "$$\\sum_{i=1}^n (x_i - \\bar x)(y_i - \\bar y) = \\sum_i x_i y_i %s n \\bar x \\bar y$$"
    [right] = check_derivation(text % "-", "a.md", repairs=False).steps
    [wrong] = check_derivation(text % "+", "a.md", repairs=False).steps
    assert (right.verdict, wrong.verdict) == ("proved if", "wrong if read so")
    assert right.assumed == ("x with a bar is the mean", "y with a bar is the mean")
    [_, defined] = check_derivation("$$\\bar x = 2 \\sum_{i=1}^n x_i$$ $$\\sum_i x_i = n \\bar x$$", "a.md").steps
    assert defined.verdict.startswith("wrong")
