"""What is proved of each identity and each system, in which file, and what is not proved, with the reason."""

from collections.abc import Mapping
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Claim:
    """What a proof says.

    Attributes
    ----------
    claim : str
        The claim that the proof prints; empty if nothing is proved.
    file : str
        The file of the proof.
    follows : str
        How the parts that are no equalities follow from the proved ones.
    measured : str
        What is not proved, with the reason.
    key : str
        The name of the statement, if it is not the key of the claim.
    """

    claim: str = ""
    file: str = ""
    follows: str = ""
    measured: str = ""
    key: str = ""

    def test(self, key: str) -> str:
        """The node id of the proof; `key` is the key of the claim."""
        return f"tests/identities/{self.file}::test_it_is_proved[{self.key or key}]"


def _proved(file: str, at: str, follows: Mapping[str, str], measured: Mapping[str, str]) -> dict[str, Claim]:
    """Claims of one file, for the keys of `follows`, which are empty where all parts are equalities."""
    return {
        key: Claim(
            f"proved for all inputs{' inside of cells' if key in _DIFFERENTIATED else ''} at {at}",
            file,
            why,
            measured.get(key, ""),
        )
        for key, why in follows.items()
    }


_DIFFERENTIATED = {
    "sigmoid-slope",
    "softplus-slope",
    "tanh-slope",
    "relu-slope",
    "elementwise-jacobian-is-diagonal",
    "cross-entropy-gradient",
    "two-heads",
    "nll-gradient",
    "convexity-in-the-logit",
    "squared-error-is-unimodal",
    "softmax-jacobian",
    "softmax-pullback",
    "log-softmax-jacobian",
    "log-softmax-pullback",
    "log-derivative",
    "score-cross-entropy",
}
"""Keys of identities with derivatives of code that compares numbers: nothing is said of the borders of cells."""

_SIGNS = "a sum of products of exponentials is positive, which the proof itself concludes"
_INTEGERS = "all: the numbers are counts, compared at the sizes of the test"

CLAIMS: dict[str, Claim] = {
    **_proved(
        "test_softmax_proved.py",
        "sizes 1 to 4",
        {
            "softmax-shift-invariance": "",
            "softmax-scale-variance": "the logarithms of the ratios s_i / s_j change by (c - 1)(x_i - x_j)",
            "softmax-scale-sharpens": "dS_i/dc = S_i sum_j S_j (x_i - x_j), in which no term is negative for the "
            "largest x_i and none positive for the smallest",
            "softmax-entropy-falls": "Var_S(x) = sum over i < j of S_i S_j (x_i - x_j)^2",
            "softmax-is-a-distribution": _SIGNS,
            "softmax-jacobian": "",
            "softmax-jacobian-structure": "v^T J v = sum over i < j of s_i s_j (v_i - v_j)^2; the determinant without "
            "the last row and column is the product of all s_i",
            "softmax-jacobian-signs": "J[i, i] = s_i sum of the other s_j, J[i, j] = -s_i s_j, and their signs",
            "softmax-pullback": "",
            "softmax-pullback-zeros": "(v J)_i / s_i = v_i - v.s",
            "log-softmax-jacobian": "J[i, j] - J[j, i] = s_i - s_j",
            "log-softmax-pullback": "",
            "log-derivative": "",
            "softmax-by-differences": "",
            "expected-score": "",
        },
        {"softmax-scale-sharpens": "that other entries may rise and then fall, which an example shows"},
    ),
    **_proved("test_softmax_proved.py", "sizes 1 to 3", {"score-cross-entropy": ""}, {}),
    **_proved("test_softmax_proved.py", "shapes a (), b ()", {"softmax-of-two-is-sigmoid": ""}, {}),
    **_proved(
        "test_activations_proved.py",
        "shapes x ()",
        {
            "sigmoid-mirror-and-tanh": "",
            "sigmoid-slope": "sigma' = 1/4 - (sigma - 1/2)^2",
            "log-sigmoid-is-softplus": "",
            "softplus-mirror": "",
            "softplus-slope": "",
            "tanh-slope": "",
            "relu-slope": "",
            "sign-by-steps": "",
        },
        {"tanh-slope": "that 1 - tanh(tanh x) is another function, which an example shows"},
    ),
    **_proved("test_activations_proved.py", "sizes 1 to 4", {"elementwise-jacobian-is-diagonal": ""}, {}),
    **_proved(
        "test_activations_proved.py",
        "shapes x (), k ()",
        {
            "softplus-relu": "the difference is log1p(e^(-k |x|))/k, and log1p rises from 0 to log(2) between 0 and 1",
            "steep-sigmoid-is-a-step": "the distance is e^(-k |x|) / (1 + e^(-k |x|))",
        },
        {"steep-sigmoid-is-a-step": "the supremum, which is a limit"},
    ),
    **_proved(
        "test_activations_proved.py",
        "shapes x (), h ()",
        {"relu-forms": "ReLU is 0 below 0, and its slope is H: so it is the integral"},
        {},
    ),
    **_proved(
        "test_losses_proved.py",
        "sizes 1 to 4",
        {"cross-entropy-gradient": "", "two-heads": "", "nll-gradient": ""},
        {},
    ),
    **_proved(
        "test_losses_proved.py",
        "sizes 1 to 3",
        {
            "cross-entropy-bounds-entropy": "by the logits the gradient is s - t and v^T H v = sum over i < j of "
            "s_i s_j (v_i - v_j)^2: a convex function is least where its gradient is 0"
        },
        {"cross-entropy-bounds-entropy": "targets of 0, which are limits of positive ones"},
    ),
    **_proved(
        "test_losses_proved.py",
        "shapes o (), y ()",
        {
            "convexity-in-the-logit": "MSE'' = p^2 (1 - p)(2 - 3 p) for y = 0 and p (1 - p)^2 (3 p - 1) for y = 1",
            "squared-error-is-unimodal": "d MSE/do over the positive p (1 - p) is p - y",
            "likelihoods": "",
        },
        {"squared-error-is-unimodal": "that a mean can have several minima, which an example shows"},
    ),
    **_proved(
        "test_losses_proved.py",
        "shapes o ()",
        {"saturation": "at a wrong logit |d MSE/do| = e / (1 + e)^3 and |d BCE/do| = 1 - e / (1 + e), e = e^-|o|"},
        {"saturation": "the limits themselves"},
    ),
    **_proved(
        "test_convolution_proved.py",
        "sizes n 3 to 5, k 1, 3",
        {"convolution-modes": "equal arrays are of one length"},
        {},
    ),
    **_proved("test_convolution_proved.py", "sizes n 2 to 4, k 1 to 3", {"convolution-symmetry": ""}, {}),
    **_proved("test_chains_proved.py", "sizes 1 to 4", {"identity-jacobian": ""}, {}),
    "chained-pullbacks": Claim(
        "proved on 13 sampled cells at shapes x (2,), W1 (2, 2), W2 (2, 3), t (3,)", "test_chains_proved.py"
    ),
    "gradient-shapes": Claim(
        "proved on 10 sampled cells at shapes W1 (2, 2), b1 (2,), W2 (2, 2), b2 (2,), x (2,)",
        "test_chains_proved.py",
        "equal arrays are of one shape",
    ),
    "risk-and-penalty": Claim(
        "proved on 9 sampled cells at shapes W1 (2, 1), b1 (1,), W2 (1, 2), b2 (2,), x (2, 2), eta (), strength ()",
        "test_chains_proved.py",
    ),
    "parameter-count": Claim(measured=_INTEGERS),
    "size-keeping-convolution": Claim(measured=_INTEGERS),
    "convolution-parameter-count": Claim(measured=_INTEGERS),
}
"""By the key of the identity."""

_SYSTEMS = "test_systems_proved.py"
_CONVOLUTION_SIZES = "the sizes of the formula, which are integers, compared at the sizes of the tests"

SYSTEM_CLAIMS: dict[str, Claim] = {
    "softplus-network": Claim(
        "proved on 16 sampled cells at shapes W1 (2, 2), b1 (2,), W2 (2, 3), b2 (3,), x (2, 2), w (2,)", _SYSTEMS
    ),
    "risk-and-descent": replace(
        CLAIMS["risk-and-penalty"], key="risk-and-penalty", measured="that the objective falls at small steps"
    ),
    "binary-heads": Claim("proved for all inputs at shapes o (), q (), y ()", _SYSTEMS),
    "sigmoid-network": Claim("proved on 11 sampled cells at shapes W1 (2, 2), W2 (2, 3), x (1, 2), t (1, 3)", _SYSTEMS),
    "input-gradient": Claim(
        "proved on 11 sampled cells at shapes W1 (2, 2), W2 (2, 3), x (1, 2), t (1, 3)",
        _SYSTEMS,
        "t = e_y",
        key="sigmoid-network",
    ),
    "softmax-head": Claim("proved for all inputs inside of cells at sizes 1 to 4", _SYSTEMS),
    "two-heads": Claim(
        "proved for all inputs inside of cells at sizes 1 to 3",
        _SYSTEMS,
        measured="underflow, which real numbers do not have",
        key="two-heads-in-chains",
    ),
    "convolution-stack": Claim(
        "proved on 12 sampled cells at shapes K (1, 1, 2, 2), c (1,), W (1, 2), b (2,), x (1, 9)",
        _SYSTEMS,
        "the gradients of a small stack",
        _CONVOLUTION_SIZES,
    ),
    "convolution-modes": CLAIMS["convolution-modes"],
    "parametrised-scores": Claim("proved for all inputs inside of cells at sizes 1 to 3", _SYSTEMS),
    "inverse-temperature": Claim(
        "proved for all inputs at sizes 1 to 4",
        _SYSTEMS,
        "the ratios S_i / S_0 = e^(c (x_i - x_0)) give the ranking",
        "the limit c to infinity",
    ),
    "activations": Claim(
        "proved for all inputs inside of cells at shapes x (), k ()",
        _SYSTEMS,
        "the distances to H and ReLU are e^(-k |x|) / (1 + e^(-k |x|)) and log1p(e^(-k |x|))/k",
        "the limits themselves",
    ),
    "chained-pullbacks": CLAIMS["chained-pullbacks"],
}
"""By the key of the system."""

FURTHER_CLAIMS: dict[str, Claim] = {
    "composition": Claim(
        "proved on 6 sampled cells at shapes x (2,), W (2, 2), b (2,), u (2,), v (2,)", "test_chains_proved.py"
    ),
    "binary-networks": Claim(
        "proved on 4 sampled cells at shapes W1 (1, 1), b1 (1,), W2 (1, 2), b2 (2,), x (1, 1), y (1,)", _SYSTEMS
    ),
}
"""Statements that belong to none of both alone."""


def claim_of(statement: str, file: str) -> str:
    """The claim of a statement of a file."""
    for known in (CLAIMS, SYSTEM_CLAIMS, FURTHER_CLAIMS):
        for key, claim in known.items():
            if claim.file == file and (claim.key or key) == statement:
                return claim.claim
    raise LookupError(f"no claim of {statement} in {file}")
