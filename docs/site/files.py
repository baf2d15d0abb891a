"""Files that are written for a build."""

from __future__ import annotations

from pathlib import Path


def write_if_new(path: Path, text: str) -> None:
    """Write a text unless the file has it already, so that Sphinx does not read the page again."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")
