"""Steps that cannot hold together."""

from chainrule.documents import check_derivation

GRADIENTS = r"""---
y: column n
---

$$J = y^T U v$$

$$\frac{\partial J}{\partial v} = y^T U$$

$$\frac{\partial J}{\partial U} = v y^T$$

$$J = y^T U v$$

$$\frac{\partial J}{\partial U} = y v^T = v y^T$$"""


def test_two_unequal_steps_of_a_chain_do_not_hold_in_two_layouts():
    *_, one, other = check_derivation(GRADIENTS, repairs=False).claims
    assert (one.verdict, other.verdict) == ("proved", "undecided")
    assert "which holds in another reading" in other.message
    assert "beginning of the chain" not in other.message
