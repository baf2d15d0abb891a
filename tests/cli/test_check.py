"""`chainrule check`: documents, in every form, with their exit statuses."""

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from chainrule.cli import main

ROOT = Path(__file__).parents[2]
RIGHT = r"$$\frac{d}{dx} \tanh x = 1 - \tanh^2 x$$"
WRONG = r"$$\frac{d}{dx} \tanh x = 1 - \tanh x$$"
OPEN = r"$$\frac{\partial L}{\partial x} = 0$$"


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, text in (("right.md", RIGHT), ("wrong.md", WRONG), ("open.md", OPEN), ("broken.ipynb", "{")):
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(
    ("words", "status"),
    [
        (["right.md"], 0),
        (["wrong.md"], 1),
        (["open.md"], 2),
        (["unclosed.md"], 2),
        (["price.md"], 0),
        (["broken.ipynb"], 3),
        (["right.md", "open.md", "wrong.md"], 1),
        (["right.md", "open.md"], 2),
        (["right.md", "open.md", "--allow-undecided"], 0),
        (["wrong.md", "--allow-undecided"], 1),
        (["broken.ipynb", "right.md"], 3),
        (["broken.ipynb", "--allow-undecided"], 3),
        (["missing.md"], 3),
        (["right.md", "--declare", "missing"], 3),
        (["right.md", "--json", "--html"], 64),
        (["right.md", "--no-such-option"], 64),
        (["right.md", "--seconds", "0"], 64),
        ([], 64),
    ],
)
def test_the_exit_status_says_what_was_found(here, words, status, capsys):
    (here / "unclosed.md").write_text(f"{RIGHT}\n\n{RIGHT[:-2]}\n")
    (here / "price.md").write_text(f"It costs $5.\n\n{RIGHT}\n")
    assert main(["check", *words]) == status
    out, err = capsys.readouterr()
    assert out or err
    assert err.count("error: ") == (status in (3, 64))


def test_the_text_names_line_verdict_point_and_change(capsys):
    main(["check", "wrong.md"])
    out = " ".join(capsys.readouterr().out.split())
    assert out.startswith("wrong.md line 1 WRONG")
    assert "It does not follow from the left side. With x = " in out
    assert r"Changing \tanh x to (\tanh x)^{2} makes it true." in out


@pytest.mark.parametrize(
    ("option", "beginning"),
    [
        ("--json", '{"schema": 2, "name": "wrong.md"'),
        ("--html", "<!DOCTYPE html>"),
        ("--annotate", WRONG + "\n<!-- chainrule: line 1: wrong: It does"),
        ("--csv", "file,claims,right,wrong,"),
        ("--github", "::error file=wrong.md,line=1,col="),
        ("--show-reading", "wrong.md\n  x : number\n  line 1     WRONG "),
        ("--write-declarations", "---\nx: number\n---"),
    ],
)
def test_every_form(option, beginning, capsys):
    assert main(["check", "wrong.md", option]) == 1
    assert capsys.readouterr().out.startswith(beginning)


def test_json_of_several_documents_is_a_list_with_those_that_cannot_be_read(capsys):
    assert main(["check", "right.md", "broken.ipynb", "--json"]) == 3
    first, second = json.loads(capsys.readouterr().out)
    assert first["counts"] == {"proved": 1}
    assert (second["name"], second["exit_code"]) == ("broken.ipynb", 3)


def test_folders_are_searched(here, capsys):
    (here / "empty").mkdir()
    assert main(["check", "empty"]) == 3
    assert "no document in this folder" in capsys.readouterr().err
    assert main(["check", ".", "--csv"]) == 1
    assert [row.split(",")[0] for row in capsys.readouterr().out.splitlines()][1:] == [
        "open.md",
        "right.md",
        "wrong.md",
        "broken.ipynb",
    ]


def test_an_unreadable_document_does_not_hide_the_others(capsys):
    assert main(["check", "broken.ipynb", "right.md"]) == 3
    out, err = capsys.readouterr()
    assert "1 proved." in out
    assert err.startswith("error: broken.ipynb: this notebook cannot be read")


def test_notebooks_cannot_be_annotated(here, capsys):
    cell = {"cell_type": "markdown", "source": [RIGHT]}
    (here / "book.ipynb").write_text(json.dumps({"cells": [cell]}))
    assert main(["check", "book.ipynb", "--annotate"]) == 3
    assert capsys.readouterr().err == "error: book.ipynb: a notebook cannot be annotated; use --html or --json\n"


def test_a_defect_of_the_checker_is_one_line(monkeypatch, capsys):
    def fail(*_, **__):
        raise KeyError("boom")

    monkeypatch.setattr("chainrule.documents.checked.readings", fail)
    assert main(["check", "right.md"]) == 3
    err = capsys.readouterr().err
    assert "The checker failed here (KeyError: 'boom'); please report it with the text." in err
    assert err.count("\n") == 1


def hooked(entry, *files):
    """The status and the output of a command as hooks and workflows run it, in a shell of their own."""
    command = [sys.executable, "-c", "import sys; from chainrule.cli import main; sys.exit(main())", *entry[1:], *files]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    found = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    return found.returncode, found.stdout


def test_the_hook_stops_commits_with_wrong_steps_only():
    text = (ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8")
    (entry,) = [line.partition(":")[2].strip() for line in text.splitlines() if line.strip().startswith("entry:")]
    words = shlex.split(entry)
    assert words[0] == "chainrule"
    assert hooked(words, "right.md", "open.md")[0] == 0
    status, out = hooked(words, "right.md", "wrong.md")
    assert status == 1
    assert "WRONG" in out


def test_the_action_runs_the_command_with_annotations():
    text = (ROOT / "action.yml").read_text(encoding="utf-8")
    script = text.split("- run: |\n", 1)[1].split("\n      shell:", 1)[0]
    call = f'"{sys.executable}" -c "import sys; from chainrule.cli import main; sys.exit(main())"'
    program = f'chainrule() {{ {call} "$@"; }}\n'
    for undecided, files, status in (
        ("allow", "open.md right.md", 0),
        ("fail", "open.md", 2),
        ("allow", "wrong.md", 1),
    ):
        environment = {
            **os.environ,
            "PYTHONPATH": str(ROOT / "src"),
            "UNDECIDED": undecided,
            "FILES": files,
            "DECLARE": "",
        }
        found = subprocess.run(
            ["bash", "-c", program + script], capture_output=True, text=True, env=environment, check=False
        )
        assert found.returncode == status, found.stderr
        assert found.stdout.startswith("::error file=wrong.md" if files == "wrong.md" else "::notice file=open.md")


def test_standard_input_and_pipes_are_read(here):
    command = [sys.executable, "-c", "import sys; from chainrule.cli import main; sys.exit(main())", "check"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    for name in ("-", "/dev/stdin"):
        found = subprocess.run(
            [*command, name], input=WRONG, capture_output=True, text=True, env=environment, check=False
        )
        assert found.returncode == 1
        assert found.stdout.startswith(f"{name}\n  line 1     WRONG ")


def test_files_that_are_no_documents_are_named_in_a_folder_and_alone(here, capsys):
    for name in ("scan.pdf", "essay.docx"):
        (here / name).write_bytes(b"text")
    assert main(["check", ".", "--csv", "--no-repairs"]) == 1
    err = capsys.readouterr().err
    assert "note: essay.docx is not read: formulas of word processors are not read;" in err
    assert "note: scan.pdf is not read: PDF has no formulas to read;" in err
    assert main(["check", "essay.docx"]) == 3
    assert "essay.docx: formulas of word processors are not read; give" in capsys.readouterr().err
