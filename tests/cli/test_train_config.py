"""Configuration files: what they may hold, and that the one beside a model repeats its training."""

import re
import tomllib
from pathlib import Path

import pytest

from chainrule import __version__
from chainrule.cli.made_with import TABLE
from chainrule.cli.train import MODELS
from chainrule.cli.train_config import UNRECORDED, config_of, written
from chainrule.cli.train_mlp import MLPOptions
from chainrule.cli.train_options import declared

FLAT = """
data = "iris"
seed = 4
test_size = 0.3   # or test-size

[mlp]
hidden = [20, 10]
epochs = 3

[softmax]
C = 2
"""


def config(text):
    Path("run.toml").write_text(text, encoding="utf-8")


RUNS = {
    "softmax": ("wine", "--model", "softmax", "--seed", "3"),
    "mlp": ("wine", "--epochs", "4", "--hidden", "9,7", "--activation", "tanh", "--solver", "adamw", "--dropout", "0"),
    "table": ("{flowers}", "--target", "species", "--drop", "leaf", "--drop", "fenced"),
    "conv": ("digits", "--model", "conv", "--layers", "conv 4 3x3, relu", "--epochs", "1", "--augment", ""),
}


@pytest.mark.parametrize("run", RUNS)
def test_the_file_beside_a_model_repeats_the_training_byte_for_byte(chainrule, flowers_csv, run):
    words = [word.format(flowers=flowers_csv) for word in RUNS[run]]
    chainrule("train", *words, "--out", "m.chainrule", "--json").metrics()
    first, settings = Path("m.chainrule").read_bytes(), Path("m.toml").read_text(encoding="utf-8")
    again = "chainrule train --config m.toml --out m-again.chainrule"
    assert settings.startswith(f"# chainrule {__version__}; repeat the training: {again}\n")
    chainrule(*again.split()[1:], "--json").metrics()
    assert Path("m-again.chainrule").read_bytes() == first
    Path("m.chainrule").unlink()
    chainrule("train", "--config", "m.toml", "--json").metrics()
    assert Path("m.chainrule").read_bytes() == first
    assert Path("m.toml").read_text(encoding="utf-8") == settings
    chainrule("train", "--config", "m.toml").complaint("m.chainrule exists", "--overwrite")
    chainrule("train", "--config", "m.toml", "--out", "again", "--json").metrics()
    assert Path("again").read_bytes() == first


def test_a_repeated_run_leaves_the_other_files_of_the_first_as_they_are(chainrule):
    first = ("train", "conv", "digits", "--layers", "conv 4 3x3, relu", "--epochs", "1", "--out", "m.chainrule")
    chainrule(*first, "--report", "seen", "--curves", "c.png").succeeded()
    kept = {path: Path(path).read_bytes() for path in ("seen/report.html", "c.png", "m.chainrule", "m.toml")}
    again = "chainrule train --config m.toml --out m-again.chainrule"
    assert f"<pre>{again}</pre>" in Path("seen/report.html").read_text(encoding="utf-8")
    told = chainrule(*again.split()[1:]).succeeded().err
    for path, option in (("seen/report.html", "--report"), ("c.png", "--curves")):
        assert f"note: {path} exists, so it is not written again; {option} names another place" in told
    assert Path("m-again.chainrule").read_bytes() == kept["m.chainrule"], "the curves' scores are in the file"
    assert {path: Path(path).read_bytes() for path in kept} == kept
    Path("c.png").unlink()
    words = ("train", "--config", "m.toml", "--out", "m3", "--report", "other")
    told = chainrule(*words).succeeded().err
    assert "exists" not in told
    assert Path("c.png").exists()
    assert Path("other/report.html").exists()
    line = chainrule(*words[:-3], "m4", "--report", "seen").complaint("--report: seen/report.html exists")
    assert "name another directory, or" in line
    chainrule("train", "--config", "m.toml").complaint("c.png exists; name another file, or")


def test_what_differs_from_the_recorded_run_is_noted(chainrule, flowers_csv):
    Path("flowers.csv").write_bytes(flowers_csv.read_bytes())
    words = ("train", "softmax", "flowers.csv", "--target", "species", "--C", "1")
    chainrule(*words).succeeded()
    again = ("train", "--config", "flowers.toml", "--overwrite")
    assert "differs" not in chainrule(*again).succeeded().err
    text = Path("flowers.toml").read_text(encoding="utf-8")
    Path("old.toml").write_text(re.sub('numpy = ".*"', 'numpy = "1.0"', text), encoding="utf-8")
    lines = flowers_csv.read_text(encoding="utf-8").splitlines()
    Path("flowers.csv").write_text("\n".join([lines[0], *lines[:0:-1]]), encoding="utf-8")
    told = chainrule("train", "--config", "old.toml", "--out", "m").succeeded().err
    assert re.search(r"note: this run differs from that of old.toml: numpy \S+ \(then 1.0\), the contents of f", told)
    told = chainrule("train", "softmax", "iris", "--config", "flowers.toml", "--out", "i", "--target", "target")
    assert "differs" not in told.succeeded().err, "other data are no other contents"


@pytest.mark.parametrize("model", MODELS)
def test_all_options_are_written_also_defaults(chainrule, model):
    given = {"conv": ("--epochs", "1", "--layers", "pool 2"), "softmax": ("--C", "1")}.get(model, ())
    chainrule("train", model, "digits" if model == "conv" else "iris", *given, "--out", "m").succeeded()
    text = Path("m.toml").read_text(encoding="utf-8")
    assert list(tomllib.loads(text)) == [model, TABLE]
    keys = re.findall(r"^(?:# )?([\w-]+) (?:=|is not given)", text.partition(f"[{TABLE}]")[0], re.MULTILINE)
    names = [field.name.replace("_", "-") for field, _ in declared(MODELS[model][1]) if field.name not in UNRECORDED]
    assert keys == names


def test_the_command_line_wins_over_the_section_and_the_section_over_the_top(chainrule):
    config('seed = 1\ntest-size = 0.5\nepochs = 2\nhidden = "4"\n[mlp]\nepochs = 3\n')
    report = chainrule("train", "mlp", "iris", "--config", "run.toml", "--hidden", "5", "--json").trained(rows=150)
    assert (report["seed"], report["epochs"], report["n_test"]) == (1, 3, 75)
    recorded = tomllib.loads(Path("iris.toml").read_text(encoding="utf-8"))["mlp"]
    assert (recorded["seed"], recorded["epochs"], recorded["hidden"]) == (1, 3, "5")


@pytest.mark.parametrize("words", [("mlp",), ("--model", "mlp"), ("mlp", "iris")])
def test_one_file_serves_several_models(chainrule, words):
    config(FLAT)
    report = chainrule("train", *words, "--config", "run.toml", "--json").trained(rows=150)
    assert (report["seed"], report["epochs"], report["n_test"]) == (4, 3, 45)
    assert chainrule("train", "softmax", "--config", "run.toml", "--out", "s", "--json").json()["C"] == 2
    several = "run.toml has sections for mlp, softmax: name a model, as in `chainrule train mlp --config run.toml`"
    chainrule("train", "--config", "run.toml").complaint(several, code=64)


@pytest.mark.parametrize(
    ("text", "model"),
    [
        ('data = "iris"\n[softmax]\nC = 1', "softmax"),
        ('data = "iris"\nmodel = "softmax"\nC = 1', "softmax"),
        ('data = "iris"\nepochs = 1', "mlp"),
        ('data = "flowers.csv"\ntarget = "species"', "tabular"),
        ('data = "flowers.csv"\ntarget = "species"\nhidden = 3\nepochs = 1', "mlp"),
    ],
)
def test_the_model_is_named_or_chosen_as_without_a_file(chainrule, flowers_csv, text, model):
    Path("flowers.csv").write_bytes(flowers_csv.read_bytes())
    config(text)
    chainrule("train", "--config", "run.toml", "--out", "m").succeeded()
    assert list(tomllib.loads(Path("m.toml").read_text(encoding="utf-8"))) == [model, TABLE]


def test_switches_and_lists_are_taken(chainrule, flowers_csv):
    config(f"data = '{flowers_csv}'\ntarget = 'species'\ndrop = ['leaf', 'colour']\njson = true\noverwrite = false\n")
    chainrule("train", "tabular", "--config", "run.toml", "--out", "m").metrics()
    assert 'drop = ["leaf", "colour"]' in Path("m.toml").read_text(encoding="utf-8")
    chainrule("train", "tabular", "--config", "run.toml", "--out", "m").complaint("m exists", "--overwrite")


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("seed = 1\n\nhiden = 5\n", ("run.toml, line 3", "'hiden'", "did you mean 'hidden'?")),
        ("[mlp]\nseed = 1\ntest_sise = 0.1\n", ("run.toml, line 3", "'test_sise'", "did you mean 'test-size'?")),
        ("config = 'other.toml'\n", ("run.toml, line 1", "'config' is unknown")),
        ("# C = 3\n'C' = 3\n", ("run.toml, line 2", "'C' is for softmax")),
        ("[mpl]\nseed = 1\n", ("run.toml, line 1", "no model 'mpl'", "did you mean 'mlp'?")),
        ("seed = 1\n[conv]\n", ("run.toml, line 2", "a section [conv], and none for mlp")),
        ("model = 'svm'\n", ("run.toml, line 1", "got 'svm'")),
        ("seed = 1\ndropout = 2\n", ("run.toml, line 2", "'--dropout'", "[0, 1), got '2'")),
        ("epochs = 'ten'\n", ("run.toml, line 1", "'--epochs'", "'ten'")),
        ("epochs = 1.5\n", ("run.toml, line 1", "'--epochs'", "'1.5'")),
        ("epochs = true\n", ("run.toml, line 1", "epochs: expected a value, got True")),
        ("blocks = 'yes'\n", ("run.toml, line 1", "blocks: expected true or false, got 'yes'")),
        ("seed = 2024-01-01\n", ("run.toml, line 1", "seed: expected numbers or strings")),
        ("hidden = '3;4'\n", ("--hidden", "'3;4'")),
    ],
)
def test_a_mistake_is_named_with_its_line(chainrule, text, names):
    config(text)
    chainrule("train", "mlp", "iris", "--config", "run.toml").complaint(*names, code=64)
    assert not Path("iris.chainrule").exists()


def test_files_that_cannot_be_read(chainrule):
    chainrule("train", "mlp", "iris", "--config", "none.toml").complaint("none.toml")
    for text in (b"seed 3\n", b"\xff", b"seed = 1\nseed = 2\n"):
        Path("bad.toml").write_bytes(text)
        for model in (("mlp",), ()):
            chainrule("train", *model, "iris", "--config", "bad.toml").complaint("bad.toml: cannot be read as TOML")
    config("\ufeffseed = 3\r\nepochs = 1\r\n")
    assert chainrule("train", "mlp", "iris", "--config", "run.toml", "--json").trained()["seed"] == 3


def test_a_file_of_other_making_is_never_replaced(chainrule):
    fast = ("train", "mlp", "iris", "--epochs", "1", "--out", "pyproject.chainrule")
    Path("pyproject.toml").write_text("[project]\n", encoding="utf-8")
    for more in ((), ("--overwrite",)):
        chainrule(*fast, *more).complaint("pyproject.toml exists, and no training has written it", "--out")
    assert Path("pyproject.toml").read_text(encoding="utf-8") == "[project]\n"
    assert not Path("pyproject.chainrule").exists()


def test_an_earlier_file_is_replaced_only_if_asked(chainrule):
    chainrule("train", "mlp", "iris", "--epochs", "1").succeeded()
    Path("iris.chainrule").unlink()
    before = Path("iris.toml").read_bytes()
    chainrule("train", "mlp", "iris", "--epochs", "2").complaint("iris.toml exists", "--overwrite")
    chainrule("train", "mlp", "iris", "--epochs", "1").succeeded()
    assert Path("iris.toml").read_bytes() == before
    chainrule("train", "mlp", "iris", "--epochs", "2", "--overwrite").succeeded()
    assert b"epochs = 2\n" in Path("iris.toml").read_bytes()


def test_a_training_that_fails_leaves_no_file(chainrule, flowers_csv):
    chainrule("train", "tabular", flowers_csv, "--target", "stem").complaint("stem")
    assert list(Path.cwd().iterdir()) == []


def test_the_name_of_the_file():
    names = {"a/iris.chainrule": "a/iris.toml", "m": "m.toml", "garden model.bin": "garden model.toml"}
    names |= {"x.toml": "x.toml.toml", "a.b.chainrule": "a.b.toml"}
    assert {name: config_of(Path(name)).as_posix() for name in names} == names


@pytest.mark.parametrize("data", ['a "b"\\c', "tab\tline\n", "\x7f\x00\x1f", "Bäume/木/\U0001f333", "'''", "x\udcff"])
def test_any_name_of_a_file_is_written(data):
    text = written("mlp", MLPOptions(data=data, out=Path("m")).resolved(), {"chainrule": "1.2.3"})
    readable = data.encode("utf-8", "replace").decode()  # TOML holds text, and the name of a file may be none
    assert tomllib.loads(text)["mlp"]["data"] == readable
