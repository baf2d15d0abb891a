"""The HTML page about a classifier."""

import base64

import numpy as np

from chainrule.report import confusion_matrix
from chainrule.report.page import as_png


def test_a_figure_becomes_a_picture_in_the_page():
    address = as_png(confusion_matrix(np.array(["a", "b"]), np.array(["a", "b"]), np.array(["a", "a"])))
    kind, _, content = address.partition(",")
    assert kind == "data:image/png;base64"
    assert base64.b64decode(content).startswith(b"\x89PNG")
