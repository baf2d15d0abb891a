"""Model files made by hand, with a right checksum whatever they contain."""

import hashlib
import io
import json
import os
import zipfile

import numpy as np
import pytest
import sklearn

from chainrule.estimators.persistence import ModelFileError, load


def pytest_configure(config):
    config.addinivalue_line("markers", "thread_unsafe: of scikit-learn's tests, which run in one thread here")


class Forge:
    """Makes the parts of a model file."""

    marker = "executed"
    """Name of the folder that hostile files would create in the working directory."""
    scaler_name = "sklearn.preprocessing.StandardScaler"

    @staticmethod
    def npy(array, **options):
        buffer = io.BytesIO()
        np.lib.format.write_array(buffer, np.asarray(array), **options)
        return buffer.getvalue()

    def manifest(self, text=None, **changes):
        """The member that describes the estimator: a StandardScaler without attributes, unless told otherwise."""
        fields = {
            "format": "chainrule model",
            "version": 1,
            "chainrule": "9.9",
            "about": {},
            "estimator": self.scaler(),
        }
        text = json.dumps(fields | changes) if text is None else text
        return "chainrule.json.npy", self.npy(np.frombuffer(text.encode(), np.uint8))

    def scaler(self, **attributes):
        """The tree of a StandardScaler, in the version that gives no warning."""
        return {"$object": self.scaler_name, "state": {"_sklearn_version": sklearn.__version__, **attributes}}

    def state(self, **attributes):
        return self.manifest(estimator=self.scaler(**attributes))

    @staticmethod
    def seal(data):
        data = data[:-64] + b"0" * 64
        return data[:-64] + hashlib.sha256(data).hexdigest().encode()

    def archive(self, *members, compression=zipfile.ZIP_STORED):
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as file:
            for name, content in members:
                file.writestr(zipfile.ZipInfo(name), content, compression)
            file.comment = b"sha256:" + b"0" * 64
        return self.seal(buffer.getvalue())


@pytest.fixture(scope="session")
def forge():
    return Forge()


@pytest.fixture
def attempt(tmp_path, monkeypatch):
    """Loads bytes, and returns the reason why not."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "a.model"

    def reason(data, read=load):
        path.write_bytes(data)
        try:
            read(path)
        except ModelFileError as error:
            message = str(error)
        else:
            pytest.fail("the file was loaded")
        assert not os.path.exists(Forge.marker)
        assert message.startswith(f"cannot load {path}: ")
        assert "\n" not in message
        assert len(message) < 600
        return message.removeprefix(f"cannot load {path}: ")

    return reason
