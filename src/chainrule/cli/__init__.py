"""The command line: `chainrule train | predict | evaluate | trace | check | grade | check-code | rules | derive | ...`.

Exit status: 0 done, 1 something is wrong with the data, a file or the model, 64 wrong usage, 130 interrupted. The
checks add 2 and 3. Results go to standard output; progress and errors (one line each) go to standard error.
"""

import io
import re
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import typer
from typer.core import TyperGroup

from chainrule.cli.check import check
from chainrule.cli.check_code import check_code
from chainrule.cli.convert import convert
from chainrule.cli.derive import derive
from chainrule.cli.evaluate import evaluate
from chainrule.cli.export import export
from chainrule.cli.grade import grade
from chainrule.cli.lsp import lsp
from chainrule.cli.mcp import mcp
from chainrule.cli.output import USAGE, CommandError, extra_arguments, near_names, note, one_line
from chainrule.cli.predict import predict
from chainrule.cli.rules import rules
from chainrule.cli.summary import summary
from chainrule.cli.trace import trace
from chainrule.cli.train import train_app

INTERRUPTED = 130


class _TrainFirst(TyperGroup):
    """The commands, beginning with the one that users need first."""

    def list_commands(self, ctx: Any) -> list[str]:
        return sorted(super().list_commands(ctx), key=lambda name: name != "train")


app = typer.Typer(
    name="chainrule",
    help="Classifiers whose gradients are formulas.",
    cls=_TrainFirst,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
for command in (predict, evaluate, trace, check, grade, check_code, rules, derive, summary, convert, export, mcp, lsp):
    app.command()(command)
app.add_typer(train_app, name="train")


@app.callback(invoke_without_command=True)
def _options(version: bool = typer.Option(False, "--version", help="Print the version and stop.")) -> None:
    if version:
        from chainrule import __version__
        from chainrule.kernels.compiling import described

        print(__version__)
        print(described())
        raise typer.Exit


def main(argv: list[str] | None = None) -> int:
    """Run a command; the console script's entry point.

    Parameters
    ----------
    argv : list of str, optional
        The words after the program's name; by default, the arguments of this process.

    Returns
    -------
    int
        The exit status.
    """
    words = _with_command_for_code(sys.argv[1:] if argv is None else argv)
    for stream in (sys.stdout, sys.stderr):
        # Print characters that the terminal's encoding lacks as escapes; without this, they would end the command.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        status = app(args=words, prog_name="chainrule", standalone_mode=False)
        print(end="", flush=True)
        return int(status or 0)
    except (KeyboardInterrupt, typer.Abort):
        return INTERRUPTED
    except BrokenPipeError:
        # The program that reads our output, such as `head`, has closed the pipe.
        sys.stdout = None
        return 0
    except CommandError as error:
        return _fail(error, error.status)
    except OSError as error:
        _drop_failing_output()
        named = error.filename is not None and error.strerror is not None
        return _fail(f"{error.filename}: {error.strerror}" if named else error)
    except (ImportError, ValueError, FloatingPointError, MemoryError) as error:
        return _fail(error)
    except Exception as error:
        # Usage errors of Typer and Click have `format_message`. Any other exception is a defect of chainrule.
        if not hasattr(error, "format_message"):
            raise
        if hasattr(error, "possibilities"):
            error.possibilities = near_names(getattr(error, "option_name", ""), error.possibilities)
        # `chainrule` without a command ends here too: an empty message after the help text.
        message = error.format_message().replace("Value error, ", "")  # a prefix of Pydantic
        if "unexpected extra argument" in message:
            message = f"{extra_arguments(message)}; put a glob of several files in quotes, as in 'new/*.png'"
        return _fail(CommandError(message + _value_given(error, words)), USAGE) if message else USAGE


def _with_command_for_code(words: list[str]) -> list[str]:
    """`check package.module:function` as `check-code`, which it was before documents had a command of their own."""
    is_code = any(re.fullmatch(r"[^\W\d][\w.]*:[^\W\d][\w.]*", word) and not Path(word).exists() for word in words[1:])
    if words[:1] != ["check"] or not is_code:
        return words
    note("`chainrule check` is for documents; use `chainrule check-code` for code")
    return ["check-code", *words[1:]]


def _value_given(error: Exception, words: list[str]) -> str:
    """The value of the option that a usage error names, as a suffix, unless the message contains the value."""
    message, options = str(error), getattr(getattr(error, "param", None), "opts", [])
    for word, following in pairwise([*words, ""]):
        name, equals, value = word.partition("=")
        value = value if equals else following
        if name in options and value and repr(value) not in message:
            return f", got {value!r}"
    return ""


def _drop_failing_output() -> None:
    """Drop standard output if it cannot be written; otherwise Python would try again at exit, and complain."""
    try:
        print(end="", flush=True)
    except OSError:
        sys.stdout = None


def _fail(error: object, status: int = 1) -> int:
    print(f"error: {one_line(error)}", file=sys.stderr)
    return status
