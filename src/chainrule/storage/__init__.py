"""Samples in files: rows that are read a block at a time, in a fixed order.

`RowSource` is what a solver needs to know of them.
"""

from chainrule.storage.source import RowSource, is_source

__all__ = ["RowSource", "is_source"]
