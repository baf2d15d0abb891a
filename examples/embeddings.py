"""
Classify text by embeddings
===========================

A linear classifier on embeddings is the usual way to classify text with few labels. Here the embeddings are a reduced
TF-IDF matrix, so that the page needs no download; the rest is the same for the embeddings of a language model.

The texts are paragraphs of scikit-learn's docstrings, and the label of each is its module.
"""

# %%
# The texts
# ---------

import importlib
import inspect
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import Normalizer

from chainrule import SoftmaxRegressionCV, load, save
from chainrule.estimators import scores_of_path

MODULES = (
    "cluster",
    "datasets",
    "decomposition",
    "ensemble",
    "linear_model",
    "metrics",
    "model_selection",
    "preprocessing",
)
texts, labels = [], []
for name in MODULES:
    module = importlib.import_module(f"sklearn.{name}")
    for public in module.__all__:
        described = inspect.getdoc(vars(module).get(public)) or ""
        for paragraph in described.split("\n\n"):
            if len(paragraph) > 200:
                texts.append(paragraph)
                labels.append(name)
print(len(texts), "paragraphs of", len(MODULES), "modules")

# %%
# Embeddings of 100 numbers, of length 1
# --------------------------------------

train, test, y_train, y_test = train_test_split(texts, labels, random_state=0, stratify=labels)
embedding = make_pipeline(
    TfidfVectorizer(sublinear_tf=True, min_df=2, stop_words="english"), TruncatedSVD(100, random_state=0), Normalizer()
)
X_train, X_test = embedding.fit_transform(train), embedding.transform(test)

# %%
# The penalty is chosen by cross-validation, by log-loss
# ------------------------------------------------------
#
# All folds and all values of C share one eigendecomposition.

model = SoftmaxRegressionCV(Cs=np.logspace(-1, 3, 9), scoring="neg_log_loss").fit(X_train, y_train)
accuracy = np.mean(model.predict(X_test) == np.array(y_test))
print(f"C = {model.C_:g}, accuracy on held-out paragraphs {accuracy:.2f}")

# %%
# The curves show the mean score of each C, and the score of each fold. They need matplotlib, which comes with the extra
# ``report``:

scores_of_path(model)

# %%
# Keep the model
# --------------
#
# A model file holds the classifier with the two steps before it. It cannot hold the TfidfVectorizer, which has settings
# that are functions or regular expressions: keep that step with pickle, whose files run code when they are loaded, or
# with skops. Embeddings of a language model need no such step.

tfidf, *steps = (step for _, step in embedding.steps)
with TemporaryDirectory() as folder:
    path = save(make_pipeline(*steps, model), Path(folder) / "topics.chainrule")
    loaded = load(path)
print("same predictions:", np.array_equal(loaded.predict(tfidf.transform(test)), model.predict(X_test)))
