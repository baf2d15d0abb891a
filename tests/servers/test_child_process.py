"""Tasks in children: results, refusals, limits; what ends a child does not end this process."""

import asyncio
import os

import pytest

from chainrule.servers import child_process
from chainrule.servers.child_process import Limits, TaskFailed, result_of

pytestmark = pytest.mark.usefixtures("processes_to_copy")
SHORT = Limits(seconds=2.0, megabytes=500, locked=True)
LONG = Limits(seconds=120.0, megabytes=500, locked=True)  # for what must end by another limit, also on a busy machine


def run(code, limits=SHORT):
    return asyncio.run(result_of("check_code", {"code": code, "inputs": [[1.0, 2.0]]}, limits))


def test_a_result_comes_back():
    found = asyncio.run(result_of("check_chain", {"formulas": ["2 + 2", "5"]}))
    assert found["report"]["counts"] == {"wrong": 1}
    assert run("def f(x):\n    return np.sum(x**2)\ndef f_grad(x):\n    return 2 * x")["verdict"] == "pass"


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("while True: pass", r"^no result within 2 s"),
        ("import time\ntime.sleep(60)", r"^no result within 2 s$"),
        ("x = [0]\nwhile True: x = x + x", "^it needs more than 500 MB$"),
        ("x = np.ones(10**11)", "^it needs more than 500 MB$"),
        ("import os\nos._exit(0)", "^the process ended itself without a result$"),
        ("import os\nos.close(os.open('x', 0))", "^PermissionError: code may not use files"),
        ("import os\nwhile True: os.fork()", "^PermissionError: code may not use files, processes"),
        ("import socket\nsocket.socket()", r"^PermissionError: .*socket\.__new__"),
        ("import pandas", "^ImportError: code may not import pandas here"),
        ("raise SystemExit(3)", "^SystemExit: 3$"),
        ("def g(): return g()\ng()", r"^RecursionError: .*\(line 1 of the code\)$"),
        ("x = " + "(" * 5000 + ")" * 5000, "^this is no Python: line 1: too many nested parentheses$"),
        ("import os\nfor i in range(3, 99):\n  try: os.write(i, b'x')\n  except OSError: pass", "damaged the answer"),
        ("import os\nfor i in range(3, 99):\n  try: os.write(i, b'[' * 9999)\n  except OSError: pass", "damaged"),
        (
            "import os\nfor i in range(3, 99):\n  try:\n    while True: os.write(i, b' ' * 10**6)\n"
            "  except OSError: pass",
            "^the answer has more than 64 MB$",
        ),
        ("np.lib.stride_tricks.as_strided(np.zeros(1), (1 << 40,), (8,)).sum()", "^the process was ended by SIG"),
    ],
)
def test_code_that_means_harm_ends_with_its_reason(code, message):
    with pytest.raises(TaskFailed, match=message):
        run(code, SHORT if "within 2 s" in message else LONG)
    assert asyncio.run(result_of("check_chain", {"formulas": ["1", "1"]}))["report"]["exit_code"] == 0


def test_nothing_of_a_child_reaches_the_terminal(capfd):
    with pytest.raises(TaskFailed):
        run("import os, sys\nprint(1)\nsys.__stdout__.write('2')\nos.write(1, b'3')\nos.write(2, b'4')\n1 / 0")
    assert capfd.readouterr() == ("", "")


def test_formulas_are_limited_too():
    slow = [rf"\prod_{{i=1}}^{{{n}}} (x_i + 1)" for n in (40, 41)] * 50
    with pytest.raises(TaskFailed, match=r"no result within 0\.2 s"):
        asyncio.run(result_of("check_chain", {"formulas": slow}, Limits(seconds=0.2)))
    for depth in (100, 100_000):
        nested = []
        for _ in range(depth):
            nested = [nested]
        with pytest.raises(
            TaskFailed, match=r"^shapes: expected positive whole numbers|^the arguments are nested too deeply$"
        ):
            asyncio.run(result_of("prove_formulas", {"left": "x", "right": "x", "shapes": {"x": nested}}))


def test_a_cancelled_task_ends_its_child_and_what_it_started():
    async def cancelled():
        others = set(child_process.multiprocessing.active_children())  # such as workers of Dask
        task = asyncio.create_task(result_of("check_code", {"code": "while True: pass", "inputs": [1.0]}, SHORT))
        while not (children := set(child_process.multiprocessing.active_children()) - others):
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return children

    (child,) = asyncio.run(cancelled())
    child.join(5)
    assert child.exitcode == -9


def test_many_tasks_run_side_by_side():
    async def several():
        return await asyncio.gather(*(result_of("check_chain", {"formulas": ["2", f"2 + {n}"]}) for n in range(6)))

    counts = [found["report"]["counts"] for found in asyncio.run(several())]
    assert counts == [{"proved": 1}, *[{"wrong": 1}] * 5]


def test_a_system_without_fork_is_told(monkeypatch):
    def none(name):
        raise ValueError

    monkeypatch.setattr(child_process.multiprocessing, "get_context", none)
    with pytest.raises(TaskFailed, match="this system cannot copy a process"):
        child_process.prepare()


def test_the_environment_is_left_as_it_was(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    monkeypatch.delenv("OPENBLAS_NUM_THREADS", raising=False)
    child_process.prepare()
    assert os.environ["OMP_NUM_THREADS"] == "7"
    assert "OPENBLAS_NUM_THREADS" not in os.environ
