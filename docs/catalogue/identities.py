"""The public names that each identity relates, by the key of the identity in tests/identities/catalogue.py."""

_SOFTMAX = "chainrule.rules.softmax"
_LOG_SOFTMAX = "chainrule.rules.log_softmax"
_SCALED = "chainrule.rules.scaled_softmax"
_SIGMOID = "chainrule.rules.sigmoid"
_LOG_SIGMOID = "chainrule.rules.log_sigmoid"
_SOFTPLUS = "chainrule.rules.softplus"
_RELU = "chainrule.rules.relu"
_STEP = "chainrule.rules.heaviside"
_FUSED = "chainrule.rules.softmax_cross_entropy"
_CROSS_ENTROPY = "chainrule.rules.cross_entropy"
_NLL = "chainrule.rules.nll"
_BCE = "chainrule.rules.binary_cross_entropy"
_MSE = "chainrule.rules.half_squared_error"
_PLAN = "chainrule.networks.Plan"
_CONVOLVE = "chainrule.rules.convolve1d"
_SIZE = "chainrule.rules.conv_output_size"

WHERE: dict[str, tuple[str, ...]] = {
    "softmax-shift-invariance": (_SOFTMAX,),
    "softmax-scale-variance": (_SCALED, _SOFTMAX),
    "softmax-scale-sharpens": (_SCALED,),
    "softmax-entropy-falls": (_SCALED,),
    "softmax-is-a-distribution": (_SOFTMAX,),
    "softmax-jacobian": (_SOFTMAX,),
    "softmax-jacobian-structure": (_SOFTMAX,),
    "softmax-jacobian-signs": (_SOFTMAX,),
    "softmax-pullback": (_SOFTMAX,),
    "softmax-pullback-zeros": (_SOFTMAX,),
    "log-softmax-jacobian": (_LOG_SOFTMAX,),
    "log-softmax-pullback": (_LOG_SOFTMAX,),
    "log-derivative": (_SOFTMAX, _LOG_SOFTMAX),
    "softmax-of-two-is-sigmoid": (_SOFTMAX, _SIGMOID),
    "softmax-by-differences": (_SOFTMAX,),
    "sigmoid-mirror-and-tanh": (_SIGMOID, "chainrule.rules.tanh"),
    "sigmoid-slope": (_SIGMOID,),
    "log-sigmoid-is-softplus": (_LOG_SIGMOID, _SOFTPLUS),
    "softplus-mirror": (_SOFTPLUS, _LOG_SIGMOID),
    "softplus-slope": (_SOFTPLUS, _SIGMOID),
    "softplus-relu": (_SOFTPLUS, _RELU),
    "tanh-slope": ("chainrule.rules.tanh",),
    "relu-forms": (_RELU, _STEP),
    "relu-slope": (_RELU, _STEP),
    "steep-sigmoid-is-a-step": ("chainrule.rules.scaled_sigmoid", _STEP),
    "sign-by-steps": ("chainrule.rules.sign", _STEP),
    "elementwise-jacobian-is-diagonal": ("chainrule.rules.elementwise", _SIGMOID),
    "cross-entropy-gradient": (_FUSED,),
    "two-heads": (_SOFTMAX, _CROSS_ENTROPY, _LOG_SOFTMAX, _NLL),
    "nll-gradient": (_NLL,),
    "cross-entropy-bounds-entropy": (_CROSS_ENTROPY,),
    "convexity-in-the-logit": (_BCE, _MSE),
    "squared-error-is-unimodal": (_MSE,),
    "saturation": (_MSE, _BCE),
    "likelihoods": (_BCE, _MSE),
    "gradient-shapes": (_PLAN, "chainrule.networks.trace"),
    "risk-and-penalty": (_PLAN, "chainrule.solvers.descend"),
    "parameter-count": ("chainrule.networks.Network.n_parameters",),
    "expected-score": ("chainrule.rules.score_function",),
    "score-cross-entropy": ("chainrule.rules.cross_entropy_gradient",),
    "convolution-modes": (_CONVOLVE,),
    "convolution-symmetry": (_CONVOLVE,),
    "size-keeping-convolution": (_SIZE, "chainrule.rules.padding_for"),
    "convolution-parameter-count": ("chainrule.rules.conv_parameter_count",),
    "chained-pullbacks": ("chainrule.rules.compose",),
    "identity-jacobian": ("chainrule.rules.identity",),
}
