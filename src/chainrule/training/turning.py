"""Images that are turned and zoomed about their middle, and images with another contrast and brightness.

turned: y[c, p] = x[c, m + R(a) (p - m) / f], between pixels by bilinear interpolation, zeros outside the image
toned:  y = (x - mean(x)) f + mean(x) + b, with the mean of each channel of each image
"""

from typing import Any

import numpy as np

from chainrule.arrays import Array, as_like, empty, gather_rows, namespace, on_device


def turned(images: Array, angles: np.ndarray[Any, Any], factors: np.ndarray[Any, Any]) -> Array:
    """Images turned by angles in radians and enlarged by factors, about their middle.

    Parameters
    ----------
    images : (n, channels, height, width) array
    angles, factors : (n,) arrays

    Returns
    -------
    (n, channels, height, width) array

    Examples
    --------
    >>> turned(np.array([[[[1.0, 2.0], [3.0, 4.0]]]]), np.array([np.pi]), np.array([1.0])).round(6)
    array([[[[4., 3.],
             [2., 1.]]]])
    """
    count, channels, height, width = images.shape
    wide, high = width + 2, height + 2  # a border of zeros
    padded = as_like(np.zeros((channels, count, high, wide)), images)
    padded[:, :, 1:-1, 1:-1] = images.swapaxes(0, 1)
    pixels = padded.reshape(channels, count * high * wide)
    top, left, down, right = _places(height, width, angles, factors)
    first = top * wide + left + high * wide * np.arange(count)[:, None, None]
    total = as_like(np.zeros((channels, first.size)), images)
    read = empty(tuple(total.shape), images)
    for below, share in ((0, 1 - down), (1, down)):
        for beyond, part in ((0, 1 - right), (1, right)):
            places = _beside((first + (below * wide + beyond)).reshape(-1), images)
            for channel in range(channels):
                gather_rows(pixels[channel], places, out=read[channel])
            read *= as_like((share * part).reshape(-1), images)
            total += read
    return total.reshape(channels, count, height, width).swapaxes(0, 1)


def toned(images: Array, factors: np.ndarray[Any, Any], additions: np.ndarray[Any, Any]) -> None:
    """Change contrast and brightness in place: factors of the difference from the mean, and numbers that are added.

    Parameters
    ----------
    images : (n, channels, height, width) array
    factors, additions : (n,) arrays

    Examples
    --------
    >>> images = np.array([[[[1.0, 3.0]]]])
    >>> toned(images, np.array([2.0]), np.array([0.5]))
    >>> images
    array([[[[0.5, 4.5]]]])
    """
    factor, addition = (as_like(values[:, None, None, None], images) for values in (factors, additions))
    mean = namespace(images).mean(images, axis=(2, 3), keepdims=True)
    images *= factor
    images += mean * (1 - factor) + addition


# What follows is private.


def _beside(index: np.ndarray[Any, Any], images: Array) -> Array:
    """Whole numbers as an array of the library, and on the device, of the images."""
    return index if isinstance(images, np.ndarray) else on_device(index, str(images.device))


def _places(height: int, width: int, angles: Array, factors: Array) -> tuple[Array, Array, Array, Array]:
    """The pixel above and left of each place that is read, in an image with a border, and the distances from it."""
    cos, sin = (values[:, None, None] for values in (np.cos(angles) / factors, np.sin(angles) / factors))
    i, j = np.arange(height)[:, None] - (height - 1) / 2, np.arange(width) - (width - 1) / 2
    found = []
    for place, size in ((cos * i - sin * j, height), (sin * i + cos * j, width)):
        inside = np.clip(place + (size - 1) / 2, -1, size) + 1
        first = np.minimum(inside.astype(np.intp), size)
        found.append((first, inside - first))
    (top, down), (left, right) = found
    return top, left, down, right
