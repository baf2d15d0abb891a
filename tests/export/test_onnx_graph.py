"""Graphs as they are built: names, dtypes of constants, and files that would be too large."""

import numpy as np
import pytest

from chainrule.export import onnx_graph
from chainrule.export.onnx_graph import Graph


def test_names_of_nodes_avoid_those_of_inputs(session):
    graph = Graph()
    columns = [graph.input(name, np.float32, 1) for name in ("Add_2", "constant_3", "Add")]
    total = graph.add("Add", graph.add("Add", columns[0], columns[1]), columns[2])
    graph.output("sum", graph.add("Add", total, 1.0), ["rows", 1])
    inputs = {name: np.full((2, 1), value, np.float32) for name, value in (("Add_2", 1), ("constant_3", 2), ("Add", 4))}
    assert session(graph.model({}, "0")).run(None, inputs)[0].tolist() == [[8.0], [8.0]]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_floats_take_the_dtype_of_the_first_tensor_and_whole_numbers_keep_theirs(dtype):
    graph = Graph()
    x = graph.input("x", dtype, 3)
    assert graph.add("Mul", x, 0.5).dtype == dtype
    assert graph.add("Where", graph.add("Greater", x, 0.0), x, 1.0).dtype == dtype
    assert graph.add("ArgMax", x, axis=1).dtype == np.int64
    assert graph.columns(x, np.array([0])).dtype == dtype
    assert [constant.data_type for constant in graph.constants[-1:]] == [onnx_graph.Graph().onnx.TensorProto.INT64]


def test_notes_and_opsets_are_in_the_model():
    graph = Graph()
    graph.output("y", graph.input("x", np.float32, 1), ["rows", 1])
    model = graph.model({"classes": "[0, 1]"}, "1.2.3")
    assert {note.key: note.value for note in model.metadata_props} == {"classes": "[0, 1]"}
    assert [(one.domain, one.version) for one in model.opset_import] == [("", 13)]
    assert (model.producer_name, model.producer_version, model.ir_version) == ("chainrule", "1.2.3", 7)


def test_a_model_too_large_for_a_file_is_refused_with_both_sizes(monkeypatch):
    monkeypatch.setattr(onnx_graph, "LARGEST_FILE", 100)
    graph = Graph()
    graph.output("y", graph.add("Add", graph.input("x", np.float64, 50), np.ones(50)), ["rows", 50])
    with pytest.raises(ValueError, match="bytes as ONNX, whose files hold 100"):
        graph.model({}, "0")
