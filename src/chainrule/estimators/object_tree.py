"""Encode fitted estimators as trees of JSON with the arrays stored beside the tree, and build them from such trees.

null, booleans, integers, finite numbers, strings, lists, and dicts with plain string keys are themselves. Everything
else is a JSON object with one tag:

    {"$array": name}                 an array among those beside the tree
    {"$objects": [shape, values]}    an array of dtype object, in C order
    {"$scalar": [dtype, value]}      a NumPy number, string or bytes;  {"$element": name} of another dtype
    {"$float": "nan"}  {"$complex": [re, im]}  {"$bytes": base64}  {"$tuple": [...]}  {"$dict": [[key, value], ...]}
    {"$slice": [start, stop, step]}  {"$dtype": "<f8"}  {"$type": "numpy.float64"}  {"$missing": "pandas.NA"}
    {"$rule": name}                  a registered rule of chainrule
    {"$random_state": state}         a numpy.random.RandomState
    {"$object": class name, "state": {attribute: value}}

A tree has no references, so it has no cycles. An array that occurs twice is stored once; other shared objects become
equal copies. Saving and loading refuse other tags, and classes that `saveable` does not list. Nothing in a tree is
executed, imported or unpickled.
"""

import base64
import math
import re
import sys
from collections import UserList
from collections.abc import Callable, Iterable
from itertools import chain, count
from typing import Any, TypeAlias

import numpy as np

from chainrule import rules
from chainrule.arrays import in_numpy, is_sparse, library_of
from chainrule.estimators.saveable import CALLBACKS, FOR_FITTING_ONLY, class_of, fault, name_of
from chainrule.networks import Layer, LayerSpec
from chainrule.rules.rule import Rule

AnyArray: TypeAlias = np.ndarray[Any, Any]

DEPTH = 64
"""Largest number of levels of a tree; below Python's recursion limit in JSON's parser and here."""
INTEGER_BITS = 4096
"""Largest number of bits of an integer: the time to read one grows with the square of its length."""

AT_LOADING = "a module that does so is imported first; on the command line, --import MODULE"

_DTYPE = re.compile(r"[<>|][biufcmMSUO]\d{0,9}(\[\w{1,20}\])?")
_KEY_TYPES = (str, int, float, bool, complex, bytes, type(None), np.generic)


class ModelFileError(ValueError):
    """Raised if a file is not a model, is damaged, or names something that may not be loaded.

    Examples
    --------
    >>> import os, tempfile
    >>> from chainrule import load
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with open(os.path.join(folder, "notes.txt"), "w") as file:
    ...         _ = file.write("not a model")
    ...     try:
    ...         load(file.name)
    ...     except ModelFileError as error:
    ...         print(str(error).replace(folder, ""))
    cannot load /notes.txt: it is not a chainrule model
    """


def require(valid: object, reason: str) -> None:
    """Raise ModelFileError with the reason unless something is true."""
    if not valid:
        raise ModelFileError(reason)


TYPES: dict[str, type] = {
    "bool": bool,
    "bytes": bytes,
    "complex": complex,
    "float": float,
    "int": int,
    "object": object,
    "str": str,
    **{
        f"numpy.{found.__name__}": found
        for found in vars(np).values()
        if isinstance(found, type) and issubclass(found, np.generic) and not issubclass(found, np.void)
    },
}
"""The types that a parameter such as `dtype` may be, by name."""
_PARTS: dict[type, tuple[str, Callable[[Any], Any]]] = {
    bytes: ("$bytes", lambda value: base64.b64encode(value).decode()),
    complex: ("$complex", lambda value: [value.real, value.imag]),
    slice: ("$slice", lambda value: [value.start, value.stop, value.step]),
    tuple: ("$tuple", list),
}
"""By type: the tag, and the payload as a value that has a tree."""
_TYPE_NAMES = {cls: name for name, cls in TYPES.items()}


def simple_dtype(text: Any, *, objects: bool = False) -> np.dtype[Any]:
    """The dtype with this abbreviation: numbers, dates, strings of fixed width or, if allowed, objects."""
    if not isinstance(text, str) or not _DTYPE.fullmatch(text) or (text[1] == "O" and not objects):
        raise ModelFileError(f"its arrays may not have the dtype {text!r}")
    return np.dtype(text)


def _held(dtype: np.dtype[Any], what: str) -> str:
    """NumPy's abbreviation of a dtype that files may hold; `what` begins the error message for any other."""
    if not _DTYPE.fullmatch(dtype.str):
        raise TypeError(f"{what} dtype {dtype}, which a model file cannot hold")
    return dtype.str


class Encoder:
    """Encodes values as trees and collects their arrays by name, without the names in `reserved`.

    Examples
    --------
    >>> encoder = Encoder()
    >>> encoder.tree({"scale": (2, np.nan), 3: np.eye(2)}, "about")
    {'$dict': [['scale', {'$tuple': [2, {'$float': 'nan'}]}], [3, {'$array': 'about[3]'}]]}
    >>> list(encoder.arrays)
    ['about[3]']
    """

    def __init__(self, reserved: Iterable[str] = ()) -> None:
        self.arrays: dict[str, AnyArray] = {}
        self._names: dict[int, str] = {}
        self._taken = set(reserved)

    def tree(self, value: Any, path: str, depth: int = 0) -> Any:
        """The tree of `value`, which error messages call `path`.

        Raises
        ------
        TypeError
            If a part of it is of a class that files may not hold.
        ValueError
            If it is nested too deeply, or contains itself.
        """
        if depth > DEPTH:
            raise ValueError(f"{path} lies more than {DEPTH} levels deep; does it contain itself?")
        kind = type(value)
        if kind is int and value.bit_length() > INTEGER_BITS:
            raise ValueError(f"{path} is an integer of {value.bit_length()} bits; a file holds {INTEGER_BITS}")
        if value is None or kind in (str, bool, int):
            return value
        if kind is float:
            return value if math.isfinite(value) else {"$float": repr(value)}
        if kind is list:
            return self._items(value, path, depth)
        if kind in _PARTS:
            tag, parts = _PARTS[kind]
            return {tag: self.tree(parts(value), path, depth)}
        if kind is dict:
            return self._dict(value, path, depth)
        if kind in (np.ndarray, np.memmap):
            return self._array(value, path, depth)
        if isinstance(value, np.generic):
            return self._scalar(value, path, depth)
        if library_of(value) is not None:
            return self._array(in_numpy(value), path, depth)
        if isinstance(value, np.dtype):
            return {"$dtype": _held(value, f"{path} is the")}
        if isinstance(value, type) and value in _TYPE_NAMES:
            return {"$type": _TYPE_NAMES[value]}
        return self._object(value, path, depth)

    def _items(self, values: Any, path: str, depth: int) -> list[Any]:
        # Strings skip the call and the path, since there can be millions of them.
        return [
            value if type(value) is str else self.tree(value, f"{path}[{index}]", depth + 1)
            for index, value in enumerate(values)
        ]

    def _dict(self, value: dict[Any, Any], path: str, depth: int) -> Any:
        items = [(key, self.tree(item, f"{path}[{key!r}]", depth + 1)) for key, item in value.items()]
        if all(type(key) is str and not key.startswith("$") for key in value):
            return dict(items)
        for key in value:
            if not is_key(key):
                raise TypeError(f"{path} has the key {key!r}, {_describe(key)}; a file holds scalars as keys")
        return {"$dict": [[self.tree(key, f"a key of {path}", depth + 1), item] for key, item in items]}

    def _array(self, value: AnyArray, path: str, depth: int) -> Any:
        if value.dtype == object:
            return {"$objects": [list(value.shape), self._items(value.ravel().tolist(), path, depth)]}
        _held(value.dtype, f"{path} is an array of")
        return {"$array": self._named(value, path)}

    def _named(self, value: AnyArray, path: str) -> str:
        """The array's name: the path where it was found first, in characters that every file system allows."""
        if id(value) not in self._names:
            plain = re.sub(r"[^\w.\[\]-]", "_", path.removeprefix("estimator."), flags=re.ASCII)[:150] or "array"
            names = chain([plain], (f"{plain}-{number}" for number in count(2)))
            name = next(name for name in names if name.lower() not in self._taken)
            self._taken.add(name.lower())
            self._names[id(value)] = name
            self.arrays[name] = value  # keeps the array alive, and its id its own
        return self._names[id(value)]

    def _scalar(self, value: np.generic, path: str, depth: int) -> Any:
        is_text = isinstance(value, np.str_ | np.bytes_)
        if is_text or (value.dtype.kind in "biuf" and value.dtype.itemsize <= 8):
            dtype = value.dtype.kind if is_text else value.dtype.str
            return {"$scalar": [dtype, self.tree(value.item(), path, depth + 1)]}
        element = np.array(value)
        _held(element.dtype, f"{path} is of")
        return {"$element": self._named(element, path)}

    def _object(self, value: Any, path: str, depth: int) -> Any:
        name = name_of(type(value))
        if name is not None:
            state = value.__getstate__() or {}
            if type(state) is not dict or not all(type(key) is str for key in state):
                raise TypeError(f"{path}: the state of a saveable {name} must be a dict of attributes, got {state!r}")
            state = {key: item for key, item in state.items() if key != CALLBACKS}
            state |= dict.fromkeys(FOR_FITTING_ONLY.get(name, ()))
            reason = fault(name, state)
            if reason:
                raise TypeError(f"{path}: {reason}")
            attributes = {key: self.tree(item, f"{path}.{key}", depth + 1) for key, item in state.items()}
            return {"$object": name, "state": attributes}
        if type(value) is np.random.RandomState:
            state = value.get_state(legacy=False)
            if state["bit_generator"] == "MT19937":
                return {"$random_state": self.tree(state, path, depth + 1)}
        if isinstance(value, UserList) and type(value).__module__.startswith("sklearn."):
            # Some versions keep the remaining columns in a list that warns when it is used.
            return self._items(value.data, path, depth)
        pandas: Any = sys.modules.get("pandas")
        if pandas and isinstance(value, pandas.Index):
            return self._items(value.tolist(), path, depth)
        if pandas and value is pandas.NA:
            return {"$missing": "pandas.NA"}
        if type(value) is Rule and registered_rule(value.name) is value:
            return {"$rule": value.name}
        raise TypeError(f"{path} is {_describe(value)}, which a model file cannot hold{_advice(value)}")


class Decoder:
    """Builds values from trees; `array` gives the array of a name.

    Examples
    --------
    >>> Decoder({"table": np.arange(3)}.__getitem__).value({"$tuple": [1, {"$array": "table"}]})
    (1, array([0, 1, 2]))
    >>> Decoder({}.__getitem__).value({"$object": "os.system", "state": {}})  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    chainrule.estimators.object_tree.ModelFileError: it names the class 'os.system', which may not be loaded; ...
    """

    def __init__(self, array: Callable[[str], AnyArray]) -> None:
        self._array = array

    def value(self, tree: Any, depth: int = 0) -> Any:
        """The value of a tree.

        Raises
        ------
        ModelFileError
            If the tree has an unknown tag, names a class that is not listed, or is nested too deeply. Malformed
            payloads of known tags may raise any error, and build nothing.
        """
        if depth > DEPTH:
            raise ModelFileError(f"it is nested more than {DEPTH} levels deep")
        if isinstance(tree, list):
            return [self.value(item, depth + 1) for item in tree]
        if not isinstance(tree, dict):
            return tree
        if "$object" in tree:
            return self._object(tree, depth)
        tag = next((key for key in tree if key.startswith("$")), None)
        if tag is None:
            return {key: self.value(item, depth + 1) for key, item in tree.items()}
        require(tag in _BUILDERS and len(tree) == 1, f"it has an unknown tag, {tag!r}")
        return _BUILDERS[tag](self, tree[tag], depth)

    def _object(self, tree: dict[str, Any], depth: int) -> Any:
        name, state = tree["$object"], tree.get("state")
        cls = class_of(name) if isinstance(name, str) else None
        if cls is None:
            raise ModelFileError(
                f"it names the class {str(name)[:80]!r}, which may not be loaded; "
                f"register_saveable allows classes of your own, and networks.register_layer layers ({AT_LOADING})"
            )
        if len(tree) != 2 or not isinstance(state, dict):
            raise ModelFileError(f"an object of class {name} has no state")
        state = {key: self.value(item, depth + 1) for key, item in state.items()}
        reason = fault(name, state)
        require(reason is None, str(reason))
        instance: Any = cls.__new__(cls)  # type: ignore[call-overload]
        if hasattr(instance, "__setstate__"):
            instance.__setstate__(state)
        else:
            vars(instance).update(state)
        return instance

    def _dict(self, pairs: Any, depth: int) -> dict[Any, Any]:
        built = {}
        for key_tree, item in pairs:
            key = self.value(key_tree, depth + 1)
            # Hashing nested tuples is unguarded recursion in C, so deep keys could end the process.
            require(is_key(key), "a dict has a key that is not a scalar")
            built[key] = self.value(item, depth + 1)
        return built

    def _objects(self, payload: Any, depth: int) -> AnyArray:
        shape, values = payload
        valid = len(shape) <= 64 and all(type(length) is int and length >= 0 for length in shape)
        fits = valid and math.prod(shape) == len(values)
        require(fits, f"an array of {len(values)} objects claims the shape {shape}")
        return np.fromiter((self.value(item, depth + 1) for item in values), object, len(values)).reshape(shape)

    def _scalar(self, payload: Any, depth: int) -> Any:
        text, tree = payload
        value = self.value(tree, depth + 1)
        if (text, type(value)) in (("U", str), ("S", bytes)):
            return np.dtype(text).type(value)
        dtype = simple_dtype(text)
        numeric = dtype.kind in "biuf" and type(value) in (bool, int, float)
        require(numeric, f"a scalar of dtype {text} is malformed")
        return dtype.type(value)

    def _random_state(self, payload: Any, depth: int) -> np.random.RandomState:
        state = self.value(payload, depth + 1)
        key, position = state["state"]["key"], state["state"]["pos"]
        # NumPy reads key[position] without a check of its bounds.
        valid = key.shape == (624,) and key.dtype == np.uint32 and type(position) is int and 0 <= position <= 624
        require(valid and state["bit_generator"] == "MT19937", "the state of a random generator is malformed")
        random_state = np.random.RandomState(0)
        random_state.set_state(state)
        return random_state

    def _missing(self, payload: Any, depth: int) -> Any:
        require(payload == "pandas.NA", f"it has an unknown missing value, {payload!r}")
        import pandas

        return pandas.NA

    def _rule(self, payload: Any, depth: int) -> Any:
        rule = registered_rule(payload)
        require(rule is not None, f"it needs the rule {payload!r}; register that first ({AT_LOADING})")
        return rule


# scikit-learn's default for a missing value is np.nan itself, and some code compares with it by identity.
_FLOATS = {"nan": np.nan, "inf": math.inf, "-inf": -math.inf}
_BUILDERS: dict[str, Callable[[Decoder, Any, int], Any]] = {
    "$array": lambda decoder, payload, depth: decoder._array(payload),
    "$element": lambda decoder, payload, depth: decoder._array(payload)[()],
    "$bytes": lambda decoder, payload, depth: base64.b64decode(payload, validate=True),
    "$complex": lambda decoder, payload, depth: complex(*map(float, decoder.value(payload, depth + 1))),
    "$dict": Decoder._dict,
    "$dtype": lambda decoder, payload, depth: simple_dtype(payload, objects=True),
    "$float": lambda decoder, payload, depth: _FLOATS[payload],
    "$missing": Decoder._missing,
    "$objects": Decoder._objects,
    "$random_state": Decoder._random_state,
    "$rule": Decoder._rule,
    "$scalar": Decoder._scalar,
    "$slice": lambda decoder, payload, depth: slice(*(decoder.value(item, depth + 1) for item in payload)),
    "$tuple": lambda decoder, payload, depth: tuple(decoder.value(item, depth + 1) for item in payload),
    "$type": lambda decoder, payload, depth: TYPES[payload],
}


def is_key(key: Any) -> bool:
    """True if a dict in a file may have the key: a scalar, or a tuple of scalars."""
    return isinstance(key, _KEY_TYPES) or (type(key) is tuple and all(isinstance(item, _KEY_TYPES) for item in key))


def _advice(value: Any) -> str:
    """Advice on a value that a file cannot hold; empty if there is none."""
    then = f"the file names it, and what loads the file registers it, too ({AT_LOADING})"
    if type(value) is Rule:
        return f"; rules.register(rule) before saving allows it: {then}"
    if isinstance(value, LayerSpec):
        return f"; @networks.register_layer('name') before its class allows it: {then}"
    if isinstance(value, Layer):
        return (
            "; it is made of functions: give the layer in words, or as a LayerSpec whose class is registered by "
            "networks.register_layer; cloudpickle keeps such a model, in files that run code when they are loaded"
        )
    if is_sparse(value):
        return "; for the coefficients of a classifier, densify() makes an array"
    is_instance = hasattr(value, "get_params") and not isinstance(value, type)
    return "; if its attributes are data, register_saveable(its class) allows it" if is_instance else ""


def registered_rule(name: Any) -> Any:
    """The rule registered under that name, or None."""
    return rules.get(name) if name in rules.names() else None


def _describe(value: Any) -> str:
    if callable(value) and hasattr(value, "__name__"):
        kind = "class" if isinstance(value, type) else "function"
        home = getattr(value, "__module__", None)
        return f"the {kind} {home + '.' if home else ''}{value.__name__}"
    return f"of class {type(value).__module__}.{type(value).__qualname__}"
