"""The gate over rules, and its command."""

import json
import subprocess
import sys

from chainrule import rules
from chainrule.checking.mutation import run_gate
from chainrule.checking.mutation.gate import Bench
from chainrule.checking.mutation.rule_judge import RuleJudge


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
    assert sum("in exact numbers" in mutant.reason for mutant in report.killed) > 10
    assert [mutant.reason for mutant in report.equivalent] == [
        "the same for dropout; proved at small points of dropout"
    ]


def test_lines_that_only_other_rules_run_are_left_to_them():
    bench = Bench([RuleJudge("binary_cross_entropy")])
    (judge,) = bench.judges
    assert {mutant.function.file for mutant in bench.mutants} > {judge.functions[0].file}
    assert [str(mutant) for mutant in bench.mutants if not judge.runs(mutant)] == []


def idle(x):
    if x.ndim > 5:
        return 3 * x, x
    return 2 * x, x


def test_lines_of_its_own_that_no_example_runs_survive():
    rule = rules.Rule("idle", idle, lambda x, v: 2 * v)
    rules.register(rule)
    try:
        (report,), _ = run_gate(["idle"], processes=1)
    finally:
        rules.unregister("idle")
    assert {x.before for x in report.survivors if x.reason == "no example runs this line"} >= {"3 * x"}


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
