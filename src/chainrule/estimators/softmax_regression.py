"""Softmax regression (multinomial logistic regression) with scikit-learn's interface, solved to its optimum."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from sklearn.utils.validation import check_is_fitted

from chainrule.arrays import Array, is_sparse
from chainrule.estimators import parameters as check
from chainrule.estimators.array_dispatch import attributes_like_samples, results_like_samples, with_numpy
from chainrule.estimators.availability import available_unless
from chainrule.estimators.class_encoding import encoding_of
from chainrule.estimators.drop_in import DEPRECATED, LIMITS, check_same_optimum
from chainrule.estimators.logits_of_rows import logits_of
from chainrule.estimators.peer_callbacks import CallbackSupportMixin
from chainrule.estimators.samples_on_cluster import is_on_cluster
from chainrule.estimators.softmax_fits import SoftmaxFits
from chainrule.estimators.softmax_on_cluster import cluster_score, predicted
from chainrule.estimators.softmax_problem import inverse_strength, problem_of_samples
from chainrule.estimators.softmax_recipe import coefficients, journaled
from chainrule.estimators.temperature import best_temperature
from chainrule.estimators.transactions import all_or_nothing, showing_progress
from chainrule.kernels.blas import threads_allowed
from chainrule.progress import stage
from chainrule.solvers.convex.online import absorb, curvatures


def _needs_all_samples(model: SoftmaxRegression) -> str:
    """The parameter that leaves no `partial_fit`, or an empty string."""
    needing = [name for name in ("standardize", "temperature_scaling") if getattr(model, name)]
    if isinstance(model.class_weight, str):
        needing.append(f"class_weight={model.class_weight!r}")
    return f"it sees one batch after another, and {needing[0]} needs all samples at once" if needing else ""


class SoftmaxRegression(CallbackSupportMixin, SoftmaxFits):  # type: ignore[misc]  # scikit-learn has no types
    """Softmax regression with an L2 penalty: probabilities softmax(x W + b), fitted to the optimum.

        sum_i w_i (log sum_j exp(z_ij) - z_i,y_i) + |W|^2 / (2 C),    z = x W + b

    `objective_` is this sum divided by the total weight, sum_i w_i (without weights, by the number of samples).

    Parameters, attributes and methods that scikit-learn's ``LogisticRegression`` also has mean the same here, and the
    optimum is the same. As in scikit-learn, two classes have one weight vector.

    Parameters
    ----------
    penalty : {"l2", None}, optional
        As in scikit-learn, which has deprecated it: None means ``C=np.inf``.
    C : float, default=1.0
        The inverse strength of the penalty, above 0; infinity for no penalty.
    l1_ratio : float, default=0.0
        Must be 0, since only the L2 penalty is supported.
    dual : bool, default=False
        Must be False, since the primal problem is solved.
    tol : float, default=1e-4
        The fit has converged when the objective can fall by at most `tol` times its value, according to a bound on the
        distance from the optimum or to Newton's decrement. Cold and warm starts use the same test. scikit-learn's `tol`
        limits the mean objective's largest gradient entry, which says less about that distance for weak penalties.
    fit_intercept : bool, default=True
        The intercepts are not penalised.
    intercept_scaling : float, default=1
        Must be 1, since the intercept is not penalised.
    class_weight : dict, "balanced" or None, default=None
        A factor of the weights of the samples of each class; classes that a dict does not name have 1. "balanced" gives
        all classes the same total weight: n / (number of classes x samples of the class).
    random_state : int, RandomState or None, default=None
        Not used: the fit is deterministic.
    solver : {"auto", "lbfgs", "newton-cg", ...}, default="auto"
        "auto" chooses "newton-cg" for many sparse features. It also does so for dense features if their covariance
        costs more time than it saves, but L-BFGS would take hundreds of steps without it. Otherwise it chooses "lbfgs",
        which is preconditioned by that covariance or its diagonal, later by the Hessian's blocks (one per class), and
        ends with Newton's method. "newton-cg" never factorises a covariance. With fewer samples than features, both
        work in the row space of the samples. The optimum does not depend on the solver, so scikit-learn's names
        "newton-cholesky", "sag" and "saga" are accepted and mean "auto". "liblinear" also means "auto", but only for
        two classes without an intercept, since scikit-learn's "liblinear" penalises the intercept.
    max_iter : int, default=100
        The largest number of steps. A fit that has not converged then warns with a ConvergenceWarning.
    verbose : int, default=0
        Above 0, print a line for every step, and the certificate. After one second, standard error also shows the
        current pass over the samples, the rows done and the time left.
    warm_start : bool, default=False
        True starts `fit` from the weights of the last fit.
    n_jobs : int, optional
        The maximum number of threads for a fit; -1 means all cores, and the default is the limit of BLAS. Small
        products always use one thread, since more would be slower.
    targets : {"labels", "proba"}, default="labels"
        "proba" takes y as rows of class probabilities; predictions are column numbers.
    label_smoothing : float, default=0
        The share of every target that is spread over all classes.
    standardize : bool, default=False
        Penalise the weights as if every feature had the standard deviation 1. The coefficients still apply to the
        features as given.
    temperature_scaling : bool, default=False
        Divide the logits by the temperature that gives the smallest log-loss on the eval_set, which must be given.
    eval_metric : {"log_loss", "accuracy"} or callable, default="log_loss"
        The score on the eval_set after every step. A callable is given the true labels and the probabilities.
    callbacks : sequence of callables or None, default=None
        Each is called after every step with a record of `iteration`, `value` and `gradient_norm`; a true return value
        ends the fit.
    dtype : {"auto", "float32", "float64"}, default="auto"
        The precision of the products with X and of the coefficients; "auto" is the precision of X. The solver keeps
        weights in float64, unless there are four million or more. Predictions have the precision of X or of the
        coefficients, whichever is higher.
    mixed_precision : bool, default=False
        Compute the products of the first steps in bfloat16 with PyTorch, and those of the last steps in full precision,
        to the same `tol`. The steps between compute gradients in full precision and products with the Hessian in
        bfloat16. This is faster for many features and classes. It has no effect on sparse X, or on a processor that
        has no instructions for bfloat16 (AVX512_BF16 or AMX, for example) if there is no `device`.
    certify : bool, default=True
        Minimise the intercepts in float64 during the evaluation that ends the fit, and set `certificate_`. This
        takes 1 to 5 % of the time of most fits.
    checkpoint : path or None, default=None
        A folder to which `fit` writes the sum of each pass over the samples. If the fit is killed, the same call in a
        new process repeats none of the written passes and ends with the same bits. The folder is removed when the fit
        ends. Each pass takes as many bytes as the gradient; `partial_fit` writes nothing. See docs/guide/scale.md.
    device : str or None, default=None
        With None, NumPy computes all passes over the samples. With "cpu", "cuda", ..., PyTorch computes most passes of
        `fit` on that device, for dense X in memory. `partial_fit` and predictions ignore it; see
        docs/guide/softmax_regression.md.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
    coef_ : ndarray of shape (n_classes, n_features), or (1, n_features) for two classes
    intercept_ : ndarray of shape (n_classes,) or (1,)
    n_iter_ : ndarray of shape (1,)
        The number of steps. If the first gradient was already small enough, it is 1, but at most max_iter.
    objective_ : float
        The objective after the last step divided by the total weight, including the penalty.
    gradient_norm_ : float
        The largest entry of the mean objective's gradient.
    converged_ : bool
    certificate_ : Certificate or None
        Bounds on how far the fit is from the optimum, which hold in spite of rounding errors. `gap`, of the objective,
        is the sharp one; `distance`, of `coef_`, may be much larger than the true one. See docs/guide/scale.md.
        None with ``certify=False``, without a penalty, with negative sample weights and after
        Ctrl-C.
    interrupted_ : bool
        True if Ctrl-C ended the fit; the weights are then from the last step.
    validation_scores_ : list of float or None
        The scores on the eval_set after every step; the last score is that of the fitted weights.
    temperature_ : float
    n_features_in_ : int
    feature_names_in_ : ndarray of str

    Examples
    --------
    >>> from chainrule import SoftmaxRegression
    >>> from sklearn.datasets import load_iris
    >>> X, y = load_iris(return_X_y=True)
    >>> model = SoftmaxRegression().fit(X, y)
    >>> model.predict(X[[0, 60, 120]])
    array([0, 1, 2])
    >>> model.converged_, model.coef_.shape
    (True, (3, 4))
    """

    _multilabel = False
    _fits_sources = True
    _array_api = True
    _only_binary: ClassVar = {"solver": "liblinear"}

    def __init__(
        self,
        penalty: Any = DEPRECATED,
        *,
        C: float = 1.0,
        l1_ratio: Any = 0.0,
        dual: bool = False,
        tol: float = 1e-4,
        fit_intercept: bool = True,
        intercept_scaling: float = 1,
        class_weight: Any = None,
        random_state: Any = None,
        solver: str = "auto",
        max_iter: int = 100,
        verbose: int = 0,
        warm_start: bool = False,
        n_jobs: Any = None,
        targets: str = "labels",
        label_smoothing: float = 0.0,
        standardize: bool = False,
        temperature_scaling: bool = False,
        eval_metric: Any = "log_loss",
        callbacks: Any = None,
        dtype: Any = "auto",
        mixed_precision: bool = False,
        certify: bool = True,
        checkpoint: Any = None,
        device: Any = None,
    ) -> None:
        self._store(locals())

    @all_or_nothing
    @attributes_like_samples
    @showing_progress
    def fit(
        self,
        X: Any,
        y: Any = None,
        sample_weight: Any = None,
        *,
        eval_set: Any = None,
        X_val: Any = None,
        y_val: Any = None,
        sample_weight_val: Any = None,
    ) -> SoftmaxRegression:
        """Fit to samples X with labels y.

        Parameters
        ----------
        X : array or CSR/CSC matrix of shape (n_samples, n_features), samples in files, or a Dask collection
            `chainrule.Blocks` opens files. The result has the same bits as a fit to an array with the same rows and
            dtype. With scikit-learn's ``array_api_dispatch``, arrays of other libraries such as PyTorch give attributes
            and predictions of the same library, on the same device.
        y : array of shape (n_samples,), or, with ``targets="proba"``, rows of class probabilities
            By default, the labels in the files.
        sample_weight : array of shape (n_samples,), optional
            By default, the weights in the files, if there are any. A weight of 2 means the same as giving the sample
            twice. A negative weight, such as a reward below 0, pushes the prediction away from the label; the objective
            is then not convex, and the fit ends where its gradient is 0.
        eval_set : tuple (X, y) or (X, y, sample_weight), optional
            Held-out samples, on which ``eval_metric`` is measured after every step. A Pipeline does not transform them:
            its last step gets them as they are. Transform them first, or give `X_val` with ``transform_input``.
        X_val, y_val, sample_weight_val : arrays, optional
            The same samples as separate arrays, for scikit-learn's ``Pipeline(..., transform_input=["X_val"])``.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            For shapes that do not fit, NaN or infinity, a single class, parameters out of range, negative weights that
            leave the objective without a minimum, or a checkpoint of another fit.
        """
        self._check_parameters()
        continues = self.warm_start and hasattr(self, "coef_")
        problem, samples = self._read_problem(X, y, sample_weight, continues=continues, signed=True)
        X = samples[0]
        if self.checkpoint is not None:
            problem = journaled(problem, Path(self.checkpoint))
        given = eval_set, X_val, y_val, sample_weight_val
        held_out = None if all(part is None for part in given) else self._held_out(X.dtype, *given)
        if self.temperature_scaling and held_out is None:
            raise ValueError("temperature_scaling needs held-out samples: give an eval_set")
        self._solve(problem, samples, self._theta() if continues else None, held_out)
        if self.checkpoint is not None and not self.interrupted_:
            problem.engine.remove()
        if held_out is not None and self.temperature_scaling:
            with stage("temperature"):
                logits = logits_of(held_out[0], self.coef_.T, self.intercept_)
            self.temperature_ = best_temperature(self._encoding, logits, *held_out[1:])
        return self

    @results_like_samples
    def decision_function(self, X: Any) -> Any:
        """The logits, of shape (n, n_classes); for two classes, the log-odds of the second class, of shape (n,).

        For a Dask collection, this and every prediction is a Dask array.
        """
        return self._predicted(X, super().decision_function)

    @results_like_samples
    def predict(self, X: Any) -> Any:
        """The most probable label of each sample."""
        return self._predicted(X, super().predict)

    @results_like_samples
    def predict_proba(self, X: Any) -> Any:
        """Probabilities, one column per class in the order of ``classes_``."""
        return self._predicted(X, super().predict_proba)

    @results_like_samples
    def predict_log_proba(self, X: Any) -> Any:
        """Log-probabilities, finite even where the probability rounds to 0."""
        return self._predicted(X, super().predict_log_proba)

    @results_like_samples
    def score(self, X: Any, y: Any = None, sample_weight: Any = None) -> float:
        """The share of samples that are predicted correctly; files may hold their labels and weights too.

        The true class of a row of probabilities y is the most probable one.
        """
        if not is_on_cluster(X):
            return super().score(X, y, sample_weight)
        return cluster_score(self, X, y, sample_weight)

    @available_unless(_needs_all_samples)
    @all_or_nothing
    @attributes_like_samples
    def partial_fit(self, X: Any, y: Any, classes: Any = None, sample_weight: Any = None) -> SoftmaxRegression:
        """Learn from one more batch of samples, each seen once; all classes share one softmax.

        The batch is fitted, to `tol`, with a penalty on the distance from the previous weights. The penalty is weighted
        by the curvature of all earlier batches, and by 1 / C at first; it includes the intercepts. There is no learning
        rate. Only the diagonal of the curvature is kept, so small batches end farther from a fit of all samples: with
        C=10 on scikit-learn's digits, divided by 16, the log-loss of the training samples is 0.031 after `fit`, 0.032
        after one batch of all samples, and 0.10 after batches of 100. Shuffle first: batches must mix the classes. The
        same batches sorted by class end with an accuracy of 0.19.

        After `fit`, the samples of `fit` count as earlier batches, and the attributes that describe the end of `fit`
        are removed: `objective_`, `gradient_norm_`, `converged_`, `interrupted_` and `certificate_`. `n_iter_` is then
        increased by 1 for each batch.

        There is no `partial_fit` with ``standardize=True``, with ``temperature_scaling=True`` or with
        ``class_weight="balanced"``, which need all samples at once, and none of `SoftmaxRegressionCV`.

        Parameters
        ----------
        X, y, sample_weight
            As in `fit`, with weights of at least 0.
        classes : array, optional
            All labels that will ever occur; needed at the first call, unless ``targets="proba"``. A label that is not
            among them is an error later.

        Examples
        --------
        >>> from sklearn.datasets import load_digits
        >>> X, y = load_digits(return_X_y=True)
        >>> model = SoftmaxRegression()
        >>> for start in range(0, 1500, 100):
        ...     batch = slice(start, start + 100)
        ...     model = model.partial_fit(X[batch], y[batch], classes=range(10))
        >>> model.score(X[1500:], y[1500:]) > 0.85
        True
        """
        self._check_parameters()
        first = not hasattr(self, "coef_")
        if first and classes is None and self.targets != "proba":
            raise ValueError("classes must be passed on the first call to partial_fit")
        X, y, weights = self._checked_samples(X, y, sample_weight, reset=first)
        if first:
            proba = self.targets == "proba"
            encoding = encoding_of(y if proba else np.unique(classes), probabilities=proba)
            self._kind, self.classes_ = encoding.kind, encoding.classes
        elif classes is not None and not np.array_equal(np.unique(classes), self.classes_):
            raise ValueError(f"classes: expected {self.classes_}, as in the first call, got {np.unique(classes)}")
        self._check_known(y, advice=" Name all labels in classes= at the first call of partial_fit, or fit anew.")
        problem = problem_of_samples(self, X, y, weights)
        theta = np.zeros(problem.shape) if first else np.asarray(self._theta(), dtype=np.float64)
        precision = getattr(self, "_precision", None)
        with threads_allowed(self._recipe().threads):
            if precision is None:
                precision = np.full(problem.shape, 1 / inverse_strength(self))
                if not first:  # the samples of `fit` count with the curvature of this batch
                    precision += self._mass * curvatures(problem, theta)
            theta, self._precision = absorb(problem, theta, precision, self.tol)
        self._forget_end_of_fit()
        self.temperature_, self.validation_scores_ = 1.0, None
        dtype = X.dtype if first else np.result_type(self.coef_.dtype, X.dtype)
        self.coef_, self.intercept_ = coefficients(theta, self.fit_intercept, dtype, centred=False)
        self.n_iter_ = np.array([1 if first else int(self.n_iter_[0]) + 1], dtype=np.int32)
        return self

    def sparsify(self) -> SoftmaxRegression:
        """Hold the coefficients as a sparse matrix, and all attributes in NumPy."""
        import scipy.sparse

        check_is_fitted(self, "coef_")
        self.__dict__.update(vars(with_numpy(self)))
        self.coef_ = scipy.sparse.csr_matrix(self.coef_)
        return self

    def densify(self) -> SoftmaxRegression:
        """Hold the coefficients as an array, as after `fit`."""
        check_is_fitted(self, "coef_")
        self.coef_ = self.coef_.toarray() if is_sparse(self.coef_) else self.coef_
        return self

    # What follows is private.

    def _predicted(self, X: Any, method: Callable[[Any], Array]) -> Any:
        """The result of a method of predictions; for a Dask collection, when it is computed."""
        return predicted(self, X, method) if is_on_cluster(X) else method(X)

    def _check_parameters(self) -> None:
        # The attributes, because the `__init__` of a subclass may have fewer parameters.
        check.within(vars(self), LIMITS)
        check_same_optimum(vars(self), [self.l1_ratio])
