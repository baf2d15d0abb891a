from chainrule.documents import check_derivation

BLOCK = "---\nm: size\nn: size\nd: size\nA: matrix m n\nx: vector n\ny: vector m\n---\n\n"
DEFINED = r"Let $r = A x - y$ and $Q = \frac{1}{2} r^T r$." + "\n\n"


def verdicts(text):
    return [step.verdict for step in check_derivation(BLOCK + DEFINED + text, repairs=False).claims]


def test_d_is_the_sign_of_a_differential_where_the_left_is_made_of_the_right(claims):
    text = r"$$dQ = r^T dr = r^T A \, dx$$"
    assert claims(BLOCK + DEFINED + text)[0] == "d(Q holding A, y) = r' @ d(r holding A, y)"
    assert verdicts(text) == ["proved", "proved"]


def test_what_stands_behind_a_d_moves_in_its_display_alone():
    assert verdicts(r"$$dQ = r^T (dA) x$$" + "\n\n" + r"$$dQ = r^T A \, dx$$") == ["proved", "proved"]
    assert verdicts(r"$$dQ = r^T (dA) x + r^T A \, dx$$") == ["proved"]
    assert verdicts(r"$$dQ = r^T A \, dx + r^T (dA)$$") != ["proved"]


def test_a_differential_that_lacks_a_part_is_not_proved():
    assert verdicts(r"$$dQ = 2 r^T A \, dx$$") == ["wrong if read so"]


def test_gradients_that_are_named_dw_are_no_differentials(claims):
    text = "Let $u = w t$ and $E = u^2$.\n\n$$dw = t \\, du$$"
    assert claims(text) == ["d * w = t * d * u"]


def test_a_d_before_an_inverse_or_a_function_is_the_sign_of_a_differential():
    assert verdicts("$$d(B^{-1}) = -B^{-1} (dB) B^{-1}$$") == ["proved"]
    assert verdicts(r"$$d \log u = \frac{du}{u}$$") == ["proved"]
    assert verdicts(r"$$d(u^2) = u \, du$$") == ["wrong if read so"]
