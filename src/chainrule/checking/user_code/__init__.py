"""Runs functions that users wrote for NumPy floats on balls and on other kinds of numbers.

>>> import math
>>> import numpy as np
>>> from chainrule.checking import balls, midpoints
>>> def log_loss(logits, label):
...     probs = np.zeros(len(logits))
...     for i in range(len(logits)):
...         probs[i] = math.exp(logits[i])
...     return -np.log(probs[label] / probs.sum())
>>> midpoints(on_balls(log_loss)(balls([1.0, 2.0, 3.0]), 0))
array(2.40760596)
"""

from chainrule.checking.user_code.rebinding import on_balls, on_numbers

__all__ = ["on_balls", "on_numbers"]
