"""Errors that end a command with one line on standard error."""

import difflib
from collections.abc import Iterable


class CommandError(Exception):
    """An error that ends the command: a message of one line for the user, and the exit status."""

    def __init__(self, message: str, status: int = 1) -> None:
        super().__init__(message)
        self.status = status


def one_line(error: object) -> str:
    """The message of an error without line breaks, at most 300 characters of it."""
    return " ".join(str(error).split())[:300] or type(error).__name__


def listed(names: Iterable[object], most: int = 20) -> str:
    """The first `most` names in quotes, and the number of the others."""
    names = list(names)
    return ", ".join(map(repr, names[:most])) + (f" and {len(names) - most} more" if len(names) > most else "")


def did_you_mean(word: str, names: Iterable[str]) -> str:
    """A question that suggests the name most similar to the word; empty if no name is similar."""
    close = difflib.get_close_matches(word, list(names), 1)
    return f"did you mean {close[0]!r}? " if close else ""
