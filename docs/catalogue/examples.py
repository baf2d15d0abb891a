"""Numeric examples with their values, which `tests/test_numeric_examples.py` computes again."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Example:
    """One example: the formula, the public names that compute it, and pairs of a label and the digits of a value.

    A value differs from its digits by at most half a unit of the last digit.
    """

    key: str
    name: str
    formula: str
    where: tuple[str, ...]
    tests: tuple[str, ...]
    values: tuple[tuple[str, str], ...]


_SIZES = ("tests/rules/test_geometry.py::test_output_sizes_by_hand",)
_COUNTS = ("tests/rules/test_geometry.py::test_parameter_counts_by_hand",)
_HILL = ("tests/rules/test_convolution1d.py::test_a_hill_smoothed_by_quarters",)
_INTERIOR = ("tests/rules/test_scaled_softmax.py::test_an_interior_entry_falls_or_rises_with_the_scale",)
_SIZE, _COUNT = "chainrule.rules.conv_output_size", "chainrule.rules.conv_parameter_count"

EXAMPLES: tuple[Example, ...] = (
    Example(
        "first-convolution",
        "convolution with stride 2",
        "floor((128 + 6 - k)/2) + 1, 32 filters",
        (_SIZE,),
        _SIZES,
        (("k = 8, 7, 2, 6", "64, 64, 67, 65"), ("output for k = 8", "64 x 64 x 32")),
    ),
    Example(
        "pooling",
        "pool of 2 x 2 with stride 2",
        "floor((64 - 2)/2) + 1, 32 channels",
        (_SIZE,),
        _SIZES,
        (("output", "32 x 32 x 32"),),
    ),
    Example(
        "second-convolution",
        "convolution that keeps the size",
        "floor((32 + 2 - 3)/1) + 1, 64 filters",
        (_SIZE,),
        _SIZES,
        (("output", "32 x 32 x 64"),),
    ),
    Example(
        "activations-of-the-stack",
        "numbers that the three layers put out",
        "64^2 32, 32^2 32, 32^2 64",
        (_SIZE,),
        ("tests/rules/test_geometry.py::test_a_stack_of_two_convolutions_and_a_pool",),
        (("entries", "131072, 32768, 65536"),),
    ),
    Example(
        "weights-of-the-second-convolution",
        "parameters of 64 filters of 3 x 3 on 32 channels",
        "3 3 32 64 (+ 64)",
        (_COUNT,),
        _COUNTS,
        (("without and with biases", "18432, 18496"),),
    ),
    Example(
        "weights-of-the-first-convolution",
        "parameters of 32 filters on three colours",
        "k k 3 32 (+ 32)",
        (_COUNT,),
        _COUNTS,
        (("k = 8 without and with biases", "6144, 6176"), ("k = 7 without", "4704")),
    ),
    Example(
        "hill-same",
        "a hill smoothed, mode same",
        "[1, 1, 4, 4, 4, 1, 1] * [1/4, 1/4, 1/4]",
        ("chainrule.rules.convolve1d",),
        _HILL,
        (("y", "0.5, 1.5, 2.25, 3, 2.25, 1.5, 0.5"), ("length and sum", "7, 11.5")),
    ),
    Example(
        "hill-full",
        "a hill smoothed, mode full",
        "[1, 1, 4, 4, 4, 1, 1] * [1/4, 1/4, 1/4]",
        ("chainrule.rules.convolve1d",),
        _HILL,
        (("y", "0.25, 0.5, 1.5, 2.25, 3, 2.25, 1.5, 0.5, 0.25"), ("length and sum", "9, 12")),
    ),
    Example(
        "hill-valid",
        "a hill smoothed, mode valid",
        "[1, 1, 4, 4, 4, 1, 1] * [1/4, 1/4, 1/4]",
        ("chainrule.rules.convolve1d",),
        _HILL,
        (("y", "1.5, 2.25, 3, 2.25, 1.5"), ("length and sum", "5, 10.5")),
    ),
    Example(
        "parameters-of-two-layers",
        "parameters of networks of two layers",
        "d_h (d + 1) + m (d_h + 1)",
        ("chainrule.networks.Network.n_parameters",),
        ("tests/systems/test_s1_softplus_mlp.py::test_n10_counts_the_parameters",),
        (("(d, d_h, m) = (4, 6, 3), (784, 100, 10), (2, 3, 2)", "51, 79510, 17"),),
    ),
    Example(
        "probability-that-falls",
        "a probability that falls as the scale grows",
        "S_1(c) = 1/(1 + (1/2)^c + 1.25^c), x = log [1, 1/2, 1.25]",
        ("chainrule.rules.scaled_softmax",),
        _INTERIOR,
        (("sum of the ratios to the power c = 1, 2", "1.75, 1.8125"), ("S_1 at c = 1, 2", "0.363636, 0.355556")),
    ),
    Example(
        "probability-that-rises",
        "a probability that rises as the scale grows",
        "S_1(c) = 1/(1 + (1/2)^c + 1.1^c), x = log [1, 1/2, 1.1]",
        ("chainrule.rules.scaled_softmax",),
        _INTERIOR,
        (("sum of the ratios to the power c = 1, 2", "1.6, 1.46"), ("S_1 at c = 1, 2", "0.384615, 0.406504")),
    ),
    Example(
        "sigmoid-at-the-jump",
        "a sigmoid of any slope at 0",
        "sigma(k 0)",
        ("chainrule.rules.scaled_sigmoid",),
        (
            "tests/rules/test_activations.py"
            "::test_the_sigmoid_with_any_slope_is_one_half_at_zero_and_has_slope_k_over_four",
        ),
        (("k = 0.25, 1, 7, 1000", "0.5, 0.5, 0.5, 0.5"),),
    ),
    Example(
        "ten-classes",
        "ten classes behind a hidden layer of another width",
        "d_h d + 10 d_h parameters without biases, and sums over 10 classes",
        ("chainrule.networks.mlp", "chainrule.networks.trace"),
        ("tests/systems/test_s4_sigmoid_mlp.py::test_there_are_two_blocks_and_no_bias",),
        (
            ("probabilities, and their sum", "10, 1.0000000000"),
            ("parameters for (d, d_h) = (5, 7), (3, 11)", "105, 143"),
        ),
    ),
    Example(
        "softmax-at-1-2-3",
        "softmax",
        "softmax([1, 2, 3])",
        ("chainrule.rules.softmax",),
        ("tests/rules/test_softmax.py::test_known_values",),
        (("s", "0.09003057317038046, 0.2447284710547977, 0.6652409557748219"),),
    ),
    Example(
        "log-softmax-at-1-2-3",
        "log-softmax",
        "log_softmax([1, 2, 3])",
        ("chainrule.rules.log_softmax",),
        ("tests/rules/test_log_softmax.py::test_known_values",),
        (("log s", "-2.40760596444438, -1.40760596444438, -0.4076059644443803"),),
    ),
    Example(
        "softmax-pullback-at-1-2-3",
        "pullback of softmax",
        "s (v - v.s) at [1, 2, 3]",
        ("chainrule.rules.softmax",),
        ("tests/rules/test_softmax.py::test_known_values",),
        (("v = [1, 0, -1]", "0.1418170936098122, 0.1407703574696301, -0.2825874510794423"),),
    ),
    Example(
        "log-softmax-pullback-at-1-2-3",
        "pullback of log-softmax",
        "v - s sum(v) at [1, 2, 3]",
        ("chainrule.rules.log_softmax",),
        ("tests/rules/test_log_softmax.py::test_known_values",),
        (
            ("v = [1, 2, 3]", "0.4598165609777173, 0.5316291736712141, -0.9914457346489313"),
            ("v = [1, 0, -1]", "1.000000000000000, 0.000000000000000, -1.000000000000000"),
        ),
    ),
    Example(
        "cross-entropy-at-1-2-3",
        "cross entropy, its gradient, and the entropy below it",
        "x = [1, 2, 3], t = [0.2, 0.3, 0.5]",
        ("chainrule.rules.softmax_cross_entropy", "chainrule.rules.cross_entropy"),
        ("tests/systems/test_s6_softmax_head.py::test_n19_cross_entropy_with_a_distribution_and_the_entropy_below_it",),
        (
            ("loss", "1.10760596444438"),
            ("by x", "-0.1099694268296195, -0.05527152894520235, 0.1652409557748219"),
            ("entropy of t", "1.029653014064574"),
        ),
    ),
    Example(
        "softplus-at-1",
        "softplus and its mirror",
        "log(1 + e^x), x = 1 and -1",
        ("chainrule.rules.softplus",),
        ("tests/systems/test_s1_softplus_mlp.py::test_n20_and_n24_softplus_is_right_where_the_naive_form_is_not",),
        (("values", "1.313261687518223, 0.3132616875182228"), ("difference", "1.000000000000000")),
    ),
    Example(
        "sigmoid-and-tanh-at-1",
        "sigmoid, tanh and their slopes",
        "sigma(1), sigma'(1), tanh(1), tanh'(1)",
        ("chainrule.rules.sigmoid", "chainrule.rules.tanh"),
        ("tests/systems/test_s4_sigmoid_mlp.py::test_n21_and_n24_sigmoid_and_tanh_and_their_slopes",),
        (
            ("sigmoid and slope", "0.7310585786300049, 0.1966119332414819"),
            ("tanh and slope", "0.7615941559557649, 0.4199743416140261"),
        ),
    ),
    Example(
        "scaled-softmax-at-1-2-3",
        "softmax of scaled logits",
        "S(c [1, 2, 3])",
        ("chainrule.rules.scaled_softmax",),
        ("tests/rules/test_scaled_softmax.py::test_known_values",),
        (
            ("c = 2", "0.01587623997646677, 0.1173104278261984, 0.8668133321973349"),
            ("c = 1/2", "0.1863237232258476, 0.3071958857184984, 0.506480391055654"),
        ),
    ),
    Example(
        "network-by-hand",
        "a network of two layers with softplus, by hand",
        "x = [1, 2], W1 = [[1, 2], [-1, 0]], b1 = [0, -1], W2 = [[1, -1], [0, 2]], b2 = [0.5, 0], the first class",
        ("chainrule.networks.Plan", "chainrule.networks.trace"),
        ("tests/systems/test_s1_softplus_mlp.py::test_n23_appears_digit_by_digit_in_a_plan_and_in_a_trace",),
        (
            ("a1", "-1, 1"),
            ("h1", "0.313261687518, 1.313261687518"),
            ("o", "0.813261687518, 2.313261687518"),
            ("p", "0.182425523806, 0.817574476194"),
            ("L", "1.701413277983"),
            ("d o", "-0.817574476194, 0.817574476194"),
            ("d W2", "[-0.256114760084, 0.256114760084], [-1.073689236278, 1.073689236278]"),
            ("d a1", "-0.439759283407, 1.195389668981"),
            ("d W1", "[-0.439759283407, 1.195389668981], [-0.879518566813, 2.390779337961]"),
            ("d x", "1.951020054554, 0.439759283407"),
        ),
    ),
    Example(
        "naive-forms",
        "what float64 makes of naive forms, and what the rules make of the same inputs",
        "e^x / sum e^x, log softmax(x), log(1 + e^x), -log(1 - p), (e^x - e^-x)/(e^x + e^-x), 1 - tanh^2, p (1 - p)",
        (
            "chainrule.rules.softmax",
            "chainrule.rules.log_softmax",
            "chainrule.rules.softplus",
            "chainrule.rules.binary_cross_entropy",
            "chainrule.rules.tanh",
            "chainrule.rules.sigmoid",
        ),
        (
            "tests/systems/test_s7_two_heads.py::test_n24_softmax_and_log_softmax_are_right_where_the_naive_forms_are_not",
            "tests/systems/test_s1_softplus_mlp.py::test_n20_and_n24_softplus_is_right_where_the_naive_form_is_not",
            "tests/systems/test_s3_binary_heads.py"
            "::test_n24_cross_entropy_from_the_logit_is_finite_where_it_is_not_from_p",
            "tests/systems/test_s4_sigmoid_mlp.py::test_n21_and_n24_sigmoid_and_tanh_and_their_slopes",
        ),
        (
            ("softmax of [1000, 0], naive", "nan, 0"),
            ("softmax of [1000, 0]", "1, 0"),
            ("softmax of [-1000, -1000], naive", "nan, nan"),
            ("softmax of [-1000, -1000]", "0.5, 0.5"),
            ("log-softmax of [0, -800], naive", "0, -inf"),
            ("log-softmax of [0, -800]", "0, -800"),
            ("softplus of 800 and -40, naive", "inf, 0"),
            ("softplus of 800 and -40", "800, 4.248354255291589e-18"),
            ("binary cross entropy at o = 40, y = 0, naive", "inf"),
            ("binary cross entropy at o = 40, y = 0", "40"),
            ("tanh of 800, naive", "nan"),
            ("tanh of 800", "1"),
            ("slope of tanh at 20, naive", "0"),
            ("slope of tanh at 20", "1.699341702116636e-17"),
            ("slope of sigmoid at 40, naive", "0"),
            ("slope of sigmoid at 40", "4.248354255291589e-18"),
        ),
    ),
    Example(
        "confidently-wrong",
        "two losses of a confidently wrong logit",
        "o = 10, y = 0",
        ("chainrule.rules.half_squared_error", "chainrule.rules.binary_cross_entropy"),
        ("tests/systems/test_s3_binary_heads.py::test_n25_losses_and_gradients_at_10_for_y_0",),
        (
            ("half squared error and gradient", "0.499954603, 4.5393747e-05"),
            ("cross entropy and gradient", "10.0000453989, 0.9999546021"),
        ),
    ),
    Example(
        "two-minima",
        "a mean of squared errors with two minima, where cross entropy has one",
        "mean of (sigma(w x) - y)^2 / 2, x = [-0.1, -2.3, -11.5], y = [0, 1, 0]",
        ("chainrule.networks.Plan", "chainrule.rules.half_squared_error", "chainrule.rules.binary_cross_entropy"),
        (
            "tests/systems/test_s2_risk_and_descent.py"
            "::test_n26_descent_ends_in_the_minimum_on_its_side_of_the_barrier",
            "tests/systems/test_s2_risk_and_descent.py::test_n26_the_barrier_between_the_minima_is_a_maximum",
            "tests/identities/test_losses.py::test_a_mean_of_squared_errors_can_have_several_minima",
        ),
        (
            ("minima at w", "-1.06853, 0.13086"),
            ("and there", "0.2139356, 0.1016687"),
            ("barrier between them at w", "-0.39102"),
            ("and there", "0.2202624"),
            ("cross entropy's only minimum at w", "0.177"),
            ("and there", "0.57479"),
        ),
    ),
)
