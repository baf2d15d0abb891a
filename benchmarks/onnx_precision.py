"""`python -m benchmarks.onnx_precision`: where a float32 network of images and its ONNX export differ.

The default `ConvClassifier` is fitted to scikit-learn's digits, some epochs from some seeds. Then all its arithmetic is
done in float64 except for one stage, which gets float32 numbers and computes in float32, in ONNX Runtime or with this
package. The figure of a stage is the largest change of a probability, over all fits and all rows. ReLU, maximum pools
and flattening round nothing, and belong to the stage before them.

The rows below the stages have several in float32, all of them as the export and the estimator are. They compare with
float64 as well, and the two with each other.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import onnxruntime
from sklearn.datasets import load_digits

from chainrule import ConvClassifier, to_onnx
from chainrule.arrays import Array
from chainrule.estimators.class_encoding import MULTICLASS, ClassEncoding
from chainrule.export.onnx_graph import Graph, Tensor
from chainrule.export.row_operators import operator_of
from chainrule.networks import Network, Plan, network_of_layers

EPOCHS, SEEDS = (1, 2, 3, 5, 8), range(4)
STANDARDISING, SOFTMAX = "standardising", "softmax"


@dataclass(frozen=True)
class Stage:
    """A step from rows of numbers to rows of numbers, in float32 by either library, and in float64."""

    name: str
    of_runtime: Callable[[Array], Array]
    of_estimator: Callable[[Array], Array]
    exact: Callable[[Array], Array]


def session_of(model: Any) -> Callable[..., list[Array]]:
    """ONNX Runtime's function from X to the outputs."""
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return lambda X: session.run(None, {"X": X})


def by_runtime(width: int, nodes: Callable[[Graph, Tensor], Tensor]) -> Callable[[Array], Array]:
    """Some nodes as a function, in float32."""
    graph = Graph()
    graph.output("Y", graph.add("Flatten", nodes(graph, graph.input("X", np.dtype(np.float32), width))), ["rows", None])
    run = session_of(graph.model({}, "0"))
    return lambda X: run(X)[0]


def by_plan(network: Network, theta: Array, X: Array) -> Array:
    """The outputs of a network."""
    return Plan(network, len(X), theta, forward_only=True).logits(X)


def stages_of(model: ConvClassifier) -> list[Stage]:
    """The stages of a fitted model."""
    whole, scale = model.network_, (model.mean_, model.scale_)  # of one channel
    single = tuple(values.astype(np.float32) for values in scale)
    scaled = by_runtime(whole.in_features, lambda graph, x: graph.add("Div", graph.add("Sub", x, single[0]), single[1]))
    stages = [Stage(STANDARDISING, scaled, lambda X: (X - single[0]) / single[1], lambda X: (X - scale[0]) / scale[1])]
    pairs = zip(model.coefs_, model.intercepts_, strict=True)
    blocks = whole.by_layer(whole.pack([block for pair in pairs for block in pair]))
    starts = [index for index, block in enumerate(blocks) if block]
    for first, last in zip(starts, [*starts[1:], len(blocks)], strict=True):
        layers, parameters = whole.layers[first:last], blocks[first:last]

        def nodes(graph: Graph, x: Tensor, layers: Any = layers, parameters: Any = parameters) -> Tensor:
            x = graph.add("Reshape", x, np.array([0, *layers[0].in_shape], np.int64))
            for layer, own in zip(layers, parameters, strict=True):
                x = operator_of(layer)(graph, x, layer, own)
            return x

        words = [str(layer) for layer in layers] + ["flatten"] * (len(layers[-1].out_shape) > 1)
        part = network_of_layers(words, layers[0].in_shape)
        theta = part.pack([block for own in parameters for block in own])
        run = by_runtime(part.in_features, nodes)
        exact = partial(by_plan, part, theta.astype(np.float64))
        stages.append(Stage(words[0], run, partial(by_plan, part, theta.astype(np.float32)), exact))
    softmax = ClassEncoding(MULTICLASS, model.classes_).probabilities
    of_runtime = by_runtime(whole.out_features, lambda graph, x: graph.add("Softmax", x, axis=-1))
    return [*stages, Stage(SOFTMAX, of_runtime, softmax, softmax)]


def probabilities(stages: list[Stage], X: Array, library: str, rounded: Collection[Stage]) -> Array:
    """The probabilities if the stages of `rounded` are computed in float32 by a library, and others in float64."""
    for stage in stages:
        X = getattr(stage, library)(X.astype(np.float32)) if stage in rounded else stage.exact(X.astype(np.float64))
    return X.astype(np.float64)


def figures_of(model: ConvClassifier, X: Array) -> dict[str, tuple[float, ...]]:
    """By the name of a row: the largest differences, in ONNX Runtime and by the estimator, or between them."""

    def apart(one: Array, other: Array) -> float:
        return float(abs(one - other).max())

    stages, libraries = stages_of(model), ("of_runtime", "of_estimator")
    exact, own = probabilities(stages, X, "exact", ()), model.predict_proba(X)
    label, exported = session_of(to_onnx(model, dtype="float32"))(X)
    if not np.array_equal(label, model.predict(X)):
        raise AssertionError("labels differ")
    found: dict[str, tuple[float, ...]] = {
        f"{number}. {stage.name}": tuple(apart(probabilities(stages, X, one, [stage]), exact) for one in libraries)
        for number, stage in enumerate(stages, 1)
    }
    found["1 to 8"] = apart(exported, exact), apart(own, exact)
    found["export and estimator, 1 to 8"] = (apart(exported, own),)
    images = [stage for stage in stages if not stage.name.startswith(("linear", SOFTMAX))]
    mixed = [probabilities(stages, X, one, images) for one in libraries]
    found["1 to 5"] = apart(mixed[0], exact), apart(mixed[1], exact)
    found["export and estimator, 1 to 5"] = (apart(*mixed),)
    double = session_of(to_onnx(model, dtype="float64"))(X.astype(np.float64))[1]
    found["export and estimator, none"] = (apart(double, exact),)
    return found


def main(arguments: list[str] | None = None) -> None:
    """Print the largest figures of all fits as a Markdown table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.onnx_precision", description=__doc__)
    parser.add_argument("--epochs", type=int, nargs="+", default=EPOCHS)
    parser.add_argument("--seeds", type=int, nargs="+", default=SEEDS)
    parser.add_argument("--rows", type=int, default=None, help="fit and compare the first rows only")
    options = parser.parse_args(arguments)
    X, y = (values[: options.rows] for values in load_digits(return_X_y=True))
    X, fits = (X / 16).astype(np.float32), []
    for epochs in options.epochs:
        for seed in options.seeds:
            model = ConvClassifier(max_iter=epochs, image_shape=(8, 8), random_state=seed).fit(X, y)
            fits.append(figures_of(model, X))
            print(f"{epochs} epochs, seed {seed}: {fits[-1]['export and estimator, 1 to 8'][0]:.2g}", file=sys.stderr)
    print("| float32 in | ONNX Runtime | the estimator |\n| --- | --- | --- |")
    for name in fits[0]:
        cells = [f"{max(values):.1e}" for values in zip(*(fit[name] for fit in fits), strict=True)]
        print(f"| {name} | {' | '.join(cells + [''] * (2 - len(cells)))} |")


if __name__ == "__main__":
    main()
