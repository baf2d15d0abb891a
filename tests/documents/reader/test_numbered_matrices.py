"""Letters of several matrices, one for each number: D_t = diag(1 - h_t^2)."""

import pytest
from tests.documents.reader.verdicts import verdicts

HOLDS = ("proved", "verified", "proved if")
NETWORK = r"""An Elman network has the hidden state $h_t \in \mathbb{R}^n$,

$$ h_t = \tanh(W h_{t-1} + b), \qquad t = 1, \dots, T, $$

and the loss $\ell = \sum_{t=1}^T c^\top h_t$. Gradients are columns,
and we abbreviate $D_t = \operatorname{diag}(1 - h_t \odot h_t)$.
"""


@pytest.mark.parametrize(
    ("claim", "holds"),
    [
        (r"\frac{\partial h_t}{\partial h_{t-1}} = D_t W", True),
        (r"\frac{\partial h_t}{\partial h_{t-1}} = W D_t", False),
        (r"\frac{\partial h_t}{\partial h_{t-1}} = D_{t-1} W", False),
        (r"\nabla_{h_t} \ell = c + W^\top D_{t+1} \nabla_{h_{t+1}} \ell", True),
        (r"\nabla_{h_t} \ell = c + W^\top D_t \nabla_{h_{t+1}} \ell", False),
        (r"\nabla_b \ell = \sum_{t=1}^T D_t \nabla_{h_t} \ell", True),
        (r"\nabla_b \ell = D_T c", False),
        (r"\nabla_W \ell = \sum_{t=1}^T D_t (\nabla_{h_t} \ell) h_{t-1}^\top", True),
        (r"\nabla_W \ell = \sum_{t=1}^T D_t (\nabla_{h_t} \ell) h_t^\top", False),
    ],
)
def test_each_step_has_a_matrix_of_its_own(claim, holds):
    *_, found = verdicts(NETWORK, f"$${claim}$$")
    assert (found in HOLDS) == holds
    assert found != "wrong"


def test_the_matrix_with_the_number_0_is_made_of_the_state_before_the_first_one():
    right, wrong = (
        r"$$D_0 = \operatorname{diag}(1 - h_0 \odot h_0)$$",
        r"$$D_0 = \operatorname{diag}(1 - h_1 \odot h_1)$$",
    )
    uses = r"$$\frac{\partial h_t}{\partial h_{t-1}} = D_t W$$"
    assert verdicts(NETWORK, uses, right)[-1] in ("proved", "definition")
    assert verdicts(NETWORK, uses, wrong)[-1] not in HOLDS
