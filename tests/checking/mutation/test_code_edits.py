"""Single edits of syntax trees."""

import ast
import textwrap

import pytest

from chainrule.checking.mutation.code_edits import edits


def _replaced(text, names=None):
    tree = ast.parse(textwrap.dedent(text)).body[0]
    before = ast.dump(tree)
    found = [f"{edit.before} -> {edit.after}" for edit in edits(tree, names)]
    assert ast.dump(tree) == before
    return found


@pytest.mark.parametrize(
    ("body", "edit"),
    [
        ("return a + b", "a + b -> a - b"),
        ("return a + b", "a + b -> b"),
        ("return a * b", "a * b -> a"),
        ("return a / b", "a / b -> b / a"),
        ("return a - b", "a - b -> b - a"),
        ("return a @ b", "a @ b -> a.T @ b"),
        ("return a.T @ b", "a.T -> a"),
        ("return -a", "-a -> a"),
        ("return a", "a -> -a"),
        ("return a", "a -> b"),
        ("return a < b", "a < b -> a <= b"),
        ("return np.sum(a, axis=-1, keepdims=True)", "axis=-1 -> axis=0"),
        ("return np.sum(a, axis=-1, keepdims=True)", "axis=-1 -> axis=-2"),
        ("return np.sum(a, axis=-1, keepdims=True)", "True -> False"),
        ("return np.sum(a)", "np.sum(a) -> np.mean(a)"),
        ("return np.exp(a)", "np.exp(a) -> np.expm1(a)"),
        ("return np.exp(a)", "np.exp(a) -> a"),
        ("return np.log1p(a)", "np.log1p(a) -> np.log(a)"),
        ("return np.amax(a)", "np.amax(a) -> np.amin(a)"),
        ("return np.subtract(a, b)", "np.subtract(a, b) -> np.subtract(b, a)"),
        ("return np.where(c, a, b)", "np.where(c, a, b) -> np.where(c, b, a)"),
        ("return np.matmul(a, b)", "np.matmul(a, b) -> np.matmul(a.T, b)"),
        ("return np.einsum('ij,j->i', a, b)", "np.einsum('ij,j->i', a, b) -> np.einsum('ji,j->i', a, b)"),
        ("return a[..., :, None]", "a[..., :, None] -> a[..., None, :]"),
        ("return a[..., None]", "a[..., None] -> a"),
        ("return 2 * a", "2 -> 1"),
        ("return 0.5 * a", "0.5 -> 1.0"),
        ("return 0 * a", "0 -> 1"),
        ("a[c, b] -= 1\n    return a", "a[c, b] -= 1 -> nothing"),
        ("a[c, b] -= 1\n    return a", "a[c, b] -= 1 -> a[c, b] += 1"),
        ("for i in range(c): a[i] += 1", "range(c) -> range(c - 1)"),
        ("return a if c else b", "a if c else b -> b if c else a"),
        ("return a, b", "(a, b) -> (b, a)"),
    ],
)
def test_the_usual_slips_are_among_the_edits(body, edit):
    assert edit in _replaced(f"def f(a, b, c):\n    {body}", {"a": ("b",)})


def test_docstrings_annotations_defaults_and_messages_stay_as_they_are():
    text = '''
    def f(a: int = 0) -> "float":
        """A value of 1."""
        b: float = a
        if b:
            raise ValueError(f"{b} + 1")
    '''
    assert {edit.split(" -> ")[0] for edit in _replaced(text)} <= {"a", "b"}
