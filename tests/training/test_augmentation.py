"""Random changes of images: what they may be, that they are drawn fairly, and from the stream alone."""

import numpy as np
import pytest

from chainrule.arrays import random_stream
from chainrule.training import Augmentation, Samples
from chainrule.training.data import BatchReader

SHAPE = (2, 5, 6)
X = np.arange(1.0, 121.0).reshape(2, 60)


def changed(text, x=X, key=(1, 2), shape=SHAPE):
    augmentation = Augmentation.read(text)
    return augmentation.change(shape)(x, random_stream(*key)).copy().reshape(len(x), *augmentation.out_shape(shape))


def shifted(image, down, right):
    moved = np.zeros_like(image)
    height, width = image.shape[1:]
    rows, columns = slice(max(down, 0), height + min(down, 0)), slice(max(right, 0), width + min(right, 0))
    from_rows = slice(max(-down, 0), height + min(-down, 0))
    from_columns = slice(max(-right, 0), width + min(-right, 0))
    moved[:, rows, columns] = image[:, from_rows, from_columns]
    return moved


def test_words_are_read():
    assert Augmentation.read("shift 2,  FLIP, flip vertical, crop 4") == Augmentation(2, True, True, (4, 4))
    assert Augmentation.read("crop 3x4").crop == (3, 4)
    assert Augmentation.read("") == Augmentation()


@pytest.mark.parametrize("text", ["shift", "shift 1x2", "spin", "crop", "crop 0", "crop 1x2x3", "flip 3", "shift -1"])
def test_words_that_are_not_understood_are_quoted(text):
    with pytest.raises(ValueError, match=f"^'{text}': expected shift S, flip"):
        Augmentation.read(f"flip, {text}")


def test_shifted_images_are_images_moved_with_zeros_behind_them():
    images = np.tile(X[:1], (200, 1))
    found = set()
    for image in changed("shift 2", images):
        places = [
            (i, j)
            for i in range(-2, 3)
            for j in range(-2, 3)
            if np.array_equal(image, shifted(X[0].reshape(SHAPE), i, j))
        ]
        assert len(places) == 1
        found.update(places)
    # A place is missed by all of 200 draws with probability (24/25)^200 = 3e-4; this stream misses none.
    assert len(found) == 25


def test_half_of_the_images_are_mirrored_and_both_axes_independently():
    images = np.tile(X[:1], (400, 1))
    original = X[0].reshape(SHAPE)
    kinds = [original, original[:, :, ::-1], original[:, ::-1], original[:, ::-1, ::-1]]
    counts = [0, 0, 0, 0]
    for image in changed("flip, flip vertical", images):
        counts[[np.array_equal(image, kind) for kind in kinds].index(True)] += 1
    # Each is 100 +- 8.7; six standard deviations are 52.
    assert sum(counts) == 400
    assert min(counts) > 48


def test_crops_are_parts_of_the_image_and_the_middle_when_nothing_is_random():
    images, original = np.tile(X[:1], (100, 1)), X[0].reshape(SHAPE)
    parts = {(i, j): original[:, i : i + 3, j : j + 4] for i in range(3) for j in range(3)}
    found = set()
    for image in changed("crop 3x4", images):
        found.update(place for place, part in parts.items() if np.array_equal(image, part))
    assert found == set(parts)
    middle = Augmentation.read("crop 3x4").middle(X, SHAPE).reshape(2, 2, 3, 4)
    assert np.array_equal(middle[0], parts[1, 1])


def test_what_is_drawn_depends_on_the_stream_alone():
    first = changed("shift 2, flip, crop 4")
    assert np.array_equal(first, changed("shift 2, flip, crop 4"))
    assert not np.array_equal(first, changed("shift 2, flip, crop 4", key=(1, 3)))


def test_images_are_changed_one_by_one_and_not_all_alike():
    together = changed("shift 2", np.tile(X[:1], (30, 1)))
    assert len({image.tobytes() for image in together}) > 10


def test_tensors_are_changed_like_arrays():
    torch = pytest.importorskip("torch", reason="needs PyTorch: pip install -e '.[torch]'")
    augmentation = Augmentation.read("shift 2, flip, crop 4, rotate 30, zoom 0.2, brightness 1, contrast 0.5")
    got = augmentation.change(SHAPE)(torch.tensor(X), random_stream(1, 2))
    np.testing.assert_allclose(got.numpy(), augmentation.change(SHAPE)(X, random_stream(1, 2)), rtol=1e-12)


def test_a_part_larger_than_the_images_is_refused():
    with pytest.raises(ValueError, match="crop: a part of 6 x 6 pixels of images of 5 x 6"):
        Augmentation.read("crop 6").change(SHAPE)


@pytest.mark.parametrize("shuffle", [True, False])
def test_batches_are_changed_and_the_samples_are_not(shuffle):
    samples = Samples(X.copy(), np.array([0, 1]))
    change = Augmentation.read("shift 2").change(SHAPE)
    epochs = []
    for number in (0, 0, 1):
        reader = BatchReader(samples, 1, shuffle=shuffle, seed=3, change=change)
        epochs.append([(batch.x.copy(), batch.targets.copy()) for batch in reader.epoch(number)])
    assert np.array_equal(samples.x, X)
    same = [np.array_equal(a[0], b[0]) for a, b in zip(epochs[0], epochs[1], strict=True)]
    other = [np.array_equal(a[0], b[0]) for a, b in zip(epochs[0], epochs[2], strict=True)]
    assert all(same)
    assert not all(other)


def test_contrast_and_brightness_are_uniform_in_their_ranges():
    images = np.tile(X[:1], (300, 1))
    original, mean = X[0].reshape(SHAPE), X[0].reshape(SHAPE).mean(axis=(1, 2), keepdims=True)
    found = changed("brightness 3, contrast 0.5", images)
    added = (found.mean(axis=(2, 3), keepdims=True) - mean)[:, :1]
    factors = np.array([(image - image.mean(axis=(1, 2), keepdims=True)).std() for image in found])
    factors /= (original - mean).std()
    np.testing.assert_allclose(found, (original - mean) * factors[:, None, None, None] + mean + added, rtol=1e-12)
    for values, low, high in ((added, -3, 3), (factors, 0.5, 1.5)):
        assert low <= values.min() < low + 0.05 * (high - low)
        assert high - 0.05 * (high - low) < values.max() <= high


def test_new_changes_leave_the_draws_of_others_alone_and_are_drawn_for_each_image():
    together = changed("rotate 20, zoom 0.2, brightness 0.1", np.tile(X[:1], (30, 1)))
    assert len({image.tobytes() for image in together}) == 30
    assert np.array_equal(together, changed("rotate 20, zoom 0.2, brightness 0.1", np.tile(X[:1], (30, 1))))
    assert np.array_equal(changed("shift 2, flip, rotate 0"), changed("shift 2, flip"))


@pytest.mark.parametrize("text", ["rotate", "rotate 181", "zoom 1", "contrast 1.5", "brightness -1", "rotate 1x2"])
def test_numbers_out_of_range_are_quoted(text):
    with pytest.raises(ValueError, match=f"^'{text}': expected shift S, .* rotate DEGREES"):
        Augmentation.read(text)
