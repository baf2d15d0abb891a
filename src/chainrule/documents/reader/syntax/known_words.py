"""Words and signs that every document knows, and the error for what has no meaning."""

from __future__ import annotations

TAKE_NO_BRACKETS = frozenset(
    {"exp", "log", "ln", "sin", "cos", "tan", "cot", "sec", "csc", "sinh", "cosh", "tanh", "coth", "sech", "csch"}
    | {"arcsin", "arccos", "arctan", "det", "tr", "Tr", "trace", "sign", "sgn", "vec"}
)
"""Functions whose argument may follow without brackets."""

ELEMENTARY = {
    **{name: name for name in sorted(TAKE_NO_BRACKETS)},  # of which some have another name, below
    "sqrt": "sqrt",
    "ln": "log",
    "erf": "erf",
    "abs": "abs",
    "sgn": "sign",
    "relu": "relu",
    "ReLU": "relu",
    "diag": "diag",
    "tr": "trace",
    "trace": "trace",
    "Tr": "trace",
    "Gamma": "gamma",
    "norm": "norm",
}
"""Functions that every document knows, by the names that documents give them."""

OF_ARRAYS = {"np.sum": ("total", 1), "np.dot": ("dot", 2), "np.matmul": ("beside", 2), "np.multiply": (".*", 2)}
"""Functions of NumPy, each with its operator and the number of its arguments; with more of them it is another one."""

BRACKET = "the derivative applies only to the bracket that follows it"
"""The reading of a derivative before a bracket and further factors. Others take it for that of the whole product."""

OF_LAST_LAYER = " without a layer is that of the last one"
"""After a letter that has a layer everywhere else."""
SAME_SIZE = " everywhere"
"""After two sizes that the text makes equal at one place."""

LOSSES = frozenset({"E", "J", "L"})
"""Capital letters of losses: numbers where they have a definition and nothing shows their shapes."""

NO_OPERATOR = "before a bracket is a factor, not an operator"
"""The end of the reading of \\Delta (u v) and \\mathcal F (u v), where nothing says what the letter is."""

AT_ITS_ARGUMENT = "is taken at its argument"
"""The end of the reading of \\partial f(A z) / \\partial x_k, where nothing shows that A z depends on x."""

IS_A_VALUE = " with arguments is a value"
"""After g in g(z, b), where g stands alone elsewhere, or has other arguments that begin with the same letter."""

IS_OF_THESE = " is the value of a function, and not the function"
"""After g where it stands with the same letters everywhere."""

SAYS_MORE = "line {line} says something of {name} that is not read"
"""Where a sentence may restrict a name."""

HAS_ITS_KIND = "whether {name} has the kind that the text gives it"
"""Where relations do not fit the kind that a sentence gives a name."""

SUBSCRIPT_LEFT_OUT = "with its subscript left out"
"""The end of the reading of h(x) as h_\\theta(x), where the text defines only the latter."""

TAKES_MORE = "may take more of what stands behind it"
"""Ends doubts about where the argument of a function or a divisor ends."""

REACHES = "a derivative applies to everything up to the end of its term"
"""The reading of a derivative before several factors. It could be that of the first one alone."""

OVER_ALL_ENTRIES = "a sum without a range is over all entries"
"""The reading of \\sum x_j: it could be over the examples whose numbers the letters have lost."""

LAYOUT_GUESSED = "derivatives are transposes of gradients and Jacobians"
ONLY_THROUGH = "depends on its variables only through the paths in this step"
LIKE_OTHERS = "is made as in the other layers"
ALL_IN_SUMS = "sums run over all values of their index"
COLUMN_AS_ROW = "a column in front of a derivative by a matrix stands for its transpose"
STACKS_COLUMNS = "vec stacks columns"
ALL_REAL = "all numbers are real"
CONSTANT_HERE = "does not depend on the variable of differentiation"
LOGARITHMS_ARE_NATURAL = "logarithms are natural"
IN_A_SENTENCE = "it stands in a sentence"
"""The doubt about an equation in a sentence, which may also say what a name is, or what is assumed."""

DEFINED_ANEW = "let a name be something else"
"""The claim of a sentence that says so of a name which is defined: it defines it anew where it does not follow."""

CASES_JOINED = "it puts cases together"
"""The claim of P(y | x) = ... after P(y = 1 | x) = ... and P(y = 0 | x) = ...: where it fails, it only defines."""

MAYBE = "it may be what the sentence assumes"
"""The doubt about a derivative that a sentence gives under its conditions: a claim if proved, else an assumption."""

UNTOLD = "depends on something, but the text does not say how"
"""The doubt about a loss whose definition does not lead to what it is differentiated by, behind the loss's name."""

ARGUMENT = "argument_"
"""How letters begin that stand for the arguments of functions without arguments."""

EQUATED = f"{ARGUMENT}of_"
"""How they begin in equations between functions."""

ENTRYWISE = frozenset({".*", "o"})
"""Signs of entrywise products between factors."""

SUPPOSES = " supposes"
"""The end of the assumption that a letter is what a condition before a claim says."""

PRIME = "'"
"""The superscript that primes become which transpose."""

TRANSPOSES = frozenset({"T", "top", "intercal", "mathsf T", "t", "tr", PRIME})
"""Superscripts that may transpose."""

INDICATORS = frozenset({"I", "1", "mathbb1", "one", "indicator", "ind"})

ANOTHER_VALUE = "another value"
"""The end of words about a name to which the text gives another number from there on."""

NO_LETTERS = {"", *"*|!?%#", "star", "ast", "bullet", "diamond", "neg", "angle", "mod", "bmod", "pmod", "partial"}
"""Signs that are operations or nothing where they stand alone, and never values."""

RELATIONS = {"=": "=", "!=": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">=", "~": "~", "≡": "="}

JOINTS = {"": "beside", "*": "dot", ".": "dot", "x": "beside", ".*": ".*", "o": ".*", "(x)": "outer"}


class NotMeant(Exception):
    """Something written that has no meaning here; the message says what, `place` where."""

    def __init__(self, reason: str, place: tuple[int, int] = (0, 0)) -> None:
        super().__init__(reason)
        self.place = place
