"""
From scikit-learn's classifiers
===============================

Change the class, and little else: :class:`chainrule.SoftmaxRegression` has the same parameters, attributes and optimum
as :class:`sklearn.linear_model.LogisticRegression`. Its fits end closer to that optimum, and say how close. Note that
``make_pipeline`` names a step after its class, so ``logisticregression__C`` in a grid becomes ``softmaxregression__C``.
"""

# %%
# The same optimum
# ----------------

import numpy as np
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from chainrule import MLPClassifier, SoftmaxRegression

X, y = load_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X / 16, y, random_state=0, stratify=y)

theirs = LogisticRegression(C=1, tol=1e-14, max_iter=10_000, solver="newton-cholesky").fit(X_train, y_train)
ours = SoftmaxRegression(C=1, tol=1e-14).fit(X_train, y_train)
print(
    "largest difference of a probability:",
    f"{abs(theirs.predict_proba(X_test) - ours.predict_proba(X_test)).max():.0e}",
)

# %%
# ``certificate_`` bounds the distance of the coefficients from the optimum, rounding errors included:

print(f"coefficients of norm {np.linalg.norm(ours.coef_):.3g}, within {ours.certificate_.distance:.0e} of the optimum")

# %%
# In pipelines and searches
# -------------------------
#
# ``SoftmaxRegression`` works like any other estimator. If you search only C, :class:`chainrule.SoftmaxRegressionCV` is
# faster, because all fits share one eigendecomposition.

search = GridSearchCV(
    make_pipeline(StandardScaler(), SoftmaxRegression()), {"softmaxregression__C": [0.01, 0.1, 1]}, cv=3
)
search.fit(X_train, y_train)
print(search.best_params_, f"{search.score(X_test, y_test):.3f}")

# %%
# Networks
# --------
#
# :class:`chainrule.MLPClassifier` has the parameters and defaults of :class:`sklearn.neural_network.MLPClassifier`,
# and more: further activations, a cosine schedule, dropout, label smoothing, held-out data of your own, and files
# larger than memory.

network = MLPClassifier((100,), max_iter=40, learning_rate="cosine", learning_rate_init=0.01, random_state=0)
network.fit(X_train, y_train)
print(f"accuracy {network.score(X_test, y_test):.3f}")

# %%
# What is different
# -----------------
#
# * chainrule has only classifiers, and only the L2 penalty. Any ``l1_ratio`` other than 0 is an error.
# * ``tol`` of SoftmaxRegression bounds how far the objective can still fall; scikit-learn's ``tol`` bounds an entry of
#   the gradient. If you compare coefficients, set ``tol=1e-8``: their distance from the optimum falls like the square
#   root of ``tol``. ``certificate_.distance`` bounds it.
# * A fit that Ctrl-C ends keeps its best weights, and sets ``interrupted_`` to true.

assert np.array_equal(theirs.classes_, ours.classes_)
