"""Jupyter: a cell shows a bar while a fit runs, and the curves of the fit after it."""

import pytest

pytest.importorskip("ipykernel", reason="needs Jupyter: pip install -e '.[interop]'")
nbclient = pytest.importorskip("nbclient", reason="needs Jupyter: pip install -e '.[interop]'")
nbformat = pytest.importorskip("nbformat", reason="needs Jupyter: pip install -e '.[interop]'")

WORK = """
import time
from chainrule.progress import counted, shown

with shown(True):
    add = counted("rows", 100)
    for _ in range(100):
        add(1)
        time.sleep(0.015)
"""
FIT = """
import numpy as np
from chainrule import MLPClassifier

MLPClassifier((4,), max_iter=3, tol=0, random_state=0).fit(np.eye(8), np.arange(8) % 2)
"""


class Watched(nbclient.NotebookClient):
    """A client that keeps all states of outputs that are shown anew."""

    def process_message(self, message, cell, cell_index):
        """Keep the data of an update."""
        if message["msg_type"] in ("display_data", "update_display_data"):
            self.states.append(message["content"]["data"])
        return super().process_message(message, cell, cell_index)


@pytest.mark.filterwarnings("ignore")  # of the libraries of Jupyter
def test_a_cell_shows_a_bar_and_then_the_curves():
    cells = [nbformat.v4.new_code_cell(source) for source in (WORK, FIT)]
    notebook = nbformat.v4.new_notebook(cells=cells)
    client = Watched(notebook, timeout=120, kernel_name="python3")
    client.states = []
    client.execute()
    assert any('<progress max="1" value="0.' in state["text/html"] for state in client.states[:-1])
    assert client.states[-1]["text/html"] == ""
    [shown] = [output for output in notebook.cells[1].outputs if output.output_type == "execute_result"]
    assert "training objective" in shown.data["text/html"]
