"""`python -m benchmarks.step_checker [PART ...]`: how many steps the step checker decides, and which faults it finds.

Prints the rows of the tables in docs/check/step_checker.md: for right derivations the steps that are decided and those
that are called wrong, for faulty ones the faults that are found. A part is a folder of tests/derivations, or "shipped":
the package's own derivations.
"""

from __future__ import annotations

import argparse
import json
import time
from collections import Counter

from tests.corpora.written import CORPUS, FOLDERS, checked, right

from chainrule.documents.verdicts.verdict import VERDICTS

FAULTY = ("homework", "lectures", "wrong")
HEADS = {
    "right": "| part | steps | decided | proved | verified | called wrong | seconds |\n" + "| --- " * 7 + "|",
    "faulty": "| part | faults | found | under an assumption | other lines called wrong | seconds |\n"
    + "| --- " * 6
    + "|",
}


def row_of_right(part: str, seconds: float) -> str:
    """The row of derivations that are right; `seconds` is the time of one step."""
    start, found = time.perf_counter(), right(part, seconds)
    decided = sum(count for name, count in found.items() if VERDICTS[name].decided)
    wrong = sum(count for name, count in found.items() if VERDICTS[name].fault)
    shares = f"{decided} ({decided / max(1, found.total()):.1%}) | {found['proved']} | {found['verified']}"
    return f"| {part} | {found.total()} | {shares} | {wrong} | {time.perf_counter() - start:.0f} |"


def row_of_faulty(part: str, seconds: float) -> str:
    """The row of derivations with faults. In notebooks, whose lines are counted otherwise, faults are counted alone."""
    start, found = time.perf_counter(), Counter[str]()
    answers = json.loads((CORPUS / part / "answers.json").read_text(encoding="utf-8"))
    if part == "wrong":
        answers = [{"file": name, "faults": [answer]} for name, answer in answers.items()]
    for answer in (each for each in answers if each["faults"]):
        report = checked(CORPUS / part / answer["file"], seconds, repairs=False)
        faults = sorted({step.line for step in report.faults})
        assumed = {step.line for step in report.steps if step.assumed}
        lines = {fault["line"] for fault in answer["faults"]} | {
            fault["second_line"] for fault in answer["faults"] if fault.get("cancels")
        }
        if report.source.format == "notebook":
            lines = set(faults[: len(lines)])
        found["faults"] += len(lines)
        found["found"] += len(lines & set(faults))
        found["assumed"] += len((lines & assumed) - set(faults))
        found["others"] += len(set(faults) - lines)
    told = " | ".join(str(found[name]) for name in ("faults", "found", "assumed", "others"))
    return f"| {part} | {told} | {time.perf_counter() - start:.0f} |"


def main(argv: list[str] | None = None) -> int:
    """Print the rows of parts."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.step_checker", description=__doc__)
    parser.add_argument("parts", nargs="*", choices=(*FOLDERS, "wrong"))
    parser.add_argument("--seconds", type=float, default=3.0, help="time for one step")
    parser.add_argument("--kind", choices=tuple(HEADS), help="right or faulty derivations alone")
    chosen = parser.parse_args(argv)
    parts = chosen.parts or (*FOLDERS, "wrong")
    for kind, known, row in (("right", FOLDERS, row_of_right), ("faulty", FAULTY, row_of_faulty)):
        wanted = [part for part in parts if part in known]
        if wanted and chosen.kind in (None, kind):
            print(HEADS[kind], *(row(part, chosen.seconds) for part in wanted), sep="\n", flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
