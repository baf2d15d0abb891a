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


BROKEN = "W: matrx 3\nx: number\nfoo bar\n"


@pytest.mark.parametrize("several", [False, True])
def test_declarations_that_are_not_understood_end_the_command(folder, several, capsys):
    (folder.parent / "names").mkdir()
    path = folder.parent / "names" / "all.declare"
    path.write_text(BROKEN)
    assert main(["grade", str(folder), "--declare", str(path.parent if several else path)]) == 64
    out, err = capsys.readouterr()
    assert out == ""
    assert f"{path}, line 1: expected a kind" in err
    assert f"{path}, line 3: expected name: kind" in err


def test_files_of_declarations_that_belong_to_nobody_are_named(folder, capsys):
    (folder.parent / "names").mkdir()
    assert main(["grade", str(folder), "--declare", str(folder.parent / "names")]) == 64
    (folder.parent / "names" / "bop.declare").write_text("x: number")
    assert main(["grade", str(folder), "--declare", str(folder.parent / "names")]) == 64
    assert "got 'bop.declare'; the students are 'ann', 'bob', 'eve', 'zoe'" in capsys.readouterr().err


@pytest.mark.parametrize("mark", ["", "%! ", "  %!"])
def test_declarations_may_have_the_marks_that_they_have_in_a_document(tmp_path, mark, capsys):
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "ann.md").write_text(r"$$\frac{d}{dx} f(x) = 2$$")
    (tmp_path / "names").write_text(f"---\n{mark}x: number\n{mark}f(x) := x + 1\n---\n")
    assert main(["grade", str(tmp_path / "work"), "--declare", str(tmp_path / "names")]) == 0
    assert main(["check", str(tmp_path / "work"), "--declare", str(tmp_path / "names")]) == 1
    assert "ann,0,10,1,0,1,0" in capsys.readouterr().out


def test_a_file_is_not_called_a_missing_folder(folder, capsys):
    assert main(["grade", str(folder / "ann.md")]) == 3
    assert "expected a folder, got a file" in capsys.readouterr().err


ASSUMES = r"$$\frac{d\sigma}{dx} = \frac{d}{dx} (1 + e^{-x})^{-2}$$"
CUT = "$$x + x = 2 x\n\nand so\n\n$$x + 2 x = 4 x$$"


def test_what_a_step_assumes_and_what_is_damaged_is_told(tmp_path, capsys):
    work = tmp_path / "work"
    work.mkdir()
    for name, text in (("ann", ASSUMES), ("bob", CUT)):
        (work / f"{name}.md").write_text(text)
    assert main(["grade", str(work)]) == 0
    ann, bob = csv.DictReader(io.StringIO(capsys.readouterr().out))
    assert (ann["score"], ann["right"], ann["look_at"]) == ("10", "1", "ann.md, line 1")
    assert "ann.md, line 1: the step holds if sigma = (1 + exp(-x))^-2" in ann["notes"]
    assert (bob["wrong"], bob["first_wrong"]) == ("1", "bob.md, line 5")
    assert (bob["look_at"], bob["notes"]) == ("bob.md, line 1", "bob.md, line 1: $$ has no end.")
    assert main(["grade", str(work), "--strict"]) == 0
    ann, _ = csv.DictReader(io.StringIO(capsys.readouterr().out))
    assert (ann["score"], ann["right"], ann["not_decided"]) == ("10", "0", "1")
