"""Samples in files: rows that are read a block at a time, in a fixed order.

`Blocks` opens files. `RowSource` is what a solver needs to know of them; `StoredRows` are chosen rows of one, which
fits take as they take an array; `OnDask` lets the workers of a cluster read them; `read_ahead` reads the next block
while the caller works on this one.
"""

from chainrule.storage.blocks import KINDS, Blocks, columns_of, vectors_of
from chainrule.storage.files import DataFileError
from chainrule.storage.on_dask import OnDask
from chainrule.storage.read_ahead import read_ahead
from chainrule.storage.source import RowSource, is_source
from chainrule.storage.stored_rows import StoredRows

__all__ = [
    "KINDS",
    "Blocks",
    "DataFileError",
    "OnDask",
    "RowSource",
    "StoredRows",
    "columns_of",
    "is_source",
    "read_ahead",
    "vectors_of",
]
