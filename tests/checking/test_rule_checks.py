"""The checker of rules is tested with wrong rules: it must find each, and name the rule and an entry."""

import math
import re

import numpy as np
import pytest

from chainrule import rules
from chainrule.arrays import namespace
from chainrule.checking import assert_rule, check_rule
from chainrule.checking.case import RuleCase
from chainrule.checking.rule_promises import keeps_inputs
from chainrule.kernels import Kernel, kernel_of, register

X = np.array([[0.5, -1.25, 2.0], [3.0, 0.25, -0.75]])


def _softmax(x):
    e = np.exp(x - np.amax(x, axis=-1, keepdims=True))
    return e / np.sum(e, axis=-1, keepdims=True)


def _right(p, v):
    return p * (v - np.sum(p * v, axis=-1, keepdims=True))


WRONG_PULLBACKS = {
    "sign flipped": lambda p, v: -_right(p, v),
    "factor missing": lambda p, v: v - np.sum(p * v, axis=-1, keepdims=True),
    "diagonal only": lambda p, v: p * (1 - p) * v,
    "summed over the wrong axis": lambda p, v: p * (v - np.sum(p * v, axis=0, keepdims=True)),
    "doubled": lambda p, v: 2 * _right(p, v),
    "sum forgotten": lambda p, v: p * v,
    "mean instead of expectation": lambda p, v: p * (v - np.sum(v, axis=-1, keepdims=True) / 3),
}


@pytest.mark.parametrize("slip", WRONG_PULLBACKS)
def test_a_wrong_pullback_is_found_and_named(slip):
    wrong = rules.Rule("mine", lambda x: (_softmax(x), _softmax(x)), WRONG_PULLBACKS[slip])
    report = check_rule(wrong, X)
    assert not report.ok
    assert "mine" in str(report.failures[0])
    with pytest.raises(AssertionError, match="mine"):
        assert_rule(wrong, X)


def test_the_right_pullback_is_accepted():
    right = rules.Rule("mine", lambda x: (_softmax(x), _softmax(x)), _right)
    assert check_rule(right, X).ok


def _gelu(x):
    t = namespace(x).tanh(0.8 * (x + 0.045 * x**3))
    return 0.5 * x * (1 + t), (x, t)


def _gelu_pullback(residuals, cotangent):
    x, t = residuals
    return cotangent * (0.5 * (1 + t) + 0.4 * x * (1 - t * t) * (1 + 0.135 * x**2))


def test_floats_that_lose_their_digits_are_told_with_the_entry_and_are_no_failure():
    rule = rules.Rule("gelu", _gelu, {"x": _gelu_pullback})
    text = str(check_rule(rule, np.array([[0.5, -2.0], [1.0, -6.0]])))
    assert re.search(r"value float32: [0-9.e+]+ ulp, \[1, 1\]: got -?0.*, exact -[0-9.]+e-", text)
    assert re.search(r"vjp float64: [0-9.e+]+ ulp, x\[1, 1\]: got ", text)
    assert "gelu: such errors are no failure" in text
    near = check_rule(rule, np.array([[0.5, -2.0]]))
    assert not near.lost_digits
    assert "such errors" not in str(near)


def test_an_error_beyond_the_stated_bound_is_told():
    rule = rules.Rule("gelu", _gelu, {"x": _gelu_pullback}, error_bound=4)
    report = check_rule(rule, np.array([0.5, -6.0]))
    assert "gelu: vjp float64: the error at this point exceeds error_bound=4" in str(report)
    assert "error_bound" not in str(check_rule(rule, np.array([0.5])))


def test_options_are_told_beside_failures():
    wrong = rules.Rule("times", lambda x, p=1.0: (x * p, (x, p)), lambda r, v: v, options=("p",))
    assert "times: checked with p = 2.5" in str(check_rule(wrong, X, options={"p": 2.5}))


def test_a_value_at_a_kink_outside_of_both_slopes_is_called_suspicious():
    def pull(x, v):
        return v * np.where(x == 0, 7.0 * x**0, np.sign(x)).astype(x.dtype)

    text = str(check_rule(rules.Rule("magnitude", lambda x: (abs(x), x), pull), np.array([0.0, 1.0])))
    assert "from the right; the derivative there, -3.472933918, is suspicious: it is outside of these" in text
    assert "suspicious" not in str(check_rule(rules.relu, np.array([0.0, 1.0])))


def test_parts_that_a_rule_may_lack_are_told_in_one_line():
    report = check_rule(rules.Rule("gelu", _gelu, {"x": _gelu_pullback}), np.array([0.5]))
    (line,) = [line for line in str(report).split("\n") if "pushforward" in line]
    assert line.startswith("gelu: has no pushforward, jacobian_matrix, which a rule may lack; with it")
    assert len(report.unchecked) == 3
    assert "unchecked" not in str(report)


def test_a_pushforward_that_is_no_adjoint_of_the_pullback_is_found():
    wrong = rules.Rule("mine", lambda x: (_softmax(x), _softmax(x)), _right, lambda p, t: p * t)
    assert not check_rule(wrong, X).ok


def test_a_transposed_jacobian_is_found():
    def transposed(residuals):
        jacobian = rules.log_softmax.jacobian_matrix(residuals)
        return np.swapaxes(jacobian, -1, -2)

    right = rules.log_softmax
    wrong = rules.Rule("mine", right.forward, right.pullbacks["logits"], right.pushforward, transposed)
    assert not check_rule(wrong, X).ok


def test_a_wrong_kernel_is_found_though_the_rule_is_right():
    right, fast = rules.tanh, kernel_of(rules.tanh)
    mine = rules.Rule("mine", right.forward, right.pullbacks["x"])

    def wrong(residuals, cotangent, *, out, work):
        return np.multiply(fast.pullback(residuals, cotangent, out=out, work=work), 1 + 1e-9, out=out)

    assert check_rule(mine, X).ok
    register(mine, Kernel(fast.forward, wrong))
    assert "kernel against the rule" in str(check_rule(mine, X))


@pytest.mark.parametrize("scale", [1e-300, 1e-8, 1.0, 30.0])
@pytest.mark.parametrize("name", ["softmax", "log_softmax", "softplus", "tanh", "sigmoid", "log_sum_exp"])
def test_right_rules_are_not_accused_at_any_scale(name, scale):
    assert check_rule(rules.get(name), scale * X).ok


def test_a_kink_is_no_failure():
    assert not check_rule(rules.relu, np.array([0.0, -1.0, 2.0])).failures


def test_ties_are_no_failure():
    assert check_rule(rules.softmax, np.array([[1.0, 1.0, 1.0], [2.0, 2.0, -5.0]])).ok


def test_a_wrong_kernel_of_a_users_rule_is_found():
    rule = rules.Rule("doubled", lambda x: (2 * x, ()), lambda residuals, v: 2 * v)
    x = np.array([0.5, -2.0])
    register(rule, Kernel(lambda x, *, out=None, work=None: (np.multiply(x, 2, out=out), ()), _negated))
    failures = check_rule(rule, x).failures
    assert {failure.check for failure in failures} >= {"kernel against the rule", "results in float64"}


def _negated(residuals, cotangent, *, out, work=None):
    return np.multiply(cotangent, -2, out=out)


def test_a_pullback_that_cannot_be_compared_is_no_success():
    def through_floats(x):
        return np.array([math.exp(np.float64(entry)) for entry in x]), x

    wrong = rules.Rule("wrong_exp", through_floats, lambda x, v: 5 * v)
    with pytest.raises(AssertionError, match=r"wrong_exp: not checked: pullback .* x\[0\]: .* is not exactly a float"):
        assert_rule(wrong, np.array([1.0, -2.0]))


def overwriting(x):
    if x.dtype != object:
        x *= 2
        return x.copy(), ()
    return 2 * x, ()


def double(residuals, v):
    return 2 * v


@pytest.mark.parametrize(
    ("forward", "pullback", "finding"),
    [
        (lambda x: (2 * x, ()), double, None),
        (overwriting, double, "x: got overwritten, expected left alone"),
        (lambda x: ((2 * x).astype(x.dtype if x.dtype == object else "f4"), ()), double, "dtype of the output"),
        (lambda x: (2 * x, ()), lambda residuals, v: np.sum(2 * v, keepdims=True), "shape of cotangent of x"),
        (lambda x: (2 * x, ()), lambda residuals, v: None, "cotangent of x: got None, expected an array"),
    ],
)
def test_a_broken_promise_is_named(forward, pullback, finding):
    case = RuleCase(rules.Rule("mine", forward, pullback), (np.array([0.5, -1.25, 2.0]),), {}, 300)
    found = [str(each) for each in keeps_inputs(case, "promises")]
    assert (found == []) if finding is None else any(finding in text for text in found)


def failing(*arguments):
    raise KeyError("no such entry")


def fails_in_float32(x):
    return failing() if x.dtype == np.float32 else 2 * x, ()


@pytest.mark.parametrize(
    ("forward", "pullback"), [(failing, double), (lambda x: (2 * x, ()), failing), (fails_in_float32, double)]
)
def test_an_error_of_the_page_names_the_rule(forward, pullback):
    with pytest.raises(AssertionError) as caught:
        assert_rule(rules.Rule("mine", forward, pullback), X)
    lines = str(caught.value).splitlines()
    assert all(line.startswith("mine: ") and "KeyError: 'no such entry'" in line for line in lines)


def test_a_rule_without_kernel_is_not_told_about_its_kernel():
    wrong = rules.Rule("mine", lambda x: (np.exp(x) / np.exp(0 * x), ()), failing)
    assert "kernel" not in str(check_rule(wrong, X))


def test_as_many_digits_are_printed_as_distinguish_the_values():
    near = rules.Rule("third", lambda x: (x / 3, ()), lambda residuals, v: v * (1 / 3 + 1e-15))  # 18 ulp off
    failure = check_rule(near, np.array([0.5])).failures[0]
    assert failure.got != failure.expected
    assert failure.got[:12] == failure.expected[:12]


def test_a_constant_that_rounds_the_right_number_is_no_failure():
    rounded = rules.Rule("third", lambda x: (x / 3, ()), lambda residuals, v: v * (1 / 3))
    assert not check_rule(rounded, np.array([0.5])).failures


def test_one_wrong_entry_among_many_is_found():
    x = np.linspace(0.5, 1.0, 200)
    wrong = rules.Rule("square", lambda x: (x * x, x), lambda x, v: 2 * x * v + 1e-50 * v * (np.arange(200) == 17))
    (failure,) = check_rule(wrong, x).failures
    assert (failure.check, failure.entry) == ("pullback against the difference quotient", "x[17]")


def test_infinite_entries_and_outputs_are_left_out():
    assert assert_rule(rules.log_softmax, np.array([[1.0, -np.inf, 2.0]])).verdict == "pass"
    wrong = rules.Rule("mine", lambda x: (np.log(x), x), lambda x, v: 2 * v / np.where(x == 0, 1.0, x))
    entries = {x.entry for x in check_rule(wrong, np.array([0.0, 2.0, np.inf])).failures}
    assert entries == {"x[1]"}


def test_a_call_that_does_not_fit_the_rule_is_refused_before_the_checks():
    with pytest.raises(TypeError, match="tanh takes x, got 2 arguments"):
        check_rule(rules.tanh, np.ones(2), np.ones(2))
    with pytest.raises(TypeError, match="has no option 'speed'"):
        check_rule(rules.tanh, np.ones(2), options={"speed": 1})


def test_a_proof_takes_the_place_of_balls():
    report = check_rule(rules.log_softmax, X)
    assert report.ok
    assert report.proof.claim.startswith("proved for all inputs with ")
    assert {"Jacobian", "pullback against the difference quotient"} <= set(report.passed)
    assert "log_softmax: proved for all inputs" in str(report)


def test_large_and_infinite_inputs_are_checked_in_balls():
    assert check_rule(rules.softmax, np.linspace(-1, 1, 200)).proof is None
    masked = check_rule(rules.softmax, np.array([0.5, -np.inf, 1.0]))
    assert masked.proof is None
    assert masked.ok


def test_a_wrong_tiny_entry_beside_large_ones_is_found():
    def forward(x):
        return np.log(np.sum(np.exp(x - x.max()))) + x.max(), x

    def pullback(factor):
        def pull(x, v):
            p = np.exp(x - x.max())
            return v * p / p.sum() + v * p / p.sum() * (x == 0) * factor

        return pull

    many = np.where(np.arange(120) == 8, 0.0, 300.0 - np.arange(120) / 64)
    for x in (np.array([0.0, 200.0]), np.array([0.0, 1000.0]), many):
        assert check_rule(rules.Rule("lse", forward, pullback(0), kind="map"), x).ok
        (failure,) = check_rule(rules.Rule("lse", forward, pullback(1), kind="map"), x).failures
        assert failure.entry == ("x[8]" if len(x) > 2 else "x[0]")


def test_a_rule_with_infinite_slopes_of_balls_is_measured_along_one_cotangent():
    def forward(x):
        t = np.tanh(np.logaddexp(0, x))
        return x * t, (x, t)

    def pull(residuals, v):
        x, t = residuals
        return v * (t + x * (1 - t * t) / (1 + np.exp(-x)))

    report = check_rule(rules.Rule("m", forward, pull), np.array([1e200, -800.0]))
    assert report.ok
    assert report.worst_ulp["vjp float64"] < 1


def test_nothing_is_checked_where_there_are_no_numbers():
    report = check_rule(rules.tanh, np.zeros(0))
    assert (report.verdict, report.passed) == ("unchecked", ())
    assert "there are no numbers in the inputs, so nothing was checked" in str(report)
    assert "0 ulp" not in str(report)
    assert assert_rule(rules.tanh, np.zeros(0), within=8).verdict == "unchecked"


def test_an_error_that_was_not_measured_is_not_within_a_bound():
    unknown = rules.Rule("log", lambda x: (np.log(x), x), lambda x, v: v / x)
    with pytest.raises(AssertionError, match="value float64: not measured"):
        assert_rule(unknown, np.array([-1.0]), within=8)


def test_an_input_without_a_pullback_is_told():
    rule = rules.Rule("product", lambda x, y: (x * y, y), {"x": lambda y, v: y * v}, inputs=("x", "y"))
    text = str(check_rule(rule, np.array([1.0, 2.0]), np.array([3.0, 4.0])))
    assert "there is no pullback for y, so nothing was checked there" in text


def test_a_wrong_pullback_is_shown_with_its_cotangent():
    text = str(check_rule(rules.Rule("square", lambda x: (x * x, x), lambda x, v: x * v), np.array([1.0, 3.0])))
    assert "square: the entries are those of J^T v for v = [-0.49613342,  1.38257468]" in text


def test_labels_given_as_floats_are_told_once():
    def forward(x, labels):
        return x[np.arange(len(x)), labels], (x, labels)

    def pull(residuals, v):
        x, labels = residuals
        return v[:, None] * (np.arange(x.shape[-1]) == labels[:, None])

    rule = rules.Rule("picked", forward, {"x": pull}, inputs=("x", "labels"), integers=("labels",))
    with pytest.raises(ValueError, match=r"picked cannot .* labels holds floats, and labels are integers: labels.asty"):
        check_rule(rule, X, np.array([0.0, 1.0]))
    with pytest.raises(ValueError, match=r"picked cannot be called with these inputs: IndexError: .*line \d+\)$"):
        check_rule(rule, X, np.array([0, 3]))
    assert check_rule(rule, X, np.array([0, 2])).ok


def test_inputs_that_are_no_numbers_are_refused():
    with pytest.raises(TypeError, match="tanh: x: expected numbers, got an array of <U3"):
        check_rule(rules.tanh, "abc")


@pytest.mark.parametrize(
    ("forward", "pullback"),
    [
        (lambda x: (x % 1.0, x), lambda x, v: v),
        (lambda x: (np.mod(x, 1.0), x), lambda x, v: v),
        (lambda x: (x - x // 1.0, x), lambda x, v: v),
        (lambda x: (np.round(x, 1) + 2 * x, x), lambda x, v: 2 * v),
        (lambda x: (x - np.trunc(x), x), lambda x, v: v),
        (lambda x: (np.fmod(x, 1.0), x), lambda x, v: v),
    ],
)
def test_rules_that_round_are_proved_away_from_the_steps(forward, pullback):
    report = check_rule(rules.Rule("rounded", forward, pullback), np.array([0.3, 1.7]))
    assert report.verdict == "pass"
    assert report.proof is not None
    wrong = rules.Rule("rounded", forward, lambda x, v: 3 * v)
    assert check_rule(wrong, np.array([0.3, 1.7])).verdict == "fail"


def interpolated(slope):
    def forward(x):
        return np.interp(x, [-9.0, 9.0], [-18.0, 18.0]).astype(x.dtype), x

    return rules.Rule("interpolated", forward, lambda x, v: slope * v)


def test_a_rule_that_does_not_run_on_balls_is_checked_on_floats():
    right = check_rule(interpolated(2), np.array([0.3, 1.7]))
    assert right.verdict == "pass"
    assert "by its Taylor remainder; the rule does not run on balls: TypeError: " in str(right)
    assert "return np.interp(x, " in str(right)
    assert "unchecked: " not in str(right)
    assert check_rule(interpolated(2.5), np.array([0.3, 1.7])).verdict == "fail"


def test_a_part_that_does_not_run_on_balls_is_unchecked():
    def through_floats(x, v):
        return np.asarray(2 * v, np.float64)

    for rule in (
        rules.Rule("twice", lambda x: (2 * x, x), lambda x, v: 2 * v, through_floats),
        rules.Rule("twice", lambda x: (2 * x, x), lambda x, v: 2 * v, None, lambda x: np.diag(np.interp(x, [0], [2]))),
    ):
        report = check_rule(rule, np.linspace(0.5, 1.5, 70))  # too many for a proof
        assert not report.failures


def test_other_objects_than_rules_are_refused():
    with pytest.raises(TypeError, match="expected a Rule, got function; check_gradient checks functions"):
        check_rule(lambda x: x, X)


@pytest.mark.parametrize("x", [[0.0, 1.0], [1.0, 1.0]])
def test_a_proof_for_all_inputs_is_not_narrowed_to_ties_of_the_point(x):
    report = check_rule(rules.elementwise("q", lambda x: x * x, lambda x: 2 * x), np.array(x))
    assert report.proof.claim == "proved for all inputs at size 2"
