"""Values come back as they were; what a file cannot hold is named before anything is written."""

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from sklearn.base import BaseEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from chainrule import networks, rules
from chainrule.estimators.object_tree import Encoder
from chainrule.estimators.persistence import load, register_saveable, save

NAN = float("nan")


@register_saveable
class Holder(BaseEstimator):
    """A user's own estimator with one parameter."""

    def __init__(self, by=None):
        self.by = by


class Unlisted(BaseEstimator):
    pass


class Unnamed(networks.LayerSpec):
    """A layer without words."""

    def layer(self, in_shape):
        return networks.layers_of("relu", in_shape)[0]


@register_saveable
class Plain:
    """No estimator, but listed."""


def returned(value, folder):
    return load(save(Holder(value), folder / "a.model")).by


def same(actual, expected):
    """Whether both are of one type, and equal or both NaN, through every container."""
    if type(actual) is not type(expected):
        return False
    if isinstance(expected, np.ndarray):
        if (actual.dtype, actual.shape) != (expected.dtype, expected.shape):
            return False
        if expected.dtype == object:
            return same(actual.ravel().tolist(), expected.ravel().tolist())
        return actual.tobytes() == expected.tobytes()
    if isinstance(expected, list | tuple):
        return len(actual) == len(expected) and all(map(same, actual, expected))
    if isinstance(expected, dict):
        return same(list(actual.items()), list(expected.items()))
    if isinstance(expected, slice):
        return same((actual.start, actual.stop, actual.step), (expected.start, expected.stop, expected.step))
    if isinstance(expected, np.generic):
        return actual.dtype == expected.dtype and (actual == expected or (actual != actual and expected != expected))
    return actual is expected or actual == expected or (actual != actual and expected != expected)


VALUES = {
    "signed zeros": [-0.0, 0.0],
    "floats": [0.1, 5e-324, 1.7976931348623157e308, NAN, float("inf"), -float("inf"), 1.0, 1],
    "integers": [True, 1, -(2**63), 2**64, 10**300],
    "text": ["", "häßlich ≠ Ω", "\ud800", "\0", "$array", '"\\\n'],
    "bytes and complex numbers": (b"", b"\0\xff", 1j, complex(NAN, -0.0)),
    "containers": ([], (), {}, [()], ({},), [[[1]]]),
    "keys": {1: "a", "1": "b", NAN: "c", None: "d", (1, "x"): "e", np.int8(3): "f", b"k": "g", False: "h", 2.5: "i"},
    "keys like tags": {"$array": 1, "$": {"$object": 2, "state": {}}},
    "slices": [slice(None), slice(1, -1, 2), slice("a", "b")],
    "scalars": [np.float32(0.1), np.float64(NAN), np.int8(-3), np.uint64(2**64 - 1), np.bool_(True), np.float16("inf")],
    "longer scalars": [
        np.longdouble("0.1"),
        np.complex64(1 + 2j),
        np.datetime64("2020-01-02"),
        np.timedelta64(5, "ns"),
    ],
    "strings of NumPy": [np.str_(""), np.str_("ü"), np.bytes_(b"a\0b"), np.datetime64("NaT", "s")],
    "types": [np.float64, np.int8, np.number, float, int, str, object, bool, np.str_],
    "dtypes": [np.dtype("f8"), np.dtype(">i2"), np.dtype("U5"), np.dtype("O"), np.dtype("M8[ns]"), np.dtype(bool)],
    "objects": np.array([["a", None, NAN], [1, True, np.float32(2.5)]], dtype=object),
    "objects in Fortran order": np.asfortranarray(np.array([["a", "b"], ["c", "d"]], dtype=object)),
    "objects that are containers": np.array([[1, 2], (3,), {"a": np.arange(2)}], dtype=object),
    "one object": np.array("a", dtype=object),
    "no objects": np.empty((0, 3), dtype=object),
    "missing": [pd.NA, None, NAN],
    "a rule": [rules.get("relu")],
}
VALUES["objects that are containers"][0] = [1, 2]
ARRAYS = {
    "big-endian": np.arange(5, dtype=">i4"),
    "every other row": np.arange(24.0).reshape(6, 4)[::2, ::-1],
    "transposed": np.arange(12.0).reshape(3, 4).T,
    "Fortran order": np.asfortranarray(np.arange(12.0).reshape(3, 4)),
    "broadcast": np.broadcast_to(np.float32(3), (2, 3)),
    "no rows": np.empty((0, 4), np.float32),
    "no axes": np.array(2.5),
    "empty strings": np.array(["", ""]),
    "strings": np.array([["ä", "bcd\0"], ["", "≠"]]),
    "bytes": np.array([b"a", b"bc"]),
    "truth values": np.array([True, False]),
    "half precision": np.array([0.1, np.nan, -np.inf], np.float16),
    "extended precision": np.array(["0.1"], np.longdouble),
    "complex": np.array([1 + 2j, np.nan]),
    "dates": np.array(["2020-01-02", "NaT"], "M8[s]"),
    "spans": np.array([1, 2], "m8[25us]"),
    "many axes": np.zeros((1,) * 40),
}


@pytest.mark.parametrize("name", VALUES)
def test_values_come_back(name, tmp_path):
    assert same(returned(VALUES[name], tmp_path), VALUES[name])


@pytest.mark.parametrize("name", ARRAYS)
def test_arrays_come_back_as_writable_copies(name, tmp_path):
    array = ARRAYS[name]
    back = returned(array, tmp_path)
    assert same(back, np.asarray(array))
    assert back.flags.writeable
    assert back.flags.owndata
    assert back.flags.f_contiguous == np.ascontiguousarray(array).flags.f_contiguous or array.flags.f_contiguous


def test_nan_comes_back_as_the_object_that_scikit_learn_compares_with(tmp_path):
    assert returned([NAN], tmp_path)[0] is np.nan


def test_the_comparison_here_sees_differences():
    for one, other in [
        (1, 1.0),
        (1, True),
        (np.float32(1), np.float64(1)),
        (NAN, 0.0),
        ([1], (1,)),
        (np.zeros(2), np.zeros(2, np.float32)),
        (np.array([1, 2]), np.array([1, 3])),
        ({1: 2}, {1: 3}),
        (np.array(["a"], dtype=object), np.array(["b"], dtype=object)),
    ]:
        assert not same(one, other)


def test_memory_maps_and_indexes_come_back_as_what_they_hold(tmp_path):
    mapped = np.memmap(tmp_path / "raw", np.float32, "w+", shape=(2, 3))
    mapped[:] = 7
    assert same(returned(mapped, tmp_path), np.full((2, 3), 7, np.float32))
    assert returned(pd.Index(["a", "b"]), tmp_path) == ["a", "b"]
    assert returned(pd.RangeIndex(3), tmp_path) == [0, 1, 2]


def test_a_shared_array_is_written_once_and_still_shared(tmp_path):
    array = np.zeros(1000)
    path = save(Holder([array, {"a": array}, array[:2]]), tmp_path / "a.model")
    first, second, view = load(path).by
    assert first is second["a"]
    assert same(view, np.zeros(2))
    assert path.stat().st_size < 12_000


def test_a_listed_object_without_attributes_comes_back(tmp_path):
    empty, full = Plain(), Plain()
    full.note = "here"
    first, second = returned([empty, full], tmp_path)
    assert type(first) is Plain
    assert vars(first) == {}
    assert vars(second) == {"note": "here"}


def test_names_of_arrays_differ_also_where_case_does_not_count():
    encoder = Encoder(reserved=["chainrule.json"])
    encoder.tree({"a": np.zeros(1), "A": np.zeros(1), "é/..": np.zeros(1), "x" * 400: np.zeros(1)}, "estimator.by")
    encoder.tree(np.zeros(1), "estimator.chainrule.json")
    names = list(encoder.arrays)
    assert names[:3] == ["by[_a_]", "by[_A_]-2", "by[___.._]"]
    assert names[-1] == "chainrule.json-2"
    assert len({name.lower() for name in names}) == 5
    assert max(map(len, names)) < 170


SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.binary(max_size=5)
    | st.complex_numbers()
    | npst.scalar_dtypes().flatmap(lambda dtype: npst.from_dtype(dtype.newbyteorder("=")))
)
ANY_VALUE = st.recursive(
    SCALARS | npst.arrays(npst.scalar_dtypes(), npst.array_shapes(min_dims=0, min_side=0, max_side=3)),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(st.text(max_size=3) | st.integers() | st.booleans(), inner, max_size=3)
    ),
    max_leaves=8,
)


@settings(max_examples=200, deadline=None)
@given(value=ANY_VALUE)
def test_any_value_comes_back(value, tmp_path_factory):
    assert same(returned(value, tmp_path_factory.getbasetemp()), value)


REFUSED = {
    "a function": (Holder([0, {"f": json.loads}]), r"estimator\.by\[1\]\['f'\] is the function json\.loads"),
    "a lambda": (
        make_pipeline(FunctionTransformer(lambda X: X)),
        r"estimator\.steps\[0\]\[1\]: sklearn\.preprocessing\.FunctionTransformer\.func must be None",
    ),
    "an unknown class": (Holder(LogisticRegression()), r"estimator\.by is of class sklearn\..*LogisticRegression"),
    "an unregistered estimator": (Unlisted(), r"estimator is of class .*Unlisted, .*register_saveable"),
    "a method": (Holder("x".upper), r"estimator\.by is the function upper"),
    "a class": (Holder(StandardScaler), r"estimator\.by is the class sklearn.*StandardScaler"),
    "a set": (Holder({1}), r"estimator\.by is of class builtins\.set"),
    "a structured array": (Holder(np.zeros(2, "i4,f8")), r"estimator\.by is an array of dtype"),
    "a structured element": (Holder(np.zeros(2, "i4,f8")[0]), r"estimator\.by is of dtype"),
    "a structured dtype": (Holder(np.dtype("i4,f8")), r"estimator\.by is the dtype"),
    "a matrix": (Holder(np.ma.array([1, 2], mask=[0, 1])), r"estimator\.by is of class numpy\.ma.*MaskedArray"),
    "another generator": (Holder(np.random.RandomState(np.random.PCG64())), r"estimator\.by is of class numpy\.random"),
    "an unregistered rule": (
        Holder(rules.Rule("mine", lambda x: (x, x), lambda x, v: v)),
        r"estimator\.by is of class chainrule\..*Rule.*rules\.register\(rule\) before saving .*--import MODULE",
    ),
    "a layer without words": (
        Holder([Unnamed()]),
        r"estimator\.by\[0\] is of class .*Unnamed.*@networks\.register_layer\('name'\) .*--import MODULE",
    ),
    "a layer of functions": (
        Holder(networks.layers_of("relu", (2,))[0]),
        r"estimator\.by is of class .*Layer.*give the layer in words, or as a LayerSpec .*cloudpickle",
    ),
    "an object as key": (Holder({((1,),): 1}), r"estimator\.by has the key \(\(1,\),\), of class builtins\.tuple"),
    "no estimator": ([1], r"expected a fitted estimator, got \[1\]"),
    "an estimator's class": (StandardScaler, r"estimator is the class sklearn"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_a_file_cannot_hold_is_named_and_nothing_is_written(name, tmp_path):
    estimator, message = REFUSED[name]
    with pytest.raises(TypeError, match=message):
        save(estimator, tmp_path / "a.model")
    assert not list(tmp_path.iterdir())


def test_what_is_too_large_or_endless_is_refused(tmp_path):
    endless = []
    endless.append(endless)
    with pytest.raises(ValueError, match=r"estimator\.by\[0\]\[0\].* does it contain itself"):
        save(Holder(endless), tmp_path / "a.model")
    with pytest.raises(ValueError, match=r"estimator\.by is an integer of 5000 bits"):
        save(Holder(1 << 4999), tmp_path / "a.model")
    with pytest.raises(TypeError, match="about: expected a dict, got 3"):
        save(Holder(), tmp_path / "a.model", about=3)
    assert not list(tmp_path.iterdir())
    assert returned(1 << 4095, tmp_path) == 1 << 4095
    assert returned(-(1 << 4095), tmp_path) == -(1 << 4095)


def test_a_state_that_is_no_dict_of_attributes_is_refused(tmp_path):
    @register_saveable
    class Slotted:
        __slots__ = ("a",)

    slotted = Slotted()
    slotted.a = 1
    with pytest.raises(TypeError, match=r"estimator\.by: the state of a saveable .*Slotted must be a dict"):
        save(Holder(slotted), tmp_path / "a.model")
