"""Model files: a fitted estimator in one file that executes nothing when it is loaded, whatever the file contains.

A model file is a zip archive in NumPy's .npz format, which ``np.load(path)`` opens without allow_pickle:

    chainrule.json.npy    the bytes of a JSON text: versions, `about`, and the estimator as a tree (see `object_tree`)
    <attribute>.npy       an array of numbers, dates, or strings of fixed width
    comment               "sha256:" and the hexadecimal SHA-256 of the whole file, computed with 64 zeros in its place

The checksum finds damage; anybody can compute it, so it says nothing about who wrote the file. What makes loading safe
is that nothing is unpickled, that only listed classes are built (see `saveable`), and that sizes are checked before
memory is taken. What a stranger's model predicts is still the stranger's choice.
"""

from __future__ import annotations

import hashlib
import io
import json
import math
import os
import re
import secrets
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.metadata import version
from pathlib import Path
from typing import IO, Any

import numpy as np

from chainrule import __version__
from chainrule.estimators.object_tree import INTEGER_BITS, AnyArray, Decoder, Encoder, ModelFileError, simple_dtype
from chainrule.estimators.saveable import name_of, register_saveable

__all__ = ["ModelFileError", "load", "read_about", "register_saveable", "save"]

FORMAT = "chainrule model"
FORMAT_VERSION = 1
MANIFEST = "chainrule.json"

_LABEL, _ZEROS = b"sha256:", b"0" * 64
_MEMBER = re.compile(r"[A-Za-z0-9_.\[\]-]{1,200}\.npy")
_NPY_HEADER = re.compile(
    rb"\{'descr': '([^']{1,40})', 'fortran_order': (True|False), 'shape': \(((?:\d{1,18},? ?)*)\), \} *\n"
)
_ALWAYS_ALLOWED = 64 * 2**20
_EXPANSION = 200
_CHUNK = 2**20


def save(estimator: Any, path: str | os.PathLike[str], *, about: dict[str, Any] | None = None) -> Path:
    """Write a fitted estimator to a file, which `load` reads back.

    The estimator is chainrule's own, one of scikit-learn's scalers, encoders and imputers, a ColumnTransformer or a
    Pipeline of these, or of a class given to `register_saveable`. A pandas Index comes back as a list of labels. Two
    parameters that only matter while fitting come back as None: a pipeline's `memory`, and `callbacks`.

    The file appears complete or not at all: a reader sees the old one or the new one, also if the disk fills up.

    Parameters
    ----------
    estimator : estimator
    path : path
        An existing file is replaced.
    about : dict, optional
        Notes to keep with the model, such as where its data came from: strings, numbers, lists, dicts, arrays.

    Returns
    -------
    Path
        Of the file.

    Raises
    ------
    TypeError
        If an attribute holds what a file cannot, such as a function; it names the attribute, and nothing is written.
    ValueError
        If containers are nested too deeply, or contain themselves.
    OSError
        If the file cannot be written. What was at `path` before is unchanged.

    Examples
    --------
    >>> import os, tempfile
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> scaling = make_pipeline(StandardScaler()).fit([[0.0], [2.0], [4.0]])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = save(scaling, os.path.join(folder, "scaling.model"), about={"data": "three rows"})
    ...     load(path).transform([[2.0]]), read_about(path)["data"], np.load(path)["steps[0][1].mean_"]
    (array([[0.]]), 'three rows', array([2.]))
    """
    if name_of(type(estimator)) is None and not hasattr(estimator, "get_params"):
        raise TypeError(f"save: expected a fitted estimator, got {estimator!r}")
    if about is not None and not isinstance(about, dict):
        raise TypeError(f"about: expected a dict, got {about!r}")
    encoder = Encoder()
    manifest = {
        "format": FORMAT,
        "version": FORMAT_VERSION,
        "chainrule": __version__,
        "sklearn": version("scikit-learn"),
        "numpy": np.__version__,
        "about": encoder.tree(about or {}, "about"),
        "estimator": encoder.tree(estimator, "estimator"),
    }
    text = np.frombuffer(json.dumps(manifest, allow_nan=False).encode("ascii"), np.uint8)
    _write(Path(path), {MANIFEST: text, **encoder.arrays})
    return Path(path)


def load(path: str | os.PathLike[str]) -> Any:
    """Read the estimator in a file written by `save`. Nothing in the file is executed.

    An estimator that another version of scikit-learn saved comes with an InconsistentVersionWarning.

    Raises
    ------
    ModelFileError
        If the file is no model, is truncated or damaged, was written in a newer format, or names a class that may not
        be loaded. It is a ValueError.
    OSError
        If the file cannot be read.
    """
    data = Path(path).read_bytes()
    with _explained(path), _Reader(data) as reader:
        tree = reader.manifest["estimator"]
        if not isinstance(tree, dict) or "$object" not in tree:
            raise ModelFileError("it holds no estimator")
        return Decoder(reader.array).value(tree)


def read_about(path: str | os.PathLike[str]) -> dict[str, Any]:
    """The notes that `save` was given, without the estimator.

    Raises
    ------
    ModelFileError, OSError
        As `load` does.
    """
    data = Path(path).read_bytes()
    with _explained(path), _Reader(data) as reader:
        about = Decoder(reader.array).value(reader.manifest["about"])
        if not isinstance(about, dict):
            raise ModelFileError("its notes are malformed")
        return about


def _write(path: Path, arrays: dict[str, AnyArray]) -> None:
    """Write the archive beside `path`, and move it there when it is complete."""
    target = Path(os.path.realpath(path))  # where `path` is a link, the link stays
    temporary = target.with_name(f".chainrule-{secrets.token_hex(8)}")
    try:
        try:
            with open(temporary, "x+b") as file:
                _write_archive(file, arrays)
                file.seek(0)
                digest = hashlib.file_digest(file, "sha256").hexdigest()
                file.seek(-len(_ZEROS), os.SEEK_END)
                file.write(digest.encode())
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, target)
        except BaseException:
            with suppress(OSError):
                temporary.unlink()
            raise
    except OSError as error:
        raise OSError(error.errno, f"could not save the model to {path}: {error.strerror or error}") from error


def _write_archive(file: IO[bytes], arrays: dict[str, AnyArray]) -> None:
    with zipfile.ZipFile(file, "w") as archive:
        for name, array in arrays.items():
            member = zipfile.ZipInfo(f"{name}.npy")  # dated 1980, so that equal models make equal files
            member.external_attr = 0o644 << 16
            if name == MANIFEST and array.nbytes < _ALWAYS_ALLOWED // 2:  # so that _Reader's limit never refuses it
                member.compress_type = zipfile.ZIP_DEFLATED
            with archive.open(member, "w", force_zip64=True) as stream:
                np.lib.format.write_array(stream, np.asarray(array), version=(1, 0), allow_pickle=False)
        archive.comment = _LABEL + _ZEROS


class _Reader:
    """The members of an archive, each checked before memory is taken for it."""

    def __init__(self, data: bytes) -> None:
        _verify(data)
        self._archive = zipfile.ZipFile(io.BytesIO(data))
        members = self._archive.infolist()
        self._members = {member.filename: member for member in members}
        self._arrays: dict[str, AnyArray] = {}
        if len(self._members) < len(members):
            raise ModelFileError("it has two members of one name")
        for name, member in self._members.items():
            if not _MEMBER.fullmatch(name):
                raise ModelFileError(f"it has a member named {name[:80]!r}")
            if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                raise ModelFileError(f"its member {name!r} is compressed in an unknown way")
        if sum(member.file_size for member in members) > max(_ALWAYS_ALLOWED, _EXPANSION * len(data)):
            raise ModelFileError("it would take far more memory than its size accounts for")
        self.manifest = self._read_manifest()

    def __enter__(self) -> _Reader:
        return self

    def __exit__(self, *_: object) -> None:
        self._archive.close()

    def array(self, name: Any) -> AnyArray:
        """The array of that name, the same one each time."""
        if name not in self._arrays:
            member = self._members.get(f"{name}.npy") if isinstance(name, str) else None
            if member is None:
                raise ModelFileError(f"its array {name!r} is missing")
            with self._archive.open(member) as stream:
                self._arrays[name] = _read_array(stream, name, member.file_size)
        return self._arrays[name]

    def _read_manifest(self) -> dict[str, Any]:
        text = self.array(MANIFEST)
        if text.dtype != np.uint8 or text.ndim != 1:
            raise ModelFileError("its manifest is malformed")
        manifest = json.loads(text.tobytes(), parse_int=_integer, parse_constant=_constant)
        if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
            raise ModelFileError("it is not a chainrule model")
        number = manifest.get("version")
        if type(number) is not int or number < 1:
            raise ModelFileError("its format version is malformed")
        if number > FORMAT_VERSION:
            raise ModelFileError(
                f"it was written in the newer format {number} by chainrule {str(manifest.get('chainrule'))[:20]}; "
                f"chainrule {__version__} reads format {FORMAT_VERSION}"
            )
        return manifest


def _verify(data: bytes) -> None:
    """Check that the file is complete and undamaged, before anything in it is interpreted."""
    name = f"{MANIFEST}.npy".encode()
    begins = b"PK\3\4".startswith(data[:4]) and name.startswith(data[30 : 30 + len(name)])
    ends = data[: -len(_ZEROS)].endswith(_LABEL)
    if not data:
        raise ModelFileError("it is empty")
    if not begins and not ends:
        raise ModelFileError("it is not a chainrule model")
    if not ends:
        raise ModelFileError("it is truncated, or was rewritten by another program: its checksum is missing")
    digest = hashlib.sha256(memoryview(data)[: -len(_ZEROS)])
    digest.update(_ZEROS)
    if digest.hexdigest().encode() != data[-len(_ZEROS) :]:
        raise ModelFileError("it is damaged: its checksum does not match")
    if not begins:
        raise ModelFileError("it is not a chainrule model")


def _read_array(stream: IO[bytes], name: str, size: int) -> AnyArray:
    """Read an .npy member of `size` bytes, whose header has to account for every one of them.

    NumPy's reader evaluates the header as a Python literal and takes memory for whatever shape it claims.
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
    read = 0
    while read < count and (chunk := stream.read(min(_CHUNK, count - read))):
        content[read : read + len(chunk)] = np.frombuffer(chunk, np.uint8)
        read += len(chunk)
    if read < count or stream.read(1):
        raise ModelFileError(f"its array {name!r} has not the size that the archive states")
    # Values that no string or truth value has would surface later, as errors inside NumPy.
    if dtype.kind == "b" and count and content.max() > 1:
        raise ModelFileError(f"its array {name!r} of truth values has other values")
    if dtype.kind == "U" and count and content.view(f"{dtype.byteorder}u4").max() > 0x10FFFF:
        raise ModelFileError(f"its array {name!r} of strings has characters beyond Unicode")
    return array


def _integer(digits: str) -> int:
    if len(digits) > INTEGER_BITS // 3:
        raise ModelFileError(f"it has an integer of {len(digits)} digits")
    return int(digits)


def _constant(name: str) -> float:
    raise ModelFileError(f"its manifest is not JSON: it has {name}")


@contextmanager
def _explained(path: str | os.PathLike[str]) -> Iterator[None]:
    """Say which file is meant, and turn every error in reading it into a ModelFileError."""
    try:
        yield
    except ModelFileError as error:
        raise ModelFileError(f"cannot load {os.fspath(path)}: {error}") from None
    except (MemoryError, Warning):  # warnings are errors where the user asked for that
        raise
    except Exception as error:
        reason = " ".join(f"{type(error).__name__}: {error}".split())[:200]
        raise ModelFileError(f"cannot load {os.fspath(path)}: it is malformed ({reason})") from error
