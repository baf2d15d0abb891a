"""Build values from the trees that `object_tree` describes. Nothing in a tree is executed, imported or unpickled."""

import base64
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from chainrule.estimators.object_tree import (
    DEPTH,
    TYPES,
    AnyArray,
    ModelFileError,
    is_key,
    registered_rule,
    require,
    simple_dtype,
)
from chainrule.estimators.saveable import class_of, fault


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
        name = tree["$object"]
        cls = class_of(name) if isinstance(name, str) else None
        if cls is None:
            raise ModelFileError(
                f"it names the class {str(name)[:80]!r}, which may not be loaded; "
                "register_saveable allows classes of your own"
            )
        complete = set(tree) == {"$object", "state"} and isinstance(tree["state"], dict)
        require(complete, f"an object of class {name} has no state")
        state = {key: self.value(item, depth + 1) for key, item in tree["state"].items()}
        reason = fault(name, state)
        require(reason is None, str(reason))
        instance: Any = cls.__new__(cls)  # type: ignore[call-overload]
        if hasattr(instance, "__setstate__"):
            instance.__setstate__(state)
        else:
            instance.__dict__.update(state)
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
        if text == "U" and type(value) is str:
            return np.str_(value)
        if text == "S" and type(value) is bytes:
            return np.bytes_(value)
        dtype = simple_dtype(text)
        numeric = dtype.kind in "biuf" and type(value) in (bool, int, float)
        require(numeric, f"a scalar of dtype {text} is malformed")
        return dtype.type(value)

    def _random_state(self, payload: Any, depth: int) -> np.random.RandomState:
        state = self.value(payload, depth + 1)
        key, position = state["state"]["key"], state["state"]["pos"]
        # NumPy reads key[pos] without looking at pos.
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
        require(rule is not None, f"it needs the rule {payload!r}; register that first")
        return rule


# scikit-learn's own default for a missing value is this very NaN, and some code asks for identity.
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
