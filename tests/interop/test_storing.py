"""joblib, pickle and skops store our models, which then give the same bits; `chainrule.save` needs neither."""

import io
import pickle

import joblib
import pytest


def test_joblib_and_pickle_keep_every_bit(wine, model, same_predictions):
    model.fit(*wine)
    file = io.BytesIO()
    joblib.dump(model, file)
    file.seek(0)
    same_predictions(joblib.load(file), model)
    same_predictions(pickle.loads(pickle.dumps(model)), model)


def test_skops_loads_a_model_once_its_types_are_trusted(wine, model, same_predictions):
    skops = pytest.importorskip("skops.io", reason="needs skops: pip install -e '.[interop]'")
    exceptions = pytest.importorskip("skops.io.exceptions", reason="needs skops: pip install -e '.[interop]'")
    data = skops.dumps(model.fit(*wine))
    with pytest.raises(exceptions.UntrustedTypesFoundException):
        skops.loads(data)
    types = skops.get_untrusted_types(data=data)
    assert all(name.startswith("chainrule.") for name in types), "only classes of ours have to be trusted"
    same_predictions(skops.loads(data, trusted=types), model)
