"""The expected calibration error of predicted probabilities, and the error that chance alone gives to true ones."""

from dataclasses import dataclass

import numpy as np

from chainrule.arrays import Array

BINS = 10
DRAWS = 1000
MOST_GROUPS = 2000
"""More rows than this are drawn in groups of nearly equal probability."""
FEWEST_ROWS = 100
"""Fewest rows for a verdict. Up to 96 rows, a mean probability near 1/2 that is wrong by 0.1 is within chance, since

    1.96 sqrt(1/4 / n) > 0.1,

so that "within chance" would say hardly anything.
"""


@dataclass(frozen=True)
class CalibrationError:
    """How far probabilities are from the shares that come true, as a mean over ten bins of rows.

    Attributes
    ----------
    error : float
        The expected calibration error.
    low, high : float
        The range of the error, 19 times in 20, if labels are drawn from the predicted probabilities.
    mean, right : float
        The mean probability of the predicted class, and the share of rows in which it is right.
    verdict : {"within chance", "overconfident", "underconfident", "uneven", "too few rows"}
        "too few rows" below FEWEST_ROWS. Otherwise "within chance" up to `high`; above it "overconfident" or
        "underconfident" if the mean probability of the predicted class is further from the share that is right than
        chance explains, and otherwise "uneven".
    """

    error: float
    low: float
    high: float
    mean: float
    right: float
    verdict: str

    def sentence(self) -> str:
        """The verdict as a sentence.

        >>> CalibrationError(0.08, 0.01, 0.05, 0.81, 0.74, "overconfident").sentence()
        'Overconfident: the predicted class has probability 0.810 on average, and is right in 0.740 of the rows.'
        """
        means = f"the predicted class has probability {self.mean:.3f} on average, and is right in {self.right:.3f}"
        return {
            "within chance": "Within chance: with as many rows, true probabilities give errors as large.",
            "overconfident": f"Overconfident: {means} of the rows.",
            "underconfident": f"Underconfident: {means} of the rows.",
            "uneven": "Beyond chance: probabilities are too high for some rows and too low for others.",
            "too few rows": f"There are too few rows for a verdict, which takes {FEWEST_ROWS}.",
        }[self.verdict]


def forecasts(classes: int, actual: Array, predicted: Array, sure: Array) -> tuple[Array, Array]:
    """For each row, a probability and whether it came true: of the second of two classes, of the predicted one of more.

    Parameters
    ----------
    classes : int
    actual, predicted : arrays of int of shape (n,)
        Numbers of classes.
    sure : array of shape (n,)
        The probability of the predicted class.

    Examples
    --------
    >>> forecasts(2, np.array([0, 1]), np.array([0, 0]), np.array([0.75, 0.625]))
    (array([0.25 , 0.375]), array([False,  True]))
    """
    if classes == 2:
        return np.where(predicted == 1, sure, 1 - sure), actual == 1
    return sure, actual == predicted


def equal_bins(probabilities: Array, bins: int = BINS) -> list[Array]:
    """The rows in the order of their probabilities, cut into bins whose numbers of rows differ by at most one."""
    order: Array = np.argsort(probabilities, kind="stable")
    return [rows for rows in np.array_split(order, bins) if len(rows)]


def calibration_error(classes: int, actual: Array, predicted: Array, sure: Array) -> CalibrationError:
    """The expected calibration error in ten bins B of equal numbers of rows, and its range by chance.

        sum_B |B| / n |mean of p_i in B - share of B that came true|

    where p_i are those of `forecasts`. For the range, labels are drawn from the probabilities a thousand times, always
    with the same seed.

    Parameters
    ----------
    classes : int
    actual, predicted : arrays of int of shape (n,)
        Numbers of classes.
    sure : array of shape (n,)
        The probability of the predicted class.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> p = rng.uniform(size=2000)
    >>> y = (rng.uniform(size=2000) < p).astype(int)
    >>> calibration_error(2, y, (p > 0.5).astype(int), np.maximum(p, 1 - p)).verdict
    'within chance'
    >>> p = np.where(p > 0.5, 0.99, 0.01)
    >>> calibration_error(2, y, (p > 0.5).astype(int), np.maximum(p, 1 - p)).verdict
    'overconfident'
    """
    sure, n = np.clip(np.asarray(sure, np.float64), 0, 1), len(actual)
    p, true = forecasts(classes, actual, predicted, sure)
    error, drawn, generator = 0.0, np.zeros(DRAWS), np.random.default_rng(0)
    for rows in equal_bins(p):
        groups = np.array_split(rows, min(len(rows), MOST_GROUPS // BINS))
        means = np.array([p[group].mean() for group in groups])
        counts = generator.binomial([len(group) for group in groups], means, size=(DRAWS, len(groups))).sum(axis=1)
        error += abs(p[rows].sum() - true[rows].sum()) / n
        drawn += abs(p[rows].sum() - counts) / n
    low, high = np.quantile(drawn, (0.025, 0.975))
    mean, right = float(sure.mean()), float((actual == predicted).mean())
    verdict = "within chance" if n >= FEWEST_ROWS else "too few rows"
    if n >= FEWEST_ROWS and error > high:
        is_shifted = abs(mean - right) > 1.96 * np.sqrt((sure * (1 - sure)).sum()) / n
        verdict = "uneven" if not is_shifted else "overconfident" if mean > right else "underconfident"
    return CalibrationError(float(error), float(low), float(high), mean, right, verdict)
