import pytest

from chainrule.documents.sources.stretches import Stretch
from chainrule.documents.sources.wording import wording


@pytest.mark.parametrize(
    ("written", "format", "words"),
    [
        ("**Let** _us_ see snake_case `code` 2 * 3", "markdown", "Let us see snake_case code 2 * 3"),
        ("> see [the page](http://a.b/c_(d)) ![pic](x.png)\n{: .note}", "markdown", "see the page pic\n"),
        ("a<br/>b &lt; c \\* d[^2]", "markdown", "ab < c * d"),
        (r"\textbf{Soit} \`A l'\'ecole, \og gar\c{c}on \fg{} na\"{\i}f", "latex", "Soit À l'école, garçon naïf"),
        (r"\item see~\eqref{eq:a} \cite{b} \vspace{2mm}50\%\\[2ex] of it", "latex", "- see eq:a 50%  of it"),
        (r"\begin{itemize}[a] a % note" + "\nb", "latex", " a \nb"),
        ("*see* :ref:`here <x>` and ``code``", "rst", "see here  and code"),
        ("a * b_c", "text", "a * b_c"),
    ],
)
def test_only_words_stay(written, format, words):
    assert wording(Stretch(written), format).text.replace("  ", " ") == words.replace("  ", " ")
