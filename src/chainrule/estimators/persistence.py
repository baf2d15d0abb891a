"""Model files: a fitted estimator in one file that executes nothing when it is loaded, whatever the file contains.

A model file is a zip archive in NumPy's .npz format, which ``np.load(path)`` opens without allow_pickle: one member is
a JSON description, the others are arrays named for the attributes that hold them (see `model_archive`).

The checksum detects damage; anybody can compute it, so it does not identify the author of the file. Loading is safe
because nothing is unpickled, only listed classes are built (see `saveable`), and sizes are checked before memory is
allocated. The predictions of a stranger's model are still the stranger's choice.

Why this is not skops or safetensors: skops 0.16 loads what the tests of hostile files refuse. A file of 126 kB took
256 MB (it unpacks compressed members); 1 of 300 flipped bits passed (no checksum); a pipeline kept its `memory`, whose
cache unpickles; a OneHotEncoder whose attributes contradict one another, and so writes outside its arrays, was built;
and a model with a `Rule` asks the reader to trust functions by their names. safetensors holds neither strings nor
dates, and has no checksum. Files of version 0.1 must load in any case, so the reading half stays: only the encoder
and the archive's writer, about a fifth of the statements of the five modules here, could go, for an adapter and a
second set of such checks.
"""

import json
import os
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from chainrule import __version__
from chainrule.estimators.model_archive import FORMAT, FORMAT_VERSION, MANIFEST, Reader, write_archive
from chainrule.estimators.object_tree import AnyArray, Decoder, Encoder, ModelFileError, require
from chainrule.estimators.saveable import name_of, register_saveable

__all__ = ["ModelFileError", "load", "load_with_about", "read_about", "register_saveable", "save"]


def save(estimator: Any, path: str | os.PathLike[str], *, about: dict[str, Any] | None = None) -> Path:
    """Write a fitted estimator to a file, which `load` reads back.

    The estimator may be one of chainrule's, one of scikit-learn's scalers, encoders and imputers, its TruncatedSVD, a
    ColumnTransformer or Pipeline of these, or an instance of a class given to `register_saveable`. A pandas Index is
    loaded as a list of labels. Two parameters that matter only for fitting are loaded as None: `memory` of a pipeline,
    and `callbacks`.

    The file is written completely or not at all: a reader sees the old file or the new one, even if the disk fills up.

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
        The path of the file.

    Raises
    ------
    TypeError
        If a file cannot hold the value of an attribute, such as a function. The message names the attribute, and
        nothing is written.
    ValueError
        If containers are nested too deeply, or contain themselves.
    OSError
        If the file cannot be written. An earlier file at `path` is unchanged.

    Examples
    --------
    >>> import os, tempfile
    >>> from chainrule.estimators import load, read_about, save
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
    encoder = Encoder(reserved=[MANIFEST])
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

    An estimator that was saved with another version of scikit-learn causes an InconsistentVersionWarning.

    Parameters
    ----------
    path : path

    Returns
    -------
    estimator
        It has the attributes that it was saved with. On the same machine, and with the same versions of chainrule, its
        libraries and numba, or without numba as before, it predicts the same bits.

    Raises
    ------
    ModelFileError
        If the file is not a model, is truncated or damaged, was written in a newer format, or names a class that may
        not be loaded. ModelFileError is a ValueError.
    OSError
        If the file cannot be read, such as FileNotFoundError if there is none.

    Examples
    --------
    >>> import os, tempfile
    >>> from chainrule import SoftmaxRegression
    >>> model = SoftmaxRegression().fit([[0.0], [1.0], [3.0]], ["low", "low", "high"])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     load(save(model, os.path.join(folder, "levels.model"))).predict([[4.0]])
    array(['high'], dtype='<U4')
    """
    return load_with_about(path)[0]


def load_with_about(path: str | os.PathLike[str]) -> tuple[Any, dict[str, Any]]:
    """The estimator and the notes that `save` was given, in one reading; errors as in `load`."""
    estimator, about = _read(path, "estimator", "about")
    return estimator, about


def read_about(path: str | os.PathLike[str]) -> dict[str, Any]:
    """The notes that `save` was given, without the estimator.

    Parameters
    ----------
    path : path

    Returns
    -------
    dict
        Empty if `save` was given none.

    Raises
    ------
    ModelFileError, OSError
        As raised by `load`.

    Examples
    --------
    >>> import os, tempfile
    >>> from sklearn.preprocessing import StandardScaler
    >>> scaler = StandardScaler().fit([[0.0], [2.0]])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     read_about(save(scaler, os.path.join(folder, "scaler.model"), about={"rows": 2}))
    {'rows': 2}
    """
    about: dict[str, Any] = _read(path, "about")[0]
    return about


def _read(path: str | os.PathLike[str], *names: str) -> list[Any]:
    """Entries of the manifest of a file, the notes last; errors become a ModelFileError that names the file."""
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        expected = "expected a model file, which `save` or `chainrule train` writes"
        raise OSError(error.errno, f"{error.strerror or error}; {expected}", str(path)) from None
    try:
        reader = Reader(data)
        estimator = reader.manifest["estimator"]
        require(isinstance(estimator, dict) and "$object" in estimator, "it holds no estimator")
        values = [Decoder(reader.array).value(reader.manifest[name]) for name in names]
        require(isinstance(values[-1], dict), "its notes are malformed")
    except ModelFileError as error:
        raise ModelFileError(f"cannot load {path}: {_one_line(str(error))}") from None
    except (MemoryError, Warning):  # warnings are errors if the user has asked for that
        raise
    except Exception as error:  # a damaged or hostile file may lead to any error
        reason = _one_line(f"{type(error).__name__}: {error}")
        raise ModelFileError(f"cannot load {path}: it is malformed ({reason})") from error
    return values


def _write(path: Path, arrays: Mapping[str, AnyArray]) -> None:
    """Write the archive to a temporary file beside `path`, and rename it when it is complete."""
    from chainrule.storage.files import replacing  # SciPy comes with it, which reading does without

    try:
        with replacing(path) as file:
            write_archive(file, arrays)
    except OSError as error:
        raise OSError(error.errno, f"could not save the model to {path}: {error.strerror or error}") from error


def _one_line(text: str) -> str:
    return " ".join(text.split())[:300]
