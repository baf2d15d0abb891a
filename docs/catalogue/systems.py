"""The systems: models, losses and heads that are composed of the operators."""

from dataclasses import dataclass


@dataclass(frozen=True)
class System:
    """One system: its formulas, one per line; its public names and tests. `not_yet` says what is missing."""

    key: str
    name: str
    formula: str
    where: tuple[str, ...]
    tests: tuple[str, ...]
    not_yet: str = ""


SYSTEMS: tuple[System, ...] = (
    System(
        "softplus-network",
        "network of two layers with softplus, and a label",
        "a1 = x W1 + b1, h1 = softplus(a1), o = h1 W2 + b2, p = softmax(o)\n"
        "L = -log p_y = log sum_k e^o_k - o_y\n"
        "d o = p - e_y, d W2 = h1^T (d o), d b2 = d o, d h1 = (d o) W2^T\n"
        "d a1 = (d h1) sigma(a1), d W1 = x^T (d a1), d b1 = d a1, d x = (d a1) W1^T\n"
        "d_h (d + 1) + m (d_h + 1) parameters",
        ("chainrule.networks.mlp", "chainrule.networks.Plan", "chainrule.networks.trace"),
        (
            "tests/systems/test_s1_softplus_mlp.py::test_every_gradient_of_a_weighted_batch_is_its_matrix_form",
            "tests/systems/test_s1_softplus_mlp.py::test_every_gradient_matches_differences_at_400_bits",
            "tests/systems/test_s1_softplus_mlp.py::test_a_trace_shows_every_row_of_the_table_in_its_scalar_form",
        ),
    ),
    System(
        "risk-and-descent",
        "empirical risk, penalty and gradient descent",
        "R = (1/n) sum_i L_i\n"
        "theta <- theta - eta grad (R + a |theta|^2) = (1 - 2 eta a) theta - eta grad R, theta = [W1, b1, W2, b2]",
        ("chainrule.solvers.descend", "chainrule.networks.Plan.loss_and_gradient"),
        (
            "tests/systems/test_s2_risk_and_descent.py::test_the_risk_and_its_gradient_are_means_over_the_examples",
            "tests/systems/test_s2_risk_and_descent.py"
            "::test_a_step_shrinks_theta_by_one_minus_two_eta_lambda_and_moves_all_blocks_at_once",
            "tests/systems/test_s2_risk_and_descent.py::test_the_objective_falls_at_every_small_step",
        ),
    ),
    System(
        "binary-heads",
        "binary classifier: two logits or their difference, under two losses",
        "p = softmax(o_1, o_2)_1 = sigma(o), o = o_1 - o_2\n"
        "(p - y)^2 / 2, by o: (p - y) p (1 - p), again: p (1 - p) (p (1 - p) + (p - y)(1 - 2 p))\n"
        "-y log p - (1 - y) log(1 - p) = softplus(o) - y o, by o: p - y, again: p (1 - p)",
        ("chainrule.rules.binary_cross_entropy", "chainrule.rules.half_squared_error"),
        (
            "tests/systems/test_s3_binary_heads.py::test_both_heads_have_one_loss_and_one_set_of_gradients",
            "tests/systems/test_s3_binary_heads.py::test_the_logit_gradients_match_the_table_and_differences",
            "tests/systems/test_s3_binary_heads.py::test_the_second_derivatives_match_the_table",
        ),
    ),
    System(
        "sigmoid-network",
        "network of two layers without biases, sigmoid, ten classes and a target distribution",
        "z1 = x W1, y1 = sigma(z1), z2 = y1 W2, y2 = softmax(z2), E = -sum_i t_i log y2_i\n"
        "d z2 = y2 sum(t) - t, d W2 = y1^T (d z2), d y1 = (d z2) W2^T\n"
        "d z1 = (d y1) y1 (1 - y1), d W1 = x^T (d z1), d x = (d z1) W1^T",
        ("chainrule.networks.mlp", "chainrule.networks.Plan", "chainrule.networks.trace"),
        (
            "tests/systems/test_s4_sigmoid_mlp.py"
            "::test_a_trace_shows_every_row_of_the_table_whatever_the_targets_sum_to",
            "tests/systems/test_s4_sigmoid_mlp.py::test_the_row_chain_equals_the_column_form",
            "tests/systems/test_s4_sigmoid_mlp.py::test_a_weighted_batch_matches_the_matrix_form_and_differences",
        ),
    ),
    System(
        "input-gradient",
        "gradient by the input",
        "w = x A, a = sigma(w), u = a B, g = softmax(u), R = -log g_y\n"
        "d x = (((g - e_y) B^T) a (1 - a)) A^T\n"
        "d B = a^T (g - e_y), d A = x^T (((g - e_y) B^T) a (1 - a))",
        (
            "chainrule.networks.Plan",
            "chainrule.networks.trace",
            "chainrule.estimators.MLPClassifier.input_gradient",
        ),
        (
            "tests/systems/test_s5_input_gradient.py::test_every_gradient_of_one_example_matches_its_closed_form",
            "tests/systems/test_s5_input_gradient.py::test_the_row_form_of_the_input_gradient_equals_the_column_form",
            "tests/estimators/test_input_gradient.py::test_it_is_the_slope_of_central_differences",
        ),
    ),
    System(
        "softmax-head",
        "softmax head with a label, by two routes",
        "R = -sum_k [y = k] log g_k = log sum_k e^s_k - s_y, g = softmax(s)\n"
        "dg_k/ds_l = g_k ([k = l] - g_l), dR/dg_k = -[y = k] / g_k, dR/ds_l = g_l - [y = l]",
        ("chainrule.rules.softmax_cross_entropy", "chainrule.rules.softmax", "chainrule.rules.cross_entropy"),
        (
            "tests/systems/test_s6_softmax_head.py::test_the_jacobian_and_the_gradient_by_g_match_the_table",
            "tests/systems/test_s6_softmax_head.py::test_both_routes_lead_to_g_minus_e_y_and_to_the_differences",
            "tests/systems/test_s6_softmax_head.py::test_the_contributions_of_the_summands_add_up",
        ),
    ),
    System(
        "two-heads",
        "two interchangeable heads as chains of pullbacks",
        "A: z = softmax(x), l = -sum_i t_i log z_i, dl/dz = -t / z, pullback of z: s (v - v.s)\n"
        "B: z = log_softmax(x), l = -sum_i t_i z_i, dl/dz = -t, pullback of z: v - s sum(v)\n"
        "both: dl/dx = s sum(t) - t; A divides by 0 where z_i underflows, B does not",
        (
            "chainrule.rules.softmax",
            "chainrule.rules.cross_entropy",
            "chainrule.rules.log_softmax",
            "chainrule.rules.nll",
        ),
        (
            "tests/systems/test_s7_two_heads.py::test_both_heads_match_their_columns_of_the_table",
            "tests/systems/test_s7_two_heads.py::test_head_a_divides_by_an_underflowed_probability_and_head_b_is_exact",
            "tests/systems/test_s7_two_heads.py::test_no_pullback_forms_the_jacobian",
        ),
    ),
    System(
        "convolution-stack",
        "convolution, pool, convolution: sizes and parameters",
        "n -> floor((n + 2 p - k) / stride) + 1 along every axis, k_h k_w C_in C_out (+ C_out) parameters\n"
        "128 x 128, kernel 8, stride 2, p = 3: 64 x 64 x 32; pool 2: 32 x 32 x 32; kernel 3, p = 1: 32 x 32 x 64",
        (
            "chainrule.networks.summarise",
            "chainrule.networks.network_of_layers",
            "chainrule.rules.conv_output_size",
            "chainrule.rules.conv_parameter_count",
        ),
        (
            "tests/networks/test_summary.py::test_the_stack_of_two_convolutions_and_a_pool",
            "tests/networks/test_stack.py::test_the_network_of_the_stack_has_the_parameters_that_its_summary_counts",
            "tests/rules/test_geometry.py::test_a_stack_of_two_convolutions_and_a_pool",
        ),
    ),
    System(
        "convolution-modes",
        "convolution along one axis, three modes",
        "y_i = sum_a w_a x[i - a]\n"
        "full: n + k - 1 samples, k - 1 zeros on each side; same: n, k - 1 zeros in all; valid: n - k + 1, no zeros",
        ("chainrule.rules.convolve1d", "chainrule.rules.padding_for"),
        (
            "tests/rules/test_convolution1d.py::test_a_hill_smoothed_by_quarters",
            "tests/rules/test_convolution1d.py::test_how_many_outputs_each_sample_contributes_to",
            "tests/rules/test_convolution1d.py::test_derivatives_are_right",
        ),
    ),
    System(
        "parametrised-scores",
        "softmax over scores x(u) of parameters",
        "S = softmax(x(u)), G = dx/du\n"
        "d log S / du = (I - 1 S^T) G, row i: grad x_i - E_S[grad x]\n"
        "grad(-sum_i c_i log S_i) = G^T (S sum(c) - c)\n"
        "grad E_S[r] = sum_i S_i (r_i - E_S[r]) grad x_i",
        (
            "chainrule.rules.score_function",
            "chainrule.rules.score_function_vjp",
            "chainrule.rules.cross_entropy_gradient",
            "chainrule.rules.policy_gradient",
        ),
        (
            "tests/rules/test_parametrised_scores.py"
            "::test_the_rules_of_u_have_the_derivatives_of_the_functions_of_scores_and_g",
            "tests/rules/test_parametrised_scores.py"
            "::test_the_policy_gradient_is_the_derivative_of_the_expected_reward",
            "tests/rules/test_parametrised_scores.py::test_the_expected_score_is_zero",
        ),
    ),
    System(
        "inverse-temperature",
        "softmax with an inverse temperature c",
        "S_i = e^(c x_i) / sum_j e^(c x_j), dS_i/dc = S_i (x_i - E_S[x]), dH/dc = -c Var_S(x)\n"
        "c = 0: uniform; c < 0: the ranking is reversed; c to infinity: uniform over the largest",
        ("chainrule.rules.scaled_softmax",),
        (
            "tests/rules/test_scaled_softmax.py::test_derivatives_are_right_for_one_scale",
            "tests/rules/test_scaled_softmax.py::test_entropy_falls_with_the_scale_by_the_scale_times_the_variance",
            "tests/rules/test_scaled_softmax.py"
            "::test_scale_zero_is_uniform_and_a_negative_one_turns_the_ranking_around",
            "tests/test_mathematics.py::test_a_growing_scale_leaves_a_uniform_distribution_over_the_largest_logits",
        ),
    ),
    System(
        "activations",
        "family of activations, with relations and limits",
        "sign, H, ReLU, sigma(k x), softplus, tanh\n"
        "tanh(x) = 2 sigma(2 x) - 1, log sigma(x) = -softplus(-x), softplus' = sigma, ReLU(x) = x H(x)\n"
        "sigma(k x) -> H(x), softplus(k x)/k -> ReLU(x) for k to infinity",
        (
            "chainrule.rules.sign",
            "chainrule.rules.heaviside",
            "chainrule.rules.relu",
            "chainrule.rules.sigmoid",
            "chainrule.rules.scaled_sigmoid",
            "chainrule.rules.softplus",
            "chainrule.rules.tanh",
        ),
        (
            "tests/rules/test_activations.py::test_known_values_of_the_activations",
            "tests/rules/test_steps.py::test_the_sigmoid_with_a_slope_nears_the_step_exponentially_but_for_the_jump",
            "tests/identities/test_activations.py"
            "::test_sigmoid_mirrors_into_its_complement_and_tanh_is_a_stretched_sigmoid",
            "tests/identities/test_activations.py::test_softplus_is_relu_and_a_tail_that_a_steeper_softplus_sheds",
        ),
    ),
    System(
        "chained-pullbacks",
        "reverse mode: pullbacks in a chain",
        "v J_k ... J_1, from the left: v <- pullback of f_k, then of f_(k-1), down to f_1",
        ("chainrule.rules.compose", "chainrule.networks.Plan"),
        (
            "tests/systems/test_s13_chained_pullbacks.py::test_chained_pullbacks_equal_differences_at_400_bits",
            "tests/systems/test_s13_chained_pullbacks.py::test_chained_pullbacks_equal_the_product_of_full_jacobians",
            "tests/systems/test_s13_chained_pullbacks.py"
            "::test_chained_pullbacks_reproduce_every_gradient_of_a_plan_and_of_a_trace",
        ),
    ),
)
