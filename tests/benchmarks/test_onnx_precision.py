"""The table of rounding errors by stages, for a network of one epoch and few rows."""

from benchmarks.onnx_precision import main


def test_every_stage_and_the_whole_have_a_row(capsys):
    main(["--epochs", "1", "--seeds", "0", "--rows", "60"])
    rows = [[cell.strip() for cell in line.strip("| ").split("|")] for line in capsys.readouterr().out.splitlines()]
    figures = {name: [float(cell) for cell in cells if cell] for name, *cells in rows[2:]}
    assert [name.partition(" ")[2].partition(" ")[0] for name in list(figures)[:8]] == [
        "standardising",
        *["conv"] * 4,
        *["linear"] * 2,
        "softmax",
    ]
    # A stage rounds its input and its output to 24 bits, whose errors are above 2**-32 here; float64 has 29 bits more.
    assert all(2**-32 < value < 1e-5 for name in list(figures)[:8] for value in figures[name])
    assert figures["export and estimator, none"][0] < 1e-14
    # The triangle inequality, for figures of two digits: each may be wrong by one part in 20.
    assert figures["export and estimator, 1 to 8"][0] <= 1.05 / 0.95 * sum(figures["1 to 8"])
