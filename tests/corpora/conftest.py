"""Shared by the tests of the corpora."""

import os

import pytest


@pytest.fixture(scope="session")
def claim_seconds():
    """The longest time for one claim: more before a release (CLAIM_SECONDS), where more false ones may seem to hold."""
    return float(os.environ.get("CLAIM_SECONDS", "2"))
