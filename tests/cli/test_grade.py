"""`chainrule grade`: a row per student, or Gradescope's results.json."""

import csv
import io
import json
import os

import pytest

from chainrule.cli import main

RIGHT = r"$$\frac{d}{dx} \tanh x = 1 - \tanh^2 x$$"
WRONG = r"$$\frac{d}{dx} \tanh x = 1 - \tanh x$$"


@pytest.fixture
def folder(tmp_path):
    work = tmp_path / "work"
    (work / "bob").mkdir(parents=True)
    (work / "ann.md").write_text(RIGHT)
    (work / "bob" / "a.md").write_text(RIGHT + "\n\n" + WRONG)
    (work / "bob" / "bad.ipynb").write_text("{")
    (work / "eve").mkdir()
    (tmp_path / "key.md").write_text(RIGHT)
    os.symlink(tmp_path / "key.md", work / "eve" / "key.md")
    code = f"open({str(tmp_path / 'ran')!r}, 'w')"
    cells = [{"cell_type": "code", "source": code}, {"cell_type": "markdown", "source": RIGHT}]
    (work / "zoe.ipynb").write_text(json.dumps({"cells": cells}))
    return work


def test_one_row_per_student(folder, capsys):
    assert main(["grade", str(folder), "--points", "4"]) == 0
    rows = {row["student"]: row for row in csv.DictReader(io.StringIO(capsys.readouterr().out))}
    assert {student: row["score"] for student, row in rows.items()} == {"ann": "4", "bob": "2", "eve": "", "zoe": "4"}
    assert rows["bob"]["first_wrong"].endswith("a.md, line 3")
    assert "cannot be read" in rows["bob"]["notes"]
    assert "symbolic link and was not opened" in rows["eve"]["notes"]


def test_notebooks_are_never_run(folder, capsys):
    main(["grade", str(folder)])
    assert not (folder.parent / "ran").exists()
    assert "zoe,10,10,1,1,0,0" in capsys.readouterr().out


def test_gradescope_takes_the_folder_as_the_work_of_one(folder, capsys):
    assert main(["grade", str(folder / "bob"), "--gradescope"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["score"] == 5.0
    assert [test.get("status") for test in found["tests"]] == ["passed", "failed"]
    assert "bad.ipynb cannot be read" in found["output"]


def test_who_hands_in_a_pdf_gets_no_score_and_is_told(folder, capsys):
    (folder / "dora.pdf").write_bytes(b"%PDF-1.4 ")
    (folder / "empty").mkdir()
    main(["grade", str(folder)])
    rows = {row["student"]: row for row in csv.DictReader(io.StringIO(capsys.readouterr().out))}
    assert [(rows[name]["score"], rows[name]["notes"]) for name in ("dora", "empty")] == [
        (
            "",
            "dora.pdf is not read: PDF has no formulas to read; hand in Markdown, LaTeX or a notebook. "
            "No step was found, so a person has to grade this.",
        ),
        ("", "No file was handed in. No step was found, so a person has to grade this."),
    ]


def test_a_student_may_have_declarations_of_their_own(folder, capsys):
    for name in ("ann", "cat"):
        (folder / f"{name}.md").write_text(r"$$\frac{d}{dx} f(x) = 2$$")
    (folder.parent / "names").mkdir()
    (folder.parent / "names" / "all.declare").write_text("f(x) := 2 x")
    (folder.parent / "names" / "cat.declare").write_text("f(x) := x + 1")
    assert main(["grade", str(folder), "--declare", str(folder.parent / "names")]) == 0
    rows = {row["student"]: row for row in csv.DictReader(io.StringIO(capsys.readouterr().out))}
    assert (rows["ann"]["wrong"], rows["cat"]["wrong"]) == ("0", "1")
    assert main(["grade", str(folder / "bob"), "--gradescope", "--declare", str(folder.parent / "names")]) == 64
    assert main(["grade", str(folder), "--declare", "missing"]) == 3


def test_the_output_names_files_without_the_folders_above(folder, capsys):
    main(["grade", str(folder)])
    main(["grade", str(folder / "bob"), "--gradescope"])
    assert str(folder.parent) not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "status"), [(["missing"], 3), (["empty"], 3), (["empty", "--points", "-1"], 64), ([], 64)]
)
def test_mistakes_have_statuses_of_their_own(tmp_path, monkeypatch, words, status, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    assert main(["grade", *words]) == status
    assert capsys.readouterr().err.startswith("error: ")
