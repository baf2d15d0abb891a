"""``python -m chainrule.checking.mutation [RULE ...] [--json FILE]``: would the checks notice a wrong derivative?"""

import argparse
import json
import sys
import time
from pathlib import Path

from chainrule.checking.mutation.gate import run_gate


def main(arguments: list[str] | None = None) -> int:
    """Run the gate; 0 if every mutant of every rule is killed or equivalent."""
    parser = argparse.ArgumentParser(prog="python -m chainrule.checking.mutation", description=__doc__)
    parser.add_argument("rules", nargs="*", metavar="RULE", help="names of rules; all registered ones if none")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write every mutant and its fate to this file")
    parser.add_argument("--processes", type=int, default=None, help="as many as there are processors, if not given")
    given = parser.parse_args(arguments)
    start = time.monotonic()

    def progress(line: str) -> None:
        print(f"[{time.monotonic() - start:5.0f} s] {line}", flush=True)

    try:
        reports, not_judged = run_gate(given.rules, processes=given.processes, progress=progress)
    except ValueError as error:
        parser.error(str(error))
    if given.json:
        content = {"rules": [report.as_dict() for report in reports], "not_judged": not_judged}
        given.json.write_text(json.dumps(content, indent=1) + "\n")
    fates = [outcome.fate for report in reports for outcome in report.outcomes]
    counts = ", ".join(f"{fates.count(fate)} {fate}" for fate in ("killed", "equivalent", "survived"))
    progress(f"{len(fates)} mutants of {len(reports)} rules: {counts}; {len(not_judged)} rules not judged")
    return 0 if fates and "survived" not in fates and not not_judged else 1


if __name__ == "__main__":
    sys.exit(main())
