r"""Readers of functions with their arguments: f(x), log x, softmax(x)_i, and whether f(x) is a product."""

from __future__ import annotations

from chainrule.checking.derivations.derivatives import FRACTIONS
from chainrule.checking.derivations.scripts import Scripts
from chainrule.checking.derivations.tree import (
    Big,
    Builtin,
    Call,
    Index,
    Name,
    Node,
    OneHot,
    Plus,
    Power,
    Prime,
    Product,
)

ELEMENTARY = frozenset(["exp", "log", "ln", "tanh", "sech", "sinh", "cosh", "sin", "cos", "sqrt", "abs", "lg"])
REDUCING = frozenset(["diag", "tr", "trace", "det", "rank", "dim"])
TEMPLATES = {
    "softmax": "softmax", "sigmoid": "sigmoid", "relu": "relu", "softplus": "softplus", "logsoftmax": "log-softmax",
    "logsumexp": "log-sum-exp", "lse": "log-sum-exp", "th": "th", "sign": "sign", "sgn": "sign", "onehot": "onehot",
    "logloss": "logloss",
}  # fmt: skip
_NOT_READ = {"det": "determinants are not read", "rank": "ranks are not read", "dim": "dimensions are not read"}


class Functions(Scripts):
    """Readers of applied functions."""

    def applied(self, node: Node, name: str, since: int) -> Node:
        """A name followed by a bracket: an application, a product, or by choice either."""
        if self.peek().kind != "open" or self.peek().text not in ("(", "{"):
            return node
        kinds = self.call_or_product(node, name)
        if kinds == ("product",) or (len(kinds) == 2 and kinds[self.choose(2)] == "product"):
            return node
        bare, subscripts = (node.base, node.subscripts) if isinstance(node, Index) else (node, ())
        call: Node = Call(bare, tuple(self.arguments()), span=self.span(since))
        return Index(call, subscripts, span=self.span(since)) if subscripts else call

    def call_or_product(self, node: Node, name: str) -> tuple[str, ...]:
        """In which order to try f(x) and f·(x) here."""
        end = self.matching(self.position)
        inner = self.tokens[self.position + 1 : end]
        names = [t.text for t in inner if t.kind == "name"]
        single = len(inner) > 0 and all(
            t.kind == "name" or t.text in ",…_^{}" or t.kind in ("number", "dots") for t in inner
        )
        plain_list = single and not any(t.text == "^" for t in inner)
        vocabulary = self.vocabulary
        primed = isinstance(node, Prime) or (isinstance(node, Index) and isinstance(node.base, Prime))
        if name in vocabulary.functions:
            return ("product", "call") if name in names and not primed else ("call",)
        if name in vocabulary.families:
            if plain_list and (
                not vocabulary.arguments.get(name)
                or len(inner) <= 1
                or set(names) <= set("".join(vocabulary.arguments[name])) | {"1", "2"}
                or name not in names
            ):
                return (
                    ("call", "product") if isinstance(node, Index) and not self.is_parameter(name, names) else ("call",)
                )
            if name in names or any(t.text == "1" and t.kind == "number" for t in inner[:1]):
                return ("product", "call")
            if isinstance(node, Index) or name not in vocabulary.arguments:
                return ("product", "call")
            return ("call", "product")
        if name in vocabulary.known:
            return ("call", "product") if primed else ("product",)
        if primed:
            return ("call", "product")
        if plain_list and not isinstance(node, Index):
            return ("call", "product")
        return ("product",)

    def is_parameter(self, name: str, inner: list[str]) -> bool:
        """Whether the bracket repeats what the function was declared with."""
        declared = self.vocabulary.arguments.get(name)
        return not declared or set(inner) <= set(declared) or any(n not in self.vocabulary.known for n in inner)

    def arguments(self) -> list[Node]:
        """The entries of a bracket; s_1, …, s_K is s."""
        end = self.matching(self.position)
        single = sum(t.kind == "op" and t.text in "|‖" for t in self.tokens[self.position : end]) == 1
        self.take()
        self.enter()
        # f(x | y) and D(p ‖ q) have a bar between their arguments, not around one.
        bars, self.bars = self.bars, int(single)
        entries: list[Node] = []
        dotted = False
        while self.peek().kind not in ("close", "end of formula") and not self.at("}"):
            if self.peek().kind == "dots":
                self.take()
                dotted = True
            elif not self.accept(",") and not self.accept("|") and not self.accept("‖"):
                entries.append(self.expression())
                if self.peek().kind == "relation":
                    raise self.fail("a relation among the arguments of a function")
                if not (
                    self.at(",")
                    or self.at("|")
                    or self.at("‖")
                    or self.peek().kind in ("close", "end of formula", "dots")
                    or self.at("}")
                ):
                    raise self.fail("the arguments of a function are not read")
        self.bars = bars
        self.depth -= 1
        self.close()
        if dotted:
            bases = [e.base for e in entries if isinstance(e, Index)]
            if not bases or any(b != bases[0] for b in bases):
                raise self.fail("dots among arguments that do not match")
            return [bases[0]]
        return entries

    def function(self) -> Node:
        """log, exp, softmax, diag and their like, with their argument."""
        since = self.position
        token = self.peek()
        word = token.text
        lower = word.lower()
        if lower in ("max", "min"):
            return self.big()
        self.take()
        if word in self.vocabulary.known or lower not in ELEMENTARY | REDUCING | set(TEMPLATES):
            return self.named_function(word, since)
        if lower in _NOT_READ:
            raise self.fail(_NOT_READ[lower])
        if lower == "sqrt":
            if self.at("["):
                raise self.fail("roots of higher order are not read")
            return Builtin("sqrt", (self.braced() if self.at("{") else self.factor(),), span=self.span(since))
        if lower in REDUCING:
            argument = self.argument_of(word)
            return Builtin("tr" if lower in ("tr", "trace") else lower, (argument,), span=self.span(since))
        if lower == "onehot":
            return self.one_hot(since)
        if lower in TEMPLATES:
            return self.named_function(TEMPLATES[lower] if word not in self.vocabulary.known else word, since)
        name = {"ln": "log", "lg": "log"}.get(lower, lower)
        primes, power, subscripts = self.function_scripts()
        if not self.starts_factor() and not (self.at("-") and primes == 0):
            if primes:
                return Prime(Name(name, span=self.span(since)), primes, span=self.span(since))
            return Name(name, span=self.span(since))
        argument = self.argument_of(name)
        if primes:
            function = Prime(Name(name), primes)
            node: Node = Call(function, (argument,), span=self.span(since))
        else:
            node = Builtin(name, (argument,), span=self.span(since))
        if subscripts:
            node = Index(node, tuple(subscripts), span=self.span(since))
        return Power(node, power, span=self.span(since)) if power is not None else node

    def one_hot(self, since: int) -> Node:
        """onehot_m(y)."""
        if self.accept("_"):
            self.subscripts()
        if self.peek().kind != "open":
            raise self.fail("onehot without its label")
        arguments = self.arguments()
        if len(arguments) != 1:
            raise self.fail("onehot takes one label")
        return OneHot(arguments[0], span=self.span(since))

    def function_scripts(self) -> tuple[int, Node | None, list[Node]]:
        """Primes, power and subscripts between a function's name and its argument."""
        primes, power, subscripts = 0, None, list[Node]()
        while self.at("'") or self.at("''") or self.at("^") or self.at("_"):
            text = self.take().text
            if text == "^":
                power = self.exponent()
            elif text == "_":
                subscripts = self.subscripts()
            else:
                primes += len(text)
        return primes, power, subscripts

    def argument_of(self, name: str) -> Node:
        """The argument of a function: a bracket, or the factors close to it."""
        if self.peek().kind == "open" and self.peek().text in "([{":
            return self.bracket_argument()
        if self.at("-"):
            return self.negative_argument()
        since = self.position
        first = self.factor()
        if isinstance(first, Big) or not self.continues_argument():
            return first
        if self.choose(2) == (1 if isinstance(first, Call | Builtin) else 0):
            factors = [first]
            while self.continues_argument():
                factors.append(self.factor())
            return Product(tuple(factors), ("",) * (len(factors) - 1), span=self.span(since))
        return first

    def bracket_argument(self) -> Node:
        """A bracket as an argument: what stands in it."""
        self.take()
        self.enter()
        bars, self.bars = self.bars, 0
        if self.peek().kind == "begin":
            inner = self.environment()
        else:
            inner = self.expression()
            if self.at(",") or self.peek().kind == "dots":
                inner = self.row(inner)
        self.bars = bars
        self.depth -= 1
        self.close()
        return inner

    def negative_argument(self) -> Node:
        """exp -x."""
        since = self.position
        self.take()
        return Plus((self.factor(),), (-1,), span=self.span(since))

    def continues_argument(self) -> bool:
        """Whether the next factor may belong to a function's argument: log a z_i, but not log a log b."""
        token = self.peek()
        if not self.starts_factor() or token.kind in ("word", "open", "begin") or token.text in ("|", "‖", "∂", "∇"):
            return False
        return token.kind in ("name", "number", "brace") or token.text in ("Σ",) or token.text in FRACTIONS

    def named_function(self, name: str, since: int) -> Node:
        """A function of the document or a template, with primes, subscripts and arguments."""
        primes, power, subscripts = self.function_scripts()
        node: Node = Name(name, span=self.span(since))
        if primes:
            node = Prime(node, primes, span=self.span(since))
        if self.peek().kind == "open" and self.peek().text in "([{":
            node = Call(node, tuple(self.arguments()), span=self.span(since))
        elif self.starts_factor() and self.peek().kind in ("name", "number") and name not in self.vocabulary.families:
            node = Call(node, (self.factor(),), span=self.span(since))
        if subscripts:
            node = Index(node, tuple(subscripts), span=self.span(since))
        return Power(node, power, span=self.span(since)) if power is not None else node
