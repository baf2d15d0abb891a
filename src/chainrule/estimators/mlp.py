"""A multilayer perceptron with scikit-learn's interface, trained by closed-form gradients."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import _check_sample_weight, check_consistent_length, check_is_fitted

from chainrule.arrays import Array, is_sparse, on_device, to_numpy
from chainrule.estimators import parameters as check
from chainrule.estimators.checkpoints import Checkpointer, check_folder, fingerprint_of
from chainrule.estimators.classifier import Classifier
from chainrule.estimators.fitting import epochs_of, fit_epochs, record
from chainrule.estimators.heads import BINARY, MULTICLASS, Head, head_of, head_of_classes
from chainrule.estimators.inputs import (
    checked_features,
    checked_labels,
    checked_probabilities,
    checked_samples,
    joined_eval_set,
    with_class_weight,
)
from chainrule.estimators.lbfgs import minimise
from chainrule.estimators.solving import batch_size_of, check_parameters, network_of, schedule_of, solver_of
from chainrule.estimators.validation import PREDICTION_BLOCK, Validation, forward, hold_out
from chainrule.networks import Network, Plan
from chainrule.training import Objective, Run, Samples
from chainrule.training.threads import suitable_threads


def _iterative(estimator: MLPClassifier) -> bool:
    if estimator.solver == "lbfgs":
        raise AttributeError("partial_fit needs a solver that steps through batches; lbfgs does not")
    return True


class MLPClassifier(Classifier):
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
    class_weight : dict, "balanced" or None, default=None
        Factors for the sample weights of each class; "balanced" gives all classes the same total weight.
    targets : {"labels", "proba"}, default="labels"
        "proba" takes y as rows of class probabilities, one column per class; predictions are column numbers.
    loss : {"log_loss", "squared_error"}, default="log_loss"
        "squared_error" is half the squared error of the probability, for two classes.
    eval_metric : {"accuracy", "log_loss"} or callable, default="accuracy"
        By what epochs are judged on held-out samples. A callable is given the true labels and the probabilities, and
        larger is better.
    new_classes : {"error", "add"}, default="error"
        What `partial_fit` does on a label that it has not met.
    dtype : {"auto", "float32", "float64"}, default="auto"
        The precision of training; "auto" is that of X.
    checkpoint : path or None, default=None
        A file that `fit` keeps while it runs, and removes when it ends. A `fit` to the same samples with the same
        parameters that finds it goes on from there, with the result of a fit that was not interrupted, bit for bit.
    device : str or None, default=None
        None trains with NumPy; "cpu", "cuda", ... with PyTorch there.

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
    >>> model = MLPClassifier((16,), "softplus", solver="lbfgs", alpha=0.1, max_iter=2000, random_state=0).fit(X, y)
    >>> model.predict(X[[0, 60, 120]])
    array([0, 1, 2])
    >>> model.score(X, y) > 0.97
    True
    """

    loss_: float
    best_loss_: Any
    stopped_by_: str
    n_iter_: int
    t_: int

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
        class_weight: Any = None,
        targets: str = "labels",
        loss: str = "log_loss",
        eval_metric: Any = "accuracy",
        new_classes: str = "error",
        dtype: Any = "auto",
        checkpoint: Any = None,
        device: str | None = None,
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
        self.class_weight = class_weight
        self.targets = targets
        self.loss = loss
        self.eval_metric = eval_metric
        self.new_classes = new_classes
        self.dtype = dtype
        self.checkpoint = checkpoint
        self.device = device

    def fit(
        self,
        X: Any,
        y: Any,
        sample_weight: Any = None,
        *,
        eval_set: Any = None,
        X_val: Any = None,
        y_val: Any = None,
        sample_weight_val: Any = None,
    ) -> MLPClassifier:
        """Fit to samples X with labels y.

        Parameters
        ----------
        X : array or CSR/CSC matrix of shape (n_samples, n_features)
        y : array of shape (n_samples,), or a 0/1 matrix for several labels at once, or, with ``targets="proba"``, rows
            of class probabilities
        sample_weight : array of shape (n_samples,), optional
            At least 0; a weight of 2 means the same as giving the sample twice.
        eval_set : tuple (X, y) or (X, y, sample_weight), optional
            Held-out samples by which epochs are judged; the weights of the best epoch are restored. With
            ``early_stopping`` it takes the place of the validation fraction. ``class_weight`` applies to it too.
        X_val, y_val, sample_weight_val : arrays, optional
            The same, apart: what scikit-learn's ``Pipeline(..., transform_input=["X_val"])`` sends through its steps.

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
        check_parameters(self)
        eval_set = joined_eval_set(eval_set, X_val, y_val, sample_weight_val)
        if self.checkpoint is not None:
            check_folder(self.checkpoint)
        continues = self.warm_start and hasattr(self, "coefs_")
        X, y, weights = checked_samples(self, X, y, sample_weight, reset=not continues)
        head = head_of(y, probabilities=self.targets == "proba", squared=self.loss == "squared_error")
        if continues:
            self._check_same_classes(head)
            theta = self._theta(X.dtype)
        else:
            self._start(head, X.shape[1])
        if eval_set is not None and self.solver == "lbfgs":
            raise ValueError("eval_set: lbfgs has no epochs to judge; choose another solver")
        validation = None if eval_set is None else self._eval_set(eval_set, X.dtype)
        checkpointer = None
        if self.checkpoint is not None:
            judged = () if validation is None else (validation.x, validation.y, validation.weights)
            checkpointer = Checkpointer(self.checkpoint, fingerprint_of(self, X, y, weights, *judged))
            if checkpointer.found is not None:
                self._seed = checkpointer.found.seed
        if not continues:
            theta = self._network.initial_parameters(self._seed, X.dtype)
        X, y, weights = with_class_weight(self.class_weight, head, X, y, weights)
        samples = Samples(X, head.targets(y, X.dtype, self.label_smoothing), weights)
        self._watched = self.early_stopping or validation is not None
        if not continues or self._watched != (self.validation_scores_ is not None):
            self._start_scores()
        if self.early_stopping and validation is None:
            kept, held_out = hold_out(samples, y, head, fraction=self.validation_fraction, seed=self._seed)
            held_weights = None if weights is None else weights[held_out]
            validation = Validation(X[held_out], y[held_out], held_weights, self.eval_metric, self.device)
            samples = kept
        self.n_iter_ = 0
        theta = on_device(theta, self.device)
        samples = self._placed(samples)
        try:
            if self.solver == "lbfgs":
                self._fit_lbfgs(theta, samples)
            else:
                solver = solver_of(self, self._network.n_weights)
                run = Run(theta, solver.start(theta), 0, self.t_)
                fit_epochs(self, run, self._objective(), solver, samples, validation, checkpointer)
                self._remember(run)
        finally:
            self._adopt(theta)
        return self

    @available_if(_iterative)  # type: ignore[untyped-decorator]
    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None, classes: Any = None) -> MLPClassifier:
        """Run one epoch over the given samples, starting from where the last call ended.

        Parameters
        ----------
        X, y, sample_weight
            As in `fit`.
        classes : array, optional
            All labels that will ever occur; needed at the first call, unless ``new_classes="add"``.
        """
        check_parameters(self)
        if self.early_stopping:
            raise ValueError("partial_fit does not support early_stopping=True")
        if isinstance(self.class_weight, str):
            raise ValueError("class_weight='balanced' needs all samples at once; give partial_fit a dict instead")
        first = not hasattr(self, "coefs_")
        if first and classes is None and self.new_classes != "add" and self.targets != "proba":
            raise ValueError("classes must be passed on the first call to partial_fit")
        X, y, weights = checked_samples(self, X, y, sample_weight, reset=first)
        named = y.ndim == 1 and (classes is not None or self.new_classes == "add")
        if first:
            known = np.unique(y if classes is None else classes)
            if self.new_classes == "add":
                known = np.union1d(known, y)
            squared = self.loss == "squared_error"
            head = (
                head_of_classes(known, squared=squared)
                if named
                else head_of(y, probabilities=self.targets == "proba", squared=squared)
            )
            self._start(head, X.shape[1])
            self._start_scores()
        elif named and self.new_classes == "add":
            self._add_classes(np.union1d(y, self.classes_ if classes is None else np.union1d(classes, self.classes_)))
        elif classes is not None and not np.array_equal(np.unique(classes), self.classes_):
            raise ValueError(
                f"`classes={classes!r}` is not the same as on last call to partial_fit, was: {self.classes_!r}"
            )
        self._check_known(y)
        theta = self._network.initial_parameters(self._seed, X.dtype) if first else self._theta(X.dtype)
        theta = on_device(theta, self.device)
        solver = solver_of(self, self._network.n_weights)
        run = Run(theta, solver.start(theta), self._epochs_run, self.t_)
        if self._solver_steps:
            kept = {name: on_device(vector, self.device) for name, vector in self._solver_vectors.items()}
            solver.resume(run.solver_state, kept, self._solver_steps)
        open_ended = self.new_classes == "add"
        X, y, weights = with_class_weight(self.class_weight, self._head, X, y, weights, classes_to_come=open_ended)
        samples = self._placed(Samples(X, self._head.targets(y, X.dtype, self.label_smoothing), weights))
        self.n_iter_ = 0
        rows = batch_size_of(self, len(samples))
        with suitable_threads(self._network, rows):
            record(self, next(epochs_of(self, run, self._objective(), solver, samples, schedule_of(self, 1), rows)))
        self._adopt(theta)
        self.best_loss_ = self.loss_ if self.best_loss_ is None else min(self.best_loss_, self.loss_)
        self.stopped_by_ = "partial_fit"
        self._remember(run)
        return self

    def input_gradient(self, X: Any, y: Any) -> Array:
        """The gradient of each sample's loss by its features, of X's shape: what would change the prediction most.

        Parameters
        ----------
        X : array of shape (n_samples, n_features)
        y : labels, or rows of targets, as in `fit`
        """
        check_is_fitted(self, "coefs_")
        theta = self._theta()
        features = checked_features(self, X, theta.dtype)
        y = checked_probabilities(y) if self.targets == "proba" else checked_labels(np.asarray(y))
        check_consistent_length(features, y)
        self._check_known(y)
        targets = self._head.targets(y, theta.dtype, self.label_smoothing)
        gradients = np.empty(features.shape, theta.dtype)
        for start in range(0, len(y), PREDICTION_BLOCK):
            rows = slice(start, start + PREDICTION_BLOCK)
            block = features[rows]
            plan = Plan(self._network, block.shape[0], theta, input_gradient=True)
            plan.loss_and_gradient(block, targets[rows], label_smoothing=self._objective().label_smoothing)
            # The plan's loss is the mean over its rows.
            gradients[rows] = plan.input_gradient * block.shape[0]
        return gradients

    # What follows is private.

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
        self._watched = False

    def _start_scores(self) -> None:
        """Forget how the epochs went."""
        self.loss_curve_: list[float] = []
        self.validation_scores_: list[float] | None = [] if self._watched else None
        self.best_validation_score_: float | None = None
        self.best_loss_ = None if self._watched else np.inf

    def _eval_set(self, eval_set: Any, dtype: Any) -> Validation:
        """Held-out samples as the user gives them."""
        X = checked_features(self, eval_set[0], dtype)
        y = checked_probabilities(eval_set[1]) if self.targets == "proba" else checked_labels(np.asarray(eval_set[1]))
        check_consistent_length(X, y)
        self._check_known(y, "eval_set: `y`")
        weights = None
        if len(eval_set) == 3 and eval_set[2] is not None:
            if not np.any(eval_set[2]):
                raise ValueError("eval_set: every sample has the weight zero, so there is nothing to judge by")
            weights = _check_sample_weight(eval_set[2], X, dtype=X.dtype, ensure_non_negative=True)
        X, y, weights = with_class_weight(self.class_weight, self._head, X, y, weights)
        return Validation(X, y, weights, self.eval_metric, self.device)

    def _placed(self, samples: Samples) -> Samples:
        """The samples where training takes place."""
        if self.device is None:
            return samples
        if is_sparse(samples.x):
            raise ValueError(f"device={self.device!r} takes dense X; sparse X is for device=None")
        weights = None if samples.weights is None else on_device(samples.weights, self.device)
        return Samples(on_device(samples.x, self.device), on_device(samples.targets, self.device), weights)

    def _add_classes(self, classes: Array) -> None:
        """Widen the output layer, with first values drawn for the new classes and the old ones as they are."""
        if np.array_equal(classes, self.classes_):
            return
        old = self._network.unpack(self._theta())
        weight, bias = old[-2:]
        if self._head.kind == BINARY:
            # One logit o is a softmax over -o/2 and o/2.
            weight, bias = np.hstack([-weight / 2, weight / 2]), np.concatenate([-bias / 2, bias / 2])
        places = np.searchsorted(classes, self.classes_)
        head = head_of_classes(classes, squared=self.loss == "squared_error")
        self._kind, self.classes_ = head.kind, head.classes
        self.n_outputs_, self.out_activation_ = head.n_outputs, head.out_activation
        theta = self._network.initial_parameters(self._seed, weight.dtype)
        new = self._network.unpack(theta)
        for before, after in zip(old[:-2], new[:-2], strict=True):
            after[...] = before
        new[-2][:, places], new[-1][places] = weight, bias
        self._adopt(theta)
        # The solver's averages have another length now; they start anew.
        self._solver_vectors, self._solver_steps = {}, 0

    @property
    def _head(self) -> Head:
        return Head(self._kind, self.classes_, self.loss == "squared_error")

    @property
    def _network(self) -> Network:
        return network_of(self, self._head.loss)

    def _objective(self) -> Objective:
        return Objective(self._network, self.alpha, self.label_smoothing if self._kind == MULTICLASS else 0.0)

    def _theta(self, dtype: Any = None) -> Array:
        """The flat parameters, copied from coefs_ and intercepts_, which are the truth between calls."""
        pairs = zip(self.coefs_, self.intercepts_, strict=True)
        theta = self._network.pack([np.asarray(block) for pair in pairs for block in pair])
        return theta.astype(dtype or theta.dtype, copy=False)

    def _adopt(self, theta: Array) -> None:
        """Show theta as coefs_ and intercepts_, which are views of it."""
        blocks = self._network.unpack(to_numpy(theta))
        self.coefs_, self.intercepts_ = blocks[::2], blocks[1::2]

    def _remember(self, run: Run) -> None:
        """What partial_fit continues from."""
        self._solver_vectors = {name: to_numpy(vector) for name, vector in run.solver_state.vectors.items()}
        self._solver_steps, self._epochs_run = run.solver_state.steps, run.epoch

    def _fit_lbfgs(self, theta: Array, samples: Samples) -> None:
        result = minimise(
            self._objective(),
            samples,
            theta,
            iterations=self.max_iter,
            evaluations=self.max_fun,
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
        theta = self._theta()
        features = checked_features(self, X, theta.dtype)
        device = None if is_sparse(features) else self.device
        return forward(self._network, on_device(theta, device), features, device)

    def __sklearn_tags__(self) -> Any:
        """scikit-learn's description of what the estimator takes."""
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.classifier_tags.multi_label = True
        return tags
