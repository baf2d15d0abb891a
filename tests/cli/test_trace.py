"""`chainrule trace` reads a network from a file."""

import json

import pytest

from chainrule.cli import main


def test_trace_reads_the_example_that_it_prints(tmp_path, capsys):
    assert main(["trace", "--example"]) == 0
    file = tmp_path / "network.json"
    file.write_text(capsys.readouterr().out)
    assert main(["trace", str(file), "--json"]) == 0
    steps = {s["name"]: s["value"] for s in json.loads(capsys.readouterr().out)["backward"]}
    assert steps["d x"] == pytest.approx([1.951020054554, 0.439759283407], rel=1e-11)
    assert main(["trace"]) == 0
    assert "1.701413" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[1, 2]", "JSON object"),
        ("{", "JSON file"),
        ("[" * 100_000, "JSON file: maximum recursion depth"),
        ('{"x": [1], "target": 0}', "lacks weights"),
        ('{"weights": [[[1, 2]]], "x": [1], "target": 0}', "expected shape"),
        ('{"weights": [[[1]], [[1, 2]]], "x": [1], "target": 0}', "matrix 1 puts out 1"),
        ('{"weights": [[[1], [2]]], "x": [1], "target": 2}', "0..1 for 2 classes"),
        ('{"weights": [[[1], [2]]], "x": [1], "target": 0, "width": 3}', "unknown entries width"),
    ],
)
def test_a_network_that_cannot_be_traced_is_one_line(tmp_path, capsys, text, message):
    file = tmp_path / "network.json"
    file.write_text(text)
    assert main(["trace", str(file)]) == 1
    error = capsys.readouterr().err
    assert message in error
    assert error.startswith("error: ")
    assert error.count("\n") == 1
