"""Lists with dots, which show how many entries there are."""

import pytest
from tests.documents.reader.verdicts import verdicts

LISTS = [
    r"$$A = \begin{pmatrix} a_1 & a_2 & \cdots & a_N \end{pmatrix}$$",
    r"$$A = [a_1, \ldots, a_N]$$",
    r"$$A = \begin{bmatrix} | & & | \\ a_1 & \cdots & a_N \\ | & & | \end{bmatrix}$$",
]


@pytest.mark.parametrize("written", LISTS)
def test_a_capital_letter_at_the_end_is_a_size(written):
    vectors = r"Let each $a_n \in \mathbb{R}^d$ be a vector."
    right, wrong = (rf"$$A A^T = {c} \sum_{{n=1}}^N a_n a_n^T$$" for c in ("", "2"))
    assert verdicts(vectors, written, right)[-1].startswith("proved")
    assert not verdicts(vectors, written, wrong)[-1].startswith("proved")
