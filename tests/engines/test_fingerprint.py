"""What two processes compare before they share a sum."""

import subprocess
import sys

import numpy as np
import pytest
import scipy

import chainrule
from chainrule.engines import fingerprint as module
from chainrule.engines.fingerprint import differences, fingerprint


def test_versions_of_packages_and_kernels_of_blas_are_part_of_it():
    found = fingerprint()
    assert found[:3] == (f"chainrule {chainrule.__version__}", f"numpy {np.__version__}", f"scipy {scipy.__version__}")
    assert len(found) >= 6


def test_it_is_the_same_in_a_process_that_has_loaded_less():
    code = "from chainrule.engines.fingerprint import fingerprint; print(*fingerprint(), sep='|')"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60).stdout
    assert tuple(told.strip().split("|")) == fingerprint()


@pytest.mark.parametrize(("there", "told"), [(True, "loops by numba 7.8"), (False, "loops by numpy")])
def test_compiled_loops_are_part_of_it(monkeypatch, there, told):
    """They round otherwise than NumPy's, so that a process without numba must not share a sum with one that has it."""
    monkeypatch.setattr(module, "available", lambda: there)
    monkeypatch.setattr(module, "version", lambda name: {"numba": "7.8"}[name])
    assert fingerprint.__wrapped__()[3] == told


def test_libraries_that_other_packages_loaded_do_not_count(monkeypatch):
    blas = {"user_api": "blas", "internal_api": "openblas", "version": "0.3.31", "architecture": "SkylakeX"}
    own = blas | {"filepath": str(module.Path(np.__file__).parent) + ".libs/libopenblas.so"}
    other = blas | {"version": "0.3.2", "filepath": "/somewhere/cv2.libs/libopenblas.so"}
    openmp = {"user_api": "openmp", "filepath": other["filepath"], "internal_api": "openmp", "version": None}
    monkeypatch.setattr(module, "threadpool_info", lambda: [other, openmp, own])
    assert fingerprint.__wrapped__()[5:] == ("openblas 0.3.31 SkylakeX",)
    monkeypatch.setattr(module, "threadpool_info", lambda: [other, openmp])
    assert fingerprint.__wrapped__()[5:] == ("openblas 0.3.2 SkylakeX",)


@pytest.mark.parametrize(
    ("expected", "found", "told"),
    [
        (("a 1", "b 2"), ("a 1", "b 2"), ""),
        (("a 1", "b 2", "c 3"), ("a 1", "b 3", "c 4"), "b 3, c 4 instead of b 2, c 3"),
        (("a 1",), ("a 1", "b 2"), "b 2 instead of nothing"),
        (("a 1", "b 2"), ("b 2",), "nothing instead of a 1"),
        (("a 1", "b 2"), ("b 2", "a 1"), "nothing instead of nothing"),
    ],
)
def test_the_difference_of_two_names_what_each_lacks(expected, found, told):
    assert differences(expected, found) == told
