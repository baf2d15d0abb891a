"""A multilayer perceptron with scikit-learn's interface, trained by closed-form gradients."""

from __future__ import annotations

import time
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import accuracy_score
from sklearn.model_selection import train_test_split
from sklearn.utils import check_random_state
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, column_or_1d, validate_data

from chainrule import rules
from chainrule.arrays import Array
from chainrule.estimators import parameters as check
from chainrule.estimators.heads import BINARY, MULTICLASS, MULTILABEL, Head
from chainrule.estimators.lbfgs import minimise
from chainrule.estimators.progress import Progress
from chainrule.networks import Network, Plan, mlp
from chainrule.solvers import (
    SGD,
    Adam,
    Adaptive,
    Constant,
    Cosine,
    GradientDescent,
    InverseScaling,
    Schedule,
    Solver,
    SolverState,
)
from chainrule.training import Epoch, Objective, Patience, Run, Samples, epochs, full_batch_epochs

SOLVERS = ("adam", "adamw", "sgd", "gd", "lbfgs")
SCHEDULES = ("constant", "invscaling", "adaptive", "cosine")
PREDICTION_BLOCK = 2048
"""Rows per forward pass when predicting: bounds the memory of activations."""


def _iterative(estimator: MLPClassifier) -> bool:
    if estimator.solver == "lbfgs":
        raise AttributeError("partial_fit needs a solver that steps through batches; lbfgs does not")
    return True


class MLPClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """Multilayer perceptron for classification: linear layers with activations, softmax and cross entropy.

    The gradients are formulas, written out once per operator; a training step runs them through buffers allocated
    beforehand. Parameters, attributes and methods that scikit-learn's ``MLPClassifier`` has too mean the same here.

    Parameters
    ----------
    hidden_layer_sizes : int or sequence of int, default=(100,)
        Widths of the hidden layers; ``()`` gives softmax regression.
    activation : str, Rule, or a sequence of these, default="relu"
        "identity", "sigmoid" (also called "logistic"), "tanh", "softplus", "relu", the name of a registered rule of
        your own, or a `Rule`; a sequence gives one for each hidden layer.
    solver : {"adam", "adamw", "sgd", "gd", "lbfgs"}, default="adam"
        "gd" is gradient descent on all samples at once; "adamw" is Adam with decoupled weight decay.
    alpha : float, default=1e-4
        Strength of the L2 penalty: alpha / (2 w) times the sum of squared weights, w being a batch's total weight.
    batch_size : int or "auto", default="auto"
        "auto" is min(200, n_samples). Not used by "gd" and "lbfgs".
    learning_rate : {"constant", "invscaling", "adaptive", "cosine"}, default="constant"
        "invscaling" and "adaptive" apply to "sgd"; "cosine" falls to 0 over max_iter epochs.
    learning_rate_init : float, default=1e-3
    power_t : float, default=0.5
        The exponent of "invscaling".
    max_iter : int, default=200
        The most epochs, or L-BFGS iterations.
    shuffle : bool, default=True
        Whether samples are reordered for every epoch.
    random_state : int, RandomState or None, default=None
        Decides initial weights, order, dropout and the validation split.
    tol : float, default=1e-4
        An epoch without an improvement of this size counts towards ``n_iter_no_change``.
    verbose : bool, default=False
    warm_start : bool, default=False
        Whether `fit` starts from the weights it found last.
    momentum : float, default=0.9
    nesterovs_momentum : bool, default=True
        Both for "sgd".
    early_stopping : bool, default=False
        Hold out ``validation_fraction`` of the samples, stratified; stop when the accuracy on them no longer improves,
        and restore the weights of the best epoch.
    validation_fraction : float, default=0.1
    beta_1, beta_2, epsilon : float, default=0.9, 0.999, 1e-8
        Of Adam.
    n_iter_no_change : int, default=10
    max_fun : int, default=15000
        The most objective evaluations of "lbfgs".
    label_smoothing : float, default=0
        The share of every target that is spread over all classes.
    dropout : float, default=0
        The probability with which a hidden unit is left out in a training step.
    weight_decay : float, default=0.01
        Of "adamw".
    max_grad_norm : float or None, default=None
        Gradients of larger norm are scaled down to it.
    callbacks : sequence of callables or None, default=None
        Each is given a `Progress` after every epoch; a true return value ends the fit.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
    coefs_ : list of ndarrays of shape (in_features, out_features)
    intercepts_ : list of ndarrays of shape (out_features,)
    loss_, best_loss_ : float
        The last and the smallest mean objective; ``best_loss_`` is None with early stopping.
    loss_curve_ : list of float
        The mean objective of every epoch.
    validation_scores_ : list of float or None
    best_validation_score_ : float or None
    n_iter_, t_ : int
        Epochs run by the last fit, and samples seen.
    n_layers_, n_outputs_ : int
    out_activation_ : {"softmax", "logistic"}
    n_features_in_ : int
    feature_names_in_ : ndarray of str
    stopped_by_ : {"max_iter", "patience", "callback", "interrupt", "convergence", "partial_fit"}
        Why the last fit ended.

    Examples
    --------
    >>> from chainrule import MLPClassifier
    >>> from sklearn.datasets import load_iris
    >>> X, y = load_iris(return_X_y=True)
    >>> model = MLPClassifier((16,), activation="softplus", solver="lbfgs", random_state=0).fit(X, y)
    >>> model.predict(X[[0, 60, 120]])
    array([0, 1, 2])
    >>> model.score(X, y) > 0.97
    True
    """

    def __init__(
        self,
        hidden_layer_sizes: Any = (100,),
        activation: Any = "relu",
        *,
        solver: str = "adam",
        alpha: float = 0.0001,
        batch_size: int | str = "auto",
        learning_rate: str = "constant",
        learning_rate_init: float = 0.001,
        power_t: float = 0.5,
        max_iter: int = 200,
        shuffle: bool = True,
        random_state: Any = None,
        tol: float = 1e-4,
        verbose: bool = False,
        warm_start: bool = False,
        momentum: float = 0.9,
        nesterovs_momentum: bool = True,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        n_iter_no_change: int = 10,
        max_fun: int = 15000,
        label_smoothing: float = 0.0,
        dropout: float = 0.0,
        weight_decay: float = 0.01,
        max_grad_norm: float | None = None,
        callbacks: Any = None,
    ) -> None:
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.solver = solver
        self.alpha = alpha
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.learning_rate_init = learning_rate_init
        self.power_t = power_t
        self.max_iter = max_iter
        self.shuffle = shuffle
        self.random_state = random_state
        self.tol = tol
        self.verbose = verbose
        self.warm_start = warm_start
        self.momentum = momentum
        self.nesterovs_momentum = nesterovs_momentum
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon
        self.n_iter_no_change = n_iter_no_change
        self.max_fun = max_fun
        self.label_smoothing = label_smoothing
        self.dropout = dropout
        self.weight_decay = weight_decay
        self.max_grad_norm = max_grad_norm
        self.callbacks = callbacks

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> MLPClassifier:
        """Fit to samples X with labels y.

        Parameters
        ----------
        X : array or CSR/CSC matrix of shape (n_samples, n_features)
        y : array of shape (n_samples,), or a 0/1 matrix for several labels at once
        sample_weight : array of shape (n_samples,), optional
            At least 0; a weight of 2 means the same as giving the sample twice.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            For inputs of unfitting shapes, NaN or infinity, a single class, or parameters out of range.
        FloatingPointError
            When the loss overflows.
        """
        continues = self.warm_start and hasattr(self, "coefs_")
        X, y, weights = self._validated(X, y, sample_weight, reset=not continues)
        head = _head_of(y)
        if continues:
            if head.kind != self._head.kind or not np.array_equal(head.classes, self.classes_):
                raise ValueError(
                    "warm_start can only be used where `y` has the same classes as in the previous call to fit. "
                    f"Previously got {self.classes_}, `y` has {head.classes}"
                )
            theta = self._network.pack(self._blocks()).astype(X.dtype, copy=False)
        else:
            self._start(head, X.shape[1])
            theta = self._network.initial_parameters(self._seed, X.dtype)
        samples = Samples(X, self._head.targets(y, X.dtype), weights)
        self._adopt(theta)
        self.n_iter_ = 0
        if self.solver == "lbfgs":
            self._fit_lbfgs(theta, samples)
        else:
            solver = self._solver()
            run = Run(theta, solver.start(theta), 0, self.t_)
            self._fit_epochs(run, solver, samples, y)
            self._remember(run)
        return self

    @available_if(_iterative)
    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None, classes: Any = None) -> MLPClassifier:
        """Run one epoch over the given samples, starting from where the last call ended.

        Parameters
        ----------
        X, y, sample_weight
            As in `fit`.
        classes : array, optional
            All labels that will ever occur; needed at the first call.
        """
        if self.early_stopping:
            raise ValueError("partial_fit does not support early_stopping=True")
        first = not hasattr(self, "coefs_")
        if first and classes is None:
            raise ValueError("classes must be passed on the first call to partial_fit")
        X, y, weights = self._validated(X, y, sample_weight, reset=first)
        if first:
            kind = _kind_of(y)
            known = np.arange(y.shape[1]) if kind == MULTILABEL else np.unique(classes)
            self._start(_head_of_classes(kind, known), X.shape[1])
        elif classes is not None and not np.array_equal(np.unique(classes), self.classes_):
            raise ValueError(
                f"`classes={classes!r}` is not the same as on last call to partial_fit, was: {self.classes_!r}"
            )
        unknown = [] if y.ndim == 2 else np.setdiff1d(y, self.classes_)
        if len(unknown):
            raise ValueError(
                f"`y` has classes not in `self.classes_`. `self.classes_` has {self.classes_}. 'y' has {np.unique(y)}."
            )
        solver = self._solver()
        if first:
            theta = self._network.initial_parameters(self._seed, X.dtype)
        else:
            theta = self._network.pack(self._blocks()).astype(X.dtype, copy=False)
        run = Run(theta, solver.start(theta), self._epochs_run, self.t_)
        if self._solver_vectors:
            for name, vector in self._solver_vectors.items():
                run.solver_state.vectors[name][...] = vector
            run.solver_state.steps = self._solver_steps
        self._adopt(theta)
        samples = Samples(X, self._head.targets(y, X.dtype), weights)
        epoch = next(self._epochs(run, solver, samples, Constant() if self.learning_rate == "adaptive" else None))
        self._record(epoch)
        self.n_iter_ = 1
        self.best_loss_ = min(self.best_loss_, epoch.loss)
        self.stopped_by_ = "partial_fit"
        self._remember(run)
        return self

    def decision_function(self, X: Any) -> Array:
        """Logits: log-odds of the second class, shape (n,), for two classes; else of shape (n, n_classes)."""
        logits = self._logits(X)
        return logits[:, 0] if self._head.kind == BINARY else logits

    def predict(self, X: Any) -> Array:
        """The most probable label of each sample; a 0/1 matrix where y was one."""
        return self._head_of_fitted().labels(self._logits(X))

    def predict_proba(self, X: Any) -> Array:
        """Probabilities, one column per class in the order of ``classes_``."""
        return self._head_of_fitted().probabilities(self._logits(X))

    def predict_log_proba(self, X: Any) -> Array:
        """Log-probabilities, finite also where the probability rounds to 0."""
        return self._head_of_fitted().log_probabilities(self._logits(X))

    # What follows is private.

    def _validated(self, X: Any, y: Any, sample_weight: Any, *, reset: bool) -> tuple[Array, Array, Array | None]:
        self._check_parameters()
        X, y = validate_data(
            self,
            X,
            y,
            accept_sparse=["csr", "csc"],
            multi_output=True,
            dtype=(np.float64, np.float32),
            order="C",
            reset=reset,
        )
        check_classification_targets(y)
        y = y.toarray() if hasattr(y, "toarray") else y
        if y.ndim == 2 and y.shape[1] == 1:
            y = column_or_1d(y, warn=True)
        X = X.tocsr() if hasattr(X, "tocsr") else X
        if sample_weight is None:
            return X, y, None
        weights = _check_sample_weight(sample_weight, X, dtype=X.dtype, ensure_non_negative=True)
        counted = weights > 0
        if not counted.any():
            raise ValueError("sample_weight: every weight is zero, so there is nothing to fit")
        if not counted.all():
            X, y, weights = X[counted], y[counted], weights[counted]
        return X, y, weights

    def _check_parameters(self) -> None:
        check.hidden_sizes(self.hidden_layer_sizes)
        check.choice("solver", self.solver, SOLVERS)
        check.choice("learning_rate", self.learning_rate, SCHEDULES)
        if self.batch_size != "auto":
            check.integer("batch_size", self.batch_size, at_least=1)
        for name, at_least in (("max_iter", 1), ("n_iter_no_change", 1), ("max_fun", 1)):
            if getattr(self, name) != np.inf:
                check.integer(name, getattr(self, name), at_least=at_least)
        for name in ("alpha", "power_t", "tol", "weight_decay"):
            check.number(name, getattr(self, name), at_least=0)
        for name in ("learning_rate_init", "epsilon"):
            check.number(name, getattr(self, name), above=0)
        for name in ("beta_1", "beta_2", "dropout"):
            check.number(name, getattr(self, name), at_least=0, below=1)
        for name in ("momentum", "label_smoothing"):
            check.number(name, getattr(self, name), at_least=0, at_most=1)
        check.number("validation_fraction", self.validation_fraction, at_least=0, below=1)
        if self.max_grad_norm is not None:
            check.number("max_grad_norm", self.max_grad_norm, above=0)

    def _start(self, head: Head, n_features: int) -> None:
        """Forget what was learned."""
        self._kind = head.kind
        self.classes_ = head.classes
        self.n_outputs_ = head.n_outputs
        self.out_activation_ = head.out_activation
        self.n_layers_ = len(check.hidden_sizes(self.hidden_layer_sizes)) + 2
        self._seed = int(check_random_state(self.random_state).randint(2**31 - 1))
        self._solver_vectors: dict[str, Array] = {}
        self._solver_steps = self._epochs_run = self.t_ = self.n_iter_ = 0
        self.loss_curve_: list[float] = []
        self.validation_scores_: list[float] | None = [] if self.early_stopping else None
        self.best_validation_score_: float | None = -np.inf if self.early_stopping else None
        self.best_loss_: Any = None if self.early_stopping else np.inf
        _ = self._network

    @property
    def _head(self) -> Head:
        return Head(self._kind, self.classes_)

    def _head_of_fitted(self) -> Head:
        check_is_fitted(self, "coefs_")
        return self._head

    @property
    def _network(self) -> Network:
        names = {"logistic": "sigmoid"}
        given = self.activation
        activation = given if isinstance(given, str | rules.Rule) else list(given)
        activation = (
            [names.get(name, name) if isinstance(name, str) else name for name in activation]
            if isinstance(activation, list)
            else names.get(activation, activation)
            if isinstance(activation, str)
            else activation
        )
        return mlp(
            self.n_features_in_,
            check.hidden_sizes(self.hidden_layer_sizes),
            self.n_outputs_,
            activation=activation,
            dropout_rate=self.dropout,
            loss=self._head.loss,
        )

    def _blocks(self) -> list[Array]:
        return [block for pair in zip(self.coefs_, self.intercepts_, strict=True) for block in map(np.asarray, pair)]

    def _adopt(self, theta: Array) -> None:
        """Show theta as coefs_ and intercepts_, which are views of it."""
        blocks = self._network.unpack(theta)
        self.coefs_, self.intercepts_ = blocks[::2], blocks[1::2]

    def _remember(self, run: Run) -> None:
        """What partial_fit continues from."""
        self._solver_vectors = run.solver_state.vectors
        self._solver_steps, self._epochs_run = run.solver_state.steps, run.epoch
        self.t_ = run.samples_seen

    def _solver(self) -> Solver:
        if self.solver == "gd":
            return GradientDescent()
        if self.solver == "sgd":
            return SGD(self.momentum, self.nesterovs_momentum and self.momentum > 0)
        decay = self.weight_decay if self.solver == "adamw" else 0.0
        return Adam(self.beta_1, self.beta_2, self.epsilon, decay, self._network.n_weights)

    def _schedule(self, steps_per_epoch: int) -> Schedule:
        if self.learning_rate == "cosine":
            return Cosine(int(self.max_iter) * steps_per_epoch)
        if self.solver == "sgd" and self.learning_rate == "invscaling":
            return InverseScaling(self.power_t)
        if self.solver == "sgd" and self.learning_rate == "adaptive":
            return Adaptive()
        return Constant()

    def _batch_size(self, n_samples: int) -> int:
        if self.batch_size == "auto":
            return min(200, n_samples)
        if self.batch_size > n_samples:
            warnings.warn(
                f"Got `batch_size` less than 1 or larger than sample size. It is going to be clipped to {n_samples}",
                stacklevel=4,
            )
        return min(int(self.batch_size), n_samples)

    def _objective(self) -> Objective:
        return Objective(self._network, self.alpha, self.label_smoothing if self._kind == MULTICLASS else 0.0)

    def _epochs(self, run: Run, solver: Solver, samples: Samples, schedule: Schedule | None) -> Iterator[Epoch]:
        size = self._batch_size(len(samples))
        schedule = schedule or self._schedule(-(-len(samples) // size))
        if self.solver == "gd":
            return full_batch_epochs(
                run,
                self._objective(),
                samples,
                solver,
                learning_rate=self.learning_rate_init,
                schedule=schedule,
                max_norm=self.max_grad_norm,
            )
        return epochs(
            run,
            self._objective(),
            samples,
            solver,
            learning_rate=self.learning_rate_init,
            batch_size=size,
            schedule=schedule,
            shuffle=self.shuffle,
            seed=self._seed,
            max_norm=self.max_grad_norm,
        )

    def _fit_epochs(self, run: Run, solver: Solver, samples: Samples, y: Array) -> None:
        validation = None
        if self.early_stopping:
            samples, validation = self._split(samples, y)
        size = self._batch_size(len(samples))
        steps = 1 if self.solver == "gd" else -(-len(samples) // size)
        schedule = self._schedule(steps)
        patience = Patience(self.tol, int(self.n_iter_no_change), larger_is_better=self.early_stopping)
        best = run.theta.copy()
        self.stopped_by_ = "max_iter"
        began = last = time.perf_counter()
        try:
            for epoch in self._epochs(run, solver, samples, schedule):
                self._record(epoch)
                score = None if validation is None else self._validate(run.theta, *validation)
                exhausted = patience.exhausted_after(epoch.loss if score is None else score)
                if score is None:
                    self.best_loss_ = patience.best
                else:
                    self.best_validation_score_ = patience.best
                    if patience.improved:
                        best[...] = run.theta
                now = time.perf_counter()
                progress = Progress(
                    self.n_iter_,
                    int(self.max_iter),
                    epoch.loss,
                    score,
                    epoch.samples_per_second,
                    now - began,
                    now - last,
                )
                last = now
                if sum(bool(callback(progress)) for callback in self.callbacks or ()):
                    self.stopped_by_ = "callback"
                    break
                if exhausted and not (isinstance(schedule, Adaptive) and self._reduced(schedule)):
                    self._say(f"No improvement of more than tol={self.tol:g} in {self.n_iter_no_change} epochs.")
                    self.stopped_by_ = "patience"
                    break
                if exhausted:
                    patience.waited = 0
                if self.n_iter_ >= self.max_iter:
                    break
        except KeyboardInterrupt:
            self.stopped_by_ = "interrupt"
            warnings.warn(
                f"Training interrupted by user after {self.n_iter_} epochs; the best weights so far are kept.",
                stacklevel=3,
            )
        if validation is not None:
            run.theta[...] = best
        elif self.stopped_by_ == "max_iter" and self.learning_rate != "cosine":
            warnings.warn(
                f"Stochastic Optimizer: Maximum iterations ({self.max_iter}) reached and the optimization hasn't "
                "converged yet.",
                ConvergenceWarning,
                stacklevel=3,
            )

    def _reduced(self, schedule: Adaptive) -> bool:
        reduced = schedule.reduce(self.learning_rate_init)
        if reduced:
            self._say(f"Setting learning rate to {self.learning_rate_init * schedule.scale:g}")
        return reduced

    def _record(self, epoch: Epoch) -> None:
        self.n_iter_ += 1
        self.t_ += epoch.samples
        self.loss_ = epoch.loss
        self.loss_curve_.append(epoch.loss)
        self._say(f"Iteration {self.n_iter_}, loss = {epoch.loss:.8f}")

    def _say(self, line: str) -> None:
        if self.verbose:
            print(line)

    def _split(self, samples: Samples, y: Array) -> tuple[Samples, tuple[Array, Array, Array | None]]:
        stratify = None
        if self._kind != MULTILABEL and np.unique(y, return_counts=True)[1].min() >= 2:
            stratify = y
        index = np.arange(len(samples))
        try:
            train, held_out = train_test_split(
                index, test_size=self.validation_fraction, random_state=self._seed, stratify=stratify
            )
        except ValueError:
            # Too few samples for one of every class on both sides.
            train, held_out = train_test_split(index, test_size=self.validation_fraction, random_state=self._seed)
        if len(held_out) < 2:
            raise ValueError(
                "The validation set is too small. Increase 'validation_fraction' or the size of your dataset."
            )
        x, targets, weights = samples.x, samples.targets, samples.weights
        parts = [Samples(x[i], targets[i], None if weights is None else weights[i]) for i in (train, held_out)]
        return parts[0], (parts[1].x, y[held_out], parts[1].weights)

    def _validate(self, theta: Array, X: Array, y: Array, weights: Array | None) -> float:
        predicted = self._head.labels(_forward(self._network, theta, X))
        score = float(accuracy_score(y, predicted, sample_weight=weights))
        assert self.validation_scores_ is not None
        self.validation_scores_.append(score)
        self._say(f"Validation score: {score:f}")
        return score

    def _fit_lbfgs(self, theta: Array, samples: Samples) -> None:
        result = minimise(
            self._objective(),
            samples,
            theta,
            iterations=int(self.max_iter),
            evaluations=int(self.max_fun),
            tol=self.tol,
        )
        self.loss_ = self.best_loss_ = result.loss
        self.n_iter_ = result.iterations
        self.t_ += len(samples) * result.evaluations
        self.stopped_by_ = "convergence" if result.converged else "max_iter"
        if not result.converged:
            warnings.warn(
                f"lbfgs failed to converge after {result.iterations} iterations ({result.message}). Increase max_iter "
                "or max_fun, or scale the features.",
                ConvergenceWarning,
                stacklevel=3,
            )

    def _logits(self, X: Any) -> Array:
        check_is_fitted(self, "coefs_")
        X = validate_data(self, X, accept_sparse=["csr", "csc"], dtype=(np.float64, np.float32), order="C", reset=False)
        theta = self._network.pack(self._blocks())
        X = X.tocsr() if hasattr(X, "tocsr") else X
        return _forward(self._network, theta, X.astype(theta.dtype, copy=False))

    def __sklearn_tags__(self) -> Any:
        """scikit-learn's description of what the estimator takes."""
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.classifier_tags.multi_label = True
        return tags


def _forward(network: Network, theta: Array, X: Array) -> Array:
    """Logits, a block of rows at a time."""
    count = X.shape[0]
    logits = np.empty((count, network.out_features), theta.dtype)
    for start in range(0, count, PREDICTION_BLOCK):
        block = X[start : start + PREDICTION_BLOCK]
        logits[start : start + PREDICTION_BLOCK] = Plan(network, block.shape[0], theta).logits(block)
    return logits


def _kind_of(y: Array) -> str:
    if y.ndim == 2:
        kind = type_of_target(y)
        if kind != MULTILABEL:
            raise ValueError(f"y: expected one label per sample, or a 0/1 matrix, got {kind} of shape {y.shape}")
        return MULTILABEL
    return MULTICLASS


def _head_of(y: Array) -> Head:
    kind = _kind_of(y)
    if kind == MULTILABEL:
        return Head(MULTILABEL, np.arange(y.shape[1]))
    return _head_of_classes(kind, np.unique(y))


def _head_of_classes(kind: str, classes: Array) -> Head:
    if kind == MULTICLASS and len(classes) < 2:
        raise ValueError(f"y: expected at least two classes, got one class: {classes.tolist()}")
    return Head(BINARY if kind == MULTICLASS and len(classes) == 2 else kind, classes)


__all__ = ["MLPClassifier", "SolverState"]
