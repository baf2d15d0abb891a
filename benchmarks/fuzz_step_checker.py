"""`python -m benchmarks.fuzz_step_checker --seconds 300`: a search for documents that crash the step checker.

The search is guided by coverage: it needs atheris (`pip install -e '.[fuzz]'`), which feeds the checker texts that
reach new branches of its code. A text is a finding if checking it raises anything but `Unreadable`, reports a failure
of the checker itself, or takes more than ten seconds. Findings are written to the folder given by --out; the exit code
is then not 0.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

CORPUS = Path(__file__).parents[1] / "tests" / "derivations"
SLOWEST = 10.0
"""Limit in seconds for a document of a few thousand characters."""


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fuzz_step_checker", description=__doc__)
    parser.add_argument("--seconds", type=int, default=300)
    parser.add_argument("--out", type=Path, default=Path("fuzzing"))
    arguments = parser.parse_args(argv)
    try:
        import atheris
    except ModuleNotFoundError:
        parser.error("atheris, the extra 'fuzz', is not installed: pip install -e '.[fuzz]'")
    with atheris.instrument_imports(include=["chainrule.checking.documents"]):
        from chainrule.checking.documents import Unreadable, check_derivation
    arguments.out.mkdir(parents=True, exist_ok=True)
    seeds = arguments.out / "seeds"
    seeds.mkdir(exist_ok=True)
    for number, path in enumerate(sorted((CORPUS / "seen").iterdir())):
        (seeds / str(number)).write_bytes(path.read_bytes()[:2000])
    slowest = [0.0]

    def one(data: bytes) -> None:
        text = data.decode("utf-8", "replace")
        start = time.perf_counter()
        try:
            report = check_derivation(text, name="a.txt" if data[:1] == b"#" else "", repairs=len(data) % 2 == 0)
        except Unreadable:
            return
        took = time.perf_counter() - start
        slowest[0] = max(slowest[0], took)
        if took > SLOWEST:
            raise RuntimeError(f"took {took:.1f} s")
        for found in (*report.steps, *report.notes):
            if found.verdict == "internal error":
                raise RuntimeError(found.message)

    print("atheris prints a line for every new branch; a finding ends the run and is written as crash-*", flush=True)
    options = [f"-max_total_time={arguments.seconds}", "-max_len=2500", "-timeout=60"]
    options.append(f"-artifact_prefix={arguments.out}/")
    atheris.Setup([sys.argv[0], *options, str(seeds)], one)
    atheris.Fuzz()
    return 0


if __name__ == "__main__":
    sys.exit(main())
