"""The checks as tools of the Model Context Protocol, for assistants that write derivations and gradients."""

import asyncio
import json
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Annotated, Any, Literal

from chainrule import __version__
from chainrule.extras import import_extra
from chainrule.servers.child_process import FOR_CODE, FOR_FORMULAS, TaskFailed, prepare, result_of
from chainrule.servers.forms import CheckedForm, GradientForm, IdentityForm

NO_CODE = (
    "this server runs no code. A person can start it with `chainrule mcp --allow-code`; code then runs in a process "
    "without files, network and other processes"
)
INSTRUCTIONS = (
    "Checks derivations and gradients. Verdicts rest on proofs in exact numbers, or on a point that is told. Give "
    "declarations of names (`x: column n`, `W: matrix m n`, `c: number, positive`, `n: size`) where the text does not "
    "say what they are. `wrong` comes with numbers at which the sides differ."
)
Format = Literal["markdown", "latex", "notebook", "rst", "text"]
Language = Literal["latex", "python"]
Domain = Literal["real", "positive", "nonzero", "unit", "probabilities", "one-hot"]
Derivative = Literal["gradient", "jacobian", "pullback", "slope"]


def mcp_server(*, allow_code: bool = False) -> Any:
    """A server with the tools `check_derivation`, `check_step`, `prove_identity` and `check_gradient`.

    Parameters
    ----------
    allow_code : bool
        Whether tools may run Python code that they are given, in a process that is locked in (`code_lock`).

    Returns
    -------
    mcp.server.mcpserver.MCPServer
        ``run()`` serves on standard input and output.

    Raises
    ------
    ImportError
        If the SDK of the protocol is not installed.
    """
    sdk = import_extra("mcp.server.mcpserver", "mcp", "`chainrule mcp` needs the SDK of the Model Context Protocol")
    from mcp.server.mcpserver.exceptions import ToolError
    from mcp.types import CallToolResult, TextContent, ToolAnnotations

    at_once = asyncio.Semaphore(os.cpu_count() or 1)

    @asynccontextmanager
    async def prepared(_: Any) -> AsyncIterator[None]:
        await asyncio.to_thread(prepare)
        yield

    async def told(task: str, arguments: dict[str, Any], code: bool = False) -> Any:
        if code and not allow_code:
            raise ToolError(NO_CODE)
        try:
            async with at_once:
                found = await result_of(task, arguments, FOR_CODE if code else FOR_FORMULAS)
        except TaskFailed as error:
            raise ToolError(str(error)) from None
        return CallToolResult(content=[TextContent(type="text", text=json.dumps(found))], structured_content=found)

    server = sdk.MCPServer(
        "chainrule", version=__version__, instructions=INSTRUCTIONS, lifespan=prepared, log_level="WARNING"
    )
    tool: Callable[[Any], Any] = server.tool(annotations=ToolAnnotations(read_only_hint=True, open_world_hint=False))

    @tool
    async def check_derivation(
        document: str, format: Format | None = None, declarations: str = "", repairs: bool = True
    ) -> Annotated[CallToolResult, CheckedForm]:
        """Check each step of a written derivation: a document in Markdown, LaTeX, RST or text, or a notebook.

        Returns each relation with its line, verdict (proved, verified, wrong, true for some indices, undecided, ...),
        a message, the point where the sides differ as numbers, a change that makes it right, and how it was read
        (`strict`, `doubts`). `declarations` are lines such as `W: matrix m n`; the answer has a block of those guessed.
        """
        return await told(
            "check_document",
            {"text": document, "format": format, "declarations": declarations, "repairs": repairs},
        )

    @tool
    async def check_step(formulas: list[str], declarations: str = "") -> Annotated[CallToolResult, CheckedForm]:
        r"""Check a step, or a chain of steps: each formula in LaTeX is to equal the one before.

        A formula may begin with another relation, such as `\le`. Line k of the answer is formula k. Declare names whose
        kind matters: `x: column n`, `W: matrix m n`, `f(u) := u^2`; a name that is not declared is defined by its first
        equation.
        """
        return await told("check_chain", {"formulas": formulas, "declarations": declarations})

    @tool
    async def prove_identity(
        left: str,
        right: str,
        shapes: dict[str, list[int | str]],
        domains: dict[str, Domain] | None = None,
        language: Language = "latex",
        declarations: str = "",
        code: str = "",
    ) -> Annotated[CallToolResult, IdentityForm]:
        r"""Prove that two formulas are equal for all values of their arrays, or show numbers where they differ.

        `shapes` has the shape of each array, such as {"W": ["m", "n"], "x": ["n"], "c": []}. With language "latex", the
        sides are formulas, and `declarations` may define functions. With "python", they are expressions of NumPy (`np`)
        in the arrays and in what `code` defines; this needs a server that may run code.
        """
        if language == "python":
            given = {"left": left, "right": right, "shapes": shapes, "domains": domains, "code": code}
            return await told("prove_code", given, code=True)
        given = {"left": left, "right": right, "shapes": shapes, "domains": domains, "declarations": declarations}
        return await told("prove_formulas", given)

    @tool
    async def check_gradient(
        code: str,
        inputs: list[Any],
        function: str = "",
        derivative: str = "",
        form: Derivative | None = None,
        integers: list[int] | None = None,
    ) -> Annotated[CallToolResult, GradientForm]:
        """Check a derivative in Python code (NumPy) against its function; this needs a server that may run code.

        `code` defines both, by default as f and f_gradient, f_jacobian, f_pullback (of inputs and cotangent) or
        f_slope; else name them with `function`, `derivative` and `form`. `inputs` has a number or nested lists for each
        input; they become floats, but for those whose positions `integers` lists, such as labels. A proof for all
        inputs that take the same branches is tried first. Wrong entries come with both numbers, and the likely slip.
        """
        given = {"code": code, "inputs": inputs, "function": function, "derivative": derivative}
        return await told("check_code", {**given, "form": form or "", "integers": integers or []}, code=True)

    return server
