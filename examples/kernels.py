"""
Kernels
=======

A kernel machine is softmax regression on features of the kernel. scikit-learn computes the features, and softmax
regression can take thousands of them.
"""

# %%
# Features of a Gaussian kernel
# -----------------------------

import numpy as np
from matplotlib import pyplot as plt
from sklearn.datasets import load_digits, make_moons
from sklearn.kernel_approximation import Nystroem
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline

from chainrule import SoftmaxRegression

X, y = load_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X / 16, y, random_state=0)

for count in (50, 200, 800):
    model = make_pipeline(Nystroem(gamma=0.3, n_components=count, random_state=0), SoftmaxRegression(C=100))
    print(f"{count:4} features: accuracy {model.fit(X_train, y_train).score(X_test, y_test):.3f}")

# %%
# The boundary of two classes
# ---------------------------

X, y = make_moons(300, noise=0.2, random_state=0)
model = make_pipeline(Nystroem(gamma=2, n_components=100, random_state=0), SoftmaxRegression(C=10)).fit(X, y)
across, up = np.meshgrid(np.linspace(-1.7, 2.7, 200), np.linspace(-1.2, 1.7, 200))
p = model.predict_proba(np.c_[across.ravel(), up.ravel()])[:, 1].reshape(across.shape)
figure, axis = plt.subplots(figsize=(6, 3.6), layout="constrained")
drawn = axis.contourf(across, up, p, levels=np.linspace(0, 1, 11), cmap="RdBu_r", alpha=0.8)
axis.scatter(*X.T, c=y, cmap="RdBu_r", edgecolors="k", s=18, linewidths=0.5)
_ = figure.colorbar(drawn, label="probability of the second class")
