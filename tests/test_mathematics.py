"""docs/reference/mathematics.md is complete and up to date: every formula, name, test and file that it names is there.

The digits of its numeric examples are computed again in `test_numeric_examples.py`.
"""

import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from docs import mathematics
from docs.catalogue import EXAMPLES, OPERATORS, RULE_CLAIMS, SYSTEMS, WHERE

import chainrule
from chainrule import rules

ROOT = Path(__file__).parents[1]

IDENTITIES = mathematics.IDENTITIES
CLAIMS, SYSTEM_CLAIMS = mathematics.CLAIMS, mathematics.SYSTEM_CLAIMS
NOT_YET: set[str] = set()
"""Entries that are counted and not yet computed."""

PATHS = sorted(
    {path for record in (*SYSTEMS, *EXAMPLES) for path in record.where}
    | {path for operator in OPERATORS for path in mathematics.places_of(operator)}
    | {path for paths in WHERE.values() for path in paths}
)
NODES = sorted(
    {node for record in (*SYSTEMS, *EXAMPLES) for node in record.tests}
    | {node for operator in OPERATORS for node in mathematics.tests_of(operator)}
    | {identity.test for identity in IDENTITIES}
    | {claim.test(key) for known in (CLAIMS, SYSTEM_CLAIMS) for key, claim in known.items() if claim.claim}
    | {mathematics.EVERY_BOUND}
    | {f"{mathematics.EVERY_PROOF}[{name}]" for name in RULE_CLAIMS}
)


def test_the_page_is_what_python_m_docs_mathematics_writes():
    assert mathematics.PAGE.read_text(encoding="utf-8") == mathematics.page()


def test_a_changed_formula_and_a_new_rule_make_the_page_out_of_date(monkeypatch):
    written, get, names = mathematics.page(), rules.get, rules.names()
    changed = replace(rules.softplus, formula="y = log(1 + e^-x)")
    with monkeypatch.context() as patch:
        patch.setattr(rules, "get", lambda name: changed if name == "softplus" else get(name))
        assert mathematics.page() != written
    with monkeypatch.context() as patch:
        patch.setattr(rules, "names", lambda: (*names, "made_up"))
        patch.setattr(rules, "get", lambda name: changed if name == "made_up" else get(name))
        with pytest.raises(LookupError, match="no module of chainrule defines made_up"):
            mathematics.page()
    assert mathematics.page() == written


def test_nothing_is_missing_and_nothing_is_there_twice():
    assert (len(SYSTEMS), len(OPERATORS), len(IDENTITIES), len(EXAMPLES)) == (13, 44, 46, 26)
    for records in (SYSTEMS, OPERATORS, IDENTITIES, EXAMPLES):
        assert len({record.key for record in records}) == len(records)
    assert len({record.name for record in (*SYSTEMS, *OPERATORS)}) == 13 + 44
    assert list(WHERE) == [identity.key for identity in IDENTITIES]


def test_every_record_says_what_where_and_by_which_test():
    for record in (*SYSTEMS, *EXAMPLES):
        assert all((record.name, record.formula, record.where, record.tests)), record.key
    for operator in OPERATORS:
        described = operator.rule or (operator.formula and operator.derivative and operator.domain)
        assert described, operator.key
        assert operator.not_yet or (mathematics.places_of(operator) and operator.tests), operator.key
    assert all(identity.statement and WHERE[identity.key] for identity in IDENTITIES)


STATUSES = r"`(proved|in bound|measured)`(:| for| on)"


def rows_of(section):
    """The cells of each row of a section, by the names of its columns."""
    lines = mathematics.page().split(f"## {section}\n")[1].split("\n## ")[0].splitlines()
    header, _, *rows = [re.split(r" (?<!\\)\| ", line[2:-2]) for line in lines if line.startswith("|")]
    return [dict(zip(header, row, strict=True)) for row in rows]


@pytest.mark.parametrize("section", ["Systems", "Operators", "Further rules", "Identities"])
def test_every_row_has_a_status_with_its_test_or_its_reason(section):
    for row in rows_of(section):
        lines = row["status"].split("<br>")
        found = [match[1] for match in (re.match(STATUSES, line) for line in lines) if match]
        assert found, row
        assert len(found) == len(set(found)), row
        for line in lines:
            if line.startswith(("`proved`", "`in bound`")):
                assert "::test_" in line, line
            elif line.startswith("`measured`"):
                assert len(line) > len("`measured`: ") + 10, line


def test_what_is_not_proved_says_why():
    for section in ("Systems", "Identities"):
        unproved = [row for row in rows_of(section) if "`proved`" not in row["status"]]
        assert len(unproved) == (3 if section == "Identities" else 0)
        assert all("`measured`" in row["status"] for row in unproved)
    assert set(SYSTEM_CLAIMS) == {system.key for system in SYSTEMS}
    assert set(CLAIMS) == {identity.key for identity in IDENTITIES}
    assert set(RULE_CLAIMS) == set(rules.names())
    assert all(claim.startswith("proved ") for claim in RULE_CLAIMS.values())
    for operator in OPERATORS:
        assert bool(operator.rule) + bool(operator.claim) + bool(operator.measured) == 1, operator.key
        assert not operator.claim or operator.claim in {**CLAIMS, **SYSTEM_CLAIMS}


def test_wherever_proved_stands_the_page_says_what_proofs_are_about():
    page = mathematics.page()
    assert page.count(mathematics.ABOUT) == 5
    for section in page.split("\n## ")[1:]:
        assert "`proved`" not in section or mathematics.ABOUT in section
    assert "Only equality is concluded" in page
    assert "Divisors that" in page


def arrived():
    """Public names and modules of convolutions, pools and paddings that the page does not know of."""
    known = {
        "conv_output_size",
        "conv_parameter_count",
        "convolution1d",
        "convolve1d",
        "padding_for",
        *("convolution2d", "correlate2d", "convolve2d", "conv2d", "padding2d", "zero_pad2d"),
        *("pooling", "max_pool2d", "avg_pool2d", "global_avg_pool2d"),
        *("Conv", "Pool", "GlobalPool", "Pad", "conv", "ConvClassifier"),
    }
    package = Path(chainrule.__file__).parent
    modules = {path.stem for layer in ("rules", "networks", "estimators") for path in (package / layer).glob("*.py")}
    public = {*rules.names(), *rules.__all__, *chainrule.networks.__all__, *chainrule.estimators.__all__}
    return {name for name in modules | public if re.search(r"conv(?!ex|erge|ert)|pool|pad", name.lower())} - known


def test_what_is_not_there_yet_is_marked_and_nothing_else_is():
    marked = {record.key for record in (*SYSTEMS, *OPERATORS) if record.not_yet}
    assert marked == NOT_YET
    assert all(record.not_yet.startswith("not yet: ") for record in (*SYSTEMS, *OPERATORS) if record.not_yet)
    assert arrived() == set(), "fill in its record in docs/catalogue, and take the key out of NOT_YET"


def test_a_pool_that_arrives_is_noticed(monkeypatch):
    names = rules.names()
    monkeypatch.setattr(rules, "names", lambda: (*names, "max_pool"))
    assert arrived() == {"max_pool"}


@pytest.mark.parametrize("name", rules.names())
def test_every_registered_rule_is_on_the_page_with_its_formula(name):
    rule, path = rules.get(name), f"[`chainrule.rules.{name}`]"
    rows = [row.replace(r"\|", "|") for row in mathematics.page().split("## Identities")[0].splitlines() if path in row]
    assert any(f"`{rule.formula}`" in row and f"`{rule.derivative}`" in row for row in rows)
    assert any(f"{mathematics.EVERY_RULE}[{name}-(k,)]" in row for row in rows)


@pytest.mark.parametrize("path", PATHS)
def test_a_path_is_a_public_name_that_the_linked_file_defines(path):
    value = chainrule
    for name in path.split(".")[1:]:
        assert not name.startswith("_")
        value = getattr(value, name)
    source = mathematics.source_of(path).read_text(encoding="utf-8")
    assert re.search(rf"^( *def|class) {name}\b|^{name}(: \w+)? = ", source, re.MULTILINE)


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("chainrule.rules.softmaxx", "no module of chainrule defines softmaxx"),
        ("chainrule.networks.Plan.losses", "Plan defines no losses"),
        ("chainrule.rules.softmax.softmax", "softmax defines no softmax"),
        ("chainrule.rules", "expected a name inside a module"),
    ],
)
def test_a_path_that_leads_nowhere_is_refused(path, message):
    with pytest.raises(LookupError, match=f"^{re.escape(path)}: {message}"):
        mathematics.source_of(path)


@pytest.fixture(scope="module")
def collected():
    """The node ids that pytest collects from the files that the page names."""
    files = sorted({node.partition("::")[0] for node in NODES})
    command = [sys.executable, "-m", "pytest", "--collect-only", "--quiet", "-p", "no:cacheprovider", *files]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stdout + found.stderr
    return {line.strip() for line in found.stdout.splitlines() if "::" in line}


def uncollected(nodes, collected):
    """The node ids that pytest does not collect, with or without parameters."""
    return sorted(set(nodes) - collected - {node.partition("[")[0] for node in collected})


def test_every_test_that_the_page_names_is_collected(collected):
    assert uncollected(NODES, collected) == []


def test_a_test_that_nobody_wrote_is_noticed(collected):
    parametrised = f"{mathematics.EVERY_RULE}[softmax-(k,)]"
    assert parametrised in NODES
    wrong = [NODES[0] + "_now", parametrised.replace("softmax", "softermax"), "tests/rules/test_softmax.py::"]
    assert uncollected([*NODES, *wrong], collected) == sorted(wrong)


def test_every_row_has_the_cells_of_its_header_and_every_link_a_file():
    rows = [row for row in mathematics.page().splitlines() if row.startswith("|")]
    assert len(rows) == 5 * 2 + 13 + 44 + len(rules.names()) - len({o.rule for o in OPERATORS} - {""}) + 46 + 26
    cells = 0
    for row in rows:
        count = len(re.findall(r"(?<!\\)\|", row)) - 1
        cells = count if re.match(r"\| (system|operator|identity|example) \|", row) else cells
        assert count == cells, row
    links = re.findall(r"\]\((?!#)([^)]*)\)", mathematics.page())
    assert len(links) > 300
    assert [link for link in links if not (mathematics.PAGE.parent / link).is_file()] == []


def test_a_growing_scale_leaves_a_uniform_distribution_over_the_largest_logits():
    x = np.array([2.0, -1.0, 2.0, 1.5, 2.0])
    for c in (10.0, 100.0, 1e300):
        got = rules.scaled_softmax(x, c)
        # The others have at most e^(-c/2) each, as have their sum and what the largest lack, twice over.
        assert np.abs(got - np.array([1, 0, 1, 0, 1]) / 3).max() <= 2 * np.exp(-c / 2) + 2**-53
    assert rules.scaled_softmax(x, 1e300).tolist() == [1 / 3, 0, 1 / 3, 0, 1 / 3]
