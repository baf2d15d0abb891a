"""The accuracy atlas measures what it says: a smoke run, and planted errors that it must find."""

import argparse
import json
from pathlib import Path

import numpy as np
import pytest

from chainrule import rules

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def atlas():
    from benchmarks.accuracy import contestants, exact, measuring, report, sweep

    return argparse.Namespace(contestants=contestants, exact=exact, measuring=measuring, report=report, sweep=sweep)


def measured(atlas, name, wrong=None, dtype=np.float64, **sizes):
    """The cells of one operator for chainrule on NumPy, or for a contestant that stands in for it."""
    compute = wrong or atlas.contestants.chainrule_numpy
    operators = [operator for operator in atlas.measuring.OPERATORS if operator.name == name]
    sizes = {"rows": 3, "many": 0} | sizes
    return list(atlas.measuring.cells(operators, contestants={"chainrule": compute}, dtypes=[dtype], **sizes))


def failing(atlas, cells):
    return {(cell.form, cell.region) for cell in cells if atlas.report.missed(cell)}


def test_the_rules_pass(atlas):
    for name in ("softmax", "softplus"):
        cells = measured(atlas, name)
        assert len(cells) > 20
        assert failing(atlas, cells) == set()
        assert max(cell.errors["chainrule"].units for cell in cells) > 0.1  # it measures something


def planted(atlas, form, change):
    """chainrule, with the results of one form changed."""

    def compute(operator, asked, inputs, vector):
        result = atlas.contestants.chainrule_numpy(operator, asked, inputs, vector)
        return change(result, inputs, vector) if asked == form else result

    return compute


@pytest.mark.parametrize(
    ("form", "change", "region"),
    [
        ("forward", lambda y, inputs, v: y * (1 + 2.0**-46), "ordinary, within 3"),
        ("pullback", lambda y, inputs, v: -y, "ordinary, within 3"),
        ("pullback", lambda y, inputs, v: np.where(np.abs(y) < 1e-15, 0, y), "scale 40"),
        ("pullback", lambda y, inputs, v: y[:, ::-1], "ordinary, within 3"),
        ("pushforward", lambda y, inputs, v: y + 1e-14, "ordinary, within 3"),
        ("forward", lambda y, inputs, v: np.nan_to_num(y), "nan in every other row"),
        ("forward", lambda y, inputs, v: np.where(np.isnan(y), 0.25, y), "masked throughout"),
        (
            "forward",
            lambda y, inputs, v: y * np.where(np.isinf(inputs[0]).any(-1, keepdims=True), np.nan, 1),
            "masked by -inf",
        ),
        ("pullback", lambda y, inputs, v: np.where(np.abs(v) > 1e300, np.inf, y), "scale 10, huge vectors"),
    ],
    ids=["64 units", "sign", "tails cut", "reversed", "offset", "nan hidden", "row shared", "mask as nan", "overflow"],
)
def test_a_planted_error_is_found_where_it_is(atlas, form, change, region):
    with np.errstate(all="ignore"):
        cells = measured(atlas, "softmax", planted(atlas, form, change))
    found = failing(atlas, cells)
    assert (form, region) in found
    assert {where for where, _ in found} == {form}


def test_the_usual_pullback_is_found_to_lose_its_digits(atlas):
    def usual(y, inputs, v):
        probs = rules.softmax(inputs[0])
        return probs * (v - np.sum(probs * v, axis=-1, keepdims=True))

    with np.errstate(all="ignore"):
        cells = measured(atlas, "softmax", planted(atlas, "pullback", usual))
    assert ("pullback", "scale 40") in failing(atlas, cells)
    tails = next(cell for cell in cells if cell.form == "pullback" and cell.region.startswith("tails"))
    assert tails.errors["chainrule"].vanished > 0


def test_an_exception_and_a_warning_are_reported_and_not_hidden(atlas):
    def broken(operator, form, inputs, vector):
        raise ValueError("out of order")

    cells = measured(atlas, "tanh", broken)
    assert all("out of order" in line for cell in cells for line in atlas.report.missed(cell))
    assert all(atlas.report.missed(cell) for cell in cells)


def test_the_references_are_the_definitions(atlas):
    """At a point where floats are good enough to tell a wrong formula."""
    exact, x, v = atlas.exact, (1.0, 2.0, 0.5), (3.0, -1.0, 0.25)
    s = np.exp(x) / np.exp(x).sum()

    def near(entries, expected):
        got = np.array([float(entry.value.mid()) for entry in entries])
        np.testing.assert_allclose(got, expected, rtol=1e-13)
        assert all(float(entry.size.mid()) >= abs(g) * (1 - 1e-9) for entry, g in zip(entries, got, strict=True))

    jacobian = np.diag(s) - np.outer(s, s)
    near(exact.softmax(x, range(3)), s)
    near(exact.softmax_linear(x, v, range(3)), jacobian @ v)
    near(exact.log_softmax(x, range(3)), np.log(s))
    near(exact.log_softmax_pullback(x, v, range(3)), (np.eye(3) - s[:, None]) @ v)
    near(exact.log_softmax_pushforward(x, v, range(3)), (np.eye(3) - s) @ v)
    near([exact.log_sum_exp(x)], [np.log(np.exp(x).sum())])
    near([exact.expectation(x, v)], [s @ v])
    t = (0.5, 0.25, 2.0)
    near([exact.cross_entropy_on_logits(x, t)], [-(np.array(t) @ np.log(s))])
    near(exact.cross_entropy_gradient(x, t, -2.0, range(3)), -2 * (s * 2.75 - t))
    half = 1 / (1 + np.exp(-0.7))
    near([exact.binary_cross_entropy(exact.arb(0.7), 0.3)], [-0.3 * np.log(half) - 0.7 * np.log(1 - half)])
    near([exact.half_squared_error(exact.arb(0.7), 0.3)], [0.5 * (half - 0.3) ** 2])
    for name, function in exact.SCALARS.items():
        h = 1e-6
        value, slope = (float(part(exact.arb(0.7)).mid()) for part in (function.value, function.slope))
        assert value == pytest.approx(float(rules.get(name)(0.7)), rel=1e-12, abs=0)
        moved = [float(function.value(exact.arb(0.7 + step)).mid()) for step in (h, -h)]
        assert slope == pytest.approx((moved[0] - moved[1]) / (2 * h), rel=1e-8, abs=0)


def test_the_page_names_the_machine_the_command_and_every_contestant(atlas, tmp_path):
    pytest.importorskip("torch", reason="needs PyTorch: pip install -e '.[torch]'")
    pytest.importorskip("jax", reason="needs JAX: pip install -e '.[jax]'")
    operators = [operator for operator in atlas.measuring.OPERATORS if operator.name == "log_sum_exp"]
    cells = list(atlas.measuring.cells(operators, dtypes=[np.float64], rows=2, many=0))
    options = argparse.Namespace(rows=2, many=0, stride=0)
    page = atlas.report.document(cells, [], options, 60.0)
    assert "python -m benchmarks.accuracy --rows 2 --many 0 --stride 0" in page
    assert all(f"| {name} |" in page for name in ("chainrule", "SciPy", "PyTorch", "JAX"))
    assert page.count("| scale 40 | pullback |") == 1
    assert "numpy 2" in page


def test_the_command_writes_a_page_and_strict_json(atlas, tmp_path, monkeypatch, capsys):
    pytest.importorskip("torch", reason="needs PyTorch: pip install -e '.[torch]'")
    pytest.importorskip("jax", reason="needs JAX: pip install -e '.[jax]'")
    import benchmarks.accuracy.__main__ as command

    page, figures = tmp_path / "page.md", tmp_path / "figures.json"
    arguments = ["--operators", "nll", "--rows", "2", "--many", "0", "--stride", "0"]
    monkeypatch.setattr("sys.argv", ["accuracy", *arguments, "--out", str(page), "--json", str(figures)])
    command.main()
    assert "## nll" in page.read_text()
    cells = json.loads(figures.read_text(), parse_constant=pytest.fail)["cells"]
    assert {cell["form"] for cell in cells} == {"forward", "pullback", "pushforward"}
    assert "nll forward float64 ordinary" in capsys.readouterr().out


def test_the_sweep_finds_a_function_that_is_wrong_at_few_numbers(atlas, monkeypatch):
    rows = {(row.operator, row.form): row for row in atlas.sweep.sweep(200_003) if row.library == "NumPy"}
    assert all(row.units <= 8 for row in rows.values())
    right = rules.tanh

    class Wrong:
        def __call__(self, x):
            numbers = np.asarray(x)
            return np.where(np.abs(numbers) < 1e-30, numbers * np.float32(1.0001), right(numbers))

        def vjp(self, x, v):
            return right.vjp(x, v)

    monkeypatch.setattr(atlas.sweep.rules, "get", lambda name: Wrong())
    wrong = atlas.sweep.sweep(200_003, names=("tanh",))
    assert max(row.units for row in wrong if row.form == "forward") > 100
