"""The catalogue lists every identity once, and every test that it names is collected."""

import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from .catalogue import IDENTITIES
from .claims import CLAIMS

INTEGERS_ONLY = {"parameter-count", "size-keeping-convolution"}
"""Identities between integers, which no arithmetic enters."""


@pytest.fixture(scope="module")
def collected(pytestconfig):
    """The node ids that pytest collects from this folder."""
    command = [sys.executable, "-m", "pytest", "--collect-only", "--quiet", "-p", "no:cacheprovider"]
    found = subprocess.run([*command, Path(__file__).parent], cwd=pytestconfig.rootpath, capture_output=True, text=True)
    assert found.returncode == 0, found.stdout + found.stderr
    return {line.strip() for line in found.stdout.splitlines() if "::" in line}


def test_there_are_46_identities_with_names_of_their_own():
    assert len(IDENTITIES) == 46
    keys = [identity.key for identity in IDENTITIES]
    assert len(set(keys)) == 46
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", key) for key in keys)
    assert all(identity.statement for identity in IDENTITIES)


def lacking(identities, collected):
    """The keys whose test is not collected, or not in all three arithmetics."""
    keys = []
    for identity in identities:
        parameters = [node[len(identity.test) :] for node in collected if node.partition("[")[0] == identity.test]
        ran = {part for parameter in parameters for part in re.findall(r"[a-z0-9]+", parameter)}
        wanted = set() if identity.key in INTEGERS_ONLY else {"float64", "float32", "balls"}
        if not (parameters and wanted <= ran):
            keys.append(identity.key)
    return keys


def test_every_identity_has_a_test_of_its_own_that_is_collected_in_every_arithmetic(collected):
    assert len({identity.test for identity in IDENTITIES}) == 46
    assert lacking(IDENTITIES, collected) == []


def test_a_test_that_nobody_wrote_or_that_lacks_an_arithmetic_is_noticed(collected):
    first = IDENTITIES[0]
    renamed = replace(first, key="renamed", test=first.test + "_now")
    assert lacking([first, renamed], collected) == ["renamed"]
    assert lacking([first], {node for node in collected if "[float32" not in node}) == [first.key]


def test_every_identity_is_proved_or_says_why_not(collected):
    assert set(CLAIMS) == {identity.key for identity in IDENTITIES}
    assert {key for key, claim in CLAIMS.items() if not claim.claim} == INTEGERS_ONLY | {"convolution-parameter-count"}
    assert all(claim.measured or claim.claim.startswith("proved ") for claim in CLAIMS.values())
    assert [key for key, claim in CLAIMS.items() if claim.claim and claim.test(key) not in collected] == []
