"""
Which pixels would change the network's mind?
=============================================

Pictures show the gradient of each digit's loss with respect to its pixels.
"""

# %%
# The gradient by the inputs
# --------------------------

import numpy as np
from matplotlib import pyplot as plt
from sklearn.datasets import load_digits

from chainrule import MLPClassifier

X, y = load_digits(return_X_y=True)
X = X / 16
model = MLPClassifier((100,), activation="softplus", learning_rate="cosine", learning_rate_init=0.01, max_iter=60)
model.set_params(random_state=0).fit(X[:1400], y[:1400])

gradient = model.input_gradient(X[1400:], y[1400:])
wrong = model.predict(X[1400:]) != y[1400:]
norms = np.linalg.norm(gradient, axis=1)
print(f"{wrong.sum()} of {len(wrong)} held-out digits are misread")
print(f"norm of the input gradient, median: right {np.median(norms[~wrong]):.4f}, wrong {np.median(norms[wrong]):.4f}")

# %%
# One step against this gradient, within the range of pixels, corrects most of the misread digits.

moved = np.clip(X[1400:][wrong] - gradient[wrong] / norms[wrong, None], 0, 1)
share = np.mean(model.predict(moved) == y[1400:][wrong])
print(f"after a step of length 1 against it, {share:.0%} of the misread digits are read right")

# %%
# These are the digits whose loss changes most, and where it changes. Blue pixels should be darker, red ones lighter.

figure, axes = plt.subplots(2, 8, figsize=(8, 2.6), layout="constrained")
for column, i in enumerate(np.argsort(-norms)[:8]):
    axes[0, column].imshow(X[1400 + i].reshape(8, 8), cmap="gray_r")
    axes[0, column].set_title(f"{y[1400 + i]} as {model.predict(X[[1400 + i]])[0]}", fontsize=9)
    limit = np.abs(gradient[i]).max()
    axes[1, column].imshow(gradient[i].reshape(8, 8), cmap="RdBu_r", vmin=-limit, vmax=limit)
for axis in axes.flat:
    axis.set(xticks=[], yticks=[])
