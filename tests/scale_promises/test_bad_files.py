"""Bad input ends in an exception that names the file and the row or column; the estimator keeps its earlier fit."""

import os
import pickle
import shutil
import threading

import numpy as np
import pytest
import scipy.sparse

from chainrule import Blocks, MLPClassifier, SoftmaxRegression, SoftmaxRegressionCV

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

SMALL = {
    "softmax": lambda: SoftmaxRegression(n_jobs=2),
    "mlp": lambda: MLPClassifier((4,), solver="sgd", max_iter=2, random_state=0, tol=10.0, n_iter_no_change=1),
}


@pytest.fixture(params=SMALL)
def model(request, problem):
    """A model that was fitted before, and must stay as it was."""
    fitted = SMALL[request.param]().fit(*problem(90, 3, 3, np.float32, seed=9))
    before = {name: pickle.dumps(value) for name, value in vars(fitted).items() if name.endswith("_")}
    threads = threading.active_count()
    yield fitted
    after = {name: pickle.dumps(value) for name, value in vars(fitted).items() if name.endswith("_")}
    assert after == before
    assert threading.active_count() <= threads


def says(error, *words):
    text = f"{type(error.value).__name__}: {error.value}"
    missing = [word for word in words if str(word).lower() not in text.lower()]
    assert not missing, f"{missing} not in: {text}"
    assert isinstance(error.value, Exception)
    assert not isinstance(error.value, TimeoutError)


def parts(folder, x, count):
    for i, part in enumerate(np.array_split(x, count)):
        np.save(folder / f"part-{i}.npy", part)
    return str(folder / "part-*.npy")


@pytest.fixture
def good(problem, tmp_path):
    x, y = problem(90, 3, 3, np.float32, seed=9)
    return x, y, parts(tmp_path, x, 5)


@pytest.mark.parametrize("number", [np.nan, -np.inf])
def test_a_number_that_is_not_finite_is_named_by_file_row_and_feature(number, model, tmp_path):
    x = np.random.default_rng(0).normal(size=(20_000, 3)).astype(np.float16)
    x[912 * 20 + 7, 1] = number
    paths = parts(tmp_path, x, 1000)
    y = np.arange(20_000) % 3
    with pytest.raises(Exception) as error:
        model.fit(Blocks(paths, labels=y))
    says(error, "part-912.npy", "row 7", "feature 1", "nan" if np.isnan(number) else "inf")
    with pytest.raises(Exception) as error:
        model.predict_proba(Blocks(paths))
    says(error, "part-912.npy", "row 7", "feature 1")


@pytest.mark.parametrize(
    "kind",
    [
        "mlp",
        "softmax",
    ],
)
def test_nan_in_held_out_files_is_named(kind, good, tmp_path):
    x, y, paths = good
    bad = x.copy()
    bad[71, 2] = np.nan
    (tmp_path / "held").mkdir()
    held = parts(tmp_path / "held", bad, 2)
    with pytest.raises(Exception) as error:
        SMALL[kind]().fit(Blocks(paths), y, eval_set=(Blocks(held), y))
    says(error, "part-1.npy", "row 26", "feature 2")


DIFFERENT = {
    "width": (np.zeros((18, 4), np.float32), ["part-2.npy", "4", "3"]),
    "dtype": (np.zeros((18, 3), np.float64), ["part-2.npy", "float64", "float32"]),
    "one axis": (np.zeros(54, np.float32), ["part-2.npy"]),
    "three axes": (np.zeros((18, 3, 1), np.float32), ["part-2.npy"]),
    "no columns": (np.zeros((18, 0), np.float32), ["part-2.npy"]),
    "objects": (np.array([[{}, 2, 3]] * 18, object), ["part-2.npy"]),
    "complex": (np.zeros((18, 3), complex), ["part-2.npy", "complex"]),
    "words": (np.full((18, 3), "a"), ["part-2.npy"]),
    "fields": (np.zeros(18, [("a", "f4"), ("b", "f4"), ("c", "f4")]), ["part-2.npy"]),
    "dates": (np.zeros((18, 3), "M8[s]"), ["part-2.npy"]),
}


@pytest.mark.parametrize("difference", DIFFERENT)
def test_a_file_that_differs_is_named(difference, model, good, tmp_path):
    _, y, paths = good
    array, words = DIFFERENT[difference]
    np.save(tmp_path / "part-2.npy", array, allow_pickle=True)
    with pytest.raises(Exception) as error:
        model.fit(Blocks(paths), y)
    says(error, *words)


DAMAGE = {
    "cut": lambda path: os.truncate(path, path.stat().st_size - 5),
    "cut in the header": lambda path: os.truncate(path, 40),
    "empty": lambda path: os.truncate(path, 0),
    "longer": lambda path: path.write_bytes(path.read_bytes() + b"12345"),
    "text": lambda path: path.write_text("1,2,3\n" * 30),
    "folder": lambda path: (path.unlink(), path.mkdir()),
    "missing": lambda path: path.unlink(),
    "dangling link": lambda path: (path.unlink(), path.symlink_to("nowhere.npy")),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_file_is_named(damage, model, good, tmp_path):
    _, y, _ = good
    DAMAGE[damage](tmp_path / "part-2.npy")
    with pytest.raises(Exception) as error:
        model.fit(Blocks([tmp_path / f"part-{i}.npy" for i in range(5)]), y)
    says(error, "part-2.npy")


CHANGES = {
    "replaced": lambda path: (np.save(str(path) + ".new.npy", np.ones((18, 3), np.float32)),
                              os.replace(str(path) + ".new.npy", path)),
    "written anew": lambda path: np.save(path, np.ones((18, 3), np.float32)),
    "fewer rows": lambda path: np.save(path, np.ones((17, 3), np.float32)),
    "other dtype, same size": lambda path: np.save(path, np.ones((18, 3), np.int32)),
    "became a folder": lambda path: (path.unlink(), path.mkdir()),
}  # fmt: skip


@pytest.mark.parametrize("change", CHANGES)
def test_a_file_that_changes_after_opening_is_named(change, model, good, tmp_path):
    _, y, paths = good
    source = Blocks(paths, labels=y)
    CHANGES[change](tmp_path / "part-3.npy")
    with pytest.raises(Exception) as error:
        type(model)().set_params(**model.get_params()).fit(source)
    says(error, "part-3.npy")


EXCHANGES = {
    "same size": lambda table: table.set_column(2, "f1", [table["f1"].combine_chunks()[::-1]]),
    "a row group less": lambda table: table.slice(0, 8),
    "fewer rows": lambda table: table.slice(0, 13),
}


@pytest.mark.parametrize("exchange", EXCHANGES)
def test_a_table_that_changes_after_opening_is_named(exchange, tables):
    _, _, paths, path = tables
    source = Blocks(paths, target="y")
    rewritten(path, EXCHANGES[exchange])
    with pytest.raises(Exception) as error:
        SoftmaxRegression().fit(source)
    says(error, "part-5.parquet")


def test_a_file_that_vanishes_after_opening_is_named_or_still_read(good, tmp_path):
    x, y, paths = good
    source = Blocks(paths, labels=y)
    (tmp_path / "part-3.npy").unlink()
    try:
        model = SoftmaxRegression().fit(source)
    except Exception as error:
        assert "part-3.npy" in str(error)  # noqa: PT017
    else:
        assert model.coef_.tobytes() == SoftmaxRegression().fit(x, y).coef_.tobytes()


SHRINKING = """
import os, sys
import numpy as np
from chainrule import Blocks, MLPClassifier, SoftmaxRegression

folder, kind = sys.argv[1:]
source = Blocks(f"{folder}/part-*.{kind}", **({"target": "y"} if kind != "npy" else {"labels": f"{folder}/y.npy"}))
victim = f"{folder}/part-5.{kind}"
cut = lambda *_: os.path.getsize(victim) > 999 and os.truncate(victim, 999) and False
whole, opened = open(victim, "rb").read(), os.stat(victim)
for within in (True, False):
    for kind, given in ((SoftmaxRegression, {"tol": 1e-9}), (MLPClassifier, {"max_iter": 2, "random_state": 0})):
        undisturbed = kind(**given).fit(source)
        if not within:
            cut()
        try:
            model = kind(callbacks=[cut], **given).fit(source)
        except Exception as error:
            print(type(error).__name__, error)
        else:
            got, expected = (np.asarray(m.coef_ if hasattr(m, "coef_") else m.coefs_[0]) for m in (model, undisturbed))
            print("same bits" if got.tobytes() == expected.tobytes() else "other bits")
        with open(victim, "r+b") as file:
            file.write(whole)
        os.utime(victim, ns=(opened.st_atime_ns, opened.st_mtime_ns))  # for `source` the file is as it was
"""


@pytest.mark.parametrize("way", ["npy 7", "parquet columns 4000", "arrow lists 900"])
def test_a_file_that_shrinks_does_not_crash_the_process(way, problem, on_disk, run_alone, tmp_path):
    x, y = problem(40_000, 30, 3, np.float32)
    on_disk(tmp_path, way, x, y)
    np.save(tmp_path / "y.npy", y)
    lines = run_alone(SHRINKING, tmp_path, way.split()[0]).splitlines()
    assert len(lines) == 4
    for line in lines:
        assert "part-5" in line or line == "same bits", line


@pytest.fixture
def tables(problem, on_disk, tmp_path):
    x, y = problem(90, 3, 3, np.float32, seed=9)
    on_disk(tmp_path, "parquet columns 10", x, y)
    return x, y, str(tmp_path / "part-*.parquet"), tmp_path / "part-5.parquet"


def rewritten(path, change):
    import pyarrow.parquet as pq

    table = pq.read_table(path)
    pq.write_table(change(table), path, row_group_size=10)


def with_column(name, values):
    def change(table):
        import pyarrow as pa

        place = table.column_names.index(name)
        new = values(table.column(name).to_pylist())
        return table.set_column(place, name, pa.array(new, table.schema.field(name).type if None in new else None))

    return change


def put(row, value):
    return lambda values: [*values[:row], value, *values[row + 1 :]]


SCHEMAS = {
    "renamed": (lambda t: t.rename_columns(["y", "f0", "other", "f2"]), ["part-5.parquet", "f1"]),
    "dropped": (lambda t: t.drop_columns(["f1"]), ["part-5.parquet", "f1"]),
    "added": (lambda t: t.append_column("f3", t.column("f0")), ["part-5.parquet", "f3"]),
    "words": (with_column("f1", lambda v: ["a"] * len(v)), ["part-5.parquet", "f1"]),
    "without labels": (lambda t: t.drop_columns(["y"]), ["part-5.parquet", "y"]),
    "labels of another kind": (with_column("y", lambda v: [str(u) for u in v]), ["part-5.parquet", "y"]),
    "null": (with_column("f1", put(7, None)), ["part-5.parquet", "row 7", "f1"]),
    "null label": (with_column("y", put(7, None)), ["part-5.parquet", "row 7"]),
}


@pytest.mark.parametrize("schema", SCHEMAS)
def test_a_table_that_differs_is_named_with_its_column(schema, model, tables):
    _, _, paths, path = tables
    change, words = SCHEMAS[schema]
    rewritten(path, change)
    with pytest.raises(Exception) as error:
        model.fit(Blocks(paths, target="y"))
    says(error, *words)


def test_nan_in_a_table_is_named_with_its_row(model, tables):
    import pyarrow as pa

    _, _, paths, path = tables
    rewritten(path, lambda t: t.set_column(2, "f1", pa.array(put(7, float("nan"))(t["f1"].to_pylist()), pa.float32())))
    with pytest.raises(Exception) as error:
        model.fit(Blocks(paths, target="y"))
    says(error, "part-5.parquet", "row 7", "nan")


def test_columns_in_another_order_are_matched_by_name_or_refused(tables, tmp_path):
    x, y, paths, path = tables
    rewritten(path, lambda t: t.select(["f2", "y", "f0", "f1"]))
    try:
        model = SoftmaxRegression().fit(Blocks(paths, target="y"))
    except Exception as error:
        assert "part-5.parquet" in str(error)  # noqa: PT017
    else:
        assert model.coef_.tobytes() == SoftmaxRegression().fit(x, y).coef_.tobytes()


def test_a_missing_label_column_is_named(model, tables):
    with pytest.raises(Exception) as error:
        model.fit(Blocks(tables[2], target="species"))
    says(error, "species")
    with pytest.raises(Exception) as error:
        model.fit(Blocks(tables[2], target="y", weight="heft"))
    says(error, "heft")
    with pytest.raises(Exception) as error:
        model.fit(Blocks(tables[2], target="y", columns=["f0", "width"]))
    says(error, "width")


def test_samples_without_labels_are_refused(model, tables, good):
    with pytest.raises(Exception) as error:
        model.fit(Blocks(good[2]))
    says(error, "label")
    with pytest.raises(Exception) as error:
        model.fit(Blocks(tables[2], columns=["f0", "f1", "f2"]))
    says(error, "label")


@pytest.mark.parametrize("compression", ["snappy", "none"])
def test_a_truncated_row_group_is_named(compression, model, problem, tmp_path):
    import pyarrow as pa
    import pyarrow.parquet as pq

    x, y = problem(6_000, 3, 3, np.float32)
    for i in range(3):
        rows = slice(2_000 * i, 2_000 * (i + 1))
        table = pa.table({"y": y[rows], **{f"f{j}": x[rows, j] for j in range(3)}})
        pq.write_table(table, tmp_path / f"part-{i}.parquet", row_group_size=500, compression=compression)
    path = tmp_path / "part-1.parquet"
    whole = path.read_bytes()
    paths = str(tmp_path / "part-*.parquet")
    for damaged in (
        whole[:-1],
        whole[: len(whole) // 2],
        whole[: len(whole) // 2] + whole[len(whole) // 2 + 700 :],  # the footer is whole, a row group is not
        b"",
        whole[:4] + bytes(len(whole) - 2_000 - 4) + whole[-2_000:],
    ):
        path.write_bytes(damaged)
        with pytest.raises(Exception) as error:
            model.fit(Blocks(paths, target="y"))
        says(error, "part-1.parquet")


def test_a_cut_arrow_file_is_named(model, problem, on_disk, tmp_path):
    on_disk(tmp_path, "arrow columns 10", *problem(90, 3, 3, np.float32, seed=9))
    path = tmp_path / "part-5.arrow"
    whole = path.read_bytes()
    for damaged in (whole[:-3], whole[: len(whole) // 2], b"", b"ARROW1\0\0"):
        path.write_bytes(damaged)
        with pytest.raises(Exception) as error:
            model.fit(Blocks(str(tmp_path / "part-*.arrow"), target="y"))
        says(error, "part-5.arrow")


def test_vectors_of_another_length_are_refused_with_their_row(model, tmp_path):
    import pyarrow as pa
    import pyarrow.parquet as pq

    vectors = [[1.0, 2.0, float(i)][: 1 + 2 * (i != 7)] for i in range(40)]
    pq.write_table(pa.table({"v": vectors, "y": [0, 1] * 20}), tmp_path / "part-0.parquet")
    with pytest.raises(Exception) as error:
        model.fit(Blocks(str(tmp_path / "part-*.parquet"), target="y"))
    says(error, "part-0.parquet", "'v'", "row 7", "equal lengths")


@pytest.mark.parametrize("length", [89, 91, 1])
def test_labels_and_weights_of_another_length_are_refused(length, model, good, tmp_path):
    x, y, paths = good
    longer = np.resize(y, length)
    with pytest.raises(Exception) as error:
        model.fit(Blocks(paths), longer)
    says(error, length, "90")
    with pytest.raises(Exception) as error:
        model.fit(Blocks(paths, labels=longer))
    says(error, length, "90")
    np.save(tmp_path / "labels.npy", longer)
    with pytest.raises(Exception) as error:
        model.fit(Blocks(paths, labels=tmp_path / "labels.npy"))
    says(error, "labels.npy")
    with pytest.raises(Exception) as error:
        model.fit(Blocks(paths), y, np.ones(length))
    says(error, length, "90")
    with pytest.raises(Exception) as error:
        model.fit(x, longer)
    says(error, length, "90")


def test_labels_that_are_missing_are_named_by_row(model, good, tmp_path):
    _, y, paths = good
    labels = y.astype(float)
    labels[37] = np.nan
    with pytest.raises(ValueError):
        model.fit(Blocks(paths), labels)
    with pytest.raises(Exception) as error:
        model.fit(Blocks(paths, labels=labels))
    says(error, "row 37")
    np.save(tmp_path / "labels.npy", labels)
    with pytest.raises(Exception) as error:
        model.fit(Blocks(paths, labels=tmp_path / "labels.npy"))
    says(error, "labels.npy", "37")
    (tmp_path / "labels.txt").write_text("\n".join([*map(str, y[:37]), "", *map(str, y[38:])]) + "\n")
    with pytest.raises(Exception) as error:
        model.fit(Blocks(paths, labels=tmp_path / "labels.txt"))
    says(error, "labels.txt")


def test_a_single_class_is_refused(model, good):
    _x, y, paths = good
    for given in (np.zeros_like(y), ["only"] * 90):
        with pytest.raises(ValueError) as error:
            model.fit(Blocks(paths), given)
        says(error, "class")
    with pytest.raises(ValueError):
        model.fit(Blocks(paths, labels=np.ones(90)))


def test_bad_weights_are_refused(model, good):
    _x, y, paths = good
    for bad in (np.nan, np.inf):
        weights = np.ones(90)
        weights[41] = bad
        with pytest.raises(ValueError) as error:
            model.fit(Blocks(paths), y, weights)
        says(error, "weight")
    with pytest.raises(ValueError) as error:
        model.fit(Blocks(paths), y, np.zeros(90))
    says(error, "weight")


def test_a_glob_without_match_is_named(model, tmp_path):
    for paths in (str(tmp_path / "none-*.npy"), tmp_path / "none.npy", [], [str(tmp_path / "a*.npy")], tmp_path):
        with pytest.raises(Exception) as error:
            model.fit(Blocks(paths, labels=[0, 1]))
        if paths:
            says(error, tmp_path.name if paths == tmp_path else ".npy")


def test_kinds_of_files_are_not_mixed(model, good, tables, tmp_path):
    with pytest.raises(Exception) as error:
        model.fit(Blocks([tmp_path / "part-1.npy", tmp_path / "part-5.parquet"]), good[1][:40])
    says(error, "part-5.parquet")
    (tmp_path / "a.csv").write_text("1,2\n")
    with pytest.raises(Exception) as error:
        model.fit(Blocks(tmp_path / "a.csv"), [0])
    says(error, "a.csv")


def test_numbers_beyond_float32_are_named(model, tmp_path):
    x = np.random.default_rng(0).normal(size=(60, 3))
    x[44, 2] = 1e300
    paths = parts(tmp_path, x, 2)
    with pytest.raises(Exception) as error:
        model.fit(Blocks(paths, labels=np.arange(60) % 3, dtype="float32"))
    says(error, "part-1.npy", "float32")  # with a range of rows


def test_predictions_of_another_width_are_refused(model, tmp_path):
    paths = parts(tmp_path, np.zeros((20, 5), np.float32), 2)
    for method in (model.predict, model.predict_proba):
        with pytest.raises(ValueError) as error:
            method(Blocks(paths))
        says(error, "5", "3")
    with pytest.raises(Exception) as error:
        Blocks(paths, n_features=3)
    says(error, "part-0.npy", "5", "3")


def test_labels_never_seen_are_named(model, good):
    _x, y, paths = good
    with pytest.raises(ValueError) as error:
        model.fit(Blocks(paths), y, eval_set=(Blocks(paths), np.where(y == 1, 77, y)))
    says(error, "77")


def test_cross_validation_names_the_row_too(good, tmp_path):
    x, y, paths = good
    bad = x.copy()
    bad[40, 1] = np.nan
    parts(tmp_path, bad, 5)
    with pytest.raises(Exception) as error:
        SoftmaxRegressionCV(Cs=[1, 2], cv=3).fit(Blocks(paths), y)
    says(error, "part-2.npy", "row 4", "feature 1")


@pytest.fixture(scope="module")
def sparse_folder(converted):
    rng = np.random.default_rng(0)
    x = scipy.sparse.random_array((300, 40), density=0.2, format="csr", rng=rng)
    x.sort_indices()
    return converted(x, np.arange(300) % 3)


ATTACK = """
import sys
from pathlib import Path
import numpy as np
from chainrule import Blocks, MLPClassifier, SoftmaxRegression

folder = Path(sys.argv[1])
for path in sorted(folder.iterdir()):
    if path.suffix != ".npy":
        continue
    whole = path.read_bytes()
    array = np.load(path)
    attacks = {"cut": whole[:-7], "empty": b""}
    middle = len(array) // 2
    large = 4000 if path.stem == "shape" else 2**31 - 2  # so many features would fill the memory for a minute
    for value in (large, -5) if array.dtype.kind in "iu" else (np.nan,):
        bad = array.copy()
        bad[middle] = value
        np.save(path, bad)
        attacks[f"{value}"] = path.read_bytes()
    path.write_bytes(whole)
    for attack, content in attacks.items():
        path.write_bytes(content)
        for model in (SoftmaxRegression(), MLPClassifier((3,), max_iter=2)):
            print(f"{path.name}|{attack}|", end="", flush=True)
            try:
                model.fit(Blocks(folder))
            except Exception as error:
                print(f"{type(error).__name__}: {error}", flush=True)
            else:
                print("fitted", flush=True)
        path.write_bytes(whole)
"""


def test_damaged_folders_of_sparse_samples_are_named_without_a_crash(sparse_folder, run_alone, tmp_path):
    folder = tmp_path / "rows.csr"
    shutil.copytree(sparse_folder, folder)
    lines = run_alone(ATTACK, folder).splitlines()
    assert len(lines) >= 3 * 6
    for line in lines:
        name, attack, outcome = line.split("|", 2)
        if ("label" in name and attack not in ("cut", "empty", "nan")) or (name == "shape.npy" and attack == "4000"):
            continue  # another label or a larger number of features is no damage
        assert outcome != "fitted", line
        assert "rows.csr" in outcome or name in outcome, line


def test_a_folder_of_sparse_samples_without_a_file_is_named(sparse_folder, model, tmp_path):
    for path in sparse_folder.iterdir():
        folder = tmp_path / f"without-{path.stem}.csr"
        shutil.copytree(sparse_folder, folder)
        (folder / path.name).unlink()
        with pytest.raises(Exception) as error:
            model.fit(Blocks(folder))
        says(error, "without-" if "label" not in path.name else "label")


def test_nan_in_sparse_samples_is_named_by_row(sparse_folder, model, tmp_path):
    folder = tmp_path / "rows.csr"
    shutil.copytree(sparse_folder, folder)
    floats = [path for path in folder.glob("*.npy") if np.load(path).dtype.kind == "f"]
    values = max(floats, key=lambda path: path.stat().st_size)
    data = np.load(values)
    starts = next(a for a in map(np.load, folder.glob("*.npy")) if len(a) == 301)
    data[starts[123]] = np.nan
    np.save(values, data)
    with pytest.raises(Exception) as error:
        model.fit(Blocks(folder))
    says(error, "rows.csr", "row 123", "nan")


@pytest.mark.parametrize("line", ["1 3:x", "1 5:1 3:2", "1 -4:2", "word", "1 3", "1 99999999999999999999:1"])
def test_conversion_names_the_line_that_is_wrong(line, chainrule_command, tmp_path):
    (tmp_path / "a.svmlight").write_text("0 1:2 3:4\n1 2:0.5\n" + line + "\n0 1:1\n")
    done = chainrule_command("convert", tmp_path / "a.svmlight", tmp_path / "a.csr")
    assert done.exit_code > 0
    assert "line 3" in f"{done.output} {done.exception}".lower()
    assert not (tmp_path / "a.csr").exists()
