"""`chainrule summary`: sizes, parameters and costs of a stack of layers before training."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Annotated, Any

import typer

from chainrule.cli.output import CommandError, print_json, print_table
from chainrule.cli.user_modules import Imports

if TYPE_CHECKING:
    from chainrule.networks.summary import Summary


def summary(
    layers: Annotated[
        str,
        typer.Argument(
            help="auto, or words such as 'conv 32 8x8 stride 2 pad 3, relu, pool 2, flatten, linear 10'; "
            "`chainrule train conv --help` lists all words."
        ),
    ],
    input: Annotated[
        str, typer.Option("--input", help="Channels x height x width, as in 3x128x128; one number for features.")
    ],
    classes: Annotated[
        int | None,
        typer.Option(min=2, help="Number of classes: show the layers as trained, with the final linear layer."),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of a table.")] = False,
    imports: Imports = None,
) -> int:
    """Print, for each layer, the size of its output, its parameters and multiply-adds, and the pixels that it sees.

    The column "sees" is the part of the input that one output depends on. A line below the table names layers whose
    windows leave out rows or columns at the border.

    If the last layer is not linear, `chainrule train conv` appends a linear layer with one output per class
    (one output for two classes). --classes includes it.
    """
    from chainrule.estimators.conv import is_automatic, layers_for
    from chainrule.networks.summary import summarise

    shape = input_shape(input)
    if is_automatic(layers) and len(shape) != 3:
        raise CommandError(f"auto: these layers are for images; expected --input such as 3x128x128, got {input}")
    outputs = 1 if classes == 2 else classes
    sizes = summarise(layers_for(layers, shape), shape, outputs=outputs)
    if not sizes.layers:
        raise CommandError("there are no layers")
    added = _added(layers, shape) if classes is None else None
    if json:
        print_json(as_dict(sizes) | {"added_by_training": added})
        return 0
    _print(sizes)
    if added is not None:
        print(added)
    return 0


def _added(layers: str, shape: tuple[int, ...]) -> str | None:
    """A sentence about the layers that training appends, or the reason why it refuses them; None if it adds none."""
    from chainrule.networks.stack import layers_of
    from chainrule.networks.summary import summarise

    made = layers_of(layers, shape)
    if made[-1].may_be_head:
        return None
    try:
        *others, head = summarise(layers, shape, outputs=1).layers[len(made) :]
    except ValueError as error:
        return f"training refuses these layers: {error}"
    words = ", ".join([*(layer.text for layer in others), "linear CLASSES"])
    return (
        f"training adds {words}: {head.weights + head.biases:,} parameters per class, or once for two classes; "
        "--classes counts them"
    )


def input_shape(text: str) -> tuple[int, ...]:
    """The shape written as 3x128x128 (channels, height, width), or as a number of features."""
    if not re.fullmatch(r"[1-9]\d*(x[1-9]\d*x[1-9]\d*)?", text):
        raise CommandError(
            "--input: expected channels x height x width, such as 3x128x128, or one number, all of them at least 1, "
            f"got {text!r}"
        )
    return tuple(map(int, text.split("x")))


def as_dict(sizes: Summary) -> dict[str, Any]:
    """The summary as numbers, strings and lists for JSON."""
    return {
        "input": list(sizes.in_shape),
        "layers": [
            {
                "number": layer.number,
                "layer": layer.text,
                "output": list(layer.out_shape),
                "outputs": layer.outputs,
                "weights": layer.weights,
                "biases": layer.biases,
                "multiply_adds": layer.multiply_adds,
                "receptive_field": None if layer.receptive_field is None else list(layer.receptive_field),
                "dropped": list(layer.dropped),
            }
            for layer in sizes.layers
        ],
        "weights": sizes.weights,
        "biases": sizes.biases,
        "multiply_adds": sizes.multiply_adds,
        "parameter_bytes": sizes.parameter_bytes,
        "activation_bytes": sizes.activation_bytes,
        "remarks": sizes.remarks(),
    }


def _print(sizes: Summary) -> None:
    shape = "x".join(map(str, (*sizes.in_shape[1:], sizes.in_shape[0])))
    rows = [["", "input", shape, f"{math.prod(sizes.in_shape):,}", "", "", "", ""]]
    for layer in sizes.layers:
        counts = (f"{count:,}" if count else "" for count in (layer.weights, layer.biases, layer.multiply_adds))
        sees = "all" if layer.receptive_field is None else "x".join(map(str, layer.receptive_field))
        rows.append([str(layer.number), layer.text, layer.size, f"{layer.outputs:,}", *counts, sees])
    output = "output (h x w x c)" if len(sizes.in_shape) == 3 else "output"
    numbers = ("numbers", "weights", "biases", "multiply-adds", "sees")
    print_table({"": "right", "layer": "left", output: "left", **dict.fromkeys(numbers, "right")}, rows, width=140)
    total = sizes.weights + sizes.biases
    print(
        f"{total:,} parameters, {sizes.weights:,} of them weights; {sizes.multiply_adds:,} multiply-adds for one input"
    )
    parameters, outputs = _bytes(sizes.parameter_bytes), _bytes(sizes.activation_bytes)
    print(f"float32: {parameters} of parameters, {outputs} of outputs for one input")
    for remark in sizes.remarks():
        print(remark)


def _bytes(count: int) -> str:
    if count < 1024:
        return f"{count:,} B"
    return f"{count / 1024:,.1f} KiB" if count < 2**20 else f"{count / 2**20:,.1f} MiB"
