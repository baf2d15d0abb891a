"""Tables for notebooks, which stand below scikit-learn's diagram of a fitted model."""

from collections.abc import Sequence
from html import escape
from typing import Any

MOST_ROWS = 100
"""Most rows of a table, since data may have thousands of columns."""


def html_table(caption: str, lines: Sequence[tuple[Any, str]]) -> str:
    """A table of names and texts, all escaped, which opens on a click.

    Parameters
    ----------
    caption : str
    lines : sequence of (name, text)
        Beyond a hundred, they are only counted.

    Examples
    --------
    >>> html_table("Columns", [("<b>", "3 categories")])
    '<details><summary>Columns (1)</summary><table><tr><th>&lt;b&gt;</th><td>3 categories</td></tr></table></details>'
    """
    rows = [f"<tr><th>{escape(str(name))}</th><td>{escape(text)}</td></tr>" for name, text in lines]
    more = f"<tr><td>and {len(rows) - MOST_ROWS} more</td></tr>" if len(rows) > MOST_ROWS else ""
    title = f"<summary>{escape(caption)} ({len(rows)})</summary>"
    return f"<details>{title}<table>{''.join(rows[:MOST_ROWS])}{more}</table></details>"
