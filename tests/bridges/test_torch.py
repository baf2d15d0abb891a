"""`chainrule.torch.wrap`: first derivatives are the rule's, higher ones are right, and tensors are what they were.

gradcheck and gradgradcheck are PyTorch's own central differences. Where both libraries' formulas are exact, PyTorch's
functions are witnesses too.
"""

import gc
import warnings
import weakref

import numpy as np
import pytest

from chainrule import rules
from chainrule.arrays import take_class
from chainrule.rules import Rule

torch = pytest.importorskip("torch", reason="needs PyTorch: pip install -e '.[torch]'")

from torch.func import grad, jacfwd, jacrev, vmap  # noqa: E402

from chainrule.torch import wrap  # noqa: E402

EPS = np.finfo(np.float64).eps

SECH_20_SQUARED = 1.699341702116636e-17
"""The slope of tanh at 20, to 16 digits of a reference of 40."""


def tensors_of(rule, inputs):
    return [
        torch.tensor(x, requires_grad=name not in rule.constants) for name, x in zip(rule.inputs, inputs, strict=True)
    ]


def double(*entries):
    return torch.tensor(entries, dtype=torch.float64)


def counted(rule):
    """The rule, and how often its forward ran."""
    calls = []

    def forward(*inputs, **options):
        calls.append(inputs)
        return rule.forward(*inputs, **options)

    return Rule(rule.name, forward, rule.pullback, inputs=rule.inputs, options=rule.options), calls


def test_pullback_and_its_derivative_pass_pytorchs_difference_quotients(rule, inputs):
    tensors = tensors_of(rule, inputs)
    assert torch.autograd.gradcheck(wrap(rule), tensors)
    assert torch.autograd.gradgradcheck(wrap(rule), tensors)


def test_backward_is_the_rules_own_pullback_to_the_last_bit(rule, inputs, cotangent_of):
    tensors = tensors_of(rule, inputs)
    value = wrap(rule)(*tensors)
    cotangent = torch.tensor(cotangent_of(value.shape))
    value.backward(cotangent)
    plain = [x.detach() for x in tensors]
    expected = rule.vjp(*plain, cotangent)
    assert torch.equal(value, rule(*plain))
    for x, ours in zip(tensors, expected if isinstance(expected, tuple) else (expected,), strict=True):
        assert (x.grad is None) if ours is None else torch.equal(x.grad, ours)


def test_a_float32_call_stays_in_float32(rule, inputs):
    tensors = [x.detach().float().requires_grad_(x.requires_grad) for x in tensors_of(rule, inputs)]
    value = wrap(rule)(*tensors)
    value.sum().backward()
    assert value.dtype == torch.float32
    assert {x.grad.dtype for x in tensors if x.requires_grad} == {torch.float32}


def test_results_stay_on_the_inputs_device(rule, inputs):
    """On the device without memory, where an array made elsewhere, or a look at a value, is an error."""
    tensors = [x.detach().to("meta").requires_grad_(x.requires_grad) for x in tensors_of(rule, inputs)]
    value = wrap(rule)(*tensors)
    value.sum().backward()
    assert {value.device.type, *(x.grad.device.type for x in tensors if x.requires_grad)} == {"meta"}


def test_vmap_over_rows_of_gradients_is_the_gradient_of_the_batch(rule, inputs):
    f = wrap(rule)
    plain = [torch.tensor(x) for x in inputs]
    moving = tuple(i for i, name in enumerate(rule.inputs) if name not in rule.constants)
    by_row = grad(lambda *row: f(*row).sum(), moving)
    batch = [torch.stack([x, 0.5 * x, 0.25 * x]) for x in plain]
    for i, together in enumerate(vmap(by_row)(*batch)):
        each = torch.stack([by_row(*[x[row] for x in batch])[i] for row in range(3)])
        torch.testing.assert_close(together, each, rtol=16 * EPS, atol=16 * EPS)


def test_jacrev_is_the_jacobian_in_closed_form():
    x = double(1.0, -0.5, 2.0)
    torch.testing.assert_close(jacrev(wrap(rules.softmax))(x), rules.softmax.jacobian(x), rtol=8 * EPS, atol=0)
    assert vmap(jacrev(wrap(rules.softmax)))(torch.stack([x, 2 * x])).shape == (2, 3, 3)


@pytest.mark.parametrize("logits", [double(0, 0, 0), double(1, 1, -2), double(0.3, -1, 2), double(800, 0, 800)])
def test_the_hessian_of_the_loss_is_right_at_ties_too(logits):
    loss = wrap(rules.softmax_cross_entropy)
    s = torch.softmax(logits, -1)
    expected = torch.diag(s) - torch.outer(s, s)
    for label in range(3):
        hessian = jacrev(jacrev(loss))(logits, torch.tensor(label))
        torch.testing.assert_close(hessian, expected, rtol=0, atol=4 * EPS)


@pytest.mark.parametrize("name", ["softmax", "log_softmax", "logsumexp"])
@pytest.mark.parametrize("logits", [double(0, 0, 0), double(1, 1, -2), double(2, 2, 2)])
def test_second_derivatives_of_the_softmax_family_at_ties_are_pytorchs(name, logits):
    ours = wrap(rules.get({"logsumexp": "log_sum_exp"}.get(name, name)))
    theirs = getattr(torch, name)
    got, expected = jacrev(jacrev(ours))(logits), jacrev(jacrev(lambda x: theirs(x, -1)))(logits)
    torch.testing.assert_close(got, expected, rtol=0, atol=4 * EPS)


@pytest.mark.parametrize(
    ("function", "second"),
    [
        (wrap(rules.sigmoid), 0.0),
        (wrap(rules.tanh), 0.0),
        (wrap(rules.softplus), 0.25),
        (wrap(rules.log_sigmoid), -0.25),
        (lambda x: wrap(rules.binary_cross_entropy)(x, 0.75), 0.25),
        (lambda x: wrap(rules.half_squared_error)(x, 0.5), 0.0625),
        (lambda x: wrap(rules.scaled_sigmoid)(x, 3.0), 0.0),
    ],
)
def test_second_derivatives_at_zero_are_right(function, second):
    assert grad(grad(function))(torch.tensor(0.0, dtype=torch.float64)).item() == second


def test_tails_keep_the_digits_that_pytorchs_derivatives_lose(softmax_tail):
    x = double(20.0).requires_grad_()
    wrap(rules.tanh)(x).sum().backward()
    assert x.grad.item() == pytest.approx(SECH_20_SQUARED, rel=8 * EPS, abs=0)
    assert grad(lambda x: torch.tanh(x).sum())(x.detach()).item() == 0
    logits, cotangent, expected = softmax_tail
    x = torch.tensor(logits, requires_grad=True)
    wrap(rules.softmax)(x).backward(torch.tensor(cotangent))
    # The rule claims 16 units in the last place, and an eps is one or two of them.
    np.testing.assert_allclose(x.grad.numpy(), expected, rtol=16 * EPS, atol=0)
    theirs = torch.autograd.grad(torch.softmax(x, -1), x, torch.tensor(cotangent))[0].numpy()
    assert np.max(np.abs(theirs / expected - 1)) > 0.1


@pytest.mark.parametrize("label_smoothing", [0.0, 0.1])
def test_the_loss_on_labels_is_pytorchs_cross_entropy(label_smoothing):
    logits = torch.tensor(np.linspace(-2, 3, 15).reshape(5, 3) ** 2, requires_grad=True)
    labels = torch.tensor([2, 0, 1, 1, 0])
    ours = wrap(rules.softmax_cross_entropy)(logits, labels, label_smoothing=label_smoothing)
    theirs = torch.nn.functional.cross_entropy(logits, labels, label_smoothing=label_smoothing, reduction="none")
    torch.testing.assert_close(ours, theirs, rtol=8 * EPS, atol=0)
    by_ours, by_theirs = (torch.autograd.grad(x.mean(), logits)[0] for x in (ours, theirs))
    torch.testing.assert_close(by_ours, by_theirs, rtol=0, atol=4 * EPS)
    again = wrap(rules.softmax_cross_entropy)(logits, labels, label_smoothing=label_smoothing).mean()
    assert torch.equal(torch.autograd.grad(again, logits, create_graph=True)[0], by_ours)
    assert torch.autograd.gradgradcheck(
        lambda x: wrap(rules.softmax_cross_entropy)(x, labels, label_smoothing=label_smoothing), [logits]
    )


def test_labels_stay_integers_and_integers_elsewhere_take_the_floats_dtype():
    logits = torch.tensor([[0.5, -1.0]], requires_grad=True)
    for targets in (torch.tensor([[1, 0]]), torch.tensor([[True, False]]), [[1, 0]]):
        loss = wrap(rules.binary_cross_entropy)(logits, targets)
        assert loss.dtype == torch.float32
        assert torch.autograd.grad(loss.sum(), logits)[0].dtype == torch.float32
    assert wrap(rules.softmax_cross_entropy)(logits, [1]).dtype == torch.float32
    assert wrap(rules.softmax_cross_entropy)(logits, torch.tensor([1], dtype=torch.int32)).dtype == torch.float32
    assert wrap(rules.tanh)(torch.tensor([1, 2])).dtype == torch.get_default_dtype()


def test_numbers_keep_their_digits_beside_float64_tensors():
    theta = double(1.0, 2.0)
    assert wrap(rules.l2_penalty)(theta, 0.1).item() == 0.1 * 5


def test_mixed_dtypes_are_promoted_and_gradients_return_in_each_inputs_own():
    x, slope = torch.ones(2, requires_grad=True), double(0.5, 2.0).requires_grad_()
    value = wrap(rules.scaled_sigmoid)(x, slope)
    value.sum().backward()
    assert (value.dtype, x.grad.dtype, slope.grad.dtype) == (torch.float64, torch.float32, torch.float64)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_half_precision_stays_near_the_exact_gradient(dtype):
    logits = torch.tensor([[1.0, -0.5, 2.0]], dtype=dtype, requires_grad=True)
    loss = wrap(rules.softmax_cross_entropy)(logits, torch.tensor([1]))
    loss.sum().backward()
    exact = rules.softmax_cross_entropy.vjp(logits.detach().double(), torch.tensor([1]), [1.0])[0]
    assert loss.dtype == logits.grad.dtype == dtype
    # A dozen roundings, each of half an eps, on numbers of at most 1.
    torch.testing.assert_close(logits.grad.double(), exact, rtol=0, atol=6 * torch.finfo(dtype).eps)


def test_forward_runs_once_for_a_first_derivative_and_again_for_a_second():
    rule, calls = counted(rules.softplus)
    x = double(0.5, -1.0).requires_grad_()
    value = wrap(rule)(x).sum()
    value.backward(retain_graph=True)
    assert len(calls) == 1
    torch.autograd.grad(value, x, create_graph=True)
    assert len(calls) == 2


def test_a_cotangent_nobody_needs_is_not_computed():
    asked = []

    def spied_on(name):
        def pullback(residuals, cotangent):
            asked.append(name)
            return rules.linear.pullbacks[name](residuals, cotangent)

        return pullback

    pullbacks = {name: spied_on(name) for name in ("x", "weight")}
    spied = wrap(Rule("spied", rules.linear.forward, pullbacks, inputs=("x", "weight")))
    x, weight = double([1.0, 2.0]), double([3.0], [4.0]).requires_grad_()
    spied(x, weight).backward(torch.ones(1, 1, dtype=torch.float64))
    assert asked == ["weight"]
    assert torch.equal(weight.grad, double([1.0], [2.0]))
    spied(x.requires_grad_(), weight).sum().backward()
    assert asked == ["weight", "x", "weight"]


def test_a_constant_that_requires_a_gradient_is_refused():
    x, mask = torch.ones(2, requires_grad=True), torch.ones(2, requires_grad=True)
    with pytest.raises(ValueError, match="dropout: the mask is a constant and has no derivative; detach it"):
        wrap(rules.dropout)(x, mask)
    wrap(rules.dropout)(x, 2 * mask.detach()).sum().backward()
    assert torch.equal(x.grad, torch.full((2,), 2.0))


def test_an_output_is_freed_without_the_garbage_collector():
    x = torch.ones(3, requires_grad=True)
    gc.disable()
    try:
        for rule in (rules.softmax, rules.sigmoid, rules.log_sum_exp):
            value = wrap(rule)(x)
            gone = weakref.ref(value.grad_fn)
            del value
            assert gone() is None
    finally:
        gc.enable()


def test_residuals_take_no_part_in_the_graph():
    x = torch.ones(2, 3, requires_grad=True)
    logits, output, *residuals = wrap(rules.log_softmax)(x).grad_fn.saved_tensors
    assert logits is x
    assert output.requires_grad
    assert residuals
    assert not any(residual.requires_grad for residual in residuals)


def test_writing_over_an_input_before_backward_is_an_error():
    x = torch.ones(3, requires_grad=True)
    weight = x * 2
    value = wrap(rules.tanh)(weight)
    with torch.no_grad():
        weight.mul_(2)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        value.sum().backward()


def test_strided_inputs_and_empty_batches_work():
    x = torch.arange(24, dtype=torch.float64).reshape(4, 6).requires_grad_()
    y = x.detach().clone().requires_grad_()
    wrap(rules.softmax)(x.T[::2] / 7).pow(2).sum().backward()
    torch.softmax(y.T[::2] / 7, -1).pow(2).sum().backward()
    torch.testing.assert_close(x.grad, y.grad, rtol=0, atol=4 * EPS)
    empty = torch.zeros(0, 3, requires_grad=True)
    wrap(rules.softmax_cross_entropy)(empty, torch.zeros(0, dtype=torch.long)).sum().backward()
    assert empty.grad.shape == (0, 3)


def test_residuals_may_be_views_numbers_none_and_nested_tuples():
    def forward(x, scale):
        return scale * x * x, (x[..., None], (scale, 2.0, None), "kept")

    def by_x(residuals, cotangent):
        column, (scale, two, none), text = residuals
        assert (none, text) == (None, "kept")
        return two * scale * column[..., 0] * cotangent

    def by_scale(residuals, cotangent):
        return (residuals[0][..., 0] ** 2 * cotangent).sum()

    own = wrap(Rule("own", forward, {"x": by_x, "scale": by_scale}, inputs=("x", "scale")))
    tensors = [double([1.0, 2.0], [3.0, -4.0]).requires_grad_(), torch.tensor(0.5, dtype=torch.float64)]
    assert torch.autograd.gradcheck(own, [tensors[0], tensors[1].requires_grad_()])
    assert torch.autograd.gradgradcheck(own, tensors)
    rows = vmap(grad(lambda x: own(x, torch.tensor(0.5, dtype=torch.float64)).sum()))(tensors[0].detach())
    assert torch.equal(rows, tensors[0].detach())


def test_a_rule_that_returns_its_input_works():
    own = wrap(Rule("same", lambda x: (x, x), lambda x, v: 3 * v))
    x = torch.ones(2, requires_grad=True)
    own(x).sum().backward()
    assert torch.equal(x.grad, torch.full((2,), 3.0))


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: wrap(rules.tanh)([1.0]), TypeError, "tanh: expected a tensor among the inputs, got list"),
        (lambda: wrap(rules.tanh)(), TypeError, "tanh takes x, got 0 arguments"),
        (lambda: wrap(rules.tanh)(torch.ones(2), slope=2), TypeError, "tanh has no option 'slope'"),
        (lambda: wrap(rules.softmax)(torch.ones(2, 0)), ValueError, "at least one class"),
        (lambda: wrap(rules.softmax_cross_entropy)(torch.ones(2), torch.tensor(2)), ValueError, "labels lie in 0..1"),
    ],
)
def test_wrong_calls_are_named(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_shapes_are_checked_under_vmap_and_values_are_not_asked_for():
    loss, labels = wrap(rules.softmax_cross_entropy), torch.tensor([0, 1])
    assert vmap(loss)(torch.ones(2, 3), labels).shape == (2,)
    with pytest.raises(ValueError, match="targets"):
        vmap(lambda x, t: wrap(rules.binary_cross_entropy)(x, t))(torch.ones(2, 3, 1), torch.ones(2, 3))

    def positive(x):
        if float(x.min()) <= 0:
            raise ValueError("not positive")

    root = wrap(Rule("root", lambda x: (x**0.5, x), lambda x, v: 0.5 * v * x**-0.5, check=positive))
    assert vmap(root)(torch.ones(2, 3)).shape == (2, 3)
    with pytest.raises(ValueError, match="not positive"):
        root(-torch.ones(2))


def test_a_failure_inside_a_check_is_not_taken_for_a_hidden_value():
    def broken(x):
        raise RuntimeError("broken check")

    with pytest.raises(RuntimeError, match="broken check"):
        wrap(Rule("own", lambda x: (x, x), lambda x, v: v, check=broken))(torch.ones(2))


def test_forward_mode_is_refused_and_not_wrong():
    with warnings.catch_warnings():
        # PyTorch's own decompositions for forward mode are compiled with torch.jit.script, which warns in 2.13.
        warnings.filterwarnings("ignore", message=r".*torch\.jit", category=DeprecationWarning)
        with pytest.raises(RuntimeError, match="jvp"):
            jacfwd(wrap(rules.tanh))(torch.ones(2))


@pytest.mark.parametrize("name", ["softmax", "logarithm", "softmax_cross_entropy", "affine", "scaled_softmax"])
def test_compile_takes_value_and_gradient_without_a_graph_break(name):
    generator = torch.Generator().manual_seed(3)
    x = (torch.rand(3, 4, generator=generator) + 0.5).requires_grad_()
    others = {
        "softmax_cross_entropy": (torch.tensor([1, 3, 0]),),
        "affine": (torch.rand(4, 2, generator=generator), torch.rand(2, generator=generator)),
        "scaled_softmax": (torch.tensor(0.5),),
    }.get(name, ())
    f = wrap(rules.get(name))

    def step(x, *others):
        return f(x, *others).square().sum()

    with warnings.catch_warnings():
        # Dynamo itself makes an instance of torch.autograd.Function, about which PyTorch warns.
        warnings.simplefilter("ignore", DeprecationWarning)
        torch._dynamo.reset()
        compiled = torch.compile(step, fullgraph=True, backend="aot_eager")(x, *others)
    (got,), (expected,) = torch.autograd.grad(compiled, x), torch.autograd.grad(step(x, *others), x)
    torch.testing.assert_close(got, expected, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("name", ["softmax", "log_softmax", "scaled_softmax", "softmax_expectation"])
@pytest.mark.parametrize("differentiable", [True, False], ids=["in the cotangent too", "by the logits alone"])
def test_second_derivatives_where_one_probability_is_more_than_a_half(name, differentiable):
    """There the pullback measures its vector from an entry, in memory that autograd must not see overwritten."""
    rule = wrap(rules.get(name))
    logits = torch.tensor([[5.0, 0.0, 1.0], [0.1, 3.0, 0.2]], dtype=torch.float64, requires_grad=True)
    others = {"scaled_softmax": (double(1.5),), "softmax_expectation": (double(1.0, -2.0, 0.5).expand(2, 3),)}
    plainly = {
        "softmax": lambda x: torch.softmax(x, -1),
        "log_softmax": lambda x: torch.log_softmax(x, -1),
        "scaled_softmax": lambda x: torch.softmax(1.5 * x, -1),
        "softmax_expectation": lambda x: (torch.softmax(x, -1) * double(1.0, -2.0, 0.5)).sum(-1),
    }[name]
    results = []
    for function in (lambda x: rule(x, *others.get(name, ())), plainly):
        out = function(logits)
        cotangent = torch.arange(1.0, out.numel() + 1, dtype=torch.float64).reshape(out.shape) / 7
        cotangent.requires_grad_(differentiable)
        (first,) = torch.autograd.grad(out, logits, cotangent, create_graph=True)
        weights = torch.linspace(-1.0, 2.0, 6, dtype=torch.float64).reshape(2, 3)
        (second,) = torch.autograd.grad((weights * first).sum(), logits)
        results.append((first.detach(), second))
    for ours, theirs in zip(*results, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-12, atol=1e-14)


def test_a_rule_of_numpys_functions_is_told_how_to_be_written():
    scaled = rules.Rule("scaled", lambda x: (x * 2, x), lambda x, v: v * 2 * float(np.ones_like(np.asarray(x))[0]))
    x = torch.tensor([0.5, 1.0], dtype=torch.float64, requires_grad=True)
    assert torch.autograd.grad(wrap(scaled)(x).sum(), x)[0].tolist() == [2.0, 2.0]
    with pytest.raises(RuntimeError, match=r"scaled calls functions of NumPy.*write it with chainrule\.arrays"):
        torch.autograd.grad(wrap(scaled)(x).sum(), x, create_graph=True)


def test_numpys_functions_take_tensors_for_a_first_derivative_alone():
    root = wrap(Rule("root", lambda x: (np.sqrt(x), x), lambda x, v: v / (2 * np.sqrt(x))))
    x = torch.tensor([4.0, 16.0], requires_grad=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # NumPy's, about tensors
        assert torch.autograd.grad(root(x).sum(), x)[0].tolist() == [0.25, 0.125]
        with pytest.raises(RuntimeError, match="root calls functions of NumPy"):
            grad(lambda x: root(x).sum())(x.detach())


def test_floats_are_no_labels_of_a_users_loss():
    def forward(logits, targets):
        return -take_class(logits, targets)[..., 0], (logits, targets)

    loss = Rule("labelled", forward, {"logits": lambda r, v: v}, inputs=("logits", "targets"), integers=("targets",))
    logits = torch.ones((3, 3), requires_grad=True)
    assert wrap(loss)(logits, torch.tensor([0, 1, 2])).tolist() == [-1.0] * 3
    with pytest.raises(ValueError, match=r"expected integer labels, got torch\.float32"):
        wrap(loss)(logits, torch.tensor([0.0, 1.9, 2.0]))


def test_a_function_is_no_rule():
    with pytest.raises(TypeError, match=r"chainrule\.torch\.wrap: expected a Rule, got function; rules\.Rule"):
        wrap(lambda x: x)
