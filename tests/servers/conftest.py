"""Shared by the tests of servers."""

import os
from multiprocessing import forkserver, resource_tracker

import pytest


@pytest.fixture(scope="module")
def processes_to_copy():
    """Ends the process of which children are copies after the tests of a file; other tests look at all children."""
    if not hasattr(os, "fork"):
        pytest.skip("needs processes that fork")
    tracked_before = resource_tracker._resource_tracker._pid is not None
    yield
    forkserver._forkserver._stop()
    if not tracked_before:  # it ends only after all processes that have its pipe, such as a cluster's workers
        resource_tracker._resource_tracker._stop()
