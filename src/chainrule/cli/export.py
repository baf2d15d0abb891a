"""`chainrule export`: a model file as an ONNX model."""

from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from chainrule.cli.output import CommandError
from chainrule.cli.user_modules import Imports


def export(
    model: Annotated[str, typer.Argument(help="A file written by `chainrule train`, or by `save`.")],
    out: Annotated[Path, typer.Argument(help="The file to write, which ends in .onnx.")],
    dtype: Annotated[
        Literal["auto", "float32", "float64"],
        typer.Option(
            help="The dtype of inputs and arithmetic; auto is float64 for tables, otherwise that of the weights."
        ),
    ] = "auto",
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace an existing file.")] = False,
    imports: Imports = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> int:
    """Write a trained model, with the encoding of its columns, as an ONNX model that other programs can run."""
    from chainrule.cli import output, output_files
    from chainrule.estimators import load
    from chainrule.export import onnx_files, to_onnx

    if out.suffix != ".onnx":
        raise CommandError(f"{out}: expected a name that ends in .onnx, such as {Path(model).stem}.onnx")
    output_files.check_writable(out, "OUT")
    if out.exists() and not overwrite:
        raise CommandError(f"{out} exists; name another file, or replace it with --overwrite")
    try:
        exported = to_onnx(load(model), dtype=dtype)
    except TypeError as error:
        raise CommandError(f"{model}: {error}") from None
    onnx_files.write(exported, out)
    found: dict[str, Any] = {
        "out": str(out),
        "opset": exported.opset_import[0].version,
        "inputs": onnx_files.described(exported.graph.input),
        "outputs": onnx_files.described(exported.graph.output),
    }
    if json:
        output.print_json(found)
        return 0
    for kind in ("inputs", "outputs"):
        print(f"{kind}: " + ", ".join(f"{one['name']} {one['dtype']}" for one in found[kind]))
    print(f"written to {out}, opset {found['opset']}")
    return 0
