"""Modules that extras install."""

from importlib import import_module
from typing import Any


def import_extra(module: str, extra: str, needs: str) -> Any:
    """A module that an extra installs.

    Raises
    ------
    ImportError
        If the module is missing. The message begins with `needs` and names the extra.

    Examples
    --------
    >>> import_extra("nowhere", "torch", "device='cuda' needs PyTorch")
    Traceback (most recent call last):
        ...
    ImportError: device='cuda' needs PyTorch, the extra 'torch': pip install 'chainrule[torch]'
    """
    try:
        return import_module(module)
    except ImportError:
        raise ImportError(f"{needs}, the extra {extra!r}: pip install 'chainrule[{extra}]'") from None
