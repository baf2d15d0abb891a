"""What children find in memory: the code that the tasks need, and the modules that code may import."""

import asyncio
import re

import pytest

from chainrule.servers.child_process import FOR_CODE, result_of
from chainrule.servers.warm_template import CODE

pytestmark = pytest.mark.usefixtures("processes_to_copy")
MODULES = re.findall(r"\w+", " ".join(re.findall(r"^import (.*)$", CODE, re.MULTILINE)[:2]))


@pytest.mark.parametrize(
    "module", [*MODULES, "numpy.linalg", "numpy.random", "numpy.fft", "scipy.special", "scipy.stats"]
)
def test_code_may_import_what_computes(module):
    code = f"import {module}\ndef f(x):\n    return x * x\ndef f_slope(x):\n    return 2 * x"
    assert asyncio.run(result_of("check_code", {"code": code, "inputs": [3.0]}, FOR_CODE))["verdict"] == "pass"


def test_a_check_without_a_proof_needs_nothing_more_either():
    # Balls, then floats: code that asks for the kind of its numbers runs on floats alone.
    code = "def f(x):\n    return np.sum(np.array(x, dtype=float) ** 3)\ndef f_grad(x):\n    return 3 * x**2"
    found = asyncio.run(result_of("check_code", {"code": code, "inputs": [[1.0, 2.0]]}, FOR_CODE))
    assert found["verdict"] == "pass"
    large = "def f(x):\n    return np.sum(np.log1p(np.exp(x)))\ndef f_grad(x):\n    return 1 / (1 + np.exp(x))"
    found = asyncio.run(result_of("check_code", {"code": large, "inputs": [[0.1] * 50]}, FOR_CODE))
    assert found["verdict"] == "fail"
