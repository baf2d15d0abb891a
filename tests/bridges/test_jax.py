"""`chainrule.jax.wrap`: rules under jit, grad and vmap, in both precisions, against NumPy's results and JAX's own."""

import numpy as np
import pytest

from chainrule import rules
from chainrule.arrays import check_labels, may_write, namespace, one_hot, take_class
from chainrule.kernels import kernel_of
from chainrule.rules import Rule

jax = pytest.importorskip("jax", reason="needs JAX: pip install -e '.[jax]'")

import jax.numpy as jnp  # noqa: E402

from chainrule.jax import wrap  # noqa: E402

EPS = np.finfo(np.float64).eps


@pytest.fixture(params=[False, True], ids=["float32", "float64"])
def dtype(request):
    """JAX in its default float32, and in float64."""
    before = jax.config.jax_enable_x64
    jax.config.update("jax_enable_x64", request.param)
    yield np.float64 if request.param else np.float32
    jax.config.update("jax_enable_x64", before)


@pytest.fixture
def float64():
    """JAX in float64."""
    before = jax.config.jax_enable_x64
    jax.config.update("jax_enable_x64", True)
    yield
    jax.config.update("jax_enable_x64", before)


def moving(rule):
    return tuple(i for i, name in enumerate(rule.inputs) if name not in rule.constants)


def close(got, expected, dtype):
    """Equal to 32 eps of the largest entry: sums of products of a few terms, in another order and with other exp."""
    assert got.dtype == dtype
    np.testing.assert_allclose(got, expected, rtol=0, atol=32 * np.finfo(dtype).eps * max(1, np.max(np.abs(expected))))


def test_values_and_gradients_under_jit_are_the_rules_own(rule, inputs, cotangent_of, dtype):
    f = wrap(rule)
    inputs = tuple(x.astype(dtype) for x in inputs)
    expected = rule(*inputs)
    cotangent = cotangent_of(np.shape(expected)).astype(dtype)
    close(jax.jit(f)(*inputs), expected, dtype)
    got = jax.jit(jax.grad(lambda *x: jnp.sum(f(*x) * cotangent), moving(rule)))(*inputs)
    pulled = rule.vjp(*inputs, cotangent)
    pulled = pulled if isinstance(pulled, tuple) else (pulled,)
    for i, ours in zip(moving(rule), got, strict=True):
        close(ours, pulled[i], dtype)


def test_vmap_over_gradients_is_the_gradient_of_each(rule, inputs, float64):
    f = wrap(rule)
    each = jax.jit(jax.grad(lambda *row: jnp.sum(f(*row)), moving(rule)))
    batch = [jnp.stack([jnp.asarray(x), 0.5 * x, 0.25 * x]) for x in inputs]
    together = jax.jit(jax.vmap(each))(*batch)
    for row in range(3):
        for ours, alone in zip(together, each(*[x[row] for x in batch]), strict=True):
            close(ours[row], alone, np.float64)


def test_second_derivatives_are_those_of_difference_quotients(rule, inputs, cotangent_of, float64):
    f, first = wrap(rule), moving(rule)
    cotangent = cotangent_of(np.shape(rule(*inputs)))
    gradient = jax.jit(jax.grad(lambda *x: jnp.sum(f(*x) * cotangent), first))
    directions = [np.cos(np.arange(x.size) + i).reshape(x.shape) for i, x in enumerate(inputs)]

    def along(*x):
        return sum(jnp.sum(g * directions[i]) for i, g in zip(first, gradient(*x), strict=True))

    second = jax.jit(jax.grad(along, first))(*[jnp.asarray(x) for x in inputs])
    step = 1e-5
    for i, ours in zip(first, second, strict=True):
        moved = [[x + sign * step * directions[i] if j == i else x for j, x in enumerate(inputs)] for sign in (1, -1)]
        quotient = (along(*moved[0]) - along(*moved[1])) / (2 * step)
        # The quotient's own error: step^2 times a third derivative, and eps / step, on numbers below 100.
        np.testing.assert_allclose(jnp.sum(ours * directions[i]), quotient, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("logits", [[0.0, 0.0, 0.0], [1.0, 1.0, -2.0], [0.3, -1.0, 2.0]])
def test_the_hessian_of_the_loss_is_right_at_ties_too(logits, float64):
    x = jnp.asarray(logits)
    loss = wrap(rules.softmax_cross_entropy)
    s = jax.nn.softmax(x)
    hessian = jax.jit(jax.jacrev(jax.jacrev(loss)))(x, 1)
    np.testing.assert_allclose(hessian, jnp.diag(s) - jnp.outer(s, s), rtol=0, atol=4 * EPS)


@pytest.mark.parametrize(
    ("name", "second"), [("sigmoid", 0.0), ("tanh", 0.0), ("softplus", 0.25), ("log_sigmoid", -0.25)]
)
def test_second_derivatives_at_zero_are_right(name, second, float64):
    assert jax.grad(jax.grad(wrap(rules.get(name))))(0.0) == second


@pytest.mark.parametrize(
    ("name", "theirs", "x", "expected"),
    [
        # References of 40 digits.
        ("tanh", "tanh", 20.0, 1.699341702116636e-17),
        ("sigmoid", "sigmoid", 40.0, 4.248354255291589e-18),
    ],
)
def test_tails_keep_the_digits_that_jaxs_derivatives_lose(name, theirs, x, expected, dtype):
    slope = jax.jit(jax.grad(wrap(rules.get(name))))(x)
    assert slope.dtype == dtype
    # The rules claim at most 8 units in the last place.
    assert float(slope) == pytest.approx(expected, rel=8 * float(np.finfo(dtype).eps), abs=0)
    assert jax.grad(getattr(jax.nn, theirs))(x) == 0


def test_softmax_keeps_its_tails_under_jit(softmax_tail, float64):
    logits, cotangent, expected = softmax_tail

    def pulled(f):
        return np.asarray(jax.jit(lambda x: jax.vjp(f, x)[1](cotangent)[0])(logits))

    # The rule claims 16 units in the last place, and an eps is one or two of them.
    np.testing.assert_allclose(pulled(wrap(rules.softmax)), expected, rtol=16 * EPS, atol=0)
    assert np.max(np.abs(pulled(jax.nn.softmax) / expected - 1)) > 0.1


@pytest.mark.parametrize("label_smoothing", [0.0, 0.1])
def test_the_loss_takes_labels_and_options_under_jit(label_smoothing, dtype):
    logits = np.linspace(-2, 3, 15, dtype=dtype).reshape(5, 3) ** 2
    labels = np.array([2, 0, 1, 1, 0])
    loss = wrap(rules.softmax_cross_entropy)

    @jax.jit
    def mean(logits, labels):
        return loss(logits, labels, label_smoothing=label_smoothing).mean()

    rows = (1 - label_smoothing) * np.eye(3)[labels] + label_smoothing / 3
    expected = jax.grad(lambda x: -jnp.mean(jnp.sum(rows * jax.nn.log_softmax(x), axis=-1)))(logits)
    close(jax.grad(mean)(logits, labels), expected, dtype)
    close(jax.vmap(jax.grad(loss))(logits, labels), rules.softmax_cross_entropy.vjp(logits, labels, [1.0])[0], dtype)


def test_rows_of_targets_have_the_surprise_as_their_derivative_with_and_without_smoothing(float64):
    logits, rows = jnp.asarray([[1.0, -2.0, 0.5]]), jnp.asarray([[0.5, 0.25, 0.25]])
    loss = wrap(rules.softmax_cross_entropy)
    for smoothing in (0.0, 0.25):
        by_rows = jax.jit(jax.grad(lambda t, e=smoothing: loss(logits, t, label_smoothing=e)[0]))(rows)
        surprise = -jax.nn.log_softmax(logits)
        expected = (1 - smoothing) * surprise + smoothing * surprise.mean()
        np.testing.assert_allclose(by_rows, expected, rtol=8 * EPS)


def test_integers_take_the_floats_dtype_and_numbers_are_welcome(dtype):
    logits = jnp.asarray([0.5, -1.0], dtype=dtype)
    assert wrap(rules.binary_cross_entropy)(logits, np.array([1, 0])).dtype == dtype
    assert wrap(rules.l2_penalty)(logits, 0.5).dtype == dtype
    assert wrap(rules.tanh)(3).dtype == dtype


def test_half_precision_is_kept():
    x = jnp.asarray([1.0, -0.5, 2.0], dtype=jnp.bfloat16)
    slope = jax.grad(lambda x: wrap(rules.softplus)(x).sum())(x)
    assert slope.dtype == jnp.bfloat16
    # A handful of roundings of half an eps on numbers of at most 1.
    np.testing.assert_allclose(
        slope.astype(jnp.float32), rules.sigmoid(np.array([1.0, -0.5, 2.0])), rtol=0, atol=4 * 2.0**-7
    )


def test_a_constant_has_the_derivative_zero():
    x, mask = jnp.asarray([1.0, 2.0]), jnp.asarray([0.0, 2.0])
    by_x, by_mask = jax.grad(lambda x, m: wrap(rules.dropout)(x, m).sum(), (0, 1))(x, mask)
    np.testing.assert_array_equal(by_x, mask)
    np.testing.assert_array_equal(by_mask, [0, 0])


def test_forward_mode_is_refused_and_not_wrong():
    with pytest.raises(TypeError, match="forward-mode"):
        jax.jacfwd(wrap(rules.tanh))(jnp.ones(2))


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: wrap(rules.tanh)(), TypeError, "tanh takes x, got 0 arguments"),
        (lambda: wrap(rules.tanh)(1.0, slope=2), TypeError, "tanh has no option 'slope'"),
        (lambda: wrap(rules.softmax)(jnp.ones((2, 0))), ValueError, "at least one class"),
        (lambda: wrap(rules.softmax_cross_entropy)(jnp.ones(2), 2), ValueError, "labels lie in 0..1"),
        (lambda: jax.jit(wrap(rules.binary_cross_entropy))(jnp.ones((2, 1)), jnp.ones(2)), ValueError, "targets"),
        (lambda: jax.jit(wrap(rules.affine))(jnp.ones(2), jnp.ones((3, 2)), jnp.ones(2)), ValueError, "in_features"),
    ],
)
def test_wrong_calls_are_named_under_jit_too(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_a_users_check_of_values_runs_where_there_are_values():
    def positive(x):
        if x.min() <= 0:
            raise ValueError("not positive")

    root = wrap(Rule("root", lambda x: (x**0.5, (x, 0.5, None)), lambda r, v: r[1] * v * r[0] ** -0.5, check=positive))
    assert jax.jit(jax.grad(root))(4.0) == 0.25
    with pytest.raises(ValueError, match="not positive"):
        root(-1.0)


def test_residuals_may_be_numbers_words_none_and_nested_tuples():
    def forward(x):
        return x * x, (x, ("twice", 2.0, None))

    def pullback(residuals, cotangent):
        x, (word, two, none) = residuals
        assert (word, none) == ("twice", None)
        return two * x * cotangent if two > 1 else cotangent

    square = wrap(Rule("square", forward, pullback))
    x = jnp.asarray([1.0, -3.0])
    np.testing.assert_array_equal(jax.jit(jax.vmap(jax.grad(square)))(x), 2 * x)
    np.testing.assert_array_equal(jax.vmap(jax.grad(jax.grad(square)))(x), [2, 2])


def test_rules_act_on_jax_arrays_by_themselves(dtype):
    x = jnp.asarray([1.0, -2.0], dtype=dtype)
    assert isinstance(rules.softmax(x), jax.Array)
    close(jax.jit(rules.softmax.vjp)(x, x), rules.softmax.vjp(np.asarray(x), np.asarray(x)), dtype)
    close(rules.tanh.vjp(x, [1.0, 2.0]), rules.tanh.vjp(np.asarray(x), np.asarray([1.0, 2.0], dtype)), dtype)
    assert rules.relu(jnp.asarray([1, 2])).dtype == dtype
    np.testing.assert_array_equal(jax.jit(lambda x: rules.relu.pullback(rules.relu.forward(x)[1], x))(x), [1, 0])


def test_arrays_of_jax_are_not_written_to():
    x = jnp.ones(2)
    assert not may_write(x)
    with pytest.raises(TypeError, match="exp: JAX arrays cannot be written to, got out=ndarray"):
        namespace(x).exp(x, out=np.empty(2))


@pytest.mark.parametrize("name", ["tanh", "sigmoid", "softmax", "log_softmax"])
def test_kernels_without_buffers_act_on_jax_arrays(name):
    rule = rules.get(name)
    x = jnp.asarray([1.0, -2.0, 0.5])
    np.testing.assert_allclose(kernel_of(rule).forward(x)[0], rule(x), rtol=1e-6)


def labelled_loss():
    """minus the logit of the label, which the pullback reads again with one_hot."""

    def forward(logits, targets):
        return -take_class(logits, targets)[..., 0], (logits, targets)

    def by_logits(residuals, v):
        logits, targets = residuals
        return -v[..., None] * one_hot(targets, logits.shape[-1], dtype=logits.dtype)

    def check(logits, targets):
        check_labels("targets", targets, logits.shape[-1])

    return Rule(
        "labelled",
        forward,
        {"logits": by_logits},
        check=check,
        inputs=("logits", "targets"),
        integers=("targets",),
        kind="loss",
    )


def test_labels_from_outside_of_jit_may_be_arrays():
    loss, labels = wrap(labelled_loss()), jnp.asarray([2, 0])
    slope = jax.jit(jax.grad(lambda logits: loss(logits, labels).sum()))(jnp.ones((2, 3)))
    np.testing.assert_array_equal(slope, [[0, 0, -1], [-1, 0, 0]])


@pytest.mark.parametrize(
    ("labels", "message"),
    [([0, 7], r"0\.\.2 for 3 classes, got 0\.\.7"), ([0, -1], r"got -1\.\.0"), ([0.0, 1.9], "expected integer labels")],
)
def test_labels_of_a_users_loss_are_checked_where_they_are_known(labels, message):
    loss, labels = wrap(labelled_loss()), jnp.asarray(labels)
    with pytest.raises(ValueError, match=message):
        loss(jnp.ones((2, 3)), labels)
    with pytest.raises(ValueError, match=message):
        jax.jit(lambda logits: loss(logits, labels))(jnp.ones((2, 3)))


def test_a_function_is_no_rule():
    with pytest.raises(TypeError, match=r"chainrule\.jax\.wrap: expected a Rule, got function; rules\.Rule"):
        wrap(lambda x: x)
