"""
Rare classes
============

One sample in fifty belongs to the class that matters. A weight for that class shifts the decision threshold. Setting
the threshold from the costs of the two kinds of errors has the same effect, needs no second fit, and leaves the
probabilities correct.
"""

# %%
# A rare class
# ------------

import numpy as np
from sklearn.datasets import make_classification
from sklearn.metrics import log_loss
from sklearn.model_selection import train_test_split

from chainrule import SoftmaxRegression

X, y = make_classification(20_000, 12, n_informative=6, weights=[0.98], flip_y=0.005, class_sep=1.1, random_state=1)
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0, stratify=y)

# %%
# Weights
# -------
#
# ``class_weight="balanced"`` gives both classes the same total weight. The model then finds more of the rare
# class, but more alarms are false, and its probabilities no longer match the data.

plain = SoftmaxRegression().fit(X_train, y_train)
balanced = SoftmaxRegression(class_weight="balanced").fit(X_train, y_train)


def described(name, found, p):
    """What a rule of decision finds, and the log-loss of its probabilities."""
    hits, alarms = np.sum(found & (y_test == 1)), np.sum(found)
    loss = log_loss(y_test, p)
    print(f"{name:20} finds {hits:3} of {np.sum(y_test)}, {alarms - hits:4} false alarms, log-loss {loss:.3f}")


for name, model in (("no weights", plain), ("balanced", balanced)):
    described(name, model.predict(X_test) == 1, model.predict_proba(X_test))

# %%
# A cost instead of a weight
# --------------------------
#
# If a missed case costs as much as ten false alarms, raise the alarm where p > 1/11. This needs no second fit, and the
# probabilities stay right.

p = plain.predict_proba(X_test)
described("no weights, p > 1/11", p[:, 1] > 1 / 11, p)
