"""The archive of a model file: members, sizes and the checksum.

    chainrule.json.npy    the bytes of a JSON text: versions, notes, and the estimator as a tree (see `object_tree`)
    <attribute>.npy       an array of numbers, dates, or strings of fixed width
    comment               "sha256:" and the hexadecimal SHA-256 of the whole file, computed with 64 zeros in its place

Nothing is compressed. Trained weights hardly shrink, and a reader that refuses compression never takes more memory than
the size of the file explains.
"""

import hashlib
import io
import json
import math
import os
import re
import zipfile
from collections.abc import Mapping
from typing import IO, Any

import numpy as np

from chainrule import __version__
from chainrule.estimators.object_tree import INTEGER_BITS, AnyArray, ModelFileError, require, simple_dtype

FORMAT = "chainrule model"
FORMAT_VERSION = 1
MANIFEST = "chainrule.json"

_LABEL, _ZEROS = b"sha256:", b"0" * 64
_MEMBER = re.compile(r"[A-Za-z0-9_.\[\]-]{1,200}\.npy")
_NPY_HEADER = re.compile(
    rb"\{'descr': '([^']{1,40})', 'fortran_order': (True|False), "
    rb"'shape': \(((?:\d{1,18}, )*(?:\d{1,18},?)?)\), \} *\n"
)


def write_archive(file: IO[bytes], arrays: Mapping[str, AnyArray]) -> None:
    """Write the arrays and the checksum to an empty file, open for reading and writing; the manifest comes first."""
    with zipfile.ZipFile(file, "w") as archive:
        for name, array in arrays.items():
            member = zipfile.ZipInfo(f"{name}.npy")  # dated 1980, so that equal models make equal files
            member.external_attr = 0o644 << 16
            with archive.open(member, "w", force_zip64=True) as stream:
                np.lib.format.write_array(stream, np.asarray(array), version=(1, 0), allow_pickle=False)
        archive.comment = _LABEL + _ZEROS
    file.seek(0)
    digest = hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]
    file.seek(-len(_ZEROS), os.SEEK_END)
    file.write(digest.encode())


class Reader:
    """The members of an archive, each checked before memory is taken for it.

    Raises
    ------
    ModelFileError
        If the bytes are not a model file, are incomplete, damaged or malformed, or in a newer format. Hostile bytes may
        also raise other errors from zipfile, json or NumPy.
    """

    def __init__(self, data: bytes) -> None:
        _verify(data)
        self._archive = zipfile.ZipFile(io.BytesIO(data))
        members = self._archive.infolist()
        self._members = {member.filename: member for member in members}
        self._arrays: dict[str, AnyArray] = {}
        require(len(self._members) == len(members), "it has two members of one name")
        for name, member in self._members.items():
            require(_MEMBER.fullmatch(name), f"it has a member named {name[:80]!r}")
            require(member.compress_type == zipfile.ZIP_STORED, f"its member {name!r} is compressed")
        claimed = sum(member.file_size for member in members)
        require(claimed <= len(data), "its members claim more bytes than it has")
        self.manifest = self._read_manifest()

    def array(self, name: Any) -> AnyArray:
        """The array of that name; further calls return the same array."""
        if name not in self._arrays:
            member = self._members.get(f"{name}.npy") if isinstance(name, str) else None
            if member is None:
                raise ModelFileError(f"its array {name!r} is missing")
            with self._archive.open(member) as stream:
                self._arrays[name] = _read_array(stream, name, member.file_size)  # type: ignore[arg-type]  # a ZipExtFile
        return self._arrays[name]

    def _read_manifest(self) -> dict[str, Any]:
        text = self.array(MANIFEST)
        require(text.dtype == np.uint8 and text.ndim == 1, "its manifest is malformed")
        manifest = json.loads(text.tobytes(), parse_int=_integer, parse_constant=_constant)
        if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
            raise ModelFileError("it is not a chainrule model")
        number: Any = manifest.get("version")
        require(type(number) is int and number >= 1, "its format version is malformed")
        require(
            number <= FORMAT_VERSION,
            f"it was written in the newer format {number} by chainrule {str(manifest.get('chainrule'))[:20]}; "
            f"chainrule {__version__} reads format {FORMAT_VERSION}",
        )
        return manifest


def _verify(data: bytes) -> None:
    """Check that the file is complete and undamaged, before anything in it is interpreted."""
    name = f"{MANIFEST}.npy".encode()
    begins = b"PK\3\4".startswith(data[:4]) and name.startswith(data[30 : 30 + len(name)])
    ends = data[: -len(_ZEROS)].endswith(_LABEL)
    require(data, "it is empty")
    require(begins or ends, "it is not a chainrule model")
    require(ends, "it is truncated, or was rewritten by another program: its checksum is missing")
    digest = hashlib.sha256(memoryview(data)[: -len(_ZEROS)])
    digest.update(_ZEROS)
    checksum = digest.hexdigest().encode()
    require(checksum == data[-len(_ZEROS) :], "it is damaged: its checksum does not match")
    require(begins, "it is not a chainrule model")


def _read_array(stream: zipfile.ZipExtFile, name: str, size: int) -> AnyArray:
    """Read an .npy member of `size` bytes, if its header explains every byte.

    NumPy's reader evaluates the header as a Python literal and allocates memory for any shape that it claims.
    """
    prefix = stream.read(10)
    header = stream.read(int.from_bytes(prefix[8:], "little"))
    match = _NPY_HEADER.fullmatch(header)
    if prefix[:8] != b"\x93NUMPY\1\0" or not match:
        raise ModelFileError(f"its array {name!r} has a malformed header")
    dtype = simple_dtype(match[1].decode("latin-1"))
    shape = tuple(int(length) for length in match[3].split(b",") if length.strip())
    count = size - len(prefix) - len(header)
    if dtype.itemsize == 0 or math.prod(shape) * dtype.itemsize != count:
        raise ModelFileError(f"its array {name!r} of {count} bytes claims the shape {shape} of dtype {dtype.str}")
    array = np.empty(shape, dtype, order="F" if match[2] == b"True" else "C")
    content = array.reshape(-1, order="A").view(np.uint8)
    require(stream.readinto(content) == count, f"its array {name!r} has not the size that the archive states")
    # Invalid booleans and characters would cause errors inside NumPy later.
    if dtype.kind == "b":
        require(content.max(initial=0) <= 1, f"its array {name!r} of booleans has other values")
    if dtype.kind == "U":
        largest = content.view(f"{dtype.byteorder}u4").max(initial=0)
        require(largest <= 0x10FFFF, f"its array {name!r} of strings has characters beyond Unicode")
    return array


def _integer(digits: str) -> int:
    if len(digits) > INTEGER_BITS // 3:
        raise ModelFileError(f"it has an integer of {len(digits)} digits")
    return int(digits)


def _constant(name: str) -> float:
    raise ModelFileError(f"its manifest is not JSON: it has {name}")
