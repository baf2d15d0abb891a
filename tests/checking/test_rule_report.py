"""The outcome of `check_rule` in words."""

from chainrule.checking import Mismatch, RuleReport, Unchecked


def test_a_report_lists_failures_the_slip_open_questions_and_errors():
    mismatch = Mismatch("square", "pullback", "x[0]", "1", "2")
    report = RuleReport("square", (mismatch,), (Unchecked("Jacobian", "a kink"),), (), {"vjp float32": 1.25}, "sign")
    assert (report.ok, report.verdict) == (False, "fail")
    assert str(report).splitlines() == [
        "square: pullback: x[0]: got 1, expected 2",
        "square: likely slip: sign",
        "square: unchecked: Jacobian: a kink",
        "square: vjp float32: 1.25 ulp",
    ]


def test_a_report_of_nothing_says_so():
    assert (RuleReport("square").ok, RuleReport("square").verdict) == (True, "unchecked")
    assert RuleReport("square", passed=("Jacobian",)).verdict == "pass"
    assert str(RuleReport("square")) == "square: nothing was checked"


def test_a_tiny_error_is_printed_as_zero():
    worst = {"vjp float64": 2.72e-74, "vjp float32": float("inf")}
    assert str(RuleReport("square", worst_ulp=worst)).splitlines() == [
        "square: vjp float64: 0 ulp",
        "square: vjp float32: inf ulp",
    ]


def test_an_error_that_was_not_measured_is_no_zero():
    assert str(RuleReport("square", worst_ulp={"vjp float64": float("nan")})) == "square: vjp float64: not measured"
