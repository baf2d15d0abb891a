"""The head on PyTorch tensors: the same numbers, differentiable twice, without its logits at any time."""

import numpy as np
import pytest

from chainrule import LinearCrossEntropy, linear_cross_entropy

torch = pytest.importorskip("torch", reason="needs PyTorch: pip install -e '.[torch]'")
dispatch = pytest.importorskip("torch.utils._python_dispatch", reason="needs PyTorch: pip install -e '.[torch]'")

functional = torch.nn.functional
REDUCTIONS = pytest.mark.parametrize("reduction", ["mean", "sum", "none"])


@pytest.fixture
def tensors(problem):
    """X, W, bias, weights of a problem, all of which require gradients, and its targets."""

    def make(kind="labels", dtype=torch.float64):
        head = problem(kind)
        names = ("X", "W", "bias", "weights")
        moving = [torch.tensor(getattr(head, name), dtype=dtype, requires_grad=True) for name in names]
        labels = torch.tensor(np.array(head.labels))
        return (*moving, labels if kind == "labels" else labels.to(dtype))

    return make


class Products(dispatch.TorchDispatchMode):
    """Counts the products of matrices."""

    count = 0

    def __torch_dispatch__(self, function, types, arguments=(), options=None):
        self.count += "mm" in function.__name__
        return function(*arguments, **(options or {}))


class Largest(dispatch.TorchDispatchMode):
    """Records the size of the largest tensor that any operation returns."""

    size = 0

    def __torch_dispatch__(self, function, types, arguments=(), options=None):
        result = function(*arguments, **(options or {}))
        for x in result if isinstance(result, tuple | list) else (result,):
            if isinstance(x, torch.Tensor):
                self.size = max(self.size, x.numel())
        return result


@pytest.mark.parametrize("kind", ["labels", "rows"])
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
def test_tensors_and_arrays_give_the_same_numbers(problem, tensors, kind, memory, dtype, direction):
    X, W, bias, weights, labels = (x.detach() for x in tensors(kind, dtype))
    ours = problem(kind, memory=memory, X=X, W=W, bias=bias, weights=weights, labels=labels)
    theirs = problem(
        kind, memory=memory, **{n: getattr(ours, n).numpy() for n in ("X", "W", "bias", "weights", "labels")}
    )
    # Two libraries round exp and add in different orders: 100 units of the largest entry.
    off = 100 * torch.finfo(dtype).eps

    def same(a, b):
        assert isinstance(a, torch.Tensor)
        assert a.dtype == dtype
        assert np.abs(a.numpy() - b).max() <= off * np.abs(b).max()

    of = ("X", "W", "bias", "temperature")
    (loss, gradients), (expected, exact) = ours.value_and_gradients(of), theirs.value_and_gradients(of)
    same(loss, expected)
    same(ours.entropy(), theirs.entropy())
    same(ours.log_probs(), theirs.log_probs())
    assert (ours.predict().numpy() == theirs.predict()).all()
    moved = {name: x.astype(theirs.X.dtype) for name, x in direction(theirs).items()}
    products = ours.hessian_product(**{name: torch.tensor(x) for name, x in moved.items()})
    for name in ("X", "W", "bias"):
        same(getattr(gradients, name), getattr(exact, name))
        same(getattr(products, name), getattr(theirs.hessian_product(**moved), name))
    same(gradients.temperature, exact.temperature)


@REDUCTIONS
@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_loss_and_gradients_are_those_of_pytorch(tensors, memory, reduction, smoothing):
    X, W, bias, _, labels = tensors()
    labels[2] = -100
    ours = linear_cross_entropy(
        X, W, labels, bias, ignore_index=-100, label_smoothing=smoothing, reduction=reduction, memory=memory
    )
    theirs = functional.cross_entropy(
        functional.linear(X, W, bias), labels, label_smoothing=smoothing, reduction=reduction
    )
    assert torch.allclose(ours, theirs, rtol=1e-12)
    seed = torch.arange(1.0, 8, dtype=torch.float64) if reduction == "none" else torch.tensor(-3.0, dtype=torch.float64)
    got = torch.autograd.grad(ours, (X, W, bias), seed)
    for a, b in zip(got, torch.autograd.grad(theirs, (X, W, bias), seed), strict=True):
        assert torch.allclose(a, b, rtol=1e-10, atol=1e-14)


@REDUCTIONS
@pytest.mark.parametrize("kind", ["labels", "rows"])
@pytest.mark.parametrize("memory", [1 << 20, 24], ids=["one block", "a class at a time"])
def test_gradcheck_and_gradgradcheck_pass(tensors, kind, memory, reduction):
    X, W, bias, weights, _ = (x.detach() for x in tensors())
    moving = [x.clone().requires_grad_() for x in (X[:3, :2], W[:4, :2], bias[:4], weights[:3])]
    labels = torch.tensor([3, 0, 1]) if kind == "labels" else tensors(kind)[-1][:3, :4]

    def loss(X, W, bias, weights):
        options = {"weights": weights, "label_smoothing": 0.1, "temperature": 1.5}
        return linear_cross_entropy(X, W, labels, bias, reduction=reduction, memory=memory, **options)

    assert torch.autograd.gradcheck(loss, moving)
    assert torch.autograd.gradgradcheck(loss, moving)


@pytest.mark.parametrize("frozen", [(0,), (1,), (2,), (0, 2), (1, 2), (0, 1)])
def test_what_needs_no_gradient_gets_none(tensors, frozen):
    *moving, _, labels = tensors()
    given = [x.detach() if i in frozen else x for i, x in enumerate(moving)]
    loss = linear_cross_entropy(given[0], given[1], labels, given[2])
    gradients = torch.autograd.grad(loss, [x for x in given if x.requires_grad], create_graph=True)
    sum(x.square().sum() for x in gradients).backward()
    assert [x.grad is None for x in given] == [i in frozen for i in range(3)]
    # With every variable moving, the same sum of squares has the same gradient by those that move here.
    everything = linear_cross_entropy(moving[0], moving[1], labels, moving[2])
    kept = [x for i, x in enumerate(moving) if i not in frozen]
    expected = torch.autograd.grad(everything, kept, create_graph=True)
    second = torch.autograd.grad(sum(x.square().sum() for x in expected), kept)
    for x, y in zip(kept, second, strict=True):
        assert torch.allclose(x.grad, y, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("memory", [1 << 20, 24], ids=["one block", "a class at a time"])
@pytest.mark.parametrize("reduction", ["mean", "none"])
def test_the_loss_alone_takes_one_product_per_block(tensors, memory, reduction):
    """Without gradients by X, W and bias, whether autograd is off or only the weights of the samples move."""
    X, W, bias, weights, labels = tensors()
    alone = [x.detach() for x in (X, W, bias)]

    def loss(X, W, bias):
        return linear_cross_entropy(X, W, labels, bias, weights=weights, reduction=reduction, memory=memory).sum()

    with Products() as plain:
        LinearCrossEntropy(alone[0], alone[1], labels, alone[2], memory=memory).value()
    with Products() as off, torch.no_grad():
        expected = loss(X, W, bias)
    with Products() as weighted:
        found = loss(*alone)
    assert plain.count == off.count == weighted.count > 0
    assert not expected.requires_grad
    assert torch.allclose(found, expected, rtol=1e-14, atol=0)  # a mean divides first or last
    with Products() as moving:
        loss(X, W, bias).backward()
    assert moving.count > plain.count
    with Products() as backward:
        slopes = [torch.autograd.grad(found, weights, retain_graph=True)[0] for _ in range(2)]
    assert backward.count == 0
    assert all(torch.allclose(slope, weights.grad) for slope in slopes)


def test_a_second_backward_gives_the_same_gradient_again(tensors):
    X, W, bias, weights, labels = tensors()
    loss = linear_cross_entropy(X, W, labels, bias, weights=weights)
    first = torch.autograd.grad(loss, (X, W, bias, weights), torch.tensor(2.0).double(), retain_graph=True)
    second = torch.autograd.grad(loss, (X, W, bias, weights), torch.tensor(2.0).double(), retain_graph=True)
    with_graph = torch.autograd.grad(loss, (X, W, bias, weights), torch.tensor(2.0).double(), create_graph=True)
    for a, b, c in zip(first, second, with_graph, strict=True):
        assert torch.allclose(a, b, rtol=1e-13, atol=0)
        assert torch.allclose(a, c, rtol=1e-13, atol=0)
        assert c.requires_grad


def test_a_hessian_product_by_double_backward_is_the_closed_one(tensors, memory):
    X, W, bias, _, labels = tensors()
    V = torch.randn(W.shape, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    loss = linear_cross_entropy(X, W, labels, bias, memory=memory)
    (gradient,) = torch.autograd.grad(loss, (W,), create_graph=True)
    by_autograd = torch.autograd.grad((gradient * V).sum(), (X, W, bias))
    head = LinearCrossEntropy(X, W, labels, bias, memory=memory)
    for a, b in zip(by_autograd, head.hessian_product(W=V, of=("X", "W", "bias")), strict=False):
        assert torch.allclose(a, b, rtol=1e-12, atol=1e-15)


def test_a_third_derivative_is_refused(tensors):
    X, W, _, _, labels = tensors()
    (gradient,) = torch.autograd.grad(linear_cross_entropy(X, W, labels), W, create_graph=True)
    (curved,) = torch.autograd.grad(gradient.square().sum(), W, create_graph=True)
    with pytest.raises(RuntimeError, match="once_differentiable"):
        curved.sum().backward()


def test_a_weight_changed_in_place_before_backward_is_noticed(tensors):
    X, W, _, _, labels = tensors()
    loss = linear_cross_entropy(X, W, labels, reduction="none").sum()
    with torch.no_grad():
        W.mul_(2)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        loss.backward()


@REDUCTIONS
def test_no_pass_ever_holds_the_logits(reduction):
    """300 x 400 logits, blocks of 4000 numbers: nothing larger than X, W and their gradients, 3200, and a block."""
    stream = torch.Generator().manual_seed(1)
    X = torch.randn((300, 8), generator=stream, dtype=torch.float64, requires_grad=True)
    W = torch.randn((400, 8), generator=stream, dtype=torch.float64, requires_grad=True)
    labels = torch.randint(0, 400, (300,), generator=stream)
    with Largest() as largest:
        loss = linear_cross_entropy(X, W, labels, reduction=reduction, memory=8 * 4000).sum()
        gradients = torch.autograd.grad(loss, (X, W), create_graph=True)
        sum(x.square().sum() for x in gradients).backward()
        linear_cross_entropy(X, W, labels, reduction=reduction, memory=8 * 4000).sum().backward()
    assert 0 < largest.size <= 4000
    with Largest() as plain:
        functional.cross_entropy(functional.linear(X, W), labels)
    assert plain.size == 300 * 400


def test_leading_axes_pass_through_autograd(tensors):
    X, W, bias, _, labels = tensors()
    deep = X.detach().reshape(7, 1, 4).requires_grad_()
    loss = linear_cross_entropy(deep, W, labels.reshape(7, 1), bias, reduction="none")
    assert loss.shape == (7, 1)
    flat = linear_cross_entropy(X, W, labels, bias, reduction="none")
    (got,), (expected,) = torch.autograd.grad(loss.sum(), deep), torch.autograd.grad(flat.sum(), X)
    assert torch.allclose(got.reshape(7, 4), expected, rtol=1e-12, atol=1e-16)


def test_weights_stored_features_by_classes_get_their_gradient_in_that_shape(tensors):
    X, W, _, _, labels = tensors()
    stored = W.detach().T.contiguous().requires_grad_()
    linear_cross_entropy(X, stored.T, labels).backward()
    linear_cross_entropy(X, W, labels).backward()
    assert torch.allclose(stored.grad.T, W.grad, rtol=1e-12, atol=1e-16)


def test_what_has_no_gradient_here_is_refused(tensors):
    X, W, _, _, rows = tensors("rows")
    with pytest.raises(ValueError, match="labels: rows of class weights that require a gradient; detach them"):
        linear_cross_entropy(X, W, rows.requires_grad_())
    with pytest.raises(ValueError, match="temperature: a tensor that requires a gradient; divide X and bias by it"):
        linear_cross_entropy(X, W, rows.detach(), temperature=torch.tensor(2.0, requires_grad=True))
    with pytest.raises(ValueError, match=r"X: expected float64 or float32, got torch.bfloat16"):
        linear_cross_entropy(X.bfloat16(), W.bfloat16(), rows.detach())
    with pytest.raises(ValueError, match=r"W: expected the library and dtype of X, torch.float64; got float64"):
        linear_cross_entropy(X, W.detach().numpy(), rows.detach())
