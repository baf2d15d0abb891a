"""The server of the Model Context Protocol, through the client of its SDK, as assistants use it."""

import asyncio
import json
import os
import sys
import threading
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest

from chainrule import check_derivation
from chainrule.servers.mcp_server import NO_CODE

mcp = pytest.importorskip("mcp", reason="needs the SDK of the Model Context Protocol: pip install -e '.[mcp]'")
pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs processes that fork")
SOURCES = Path(__file__).parents[2] / "src"
WRONG = r"$$\frac{d}{dx} \tanh x = 1 - \tanh x$$"
CUBE = "import numpy as np\ndef f(x):\n    return np.sum(x**3)\ndef f_gradient(x):\n    return 3 * x**2"


@contextmanager
def connected(*options):
    """A function that calls a tool of a server in a process of its own; its answer is the SDK's result."""
    loop, opened, done = asyncio.new_event_loop(), threading.Event(), asyncio.Event()
    session = None
    command = mcp.StdioServerParameters(
        command=sys.executable, args=["-m", "chainrule", "mcp", *options], env={"PYTHONPATH": str(SOURCES)}
    )

    async def main():
        nonlocal session
        try:
            with open(os.devnull, "w", encoding="utf-8") as nowhere:
                async with mcp.stdio_client(command, nowhere) as streams, mcp.ClientSession(*streams) as session:
                    await session.initialize()
                    opened.set()
                    await done.wait()
        finally:
            opened.set()

    thread = threading.Thread(target=loop.run_until_complete, args=(main(),))
    thread.start()
    opened.wait(60)

    def call(method, *arguments):
        return asyncio.run_coroutine_threadsafe(getattr(session, method)(*arguments), loop).result(120)

    try:
        yield call
    finally:
        loop.call_soon_threadsafe(done.set)
        thread.join(60)
        loop.close()


@pytest.fixture(scope="module")
def closed():
    with connected() as call:
        yield call


@pytest.fixture(scope="module")
def allowing():
    with connected("--allow-code") as call:
        yield call


def answer(call, tool, **arguments):
    found = call("call_tool", tool, arguments)
    assert not found.is_error, found.content[0].text
    assert json.loads(found.content[0].text) == found.structured_content
    return found.structured_content


def refusal(call, tool, **arguments):
    found = call("call_tool", tool, arguments)
    assert found.is_error
    return found.content[0].text.removeprefix(f"Error executing tool {tool}: ")


def is_alive(call):
    return answer(call, "check_step", formulas=["1 + 1", "2"])["report"]["exit_code"] == 0


def test_the_tools_have_descriptions_and_schemas(closed):
    tools = {tool.name: tool for tool in closed("list_tools").tools}
    assert list(tools) == ["check_derivation", "check_step", "prove_identity", "check_gradient"]
    for tool in tools.values():
        assert tool.description
        assert tool.annotations.read_only_hint
        assert {"type", "properties", "required"} <= tool.output_schema.keys()
    step = tools["check_step"].output_schema["$defs"]["CheckedStep"]["properties"]
    assert {"line", "verdict", "point", "repair", "strict"} <= step.keys()


def test_a_derivation_is_answered_in_the_form_of_the_command(closed):
    found = answer(closed, "check_derivation", document=WRONG)
    assert found["report"] == json.loads(json.dumps(check_derivation(WRONG).to_json()))
    (step,) = found["report"]["steps"]
    assert step["point"]["numbers"]["left"] != step["point"]["numbers"]["right"]
    assert step["repair"]["new"] == r"(\tanh x)^{2}"
    assert found["declarations"] == "---\nx: number\n---\n"
    assert answer(closed, "check_derivation", document="$x$", format="latex")["report"]["format"] == "latex"


def test_a_step_takes_declarations(closed):
    found = answer(closed, "check_step", formulas=[r"(A B)^\top", r"A^\top B^\top", r"(B A)^\top"], declarations=
                   "A: matrix n n\nB: matrix n n")  # fmt: skip
    assert [(step["line"], step["verdict"]) for step in found["report"]["steps"]] == [(2, "wrong"), (3, "proved")]


def test_an_identity_of_formulas_needs_no_code(closed):
    shapes = {"W": ["m", "n"], "x": ["n"]}
    left, right = r"\|W x\|^2", r"x^\top W^\top W x"
    assert answer(closed, "prove_identity", left=left, right=right, shapes=shapes)["verdict"] == "proved"
    wrong = answer(closed, "prove_identity", left="x^2", right="x", shapes={"x": []}, domains={"x": "positive"})
    numbers = wrong["differences"][0]["numbers"]
    assert numbers["left"] == pytest.approx(numbers["values"]["x"][0] ** 2, rel=1e-5)  # six digits of x are told


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("check_gradient", {"code": CUBE, "inputs": [[1.0]]}),
        ("prove_identity", {"left": "x", "right": "x", "shapes": {"x": []}, "language": "python"}),
    ],
)
def test_a_server_runs_no_code_unless_it_may(closed, tool, arguments):
    assert refusal(closed, tool, **arguments) == NO_CODE
    assert "chainrule mcp --allow-code" in NO_CODE


def test_code_is_checked_if_it_may_run(allowing):
    assert answer(allowing, "check_gradient", code=CUBE, inputs=[[1, 2.5]])["verdict"] == "pass"
    wrong = answer(allowing, "check_gradient", code=CUBE.replace("3 *", "2 *"), inputs=[[1, 2]])
    assert (wrong["verdict"], wrong["failures"][1]["numbers"]) == ("fail", [8.0, 12.0])
    shifted = {"left": "s(x + c)", "right": "s(x)", "shapes": {"x": ["n"], "c": []}, "language": "python"}
    code = "def s(x):\n    return np.exp(x - np.max(x)) / np.sum(np.exp(x - np.max(x)))"
    assert answer(allowing, "prove_identity", **shifted, code=code)["verdict"] == "proved"


FORMULAS = {
    "too long": ("check_derivation", {"document": "x" * 2_000_001}, "2000001 characters; documents of up to 2000000"),
    "no notebook": ("check_derivation", {"document": "{", "format": "notebook"}, "this notebook cannot be read"),
    "one side": ("check_step", {"formulas": ["x"]}, "expected two formulas or more"),
    "four axes": ("prove_identity", {"left": "x", "right": "x", "shapes": {"x": [1, 2, 3, 4]}}, "up to 3 axes, got 4"),
    "no shape": ("prove_identity", {"left": "x", "right": "x", "shapes": {"x": [-1]}}, "positive whole numbers"),
    "no kind": ("check_derivation", {"document": "x", "format": "word"}, "Input should be 'markdown', 'latex'"),
    "no text": ("check_step", {"formulas": 3}, "Input should be a valid list"),
    "no tool": ("run", {"code": "1"}, "Unknown tool"),
}


@pytest.mark.parametrize("name", FORMULAS)
def test_what_cannot_be_used_is_refused_with_the_reason(closed, name):
    tool, arguments, reason = FORMULAS[name]
    assert reason in refusal(closed, tool, **arguments)
    assert is_alive(closed)


ANSWERED = {
    "deep braces": "$$" + "{" * 10_000 + "x" + "}" * 10_000 + " = x$$",
    "a tower of powers": "$$x^{9^{9^{9^9}}} = 2$$",
    "a macro of itself": r"\newcommand{\a}{\a\a} $$\a = 1$$",
    "many members": "$$" + "x = " * 2000 + "x$$",
    "dollars": "$" * 100_001,
    "Python in a formula": "$$__import__('os').system('exit') = 1$$",
}


@pytest.mark.parametrize("name", ANSWERED)
def test_a_hostile_document_is_answered_or_refused_and_the_server_lives(closed, name):
    found = closed("call_tool", "check_derivation", {"document": ANSWERED[name]})
    if found.is_error:
        assert any(words in found.content[0].text for words in ("nested too deeply", "no result within"))
    else:
        assert found.structured_content["report"]["exit_code"] in (0, 1, 2)
    assert is_alive(closed)


CODES = {
    "an endless loop": ("while True: pass", "no result within 12 s"),
    "processes": ("import os\nwhile True: os.fork()", "code may not use files, processes or the network here: os.fork"),
    "a shell": ("import subprocess\nsubprocess.run('ls')", "here: subprocess.Popen"),
    "a file": ("open('/etc/passwd').read()", "here: open('/etc/passwd')"),
    "a new file": ("open('/tmp/new', 'w')", "here: open('/tmp/new')"),
    "memory": ("x = np.ones(10**11)", "it needs more than 1000 MB"),
    "the network": ("import socket\nsocket.socket()", "here: socket."),
    "an end": ("import os\nos._exit(0)", "the process ended itself without a result"),
    "the server": ("import os\nos.kill(os.getppid(), 9)", "here: os.kill"),
    "depth": ("x = " + "(" * 5000, "this is no Python: line 1"),
    "an error": ("1 / 0", "ZeroDivisionError: division by zero (line 1 of the code)"),
}


@pytest.mark.parametrize("name", CODES)
def test_hostile_code_ends_with_its_reason_and_the_server_lives(allowing, name):
    code, reason = CODES[name]
    assert reason in refusal(allowing, "check_gradient", code=code, inputs=[1.0])
    assert is_alive(allowing)


def test_what_code_prints_does_not_reach_the_protocol(allowing):
    loud = """
import os, sys
for k in range(1000):
    print("{}")
    sys.__stdout__.write("{}")
    os.write(1, b"{}")
for k in range(2):
    os.close(k)
"""
    assert answer(allowing, "check_gradient", code=loud + CUBE, inputs=[[2.0]])["verdict"] == "pass"
    assert is_alive(allowing)


def test_an_answer_that_code_has_forged_fits_the_schema_or_is_refused(allowing):
    forged = """
import os
for k in range(3, 99):
    try:
        os.write(k, b'{"result": {}}')
    except OSError:
        pass
os._exit(0)
"""
    assert refusal(allowing, "check_gradient", code=forged, inputs=[1.0])
    assert is_alive(allowing)


def test_calls_are_answered_side_by_side(allowing):
    def call(code, answers):
        answers.append(allowing("call_tool", "check_gradient", {"code": code, "inputs": [[1.0]]}))

    slow, quick = [], []
    thread = threading.Thread(target=partial(call, "import time\ntime.sleep(5)\n" + CUBE, slow))
    thread.start()
    call(CUBE, quick)
    assert (slow, quick[0].is_error) == ([], False)
    thread.join(60)
    assert not slow[0].is_error


def test_without_the_sdk_the_message_names_the_extra(monkeypatch):
    from chainrule.servers.mcp_server import mcp_server

    monkeypatch.setitem(sys.modules, "mcp.server.mcpserver", None)
    with pytest.raises(ImportError, match=r"the extra 'mcp': pip install 'chainrule\[mcp\]'"):
        mcp_server()
