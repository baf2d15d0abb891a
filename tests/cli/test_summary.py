"""`chainrule summary` prints the sizes and costs of layers."""

import json

import pytest

STACK = "conv 32 8x8 stride 2 pad 3, relu, pool 2, conv 64 3x3 pad 1, relu, flatten, linear 10"


def test_the_summary_prints_sizes_and_counts_layer_by_layer(chainrule):
    shown = chainrule("summary", STACK, "--input", "3x128x128").succeeded()
    for row, cells in {
        "conv 32 8x8 stride 2 pad 3": ("64x64x32", "131,072", "6,144", "32", "25,165,824", "8x8"),
        "pool 2": ("32x32x32", "32,768", "10x10"),
        "conv 64 3x3 pad 1": ("32x32x64", "65,536", "18,432", "64", "18x18"),
        "linear 10": ("655,360", "10"),
    }.items():
        line = next(line for line in shown.out.splitlines() if row in line)
        assert all(cell in line for cell in cells), line
    assert "680,042 parameters, 679,936 of them weights" in shown.out
    assert "no window reaches" not in shown.out
    found = json.loads(chainrule("summary", STACK, "--input", "3x128x128", "--json").out)
    assert found["layers"][3]["weights"] == 18432
    assert found["layers"][0]["output"] == [32, 64, 64]


def test_the_summary_says_what_a_stride_leaves_unread(chainrule):
    shown = chainrule("summary", "conv 32 7x7 stride 2 pad 3, pool 3", "--input", "3x128x128").succeeded()
    assert (
        "layer 1 (conv 32 7x7 stride 2 pad 3): no window reaches 1 row at the bottom (zeros of the padding" in shown.out
    )
    assert "layer 2 (pool 3): no window reaches 1 column on the right (1 of the image)" in shown.out


@pytest.mark.parametrize(
    ("layers", "shape", "names"),
    [
        ("pool 2, conv 4 40x40", "3x64x64", ("layer 2 (conv 4 40x40)", "height", "40", "32", "3 x 32 x 32")),
        ("conv 4", "3x64x64", ("'conv 4'", "size of the kernel")),
        ("conv 4 3x3", "64x64", ("--input", "64x64")),
        ("conv 4 3x3", "0x8x8", ("--input", "at least 1")),
        ("", "3", ("no layers",)),
    ],
)
def test_impossible_geometry_names_the_layer_and_the_sizes(chainrule, layers, shape, names):
    chainrule("summary", layers, "--input", shape).complaint(*names)


def test_the_automatic_layers_are_those_of_train_conv(chainrule):
    found = chainrule("summary", "auto", "--input", "3x512x512", "--classes", "10", "--json").json()
    assert [layer["layer"] for layer in found["layers"]][-4:] == ["flatten", "linear 128", "relu", "linear 10"]
    assert found["weights"] > 134e6
    chainrule("summary", "auto", "--input", "64").complaint("auto: these layers are for images")
