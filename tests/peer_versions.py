"""A mark for tests of what scikit-learn does since a version, so that the others run with an older one."""

import pytest
import sklearn
from sklearn.utils.fixes import parse_version


def since(version, what):
    """Skip with an older scikit-learn; `what` completes "scikit-learn ... since 1.8"."""
    return pytest.mark.skipif(
        parse_version(sklearn.__version__) < parse_version(version),
        reason=f"scikit-learn {what} since {version}: pip install 'scikit-learn>={version}'",
    )
