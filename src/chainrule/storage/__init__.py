"""Samples in files: rows that are read a block at a time, in a fixed order.

`Blocks` opens files. `RowSource` is what a solver needs to know of them.
"""

from chainrule.storage.blocks import Blocks
from chainrule.storage.files import DataFileError
from chainrule.storage.source import RowSource, is_source

__all__ = ["Blocks", "DataFileError", "RowSource", "is_source"]
