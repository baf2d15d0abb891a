"""Models with rules and layers of one's own: --import names the module that registers them."""

from pathlib import Path

import numpy as np
import pytest

from chainrule import MLPClassifier, rules
from chainrule.cli.output import CommandError
from chainrule.cli.user_modules import imported

MODULE = """
from chainrule import rules
rules.register(rules.elementwise("bent", lambda x: x + x * x / (1 + x * x), lambda x: 1 + 2 * x / (1 + x * x) ** 2))
"""


@pytest.fixture
def saved(empty_directory):
    """Return the probabilities of a model whose rule has been forgotten since it was saved, and its rows."""
    Path("bent_rules.py").write_text(MODULE)
    X = np.random.default_rng(0).normal(size=(30, 3))
    np.save("rows.npy", X)
    np.savetxt("labels.txt", np.arange(30) % 2, fmt="%d")
    imported("bent_rules")
    model = MLPClassifier((4,), "bent", solver="lbfgs", max_iter=3, random_state=0)
    with pytest.warns(match=r"(?i)maximum|limit"):
        model.fit(X, np.arange(30) % 2)
    model.save("bent.chainrule")
    expected = model.predict_proba(X)
    forget()
    yield expected
    forget()


def forget():
    """Forget the rule and its module, as a new process does."""
    import sys

    sys.modules.pop("bent_rules", None)
    if "bent" in rules.names():
        rules.unregister("bent")


def test_a_module_registers_the_rules_of_a_model(chainrule, saved):
    assert "bent" in chainrule("predict", "bent.chainrule", "rows.npy").complaint("register")
    found = chainrule("predict", "bent.chainrule", "rows.npy", "--import", "bent_rules").predictions(30)
    np.testing.assert_allclose(found.probabilities, saved, rtol=1e-15)
    forget()
    words = ("bent.chainrule", "rows.npy", "--labels", "labels.txt", "--import", "bent_rules", "--json")
    assert chainrule("evaluate", *words).metrics()["n_rows"] == 30


def test_a_module_that_fails_is_named_with_the_reason(chainrule, saved):
    Path("broken_rules.py").write_text("1 / 0")
    told = chainrule("predict", "bent.chainrule", "rows.npy", "--import", "broken_rules")
    told.complaint("cannot import broken_rules: ZeroDivisionError: division by zero")
    with pytest.raises(CommandError, match="cannot import no_such_module: ModuleNotFoundError"):
        imported("no_such_module")


def test_training_takes_rules_of_ones_own_and_tells_how_to_load_the_model(chainrule, saved):
    words = ("mlp", "rows.npy", "--labels", "labels.txt", "--activation", "bent", "--epochs", "1", "--hidden", "4")
    told = chainrule("train", *words).complaint("activation", code=(1, 2, 64))
    assert "expected one of" in told
    assert "--import MODULE" in told
    shown = chainrule("train", *words, "--import", "bent_rules").succeeded()
    assert "new data: chainrule predict rows.chainrule DATA --import bent_rules\n" in shown.out
    assert "evaluate rows.chainrule rows.npy --mistakes 10 --labels labels.txt --import bent_rules\n" in shown.out
    forget()
    written = Path("rows.chainrule").read_bytes()
    chainrule("train", "--config", "rows.toml", "--overwrite").succeeded()
    assert Path("rows.chainrule").read_bytes() == written


def test_rules_of_ones_own_are_listed_and_shown(chainrule, saved):
    assert "bent" in chainrule("rules", "--import", "bent_rules").succeeded().out
    forget()
    shown = chainrule("derive", "bent", "--import", "bent_rules").succeeded().out
    assert "bent(x)" in shown
    assert "error bound  not stated" in shown
    told = chainrule("derive", "bent", "--html").complaint("is a rule of your own and has no derivation")
    assert "Write a document with the line 'code: bent'" in told
    forget()
    assert "bent" in chainrule("summary", "linear 4, bent", "--input", "3", "--import", "bent_rules").succeeded().out


def test_a_document_is_checked_against_rules_of_ones_own(chainrule, saved):
    Path("bent.md").write_text("---\nlet x in reals\n---\n$$x + x = 2 x$$\n")
    chainrule("check", "bent.md", "--import", "bent_rules").succeeded()
    assert "bent" in rules.names()
    Path("work").mkdir()
    Path("work/ann.md").write_text("---\nx: number\ncode: bent\n---\n$$\\mathtt{bent}(x) = \\mathtt{bent}(x)$$\n")
    forget()
    assert "ann,10,10,1,1,0," in chainrule("grade", "work", "--import", "bent_rules").succeeded().out


def test_the_name_of_a_file_is_corrected():
    with pytest.raises(CommandError, match=r"leave out \.py: bent_rules"):
        imported("bent_rules.py")
