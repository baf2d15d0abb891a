"""Ctrl-C: what has been learned so far is kept, and nothing else is left behind."""

import json
import queue
import re
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager

import numpy as np
import pytest

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals")

ROWS = 8000


@pytest.fixture(scope="module")
def big_csv(tmp_path_factory):
    """Return a table whose classes can be learned, but not in an instant."""
    rng = np.random.default_rng(0)
    features = rng.normal(size=(ROWS, 20))
    labels = (np.sin(features @ rng.normal(size=(20, 5))) + 0.1 * rng.normal(size=(ROWS, 5))).argmax(axis=1)
    path = tmp_path_factory.mktemp("big") / "big.csv"
    header = ",".join([*(f"x{n}" for n in range(20)), "kind"])
    table = np.column_stack([features, labels])
    np.savetxt(path, table, fmt=["%.3f"] * 20 + ["%d"], delimiter=",", header=header, comments="")
    return path


@contextmanager
def running(words, environment, directory):
    """Start the command; do away with it afterwards."""
    child = subprocess.Popen(
        [sys.executable, "-m", "chainrule", *map(str, words)],
        cwd=directory,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )
    try:
        yield child
    finally:
        child.kill()
        child.wait()
        child.stdout.close()
        child.stderr.close()


def interrupt(words, environment, directory, ready, patience):
    """Send SIGINT once a line on stderr is `ready`, or after `patience` seconds; return how it ended."""
    with running(words, environment, directory) as child:
        lines: queue.Queue[str | None] = queue.Queue()
        seen = []

        def listen():
            for line in child.stderr:
                lines.put(line)
            lines.put(None)

        listener = threading.Thread(target=listen)
        listener.start()
        limit = time.monotonic() + patience
        while time.monotonic() < limit:
            try:
                line = lines.get(timeout=0.1)
            except queue.Empty:
                continue
            if line is None:
                break
            seen.append(line)
            if ready(line):
                break
        assert child.poll() is None, f"the run ended by itself: {''.join(seen)}"
        child.send_signal(signal.SIGINT)
        out = child.stdout.read()
        child.wait(timeout=20)
        listener.join(timeout=20)
        while not lines.empty():
            seen.append(lines.get() or "")
    return child.returncode, out, "".join(seen)


def first_epoch(line):
    return bool(re.search(r"epoch\W*\d", line, re.IGNORECASE)) and "loss" in line.casefold()


LONG = ("--target", "kind", "--hidden", "128,128", "--epochs", "100000", "--solver", "adam")


@pytest.mark.parametrize("options", [(), ("--json",)])
def test_what_was_learned_is_saved(chainrule, environment, empty_directory, big_csv, options):
    words = ("train", big_csv, *LONG, "--out", "kept.chainrule", *options)
    code, out, err = interrupt(words, environment, empty_directory, first_epoch, 60)
    assert code == 130, err
    assert "Traceback" not in err
    assert "kept.chainrule" in out + err
    if options and out:
        assert isinstance(json.loads(out), dict)
    left = {path.name for path in empty_directory.iterdir()} - {"kept.chainrule.part"}  # after the first second
    assert left == {"kept.chainrule", "kept.toml"}
    report = chainrule("evaluate", "kept.chainrule", big_csv, "--json").metrics()
    assert sum(entry["support"] for entry in report["classes"]) == ROWS
    assert report["accuracy"] > 0.2


def test_before_the_first_epoch_nothing_is_saved(environment, empty_directory, big_csv):
    """One epoch of this network takes a minute or more; the first line about it comes after 5 s."""
    options = ("--target", "kind", "--hidden", "2000,2000,2000", "--batch-size", "8", "--epochs", "50")
    words = ("train", big_csv, *options, "--out", "none.chainrule")
    code, out, err = interrupt(words, environment, empty_directory, lambda line: line.startswith("epoch 1"), 60)
    assert code == 130, err
    assert out == ""
    assert "Traceback" not in err
    assert "interrupted in the first epoch: nothing was saved" in err
    assert not any(empty_directory.iterdir())


@pytest.fixture
def check_a_while(environment, empty_directory):
    """Interrupt a command when it has begun to check long.md, which has 300 claims, behind a short document."""
    (empty_directory / "work" / "ann").mkdir(parents=True)
    (empty_directory / "short.md").write_text("$$x + x = 2x$$", encoding="utf-8")
    claims = (rf"$$\frac{{d}}{{dx}} (x + {k})^{{{k}}} = {k} (x + {k})^{{{k - 1}}}$$" for k in range(2, 302))
    long = "\n\n".join(claims)
    for path in ("long.md", "work/ann/long.md"):
        (empty_directory / path).write_text(long, encoding="utf-8")

    def check_a_while(*words, ready=lambda line: "of 300 relations" in line):
        code, out, err = interrupt(words, environment, empty_directory, ready, 60)
        assert code == 130, err
        assert "Traceback" not in err
        return out

    return check_a_while


@pytest.mark.parametrize("form", [(), ("--json",)])
def test_steps_that_were_checked_are_printed(check_a_while, form):
    out = check_a_while("check", "long.md", *form)
    assert "the check was interrupted" in " ".join(out.split())
    assert "time for the whole document" not in " ".join(out.split())
    steps = json.loads(out)["steps"] if form else [line.split() for line in out.splitlines() if line[:6] == "  line"]
    verdicts = [step["verdict"] if form else step[2] for step in steps]
    assert len(verdicts) == 300
    assert verdicts[0] == "proved"
    assert verdicts[-1] == "undecided"


def test_documents_before_one_that_is_still_read_are_printed(check_a_while):
    out = check_a_while("check", "short.md", "long.md", ready=lambda line: "1 of 1 relations" in line)
    assert "short.md" in out
    assert "proved" in out


def test_homework_that_was_not_checked_to_its_end_gets_no_marks(check_a_while):
    assert check_a_while("grade", "work") == ""
