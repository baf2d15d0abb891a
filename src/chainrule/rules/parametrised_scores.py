"""Softmax over scores x(u) of parameters u, as in log-linear models and softmax policies; G = dx/du, S = softmax(x(u)).

    score function      d log S / du = (I - 1 S^T) G          row i: grad x_i - E_S[grad x]
    cross entropy       -sum_i c_i log S_i                    by u: G^T (S sum(c) - c)
    expected reward     E_S[r]                                by u: sum_i S_i (r_i - E_S[r]) grad x_i

There are two ways to use this. If x(u) is a rule, compose it: `compose(log_softmax, x)`,
`compose(softmax_cross_entropy, x)` and `compose(softmax_expectation, x)` are rules of u, with all methods of rules. If
only the scores and G at one u are known, use the functions below; G has one row per score, shape (..., n, p), and its
leading axes broadcast with the leading axes of the scores.

Nothing divides by S, and the n x n matrix I - 1 S^T is never formed. The weights of the gradients' rows sum to 0, so
the rows are measured from the row of the largest score: a part that all rows share drops out before it is rounded.
"""

import numpy as np

from chainrule.arrays import Array, as_floats, largest, namespace
from chainrule.rules.log_softmax import log_softmax
from chainrule.rules.shifted import check_logits
from chainrule.rules.softmax import softmax
from chainrule.rules.softmax_cross_entropy import softmax_cross_entropy


def score_function(logits: Array, jacobian: Array) -> Array:
    """The gradients of all log-probabilities: (I - 1 S^T) G, of shape (..., n, p), in O(n p).

    Row i is the gradient of log S_i. Weighted with S the rows sum to 0.

    Raises
    ------
    ValueError
        If G has not one row per score; so do the other functions.

    Examples
    --------
    >>> import numpy as np
    >>> score_function(np.log([1.0, 3.0]), np.array([[1.0, 0.0], [0.0, 1.0]]))
    array([[ 0.75, -0.75],
           [-0.25,  0.25]])
    """
    logits, jacobian = _checked(logits, jacobian)
    xp, rows = namespace(logits), logits[..., None, :]
    columns = xp.moveaxis(jacobian, -1, -2)
    shape = np.broadcast_shapes(tuple(rows.shape), tuple(columns.shape))
    pushed = log_softmax.jvp(xp.broadcast_to(rows, shape), columns)
    return xp.moveaxis(pushed, -1, -2)


def score_function_vjp(logits: Array, jacobian: Array, cotangent: Array) -> Array:
    """sum_i v_i grad log S_i = v G - sum(v) S G, of shape (..., p), in O(n p).

    With v = (r - b) e_a it is the REINFORCE estimate for action a, reward r and baseline b.

    >>> import numpy as np
    >>> score_function_vjp(np.log([1.0, 3.0]), np.array([[1.0, 0.0], [0.0, 1.0]]), np.array([2.0, 0.0]))
    array([ 1.5, -1.5])
    """
    logits, jacobian = _checked(logits, jacobian)
    return _weighted_rows(log_softmax.vjp(logits, cotangent), logits, jacobian)


def cross_entropy_gradient(logits: Array, targets: Array, jacobian: Array) -> Array:
    """The gradient by u of -sum_i c_i log S(x(u))_i, which is G^T (S sum(c) - c), of shape (..., p).

    The targets are rows c of weights of any sum, or integer labels; the loss itself is `softmax_cross_entropy`.

    >>> import numpy as np
    >>> cross_entropy_gradient(np.log([1.0, 3.0]), np.array(0), np.array([[1.0, 0.0], [0.0, 1.0]]))
    array([-0.75,  0.75])
    """
    logits, jacobian = _checked(logits, jacobian)
    return _weighted_rows(softmax_cross_entropy.vjp(logits, targets, 1.0)[0], logits, jacobian)


def policy_gradient(logits: Array, rewards: Array, jacobian: Array | None = None) -> Array:
    """The gradient of the expected reward E_S[r]: sum_i S_i (r_i - E_S[r]) grad x_i, of shape (..., p).

    The rewards r have the shape of the logits. Without G the parameters are the scores themselves, G = I.

    >>> import numpy as np
    >>> policy_gradient(np.log([1.0, 3.0]), np.array([1.0, 0.0]))
    array([ 0.1875, -0.1875])
    """
    by_logits = softmax.vjp(logits, rewards)
    if jacobian is None:
        return by_logits
    logits, jacobian = _checked(logits, jacobian)
    return _weighted_rows(by_logits, logits, jacobian)


def _checked(logits: Array, jacobian: Array) -> tuple[Array, Array]:
    logits, jacobian = as_floats(logits), as_floats(jacobian)
    check_logits(logits)
    n = logits.shape[-1]
    if len(jacobian.shape) < 2 or jacobian.shape[-2] != n:
        raise ValueError(
            f"jacobian: expected shape (..., {n}, p), one row for each of the {n} scores, got {tuple(jacobian.shape)}"
        )
    return logits, jacobian


def _weighted_rows(weights: Array, logits: Array, jacobian: Array) -> Array:
    """sum_i w_i G[i], for weights that sum to 0."""
    xp = namespace(weights)
    top = largest(logits)[..., :, None]
    at_top = xp.sum(xp.where(top, jacobian, xp.zeros_like(jacobian)), axis=-2, keepdims=True)
    return xp.matmul(weights[..., None, :], jacobian - at_top)[..., 0, :]
