"""The calculus: one rule per operator, and the registry by which networks and the command line find them.

>>> import numpy as np
>>> from chainrule import rules
>>> rules.softmax(np.array([1.0, 2.0, 3.0]))
array([0.09003057, 0.24472847, 0.66524096])
>>> rules.softmax.vjp(np.array([1.0, 2.0, 3.0]), np.array([1.0, 0.0, -1.0]))
array([ 0.14181709,  0.14077036, -0.28258745])
"""

from chainrule.rules.activations import identity, log_sigmoid, relu, selu, sigmoid, softplus, tanh
from chainrule.rules.binary import binary_cross_entropy, half_squared_error
from chainrule.rules.composition import compose
from chainrule.rules.convolution1d import convolve1d
from chainrule.rules.convolution2d import conv2d, convolve2d
from chainrule.rules.correlation2d import correlate2d
from chainrule.rules.cross_entropy import cross_entropy, nll
from chainrule.rules.dropout import dropout
from chainrule.rules.elementwise import elementwise
from chainrule.rules.embedding import embedding
from chainrule.rules.geometry import conv_output_size, conv_parameter_count, dropped_border, padding_for
from chainrule.rules.linear import affine, linear
from chainrule.rules.log_softmax import log_softmax
from chainrule.rules.log_sum_exp import log_sum_exp
from chainrule.rules.logarithm import logarithm
from chainrule.rules.members_cross_entropy import members_cross_entropy
from chainrule.rules.mish import mish
from chainrule.rules.padding2d import flatten, zero_pad2d
from chainrule.rules.parametric_activation import parametric_activation
from chainrule.rules.parametrised_scores import (
    cross_entropy_gradient,
    policy_gradient,
    score_function,
    score_function_vjp,
)
from chainrule.rules.penalties import l2_penalty
from chainrule.rules.periodic_embedding import periodic_embedding
from chainrule.rules.pooling import avg_pool2d, global_avg_pool2d, max_pool2d
from chainrule.rules.registry import activation_names, get, names, register, register_built_in, unregister
from chainrule.rules.rule import Rule
from chainrule.rules.scaled_sigmoid import scaled_sigmoid
from chainrule.rules.scaled_softmax import scaled_softmax
from chainrule.rules.scaling import scaling
from chainrule.rules.smooth_clip import smooth_clip
from chainrule.rules.softmax import softmax
from chainrule.rules.softmax_cross_entropy import softmax_cross_entropy
from chainrule.rules.softmax_expectation import softmax_expectation
from chainrule.rules.steps import heaviside, sign
from chainrule.rules.windows import windows_on

for _rule in (
    identity,
    sigmoid,
    tanh,
    softplus,
    relu,
    selu,
    mish,
    scaled_sigmoid,
    log_sigmoid,
    heaviside,
    sign,
    logarithm,
    log_sum_exp,
    softmax,
    scaled_softmax,
    softmax_expectation,
    log_softmax,
    cross_entropy,
    nll,
    softmax_cross_entropy,
    members_cross_entropy,
    binary_cross_entropy,
    half_squared_error,
    linear,
    affine,
    scaling,
    embedding,
    periodic_embedding,
    parametric_activation,
    smooth_clip,
    l2_penalty,
    dropout,
    convolve1d,
    correlate2d,
    convolve2d,
    conv2d,
    zero_pad2d,
    max_pool2d,
    avg_pool2d,
    global_avg_pool2d,
    flatten,
):
    register_built_in(_rule)
del _rule, register_built_in

__all__ = [
    "Rule",
    "activation_names",
    "affine",
    "avg_pool2d",
    "binary_cross_entropy",
    "compose",
    "conv2d",
    "conv_output_size",
    "conv_parameter_count",
    "convolve1d",
    "convolve2d",
    "correlate2d",
    "cross_entropy",
    "cross_entropy_gradient",
    "dropout",
    "dropped_border",
    "elementwise",
    "embedding",
    "flatten",
    "get",
    "global_avg_pool2d",
    "half_squared_error",
    "heaviside",
    "identity",
    "l2_penalty",
    "linear",
    "log_sigmoid",
    "log_softmax",
    "log_sum_exp",
    "logarithm",
    "max_pool2d",
    "members_cross_entropy",
    "mish",
    "names",
    "nll",
    "padding_for",
    "parametric_activation",
    "periodic_embedding",
    "policy_gradient",
    "register",
    "relu",
    "scaled_sigmoid",
    "scaled_softmax",
    "scaling",
    "score_function",
    "score_function_vjp",
    "selu",
    "sigmoid",
    "sign",
    "smooth_clip",
    "softmax",
    "softmax_cross_entropy",
    "softmax_expectation",
    "softplus",
    "tanh",
    "unregister",
    "windows_on",
    "zero_pad2d",
]
