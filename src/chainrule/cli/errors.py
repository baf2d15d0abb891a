"""Errors that end a command with one line on standard error."""


class CommandError(Exception):
    """An error that ends the command: a message of one line for the user, and the exit status."""

    def __init__(self, message: str, status: int = 1) -> None:
        super().__init__(message)
        self.status = status


def one_line(error: object) -> str:
    """The message of an error without line breaks."""
    text = " ".join(str(error).split())
    return text[:300] if text else type(error).__name__
