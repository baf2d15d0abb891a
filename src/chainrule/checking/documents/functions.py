r"""Readers of scripts and functions: powers, primes, indices, layers; f(x), log x, softmax(x)_i, f(x) as a product."""

from dataclasses import replace
from fractions import Fraction

from chainrule.checking.documents.constructs import Constructs
from chainrule.checking.documents.derivatives import FRACTIONS
from chainrule.checking.documents.naming import SIGNED
from chainrule.checking.documents.tokens import closing, script
from chainrule.checking.documents.tree import (
    Big,
    Builtin,
    Call,
    Constant,
    Index,
    Name,
    Node,
    Number,
    Power,
    Prime,
    Product,
    Transpose,
)

_ELEMENTARY = {
    **{name: name for name in ("exp", "log", "tanh", "sech", "sinh", "cosh", "sin", "cos", "abs")},
    "ln": "log", "lg": "log",
}  # fmt: skip
_OF_MATRICES = {"diag": "diag", "tr": "tr", "trace": "tr"}
TEMPLATES = {
    "softmax": "softmax", "sigmoid": "sigmoid", "relu": "relu", "softplus": "softplus", "logsoftmax": "log-softmax",
    "logsumexp": "log-sum-exp", "lse": "log-sum-exp", "th": "th", "sign": "sign", "sgn": "sign", "onehot": "onehot",
    "logloss": "logloss",
}  # fmt: skip
_NOT_READ = {"det": "determinants are not read", "rank": "ranks are not read", "dim": "dimensions are not read"}
_CALL, _PRODUCT = ("call",), ("product",)
_CALL_FIRST, _PRODUCT_FIRST = ("call", "product"), ("product", "call")
"""Orders in which f(x) is tried as a call and as a product."""


class Functions(Constructs):
    """Readers of scripts and of applied functions."""

    def scripted(self, node: Node, since: int) -> Node:
        """Read the subscripts, powers, primes and transposes behind a primary."""
        while True:
            if self.accept("^"):
                node = Transpose(node) if self.transposing() else Power(node, self.exponent())
            elif self.accept("_"):
                self.require(not isinstance(node, Number | Big), "a subscript that is not read")
                node = Index(node, tuple(self.subscripts()))
            elif primes := self.primes():
                node = Prime(node, primes)
            else:
                return node
            node = self.placed(node, since)

    def primes(self) -> int:
        """Consume the primes that come next, and count them."""
        count = 0
        while self.at("'") or self.at("''"):
            count += len(self.take().text)
        return count

    def transposing(self) -> bool:
        """Consume ⊤, or a T that names no number, if the superscript is that."""
        braces = self.at("{")
        token = self.peek(int(braces))
        is_t = token.text == "⊤" or (token.kind == "name" and token.text == "T" and "T" not in self.vocabulary.scalars)
        if is_t and (not braces or self.at("}", 2)):
            self.position += 3 if braces else 1
            return True
        return False

    def exponent(self) -> Node:
        """Read a superscript, in plain text also (a + b) and -1 without braces."""
        if self.plain and self.peek().kind == "open":
            return self.bracket()
        return self.signed(self.braced) if self.at("-") else self.braced()

    def subscripts(self) -> list[Node]:
        """Read the entries of a subscript: ij is i, j."""
        if not self.at("{"):
            since, token = self.position, self.take()
            self.require(token.kind in ("number", "name", "word"), "a subscript that is not read")
            single = Number(Fraction(token.text)) if token.kind == "number" else Name(token.text)
            return [self.placed(single, since)]
        end = closing(self.tokens, self.position)
        inner = self.sub(self.position + 1, end)
        self.position = min(end + 1, len(self.tokens))
        self.require(bool(inner.tokens), "an empty subscript")
        found: list[Node] = []
        while inner.position < len(inner.tokens):
            node = inner.expression()
            indices = node.factors if isinstance(node, Product) and not any(node.joints) else ()
            found += indices if indices and all(isinstance(f, Name | Number) for f in indices) else (node,)
            if inner.position < len(inner.tokens) and not inner.accept(","):
                raise inner.fail("a subscript that is not read")
        return found

    def decoration(self, text: str) -> str | None:
        """Consume a superscript that belongs to the name before it: (2), (i), *, or one from a declaration."""
        braces = self.at("{", 1)
        inner, after = script(self.tokens, self.position + 1)
        label = "".join(token.text for token in inner)
        if inner and inner[0].kind == "open" and (braces or not self.plain):
            close = closing(inner, 0)
            content = inner[1:close]
            label = f"^({''.join(token.text for token in content)})"
            plain = all(t.kind in ("name", "number") or t.text in "+-" for t in content)
            certain = len(content) == 1 or text + label in self.vocabulary.decorated
            if not plain or not certain or len(content) > 3:
                return None
            if [token.text for token in inner[close + 1 :]] in (["T"], ["⊤"]):
                # a^{[1]T}: the transpose stays behind, as a superscript of its own.
                sign = replace(inner[close], kind="op", text="^")
                self.tokens[self.position : after] = [sign, replace(inner[close + 1], kind="op", text="⊤")]
                return label
            if close < len(inner) - 1:
                return None
        elif 0 < len(inner) <= 2 and all(t.kind in ("name", "number") for t in inner):
            label = f"^{label}"
            if text + label not in self.vocabulary.decorated:
                return None
        elif label in SIGNED:
            label = SIGNED[label]
        else:
            return None
        self.position = after
        return label

    def decorated(self, text: str, since: int) -> tuple[Node, str, bool]:
        """Read the scripts of a name: layers and examples become part of the name, other subscripts index it."""
        names = self.vocabulary.decorated
        subscripts: list[Node] = []
        primes = 0
        while True:
            if self.at("^") and (decoration := self.decoration(text)) is not None:
                text += decoration
            elif self.accept("_"):
                entries = self.subscripts()
                first = entries[0]
                label = first.text if isinstance(first, Name) else str(first.value) if isinstance(first, Number) else ""
                # A word below a name, as in x_max, is part of the name.
                word = isinstance(first, Name) and len(label.rstrip("'")) > 1 and len(entries) == 1 and not primes
                if word or (label and not subscripts and f"{text}_{label}" in names):
                    text, entries = f"{text}_{label}", entries[1:]
                subscripts += entries
            elif not primes and text + "'" not in names and (self.at("'") or self.at("''")):
                primes = self.primes()
            else:
                break
        return self.with_scripts(self.primed(text, primes, since), subscripts, None, since), text, bool(subscripts)

    def applied(self, node: Node, name: str, since: int) -> Node:
        """Read the bracket behind a name as its arguments, unless name and bracket are the factors of a product."""
        if self.peek().kind != "open" or self.peek().text not in ("(", "{"):
            return node
        kinds = self.call_or_product(node, name)
        if kinds[len(kinds) == 2 and self.other_reading()] == "product":
            return node
        bare, subscripts = (node.base, node.subscripts) if isinstance(node, Index) else (node, ())
        call = self.placed(Call(bare, tuple(self.arguments())), since)
        return self.placed(Index(call, subscripts), since) if subscripts else call

    def call_or_product(self, node: Node, name: str) -> tuple[str, ...]:
        """The readings of a name before a bracket, call or product, the usual one first."""
        inner = self.tokens[self.position + 1 : closing(self.tokens, self.position)]
        names = [t.text for t in inner if t.kind == "name"]
        listed = bool(inner) and all(t.kind in ("name", "number", "dots") or t.text in ",_{}" for t in inner)
        indexed = isinstance(node, Index)
        primed = isinstance(node.base if isinstance(node, Index) else node, Prime)
        arguments = self.vocabulary.arguments.get(name)
        if name in self.vocabulary.functions:
            return _PRODUCT_FIRST if name in names and not primed else _CALL
        if name in self.vocabulary.families:
            own = set("".join(arguments or ())) | {"1", "2"}
            if listed and (not arguments or len(inner) <= 1 or set(names) <= own or name not in names):
                repeats = not arguments or set(names) <= set(arguments) or not self.vocabulary.known.issuperset(names)
                return _CALL_FIRST if indexed and not repeats else _CALL
            one_minus = any(t.text == "1" and t.kind == "number" for t in inner[:1])
            return _PRODUCT_FIRST if name in names or one_minus or indexed or arguments is None else _CALL_FIRST
        if name in self.vocabulary.known:
            return _CALL_FIRST if primed else _PRODUCT
        return _CALL_FIRST if primed or (listed and not indexed) else _PRODUCT

    def function(self) -> Node:
        """Read log, exp, softmax, diag, ... with the argument."""
        since = self.position
        word = self.peek().text
        lower = word.lower()
        if lower in ("max", "min"):
            return self.big()
        self.take()
        if word in self.vocabulary.known:
            return self.named_function(word, since)
        if lower in _NOT_READ:
            raise self.fail(_NOT_READ[lower])
        if lower == "sqrt":
            return self.root()
        if lower in _OF_MATRICES:
            return Builtin(_OF_MATRICES[lower], (self.argument_of(),))
        if lower == "onehot":
            if self.accept("_"):
                self.subscripts()
            self.require(self.peek().kind == "open", "onehot without its label")
            arguments = self.arguments()
            self.require(len(arguments) == 1, "onehot takes one label")
            return Constant("a one-hot vector", arguments[0])
        if lower not in _ELEMENTARY:
            return self.named_function(TEMPLATES.get(lower, word), since)
        name = _ELEMENTARY[lower]
        primes, power, subscripts = self.function_scripts()
        function = self.primed(name, primes, since)
        if self.starts_factor() or (self.at("-") and self.position == since + 1):
            argument = (self.argument_of(),)
            function = Call(function, argument) if primes else Builtin(name, argument)
        return self.with_scripts(function, subscripts, power, since)

    def root(self) -> Node:
        """Read the argument of a square root."""
        self.require(not self.at("["), "roots of higher order are not read")
        return Builtin("sqrt", (self.braced() if self.at("{") else self.factor(),))

    def function_scripts(self) -> tuple[int, Node | None, list[Node]]:
        """Read the primes, power and subscripts between the name of a function and its argument."""
        primes, power, subscripts = self.primes(), None, list[Node]()
        while self.at("^") or self.at("_"):
            if self.take().text == "^":
                power = self.exponent()
            else:
                subscripts = self.subscripts()
            primes += self.primes()
        return primes, power, subscripts

    def primed(self, name: str, primes: int, since: int) -> Node:
        """A name with its primes."""
        node = self.placed(Name(name), since)
        return self.placed(Prime(node, primes), since) if primes else node

    def with_scripts(self, node: Node, subscripts: list[Node], power: Node | None, since: int) -> Node:
        """An applied function with the scripts of its name: tanh^2 x is (tanh x)^2."""
        node = self.placed(node, since)
        if subscripts:
            node = self.placed(Index(node, tuple(subscripts)), since)
        return node if power is None else self.placed(Power(node, power), since)

    def argument_of(self) -> Node:
        """Read the argument of a function: a bracket, or the factors close to it."""
        since = self.position
        if self.peek().kind == "open" and self.peek().text in "([{":
            return self.bracket()
        if self.at("-"):
            return self.signed(self.factor)
        first = self.factor()
        if isinstance(first, Big) or not self.continues_argument():
            return first
        if self.other_reading() != isinstance(first, Call | Builtin):
            return first
        return self.side_by_side(first, self.continues_argument, since)

    def continues_argument(self) -> bool:
        """Whether the next factor may belong to a function's argument: log a z_i, but not log a log b."""
        token = self.peek()
        if not self.starts_factor() or token.kind in ("word", "open", "begin") or token.text in ("|", "‖", "∂", "∇"):
            return False
        return token.kind in ("name", "number", "brace") or token.text == "Σ" or token.text in FRACTIONS

    def named_function(self, name: str, since: int) -> Node:
        """Read a function of the document or of a template, with its scripts and arguments."""
        primes, power, subscripts = self.function_scripts()
        node = self.primed(name, primes, since)
        if self.peek().kind == "open" and self.peek().text in "([{":
            node = Call(node, tuple(self.arguments()))
        elif self.starts_factor() and self.peek().kind in ("name", "number") and name not in self.vocabulary.families:
            node = Call(node, (self.factor(),))
        return self.with_scripts(node, subscripts, power, since)
