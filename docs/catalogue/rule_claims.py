"""What `prove_rule` claims of each rule: a test compares the claims. Derivatives, definition and kernel are proved."""

RULE_CLAIMS: dict[str, str] = {
    "affine": "proved for all inputs at sizes 1 to 4",
    "avg_pool2d": "proved for all inputs at shapes (2, 2, 3, 3); (2, 3, 4); (2, 1, 2, 3, 3); (2, 2, 3, 5)",
    "binary_cross_entropy": "proved for all inputs at sizes 1 to 2",
    "conv2d": "proved for all inputs at shapes (2, 2, 3, 3) x (3, 2, 2, 2) x (3,); (2, 3, 4) x (3, 2, 2, 2) x "
    "(3,); (2, 1, 2, 3, 3) x (3, 2, 2, 2) x (3,); (1, 2, 3, 5) x (3, 2, 2, 3) x (3,); (2, 2, 3, 5) x "
    "(4, 1, 2, 3) x (4,); 1 more",
    "convolve1d": "proved for all inputs at shapes (2, 3) x (3,); (4,); (2, 1, 3) x (3,); (2, 1) x (3,); (2, 5) x "
    "(3,); 1 more",
    "convolve2d": "proved for all inputs at shapes (2, 2, 3, 3) x (3, 2, 2, 2); (2, 3, 4) x (3, 2, 2, 2); (2, 1, 2, "
    "3, 3) x (3, 2, 2, 2); (1, 2, 3, 5) x (3, 2, 2, 3); (2, 2, 3, 5) x (4, 1, 2, 3); 1 more",
    "correlate2d": "proved for all inputs at shapes (2, 2, 3, 3) x (3, 2, 2, 2); (2, 3, 4) x (3, 2, 2, 2); (2, 1, 2, "
    "3, 3) x (3, 2, 2, 2); (1, 2, 3, 5) x (3, 2, 2, 3); (2, 2, 3, 5) x (4, 1, 2, 3); 1 more",
    "cross_entropy": "proved for all inputs at which the definition has a derivative at sizes 1 to 4",
    "dropout": "proved for all inputs at sizes 1 to 4",
    "embedding": "proved for all inputs at shapes (1,); () x (2, 2); (2,); () x (3, 2); (3,); 3 more",
    "flatten": "proved for all inputs at shapes (2, 2, 3, 3); (2, 3, 4); (2, 1, 2, 3, 3)",
    "global_avg_pool2d": "proved for all inputs at shapes (2, 2, 3, 3); (2, 3, 4); (2, 1, 2, 3, 3)",
    "half_squared_error": "proved on 28 sampled cells at sizes 1 to 4",
    "heaviside": "proved for all inputs at which the definition has a derivative at sizes 1 to 4",
    "identity": "proved for all inputs at sizes 1 to 4",
    "l2_penalty": "proved for all inputs at sizes 1 to 4",
    "linear": "proved for all inputs at sizes 1 to 4",
    "log_sigmoid": "proved for all inputs at sizes 1 to 4",
    "log_softmax": "proved for all inputs at sizes 1 to 4",
    "log_sum_exp": "proved for all inputs at sizes 1 to 4",
    "logarithm": "proved for all inputs at sizes 1 to 4",
    "max_pool2d": "proved on 57 sampled cells at shapes (2, 2, 3, 3); (2, 3, 4); (2, 1, 2, 3, 3); (2, 2, 3, 5); (1, "
    "2, 4)",
    "members_cross_entropy": "proved for all inputs at shapes (2, 1) x (1,); (2, 1) x (); (2, 2) x (2,); (2, 2) x ()",
    "mish": "proved for all inputs at sizes 1 to 4",
    "nll": "proved for all inputs at sizes 1 to 4",
    "parametric_activation": "proved for all inputs at sizes 1 to 4",
    "periodic_embedding": "proved for all inputs at sizes 1 to 4",
    "relu": "proved for all inputs at which the definition has a derivative at sizes 1 to 4",
    "scaled_sigmoid": "proved on 28 sampled cells at sizes 1 to 4",
    "scaled_softmax": "proved on 25 sampled cells at sizes 1 to 4",
    "scaling": "proved for all inputs at sizes 1 to 4",
    "selu": "proved for all inputs at which the definition has a derivative at sizes 1 to 4",
    "sigmoid": "proved for all inputs at sizes 1 to 4",
    "sign": "proved for all inputs at which the definition has a derivative at sizes 1 to 4",
    "smooth_clip": "proved for all inputs at sizes 1 to 4",
    "softmax": "proved for all inputs at sizes 1 to 4",
    "softmax_cross_entropy": "proved for all inputs at sizes 1 to 4",
    "softmax_expectation": "proved for all inputs at sizes 1 to 4",
    "softplus": "proved for all inputs at sizes 1 to 4",
    "tanh": "proved for all inputs at sizes 1 to 4",
    "zero_pad2d": "proved for all inputs at shapes (2, 2, 3, 3); (2, 3, 4); (2, 1, 2, 3, 3); (2, 2, 3, 5)",
}
