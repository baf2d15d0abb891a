"""Defects of the checker itself, in words. None of them ends a document."""


def in_words(error: Exception) -> str:
    """The kind of an error and its message, on one line.

    >>> in_words(KeyError("x"))
    "KeyError: 'x'"
    """
    return " ".join(f"{type(error).__name__}: {error}".split())[:200]
