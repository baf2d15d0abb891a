"""Errors that end a command with one line on standard error."""


class CommandError(Exception):
    """What went wrong, in one line, for the person at the terminal, and the exit status."""

    def __init__(self, message: str, status: int = 1) -> None:
        super().__init__(message)
        self.status = status
