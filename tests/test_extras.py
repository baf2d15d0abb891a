"""Modules of extras, and the message where one is missing."""

import math

import pytest

from chainrule.extras import import_extra


@pytest.mark.parametrize("module", ["nowhere", "nowhere.inside"])
def test_a_missing_module_is_reported_with_its_extra(module):
    with pytest.raises(ImportError, match=r"^this needs it, the extra 'torch': pip install 'chainrule\[torch\]'$"):
        import_extra(module, "torch", "this needs it")
    assert import_extra("math", "torch", "this needs it") is math
