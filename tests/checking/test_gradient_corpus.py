"""check_gradient on hand-written gradients, right and wrong, in NumPy, PyTorch, JAX and plain Python.

The corpus was written without a look at the checker, and test_gradient_corpus_itself.py shows without the checker what
is right and wrong in it. Here: right code is never accused, wrong code always is, and the slip is named where it has
one name.

    python tests/checking/test_gradient_corpus.py

prints a table instead: verdicts by kind, with the records that were missed, accused or left unchecked.
"""

import importlib.util
import re
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest


def load():
    """The corpus as a package; tests are no package, so an import statement would not find it."""
    if "gradient_corpus" not in sys.modules:
        path = Path(__file__).parent / "gradient_corpus" / "__init__.py"
        spec = importlib.util.spec_from_file_location("gradient_corpus", path)
        sys.modules["gradient_corpus"] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules["gradient_corpus"])
    return sys.modules["gradient_corpus"]


CASES = load().CASES


def records(*kinds):
    chosen = [c for c in CASES if c.kind in kinds]
    return pytest.mark.parametrize("case", chosen, ids=lambda case: case.name)


def copied(inputs):
    return [np.array(x) if isinstance(x, np.ndarray) else x for x in inputs]


def reports(case):
    from chainrule import check_gradient

    # Records about overflow and about nan in an unused branch warn from NumPy; that is the user's code speaking.
    with np.errstate(all="ignore"):
        return [check_gradient(case.function, *copied(inputs), **case.claim) for inputs in case.points]


def unexpected(case, got, wanted):
    """The sentence that a failing test shows."""
    lines = [f"{case.name}: {case.why or 'a correct claim'}"]
    for inputs, report in zip(case.points, got, strict=True):
        lines.append(f"at {inputs}: expected {wanted}, got {report.verdict} (slip: {report.slip})")
        lines.extend(f"    {failure.entry}: {failure}" for failure in list(report.failures)[:3])
    return "\n".join(lines)


@records("right", "opaque right", "delicate")
def test_right_code_is_never_accused_and_ordinary_code_passes(case):
    got, wanted = reports(case), ("pass",) if case.kind == "right" else ("pass", "unchecked")
    assert all(report.verdict in wanted for report in got), unexpected(case, got, " or ".join(wanted))
    assert all(not report.failures and report.slip is None for report in got), unexpected(case, got, "no failures")


def names_the_slip(case, slip):
    """The keyword, and for a factor that has a whole number, the number or its reciprocal."""
    keywords = (case.slip,) if isinstance(case.slip, str) else case.slip
    if slip is None or not any(keyword in slip for keyword in keywords):
        return False
    return case.factor is None or re.search(rf"(?<![\d.]){case.factor}(?![\d.]*\d)", slip) is not None


@records("wrong", "opaque wrong")
def test_wrong_code_fails_at_every_point_and_its_slip_is_named(case):
    got = reports(case)
    if case.name == "gradient kept in single precision" and all(report.verdict == "pass" for report in got):
        pytest.xfail("balls check formulas; a cast to float32 is no change of the formula")
    # "unchecked" is no accusation: a mistake that goes unchecked is a mistake that was missed.
    assert [report.verdict for report in got] == ["fail"] * len(got), unexpected(case, got, "fail")
    assert all(report.failures for report in got), unexpected(case, got, "failures with entries and both values")
    slips = [report.slip for report in got]
    assert case.slip is None or all(names_the_slip(case, slip) for slip in slips), unexpected(
        case, got, f"slip {case.slip}"
    )


def verdicts(case):
    """The worst of a record's reports: for right code an accusation, for wrong code a miss."""
    try:
        got = reports(case)
    except Exception as error:  # the table lists what broke, and goes on
        return f"raised {type(error).__name__}", None
    found = {report.verdict for report in got}
    order = ("pass", "unchecked", "fail") if "wrong" in case.kind else ("fail", "unchecked", "pass")
    return next(v for v in order if v in found), got


def table():
    counts, listed, named, nameable = Counter(), [], 0, 0
    for case in CASES:
        verdict, got = verdicts(case)
        counts[case.kind, verdict] += 1
        expected = {"fail"} if "wrong" in case.kind else {"pass", "unchecked"} if case.kind == "delicate" else {"pass"}
        if verdict not in expected:
            listed.append(f"  {case.kind}: {case.name}: {verdict}")
        if case.slip is not None and got is not None:
            nameable += 1
            if all(names_the_slip(case, report.slip) for report in got):
                named += 1
            else:
                listed.append(f"  slip of {case.name}: {case.slip} became {[report.slip for report in got]}")
    for (kind, verdict), count in sorted(counts.items()):
        print(f"{kind:14} {verdict:24} {count:4}")
    print(f"slips named: {named} of {nameable}")
    print("\n".join(["not as expected:", *listed]))


if __name__ == "__main__":
    table()
