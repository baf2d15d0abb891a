"""Data that do not fit a model are refused, and the message names what is missing."""

from pathlib import Path

import pytest


def test_the_target_column_is_needed(chainrule, write, flower_header, flowers_model, new_flowers):
    data = write(Path("garden.csv"), flower_header[:-1], [row[:-1] for row in new_flowers])
    chainrule("evaluate", flowers_model, data).complaint("species")
    chainrule("evaluate", flowers_model, data, "--json").complaint("species")


def test_evaluate_names_a_missing_feature_column(chainrule, write, flower_header, flowers_model, new_flowers):
    data = write(Path("garden.csv"), flower_header[1:], [row[1:] for row in new_flowers])
    chainrule("evaluate", flowers_model, data).complaint("stem")


def test_evaluate_refuses_another_data_set(chainrule, digits_model, iris_model, flowers_model):
    chainrule("evaluate", digits_model, "iris").complaint()
    chainrule("evaluate", iris_model, "wine").complaint()
    chainrule("evaluate", flowers_model, "iris").complaint()


@pytest.mark.parametrize("absent", range(4))
def test_predict_names_a_missing_feature_column(chainrule, write, flower_header, flowers_model, new_flowers, absent):
    keep = [index for index in range(5) if index != absent]
    rows = [[row[index] for index in keep] for row in new_flowers]
    data = write(Path("garden.csv"), [flower_header[index] for index in keep], rows)
    chainrule("predict", flowers_model, data).complaint(flower_header[absent])


def test_two_missing_feature_columns_are_both_named(chainrule, write, flowers_model):
    data = write(Path("garden.csv"), ("stem", "fenced"), [[1.0, True]] * 4)
    chainrule("predict", flowers_model, data).complaint("leaf", "colour")


def test_predict_refuses_another_data_set(chainrule, digits_model, iris_model, flowers_model):
    chainrule("predict", digits_model, "iris").complaint()
    chainrule("predict", iris_model, "digits").complaint()
    chainrule("predict", flowers_model, "iris").complaint("stem")
