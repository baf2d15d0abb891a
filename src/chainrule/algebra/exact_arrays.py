"""Arrays of exact numbers, on which code written for NumPy's floats runs unchanged."""
from __future__ import annotations
import numpy as np, flint
from chainrule.algebra import exact, functions
from chainrule.algebra.exact import Exact
from chainrule.algebra.field import current
from typing import Any

def variables(name, sample, positive=False):
    field=current()
    s=np.asarray(sample, dtype=object)
    out=np.empty(s.size, dtype=object)
    for i,x in enumerate(s.ravel().tolist()):
        ratio = flint.fmpq(*x.as_integer_ratio()) if not isinstance(x, flint.fmpq) else x
        g=field.adjoin("variable", f"{name}{i}" if s.ndim else name, flint.arb(ratio), positive=positive)
        out[i]=functions.number_of(g)
    return out.reshape(s.shape)
