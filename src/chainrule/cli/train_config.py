"""Configuration files of `chainrule train`: a file gives options, and a training writes its own.

Keys are the names of options. Those at the top of a file are for every model, those in a section such as [mlp] for this
one. The command line wins over the file.
"""

import json
import re
import shlex
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chainrule.cli.made_with import TABLE
from chainrule.cli.output import USAGE, CommandError, did_you_mean, one_line
from chainrule.cli.train_options import RunOptions, declared

FIRST_WORDS = "# chainrule "
"""The beginning of each file that a training writes."""
UNRECORDED = ("overwrite", "resume", "run", "json")
"""Options that change neither the model nor the names of files."""


@dataclass(frozen=True)
class RunRecord:
    """The configuration file that a training writes."""

    text: str
    repeated: frozenset[str] = frozenset()
    """The options that name files of the run that is repeated with another model file; these files stay as they are."""


@dataclass(frozen=True)
class Config:
    """A configuration file."""

    path: Path
    text: str
    entries: Mapping[str, Any]

    @classmethod
    def read(cls, path: Path, models: Iterable[str]) -> "Config":
        """The file, whose sections must be named as models.

        Raises
        ------
        CommandError
            If the file is not TOML, or a section or a value has no meaning.
        OSError
            If the file cannot be read.
        """
        try:
            text = path.read_bytes().decode("utf-8-sig").replace("\r\n", "\n")
            config = cls(path, text, tomllib.loads(text))
        except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise CommandError(f"{path}: cannot be read as TOML: {one_line(error)}") from None
        models = list(models)
        for name in config.sections:
            if name not in models:
                hint = f"{did_you_mean(name, models)}sections are {', '.join(models)}"
                raise config.error(name, f"there is no model {name!r}; {hint}")
        named = config.entries.get("model")
        if named is not None and named not in models:
            raise config.error("model", f"expected {', '.join(models)}, got {named!r}")
        return config

    @property
    def sections(self) -> list[str]:
        """The names of the sections."""
        return [name for name, value in self.entries.items() if isinstance(value, dict) and name != TABLE]

    @property
    def made_with(self) -> Mapping[str, Any]:
        """The record of `made_with` for the run that wrote the file; empty if a user wrote it."""
        recorded = self.entries.get(TABLE)
        return recorded if isinstance(recorded, dict) else {}

    def model(self) -> str | None:
        """The model that the file names, or the only one that it has a section for.

        Raises
        ------
        CommandError
            If there are sections for several models, and none is named.
        """
        named: str | None = self.entries.get("model")
        if named is None and len(self.sections) > 1:
            first = self.sections[0]
            raise CommandError(
                f"{self.path} has sections for {', '.join(self.sections)}: name a model, as in `chainrule train "
                f"{first} --config {self.path}`",
                status=USAGE,
            )
        return named or next(iter(self.sections), None)

    def words(self, model: str | None) -> dict[str, Any]:
        """The values by key: those at the top of the file, then those of the model's section."""
        top = {key: value for key, value in self.entries.items() if not isinstance(value, dict) and key != "model"}
        return top | (self.entries.get(model, {}) if model else {})

    def error(self, key: str, message: str) -> CommandError:
        """A CommandError that names the file and the line of a key or a section."""
        section = re.escape(key)
        found = re.search(
            rf"^[ \t]*(?:\[[ \t]*{section}[ \t]*\]|[\"']?{section}[\"']?[ \t]*=)", self.text, re.MULTILINE
        )
        line = f", line {self.text[: found.start()].count(chr(10)) + 1}" if found else ""
        return CommandError(f"{self.path}{line}: {message}", status=USAGE)


def config_of(model: Path) -> Path:
    """The configuration file beside a model file: NAME.toml for NAME.chainrule."""
    return model.with_name(f"{model.stem if model.suffix != '.toml' else model.name}.toml")


def again(model: Path) -> str:
    """The command that repeats the training of a model file, and leaves its files as they are.

    >>> again(Path("voters.chainrule"))
    'chainrule train --config voters.toml --out voters-again.chainrule'
    """
    out = model.with_name(f"{model.stem}-again{model.suffix}")
    return shlex.join(["chainrule", "train", "--config", str(config_of(model)), "--out", str(out)])


def written(model: str, options: RunOptions, made_with: Mapping[str, str]) -> str:
    """The text of a configuration file with all options of a run, including defaults, and what it was made with."""
    lines = [
        f"{FIRST_WORDS}{made_with['chainrule']}; repeat the training: {again(Path(str(options.out)))}",
        f"[{model}]",
    ]
    for field, _ in declared(type(options)):
        if field.name not in UNRECORDED:
            key, value = field.name.replace("_", "-"), getattr(options, field.name)
            lines.append(f"# {key} is not given" if value is None else f"{key} = {_toml(value)}")
    lines += ["", f"[{TABLE}]", "# If one of these differs, or the machine, the model file may have other bytes."]
    return "\n".join([*lines, *(f"{name} = {_toml(value)}" for name, value in made_with.items()), ""])


def _toml(value: Any) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_toml, value))}]"
    if isinstance(value, bool | int | float):
        return str(value).lower() if isinstance(value, bool) else repr(value)
    # A string of JSON is one of TOML, apart from one character; a name of a file may be no text.
    text = json.dumps(str(value).encode("utf-8", "replace").decode(), ensure_ascii=False)
    return text.replace("\x7f", "\\u007f")
