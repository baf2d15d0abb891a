"""The problem: a linear classifier's mean loss with an L2 penalty."""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from chainrule.arrays import Array, is_sparse
from chainrule.engines import ClusterRows, Engine, JournaledEngine, Leaf, Leaves, LocalEngine, leaf_rows
from chainrule.kernels.blas import available_threads
from chainrule.rules import Rule
from chainrule.storage import StoredRows

TINY_FEATURES = 1e-15
"""Samples in float32 whose entries are all smaller than this become float64: in float32 their squares have few or no
digits, and the weights that they need overflow."""

WORTH_THREADS = 1 << 25
"""Multiplications in a product with all samples from which a second thread saves time."""


@dataclass(frozen=True, eq=False)
class Totals:
    """The sums of targets and weights, known before a fit begins.

    Attributes
    ----------
    mass : float
        sum_i |w_i|; the number of samples if there are no weights.
    class_mass : (k,) array
        Class frequencies under |weights|; for one logit, the positive class's.
    signed : bool
        True if some weights are negative, so that F need not be convex.
    """

    mass: float
    class_mass: Array
    signed: bool


@dataclass(frozen=True, eq=False)
class Problem:
    """F(W, b) = sum_i w_i l(x_i W + b, y_i) / sum_i |w_i| + l2 / 2 |W|^2, without a penalty on the intercepts b.

    Parameters
    ----------
    x : (n, d) array, CSR matrix or StoredRows
        float32 or float64. Tiny features in float32 become float64.
    targets : array
        Labels (n,), or rows (n, k) of targets.
    n_outputs : int
        Logits per sample, k.
    loss : Rule
        With a fused `value_and_pullback`: softmax_cross_entropy, or binary_cross_entropy for one logit.
    weights : (n,) array, optional
        Sample weights of either sign, as long as F has a lower bound.
    l2 : float
    intercept : bool
    label_smoothing : float
        An option of the softmax cross-entropy.
    rows_of_leaf : int, optional
        Rows of a leaf of `chainrule.engines`; 0 means `leaf_rows` for d features and k logits.
    engine : Engine, optional
        Takes the sums over rows; by default the threads of this process.
    totals : Totals, optional
        By default from one pass over targets and weights.
    """

    x: Any
    targets: Any
    n_outputs: int
    loss: Rule
    weights: Array | None = None
    l2: float = 0.0
    intercept: bool = True
    label_smoothing: float = 0.0
    rows_of_leaf: int = 0
    engine: Any = None
    totals: Any = None

    def __post_init__(self) -> None:
        fill = object.__setattr__
        if self.dtype == np.float32 and self.in_memory and _is_tiny(self.x):
            fill(self, "x", self.x.astype(np.float64))
        if isinstance(self.x, ClusterRows):
            fill(self, "rows_of_leaf", self.x.size)
        if not self.rows_of_leaf:
            fill(self, "rows_of_leaf", leaf_rows(self.n_features, self.n_outputs, sparse=self.sparse))
        if isinstance(self.x, ClusterRows):
            fill(self, "engine", self.engine or self.x.engine())
        elif self.engine is None or self.engine.x is not self.x:
            leaves = Leaves(self.x, self.targets, self.weights, self.rows_of_leaf)
            # Multiplying by a sparse entry takes as long as by 16 dense ones.
            large = (16 if self.sparse else 1) * self.n_entries * self.n_outputs >= WORTH_THREADS
            fill(self, "engine", LocalEngine(leaves, small=not large))
        if self.totals is None and self.targets is None:
            fill(self, "totals", totals_of(self.engine, self.n_outputs))
        if self.totals is None:
            without = Leaves(np.empty((self.n_samples, 0)), self.targets, self.weights, self.rows_of_leaf)
            fill(self, "totals", totals_of(LocalEngine(without), self.n_outputs))

    @property
    def n_samples(self) -> int:
        """The number of samples, n."""
        return int(self.x.shape[0])

    @property
    def n_features(self) -> int:
        """The number of features, d."""
        return int(self.x.shape[1])

    @property
    def dtype(self) -> np.dtype[Any]:
        """The dtype of the samples."""
        dtype: np.dtype[Any] = np.dtype(self.x.dtype)
        return dtype

    @property
    def stored(self) -> bool:
        """True if the samples are in files."""
        return isinstance(self.x, StoredRows)

    @property
    def in_memory(self) -> bool:
        """True if the samples lie in memory."""
        return not isinstance(self.x, StoredRows | ClusterRows)

    @property
    def sparse(self) -> bool:
        """True if the samples are sparse."""
        return is_sparse(self.x) or bool(getattr(self.x, "sparse", False))

    @property
    def n_entries(self) -> int:
        """The number of entries of the samples that are stored."""
        return int(self.x.nnz) if is_sparse(self.x) else self.n_samples * self.n_features

    @property
    def shape(self) -> tuple[int, int]:
        """Shape of the parameters: d rows of weights, and a row of intercepts if there are any."""
        return self.n_features + self.intercept, self.n_outputs

    @property
    def mass(self) -> float:
        """sum_i |w_i|."""
        return float(self.totals.mass)

    @property
    def signed(self) -> bool:
        """True if some weights are negative, so that F need not be convex."""
        return bool(self.totals.signed)

    @property
    def class_mass(self) -> Array:
        """Class frequencies under |weights|; for one logit, the positive class's."""
        return np.asarray(self.totals.class_mass)

    @cached_property
    def class_shares(self) -> Array:
        """The class frequencies pi, none of them 0."""
        least = 1 / (2.0 * self.n_samples)
        if self.n_outputs == 1:
            return np.clip(self.class_mass, least, 1 - least)
        shares = np.maximum(self.class_mass, least * self.class_mass.sum())
        return np.asarray(shares / shares.sum())

    def with_threads(self, threads: int | None = None) -> "Problem":
        """The problem on an engine with this many threads, by default as many as products of this thread may use."""
        return replace(self, engine=self.engine.with_threads(threads or available_threads()))

    def of(self, x: Any) -> "Problem":
        """The same problem for other features of the same samples, with as many rows per leaf."""
        if self.targets is None and not isinstance(x, ClusterRows):
            targets, weights = self.engine.map_reduce(_targets, None)
            weights = None if any(part is None for part in weights) else np.concatenate(weights)
            other = replace(self, x=x, targets=np.concatenate(targets), weights=weights, engine=None).with_threads()
        else:
            other = replace(self, x=x, engine=None).with_threads(self.engine.threads)
        return replace(other, engine=_around(self.engine, other.engine))

    @property
    def device_engine(self) -> Any:
        """The engine of a device (see `put_on`) that takes most passes; None without a device."""
        engine = self.engine.engine if isinstance(self.engine, JournaledEngine) else self.engine
        return engine if hasattr(engine, "device") else None

    def unjournaled(self) -> "Problem":
        """The same problem without a journal: sums are always taken, for functions that write to their state."""
        engine = self.engine.engine if isinstance(self.engine, JournaledEngine) else self.engine
        return replace(self, engine=engine)


def totals_of(engine: Engine, n_outputs: int) -> Totals:
    """The totals of a problem, from a pass over targets and weights."""
    mass, of_classes, signed = engine.map_reduce(_totals, n_outputs)
    return Totals(float(mass), np.asarray(of_classes / (mass or 1.0)), signed > 0)


# What follows is private.


def _around(engine: Any, inner: Any) -> Any:
    """Wrap `inner`, the engine of other features, in the journal, the meeting or the device of `engine`."""
    if isinstance(engine, JournaledEngine):
        return engine.around(_around(engine.engine, inner))
    return engine.around(inner) if hasattr(engine, "around") else inner


def _totals(leaf: Leaf, n_outputs: int) -> tuple[float, Array, int]:
    """The mass of a leaf, the mass of each class, and 1 if some weight is negative."""
    count, targets = leaf.x.shape[0], leaf.targets
    assert targets is not None
    weights = np.ones(count) if leaf.weights is None else abs(leaf.weights.astype(np.float64))
    if targets.ndim == 1:
        of_classes = np.bincount(targets, weights=weights, minlength=n_outputs)
    else:
        of_classes = weights @ targets.astype(np.float64)
    negative = leaf.weights is not None and bool((leaf.weights < 0).any())
    return float(weights.sum()), np.asarray(of_classes, dtype=np.float64), int(negative)


def _targets(leaf: Leaf, _: None) -> tuple[list[Array | None], list[Array | None]]:
    return [leaf.targets], [leaf.weights]


def _is_tiny(x: Array) -> bool:
    """True if the largest entry is tiny. Some rows are enough to tell for almost all samples."""
    entries = x.data if is_sparse(x) else x
    some = entries[:: max(1, len(entries) // 64)]
    return all(0 < abs(part).max(initial=0.0) < TINY_FEATURES for part in (some, entries))
