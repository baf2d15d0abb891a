"""Derivatives as people write them, right and wrong, to judge a prover of derivatives by."""

from importlib import import_module

SUBJECTS = (
    "softmax",
    "cross_entropy",
    "divergence",
    "attention",
    "normalisation",
    "activation",
    "robust_loss",
    "regression",
    "recurrent",
    "convolution",
    "matrix",
    "likelihood",
    "physics",
    "geometry",
    "finance",
    "elementary",
    "sequence",
    "dynamics",
    "rewritten",
    "disguised",
    "hidden",
    "edge",
)
MODULES = tuple(import_module(f".{subject}_claims", __package__) for subject in SUBJECTS)
CASES = tuple(case for module in MODULES for case in module.CASES)
