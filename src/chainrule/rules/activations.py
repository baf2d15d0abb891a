"""Activations: identity, sigmoid, log-sigmoid, tanh, softplus, ReLU and SELU.

    sigmoid(x)     = 1 / (1 + e^-x)      sigmoid'     = sigmoid(x) sigmoid(-x) = y (1 - y)
    log_sigmoid(x) = -softplus(-x)       log_sigmoid' = sigmoid(-x)            = 1 - e^y
    tanh(x)                              tanh'        = sech(x)^2              = 1 - y^2
    softplus(x)    = log(1 + e^x)        softplus'    = sigmoid(x)             = 1 - e^-y
    relu(x)        = max(x, 0)           relu'        = [x > 0]                = sign(y)
    selu(x)        = l x, or l a (e^x - 1) for x <= 0;   selu' = l, or l a e^x for x <= 0

Each is computed from q = e^-|x| <= 1, which never overflows. The slopes are computed from x: those from y may cancel in
the tails, where 1 - y^2 is 0 from |x| ~ 19 on and sech(x)^2 is not.
"""

from chainrule.arrays import Array, larger_than_zero, namespace
from chainrule.rules.elementwise import elementwise


def _decay(x: Array) -> Array:
    """q = e^-|x|."""
    xp = namespace(x)
    return xp.exp(-xp.abs(x))


def _positive(x: Array) -> Array:
    """max(x, 0). Where a framework differentiates it, a tie at 0 counts half, which softplus' = 1/2 at 0 needs."""
    xp = namespace(x)
    return xp.maximum(x, xp.zeros_like(x))


def sigmoid_value(x: Array) -> Array:
    """1 / (1 + q) for x >= 0 and q / (1 + q) below: the numerator is e^min(x, 0), and nothing cancels."""
    xp = namespace(x)
    return xp.exp(xp.minimum(x, xp.zeros_like(x))) / (1 + _decay(x))


def sigmoid_slope(x: Array) -> Array:
    """sigmoid(x) sigmoid(-x) = q / (1 + q)^2."""
    q = _decay(x)
    return q / namespace(x).square(1 + q)


def softplus_value(x: Array) -> Array:
    """max(x, 0) + log(1 + q)."""
    return _positive(x) + namespace(x).log1p(_decay(x))


def _tanh_slope(x: Array) -> Array:
    """sech(x)^2 = 4 q^2 / (1 + q^2)^2."""
    return 4 * sigmoid_slope(2 * x)


def _relu_slope(x: Array) -> Array:
    # nan stays nan: PyTorch's sign of nan is 0.
    xp = namespace(x)
    return xp.where(x == x, xp.sign(xp.clip(x, 0, None)), x)


SELU_SCALE, SELU_ALPHA = 1.0507009873554805, 1.6732632423543772
"""l and a, with which outputs of mean 0 and variance 1 are a fixed point. Source: Klambauer et al. (2017)."""


def _selu_value(x: Array) -> Array:
    xp = namespace(x)
    below = xp.expm1(xp.where(x > 0, xp.zeros_like(x), x))
    return SELU_SCALE * xp.where(x > 0, x, SELU_ALPHA * below)


def _selu_slope(x: Array) -> Array:
    xp, above = namespace(x), larger_than_zero(x)
    below = xp.exp(xp.minimum(x, xp.zeros_like(x)))
    return SELU_SCALE * (above + (1 - above) * (SELU_ALPHA * below))


identity = elementwise(
    "identity",
    lambda x: x + 0,
    lambda x: namespace(x).zeros_like(x) + 1,
    needs="output",
    formula="y = x",
    derivative="1",
    error_bound=0,
)

sigmoid = elementwise(
    "sigmoid",
    sigmoid_value,
    sigmoid_slope,
    needs="output",
    formula="y = 1 / (1 + e^-x)",
    derivative="y (1 - y)",
    error_bound=6,
)

log_sigmoid = elementwise(
    "log_sigmoid",
    lambda x: -softplus_value(-x),
    lambda x: sigmoid_value(-x),
    needs="output",
    formula="y = log sigmoid(x) = -log(1 + e^-x)",
    derivative="sigmoid(-x)",
    error_bound=6,
)

tanh = elementwise(
    "tanh",
    lambda x: namespace(x).tanh(x),
    _tanh_slope,
    needs="output",
    formula="y = tanh(x)",
    derivative="1 - y^2",
    error_bound=8,
)

softplus = elementwise(
    "softplus",
    softplus_value,
    sigmoid_value,
    needs="output",
    formula="y = log(1 + e^x)",
    derivative="sigmoid(x)",
    error_bound=6,
)

relu = elementwise(
    "relu",
    _positive,
    _relu_slope,
    needs="output",
    formula="y = max(x, 0)",
    derivative="[x > 0]",
    kinks="x = 0: the slope is taken to be 0, the left one",
    error_bound=0,
)

selu = elementwise(
    "selu",
    _selu_value,
    _selu_slope,
    formula="y = l x for x > 0, l a (e^x - 1) for x <= 0; l = 1.0507..., a = 1.6732...",
    derivative="l for x > 0, l a e^x for x <= 0",
    kinks="x = 0: the slope is taken to be l a, the left one",
    error_bound=4,
)
