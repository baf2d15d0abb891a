"""CI runs in a second environment exactly the tests that the first could not run."""

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[1] / ".ci"
pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason="the folder .ci is part of a checkout, not of an sdist")

TESTS = """
import os
import pytest

def test_it_runs_anywhere(): pass

def test_it_needs_more():
    if "MORE" not in os.environ: pytest.skip("needs MORE")

@pytest.mark.xfail(strict=True)
def test_it_is_known_to_fail(): assert False
"""
MORE = """
import os
import pytest

if "MORE" not in os.environ: pytest.skip("needs MORE", allow_module_level=True)

def test_it_is_collected_with_more(): pass
"""
CASES = """
import os
import pytest

@pytest.mark.parametrize("case", [1, 2] + [3] * ("MORE" in os.environ))
def test_each(case): assert case != int(os.environ.get("WRONG", 0))
"""


@pytest.fixture
def run(tmp_path):
    """Run pytest with the plugin on files of its own; the outcomes by test."""
    for name, text in [("test_some", TESTS), ("test_more", MORE), ("test_cases", CASES)]:
        (tmp_path / f"{name}.py").write_text(text)

    def run(name, *options, **variables):
        path = tmp_path / name
        environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTEST_")}
        environment |= {"PYTHONPATH": str(FOLDER)} | variables
        words = ["-n", "1", "-p", "rest", f"--record={path}", *options]
        command = [sys.executable, "-m", "pytest", "--rootdir=.", *words, "."]
        subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, check=False)
        return json.loads(path.read_text())["outcomes"]

    return run


def test_the_second_run_is_of_what_the_first_left(run, tmp_path):
    first = run("bare.json")
    assert first == {
        "test_some.py::test_it_runs_anywhere": "passed",
        "test_some.py::test_it_needs_more": "skipped",
        "test_some.py::test_it_is_known_to_fail": "xfailed",
        "test_cases.py::test_each[1]": "passed",
        "test_cases.py::test_each[2]": "passed",
    }
    assert run("full.json", f"--rest-of={tmp_path / 'bare.json'}", MORE="1") == {
        "test_some.py::test_it_needs_more": "passed",
        "test_more.py::test_it_is_collected_with_more": "passed",
        "test_cases.py::test_each[3]": "passed",
    }


@pytest.fixture
def rest():
    """The plugin as a module."""
    spec = importlib.util.spec_from_file_location("rest", FOLDER / "rest.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_a_failure_in_either_run_is_counted(rest, run, tmp_path):
    run("bare.json", WRONG="2")
    run("full.json", f"--rest-of={tmp_path / 'bare.json'}", MORE="1", WRONG="3")
    line = rest.total([json.loads((tmp_path / name).read_text()) for name in ("bare.json", "full.json")])
    assert line.startswith("===== 2 failed, 4 passed, 1 xfailed in ")


def test_the_slowest_files_of_both_runs_are_told(rest):
    runs = [{"seconds_of_files": {"a.py": 1.5, "b.py": 2.0}}, {"seconds_of_files": {"a.py": 1.0}}]
    assert [line.split() for line in rest.slowest(runs, count=1).splitlines()] == [
        ["4.5", "s", "in", "2", "files;", "the", "slowest:"],
        ["2.5", "s", "a.py"],
    ]


def test_a_file_that_cannot_be_collected_is_an_error(run, tmp_path):
    (tmp_path / "test_broken.py").write_text("import nowhere_at_all")
    assert run("bare.json")["test_broken.py"] == "error"
