"""What the README and the examples print is what the code prints."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def test_the_readmes_python_example_prints_what_it_says(capsys):
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    code, printed = re.search(r"```python\n(.*?)```\n\n```text\n(.*?)```", text, re.DOTALL).groups()
    exec(compile(code, "README.md", "exec"), {})
    got, expected = capsys.readouterr().out.splitlines(), printed.splitlines()
    # The accuracy is a count over 450 samples; the last bits of the machine's products may move a sample or two.
    assert float(got[0]) == pytest.approx(float(expected[0]), abs=2.5 / 450)
    assert got[1:] == expected[1:]


@pytest.mark.parametrize("example", sorted(path.name for path in (ROOT / "examples").glob("*.py")))
def test_examples_run(example):
    if example.startswith("torch_"):
        pytest.importorskip("torch", reason="needs the extra chainrule[torch]")
    done = subprocess.run(
        [sys.executable, "-W", "error", str(ROOT / "examples" / example)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout
