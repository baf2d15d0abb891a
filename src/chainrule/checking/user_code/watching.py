"""Notices what in a user's code may depend on more than the values of its inputs.

A proof holds for floats only if the code does with floats what it does with exact numbers. Code may ask which numbers
it got (`x.dtype`, `isinstance(x, float)`, `repr(x)`), may handle errors that only one kind of number raises, and may
depend on random numbers, on the clock, on files, or on how often it was called. `Watch` collects the names of such
reads.

- A call of a builtin is noticed when it happens: `type`, `isinstance`, `repr`, ... if an argument holds numbers, and
  `open`, `eval`, `globals`, ... always. The copied functions find these builtins in their globals.
- The code itself is searched, whether or not it runs there, for attributes such as `dtype`, for handlers of errors,
  `is`, formatted strings outside of `raise`, class patterns, writes to global and nonlocal names, and attributes that
  one function both reads and writes.
- Modules, functions and objects that are not copied are noticed unless they belong to one of `PURE`.
- Changes of lists, dicts and sets from outside of the function are noticed; arrays from outside are read-only.

Only the user's functions are searched; NumPy and chainrule may read what they want. A name that is noticed needlessly
costs a proof, never its truth. Not noticed is state that two methods pass through an attribute, as layers pass
residuals from forward to backward.
"""

import builtins
import dis
from collections.abc import Callable, Iterator
from functools import partial
from types import BuiltinFunctionType, CodeType, FunctionType, ModuleType
from typing import Any

import numpy as np

from chainrule.checking.user_code.numpy_names import StandIns
from chainrule.checking.user_code.places import Read


def _words(*lines: str) -> frozenset[str]:
    return frozenset(" ".join(lines).split())


PURE = _words(
    "abc builtins chainrule cmath collections copy dataclasses enum fractions functools itertools math numpy operator",
    "scipy types typing typing_extensions __future__",
)
"""Packages whose functions depend on their arguments alone."""

ATTRIBUTES = _words(
    # of arrays and their entries
    "dtype itemsize nbytes strides flags base ctypes data tobytes tofile dump dumps format format_map",
    # of NumPy
    "array2string array_repr array_str can_cast common_type geterr geterrcall getbufsize info isdtype isscalar load",
    "issubdtype may_share_memory memmap min_scalar_type mintypecode promote_types random result_type save savetxt",
    "shares_memory typename",
    # of the modules operator and functools
    "attrgetter is_ is_not methodcaller singledispatch singledispatchmethod",
)
"""Attributes that tell numbers of different kinds apart, or that depend on something else."""

SPECIAL_METHODS = _words(
    "__init__ __call__ __len__ __iter__ __getitem__ __setitem__ __name__ __version__ __init_subclass__ __post_init__",
    "__add__ __sub__ __mul__ __truediv__ __pow__ __neg__ __abs__ __matmul__ __enter__",
)
"""Attributes between double underscores that tell nothing about the kind of a number."""

HARMLESS = _words(
    "__build_class__ __debug__ __doc__ __loader__ __name__ __package__ __spec__ abs all any bool bytes classmethod",
    "complex dict divmod enumerate filter float frozenset int iter len list map max min next object pow property range",
    "reversed round set slice sorted staticmethod sum super tuple zip",
)
"""Builtins that treat numbers of all kinds alike, or let the number decide, as `float` does."""

ABOUT_ARGUMENTS = _words(
    "ascii callable dir format getattr hasattr hash id isinstance issubclass print repr str type vars"
)
"""Builtins that are noticed only if an argument holds numbers."""

MUTATORS = {
    list: "__setitem__ __delitem__ __iadd__ __imul__ append extend insert pop remove clear sort reverse",
    dict: "__setitem__ __delitem__ __ior__ pop popitem clear update setdefault",
    set: "__iand__ __ior__ __isub__ __ixor__ add discard remove pop clear update intersection_update "
    "difference_update symmetric_difference_update",
}
"""Methods that change a container."""


class Watch:
    """Collects in `reads` the names of what copied functions read beside the values of their inputs."""

    def __init__(self, names: StandIns, reads: set[Read], of: Callable[[Any], Any]) -> None:
        self._names, self._reads, self._of = names, reads, of
        self.builtins = {name: self._builtin(name, value) for name, value in vars(builtins).items()}
        """The builtins of copied functions."""
        self._originals = {id(self.builtins[name]): value for name, value in vars(builtins).items()}
        self._replaced = {id(value): self.builtins[name] for name, value in vars(builtins).items()}
        self._containers = {base: self._watched(base, names.split()) for base, names in MUTATORS.items()}

    def builtin(self, value: Any) -> Any:
        """The stand-in of a builtin that was given another name; None for other values."""
        stand_in = self._replaced.get(id(value))
        return stand_in if callable(value) and stand_in is not value else None

    def container(self, value: Any) -> Any:
        """A copy of a list, dict or set that notices changes; an array that refuses them."""
        if isinstance(value, np.ndarray):
            result = value.view()
            result.flags.writeable = False
            return result
        made = [made for base, made in self._containers.items() if type(value) is base]
        return made[0](value) if made else value

    def uncopied(self, value: Any) -> None:
        """Notice a module, a function or an object that runs as it is."""
        has_name = isinstance(value, type | FunctionType | BuiltinFunctionType | ModuleType)
        name = str(value.__name__ if has_name else type(value).__name__)
        owner = value.__self__ if isinstance(value, BuiltinFunctionType) else value
        module = owner.__name__ if isinstance(owner, ModuleType) else _module_of(owner)
        # An iterator and a random generator have a state; `np.vectorize` calls a function that is not copied.
        has_state = hasattr(type(value), "__next__") or module.startswith("numpy.random") or type(value) is np.vectorize
        is_pure = module.partition(".")[0] in PURE and not has_state
        if not is_pure or (name in ATTRIBUTES and callable(value)):
            self._reads.add(Read(name))

    def code(self, code: CodeType) -> None:
        """Notice what the instructions of a function can read, and those of the functions defined inside it."""
        for name, line in _reads_in(code, frozenset(code.co_freevars)):
            self._reads.add(Read.at(name, code.co_filename, line))

    def _builtin(self, name: str, value: Any) -> Any:
        is_error = isinstance(value, type) and issubclass(value, BaseException)
        if name in HARMLESS or is_error or not callable(value):
            return value
        if name == "__import__":
            return lambda *arguments, **options: self._of(value(*arguments, **options))
        if name == "str":
            return _Text("str", (str,), {"noticed": staticmethod(partial(self._noticed, name))})
        return partial(self._call, name, value)

    def _noticed(self, name: str, arguments: tuple[Any, ...]) -> None:
        asks = any(isinstance(x, str) and _tells(x) for x in arguments) and name in ("getattr", "hasattr")
        if name not in ABOUT_ARGUMENTS or asks or self._names.has_numbers(*arguments):
            self._reads.add(Read.by_caller(name))

    def _call(self, name: str, function: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
        self._noticed(name, arguments)
        return function(*map(self._original, arguments), **options)

    def _original(self, argument: Any) -> Any:
        """Builtins instead of their stand-ins, as in isinstance(x, (str, type))."""
        if isinstance(argument, tuple):
            return tuple(map(self._original, argument))
        return self._originals.get(id(argument), argument)

    def _watched(self, base: type, mutators: list[str]) -> type:
        def noticing(name: str) -> Callable[..., Any]:
            original = getattr(base, name)

            def method(container: Any, *arguments: Any, **options: Any) -> Any:
                self._reads.add(Read.by_caller(f"a {base.__name__} from outside"))
                return original(container, *arguments, **options)

            return method

        return type(base.__name__, (base,), {name: noticing(name) for name in mutators})


class _Text(type):
    """The class `str`, whose calls are noticed."""

    noticed: Callable[[tuple[Any, ...]], None]

    def __call__(cls, *arguments: Any, **options: Any) -> str:
        cls.noticed(arguments)
        return str(*arguments, **options)

    def __instancecheck__(cls, instance: Any) -> bool:
        return isinstance(instance, str)


def _module_of(value: Any) -> str:
    return str(getattr(value, "__module__", None) or type(value).__module__)


def _tells(attribute: str) -> bool:
    is_special = attribute.startswith("__") and attribute.endswith("__") and attribute not in SPECIAL_METHODS
    return is_special or attribute in ATTRIBUTES


def _reads_in(code: CodeType, from_outside: frozenset[str]) -> Iterator[tuple[str, int | None]]:
    instructions = list(dis.get_instructions(code))
    loaded: set[tuple[Any, str]] = set()
    for i, now in enumerate(instructions):
        name, before = str(now.argval), instructions[max(i - 1, 0)]
        line = now.positions.lineno if now.positions else None
        match now.opname:
            case "LOAD_ATTR" | "LOAD_METHOD" | "LOAD_SUPER_ATTR" | "IMPORT_FROM":
                loaded.add((_object_on_top(before), name))
                if _tells(name):
                    yield name, line
            case "STORE_ATTR" | "DELETE_ATTR" if (_object_on_top(before), name) in loaded:
                yield f"attribute {name}, read and written", line
            case "STORE_GLOBAL" | "DELETE_GLOBAL":
                yield f"global {name}", line
            case "STORE_DEREF" | "DELETE_DEREF" if name in from_outside:
                yield f"nonlocal {name}", line
            case "PUSH_EXC_INFO" if instructions[i + 1].opname != "WITH_EXCEPT_START":
                yield "except", line
            case "MATCH_CLASS":
                yield "class pattern", line
            case "IS_OP" if before.opname != "LOAD_CONST":
                yield "is", line
            case "FORMAT_VALUE" | "FORMAT_SIMPLE" | "FORMAT_WITH_SPEC" if not _is_raised(instructions[i:]):
                yield "formatted string", line
            case "BINARY_OP" if now.argrepr in ("%", "%=") and any("%" in str(text) for text in code.co_consts):
                yield "formatted string", line
    if code.co_name == "__exit__":
        yield "except", code.co_firstlineno
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _reads_in(constant, from_outside)


def _object_on_top(before: dis.Instruction) -> Any:
    """The name of the object whose attribute follows; None in `self.count += 1`, which copies the object first."""
    if before.opname in ("COPY", "SWAP"):
        return None
    return before.argval[-1] if isinstance(before.argval, tuple) else before.argval


def _is_raised(instructions: list[dis.Instruction]) -> bool:
    """True if the text that the first instruction makes goes into an error."""
    return next((i.opname for i in instructions if i.opname.startswith(_ENDS)), "") == "RAISE_VARARGS"


_ENDS = ("RAISE_VARARGS", "RETURN", "STORE", "POP_TOP", "POP_JUMP", "JUMP", "FOR_ITER", "YIELD", "COMPARE", "CONTAINS")
