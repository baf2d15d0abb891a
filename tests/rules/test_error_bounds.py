"""The bounds that the rules claim, held against definitions in ball arithmetic that share nothing with the rules.

The definitions, regions and vectors are those of the accuracy atlas (`benchmarks/accuracy`), here in a smaller draw:
the ordinary, scales 10 to 200, ties, one class and a thousand, tails, subnormal results, masks, infinities, nan, and
logits and cotangents near the largest float.
"""

from pathlib import Path

import numpy as np
import pytest

from chainrule import rules
from chainrule.arrays import to_numpy

ROOT = Path(__file__).parents[2]
OPERATORS = [
    "softmax",
    "log_softmax",
    "log_sum_exp",
    "softmax_cross_entropy, labels",
    "softmax_cross_entropy, rows",
    "cross_entropy",
    "nll",
    "binary_cross_entropy",
    "half_squared_error",
    "tanh",
    "sigmoid",
    "softplus",
    "log_sigmoid",
    "relu",
    "smooth_clip",
    "mish",
    "selu",
    "parametric_activation",
    "periodic_embedding",
]


@pytest.fixture(scope="module")
def atlas():
    """The atlas's modules, which take a while to import."""
    from benchmarks.accuracy import contestants, measuring, report

    return contestants, measuring, report


@pytest.mark.parametrize("library", ["chainrule", "chainrule, torch"])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("name", OPERATORS)
def test_every_region_is_within_the_claimed_error(atlas, name, dtype, library):
    contestants, measuring, report = atlas
    if "torch" in library:
        pytest.importorskip("torch", reason="needs PyTorch: pip install -e '.[torch]'")
    chosen = {library: contestants.CONTESTANTS[library]}
    operator = next(operator for operator in measuring.OPERATORS if operator.name == name)
    cells = list(measuring.cells([operator], contestants=chosen, dtypes=[dtype], rows=4, many=1000))
    assert {cell.form for cell in cells} == {"forward", "pullback", "pushforward"}
    assert [line for cell in cells for line in report.missed(cell)] == []


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_activations_are_within_six_and_eight_units_over_the_exponents(dtype):
    """6 units in float64 and 8 in float32, whatever the input: what users may rely on, and no rule claims more."""
    limit = 6 if dtype == np.float64 else 8
    for name in ("tanh", "sigmoid", "softplus", "log_sigmoid"):
        assert rules.get(name).error_bound <= 8
        x = np.concatenate([2.0 ** np.arange(-30, 10), -(2.0 ** np.arange(-30, 10))]).astype(dtype)
        # A relation the formulas do not use: f(x) and f(-x).
        value, mirrored = rules.get(name)(x), rules.get(name)(-x)
        unit = np.spacing(np.maximum(np.abs(value), np.abs(mirrored)))
        if name == "tanh":
            assert (np.abs(value + mirrored) <= limit * unit).all()
        if name == "sigmoid":
            assert (np.abs(value + mirrored - 1) <= limit * np.spacing(dtype(1))).all()
        if name == "softplus":
            assert (np.abs(value - mirrored - x) <= limit * unit).all()


@pytest.mark.parametrize("library", ["numpy", "torch"])
def test_the_layout_of_the_logits_does_not_matter(library):
    """Rows are worked on in blocks of a flat view; here they are strided, transposed, and more than one block."""
    array = (
        np.asarray
        if library == "numpy"
        else pytest.importorskip("torch", reason="needs PyTorch: pip install -e '.[torch]'").tensor
    )
    x = array(10 * np.random.default_rng(0).standard_normal((7, 30, 400)))
    for strided in (x.swapaxes(0, 2), x[::2, ::3, ::-1] if library == "numpy" else x[::2, ::3], x.swapaxes(0, 1)):
        plain = array(to_numpy(strided).copy())
        for rule in (rules.softmax, rules.log_softmax, rules.log_sum_exp):
            got, expected = np.asarray(rule(strided)), np.asarray(rule(plain))
            np.testing.assert_allclose(got, expected, rtol=1e-14, atol=0)
            row = np.asarray(rule(plain[1, 2]))
            np.testing.assert_allclose(got[1, 2], row, rtol=1e-14, atol=0)


def test_no_overflow_is_made_by_the_shift():
    """Logits and cotangents whose differences are beyond the largest float, though the results are not."""
    largest = np.finfo(np.float64).max
    x, v = np.array([[0.0, 0.0, 0.0], [3.0, 0.0, 1.0]]), np.array([[0.9, -0.9, 0.0], [-0.9, 0.9, 0.5]]) * largest
    pulled = rules.softmax.vjp(x, v)
    probs = rules.softmax(x)
    expected = probs * (v / 4 - np.sum(probs * (v / 4), axis=-1, keepdims=True)) * 4
    np.testing.assert_allclose(pulled, expected, rtol=1e-12, atol=1e-14 * largest)
    assert np.isfinite(rules.softmax(np.array([largest, -largest]))).all()
    many = np.full(5, 0.5 * largest)
    assert np.isfinite(rules.log_softmax.vjp(np.zeros(5), many)).all()


@pytest.mark.parametrize("library", ["numpy", "torch"])
def test_a_pullback_forms_no_jacobian(library, monkeypatch):
    """2000 classes in two rows: Jacobians would hold eight million numbers; no array on the way holds more than x."""
    if library == "torch":
        torch = pytest.importorskip("torch", reason="needs PyTorch: pip install -e '.[torch]'")
        from torch.utils._python_dispatch import TorchDispatchMode

        class Sizes(TorchDispatchMode):
            largest = 0

            def __torch_dispatch__(self, function, types, args=(), kwargs=None):
                result = function(*args, **(kwargs or {}))
                for tensor in result if isinstance(result, tuple | list) else [result]:
                    if isinstance(tensor, torch.Tensor):
                        Sizes.largest = max(Sizes.largest, tensor.numel())
                return result

        x = torch.linspace(-3, 3, 4000, dtype=torch.float64).reshape(2, 2000)
        v, ones, labels = torch.cos(x), torch.ones(2, dtype=torch.float64), torch.tensor([3, 7])
        with Sizes():
            for rule, cotangent in ((rules.softmax, v), (rules.log_softmax, v), (rules.log_sum_exp, ones)):
                rule.vjp(x, cotangent)
            rules.softmax_cross_entropy.vjp(x, labels, ones)
            rules.softmax_cross_entropy.vjp(x, torch.softmax(x, -1), ones)
        assert Sizes.largest == x.numel()
        return
    import tracemalloc

    x = np.linspace(-3, 3, 4000).reshape(2, 2000)
    v, ones, labels = np.cos(x), np.ones(2), np.array([3, 7])
    rows = rules.softmax(x)
    calls = [
        lambda: rules.softmax.vjp(x, v),
        lambda: rules.log_softmax.vjp(x, v),
        lambda: rules.log_sum_exp.vjp(x, ones),
        lambda: rules.softmax_cross_entropy.vjp(x, labels, ones),
        lambda: rules.softmax_cross_entropy.vjp(x, rows, ones),
    ]
    for call in calls:
        call()
        tracemalloc.start()
        try:
            call()
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        # A dozen arrays of the size of x at most; one row's Jacobian is a thousand of them.
        assert peak < 12 * x.nbytes


@pytest.fixture
def units(atlas):
    """The largest error of results, in units in the last place of the sizes of exact entries."""
    _, measuring, _ = atlas

    def measure(results, entries):
        worst = measuring.Errors()
        for got, entry in zip(results, entries, strict=True):
            measuring._add(worst, got, entry)
        return worst.units

    return measure


def test_a_large_cotangent_at_the_top_of_a_flat_row_costs_the_others_nothing(atlas, units):
    """Measuring v from its entry at the top would: by a thousand units, where no probability is above 1/1000."""
    exact = atlas[1].exact
    v = 1e-9 * np.sin(np.arange(1000.0))
    v[0] = 1.0
    x = np.zeros(1000)
    expected = exact.with_bits(300, lambda: exact.softmax_linear(tuple(x), tuple(v), range(1000)))
    assert units(rules.softmax.vjp(x, v), expected) <= 16
    expected = exact.with_bits(300, lambda: exact.log_softmax_pushforward(tuple(x), tuple(v), range(1000)))
    assert units(rules.log_softmax.jvp(x, v), expected) <= 16


def test_a_cotangent_of_the_largest_log_probability_alone_keeps_its_digits(atlas, units):
    """v (1 - s) at s = 1 - 1e-17, where 1 - s is 0 in floats."""
    exact = atlas[1].exact
    x, v = np.array([40.0, 0.0, 1.0]), np.array([3.0, 0.0, 0.0])
    expected = exact.with_bits(600, lambda: exact.log_softmax_pullback(tuple(x), tuple(v), range(3)))
    assert units(rules.log_softmax.vjp(x, v), expected) <= 16
    assert rules.log_softmax.vjp(x, v)[0] > 0


@pytest.mark.parametrize("targets", [np.array([0]), np.array([[1.0, 0.0]])], ids=["label", "row"])
def test_a_tiny_probability_overflows_only_where_the_result_does(targets):
    probs = np.array([[1e-310, 1.0]])
    pulled, _ = rules.cross_entropy.vjp(probs, targets, np.array([1e-5]))
    assert pulled[0, 0] == pytest.approx(-1e305, rel=1e-4)
    assert rules.cross_entropy.vjp(probs, targets, np.array([1.0]))[0][0, 0] == -np.inf
