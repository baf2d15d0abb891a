"""The operators. A registered rule brings its own formula, derivative, domain and error bound."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Operator:
    """One operator: a registered rule, or formula, derivative and domain; its public names and tests.

    For a rule, `formula`, `derivative` and `domain` are printed below those of the rule, and `where` need not contain
    the rule itself. `not_yet` says what is missing. `claim` is the key of the identity or system in whose proof an
    operator without a rule is proved, and `measured` says why it is not.
    """

    key: str
    name: str
    rule: str = ""
    formula: str = ""
    derivative: str = ""
    domain: str = ""
    where: tuple[str, ...] = ()
    tests: tuple[str, ...] = ()
    not_yet: str = ""
    claim: str = ""
    measured: str = ""


OPERATORS: tuple[Operator, ...] = (
    Operator(
        "softmax",
        "softmax",
        "softmax",
        tests=(
            "tests/rules/test_softmax.py::test_the_jacobian_is_diag_minus_outer",
            "tests/rules/test_softmax.py::test_naive_forms_fail_where_this_one_does_not",
        ),
    ),
    Operator(
        "log-softmax",
        "log-softmax",
        "log_softmax",
        tests=(
            "tests/rules/test_log_softmax.py::test_the_vjp_subtracts_probabilities_times_the_sum",
            "tests/rules/test_log_softmax.py::test_it_stays_finite_where_the_logarithm_of_softmax_does_not",
        ),
    ),
    Operator(
        "log-sum-exp",
        "log-sum-exp",
        "log_sum_exp",
        tests=(
            "tests/rules/test_log_sum_exp.py::test_its_gradient_is_softmax",
            "tests/rules/test_log_sum_exp.py::test_large_logits_do_not_overflow",
        ),
    ),
    Operator(
        "cross-entropy",
        "cross entropy of probabilities, target weights",
        "cross_entropy",
        tests=(
            "tests/rules/test_cross_entropy.py::test_derivatives_of_cross_entropy_are_right",
            "tests/rules/test_cross_entropy.py::test_zero_times_log_zero_is_zero",
        ),
    ),
    Operator(
        "nll",
        "negative log-likelihood of log-probabilities",
        "nll",
        tests=(
            "tests/rules/test_cross_entropy.py::test_the_gradient_of_nll_is_minus_the_targets_without_division",
            "tests/rules/test_cross_entropy.py::test_a_class_without_weight_may_have_log_probability_minus_infinity",
        ),
    ),
    Operator(
        "softmax-cross-entropy",
        "softmax and cross entropy in one, on logits",
        "softmax_cross_entropy",
        tests=(
            "tests/rules/test_softmax_cross_entropy.py::test_weighted_targets_of_any_sum",
            "tests/rules/test_softmax_cross_entropy.py::test_a_saturated_and_wrong_row_has_the_right_loss_and_gradient",
        ),
    ),
    Operator(
        "log-loss",
        "logarithmic loss of a label, on probabilities",
        formula="l = -sum_k [y = k] log z_k = -log z_y",
        derivative="by z: -[y = k] / z_k",
        domain="probabilities in [0, 1]; labels in 0..k-1; the cross entropy above, of labels",
        where=("chainrule.rules.cross_entropy",),
        tests=(
            "tests/rules/test_cross_entropy.py::test_the_log_loss_of_a_label_and_its_gradient",
            "tests/rules/test_cross_entropy.py::test_derivatives_with_labels_are_right",
        ),
        claim="softmax-head",
    ),
    Operator(
        "one-hot",
        "one-hot rows",
        formula="e_y: 1 at y, 0 elsewhere",
        derivative="none: labels are constants",
        domain="integer labels in 0..k-1; others raise",
        where=("chainrule.arrays.one_hot",),
        tests=(
            "tests/arrays/test_last_axis.py::test_rows_are_those_of_the_identity",
            "tests/arrays/test_last_axis.py::test_labels_out_of_range_or_not_integers_are_refused",
        ),
        measured="integers: the definition, compared at the labels of the tests",
    ),
    Operator(
        "tanh",
        "hyperbolic tangent",
        "tanh",
        tests=(
            "tests/rules/test_activations.py::test_known_values_of_the_activations",
            "tests/identities/test_activations.py::test_the_slope_of_tanh_is_one_less_its_square",
        ),
    ),
    Operator(
        "sigmoid",
        "logistic sigmoid",
        "sigmoid",
        tests=(
            "tests/rules/test_activations.py::test_known_values_of_the_activations",
            "tests/identities/test_activations.py::test_the_complement_loses_in_floats_what_the_mirrored_sigmoid_keeps",
        ),
    ),
    Operator(
        "scaled-sigmoid",
        "sigmoid with a slope",
        "scaled_sigmoid",
        tests=(
            "tests/rules/test_activations.py"
            "::test_the_sigmoid_with_any_slope_is_one_half_at_zero_and_has_slope_k_over_four",
            "tests/rules/test_activations.py"
            "::test_the_sigmoid_with_a_slope_keeps_its_last_places_out_to_where_it_underflows",
        ),
    ),
    Operator(
        "softplus",
        "softplus",
        "softplus",
        tests=(
            "tests/rules/test_activations.py::test_known_values_of_the_activations",
            "tests/systems/test_s1_softplus_mlp.py::test_n20_and_n24_softplus_is_right_where_the_naive_form_is_not",
        ),
    ),
    Operator(
        "log-sigmoid",
        "logarithm of the sigmoid",
        "log_sigmoid",
        tests=(
            "tests/rules/test_activations.py::test_derivatives_of_the_log_sigmoid_are_right_out_to_its_tails",
            "tests/rules/test_activations.py::test_the_log_sigmoid_is_finite_where_the_sigmoid_underflows",
        ),
    ),
    Operator(
        "mish",
        "Mish",
        "mish",
        tests=(
            "tests/rules/test_mish.py::test_known_values",
            "tests/rules/test_mish.py::test_the_slope_keeps_its_digits_beside_its_zero",
        ),
    ),
    Operator(
        "selu",
        "scaled exponential linear unit",
        "selu",
        tests=(
            "tests/rules/test_activations.py::test_known_values_of_the_activations",
            "tests/rules/test_activations.py::test_the_slope_of_selu_at_its_kink_is_the_left_one",
        ),
    ),
    Operator(
        "relu",
        "rectified linear unit",
        "relu",
        tests=(
            "tests/rules/test_steps.py::test_the_relu_is_the_step_times_x",
            "tests/rules/test_every_rule.py::test_the_kink_of_relu_has_the_left_slope",
        ),
    ),
    Operator(
        "heaviside",
        "Heaviside's step",
        "heaviside",
        tests=(
            "tests/rules/test_steps.py::test_values_below_at_and_above_zero",
            "tests/rules/test_steps.py::test_the_slope_is_zero_everywhere_infinities_and_the_jump_included",
        ),
    ),
    Operator(
        "sign",
        "sign",
        "sign",
        tests=(
            "tests/rules/test_steps.py::test_the_sign_is_two_steps",
            "tests/rules/test_steps.py::test_the_slope_is_zero_everywhere_infinities_and_the_jump_included",
        ),
    ),
    Operator(
        "half-squared-error",
        "half the squared error of a sigmoid",
        "half_squared_error",
        tests=(
            "tests/systems/test_s3_binary_heads.py::test_the_logit_gradients_match_the_table_and_differences",
            "tests/systems/test_s3_binary_heads.py"
            "::test_a_confidently_wrong_example_still_pulls_under_cross_entropy_alone",
        ),
    ),
    Operator(
        "binary-cross-entropy",
        "binary cross entropy, on a logit",
        "binary_cross_entropy",
        formula="p = sigmoid(o): l = -y log p - (1 - y) log(1 - p)",
        derivative="by p: -y / p + (1 - y) / (1 - p)",
        tests=(
            "tests/systems/test_s3_binary_heads.py::test_the_logit_gradients_match_the_table_and_differences",
            "tests/systems/test_s3_binary_heads.py"
            "::test_the_intermediate_derivative_by_p_leads_to_the_same_logit_gradient",
            "tests/systems/test_s3_binary_heads.py"
            "::test_n24_cross_entropy_from_the_logit_is_finite_where_it_is_not_from_p",
        ),
    ),
    Operator(
        "affine",
        "affine layer",
        "affine",
        where=("chainrule.networks.Linear",),
        tests=(
            "tests/systems/test_s6_softmax_head.py::test_a_linear_head_matches_its_matrix_form",
            "tests/identities/test_systems.py::test_gradients_have_the_shapes_of_what_they_are_gradients_of",
        ),
    ),
    Operator(
        "linear",
        "linear layer without bias",
        "linear",
        where=("chainrule.networks.Linear",),
        tests=("tests/systems/test_s4_sigmoid_mlp.py::test_a_weighted_batch_matches_the_matrix_form_and_differences",),
    ),
    Operator(
        "scaling",
        "scaling of features, or by the members of an ensemble",
        "scaling",
        where=("chainrule.networks.Scale",),
        tests=(
            "tests/rules/test_scaling.py::test_a_scale_is_a_linear_layer_with_a_diagonal_weight",
            "tests/rules/test_scaling.py::test_members_share_the_rows_and_the_sum_over_them_goes_back",
        ),
    ),
    Operator(
        "smooth-clip",
        "smooth clipping",
        "smooth_clip",
        where=("chainrule.networks.SmoothClip",),
        tests=(
            "tests/rules/test_smooth_clip.py::test_known_values_and_slopes",
            "tests/rules/test_smooth_clip.py::test_nothing_overflows_and_slopes_keep_their_digits",
        ),
    ),
    Operator(
        "parametric-activation",
        "activation mixed with the identity",
        "parametric_activation",
        where=("chainrule.networks.ParametricActivation",),
        tests=(
            "tests/rules/test_parametric_activation.py::test_shares_of_0_and_1_are_the_identity_and_the_activation",
            "tests/rules/test_parametric_activation.py::test_the_cotangent_of_the_share_keeps_its_digits",
        ),
    ),
    Operator(
        "periodic-embedding",
        "features as cosines of several frequencies",
        "periodic_embedding",
        where=("chainrule.networks.PeriodicEmbedding",),
        tests=(
            "tests/rules/test_periodic_embedding.py::test_waves_keep_their_digits_at_large_arguments_and_near_their_zeros",
            "tests/rules/test_periodic_embedding.py::test_known_values",
        ),
    ),
    Operator(
        "embedding",
        "rows of a table by codes",
        "embedding",
        where=("chainrule.networks.Embedding",),
        tests=(
            "tests/rules/test_embedding.py::test_rows_are_looked_up_and_cotangents_of_equal_codes_are_added",
            "tests/rules/test_embedding.py::test_codes_that_are_no_rows_are_named",
        ),
    ),
    Operator(
        "members-cross-entropy",
        "mean of the cross entropies of an ensemble's members",
        "members_cross_entropy",
        tests=(
            "tests/rules/test_members_cross_entropy.py::test_it_is_the_mean_of_the_members_losses",
            "tests/rules/test_members_cross_entropy.py::test_tails_keep_their_digits",
        ),
    ),
    Operator(
        "elementwise",
        "elementwise map",
        formula="y_i = f(x_i)",
        derivative="J[i, j] = [i = j] f'(x_j)",
        domain="that of f",
        where=("chainrule.rules.elementwise",),
        tests=("tests/identities/test_activations.py::test_an_elementwise_sigmoid_has_a_diagonal_jacobian",),
        claim="elementwise-jacobian-is-diagonal",
    ),
    Operator(
        "logarithm",
        "logarithm, and of a function",
        "logarithm",
        formula="y = log f(x)",
        derivative="f'(x) / f(x)",
        where=("chainrule.rules.compose",),
        tests=(
            "tests/rules/test_logarithm.py::test_derivatives_are_right_at_numbers_of_every_size",
            "tests/rules/test_composition.py::test_the_log_of_a_function_has_derivative_f_prime_over_f",
        ),
    ),
    Operator(
        "convolution-layer",
        "convolution layer over images",
        "conv2d",
        formula="the form of a correlation; correlate2d is without bias, convolve2d flips the kernel",
        where=("chainrule.networks.Conv",),
        tests=(
            "tests/rules/test_convolution2d.py::test_it_is_the_sum_over_windows_written_out",
            "tests/rules/test_convolution2d.py::test_derivatives_are_right_for_every_option",
            "tests/rules/test_convolution2d.py::test_a_kernel_larger_than_the_padded_image_is_refused",
        ),
    ),
    Operator(
        "output-size",
        "size of the output of a convolution or pool",
        formula="floor((n + 2 p - k) / stride) + 1",
        derivative="none: an integer",
        domain="k at most n + 2 p, stride of at least 1; a stride that does not divide drops samples at the end",
        where=("chainrule.rules.conv_output_size", "chainrule.rules.dropped_border"),
        tests=(
            "tests/rules/test_geometry.py::test_output_sizes_by_hand",
            "tests/rules/test_geometry.py::test_size_and_border_are_those_of_the_windows_that_fit",
        ),
        measured="integers: compared at the sizes of the tests",
    ),
    Operator(
        "parameter-count",
        "parameters of a convolution",
        formula="k_h k_w C_in C_out, and C_out biases",
        derivative="none: an integer",
        domain="sizes of at least 1",
        where=("chainrule.rules.conv_parameter_count",),
        tests=(
            "tests/rules/test_geometry.py::test_parameter_counts_by_hand",
            "tests/rules/test_geometry.py::test_parameters_are_the_entries_of_the_weight_and_the_bias",
        ),
        measured="integers: compared at the sizes of the tests",
    ),
    Operator(
        "convolution",
        "convolution along one axis",
        "convolve1d",
        tests=(
            "tests/rules/test_convolution1d.py::test_it_is_numpys_convolve_for_kernels_no_longer_than_the_signal",
            "tests/rules/test_convolution1d.py::test_the_pullbacks_are_correlations",
            "tests/rules/test_convolution1d.py::test_the_jacobian_by_the_signal_is_a_toeplitz_matrix",
        ),
    ),
    Operator(
        "max-pooling",
        "largest entry of blocks of r x r",
        "max_pool2d",
        domain="rows and columns that r does not divide are dropped",
        where=("chainrule.networks.Pool",),
        tests=(
            "tests/rules/test_pooling.py::test_among_equals_the_first_of_a_window_row_by_row_takes_the_cotangent",
            "tests/rules/test_pooling.py::test_rows_and_columns_that_the_kernel_does_not_divide_are_dropped",
        ),
    ),
    Operator(
        "zero-padding",
        "zeros around a signal or an image",
        "zero_pad2d",
        where=("chainrule.rules.padding_for", "chainrule.networks.Pad"),
        tests=(
            "tests/rules/test_padding2d.py::test_zeros_stand_around_the_image_and_not_copies_of_its_edge",
            "tests/rules/test_padding2d.py::test_the_pullback_crops",
            "tests/rules/test_geometry.py::test_the_padding_of_a_mode_gives_its_length_and_that_of_the_convolution",
        ),
    ),
    Operator(
        "empirical-risk",
        "mean loss over examples",
        formula="R = (1/n) sum_i L_i; with weights sum_i w_i L_i / sum_i w_i",
        derivative="v / n to every example: the mean of their gradients",
        domain="at least one example",
        where=("chainrule.networks.Plan.loss_and_gradient",),
        tests=(
            "tests/systems/test_s2_risk_and_descent.py::test_the_risk_and_its_gradient_are_means_over_the_examples",
            "tests/systems/test_s2_risk_and_descent.py::test_an_empty_data_set_has_no_mean",
        ),
        claim="risk-and-penalty",
    ),
    Operator(
        "l2-penalty",
        "penalty on the sum of squares",
        "l2_penalty",
        tests=(
            "tests/networks/test_plan_weights.py::test_the_penalty_adds_l2_times_the_sum_of_squares_and_its_slope",
            "tests/systems/test_s2_risk_and_descent.py"
            "::test_the_penalty_has_no_half_and_takes_in_the_biases_where_asked",
        ),
    ),
    Operator(
        "gradient-descent",
        "step of gradient descent",
        formula="theta <- theta - eta g, all blocks by the gradient at the old theta",
        derivative="none: not differentiated",
        domain="finite numbers",
        where=("chainrule.solvers.GradientDescent", "chainrule.solvers.descend"),
        tests=(
            "tests/solvers/test_gradient_descent.py::test_gradient_descent_steps_against_the_gradient",
            "tests/systems/test_s2_risk_and_descent.py"
            "::test_descent_repeats_theta_minus_eta_g_and_yields_the_objective_before_each_step",
        ),
        claim="risk-and-penalty",
    ),
    Operator(
        "packing",
        "parameters in one vector",
        formula="theta holds [W1, b1, W2, b2], of d_h (d + 1) + m (d_h + 1) entries",
        derivative="the identity: unpack",
        domain="one block per parameter, in its shape",
        where=("chainrule.networks.Network.pack", "chainrule.networks.Network.unpack"),
        tests=(
            "tests/systems/test_s2_risk_and_descent.py"
            "::test_parameters_pack_and_unpack_without_a_change_in_the_order_w1_b1_w2_b2",
            "tests/networks/test_network.py::test_packing_what_was_unpacked_is_exact",
        ),
        claim="gradient-shapes",
    ),
    Operator(
        "scaled-softmax",
        "softmax of scaled logits",
        "scaled_softmax",
        tests=(
            "tests/rules/test_scaled_softmax.py::test_derivatives_are_right_for_one_scale",
            "tests/rules/test_scaled_softmax.py::test_scaled_logits_beyond_the_largest_float_do_not_overflow",
        ),
    ),
    Operator(
        "softmax-expectation",
        "expectation under softmax",
        "softmax_expectation",
        tests=(
            "tests/rules/test_softmax_expectation.py::test_derivatives_are_right",
            "tests/rules/test_softmax_expectation.py::test_its_gradients_are_softmax_applied_to_the_values_and_softmax",
        ),
    ),
    Operator(
        "score-function",
        "gradients of the log-probabilities of parametrised scores",
        formula="d log S(x(u)) / du",
        derivative="(I - 1 S^T) G, G = dx/du; pullback: v G - sum(v) S G",
        domain="one row of G for every score; nothing is divided by S",
        where=("chainrule.rules.score_function", "chainrule.rules.score_function_vjp"),
        tests=(
            "tests/rules/test_parametrised_scores.py"
            "::test_the_rules_of_u_have_the_derivatives_of_the_functions_of_scores_and_g",
            "tests/rules/test_parametrised_scores.py::test_nothing_divides_by_a_probability_that_underflows",
        ),
        claim="expected-score",
    ),
    Operator(
        "score-cross-entropy",
        "cross entropy of parametrised scores",
        formula="-sum_i c_i log S(x(u))_i",
        derivative="G^T (S sum(c) - c), G = dx/du",
        domain="one row of G for every score; weights of any sum, or labels",
        where=("chainrule.rules.cross_entropy_gradient",),
        tests=(
            "tests/rules/test_parametrised_scores.py"
            "::test_the_cross_entropy_of_any_weights_has_gradient_g_transposed_s_sum_c_minus_c",
            "tests/rules/test_parametrised_scores.py::test_labels_are_one_hot_weights",
        ),
        claim="score-cross-entropy",
    ),
)
