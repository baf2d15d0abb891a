"""examples/torch_loss.py learns the digits, and its last two lines show what the exact pullback keeps."""

import math
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("torch", reason="needs PyTorch: pip install -e '.[torch]'")

EXAMPLE = Path(__file__).parents[2] / "examples" / "torch_loss.py"


@pytest.fixture(scope="module")
def printed():
    done = subprocess.run([sys.executable, "-W", "error", str(EXAMPLE)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_model_reads_held_out_digits(printed):
    # Measured 0.904; five standard deviations of a share of 397 digits are 0.074.
    assert float(re.search(r"held-out accuracy: ([\d.]+)", printed)[1]) > 0.83


def test_every_weight_moves_the_saliency(printed):
    assert "4096 of 4096 weights" in printed


def test_a_certain_prediction_has_a_gradient_and_pytorchs_own_is_zero(printed):
    ours, theirs = (float(x) for x in re.findall(r"gradient at the label, \w+: (\S+)", printed))
    # Minus the other probabilities, printed to four digits.
    assert ours == pytest.approx(-(math.exp(-200) + math.exp(-203)), rel=5e-4, abs=0)
    assert theirs == 0
