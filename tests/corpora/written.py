"""The derivations of tests/derivations against what is known of them: `python -m tests.corpora.written [PART ...]`.

Parts are the folders of right derivations (seen, unseen, homework, lectures, shipped), and wrong. Prints the faults in
derivations that are right, those that are missed in wrong ones, and the number of steps by verdict.
"""

import argparse
import json
from collections import Counter
from pathlib import Path

from chainrule.documents import Report, check_derivation
from chainrule.documents.reports.grading import ENDINGS

ROOT = Path(__file__).parents[2]
CORPUS = ROOT / "tests" / "derivations"
FOLDERS = {
    **{part: CORPUS / part for part in ("seen", "unseen")},
    **{part: CORPUS / part / "correct" for part in ("homework", "lectures")},
    "shipped": ROOT / "src" / "chainrule" / "derivations",
}
"""Derivations that are right."""


def checked(path: Path, seconds: float, *, repairs: bool) -> Report:
    """The report about a document."""
    return check_derivation(path.read_text(encoding="utf-8"), name=path.name, repairs=repairs, seconds=seconds)


def right(part: str, seconds: float) -> Counter[str]:
    """The verdicts of derivations that are right; faults are printed."""
    found = Counter[str]()
    for path in sorted(path for path in FOLDERS[part].iterdir() if path.suffix in ENDINGS):
        report = checked(path, seconds, repairs=False)
        found.update(step.verdict for step in report.claims)
        for step in report.faults:
            told = f"{step.left[:50]} {step.relation} {step.right[:50]} | {step.message[:120]}"
            print(f"false fault {path.name}:{step.line} {step.verdict}: {told}", flush=True)
    return found


def wrong(seconds: float) -> Counter[str]:
    """How many first faults are found, and mended; those that are missed are printed."""
    found = Counter[str]()
    for name, answer in json.loads((CORPUS / "wrong" / "answers.json").read_text(encoding="utf-8")).items():
        report = checked(CORPUS / "wrong" / name, seconds, repairs=True)
        lines = [step.line for step in report.steps if step.is_fault or step.assumed]
        caught = answer["line"] in lines
        found.update(
            {
                "documents": 1,
                "caught": caught,
                "mended": caught and bool(report.faults) and report.faults[0].repair is not None,
            }
        )
        found["other lines"] += len(set(lines) - {answer["line"], answer.get("second_line")})
        if not caught:
            told = [f"{step.verdict}: {step.message[:90]}" for step in report.steps if step.line == answer["line"]]
            print(f"missed {name}:{answer['line']} {'; '.join(told) or 'not listed'}", flush=True)
    return found


def main() -> None:
    """Measure the parts that are named, or all."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("parts", nargs="*", choices=(*FOLDERS, "wrong"))
    parser.add_argument("--seconds", type=float, default=3.0, help="time for one claim")
    chosen = parser.parse_args()
    for part in chosen.parts or (*FOLDERS, "wrong"):
        found = wrong(chosen.seconds) if part == "wrong" else right(part, chosen.seconds)
        print(f"{part}: {sum(found.values())} {dict(found.most_common())}")


if __name__ == "__main__":
    main()
