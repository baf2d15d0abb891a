"""Classifiers of tables against scikit-learn, boosted trees and RealMLP: error, log-loss, calibration, CPU seconds.

All contestants have one thread, so that their CPU seconds compare. Libraries read these variables when they are loaded.
"""

import os

for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"
