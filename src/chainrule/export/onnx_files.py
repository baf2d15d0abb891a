"""Files of ONNX models."""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from chainrule.export.onnx_models import Dtype, to_onnx
from chainrule.extras import import_extra
from chainrule.storage.files import replacing


def save_onnx(model: Any, path: str | os.PathLike[str], *, dtype: Dtype = "auto") -> Path:
    """Write the model that `to_onnx` makes to a file. The file is written completely or not at all.

    Parameters
    ----------
    model, dtype
        As in `to_onnx`.
    path : path
        An existing file is replaced.

    Returns
    -------
    Path
        The path of the file.

    Raises
    ------
    ImportError, TypeError, ValueError
        As raised by `to_onnx`.
    OSError
        If the file cannot be written. An earlier file at `path` is unchanged.

    Examples
    --------
    >>> import tempfile
    >>> from chainrule import SoftmaxRegression
    >>> model = SoftmaxRegression().fit([[0.0], [1.0], [2.0]], ["a", "b", "b"])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save_onnx(model, f"{folder}/levels.onnx").name
    'levels.onnx'
    """
    return write(to_onnx(model, dtype=dtype), path)


def write(exported: Any, path: str | os.PathLike[str]) -> Path:
    """Write a ModelProto to a file, which appears complete or not at all, and return its path."""
    with replacing(path) as file:
        file.write(exported.SerializeToString())
    return Path(path)


def described(values: Iterable[Any]) -> list[dict[str, Any]]:
    """The names, dtypes and shapes of inputs or outputs of a graph; ``"rows"`` stands for any number.

    Examples
    --------
    >>> from chainrule import SoftmaxRegression
    >>> model = SoftmaxRegression().fit([[0.0], [1.0], [2.0]], ["a", "b", "b"])
    >>> described(to_onnx(model).graph.output)[0]
    {'name': 'label', 'dtype': 'string', 'shape': ['rows']}
    """
    kinds = import_extra("onnx", "onnx", "files of ONNX models need onnx").TensorProto.DataType
    return [
        {
            "name": value.name,
            "dtype": kinds.Name(value.type.tensor_type.elem_type).lower(),
            "shape": [size.dim_param or size.dim_value for size in value.type.tensor_type.shape.dim],
        }
        for value in values
    ]
