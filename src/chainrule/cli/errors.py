"""Errors that end a command with one line on standard error."""


class CommandError(Exception):
    """What went wrong, in one line, for the person at the terminal."""
