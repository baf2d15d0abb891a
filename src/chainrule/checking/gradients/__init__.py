"""Checks of derivatives that users wrote by hand.

>>> import numpy as np
>>> from chainrule.checking.gradients import check_gradient
>>> def softmax(x):
...     e = np.exp(x - x.max())
...     return e / e.sum()
>>> def softmax_jacobian(x):
...     s = softmax(x)
...     return np.diag(s * (1 - s))
>>> print(check_gradient(softmax, np.array([1.0, 2.0, 4.0]), jacobian=softmax_jacobian))  # doctest: +ELLIPSIS
softmax: jacobian: fail (3 derivatives agree, by balls of 300 bits)
  x[1, 0]: got 0, expected -0.004797347878
  ...
  likely slip: diagonal: the entries off the diagonal are left out
"""

from chainrule.checking.gradients.gradient_check import GradientReport, assert_gradient, check_gradient

__all__ = ["GradientReport", "assert_gradient", "check_gradient"]
