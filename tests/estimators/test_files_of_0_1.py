"""Model files of version 0.1 load, predict what they predicted then, go on and can be saved again.

The files were written at commit 85e766e. The notes in each hold samples, and the probabilities of then. pandas and
PyTorch are not needed; an older or newer scikit-learn warns that its transformers are of another version.
"""

from pathlib import Path

import numpy as np
import pytest
from sklearn.exceptions import InconsistentVersionWarning

from chainrule.estimators.persistence import load_with_about, save

FOLDER = Path(__file__).parent / "files"
FILES = [path for path in sorted(FOLDER.glob("*-0.1.bin")) if path.stem not in ("checkpoint-0.1", "model-0.1")]
KINDS = ("conv", "mlp", "softmax", "table")

pytestmark = pytest.mark.filterwarnings(
    f"ignore::{InconsistentVersionWarning.__module__}.{InconsistentVersionWarning.__name__}"
)


def test_there_are_files_of_every_kind():
    assert {path.name.partition("-")[0] for path in FILES} == set(KINDS)
    assert len(FILES) == 8


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_it_predicts_what_it_predicted(path, tmp_path):
    model, notes = load_with_about(path)
    # The files hold float32 models, too, whose logits may be summed in another order.
    np.testing.assert_allclose(model.predict_proba(notes["X"]), notes["probs"], rtol=1e-6, atol=1e-12)
    again, _ = load_with_about(save(model, tmp_path / "again"))
    assert np.array_equal(again.predict_proba(notes["X"]), model.predict_proba(notes["X"]))


def test_its_training_goes_on():
    model, notes = load_with_about(next(path for path in FILES if path.name.startswith("mlp-of-two-classes")))
    labels, seen = model.predict(notes["X"]), model.t_
    model.partial_fit(notes["X"], labels)
    assert model.t_ == seen + 3
    assert len(model.loss_curve_) == 6
