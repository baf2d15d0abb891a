"""The outputs in the README, in the pages of docs and in the examples equal the outputs of their code."""

import re
import runpy
from pathlib import Path

import pytest
from tests.peer_versions import since

ROOT = Path(__file__).parents[1]


PAGES = ("README.md", *sorted(str(path.relative_to(ROOT)) for path in (ROOT / "docs").rglob("*.md")))
BLOCKS = [
    block
    for page in PAGES
    for block in re.findall(
        r"```python\n((?:(?!```).)*)```\n\n```text\n(.*?)```", (ROOT / page).read_text(encoding="utf-8"), re.DOTALL
    )
]


@pytest.mark.parametrize(("code", "printed"), BLOCKS)
def test_python_examples_print_what_pages_say(code, printed, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # one writes a file
    exec(compile(code, "page", "exec"), {})
    got, expected = capsys.readouterr().out.splitlines(), printed.splitlines()
    if re.fullmatch(r"0\.\d+", expected[0]):
        # The accuracy is a count over 450 samples; the last bits of the machine's products may move a sample or two.
        assert float(got[0]) == pytest.approx(float(expected[0]), abs=2.5 / 450)
        got, expected = got[1:], expected[1:]
    assert got == expected


def test_the_readme_has_examples():
    assert len(BLOCKS) >= 2


MARKS = {"calibration.py": since("1.8", "scales temperatures")}


@pytest.mark.parametrize(
    "example",
    [pytest.param(path.name, marks=MARKS.get(path.name, ())) for path in sorted((ROOT / "examples").glob("*.py"))],
)
def test_examples_run(example, capsys, tmp_path, monkeypatch):
    library = example.partition("_")[0]
    if library in ("torch", "jax"):
        pytest.importorskip(library, reason=f"needs an extra: pip install -e '.[{library}]'")
    monkeypatch.chdir(tmp_path)
    runpy.run_path(str(ROOT / "examples" / example), run_name="__main__")
    assert capsys.readouterr().out
