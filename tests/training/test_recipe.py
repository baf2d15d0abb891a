"""A recipe holds every decision about a fit, and none changes afterwards."""

from dataclasses import FrozenInstanceError, fields

import pytest

from chainrule.networks import mlp
from chainrule.solvers import Adam
from chainrule.training import Judge, Objective, Recipe


@pytest.mark.parametrize("record", [Recipe(Objective(mlp(2, (3,), 2)), Adam()), Judge(sum, "figure")])
def test_no_field_can_be_changed(record):
    for field in fields(record):
        with pytest.raises(FrozenInstanceError):
            setattr(record, field.name, None)
