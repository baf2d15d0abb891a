"""
Data larger than memory, and data that arrives
==============================================

Samples in files are read a block at a time, as often as the solver needs them. Samples that arrive over time are learnt
with ``partial_fit``.
"""

# %%
# Files
# -----
#
# :class:`chainrule.Blocks` opens .npy, Parquet and Arrow files and CSR folders. A fit takes as many passes over them as
# over an array in memory, and ends with the same bits.

import tempfile
from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits

from chainrule import Blocks, SoftmaxRegression

X, y = load_digits(return_X_y=True)
X = X / 16

with tempfile.TemporaryDirectory() as folder:
    for part in range(3):
        rows = slice(part * 500, (part + 1) * 500)
        np.save(Path(folder) / f"part-{part}.npy", X[rows])
        np.save(Path(folder) / f"labels-{part}.npy", y[rows])
    files = Blocks(f"{folder}/part-*.npy", labels=f"{folder}/labels-*.npy")
    from_files = SoftmaxRegression().fit(files)

from_memory = SoftmaxRegression().fit(X[:1500], y[:1500])
print("the same bits:", np.array_equal(from_files.coef_, from_memory.coef_))
print(f"accuracy on other rows {from_files.score(X[1500:], y[1500:]):.3f}")

# %%
# A stream
# --------
#
# ``partial_fit`` takes samples as they come, and uses each one once.

stream = SoftmaxRegression()
for start in range(0, 1500, 100):
    rows = slice(start, start + 100)
    stream.partial_fit(X[rows], y[rows], classes=np.arange(10))
    if start in (0, 400, 1400):
        print(f"after {start + 100:4} samples: {stream.score(X[1500:], y[1500:]):.3f}")
