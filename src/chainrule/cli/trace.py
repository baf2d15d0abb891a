"""`chainrule trace`: all intermediate values and gradients of a small network on one example."""

import itertools
import json as json_module
from pathlib import Path
from typing import Annotated, Any

import typer

from chainrule.cli.output import CommandError, print_json

EXAMPLE = {
    "activation": "softplus",
    "weights": [[[1, -1], [2, 0]], [[1, 0], [-1, 2]]],
    "biases": [[0, -1], [0.5, 0]],
    "x": [1, 2],
    "target": 0,
}
"""Two features, two softplus units, two classes. Matrices have shape outputs x inputs, as in W x + b."""


def trace(
    network: Annotated[
        Path | None,
        typer.Argument(
            help="A JSON file with weights (matrices, outputs x inputs), x and target, and optional biases, activation "
            "and loss; `chainrule trace --example` prints one."
        ),
    ] = None,
    example: Annotated[bool, typer.Option("--example", help="Print the built-in example as a JSON file.")] = False,
    digits: Annotated[int, typer.Option(min=1, max=17, help="Significant digits.")] = 6,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> int:
    """Show the forward and the backward pass of a network on one example, step by step."""
    import numpy as np

    if example:
        print(json_module.dumps(EXAMPLE, indent=2))
        return 0
    steps = _traced(EXAMPLE if network is None else _read(network))
    if json:
        print_json(steps.as_dict())
        return 0
    for heading, part in (("given", steps.inputs), ("forward", steps.forward), ("backward", steps.backward)):
        print(f"\n{heading}")
        for step in part:
            shape = " x ".join(map(str, step.shape)) or "number"
            left = step.formula if "=" in step.formula else f"{step.name}: {step.formula}"
            value = np.array2string(np.asarray(step.value), precision=digits, floatmode="maxprec", separator=", ")
            aligned = value.replace("\n", "\n" + " " * 56)
            print(f"  {left:<42} {shape:>8}   {aligned}")
    return 0


def _read(path: Path) -> dict[str, Any]:
    try:
        given = json_module.loads(path.read_text(encoding="utf-8"))
    except (UnicodeDecodeError, json_module.JSONDecodeError, RecursionError) as error:
        raise CommandError(f"{path}: expected a JSON file: {error}") from None
    if not isinstance(given, dict):
        raise CommandError(f"{path}: expected a JSON object with weights, x and target")
    missing = [name for name in ("weights", "x", "target") if name not in given]
    unknown = [name for name in given if name not in (*EXAMPLE, "loss")]
    if missing or unknown:
        wrong = f"lacks {', '.join(missing)}" if missing else f"has the unknown entries {', '.join(unknown)}"
        raise CommandError(f"{path}: the network {wrong}; expected {', '.join((*EXAMPLE, 'loss'))}")
    return given


def _traced(given: dict[str, Any]) -> Any:
    import numpy as np

    from chainrule import networks

    try:
        weights = [np.array(w, dtype=np.float64).T for w in given["weights"]]
        biases = [np.array(b, dtype=np.float64) for b in given.get("biases") or []]
        x = np.array(given["x"], dtype=np.float64)
    except (TypeError, ValueError):
        raise CommandError(
            "weights, biases and x must be lists of numbers, and all rows of a matrix must have the same length"
        ) from None
    if not weights or any(w.ndim != 2 for w in weights):
        raise CommandError("weights: expected a list of matrices, each a list of rows")
    if biases and len(biases) != len(weights):
        raise CommandError(f"biases: expected {len(weights)} of them, one per matrix, or none; got {len(biases)}")
    for number, (before, after) in enumerate(itertools.pairwise(weights), start=1):
        if before.shape[1] != after.shape[0]:
            raise CommandError(
                f"weights: matrix {number} puts out {before.shape[1]} numbers, but matrix {number + 1} takes "
                f"{after.shape[0]}"
            )
    network = networks.mlp(
        weights[0].shape[0],
        [w.shape[1] for w in weights[:-1]],
        weights[-1].shape[1],
        activation=given.get("activation", "softplus"),
        bias=bool(biases),
        loss=given.get("loss", "softmax_cross_entropy"),
    )
    blocks = [b for pair in zip(weights, biases, strict=True) for b in pair] if biases else weights
    return networks.trace(network, network.pack(blocks), x, given["target"])
