"""A multilayer perceptron with scikit-learn's interface, trained by closed-form gradients."""

from dataclasses import dataclass
from typing import Any

from chainrule import rules
from chainrule.estimators import parameters as check
from chainrule.estimators.network_classifier import NetworkClassifier
from chainrule.estimators.recipes import LIMITS
from chainrule.networks import Network, mlp


def activation_of(given: Any) -> Any:
    """The parameter `activation` in the names of `chainrule.networks`: scikit-learn calls the sigmoid "logistic"."""
    if isinstance(given, str | rules.Rule):
        return "sigmoid" if isinstance(given, str) and given == "logistic" else given
    return [activation_of(one) for one in given]


@dataclass(eq=False, repr=False)
class MLPClassifier(NetworkClassifier):
    """Multilayer perceptron for classification: linear layers with activations, softmax and cross entropy.

    The gradients are formulas, one per operator; a training step writes to buffers that are allocated once. Parameters,
    attributes and methods of scikit-learn's ``MLPClassifier`` mean the same here.

    Parameters
    ----------
    hidden_layer_sizes : int or sequence of int, default=(100,)
        Widths of the hidden layers; ``()`` gives softmax regression.
    activation : str, Rule, or a sequence of these, default="relu"
        "identity", "sigmoid" (also called "logistic"), "tanh", "softplus", "relu", "mish", "selu", the name of a
        registered rule of your own, or a `Rule`; a sequence gives one for each hidden layer.
    solver : {"adam", "adamw", "sgd", "gd", "lbfgs"}, default="adam"
        "gd" is gradient descent on all samples at once; "adamw" is Adam with decoupled weight decay.
    alpha : float, default=1e-4
        Strength of the L2 penalty: alpha / (2 w) times the sum of squared weights. w is the total weight of a batch.
    batch_size : int or "auto", default="auto"
        "auto" is min(200, n_samples). Not used by "gd" and "lbfgs".
    learning_rate : {"constant", "invscaling", "adaptive", "cosine"}, default="constant"
        "invscaling" and "adaptive" apply to "sgd"; "cosine" falls to 0 over max_iter epochs.
    learning_rate_init : float, default=1e-3
    power_t : float, default=0.5
        The exponent of "invscaling".
    max_iter : int, default=200
        Maximum number of epochs, or of L-BFGS iterations.
    shuffle : bool, default=True
        Whether to reorder the samples for every epoch. For samples in files, the blocks are reordered, and then the
        samples within each window of 16 blocks.
    random_state : int, RandomState or None, default=None
        Seed of initial weights, order, dropout and the validation split.
    tol : float, default=1e-4
        An epoch without an improvement of this size counts towards ``n_iter_no_change``.
    verbose : bool, default=False
        True prints a line for every epoch. After one second, standard error also shows how many rows of it are done.
    warm_start : bool, default=False
        Whether `fit` starts from the weights of the last fit.
    momentum : float, default=0.9
    nesterovs_momentum : bool, default=True
        Momentum of "sgd", and whether it is Nesterov's.
    early_stopping : bool, default=False
        Hold out ``validation_fraction`` of the samples, stratified; stop when the accuracy on them no longer improves,
        and restore the weights of the best epoch. As in scikit-learn, "lbfgs" ignores it.
    validation_fraction : float, default=0.1
    beta_1, beta_2, epsilon : float, default=0.9, 0.999, 1e-8
        Decay rates of Adam's two averages, and the number added to its denominator.
    n_iter_no_change : int, default=10
    max_fun : int, default=15000
        Maximum number of times that "lbfgs" evaluates the objective.
    label_smoothing : float, default=0
        The share of every target that is spread over all classes.
    dropout : float, default=0
        The probability that a training step drops a hidden unit. Must be 0 for "lbfgs", which needs the same objective
        at every step.
    weight_decay : float, default=0.01
        The decoupled weight decay of "adamw".
    max_grad_norm : float or None, default=None
        Gradients with a larger norm are scaled down to this norm. Must be None for "lbfgs".
    callbacks : sequence of callables or None, default=None
        Each is called with a `Progress` after every epoch; a true return value ends the fit. Must be None for "lbfgs".
    class_weight : dict, "balanced" or None, default=None
        Factors for the sample weights of each class; "balanced" gives all classes the same total weight.
    targets : {"labels", "proba"}, default="labels"
        With "proba", y holds rows of class probabilities, one column per class, and predictions are column numbers.
    loss : {"log_loss", "squared_error"}, default="log_loss"
        "squared_error" is half the squared error of the probability. It needs two classes.
    eval_metric : {"accuracy", "log_loss"} or callable, default="accuracy"
        The score on the held-out samples that decides which epoch is best. A callable is given the true labels and the
        probabilities; larger values must be better.
    new_classes : {"error", "add"}, default="error"
        What `partial_fit` does with a new label.
    dtype : {"auto", "float32", "float64"}, default="auto"
        The precision of training; "auto" is the precision of X.
    checkpoint : path or None, default=None
        A file that `fit` writes while it runs, and removes when it ends. If a `fit` to the same samples with the same
        parameters finds the file, it continues from there, and its result is bit for bit that of an uninterrupted fit.
        For samples in files it is also written within epochs.
    device : str or None, default=None
        None trains with NumPy; "cpu", "cuda", ... train with PyTorch on that device. On a GPU, float32 steps are
        recorded once and replayed where possible; see docs/guide/networks.md.

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
        The number of epochs in the last fit, and of samples seen.
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

    hidden_layer_sizes: Any = (100,)
    activation: Any = "relu"

    _fits_sources = True
    _structural = ("hidden_layer_sizes", "activation", "dropout", "loss")
    _limits = LIMITS | {"hidden_layer_sizes": check.hidden_sizes, "activation": check.activation}

    def _network_for(self, loss: str) -> Network:
        return mlp(
            self.n_features_in_,
            check.hidden_sizes("hidden_layer_sizes", self._structure["hidden_layer_sizes"]),
            self.n_outputs_,
            activation=activation_of(self._structure["activation"]),
            dropout_rate=self._structure["dropout"],
            loss=loss,
        )
