"""The identities of the package, in order, each with the condition under which it holds and the test that shows it.

s = softmax(x), sigma the logistic sigmoid, H the step with H(0) = 1/2, [P] = 1 if P holds and 0 otherwise, e_y the row
with 1 at y; J[i, j] = dy_i/dx_j; n classes.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Identity:
    """One identity: a short name, what it says, when it holds (always, if empty), and the node id of its test."""

    key: str
    statement: str
    condition: str
    test: str


def _in(file: str, *records: tuple[str, str, str, str]) -> tuple[Identity, ...]:
    return tuple(
        Identity(key, statement, condition, f"tests/identities/{file}::{test}")
        for key, statement, condition, test in records
    )


IDENTITIES: tuple[Identity, ...] = (
    *_in(
        "test_softmax.py",
        (
            "softmax-shift-invariance",
            "softmax(x + c 1) = softmax(x)",
            "c is one number; unequal numbers change softmax",
            "test_adding_a_constant_to_all_logits_changes_nothing",
        ),
        (
            "softmax-scale-variance",
            "softmax(c x) = softmax(x) if and only if (c - 1)(x - mean(x)) = 0",
            "",
            "test_scaling_the_logits_changes_softmax_unless_the_scale_is_one_or_the_logits_are_equal",
        ),
        (
            "softmax-scale-sharpens",
            "max S(c x) does not fall, and min S(c x) does not rise, as c grows; other entries may rise and then fall",
            "c > 0",
            "test_a_larger_scale_raises_the_largest_probability_and_lowers_the_smallest",
        ),
        (
            "softmax-entropy-falls",
            "d H(S(c x)) / dc = -c Var_S(x)",
            "entropy falls for c > 0 and rises for c < 0",
            "test_entropy_falls_with_the_scale_by_the_scale_times_the_variance",
        ),
        (
            "softmax-is-a-distribution",
            "s_i > 0, sum_i s_i = 1",
            "in floats s_i may underflow to 0",
            "test_probabilities_are_positive_and_sum_to_one",
        ),
        (
            "softmax-jacobian",
            "ds_i/dx_j = s_i ([i = j] - s_j), J = diag(s) - s s^T",
            "",
            "test_the_jacobian_of_softmax_is_diag_s_minus_s_s",
        ),
        (
            "softmax-jacobian-structure",
            "J = J^T, v^T J v >= 0, J 1 = 0, 1^T J = 0, rank J = n - 1",
            "",
            "test_the_jacobian_of_softmax_is_symmetric_and_positive_semidefinite_of_rank_n_minus_one",
        ),
        (
            "softmax-jacobian-signs",
            "J[i, i] > 0, J[i, j] < 0 for i other than j",
            "n >= 2; J = [0] for n = 1; in floats entries may underflow to 0",
            "test_every_entry_of_the_jacobian_of_softmax_has_a_sign",
        ),
        (
            "softmax-pullback",
            "v J = s (v - v.s), and (c 1) J = 0",
            "",
            "test_the_pullback_of_softmax_multiplies_by_the_cotangent_less_its_mean",
        ),
        (
            "softmax-pullback-zeros",
            "(v J)_i = 0 if and only if v_i = v.s",
            "s_i > 0",
            "test_the_pullback_of_softmax_has_a_zero_exactly_where_the_cotangent_is_its_own_mean",
        ),
    ),
    *_in(
        "test_log_softmax.py",
        (
            "log-softmax-jacobian",
            "d log s_i / dx_j = [i = j] - s_j, J = I - 1 s^T, J 1 = 0, s^T J = 0",
            "symmetric at equal logits only",
            "test_the_jacobian_of_log_softmax_is_the_identity_less_rows_of_probabilities",
        ),
        (
            "log-softmax-pullback",
            "v J = v - s sum(v)",
            "",
            "test_the_pullback_of_log_softmax_takes_from_the_cotangent_its_sum_times_the_probabilities",
        ),
    ),
    *_in(
        "test_softmax.py",
        (
            "log-derivative",
            "ds_i/dx_j = s_i d(log s_i)/dx_j",
            "s_i > 0",
            "test_the_jacobian_of_softmax_is_that_of_log_softmax_times_the_probabilities",
        ),
        (
            "softmax-of-two-is-sigmoid",
            "softmax(a, b)_1 = sigma(a - b)",
            "n = 2",
            "test_softmax_of_two_logits_is_the_sigmoid_of_their_difference",
        ),
        (
            "softmax-by-differences",
            "softmax(x)_k = 1 / sum_i e^-(x_k - x_i)",
            "",
            "test_a_probability_is_one_over_a_sum_of_exponentials_of_differences",
        ),
    ),
    *_in(
        "test_activations.py",
        (
            "sigmoid-mirror-and-tanh",
            "sigma(-x) = 1 - sigma(x), tanh(x) = 2 sigma(2 x) - 1",
            "",
            "test_sigmoid_mirrors_into_its_complement_and_tanh_is_a_stretched_sigmoid",
        ),
        (
            "sigmoid-slope",
            "sigma' = sigma (1 - sigma) = sigma - sigma^2 = sigma(x) sigma(-x) <= 1/4",
            "",
            "test_the_slope_of_sigmoid_is_sigmoid_times_its_complement_and_at_most_a_quarter",
        ),
        (
            "log-sigmoid-is-softplus",
            "log sigma(x) = -softplus(-x)",
            "",
            "test_the_logarithm_of_sigmoid_is_minus_softplus_of_minus_x",
        ),
        (
            "softplus-mirror",
            "softplus(x) - softplus(-x) = x = log sigma(x) - log sigma(-x)",
            "",
            "test_softplus_less_its_mirror_is_x",
        ),
        (
            "softplus-slope",
            "softplus' = sigma",
            "",
            "test_the_slope_of_softplus_is_sigmoid",
        ),
        (
            "softplus-relu",
            "softplus(x) = ReLU(x) + log1p(e^-|x|), 0 <= softplus(k x)/k - ReLU(x) <= log(2)/k",
            "k > 0",
            "test_softplus_is_relu_and_a_tail_that_a_steeper_softplus_sheds",
        ),
        (
            "tanh-slope",
            "tanh' = 1 - (tanh x)^2, and not 1 - tanh(tanh x)",
            "",
            "test_the_slope_of_tanh_is_one_less_its_square",
        ),
        (
            "relu-forms",
            "ReLU(x) = x H(x) = |x| H(x) = (x + |x|)/2 = integral of H from minus infinity to x",
            "for any H(0)",
            "test_relu_is_x_times_the_step_and_the_integral_of_the_step",
        ),
        (
            "relu-slope",
            "ReLU'(x) = H(x)",
            "x other than 0, where the slopes are 0 on the left and 1 on the right",
            "test_the_slope_of_relu_is_the_step_away_from_zero",
        ),
        (
            "steep-sigmoid-is-a-step",
            "|sigma(k x) - H(x)| < e^(-k |x|) for x other than 0, sigma(k 0) = 1/2",
            "k > 0; pointwise, not uniform: the supremum is 1/2 for every k",
            "test_a_steep_sigmoid_is_exponentially_close_to_the_step",
        ),
        (
            "sign-by-steps",
            "sign(x) = H(x) - H(-x) = 2 H(x) - 1, H(|x|) - H(-|x|) = sign(x)^2",
            "H(0) = 1/2",
            "test_the_sign_is_the_step_less_the_mirrored_step",
        ),
        (
            "elementwise-jacobian-is-diagonal",
            "d sigma(x)_i / dx_j = [i = j] (sigma(x_j) - sigma(x_j)^2)",
            "",
            "test_an_elementwise_sigmoid_has_a_diagonal_jacobian",
        ),
    ),
    *_in(
        "test_losses.py",
        (
            "cross-entropy-gradient",
            "d CE(softmax(x), t)/dx = s sum(t) - t, which sums to 0",
            "s - t where sum(t) = 1",
            "test_the_gradient_of_cross_entropy_after_softmax_is_probabilities_less_targets",
        ),
        (
            "two-heads",
            "CE(softmax(x), t) = NLL(log_softmax(x), t), with equal gradients",
            "no probability with target weight underflows",
            "test_cross_entropy_on_probabilities_and_likelihood_on_log_probabilities_are_one_loss",
        ),
        (
            "nll-gradient",
            "d(-sum_i t_i z_i)/dz = -t, without division",
            "",
            "test_the_gradient_of_the_likelihood_by_log_probabilities_is_minus_the_targets",
        ),
        (
            "cross-entropy-bounds-entropy",
            "CE(s, t) >= H(t), with equality if and only if s = t",
            "sum(t) = 1",
            "test_cross_entropy_is_at_least_the_entropy_of_the_targets_and_equal_only_at_them",
        ),
        (
            "convexity-in-the-logit",
            "BCE'' = p (1 - p) > 0; MSE'' = p (1 - p) (p (1 - p) + (p - y)(1 - 2 p)) changes sign",
            "inflection of MSE at p = 2/3 for y = 0, at p = 1/3 for y = 1",
            "test_the_cross_entropy_of_a_logit_is_convex_and_its_squared_error_is_not",
        ),
        (
            "squared-error-is-unimodal",
            "sign(d MSE/do) = sign(sigma(o) - y)",
            "one example; a mean over examples can have several minima",
            "test_the_gradient_of_the_squared_error_of_one_example_has_the_sign_of_the_miss",
        ),
        (
            "saturation",
            "d MSE/do tends to 0 and |d BCE/do| to 1 as a wrong logit grows",
            "",
            "test_a_confidently_wrong_example_hardly_moves_the_squared_error_and_fully_the_cross_entropy",
        ),
        (
            "likelihoods",
            "BCE = -log Bernoulli(y; p), (p - y)^2/2 = -log N(y; p, 1) - log(2 pi)/2",
            "unit variance",
            "test_cross_entropy_is_bernoullis_likelihood_and_the_squared_error_is_gausss_less_a_constant",
        ),
    ),
    *_in(
        "test_systems.py",
        (
            "gradient-shapes",
            "a gradient has the shape of what it is the gradient by",
            "",
            "test_gradients_have_the_shapes_of_what_they_are_gradients_of",
        ),
        (
            "risk-and-penalty",
            "grad R = (1/n) sum_i grad L_i; a step on R + a |theta|^2 gives (1 - 2 eta a) theta - eta grad R",
            "",
            "test_the_risk_has_the_mean_gradient_and_a_penalty_shrinks_the_parameters_at_every_step",
        ),
        (
            "parameter-count",
            "n = d_h (d + 1) + m (d_h + 1), the size of [W1, b1, W2, b2]",
            "with biases; d_h d + m d_h without",
            "test_the_parameters_of_two_layers_are_as_many_as_their_blocks_hold",
        ),
    ),
    *_in(
        "test_scores.py",
        (
            "expected-score",
            "sum_i S_i grad_u log S_i = 0",
            "",
            "test_the_expected_gradient_of_the_log_probabilities_is_zero",
        ),
        (
            "score-cross-entropy",
            "grad_u(-sum_i c_i log S_i) = G^T (S sum(c) - c) = -sum_i c_i grad_u log S_i, G = dx/du",
            "G^T (S - c) where sum(c) = 1",
            "test_the_gradient_of_a_cross_entropy_of_scores_is_a_weighted_sum_of_log_gradients",
        ),
    ),
    *_in(
        "test_convolution.py",
        (
            "convolution-modes",
            "full, same and valid have n + k - 1, n and n - k + 1 samples, each the interior of the one before",
            "k odd, n >= k",
            "test_valid_is_the_interior_of_same_and_same_the_interior_of_full",
        ),
        (
            "convolution-symmetry",
            "a symmetric signal and kernel give a symmetric output; sum(full) = sum(x) sum(w)",
            "k odd for the mode same; the sums agree for every x and w",
            "test_a_palindromic_signal_and_kernel_give_a_palindrome_and_full_sums_to_the_product_of_sums",
        ),
        (
            "size-keeping-convolution",
            "stride 1 and p = (k - 1)/2 keep n; an r x r pool with stride r gives n/r",
            "k odd; r divides n",
            "test_half_padding_keeps_the_size_and_a_pool_divides_it",
        ),
        (
            "convolution-parameter-count",
            "k_h k_w C_in C_out (+ C_out) parameters, whatever the size of the input",
            "",
            "test_the_parameters_of_a_convolution_do_not_depend_on_the_size_of_its_input",
        ),
    ),
    *_in(
        "test_chains.py",
        (
            "chained-pullbacks",
            "((v J_k) ...) J_1 = v (J_k ... J_1) = the difference quotients of the chain",
            "",
            "test_chained_pullbacks_are_the_product_of_the_jacobians_and_the_difference_quotients",
        ),
        (
            "identity-jacobian",
            "dx_i/dx_z = [i = z]",
            "",
            "test_a_variable_depends_on_itself_alone",
        ),
    ),
)
