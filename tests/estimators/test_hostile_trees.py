"""Trees made to mislead, in files with a right checksum: a ModelFileError, and nothing executed."""

import contextlib
import io
import json
import os
import pickle
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.preprocessing import StandardScaler

from chainrule.estimators import object_tree
from chainrule.estimators.persistence import ModelFileError, load, read_about, save

SCALER = "sklearn.preprocessing.StandardScaler"


class Payload:
    """Creates a directory in the working directory when it is unpickled."""

    def __reduce__(self):
        return os.mkdir, ("executed",)


def test_pickles_are_not_unpickled(forge, attempt):
    pickled = forge.npy(np.array([Payload()], object), allow_pickle=True)
    described = forge.state(x={"$array": "x"})
    assert "dtype '|O'" in attempt(forge.archive(described, ("x.npy", pickled)))
    assert "malformed" in attempt(forge.archive(described, ("x.npy", pickle.dumps(Payload()))))
    assert "dtype '|O'" in attempt(forge.archive(("chainrule.json.npy", pickled)))
    assert "not a chainrule model" in attempt(pickle.dumps(Payload()))
    np.load(io.BytesIO(pickled), allow_pickle=True)
    assert os.path.exists(forge.marker), "the payload has to work, or its absence shows nothing"


@pytest.mark.parametrize(
    "name",
    [
        "os.system",
        "subprocess.Popen",
        "builtins.eval",
        "builtins.object",
        "sklearn.linear_model.LogisticRegression",
        "sklearn.preprocessing._data.StandardScaler",
        "sklearn.preprocessing",
        "StandardScaler",
        "",
        "x" * 100_000,
        None,
        ["os.system"],
        {"$type": "int"},
    ],
)
def test_other_classes_are_not_built(name, forge, attempt):
    tree = {"$object": name, "state": {"args": f"mkdir {forge.marker}", "shell": True}}
    for estimator in (tree, forge.scaler(x=[tree])):
        assert "may not be loaded" in attempt(forge.archive(forge.manifest(estimator=estimator)))
    assert "may not be loaded" in attempt(forge.archive(forge.manifest(about={"x": tree})), read=read_about)


@pytest.mark.parametrize(
    ("name", "attribute"),
    [
        ("sklearn.preprocessing.FunctionTransformer", "func"),
        ("sklearn.preprocessing.FunctionTransformer", "inverse_func"),
        ("sklearn.pipeline.Pipeline", "memory"),
        ("chainrule.estimators.MLPClassifier", "callbacks"),
    ],
)
def test_attributes_that_could_be_called_or_unpickled_are_refused(name, attribute, forge, attempt):
    tree = {"$object": name, "state": {attribute: {"$type": "str"}}}
    assert f"{name}.{attribute} must be None" in attempt(forge.archive(forge.manifest(estimator=tree)))


TREES = {
    "an unknown tag": ({"$eval": "1"}, r"unknown tag, '\$eval'"),
    "a reference": ({"$ref": 0}, "unknown tag"),
    "two tags": ({"$tuple": [], "$dict": []}, "unknown tag"),
    "a tag with company": ({"a": 1, "$tuple": []}, "unknown tag"),
    "an object without state": ({"$object": SCALER}, "no state"),
    "a state that is a list": ({"$object": SCALER, "state": [1]}, "no state"),
    "a missing array": ({"$array": "absent"}, "'absent' is missing"),
    "an array named by a list": ({"$array": ["x"]}, "malformed"),
    "an array outside": ({"$array": "../../x"}, "is missing"),
    "a type that is none": ({"$type": "os.system"}, "malformed"),
    "a type of NumPy that is none": ({"$type": "numpy.load"}, "malformed"),
    "a dtype of objects in a scalar": ({"$scalar": ["|O", 1]}, "dtype"),
    "a structured dtype": ({"$dtype": "i4,f8"}, "dtype"),
    "a dtype that is a list": ({"$dtype": [["a", "<i4"]]}, "dtype"),
    "a dtype that is no text": ({"$dtype": {"a": 1}}, "dtype"),
    "a huge dtype": ({"$dtype": "<U9999999999"}, "dtype"),
    "a scalar out of range": ({"$scalar": ["|i1", 300]}, "malformed"),
    "a scalar of a list": ({"$scalar": ["<f8", [1, 2]]}, "scalar of dtype <f8 is malformed"),
    "a scalar of a date": ({"$scalar": ["<M8[s]", 5]}, "scalar of dtype <M8\\[s\\] is malformed"),
    "a scalar of a complex dtype": ({"$scalar": ["<c8", 1.5]}, "scalar of dtype <c8 is malformed"),
    "a scalar of a dict": ({"$scalar": [{"a": 1}, 1]}, "dtype"),
    "objects of another count": ({"$objects": [[3], [1]]}, "claims the shape"),
    "objects of negative shape": ({"$objects": [[-1, -1], [1]]}, "claims the shape"),
    "objects of vast shape": ({"$objects": [[0, 10**300], []]}, "malformed"),
    "objects of many axes": ({"$objects": [[0] * 70, []]}, "claims the shape"),
    "objects of true shape": ({"$objects": [[True], [1]]}, "claims the shape"),
    "a dict with a list as key": ({"$dict": [[[1], 1]]}, "key that is not a scalar"),
    "a dict with nested tuples as key": ({"$dict": [[{"$tuple": [{"$tuple": []}]}, 1]]}, "key that is not a scalar"),
    "a dict of no pairs": ({"$dict": [1]}, "malformed"),
    "a slice of many": ({"$slice": [1, 2, 3, 4]}, "malformed"),
    "a tuple of a number": ({"$tuple": 5}, "malformed"),
    "bytes that are not base64": ({"$bytes": "%%%"}, "malformed"),
    "a float that is none": ({"$float": "1"}, "malformed"),
    "a complex number of text": ({"$complex": ["a", "b"]}, "malformed"),
    "an unknown rule": ({"$rule": "nobody's"}, "needs the rule"),
    "a rule that is a list": ({"$rule": []}, "needs the rule"),
    "an unknown missing value": ({"$missing": "os.system"}, "unknown missing value"),
    "a random state of nothing": ({"$random_state": {}}, "malformed"),
    "a long integer": (10**2000, "integer of 2001 digits"),
    "many levels": (json.loads("[" * 100 + "1" + "]" * 100), "more than 64 levels"),
}


@pytest.mark.parametrize("name", TREES)
def test_malformed_trees_are_refused(name, forge, attempt):
    tree, reason = TREES[name]
    assert re.search(reason, attempt(forge.archive(forge.state(x=tree))))
    assert re.search(reason, attempt(forge.archive(forge.state(x=[{"a": tree}]))))


def test_a_random_state_outside_its_table_is_refused(forge, attempt):
    inside = np.random.RandomState(0).get_state(legacy=False)
    tree = {**inside, "gauss": 0.0, "state": {"key": {"$array": "key"}, "pos": 625}}
    for position in (625, -1, 10**9, 0.5):
        tree["state"]["pos"] = position
        data = forge.archive(forge.state(x={"$random_state": tree}), ("key.npy", forge.npy(inside["state"]["key"])))
        assert "random generator is malformed" in attempt(data)
    tree["state"]["pos"] = 3
    for key in (np.zeros(3, np.uint32), np.zeros((624, 1), np.uint32), np.zeros(624, np.int64)):
        data = forge.archive(forge.state(x={"$random_state": tree}), ("key.npy", forge.npy(key)))
        assert "random generator is malformed" in attempt(data)


def nested(levels, opening, closing):
    inside = opening * levels + "1" + closing * levels
    start = '{"format": "chainrule model", "version": 1, "about": {}, "estimator": '
    return start + f'{{"$object": "{SCALER}", "state": {{"x": {inside}}}}}}}'


MANIFESTS = {
    "nothing": ("", "malformed"),
    "null": ("null", "is not a chainrule model"),
    "a list": ("[]", "is not a chainrule model"),
    "half an object": ("{", "malformed"),
    "a byte order mark": ("\ufeff{}", "not a chainrule model|malformed"),
    "NaN": ('{"format": NaN}', "it has NaN"),
    "many digits": ('{"format": ' + "9" * 100_000 + "}", "integer of 100000 digits"),
    "another format": ('{"format": "another", "version": 1, "estimator": {}}', "is not a chainrule model"),
    "no version": ('{"format": "chainrule model"}', "version is malformed"),
    "a true version": ('{"format": "chainrule model", "version": true, "estimator": {}}', "version is malformed"),
    "version 0": ('{"format": "chainrule model", "version": 0, "estimator": {}}', "version is malformed"),
    "no estimator": ('{"format": "chainrule model", "version": 1}', "malformed"),
    "a list as estimator": ('{"format": "chainrule model", "version": 1, "estimator": []}', "holds no estimator"),
    "an array as estimator": (
        '{"format": "chainrule model", "version": 1, "estimator": {"$array": "x"}}',
        "holds no estimator",
    ),
    "deep lists": (nested(100_000, "[", "]"), "RecursionError"),
    "deep dicts": (nested(100_000, '{"a":', "}"), "RecursionError"),
    "deep tuples": (nested(100, '{"$tuple": [', "]}"), "64 levels"),
    "deep pairs": (nested(100, '{"$dict": [["a", ', "]]}"), "64 levels"),
    "deep objects": (nested(100, f'{{"$object": "{SCALER}", "state": {{"a": ', "}}"), "64 levels"),
}


@pytest.mark.parametrize("name", MANIFESTS)
def test_malformed_manifests_are_refused(name, forge, attempt):
    text, reason = MANIFESTS[name]
    assert re.search(reason, attempt(forge.archive(forge.manifest(text=text))))


@pytest.mark.parametrize("about", [None, [], 3, {"$tuple": []}, {"$object": SCALER, "state": {}}])
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.InconsistentVersionWarning")
def test_malformed_notes_are_refused(about, forge, attempt):
    assert "notes are malformed" in attempt(forge.archive(forge.manifest(about=about)), read=read_about)


@pytest.mark.parametrize("read", [load, read_about])
def test_a_newer_format_is_named(read, forge, attempt):
    message = attempt(forge.archive(forge.manifest(version=2)), read)
    assert message.startswith("it was written in the newer format 2 by chainrule 9.9; chainrule ")


def test_memory_that_runs_out_is_no_fault_of_the_file(tmp_path, monkeypatch):
    def exhausted(*_):
        raise MemoryError

    path = save(StandardScaler(), tmp_path / "a.model")
    monkeypatch.setattr(object_tree.Decoder, "value", exhausted)
    with pytest.raises(MemoryError):
        load(path)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=12,
)
PAYLOADS = JSON | st.sampled_from(["<f8", "U", "nan", "x", "relu", "numpy.float64", [2], [[1, 2]]])
CLASSES = st.sampled_from([SCALER, "sklearn.preprocessing.OneHotEncoder", "sklearn.pipeline.Pipeline"])
ANY_TREE = st.recursive(
    PAYLOADS,
    lambda inner: (
        st.dictionaries(
            st.sampled_from(sorted(object_tree._BUILDERS)),
            inner | st.lists(inner, max_size=3),
            min_size=1,
            max_size=1,
        )
        | st.builds(lambda name, item: {"$object": name, "state": {"a": item, "categories_": item}}, CLASSES, inner)
    ),
    max_leaves=8,
)


@settings(max_examples=200, deadline=None)
@given(tree=ANY_TREE)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.InconsistentVersionWarning")
def test_any_tree_loads_or_is_refused(tree, forge, tmp_path_factory):
    path = tmp_path_factory.getbasetemp() / "any_tree.model"
    path.write_bytes(forge.archive(forge.state(x=tree), ("x.npy", forge.npy(np.arange(3)))))
    with contextlib.suppress(ModelFileError):
        load(path)
