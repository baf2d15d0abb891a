"""Fits whose process is killed by the system: the next one goes on from the file, and ends as if undisturbed."""

import json
import subprocess
import sys
import time

import numpy as np
import pytest
from sklearn.datasets import load_iris

from chainrule import MLPClassifier

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

X, SPECIES = load_iris(return_X_y=True)
X = (X - X.mean(axis=0)) / X.std(axis=0)
NOISY = np.where(np.random.default_rng(3).random(150) < 0.4, (SPECIES + 1) % 3, SPECIES)

CHILD = """
import json, sys, time
import numpy as np
from chainrule import MLPClassifier
from chainrule.estimators import checkpoints

checkpoints.SECONDS_BETWEEN = 0.0
folder, parameters = sys.argv[1], json.loads(sys.argv[2])
samples = np.load(f"{folder}/samples.npz")

def slowly(progress):
    print(progress.epoch, flush=True)
    time.sleep(0.05)

model = MLPClassifier(**parameters, callbacks=[slowly], checkpoint=f"{folder}/fit.checkpoint")
model.fit(samples["x"], samples["y"])
np.savez(f"{folder}/fitted.npz", *model.coefs_, *model.intercepts_)
with open(f"{folder}/fitted.json", "w") as file:
    json.dump([model.loss_curve_, model.validation_scores_, model.stopped_by_], file)
"""


@pytest.mark.parametrize(
    "parameters",
    [
        {
            "dropout": 0.3,
            "early_stopping": True,
            "validation_fraction": 0.4,
            "learning_rate": "cosine",
            "learning_rate_init": 0.1,
        },
        {"solver": "sgd", "learning_rate": "adaptive", "tol": 0.05, "n_iter_no_change": 1},
        {"solver": "gd", "learning_rate_init": 0.3, "tol": 0},
    ],
    ids=["adam", "sgd", "gd"],
)
def test_a_fit_killed_by_the_system_at_any_moment_ends_where_it_would_have(parameters, tmp_path):
    parameters = {"hidden_layer_sizes": [6], "max_iter": 20, "random_state": 0, "batch_size": 37} | parameters
    np.savez(tmp_path / "samples.npz", x=X, y=NOISY)
    command = [sys.executable, "-W", "ignore", "-c", CHILD, str(tmp_path), json.dumps(parameters)]
    moments, firsts = np.random.default_rng(sum(map(ord, str(parameters)))), []
    for _ in range(2):
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
            # Once three epochs are told, at least one checkpoint is written; the moment of death is any after that.
            told = [int(child.stdout.readline()) for _ in range(3)]
            time.sleep(0.12 * moments.random())
            child.kill()
            firsts.append(told[0])
        assert child.returncode == -9
    last = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout.split()
    firsts.append(int(last[0]))
    assert firsts[0] == 1
    assert firsts[0] < firsts[1] < firsts[2], "each run goes on where the one before was killed"
    whole = MLPClassifier(**parameters).fit(X, NOISY)
    with np.load(tmp_path / "fitted.npz") as blocks:
        for got, want in zip(blocks.values(), whole.coefs_ + whole.intercepts_, strict=True):
            assert got.tobytes() == want.tobytes()
    curves = json.loads((tmp_path / "fitted.json").read_text())
    assert curves == [whole.loss_curve_, whole.validation_scores_, whole.stopped_by_]
    assert not (tmp_path / "fit.checkpoint").exists()


FROM_FILES = """
import json, sys, time
import numpy as np
from chainrule import MLPClassifier
from chainrule.estimators import checkpoints
from chainrule.storage import stored_rows
from chainrule.training import shuffled_windows

stored_rows.NUMBERS_OF_A_BLOCK, shuffled_windows.BLOCKS_OF_A_WINDOW = 20, 3
checkpoints.SECONDS_BETWEEN = 0.0
folder, parameters, pause = sys.argv[1], json.loads(sys.argv[2]), float(sys.argv[3])
samples = dict(np.load(f"{folder}/samples.npz"))

class Source:
    shape, dtype, sparse, feature_names = samples["x"].shape, np.dtype(float), False, None

    def features(self, start, stop):
        print(start, flush=True)
        time.sleep(pause)
        return samples["x"][start:stop]

    def labels(self):
        return samples["y"]

    def weights(self):
        return None

    def place(self, row):
        return f"row {row}"

    def expect(self, start, stop):
        pass

model = MLPClassifier(**parameters, checkpoint=f"{folder}/fit.checkpoint").fit(Source())
np.savez(f"{folder}/fitted.npz", *model.coefs_, *model.intercepts_)
with open(f"{folder}/fitted.json", "w") as file:
    json.dump([model.loss_curve_, model.stopped_by_], file)
"""


def test_a_fit_from_files_killed_within_an_epoch_ends_where_it_would_have(tmp_path):
    # 30 blocks of 5 rows in an epoch, so windows of 15 rows and 10 steps of 16 rows.
    parameters = {"hidden_layer_sizes": [6], "max_iter": 3, "random_state": 0, "batch_size": 16, "dropout": 0.3}
    np.savez(tmp_path / "samples.npz", x=X, y=NOISY)
    command = [sys.executable, "-W", "ignore", "-c", FROM_FILES, str(tmp_path), json.dumps(parameters)]
    moments = np.random.default_rng(5)
    for _ in range(3):
        with subprocess.Popen([*command, "0.01"], stdout=subprocess.PIPE, text=True) as child:
            for _ in range(22):
                child.stdout.readline()
            time.sleep(0.1 * moments.random())
            child.kill()
        assert child.returncode == -9
    assert (tmp_path / "fit.checkpoint").exists()
    last = subprocess.run([*command, "0"], stdout=subprocess.PIPE, text=True, check=True).stdout.split()
    assert len(last) < 3 * 30 - 2 * 12, "each run goes on within the epoch in which the one before was killed"
    resumed = (tmp_path / "fitted.npz").read_bytes(), (tmp_path / "fitted.json").read_text()
    assert not (tmp_path / "fit.checkpoint").exists()
    whole = subprocess.run([*command, "0"], stdout=subprocess.PIPE, text=True, check=True).stdout.split()
    assert len(whole) == 3 * 30 + 3, "three reads tell the samples from others"
    assert resumed == ((tmp_path / "fitted.npz").read_bytes(), (tmp_path / "fitted.json").read_text())
