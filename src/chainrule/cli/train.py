"""`chainrule train MODEL DATA`: fit a classifier to a data set, evaluate it on held-out samples, save it.

`chainrule train DATA`, with or without `--model MODEL`, is the older spelling: it becomes the newer one, by the model
that is named or by the kind of data, before anything else happens.
"""

import inspect
import itertools
import shlex
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

from chainrule.cli import torchrun
from chainrule.cli.completion import BUILT_IN, data_names
from chainrule.cli.made_with import DATA, differences, made_with
from chainrule.cli.output import USAGE, CommandError, did_you_mean, extra_arguments, note
from chainrule.cli.train_config import Config, RunRecord, written
from chainrule.cli.train_conv import ConvOptions, conv
from chainrule.cli.train_mlp import MLPOptions, mlp
from chainrule.cli.train_options import RunOptions, declared, for_pictures
from chainrule.cli.train_softmax import SoftmaxOptions, softmax
from chainrule.cli.train_tabular import TabularOptions, tabular

MODELS: dict[str, tuple[Callable[[Any, RunRecord], int], type[RunOptions]]] = {
    "softmax": (softmax, SoftmaxOptions),
    "mlp": (mlp, MLPOptions),
    "tabular": (tabular, TabularOptions),
    "conv": (conv, ConvOptions),
}
HELP = (
    "Train a classifier, evaluate it on held-out samples, and save it in one file.\n\n"
    "Without MODEL, a table that is read whole is fitted with tabular, unless an option is not for tabular; a folder "
    "of pictures is fitted with conv, and all other data with mlp. Write a file or folder that has the name of a model "
    "with its folder, as in ./mlp.\n\n"
    "Examples: `chainrule train data.csv --target COLUMN` for a table, which needs --target; `chainrule train FOLDER` "
    "for a folder with one folder of pictures per class; `chainrule train digits` for a built-in data set.\n\n"
    "`chainrule train MODEL --help` lists the options of a model; these options apply to all models:"
)
CONFIG, HINT = "chainrule configuration", "chainrule hint"
"""Where the context of a command keeps its configuration file, and a note on an older spelling."""


class ModelCommand(TyperCommand):
    """The command of a model, whose errors tell of the options of other models, and of the configuration file."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """The parsed words."""
        words = [*args]  # parsing empties the list
        try:
            return super().parse_args(ctx, args)
        except Exception as error:  # usage errors of Typer, which are recognised by what they have
            message = getattr(error, "format_message", str)()
            option, param = getattr(error, "option_name", None), getattr(error, "param", None)
            if option is not None and (others := _models_with(option)):
                raise CommandError(f"{option}: only for {' or '.join(others)}", status=USAGE) from None
            if "unexpected extra argument" in message:
                hints = [did_you_mean(word, MODELS) for word in words if not Path(word).exists()]
                if not any(hints) and (folder := _for_folder(words)):
                    raise CommandError(folder, status=USAGE) from None
                hint = next(filter(None, hints), "put a glob of several files in quotes")
                raise CommandError(f"{extra_arguments(message)}; {hint.strip()}", status=USAGE) from None
            if param is None or param.name is None:
                raise
            if param.name == "data" and Path(str(self.name)).exists():
                hint = f"{self.name} is the model; for the file or folder of this name write ./{self.name}"
                raise CommandError(f"{message} {hint}", status=USAGE) from None
            source = ctx.get_parameter_source(param.name)
            if source is not None and source.name == "DEFAULT_MAP":
                config, keys = ctx.meta[CONFIG]
                value = ctx.lookup_default(param.name)
                got = "" if repr(value) in message else f", got {value!r}"
                raise config.error(keys[param.name], f"{message}{got}") from None
            raise


class ModelGroup(TyperGroup):
    """The commands of the models; words without a model's name at the beginning get it."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """The parsed words."""
        older = any(word == "--model" or word.startswith("--model=") for word in args)
        completing = ctx.resilient_parsing and not args  # a model or data
        if not completing and (older or not args or args[0] not in self.commands):
            args = self._with_model(ctx, args)
        return super().parse_args(ctx, args)

    def shell_complete(self, ctx: Any, incomplete: str) -> list[Any]:
        """The models and the data that begin so."""
        from typer.models import CompletionItem  # type: ignore[attr-defined]  # it is imported there, not listed

        return [*super().shell_complete(ctx, incomplete), *map(CompletionItem, data_names(incomplete))]

    def _with_model(self, ctx: Any, args: list[str]) -> list[str]:
        """The words, after the name of the model that an option, a file or the kind of data chooses."""
        every = {param.name: param for command in self.commands.values() for param in command.params}
        union = TyperCommand("train", params=[*(every | {param.name: param for param in self.params}).values()])
        context = type(ctx)(union, parent=ctx.parent, info_name="train", resilient_parsing=ctx.resilient_parsing)
        found, _, _ = union.make_parser(context).parse_args([*args])  # words alone: no value is looked at
        given = {name: value for name, value in found.items() if value}
        if "help" in given:
            return ["--help"]
        data, named = given.pop("data", None), given.pop("model", None)
        if named is not None and named not in MODELS:
            hint = f"{did_you_mean(named, MODELS)}expected {', '.join(MODELS)}"
            raise CommandError(f"--model: {hint}, got {named!r}", status=USAGE)
        if named is None and data in MODELS and not Path(data).exists():
            raise CommandError(f"name the model before the options: chainrule train {data} ...", status=USAGE)
        rest = _without_option("--model", args)
        model = named
        if model is None and "config" in given and not ctx.resilient_parsing:
            config = Config.read(Path(given["config"]), MODELS)
            model = config.model()
            given = config.words(None) | given
            data = data or given.get("data")
        if model is None:
            model = _model_for(data, [name.replace("-", "_") for name in given if name not in ("config", "data")])
            if model == "conv" and not ctx.resilient_parsing:
                note(f"{data} is a folder: conv is trained on its pictures")
        if named is not None:
            ctx.meta[HINT] = f"the model comes first now: chainrule train {shlex.join([model, *rest])}"
        return [model, *rest]


def _read_config(context: typer.Context, path: Path | None) -> Path | None:
    """Take the options of a configuration file as defaults."""
    if path is None or context.resilient_parsing:
        return path
    config, model = Config.read(path, MODELS), str(context.command.name)
    if config.sections and model not in config.sections:
        raise config.error(config.sections[0], f"there is a section [{config.sections[0]}], and none for {model}")
    options = {str(param.name): param for param in context.command.params if param.name != "config"}
    keys = {key.replace("-", "_"): key for key in config.words(model)}
    for name, key in keys.items():
        if name not in options:
            others = _models_with(f"--{key.replace('_', '-')}")
            known = [option.replace("_", "-") for option in options]
            reason = f"is for {' or '.join(others)}" if others else f"is unknown; {did_you_mean(key, known)}"
            raise config.error(key, f"the key {key!r} {reason}".rstrip("; "))
    values = config.words(model)
    context.default_map = {name: _as_words(config, key, values[key], options[name]) for name, key in keys.items()}
    context.meta[CONFIG] = config, keys
    return path


def _as_words(config: Config, key: str, value: Any, option: Any) -> Any:
    """A value of a configuration file as the command line would give it."""
    if getattr(option, "is_flag", False) or isinstance(value, bool):
        if getattr(option, "is_flag", False) and isinstance(value, bool):
            return value
        expected = "true or false" if getattr(option, "is_flag", False) else "a value"
        raise config.error(key, f"{key}: expected {expected}, got {value!r}")
    parts = value if isinstance(value, list) else [value]
    if not all(isinstance(part, str | int | float) for part in parts):
        raise config.error(key, f"{key}: expected numbers or strings, got {value!r}")
    words = list(map(str, parts))
    return words if getattr(option, "multiple", False) else ",".join(words)


ConfigFile = Annotated[
    Path | None,
    typer.Option(
        "--config",
        is_eager=True,
        callback=_read_config,
        help="A TOML file of options, which the command line overrides. Each training writes NAME.toml to repeat it.",
    ),
]


def _parameters(options: type[RunOptions]) -> list[inspect.Parameter]:
    """The fields of some options as parameters, which Typer turns into options."""
    return [
        inspect.Parameter(
            field.name,
            inspect.Parameter.KEYWORD_ONLY,
            default=inspect.Parameter.empty if field.default is MISSING else field.default,
            annotation=annotation,
        )
        for field, annotation in declared(options)
    ]


def _with_options(function: Callable[..., Any], parameters: Iterable[inspect.Parameter]) -> Callable[..., Any]:
    """The function with these parameters in the place of its **given."""
    own = [parameter for name, parameter in inspect.signature(function).parameters.items() if name != "given"]
    function.__signature__ = inspect.Signature([*own, *parameters])  # type: ignore[attr-defined]  # read by Typer
    return function


def _command(model: str, run: Callable[[Any, RunRecord], int], options: type[RunOptions]) -> Callable[..., int]:
    """The command of a model, with a parameter for each of its options."""

    @torchrun.one_of_many
    def command(*, context: typer.Context, config: ConfigFile = None, **given: Any) -> int:
        chosen = options(**given).resolved()
        now = made_with(chosen)
        _note_differences(context, chosen, now)
        record = RunRecord(written(model, chosen, now), _repeated(context))
        out = Path(str(chosen.out))
        before = _state(out)
        try:
            status = run(chosen, record)
        except KeyboardInterrupt as error:
            from chainrule.cli.output_files import checkpoint_of

            kept = [f"the model is saved to {out}"] if _state(out) != before else []
            if checkpoint_of(out).exists():
                kept.append(
                    f"{checkpoint_of(out)} holds the run so far, and the same command with --resume continues it"
                )
            words = f"interrupted: {'; '.join(kept)}" if kept else str(error) or "interrupted: nothing was saved"
            print(words, file=sys.stderr)
            raise
        if HINT in context.meta:
            note(context.meta[HINT])
        return status

    return _with_options(command, _parameters(options))


def _state(path: Path) -> tuple[int, int] | None:
    """The inode and the time of a file, which differ if it is written anew; None without a file."""
    return (path.stat().st_ino, path.stat().st_mtime_ns) if path.exists() else None


def _note_differences(context: typer.Context, options: RunOptions, now: dict[str, str]) -> None:
    """Print what differs from the run that wrote the configuration file, where the model file depends on it."""
    if CONFIG not in context.meta:
        return
    config, _ = context.meta[CONFIG]
    same_data = config.words(str(context.command.name)).get("data") == options.data
    kept = {name: value for name, value in now.items() if same_data or name != DATA}
    if told := differences(config.made_with, kept, options.data):
        note(f"this run differs from that of {config.path}: {told}; the model file may have other bytes")


def _repeated(context: typer.Context) -> frozenset[str]:
    """The options that only the configuration file gives, if the command line names another model file."""
    source = {name: str(getattr(context.get_parameter_source(name), "name", "")) for name in context.params}
    from_file = {name for name, value in source.items() if value == "DEFAULT_MAP"}
    return frozenset(from_file) if source["out"] == "COMMANDLINE" else frozenset()


def _for_folder(words: Sequence[str]) -> str:
    """The message for a word that is no model before a folder of pictures; empty if there is no such word."""
    for word, data in itertools.pairwise(words):
        if not Path(word).exists() and Path(data).is_dir():
            return f"there is no model {word!r}; for the folder of pictures: {for_pictures(data)}"
    return ""


def _models_with(option: str) -> list[str]:
    """The models that have an option."""
    return [
        model
        for model, (_, options) in MODELS.items()
        if option.removeprefix("--").replace("-", "_") in {field.name for field in fields(options)}
    ]


def _without_option(option: str, args: Iterable[str]) -> list[str]:
    """The words without an option and its value."""
    words, rest = iter(args), []
    for word in words:
        if word == option:
            next(words, None)
        elif not word.startswith(f"{option}="):
            rest.append(word)
    return rest


def _model_for(data: str | None, given: Iterable[str]) -> str:
    """The model that is not named: conv for folders, tabular for tables that are read whole, if it fits; else mlp."""
    if data is None or data in BUILT_IN:
        return "mlp"
    from chainrule.cli import array_files
    from chainrule.cli.block_files import is_in_blocks

    given, in_blocks = set(given), is_in_blocks(data)
    if Path(data).is_dir() and not in_blocks and given <= {field.name for field in fields(MODELS["conv"][1])}:
        return "conv"
    whole = not array_files.is_array_file(data) and not in_blocks
    return "tabular" if whole and given <= {field.name for field in fields(TabularOptions)} else "mlp"


def _common(
    *,
    model: Annotated[str | None, typer.Option("--model", hidden=True)] = None,
    config: ConfigFile = None,
    **given: Any,
) -> None:
    """Options of all models, which the help of `chainrule train` shows."""


train_app = typer.Typer(cls=ModelGroup, subcommand_metavar="[MODEL] DATA")
train_app.callback(help=HELP)(_with_options(_common, [p for p in _parameters(RunOptions) if p.name != "data"]))
for name, (fitted, taken) in MODELS.items():
    about = "\n\n".join(" ".join(part.split()) for part in str(inspect.getdoc(fitted)).split("\n\n"))
    train_app.command(name, cls=ModelCommand, help=about, rich_help_panel="Models")(_command(name, fitted, taken))
