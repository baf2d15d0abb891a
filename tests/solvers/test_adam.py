"""Adam and AdamW against the recursion written out, against scikit-learn's, and against PyTorch's.

Epsilon stands beside sqrt(v) before the bias correction, as at the end of section 2 of Kingma and Ba, and as in
scikit-learn. PyTorch adds it after the correction: its epsilon there is ours divided by sqrt(1 - b2^t).
"""

import math

import numpy as np
import pytest
from sklearn.neural_network._stochastic_optimizers import AdamOptimizer

from chainrule.solvers import Adam

RATE = 0.02


def longhand(theta, gradients, *, b1=0.9, b2=0.999, epsilon=1e-8, decay=0.0, n_weights=None, rate=RATE):
    theta, m, v = theta.copy(), np.zeros(theta.shape), np.zeros(theta.shape)
    for t, g in enumerate(gradients, start=1):
        m = b1 * m + (1 - b1) * g
        v = b2 * v + (1 - b2) * g**2
        theta[:n_weights] -= rate * decay * theta[:n_weights]
        theta -= rate * math.sqrt(1 - b2**t) / (1 - b1**t) * m / (np.sqrt(v) + epsilon)
    return theta


# Measured: at most 1.3e-16 of an entry apart after 12 steps, since the steps themselves are small beside the entries.
CLOSE = {"rtol": 1e-15, "atol": 1e-15}


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"b1": 0.5, "b2": 0.9},
        {"b1": 0.0, "b2": 0.999},
        {"b1": 0.9, "b2": 0.0},
        {"epsilon": 0.1},
        {"epsilon": 1e-300},
        {"decay": 0.3},
        {"decay": 0.3, "n_weights": 4},
        {"decay": 0.3, "n_weights": 0},
    ],
    ids=repr,
)
def test_adam_follows_the_recursion(run, theta, gradients, options):
    if options.get("epsilon") == 1e-300:
        gradients = gradients + 1e-3  # 0 / 0 is no step
    solver = Adam(
        options.get("b1", 0.9),
        options.get("b2", 0.999),
        options.get("epsilon", 1e-8),
        options.get("decay", 0.0),
        options.get("n_weights"),
    )
    np.testing.assert_allclose(run(solver, theta, gradients, RATE), longhand(theta, gradients, **options), **CLOSE)


def test_the_recursion_is_told_from_one_without_bias_correction_or_with_a_count_one_off(run, theta, gradients):
    updated = run(Adam(), theta, gradients, RATE)
    off = Adam()
    state, late = off.start(theta), theta.copy()
    state.steps = 1
    for g in gradients:
        off.step(late, g, state, RATE)
    assert abs(late - updated)[:6].max() > 1e-3


@pytest.mark.parametrize("epsilon", [1e-8, 0.1])
def test_adam_is_scikit_learns(run, theta, gradients, epsilon):
    witness = theta.copy()
    optimiser = AdamOptimizer([witness], learning_rate_init=RATE, epsilon=epsilon)
    for g in gradients:
        optimiser.update_params([witness], [g])
    np.testing.assert_allclose(run(Adam(epsilon=epsilon), theta, gradients, RATE), witness, **CLOSE)


@pytest.mark.parametrize("decay", [0.0, 0.3])
def test_adam_is_pytorchs_but_for_the_place_of_epsilon(run, theta, gradients, decay):
    torch = pytest.importorskip("torch", reason="needs PyTorch: pip install -e '.[torch]'")
    witness = torch.tensor(theta, requires_grad=True)
    optimiser = torch.optim.AdamW([witness], lr=RATE, eps=1e-8, weight_decay=decay)
    for t, g in enumerate(gradients, start=1):
        optimiser.param_groups[0]["eps"] = 1e-8 / math.sqrt(1 - 0.999**t)
        witness.grad = torch.tensor(g)
        optimiser.step()
    updated = run(Adam(weight_decay=decay), theta, gradients, RATE)
    np.testing.assert_allclose(updated, witness.detach().numpy(), **CLOSE)


def test_without_decay_adamw_is_pytorchs_adam_where_epsilon_is_negligible(run, theta, gradients):
    torch = pytest.importorskip("torch", reason="needs PyTorch: pip install -e '.[torch]'")
    run_of = gradients + 1e-3
    witness = torch.tensor(theta, requires_grad=True)
    optimiser = torch.optim.Adam([witness], lr=RATE, eps=1e-30)
    for g in run_of:
        witness.grad = torch.tensor(g)
        optimiser.step()
    np.testing.assert_allclose(run(Adam(epsilon=1e-30), theta, run_of, RATE), witness.detach().numpy(), **CLOSE)


def test_decay_stops_at_the_weights(run, theta):
    zeros = np.zeros((3, 7))
    updated = run(Adam(weight_decay=0.5, n_weights=4), theta, zeros, rate=0.1)
    np.testing.assert_allclose(updated[:4], theta[:4] * 0.95**3, rtol=1e-15)
    assert (updated[4:] == theta[4:]).all()


@pytest.mark.parametrize("scale", [1e-150, 1e-3, 1.0, 1e150])
def test_the_first_step_has_the_size_of_the_rate_whatever_the_gradients(run, scale):
    theta = np.zeros(3)
    updated = run(Adam(epsilon=1e-300), theta, np.array([[1.0, -2.0, 5.0]]) * scale, rate=0.25)
    np.testing.assert_allclose(updated, [-0.25, 0.25, -0.25], rtol=1e-14)


def test_an_entry_whose_gradient_is_always_zero_stays(run, theta, gradients):
    assert run(Adam(), theta, gradients, RATE)[6] == theta[6]


@pytest.mark.parametrize("solver", [Adam(), Adam(0.5, 0.8, 1e-3, 0.2, 4)], ids=["adam", "adamw"])
def test_a_saved_state_resumes_bit_for_bit(resumed, solver, theta, gradients):
    resumed(solver, theta, gradients, RATE)


@pytest.mark.parametrize("solver", [Adam(), Adam(weight_decay=0.2, n_weights=4)], ids=["adam", "adamw"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_tensors_move_as_arrays_do(run, solver, theta, gradients, dtype):
    torch = pytest.importorskip("torch", reason="needs PyTorch: pip install -e '.[torch]'")
    updated = torch.tensor(theta.astype(dtype))
    state = solver.start(updated)
    for g in gradients.astype(dtype):
        solver.step(updated, torch.tensor(g), state, RATE)
    expected = run(solver, theta.astype(dtype), gradients.astype(dtype), RATE)
    assert updated.numpy().dtype == expected.dtype == dtype
    # A float factor may meet float32 entries in double first: a few ulp a step, 12 steps.
    bound = 50 * np.finfo(dtype).eps
    np.testing.assert_allclose(updated.numpy(), expected, rtol=bound, atol=bound)


def test_single_precision_follows_double(run, theta, gradients):
    single = run(Adam(), theta.astype(np.float32), gradients.astype(np.float32), RATE)
    # 12 steps rounded at 6e-8 of an entry, and of the rate.
    np.testing.assert_allclose(single, run(Adam(), theta, gradients, RATE), rtol=2e-6, atol=1e-6)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("beta_1", 1.0),
        ("beta_1", -0.1),
        ("beta_2", 1.0),
        ("beta_2", math.nan),
        ("epsilon", 0.0),
        ("epsilon", -1e-8),
        ("epsilon", math.nan),
        ("weight_decay", -1e-9),
        ("weight_decay", math.nan),
    ],
)
def test_a_parameter_out_of_range_is_refused_by_name(name, value):
    Adam(beta_1=0.0, beta_2=0.0, epsilon=1e-300, weight_decay=0.0)
    with pytest.raises(ValueError, match=f"{name}: expected a number .* got {value}"):
        Adam(**{name: value})


@pytest.mark.parametrize("options", [{}, {"b1": 0.5, "b2": 0.9}, {"epsilon": 0.1}, {"decay": 0.3, "n_weights": 4}])
def test_pytorchs_fused_kernel_takes_the_same_steps(theta, gradients, options):
    torch = pytest.importorskip("torch", reason="needs PyTorch: pip install -e '.[torch]'")
    names = {"b1": "beta_1", "b2": "beta_2", "decay": "weight_decay"}
    solver = Adam(**{names.get(name, name): value for name, value in options.items()})
    tensor = torch.from_numpy(theta.copy())
    state = solver.start(tensor)
    for gradient in gradients:
        solver.step(tensor, torch.from_numpy(gradient.copy()), state, RATE)
    np.testing.assert_allclose(tensor.numpy(), longhand(theta, gradients, **options), **CLOSE)


@pytest.mark.parametrize("there_first", [False, True])
def test_a_run_goes_on_from_what_the_other_array_library_kept(theta, gradients, there_first):
    torch = pytest.importorskip("torch", reason="needs PyTorch: pip install -e '.[torch]'")
    solver = Adam()
    places = [lambda x: x.copy(), lambda x: torch.from_numpy(np.array(x))]
    before, after = places[::-1] if there_first else places
    updated = before(theta)
    state = solver.start(updated)
    for gradient in gradients[:5]:
        solver.step(updated, before(gradient), state, RATE)
    kept = {name: after(np.asarray(vector)) for name, vector in state.vectors.items()}
    updated = after(np.asarray(updated))
    resumed = solver.start(updated)
    resumed.restore(kept, state.steps)
    for gradient in gradients[5:]:
        solver.step(updated, after(gradient), resumed, RATE)
    np.testing.assert_allclose(np.asarray(updated), longhand(theta, gradients), **CLOSE)
