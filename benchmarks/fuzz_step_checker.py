"""`python -m benchmarks.fuzz_step_checker --seconds 300`: a search for documents on which the step checker fails.

It feeds the checker changed pieces of the corpus. With atheris (`pip install -e '.[fuzz]'`) changes that reach new
branches are kept and changed again; without it, changes are drawn at random. A text is a finding if checking it raises
anything but `Unreadable`, says that the checker failed, or takes longer than its steps may. Findings are written to the
folder of --out; the exit code is then not 0.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
import traceback
from pathlib import Path

CORPUS = Path(__file__).parents[1] / "tests" / "derivations"
LONGEST = 2000
"""Characters of a text."""

SLOWEST, OF_STEPS = 10.0, 1.0
"""Seconds for reading, and for all steps together."""

FAILED = "please report it"
"""Words of every message about a defect."""

SIGNS = (
    *(
        "{",
        "}",
        "(",
        ")",
        "[",
        "]",
        "$",
        "$$",
        "_",
        "^",
        "'",
        "=",
        "&",
        "\\\\",
        "\\",
        "|",
        ",",
        "0",
        "-1",
        "\n\n",
        "---\n",
    ),
    *(
        r"\frac",
        r"\sum_{i=1}^n",
        r"\partial",
        r"\det",
        r"\nabla_x",
        r"^\top",
        r"\begin{cases}",
        r"\end{cases}",
        r"\max",
    ),
    *(r"\text{if }", "x: vector n\n", r"\mathrm{diag}", r"\dots", r"\left(", r"\hat", "for all", r"\mathtt{softmax}"),
)


def fault_of(text: str, name: str = "") -> str:
    """How checking a text fails; nothing if it does not."""
    from chainrule.documents import Unreadable
    from chainrule.documents.checked import check_pieces
    from chainrule.documents.sources.opening import pieces_of

    start = time.perf_counter()
    try:
        report = check_pieces(pieces_of(text, name), mending=len(text) % 8 == 0, seconds=OF_STEPS / 2, total=OF_STEPS)
        told = [*(step.message for step in report.steps), *report.remarks, str(report)]
    except Unreadable:
        return ""
    except Exception:
        return traceback.format_exc()
    took = time.perf_counter() - start
    if took > SLOWEST + OF_STEPS:
        return f"took {took:.1f} s"
    return next((each for each in told if FAILED in each), "")


def seeds() -> list[str]:
    """The texts to change."""
    folders = [CORPUS / part for part in ("seen", "notations", "damaged")]
    return [path.read_text(encoding="utf-8")[:LONGEST] for folder in folders for path in sorted(folder.iterdir())]


def changed(text: str, others: list[str], random: random.Random) -> str:
    """A text with a few changes: parts removed, repeated, moved, taken from elsewhere, or signs put in."""
    for _ in range(random.randint(1, 6)):
        first, last = sorted(random.randrange(len(text) + 1) for _ in range(2))
        last = min(last, first + random.choice((1, 3, 12, 60)))
        other = random.choice(others)
        start = random.randrange(len(other) + 1)
        new = random.choice(
            (
                "", random.choice(SIGNS), random.choice(SIGNS), text[first:last] * random.choice((2, 2, 40)),
                other[start : start + random.choice((3, 12, 60))], text[first:last][::-1],
            )
        )  # fmt: skip
        text = text[:first] + new + text[last:]
    return text[: 2 * LONGEST]


def by_chance(seconds: float, out: Path, seed: int) -> int:
    """Try random changes; the number of findings."""
    texts, chance = seeds(), random.Random(seed)
    end, tried, found = time.monotonic() + seconds, 0, dict[str, str]()
    while time.monotonic() < end:
        text = changed(chance.choice(texts), texts, chance)
        name = chance.choice(("", "a.md", "a.tex", "a.txt", "a.rst"))
        fault, tried = fault_of(text, name), tried + 1
        last = fault.strip().splitlines()[-1] if fault else ""
        if fault and last not in found:
            found[last] = text
            (out / f"crash-{len(found)}.txt").write_text(f"{name}\n{fault}\n----\n{text}", encoding="utf-8")
            print(f"{name}: {last}", flush=True)
    print(f"{tried} texts in {seconds:g} s, {len(found)} different findings")
    return len(found)


def main(argv: list[str] | None = None) -> int:
    """Search for a while."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fuzz_step_checker", description=__doc__)
    parser.add_argument("--seconds", type=int, default=300)
    parser.add_argument("--out", type=Path, default=Path("fuzzing"))
    parser.add_argument("--seed", type=int, default=0, help="of the random changes, without atheris")
    chosen = parser.parse_args(argv)
    chosen.out.mkdir(parents=True, exist_ok=True)
    try:
        import atheris
    except ModuleNotFoundError:
        return int(by_chance(chosen.seconds, chosen.out, chosen.seed) > 0)
    with atheris.instrument_imports(include=["chainrule.documents"]):
        import chainrule.documents  # noqa: F401
    folder = chosen.out / "seeds"
    folder.mkdir(exist_ok=True)
    for number, text in enumerate(seeds()):
        (folder / str(number)).write_text(text, encoding="utf-8")

    def one(data: bytes) -> None:
        fault = fault_of(data.decode("utf-8", "replace"), "a.txt" if data[:1] == b"#" else "")
        if fault:
            raise RuntimeError(fault)

    print("atheris prints a line for every new branch; a finding ends the run and is written as crash-*", flush=True)
    options = [f"-max_total_time={chosen.seconds}", f"-max_len={LONGEST}", "-timeout=60"]
    options.append(f"-artifact_prefix={chosen.out}/")
    atheris.Setup([sys.argv[0], *options, str(folder)], one)
    atheris.Fuzz()
    return 0


if __name__ == "__main__":
    sys.exit(main())
