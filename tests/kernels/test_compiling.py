"""When compiled loops are used, and where their machine code is kept."""

import os
import subprocess
import sys

import numpy as np
import pytest

from chainrule import rules
from chainrule.kernels import compiling
from chainrule.kernels.compiling import available, described
from chainrule.kernels.kernel import kernel_of, registered, takes_compiled

FIT = """
import numpy as np
from chainrule import MLPClassifier
rng = np.random.default_rng(0)
X, y = rng.normal(size=(60, 4)), np.arange(60) % 3
print(MLPClassifier((5,), max_iter=3, random_state=0).fit(X, y).loss_.hex())
"""


def run(code, **environment):
    return subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )


def test_importing_the_package_imports_no_numba():
    run("import sys, chainrule; chainrule.MLPClassifier; assert 'numba' not in sys.modules")


def test_the_switch_turns_compiled_loops_off():
    code = "from chainrule.kernels.compiling import available; print(available())"
    assert run(code, CHAINRULE_COMPILED="0").stdout == "False\n"


def test_a_line_of_text_says_what_is_used(monkeypatch):
    assert ("compiled by numba" in described()) == available()
    monkeypatch.setattr("chainrule.kernels.compiling.available", lambda: False)
    monkeypatch.setattr("chainrule.kernels.compiling.find_spec", lambda name: None)
    assert described() == "loops of training: NumPy's (pip install chainrule[fast] compiles them)"


def test_only_floats_of_numpy_take_compiled_loops():
    assert takes_compiled(np.zeros(2, np.float32)) == takes_compiled(np.zeros(2)) == available()
    for other in (None, np.zeros(2, np.float16), np.zeros(2, np.longdouble), np.zeros(2, object), [0.0]):
        assert not takes_compiled(other)


def test_without_an_array_a_rule_has_its_kernel_for_all_arrays():
    assert kernel_of(rules.relu) is registered(rules.relu)


def test_a_folder_that_cannot_be_written_to_changes_nothing(tmp_path):
    pytest.importorskip("numba", reason="needs numba: pip install -e '.[fast]'")
    file = tmp_path / "file"
    file.write_text("no folder")
    with_folder = run(FIT, NUMBA_CACHE_DIR=str(tmp_path / "cache"))
    assert "compiling loops for this machine" in with_folder.stderr
    assert run(FIT, NUMBA_CACHE_DIR=str(tmp_path / "cache")).stderr == ""
    without = run(FIT, NUMBA_CACHE_DIR=str(file / "below"))
    assert without.stdout == with_folder.stdout


def test_stored_code_has_another_name_when_any_loop_changes(tmp_path, monkeypatch):
    monkeypatch.setattr(compiling, "LOOPS", tmp_path)
    names = []
    for text in ("one", "another"):
        (tmp_path / "elementary.py").write_text(text)
        names.append(compiling._digest.__wrapped__())
    assert names[0] != names[1]


CHILDREN = """
import multiprocessing, pickle, sys, warnings
import numpy as np
from chainrule import MLPClassifier

def fit(model):
    warnings.simplefilter("ignore")
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(60, 4)), np.arange(60) % 3
    return model.fit(X, y)

if __name__ == "__main__":
    made = MLPClassifier((5,), max_iter=3, random_state=0)
    here = fit(made)
    for way in sys.argv[1:]:
        with multiprocessing.get_context(way).Pool(2) as pool:
            for model in pool.map(fit, [pickle.loads(pickle.dumps(here)), made]):
                assert model.loss_ == here.loss_
                assert (model.predict_proba(np.eye(4)) == here.predict_proba(np.eye(4))).all()
"""


@pytest.mark.parametrize("way", ["fork", "spawn", "forkserver"])
def test_children_and_pickled_models_fit_alike(way, tmp_path):
    script = tmp_path / "children.py"
    script.write_text(CHILDREN)
    subprocess.run([sys.executable, "-W", "ignore", str(script), way], check=True, timeout=120, cwd=tmp_path)
