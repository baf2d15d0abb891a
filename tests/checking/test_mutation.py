"""The mutation gate, and `check_tests`, are judged by what they miss: weak tests must be told from good ones."""

import ast
import functools
import json
import math
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest

from chainrule import rules
from chainrule.checking import assert_rule, examples
from chainrule.checking.definitions import definition
from chainrule.checking.mutation import SourceMissing, check_tests, gate, run_gate
from chainrule.checking.mutation.edits import edits
from chainrule.checking.mutation.sources import compiled, sources_of

X = np.array([[0.5, -1.25, 2.0], [3.0, 0.25, -0.75]])
V = np.array([[1.5, -0.5, 0.25], [-2.0, 0.75, 1.0]])


def softmax(x):
    e = np.exp(x - np.max(x, axis=-1, keepdims=True))
    return e / np.sum(e, axis=-1, keepdims=True)


def loss(x):
    return np.sum(V * softmax(x))


def gradient(x):
    s = softmax(x)
    return s * (V - np.sum(s * V, axis=-1, keepdims=True))


def along(function, x, t):
    return (function(x + 1e-6 * t) - function(x - 1e-6 * t)) / 2e-6


def good(function, gradient):
    for k in range(X.size):
        t = np.eye(X.size)[k].reshape(X.shape)
        # The quotient's truncation is h^2 f''' / 6 ~ 1e-12, its rounding 1e-16 / h ~ 1e-10.
        assert abs(along(function, X, t) - np.sum(gradient(X) * t)) < 1e-8


def at_zero(function, gradient):
    """Softmax is uniform there, so that a mean and an expectation are one."""
    x = np.zeros((2, 3))
    for k in range(x.size):
        t = np.eye(x.size)[k].reshape(x.shape)
        assert abs(along(function, x, t) - np.sum(gradient(x) * t)) < 1e-8


def edits_of(report):
    return {(outcome.before, outcome.after) for outcome in report.survivors}


def _replaced(text, names=None):
    tree = ast.parse(textwrap.dedent(text)).body[0]
    before = ast.dump(tree)
    found = [f"{edit.before} -> {edit.after}" for edit in edits(tree, names)]
    assert ast.dump(tree) == before
    return found


@pytest.mark.parametrize(
    ("body", "edit"),
    [
        ("return a + b", "a + b -> a - b"),
        ("return a + b", "a + b -> b"),
        ("return a * b", "a * b -> a"),
        ("return a / b", "a / b -> b / a"),
        ("return a - b", "a - b -> b - a"),
        ("return a @ b", "a @ b -> a.T @ b"),
        ("return a.T @ b", "a.T -> a"),
        ("return -a", "-a -> a"),
        ("return a", "a -> -a"),
        ("return a", "a -> b"),
        ("return a < b", "a < b -> a <= b"),
        ("return np.sum(a, axis=-1, keepdims=True)", "axis=-1 -> axis=0"),
        ("return np.sum(a, axis=-1, keepdims=True)", "axis=-1 -> axis=-2"),
        ("return np.sum(a, axis=-1, keepdims=True)", "True -> False"),
        ("return np.sum(a)", "np.sum(a) -> np.mean(a)"),
        ("return np.exp(a)", "np.exp(a) -> np.expm1(a)"),
        ("return np.exp(a)", "np.exp(a) -> a"),
        ("return np.log1p(a)", "np.log1p(a) -> np.log(a)"),
        ("return np.amax(a)", "np.amax(a) -> np.amin(a)"),
        ("return np.subtract(a, b)", "np.subtract(a, b) -> np.subtract(b, a)"),
        ("return np.where(c, a, b)", "np.where(c, a, b) -> np.where(c, b, a)"),
        ("return np.matmul(a, b)", "a -> a.T"),
        ("return np.einsum('ij,j->i', a, b)", "np.einsum('ij,j->i', a, b) -> np.einsum('ji,j->i', a, b)"),
        ("return a[..., :, None]", "a[..., :, None] -> a[..., None, :]"),
        ("return a[..., None]", "a[..., None] -> a"),
        ("return 2 * a", "2 -> 1"),
        ("return 0.5 * a", "0.5 -> 1.0"),
        ("return 0 * a", "0 -> 1"),
        ("a[c, b] -= 1\n    return a", "a[c, b] -= 1 -> nothing"),
        ("a[c, b] -= 1\n    return a", "a[c, b] -= 1 -> a[c, b] += 1"),
        ("for i in range(c): a[i] += 1", "range(c) -> range(c - 1)"),
        ("return a if c else b", "a if c else b -> b if c else a"),
        ("return a, b", "(a, b) -> (b, a)"),
    ],
)
def test_the_usual_slips_are_among_the_edits(body, edit):
    assert edit in _replaced(f"def f(a, b, c):\n    {body}", {"a": ("b",)})


def test_docstrings_annotations_defaults_and_messages_stay_as_they_are():
    text = '''
    def f(a: int = 0) -> "float":
        """A value of 1."""
        b: float = a
        if b:
            raise ValueError(f"{b} + 1")
    '''
    assert {edit.split(" -> ")[0] for edit in _replaced(text)} <= {"a", "b"}


def test_a_good_test_notices_every_edit_of_a_gradient():
    report = check_tests((loss, gradient), good)
    assert len(report.killed) > 30
    assert edits_of(report) == set()
    # Another shift, by anything at all, is the same function.
    assert {"softmax"} == {outcome.function for outcome in report.equivalent} - {"gradient"}


def test_a_test_at_a_single_symmetric_point_does_not_notice():
    report = check_tests((loss, gradient), at_zero)
    weighted = "np.sum(s * V, axis=-1, keepdims=True)"
    assert (weighted, "np.mean(s * V, axis=-1, keepdims=True)") not in edits_of(report)
    assert not report.ok
    survivor = report.survivors[0]
    assert survivor.file == __file__
    assert survivor.before in Path(__file__).read_text().splitlines()[survivor.line - 1]
    assert "the test accepts it" in survivor.reason


def test_afterwards_the_code_is_what_it_was():
    before = gradient(X)
    code = gradient.__code__
    check_tests((loss, gradient), at_zero)
    assert gradient.__code__ is code
    assert gradient(X).tolist() == before.tolist()


def _cubes_pullback(x, v):
    return 3 * x * x * v


def _cubes_pushforward(x, t):
    return 3 * x * x * t


def cube():
    return rules.Rule("cube", lambda x: (x * x * x, x), _cubes_pullback, _cubes_pushforward)


def test_assert_rule_notices_every_edit_of_a_rule_of_ones_own():
    report = check_tests(cube(), lambda rule: assert_rule(rule, X))
    assert edits_of(report) == set()
    assert {"_cubes_pullback", "_cubes_pushforward", "cube.<locals>.<lambda>"} == {x.function for x in report.killed}


def test_what_a_test_never_runs_survives():
    def only_reverse(rule):
        np.testing.assert_allclose(rule.vjp(X, V), 3 * X**2 * V, rtol=1e-14)

    report = check_tests(cube(), only_reverse)
    assert {"_cubes_pushforward"} <= {x.function for x in report.survivors}
    assert "_cubes_pullback" not in {x.function for x in report.survivors}


def magnitude(x):
    if x < 0:
        return -x
    return x


def test_a_line_that_neither_the_test_nor_the_points_run_is_no_equivalent():
    def test(function):
        assert function(2.0) == 2
        assert function(0.0) == 0

    (branch,) = [x for x in check_tests(magnitude, test, points=[(3.0,)]).survivors if x.before == "-x"]
    assert (branch.after, branch.reason) == ("x", "the test does not run this line")


def test_a_test_that_fails_on_the_code_as_it_is_is_an_error_at_once():
    def wrong(function, gradient):
        assert gradient(X).sum() == 1

    with pytest.raises(ValueError, match="fails on the code as it is: AssertionError"):
        check_tests((loss, gradient), wrong)


def test_a_test_that_runs_nothing_is_an_error():
    with pytest.raises(ValueError, match="the test runs nothing of softmax, gradient"):
        check_tests((loss, gradient), lambda function, gradient: None)


def test_code_without_source_is_refused_by_name():
    scope = {"np": np, "__name__": "typed"}
    exec(compile("def g(x):\n    return 2 * x", "<prompt>", "exec"), scope)
    with pytest.raises(SourceMissing, match=r"the source of typed\.g is not available .*'<prompt>'"):
        check_tests(scope["g"], lambda g: g(1.0))
    with pytest.raises(SourceMissing, match="C functions have none"):
        check_tests(math.exp, lambda f: f(1.0))


def test_code_that_was_edited_after_its_import_is_refused(tmp_path, monkeypatch):
    file = tmp_path / "edited_module.py"
    file.write_text("def g(x):\n    return 2 * x\n")
    monkeypatch.syspath_prepend(tmp_path)
    import edited_module

    file.write_text("def g(x):\n    return 3 * x\n")
    with pytest.raises(SourceMissing, match="was edited after it was imported"):
        check_tests(edited_module.g, lambda g: g(1.0))


def test_what_is_no_function_is_refused():
    with pytest.raises(TypeError, match="got int"):
        check_tests(3, print)


@functools.cache
def _slope(k):
    return 2 * k


def times_slope(x):
    return _slope(3) * x


def test_cached_helpers_do_not_hide_an_edit():
    def test(function):
        assert function(np.array(2.0)) == 12

    assert edits_of(check_tests(times_slope, test)) == set()
    assert times_slope(1.0) == 6


def endless(n):
    total, i = 0.0, 0
    while i < n:
        total += 1
        i += 1
    return total


def test_a_mutant_that_never_ends_is_stopped_and_counts_as_noticed():
    def test(function):
        assert function(3) == 3

    report = check_tests(endless, test, seconds=0.2)
    assert any("still running after 0.2 s" in outcome.reason for outcome in report.killed)
    assert edits_of(report) == set()


def test_points_say_where_to_compare():
    def test(function):
        assert function(np.array([0.0])) == 0

    assert not check_tests(times_slope, test, points=[(np.array([2.0]),)]).ok
    unseen = check_tests(times_slope, test, points=[(np.array([0.0]),)])
    assert edits_of(unseen) < edits_of(check_tests(times_slope, test, points=[(np.array([2.0]),)]))


def test_progress_is_told():
    told = []
    report = check_tests(times_slope, lambda f: f(1.0), progress=lambda *numbers: told.append(numbers))
    assert told[-1] == (len(report.outcomes), len(report.outcomes), len(report.survivors))


def test_every_registered_rule_has_example_inputs_and_a_definition():
    assert [name for name in rules.names() if definition(name) is None] == []
    for name in rules.names():
        assert examples.examples(name)


def test_a_rule_without_example_inputs_is_named_and_not_skipped():
    nameless = rules.Rule(
        "unheard_of",
        lambda x, y: (x * y, (x, y)),
        {"x": lambda r, v: v * r[1], "y": lambda r, v: v * r[0]},
        inputs=("x", "y"),
    )
    rules.register(nameless)
    try:
        reports, not_judged = run_gate(["unheard_of"], processes=1)
    finally:
        rules.unregister("unheard_of")
    assert reports == ()
    assert "no example inputs" in not_judged["unheard_of"]


def test_no_mutant_of_dropout_survives_the_gate():
    (report,), not_judged = run_gate(["dropout"], processes=1)
    assert not_judged == {}
    assert str(report).splitlines()[1:] == []
    assert len(report.killed) > 25


def _shifted_softmax(x):
    top = np.amax(x, axis=-1, keepdims=True)
    e = np.exp(x - top)
    s = e / np.sum(e, axis=-1, keepdims=True)
    return s, s


def _shifted_softmax_pullback(s, v):
    return s * (v - np.sum(s * v, axis=-1, keepdims=True))


@pytest.fixture
def own_rule(monkeypatch):
    """Runs the gate on a rule of this file, at given points; equivalence is decided at X."""

    def run(*points):
        rule = rules.Rule("own_softmax", _shifted_softmax, _shifted_softmax_pullback, inputs=("logits",))
        everywhere = (examples.Example((X,)),)
        monkeypatch.setattr(gate, "examples", lambda name, seed=5, edges=True: points if seed == 5 else everywhere)
        rules.register(rule)
        try:
            reports, not_judged = run_gate(["own_softmax"], processes=1)
        finally:
            rules.unregister("own_softmax")
        assert not_judged == {}
        return reports[0]

    return run


def _fate(report, before, after):
    (found,) = [x for x in report.outcomes if (x.before, x.after) == (before, after)]
    return found


def test_a_dropped_shift_is_equivalent_at_small_logits_and_killed_at_large_ones(own_rule):
    small, large = examples.Example((X,)), examples.Example((400 * X,), bounded=())
    assert _fate(own_rule(small), "x - top", "x").fate == "equivalent"
    killed = _fate(own_rule(small, large), "x - top", "x")
    assert killed.fate == "killed"
    assert "float64" in killed.reason


def test_the_gate_says_where_its_inputs_are_too_weak(own_rule):
    weak = own_rule(examples.Example((np.zeros((1, 1)),)))
    assert _fate(weak, "s * (v - np.sum(s * v, axis=-1, keepdims=True))", "s").fate == "killed"
    assert _fate(weak, "s * v", "v").fate == "survived"
    assert _fate(own_rule(examples.Example((X,))), "s * v", "v").fate == "killed"


def test_the_command_reports_and_says_whether_all_is_well(tmp_path):
    file = tmp_path / "mutants.json"
    command = [sys.executable, "-m", "chainrule.checking.mutation", "dropout", "--json", str(file), "--processes", "1"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "dropout: " in done.stdout
    (report,) = json.loads(file.read_text())["rules"]
    assert report["ok"]
    assert {mutant["fate"] for mutant in report["mutants"]} == {"killed", "equivalent"}
    unknown = subprocess.run([*command[:3], "dropuot"], capture_output=True, text=True, check=False)
    assert unknown.returncode == 2
    assert "no rule is named 'dropuot'" in unknown.stderr


def test_compiling_an_unedited_tree_gives_the_code_back():
    for name in rules.names():
        for source in sources_of(rules.get(name)):
            code = compiled(source)
            assert (code.co_freevars, code.co_qualname) == (source.code.co_freevars, source.code.co_qualname)
            if not code.co_freevars:
                assert code.co_code == source.code.co_code
