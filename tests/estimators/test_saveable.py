"""The list of classes, and the attributes that are checked before an object is built."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from chainrule.estimators import saveable
from chainrule.estimators.persistence import load, register_saveable, save
from chainrule.estimators.saveable import class_of, name_of


@pytest.mark.parametrize("name", saveable._MODULES)
def test_every_listed_name_is_the_name_of_its_class(name):
    assert name_of(class_of(name)) == name


def test_other_names_have_no_class_and_other_classes_no_name():
    for name in ("os.system", "sklearn.preprocessing._data.StandardScaler", "sklearn.preprocessing", ""):
        assert class_of(name) is None
    for cls in (LogisticRegression, object, int, type):
        assert name_of(cls) is None


def test_a_namesake_or_a_subclass_of_a_listed_class_is_not_listed(tmp_path):
    namesake = type("StandardScaler", (), {"__module__": "sklearn.preprocessing"})
    subclass = type("StandardScaler", (StandardScaler,), {})
    assert name_of(namesake) is None
    assert name_of(subclass) is None
    with pytest.raises(TypeError, match="register_saveable"):
        save(subclass(), tmp_path / "a.model")


def test_register_saveable_wants_a_class():
    with pytest.raises(TypeError, match="expected a class, got 3"):
        register_saveable(3)
    assert register_saveable(StandardScaler) is StandardScaler
    assert name_of(StandardScaler) == "sklearn.preprocessing.StandardScaler"


def test_a_class_defined_again_takes_the_place_of_the_first():
    def define():
        class Local:
            pass

        return Local

    first, second = register_saveable(define()), register_saveable(define())
    assert class_of(name_of(second)) is second
    assert name_of(first) is None


def one_hot(**changes):
    encoder = OneHotEncoder(min_frequency=2, handle_unknown="infrequent_if_exist", drop="first")
    encoder.fit(np.array([["a", "a", "b", "c", "d", "d"], ["x", "x", "x", "y", "y", "y"]], dtype=object).T)
    vars(encoder).update(changes)
    return encoder


SECOND = np.array(["x", "y"], dtype=object)
CONTRADICTIONS = {
    "a mapping beyond the columns": {"_default_to_infrequent_mappings": [np.array([0, 10**9, 10**9, 1]), None]},
    "a mapping below 0": {"_default_to_infrequent_mappings": [np.array([0, -5, 2, 1]), None]},
    "a mapping of floats": {"_default_to_infrequent_mappings": [np.array([0.0, 2.0, 2.0, 1.0]), None]},
    "a short mapping": {"_default_to_infrequent_mappings": [np.array([0, 2, 1]), None]},
    "no mapping": {"_default_to_infrequent_mappings": [None, None], "_n_features_outs": [3, 1]},
    "fewer columns": {"_n_features_outs": [1, 1]},
    "one feature less": {"_n_features_outs": [2]},
    "columns that are no number": {"_n_features_outs": [2.0, 1]},
    "a dropped column that is none": {"_drop_idx_after_grouping": np.array([9, 0], dtype=object)},
    "unsorted numbers": {
        "categories_": [np.array([4, 3, 2, 1]), SECOND],
        "_infrequent_enabled": False,
        "_n_features_outs": [3, 1],
    },
    "NaN among numbers": {"categories_": [np.array([1, np.nan, 2, 3]), SECOND]},
    "a matrix of categories": {
        "categories_": [np.array([["a", "b"], ["c", "d"]], dtype=object), SECOND],
        "_infrequent_enabled": False,
        "_n_features_outs": [1, 1],
    },
}


@pytest.mark.parametrize("name", CONTRADICTIONS)
def test_encoders_that_would_write_outside_their_memory_are_refused(name, attempt, tmp_path, monkeypatch):
    path = save(one_hot(), tmp_path / "b.model")
    load(path)
    with pytest.raises(TypeError, match="contradict one another"):
        save(one_hot(**CONTRADICTIONS[name]), path)
    with monkeypatch.context() as unchecked:
        unchecked.setattr("chainrule.estimators.object_tree.fault", lambda *_: None)
        data = save(one_hot(**CONTRADICTIONS[name]), path).read_bytes()
    assert "contradict one another" in attempt(data)


@pytest.mark.parametrize("drop", [None, "first", "if_binary"])
@pytest.mark.parametrize("options", [{}, {"min_frequency": 2}, {"max_categories": 2}, {"max_categories": 1}])
@pytest.mark.parametrize(
    "column",
    [
        np.array([3.0, 1.0, 1.0, np.nan, 2.0]),
        np.array([3, 1, 1, 2, 2]),
        np.array(["b", "a", "a", None, np.nan], dtype=object),
        np.array([3, 1, 1, None, 2], dtype=object),
        np.array([True, False, True]),
        np.array(["2020-01-02", "2019-01-01"], dtype="M8[D]"),
        np.array([1, 1, 1]),
    ],
    ids=str,
)
def test_encoders_as_they_are_fitted_are_not_refused(column, options, drop, tmp_path):
    X = column[:, None]
    encoder = OneHotEncoder(drop=drop, handle_unknown="infrequent_if_exist", **options).fit(X)
    loaded = load(save(encoder, tmp_path / "a.model"))
    np.testing.assert_array_equal(loaded.transform(X).toarray(), encoder.transform(X).toarray())
