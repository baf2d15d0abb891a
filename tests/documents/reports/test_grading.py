import csv
import io
import json
import os

import pytest

from chainrule.documents import check_derivation
from chainrule.documents.reports.grading import (
    Grade,
    declarations_for,
    documents_in,
    grades_table,
    reports_table,
    submissions,
)

RIGHT = r"$$\frac{d}{dx} \tanh x = 1 - \tanh^2 x$$"
WRONG = r"$$\frac{d}{dx} \tanh x = 1 - \tanh x$$"
UNREAD = r"$$\oint x = 1$$"
OPEN = r"$$\frac{\partial L}{\partial x} = 0$$"


def both(*texts):
    return "\n\n".join(texts)


def grade(*texts, points=10.0, student="ann", notes=()):
    return Grade(student, tuple(check_derivation(text, name="a.md") for text in texts), points, notes)


@pytest.mark.parametrize(
    ("texts", "score"),
    [
        ([RIGHT], 10.0),
        ([both(RIGHT, UNREAD, OPEN)], 10.0),
        ([UNREAD, OPEN], 10.0),
        ([both(RIGHT, WRONG)], 5.0),
        ([RIGHT, both(RIGHT, UNREAD, WRONG)], 7.5),
        ([WRONG], 0.0),
        (["no formulas"], None),
    ],
)
def test_only_wrong_steps_cost_their_share(texts, score):
    assert grade(*texts).score == score


def test_a_mistake_that_the_next_step_does_not_repeat_costs_one_step():
    assert grade(r"$$\frac{d}{dx} x^3 = 2 x^2 = 3 x x = 3 x^2 = x^2 + 2 x^2$$").score == 7.5


SIZES = "W: matrix m n\nx: vector n\nb: vector m"
LAYER = r"""Let $W \in \mathbb{R}^{m \times n}$ and $x \in \mathbb{R}^n$.

$$z = W x + b, \quad L = \frac{1}{2} \|z\|^2$$

$$\nabla_x L = W^T z$$

$$\nabla_x L = W z$$"""


@pytest.mark.parametrize(
    ("declared", "verdict", "score"), [(SIZES, "does not fit", 5.0), ("", "does not fit if read so", 10.0)]
)
def test_a_missing_transpose_costs_its_step_where_sizes_are_certain(declared, verdict, score):
    report = check_derivation(LAYER, declared, name="a.md")
    assert [step.verdict for step in report.claims] == ["proved", verdict]
    assert Grade("ann", (report,), 10.0).score == score


def test_the_row_names_the_first_wrong_step():
    (row,) = csv.DictReader(io.StringIO(grades_table([grade(RIGHT, both(RIGHT, WRONG, WRONG))])))
    assert (row["student"], row["score"], row["points"], row["first_wrong"]) == ("ann", "5", "10", "a.md, line 3")
    assert (row["steps"], row["right"], row["wrong"], row["not_decided"]) == ("4", "2", "2", "0")
    assert row["message"].startswith("It does not follow from the left side.")


def test_without_a_step_a_person_has_to_grade():
    (row,) = csv.DictReader(io.StringIO(grades_table([grade("no formulas")])))
    assert (row["score"], row["notes"]) == ("", "No step was found, so a person has to grade this.")


def test_what_the_score_does_not_cover_is_told():
    work = grade(both(RIGHT, UNREAD), LAYER)
    (row,) = csv.DictReader(io.StringIO(grades_table([work])))
    assert row["look_at"] == "a.md, line 7"
    assert row["notes"] == "2 of 4 steps could not be judged: look at them yourself."
    output = work.gradescope()["output"]
    assert "Look at these places: a.md, line 7. " in output
    assert row["notes"] in output
    (decided,) = csv.DictReader(io.StringIO(grades_table([grade(RIGHT)])))
    assert (decided["look_at"], decided["notes"]) == ("", "")


def test_of_many_steps_to_look_at_only_the_number_is_told():
    look_at = grade(LAYER + "\n\n$$\\nabla_x L = W z$$" * 24).look_at
    assert look_at.count("a.md") == 20
    assert look_at.endswith("; and 5 more places")


def test_no_cell_is_a_formula_of_a_spreadsheet():
    (row,) = csv.DictReader(io.StringIO(grades_table([grade(RIGHT, student="=1+cmd")])))
    assert row["student"] == "'=1+cmd"


def test_gradescope_gets_a_test_for_each_step():
    found = json.loads(json.dumps(grade(both(RIGHT, WRONG, UNREAD), points=9.0).gradescope()))
    assert found["score"] == 6.0
    assert [(test["score"], test["max_score"], test.get("status")) for test in found["tests"]] == [
        (3.0, 3.0, "passed"),
        (0.0, 3.0, "failed"),
        (3.0, 3.0, None),
    ]
    assert "1 of 3 steps are proved or verified, 1 wrong, 1 not decided." in found["output"]
    assert "Changing" in found["tests"][1]["output"]


def test_gradescope_gets_no_score_where_nothing_was_found():
    found = grade("no formulas", notes=["hw.pdf is not read."]).gradescope()
    assert "score" not in found
    assert [(test["score"], test["max_score"]) for test in found["tests"]] == [(0.0, 0.0)]
    assert found["output"] == "hw.pdf is not read.\nNo step was found, so a person has to grade this."


def test_students_are_the_files_and_the_folders(tmp_path):
    (tmp_path / "ann.md").write_text(RIGHT)
    (tmp_path / "bob" / "deep").mkdir(parents=True)
    (tmp_path / "bob" / "deep" / "b.tex").write_text(RIGHT)
    (tmp_path / "bob" / "a.ipynb").write_text("{}")
    (tmp_path / "bob" / "run.py").write_text("1/0")
    (tmp_path / ".hidden.md").write_text(RIGHT)
    (tmp_path / "photo.jpg").write_text("")
    found = [(student, [path.name for path in paths], notes) for student, paths, notes in submissions(tmp_path)]
    picture = "photo.jpg is not read: a picture has no formulas to read; hand in Markdown, LaTeX or a notebook."
    assert found == [
        ("ann", ["ann.md"], []),
        ("bob", ["a.ipynb", "b.tex"], ["These files are not read, because they are no documents: bob/run.py."]),
        ("photo", [], [picture]),
    ]


def test_a_pdf_is_named_beside_documents_too(tmp_path):
    for name in ("ann.md", "ann.PDF", "bob/hw.pdf", "notes.csv"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(RIGHT)
    told = "{} is not read: PDF has no formulas to read; hand in Markdown, LaTeX or a notebook."
    found = [(student, len(paths), notes) for student, paths, notes in submissions(tmp_path)]
    assert found == [("ann", 1, [told.format("ann.PDF")]), ("bob", 0, [told.format("bob/hw.pdf")])]


def test_declarations_for_a_student_come_before_those_for_all(tmp_path):
    for name in ("ann", "all"):
        (tmp_path / f"{name}.declare").write_text("x: number")
    found = [declarations_for(student, tmp_path) for student in ("ann", "bob")]
    assert [path.name for path in found] == ["ann.declare", "all.declare"]
    (tmp_path / "all.declare").unlink()
    assert declarations_for("bob", tmp_path) is None


def test_links_are_told_and_not_opened(tmp_path):
    secret = tmp_path / "secret"
    secret.mkdir()
    (secret / "key.md").write_text(RIGHT)
    folder = tmp_path / "work"
    (folder / "bob").mkdir(parents=True)
    os.symlink(secret / "key.md", folder / "ann.md")
    os.symlink(secret, folder / "eve")
    os.symlink(secret / "key.md", folder / "bob" / "key.md")
    os.symlink(secret, folder / "bob" / "more")
    os.symlink(folder, folder / "bob" / "round")
    for _, paths, notes in submissions(folder):
        assert paths == []
        assert all("symbolic link and was not opened" in note for note in notes)
    assert len(documents_in(folder, folder)[1]) == 5


def test_what_is_no_file_is_passed_over(tmp_path):
    os.mkfifo(tmp_path / "pipe.md")
    assert documents_in(tmp_path, tmp_path) == ([], [])


def test_a_table_of_documents_has_those_that_cannot_be_read():
    reports = [check_derivation(text, name=name) for text, name in ((RIGHT, "a.md"), (both(WRONG, OPEN), "b.md"))]
    rows = list(csv.DictReader(io.StringIO(reports_table(reports, [("c.md", "no file")]))))
    assert [(row["file"], row["claims"], row["wrong"], row["first_wrong_line"], row["repair"]) for row in rows] == [
        ("a.md", "1", "0", "", ""),
        ("b.md", "2", "1", "1", "power"),
        ("c.md", "", "", "", "no file"),
    ]
    assert [row["exit_code"] for row in rows] == ["0", "1", "3"]
