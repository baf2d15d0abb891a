"""Primes that transpose."""

import pytest
from tests.documents.reader.verdicts import verdicts

from chainrule.documents import check_derivation
from chainrule.documents.reader.notations.primed_transposes import with_primed_transposes
from chainrule.documents.reader.syntax.chains import chains_of


def changed(*texts):
    chains = {number: chains_of(text) for number, text in enumerate(texts)}
    return with_primed_transposes(chains) != chains


LOSS = r"""Let $J(\theta) = \frac12 (X\theta - y)'(X\theta - y)$ with $X \in \mathbb{R}^{n \times k}$.

"""


@pytest.mark.parametrize(
    ("claim", "verdict"),
    [
        (r"\nabla_\theta J = X'X\theta - X'y", "proved"),
        (r"\nabla_\theta J = X'(X\theta - y)", "proved"),
        (r"J(\theta) = \frac12(\theta'X'X\theta - 2y'X\theta + y'y)", "proved"),
        (r"\nabla_\theta J = X'X\theta + X'y", "wrong if read so"),
        (r"J(\theta) = \frac12(\theta'X'X\theta - y'X\theta + y'y)", "wrong if read so"),
        (r"\nabla_\theta J = X X'\theta - X'y", "does not fit if read so"),
    ],
)
def test_a_matrix_behind_itself_with_a_prime_is_multiplied_by_its_transpose(claim, verdict):
    [*_, step] = check_derivation(f"{LOSS}$${claim}$$", repairs=False).claims
    assert step.verdict == verdict


def test_functions_keep_their_derivatives():
    assert changed("X'X")
    assert changed(r"(y - z)'(y - z)", "b'x_i")
    assert changed(r"\mathbf{e}'\mathbf{e} = 1")
    assert not changed("f'f + y'x")
    assert not changed("F(x) = x^2", "F'F = 2 x^3")
    assert not changed("(f g)'(x) = f'(x) g(x) + f(x) g'(x)")
    [chain] = with_primed_transposes({0: chains_of("X'X = f'(x)")})[0]
    assert str(chain).count("primes=1") == 1


def test_words_say_that_a_prime_transposes():
    claim = "$$\\nabla_x (x' A x) = A x + A' x$$"
    assert verdicts("We write $x'$ for the transpose of $x$. The vector $x$ has $n$ entries.", claim) == ["proved"]
    assert verdicts("We write $x'$ for the other vector. The vector $x$ has $n$ entries.", claim) != ["proved"]
