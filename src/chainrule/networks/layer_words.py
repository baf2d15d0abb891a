"""The words for layers.

`conv 32 8x8 stride 2` is read as `Conv(32, 8, stride=2)`, which is written as the same words. The name of a layer comes
first. Then come its required values in order, then its options in any order. The fields of the layer's dataclass
declare these words by `value`, `option` and `switch`.
"""

import difflib
from abc import ABC, abstractmethod
from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import Field, dataclass, fields
from typing import Any, TypeVar

from chainrule.networks.layers import Layer
from chainrule.rules.registry import activation_names, layer_words


def written(value: Any) -> str:
    """A value as one word: a pair of whole numbers as 3x5.

    >>> written((3, 5)), written("same")
    ('3x5', 'same')
    """
    pair = isinstance(value, tuple | list) and all(isinstance(part, int) for part in value)
    return "x".join(map(str, value)) if pair else str(value)


@dataclass(frozen=True)
class Form:
    """How a word is read as a value, and how a value is written as a word.

    Parameters
    ----------
    example : str
        Completes "expected the number of filters, ..." in messages.
    read : callable
        Takes the word; raises ValueError for a word of another form.
    write : callable, optional
        Takes the value.

    Examples
    --------
    >>> whole = Form("a whole number", int)
    >>> whole.read("8"), whole.write(8)
    (8, '8')
    """

    example: str
    read: Callable[[str], Any]
    write: Callable[[Any], str] = written


@dataclass(frozen=True)
class Word:
    """The words of one field: a value, a name with a value, or a name that makes the field False."""

    name: str = ""
    form: Form | None = None
    about: str = ""
    """The meaning of the value, for messages."""


def _read_count(word: str) -> int:
    if not word.isdecimal():
        raise ValueError
    return int(word)


def _read_size(word: str) -> Any:
    parts = tuple(map(_read_count, word.split("x")))
    if len(parts) > 2:
        raise ValueError
    return parts[0] if len(parts) == 1 else parts


COUNT = Form("a whole number", _read_count)
SIZE = Form("such as 3 or 3x5", _read_size)
PAIR = Form("such as 3 or 3x5", _read_size, lambda size: written((size, size) if isinstance(size, int) else size))
PADDING = Form(
    "such as 3, 3x5, same, valid or full",
    lambda word: word if word in ("same", "valid", "full") else _read_size(word),
)
NAME = Form("such as mish or selu", str)
NUMBER = Form("a number", float, "{:g}".format)
RATE = Form("a number from 0 to below 1", float, "{:g}".format)


def value(form: Form, about: str) -> dict[str, Word]:
    """The metadata of a field with a required value.

    Parameters
    ----------
    form : Form
    about : str
        The meaning of the value, for messages.

    Examples
    --------
    `LayerSpec` has a class with such a field.

    >>> value(Form("a whole number", int), "the width")["word"].about
    'the width'
    """
    return {"word": Word("", form, about)}


def option(name: str, form: Form, about: str) -> dict[str, Word]:
    """The metadata of a field written as a name and a value; at its default it is not written.

    Parameters
    ----------
    name : str
    form : Form
    about : str
        The meaning of the value, for messages.

    Examples
    --------
    >>> option("stride", Form("a whole number", int), "the stride")["word"].name
    'stride'
    """
    return {"word": Word(name, form, about)}


def switch(name: str) -> dict[str, Word]:
    """The metadata of a field that is True unless these words are given.

    Examples
    --------
    >>> switch("no bias")["word"].name
    'no bias'
    """
    return {"word": Word(name)}


@dataclass(frozen=True)
class LayerSpec(ABC):
    """The description of a layer, a frozen dataclass. It is written in words, and makes the layer for an input shape.

    The metadata of its fields say which words follow the name: `value`, `option` and `switch`. Such words work in
    `network_of_layers`, in `ConvClassifier`, in traces and in model files. The networks of `MLPClassifier` and
    `TabularClassifier` have fixed layers; `MLPClassifier` takes a rule as its activation.

    Examples
    --------
    >>> from dataclasses import dataclass, field
    >>> from chainrule import rules
    >>> from chainrule.networks import Form, Layer, LayerSpec, Parameter, layers_of, register_layer, unregister_layer
    >>> from chainrule.networks import value
    >>> @register_layer("steepness")
    ... @dataclass(frozen=True)
    ... class Steepness(LayerSpec):
    ...     start: int = field(metadata=value(Form("a number", int), "the first factor"))
    ...     def layer(self, in_shape):
    ...         factor = Parameter("slope", (), initial=lambda stream, shape: self.start)
    ...         return Layer(rules.scaled_sigmoid, (factor,), in_shape, in_shape)
    >>> str(layers_of("steepness 3, linear 2", (4,))[0]), str(Steepness(5))
    ('steepness 3', 'steepness 5')
    >>> unregister_layer("steepness")
    """

    @abstractmethod
    def layer(self, in_shape: tuple[int, ...]) -> Layer:
        """The layer, for inputs of a shape: (features,), or (channels, height, width)."""

    def __str__(self) -> str:
        mine = vars(self).items()
        names = [name for name, (spec, preset) in LAYERS.items() if spec is type(self) and preset.items() <= mine]
        words = names[:1]
        for one, word in _worded(type(self)):
            given = getattr(self, one.name)
            if word.form is None:
                words += [] if given else [word.name]
            elif not word.name:
                words.append(word.form.write(given))
            elif given != one.default:
                words.append(f"{word.name} {word.form.write(given)}")
        return " ".join(words)


LAYERS: dict[str, tuple[type[LayerSpec], Mapping[str, Any]]] = {}
"""The class and the preset fields of every name that words may begin with."""

Class = TypeVar("Class", bound=type[LayerSpec])


def register_layer(*names: str, **preset: Any) -> Callable[[Class], Class]:
    """A decorator: read words that begin with one of these names as an object of the class, with the fields `preset`.

    Objects are written with the first of the names, and may be in model files.

    Raises
    ------
    ValueError
        If a layer or an activation has one of the names already, or if words could not begin with it: a name is one
        word or two, in lower case.

    Parameters
    ----------
    *names : str
        Names of the layer, the one that it is written with first.
    **preset
        Values that these names imply, of fields of the class that have no words.

    Returns
    -------
    callable
        The decorator, which returns the class itself.

    Examples
    --------
    `LayerSpec` has an example of a class of one's own.

    >>> from chainrule import networks
    >>> from chainrule.networks.stack import specs_of
    >>> same = networks.register_layer("averages", average=True)(networks.Pool)
    >>> specs_of("averages 3")
    (Pool(kernel=3, stride=None, padding=0, average=True),)
    >>> networks.unregister_layer("averages")
    """

    def register(spec: Class) -> Class:
        for name in names:
            words = name.lower().replace(",", " ").split()
            if not 1 <= len(words) <= 2 or name != " ".join(words):
                raise ValueError(f"expected a name of one or two words in lower case without commas, got {name!r}")
            if name in LAYERS or name in activation_names():
                raise ValueError(f"a layer named {name!r} exists already; choose another name, or unregister that one")
            LAYERS[name] = spec, preset
            layer_words.add(name)
        return spec

    return register


def unregister_layer(*names: str) -> None:
    """Forget the layers of these names.

    Raises
    ------
    KeyError
        If a name is not known.

    Examples
    --------
    >>> unregister_layer("squeeze")
    Traceback (most recent call last):
        ...
    KeyError: "no layer is registered as 'squeeze'"
    """
    for name in names:
        if name not in LAYERS:
            raise KeyError(f"no layer is registered as {name!r}")
        del LAYERS[name]
        layer_words.discard(name)


def read(text: str, names: Mapping[str, tuple[type[LayerSpec], Mapping[str, Any]]]) -> LayerSpec:
    """The layer that one piece of text names.

    Raises
    ------
    ValueError
        For words that are not understood; the message quotes them and lists the known ones.

    Examples
    --------
    >>> from chainrule.networks import Conv
    >>> read("conv 32 8x8 pad same", LAYERS) == Conv(32, (8, 8), padding="same")
    True
    """
    left = text.lower().split()
    name = next((name for name in (" ".join(left[:2]), left[0]) if name in names), None)
    if name is None:
        close = difflib.get_close_matches(left[0], names, 1)
        hint = f"did you mean {close[0]!r}? " if close else ""
        layers = ", ".join(name for name in names if name in LAYERS)
        activations = ", ".join(name for name in names if name not in LAYERS)
        raise ValueError(
            f"{text!r}: no layer is called {left[0]!r}; {hint}layers are {layers}; activations are {activations}"
        )
    del left[: len(name.split())]
    spec, preset = names[name]
    found = dict(preset)
    optional = {}
    for one, word in _worded(spec):
        if word.name:
            optional[word.name] = one, word
        else:
            found[one.name] = _take(text, left, word)
    while left:
        given = next((name for name in optional if left[: len(name.split())] == name.split()), None)
        if given is None:
            raise ValueError(f"{text!r}: {' '.join(left)!r} is not understood here{_hint(left, names, optional)}")
        del left[: len(given.split())]
        one, word = optional[given]
        found[one.name] = word.form is not None and _take(text, left, word)
    return spec(**found)


def _hint(left: list[str], names: Container[str], optional: Iterable[str]) -> str:
    """The comma that the words may lack, or the option that they may mean, and all options."""
    layer = next((name for name in (" ".join(left[:2]), left[0]) if name in names), None)
    if layer is not None:
        return f"; a comma stands between layers: write ', {layer}'"
    known, close = ", ".join(optional), difflib.get_close_matches(left[0], list(optional), 1)
    meant = f"; did you mean {close[0]!r}?" if close else ";"
    return f"{meant} there are {known}" if known else ""


def _take(text: str, left: list[str], word: Word) -> Any:
    assert word.form is not None
    if not left:
        raise ValueError(f"{text!r}: expected {word.about}, and the words end")
    try:
        return word.form.read(left[0])
    except ValueError:
        raise ValueError(f"{text!r}: expected {word.about}, {word.form.example}, got {left[0]!r}") from None
    finally:
        del left[0]


def _worded(spec: type[LayerSpec]) -> list[tuple[Field[Any], Word]]:
    return [(one, one.metadata["word"]) for one in fields(spec) if "word" in one.metadata]
