"""Establish, without chainrule, which statements are true: `python -m tests.corpora.statements.oracle`.

One line is printed for each statement. The exit status is 1 if any disagrees with oracle.csv. Statements that are
proved by hand are in hand_proofs.md.
"""

import csv
import sys
from pathlib import Path

from tests.corpora.statements import claims_false, claims_true, further_false, further_true, kit

FOLDER = Path(__file__).parent
TABLES = (claims_false, claims_true, further_false, further_true)
"""The modules that enter the statements."""


def verdict(row, proofs):
    """Whether a statement agrees with its row, and why."""
    expected = {int(row["line"])} if row["expected"] == "false" else set()
    if not (FOLDER / row["file"]).is_file():
        return False, "no such file"
    if row["proof"] == "hand":
        return row["file"] in proofs, "by hand"
    try:
        failures = kit.STATEMENTS[row["file"]].failures()
    except Exception as error:  # a statement that cannot be computed disagrees
        return False, f"{type(error).__name__}: {error}"
    said = "; ".join(f"line {line}: {why}" for line, why in failures.items()) or "every claim holds at all points"
    return set(failures) == expected, said


def main(only=()):
    """Run all statements, or those whose file contains one of the words."""
    with (FOLDER / "oracle.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    proofs = (FOLDER / "hand_proofs.md").read_text(encoding="utf-8")
    listed = {row["file"] for row in rows}
    stray = sorted(set(kit.STATEMENTS) - listed)
    stray += sorted(
        {p.relative_to(FOLDER).as_posix() for t in ("false", "true") for p in (FOLDER / t).iterdir()} - listed
    )
    wrong = len(stray)
    for name in stray:
        print(f"DISAGREES {name}: not in oracle.csv")
    for row in rows:
        if only and not any(word in row["file"] for word in only):
            continue
        agrees, said = verdict(row, proofs)
        wrong += not agrees
        print(f"{'agrees' if agrees else 'DISAGREES'} {row['file']} ({row['expected']}): {said}", flush=True)
    loaded = sorted(name for name in sys.modules if name.partition(".")[0] == "chainrule")
    if loaded:
        print(f"DISAGREES the oracle is not independent: it has loaded {loaded[0]}")
        wrong += 1
    print(f"{len(rows)} statements, {wrong} disagree")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
