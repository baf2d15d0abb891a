"""Figures of a classifier of images: they show what they say they show."""

import numpy as np
import pytest
from scipy.stats import binom
from sklearn.datasets import load_digits

from chainrule import ConvClassifier
from chainrule.estimators.importances import Importances
from chainrule.report import (
    calibration,
    confusion_matrix,
    first_filters,
    importance_bars,
    saliency_maps,
    worst_mistakes,
)
from chainrule.report.figures import shown

DIGITS = load_digits()
X, Y = DIGITS.images[:200].astype(np.float32), DIGITS.target[:200]


@pytest.fixture(scope="module")
def model():
    """One that is not good enough to make no mistakes."""
    return ConvClassifier("conv 4 3x3 pad 1, relu, pool 2", max_iter=2, random_state=0).fit(X[:100], Y[:100])


def test_the_confusion_matrix_counts_true_classes_in_rows_and_predictions_in_columns():
    drawn = confusion_matrix(np.array(["a", "b"]), np.array(["a", "a", "a", "b"]), np.array(["a", "b", "b", "b"]))
    texts = {text.get_position(): text.get_text() for text in drawn.axes[0].texts}
    assert texts == {(0, 0): "1", (1, 0): "2", (0, 1): "", (1, 1): "1"}
    assert drawn.axes[0].images[0].get_array().tolist() == [[1 / 3, 2 / 3], [0.0, 1.0]]
    assert [label.get_text() for label in drawn.axes[0].get_yticklabels()] == ["a", "b"]


def test_a_confusion_matrix_of_many_classes_has_colours_alone():
    classes = np.arange(31)
    drawn = confusion_matrix(classes, classes, classes)
    assert not drawn.axes[0].texts
    assert np.array_equal(drawn.axes[0].images[0].get_array(), np.eye(31))


def test_calibration_shows_shares_of_right_predictions_by_their_probability():
    p = np.repeat([0.6, 0.98], 500)
    log_probs = np.log(np.stack([p, (1 - p) / 2, (1 - p) / 2], axis=1))
    actual = np.array(["a", "b"])[(np.arange(1000) % 2) * (p < 0.9)]
    drawn = calibration(np.array(["a", "b", "c"]), actual, log_probs)
    _, line = drawn.axes[0].lines
    np.testing.assert_allclose(line.get_xydata(), np.repeat([[0.6, 0.5], [0.98, 1.0]], 5, axis=0))
    low, high = np.array([segment[:, 1] for segment in drawn.axes[0].collections[0].get_segments()]).T
    np.testing.assert_allclose([low[0], high[0]], binom.ppf([0.025, 0.975], 100, 0.6) / 100)
    np.testing.assert_allclose([low[9], high[9]], [0.95, 1.0])  # of 100 rows, no more than 100 are right
    assert drawn.axes[0].get_xlabel() == "probability of the predicted class"
    assert drawn.axes[0].get_yticks().max() == 1


def test_calibration_of_two_classes_shows_the_second():
    p = np.array([0.25, 0.75])  # of "$b"
    drawn = calibration(np.array(["a", "$b"]), np.array(["a", "a"]), np.log(np.stack([1 - p, p], axis=1)))
    np.testing.assert_allclose(drawn.axes[0].lines[1].get_xydata(), [[0.25, 0.0], [0.75, 0.0]])
    assert drawn.axes[0].get_xlabel() == "probability of '$b'"


def test_the_bars_of_importances_have_the_largest_on_top():
    drawn = importance_bars({"a": 0.1, "$b": 0.3, "c" * 50: -0.1})
    assert [label.get_text() for label in drawn.axes[0].get_yticklabels()] == ["$b", "a", "c" * 37 + "..."]
    assert [bar.get_width() for bar in drawn.axes[0].patches] == [0.3, 0.1, -0.1]
    assert drawn.axes[0].yaxis_inverted()
    assert importance_bars({}) is None


@pytest.mark.parametrize("sign", [1, -1])
def test_numbers_of_importances_stand_beside_the_frame_where_no_bar_or_name_is(sign):
    values = sign * np.array([[1.0223, 1.0223], [-0.0006, -0.0006], [-3.0, -2.8]])
    drawn = importance_bars(Importances(("status", "a name of some length", "b"), values))
    drawn.draw_without_rendering()
    axis = drawn.axes[0]
    assert f"{sign * 1.0223:.4f} ± 0.0000" in [text.get_text() for text in axis.texts]
    for text in axis.texts:
        box = text.get_window_extent()
        assert box.x0 > axis.bbox.x1
        assert box.x1 < drawn.bbox.x1
    assert max(label.get_window_extent().x1 for label in axis.get_yticklabels()) < axis.bbox.x0


def test_importances_with_repeats_have_their_spread_beside_the_bars():
    drawn = importance_bars(Importances(("a", "b"), np.array([[0.0, 0.2], [0.5, 0.5]])))
    bars = drawn.axes[0].containers[1]
    assert [bar.get_width() for bar in bars] == [0.5, 0.1]
    ends = [segment[:, 0].tolist() for segment in bars.errorbar.lines[2][0].get_segments()]
    np.testing.assert_allclose(ends, [[0.5, 0.5], [0.0, 0.2]], atol=1e-15)


def test_the_worst_mistakes_come_first_and_right_answers_not_at_all():
    classes, actual = np.array([3, 5]), np.array([3, 5, 5, 3])
    log_probs = np.log([[0.9, 0.1], [0.6, 0.4], [0.99, 0.01], [0.2, 0.8]])
    images = np.arange(16.0).reshape(4, 1, 2, 2)
    drawn = worst_mistakes(images, classes, actual, log_probs)
    assert [axes.get_title() for axes in drawn.axes] == [
        "1. predicted\n3: 99%\ntrue class\n5: 1.0%",
        "2. predicted\n5: 80%\ntrue class\n3: 20.0%",
        "3. predicted\n3: 60%\ntrue class\n5: 40.0%",
    ]
    assert np.array_equal(drawn.axes[0].images[0].get_array(), shown(images[2]))
    assert worst_mistakes(images[:1], classes, actual[:1], log_probs[:1]) is None


def test_the_worst_mistakes_have_their_saliency_below_them(model):
    log_probs = model.predict_log_proba(X[:12])
    wrong = (log_probs.argmax(axis=1) + 1) % 10
    drawn = worst_mistakes(X[:12], np.arange(10), wrong, log_probs, most=11, model=model)
    assert len(drawn.axes) == 22
    for picture, below in ((0, 1), (20, 21)):
        above, place = (drawn.axes[k].get_subplotspec() for k in (picture, below))
        assert place.rowspan.start == above.rowspan.start + 1
        assert place.colspan == above.colspan
    first = next(k for k in range(12) if np.array_equal(drawn.axes[0].images[0].get_array(), shown(X[k])))
    gradient = np.abs(model.input_gradient(X[first : first + 1], wrong[first : first + 1]))[0]
    np.testing.assert_allclose(
        drawn.axes[1].images[0].get_array(), gradient / gradient.max(), rtol=1e-4
    )  # other batches round otherwise


def test_saliency_is_the_size_of_the_input_gradient_of_one_image_of_each_class(model):
    drawn = saliency_maps(model, X[:13, None], Y[:13])
    assert [axes.get_title() for axes in drawn.axes[::2]] == [str(k) for k in range(10)]
    drawn = saliency_maps(model, X[:3, None], Y[:3])
    assert len(drawn.axes) == 6
    gradient = np.abs(model.input_gradient(X[:3], Y[:3]))
    got = drawn.axes[1].images[0].get_array()
    # The network computes in float32.
    np.testing.assert_allclose(got, gradient[0] / gradient[0].max(), rtol=1e-6)


def test_the_first_filters_are_the_kernels_of_the_first_convolution(model):
    drawn = first_filters(model)
    assert len(drawn.axes) == 4
    assert np.array_equal(drawn.axes[2].images[0].get_array(), model.coefs_[0][2, 0])
    flat = ConvClassifier("", max_iter=1).fit(X[:50], Y[:50])
    assert first_filters(flat) is None


def test_kernels_on_three_channels_are_shown_in_colours():
    x = np.random.default_rng(0).normal(size=(20, 3, 6, 6))
    model = ConvClassifier("conv 5 3x3", max_iter=1, random_state=0).fit(x, np.arange(20) % 2)
    picture = first_filters(model).axes[0].images[0].get_array()
    assert picture.shape == (3, 3, 3)
    assert 0 <= picture.min() <= picture.max() <= 1


def test_images_are_shown_from_their_darkest_to_their_lightest_pixel():
    assert shown(np.array([[[2.0, 6.0]]])).tolist() == [[0, 1]]
    assert shown(np.full((1, 2, 2), 7.0)).tolist() == [[0, 0], [0, 0]]
    assert shown(np.zeros((3, 4, 5))).shape == (4, 5, 3)
