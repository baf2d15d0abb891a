"""Classifiers of tables against scikit-learn, boosted trees and RealMLP: error, log-loss, calibration, CPU seconds."""
