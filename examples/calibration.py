"""
Calibrated probabilities
========================

A network that is trained until it fits its training samples is overconfident. Temperature scaling divides its logits
by one number, the temperature, which is chosen to minimise the log-loss of held-out samples.
:class:`chainrule.SoftmaxRegression` finds this temperature with ``temperature_scaling=True``; for other classifiers
scikit-learn finds it. Whether probabilities can be trusted is measured by the log-loss, by the Brier score
(``sklearn.metrics.brier_score_loss``), and by the expected calibration error, which reports and ``chainrule evaluate``
print.
"""

# %%
# A network without early stopping
# --------------------------------

import pandas
from matplotlib import pyplot as plt
from sklearn import config_context
from sklearn.calibration import CalibratedClassifierCV, calibration_curve
from sklearn.datasets import make_classification
from sklearn.frozen import FrozenEstimator
from sklearn.metrics import log_loss
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from chainrule import MLPClassifier, SoftmaxRegression, TabularClassifier

X, y = make_classification(6000, 20, n_informative=8, flip_y=0.15, class_sep=0.8, random_state=0)
X, X_test, y, y_test = train_test_split(X, y, test_size=3000, random_state=0)
X_train, X_held, y_train, y_held = train_test_split(X, y, test_size=0.3, random_state=0)

plain = MLPClassifier((100,), max_iter=1000, random_state=0, tol=1e-3, n_iter_no_change=20)
plain.fit(X_train, y_train)
shown = plain.predict_proba(X_test)[:, 1]

# %%
# The network stays as it is, and the temperature is fitted to samples that it has not seen. Give their labels as an
# array: in a pandas Series, scikit-learn looks for the label with the index 0, and fails with ``KeyError: 0``.

cooler = CalibratedClassifierCV(FrozenEstimator(plain), method="temperature").fit(X_held, y_held)
cooled = cooler.predict_proba(X_test)[:, 1]
print(f"log-loss {log_loss(y_test, shown):.3f} before, {log_loss(y_test, cooled):.3f} after")

# %%
# Tables
# ------
#
# The same works for :class:`chainrule.TabularClassifier`, here with labels in a Series. It keeps the best epochs of its
# networks by the log-loss of rows held out, and averages them, so there is less to gain:

words = pandas.Series(y).map({0: "no", 1: "yes"}).set_axis(range(100, 100 + len(y)))
words_train, words_held = train_test_split(words, test_size=0.3, random_state=0)
table = TabularClassifier(max_iter=15, random_state=0).fit(X_train, words_train)
cooler = CalibratedClassifierCV(FrozenEstimator(table), method="temperature").fit(X_held, words_held.to_numpy())
before, after = (model.predict_proba(X_test)[:, 1] for model in (table, cooler))
print(f"log-loss {log_loss(y_test, before):.3f} before, {log_loss(y_test, after):.3f} after")

# %%
# Softmax regression
# ------------------
#
# :class:`chainrule.SoftmaxRegression` finds the temperature in ``fit``, from the held-out samples in ``eval_set``.
# Scale features with ``standardize=True``: a scaler in a pipeline scales X, but not the samples of ``eval_set``.

linear = SoftmaxRegression(C=1e3, standardize=True, temperature_scaling=True)
linear.fit(X_train, y_train, eval_set=(X_held, y_held))
print(f"temperature {linear.temperature_:.2f}, log-loss {log_loss(y_test, linear.predict_proba(X_test)):.3f}")

# %%
# In a pipeline, scikit-learn's ``transform_input`` sends these samples through the steps before the classifier:

with config_context(enable_metadata_routing=True):
    linear = SoftmaxRegression(C=1e3, temperature_scaling=True).set_fit_request(X_val=True, y_val=True)
    piped = make_pipeline(StandardScaler(), linear, transform_input=["X_val"])
    piped.fit(X_train, y_train, X_val=X_held, y_val=y_held)
print(f"temperature {piped[-1].temperature_:.2f}, log-loss {log_loss(y_test, piped.predict_proba(X_test)):.3f}")

# %%
# Reliability
# -----------
#
# A point on the diagonal is a forecast that comes true as often as predicted.

figure, axis = plt.subplots(figsize=(4.6, 4.2), layout="constrained")
axis.plot([0, 1], [0, 1], color="grey", lw=1, ls=":")
for name, p in (("as trained", shown), ("with temperature", cooled)):
    true, said = calibration_curve(y_test, p, n_bins=10)
    axis.plot(said, true, marker="o", label=name)
axis.set(xlabel="probability that the model gives", ylabel="share of samples of the class")
_ = axis.legend()
