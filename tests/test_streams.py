"""Random streams: every use in a fit has one of its own, and the same one in every run."""

import itertools
import re
from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_digits

import chainrule
from chainrule import ConvClassifier, MLPClassifier
from chainrule.streams import Purpose, random_stream, stream, validation_seed

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

X, Y = load_digits(return_X_y=True)
X, Y = X[:120] / 16, Y[:120]
LAYERS = "dropout 0.1, conv 4 3x3, relu, dropout 0.2, pool 2, flatten, linear 8, relu"

FITS = {
    "perceptron": lambda: MLPClassifier((12, 8), dropout=0.3, early_stopping=True, max_iter=3, batch_size=40),
    "full batch": lambda: MLPClassifier((12,), solver="sgd", shuffle=False, max_iter=3),
    "images": lambda: ConvClassifier(
        LAYERS, dropout=0.3, augment="shift 1, flip", early_stopping=True, max_iter=3, batch_size=40
    ),
}


@pytest.fixture
def drawn(monkeypatch):
    """The key and the counter of every generator that is made."""
    made = []

    class Noted(np.random.Philox):
        def __init__(self, key, counter):
            made.append((int(key), tuple(int(part) for part in counter)))
            super().__init__(key=key, counter=counter)

    monkeypatch.setattr(np.random, "Philox", Noted)
    return made


def first_numbers(place):
    key, counter = place
    return tuple(np.random.Generator(np.random.Philox(key=key, counter=list(counter))).integers(0, 2**62, 4))


@pytest.mark.parametrize("name", FITS)
def test_no_two_uses_in_a_fit_are_one_stream(name, drawn):
    FITS[name]().set_params(random_state=0).fit(X, Y)
    places = list(drawn)
    assert len(places) > 3
    assert len(set(places)) == len(places)
    assert len({first_numbers(place) for place in places}) == len(places)


def test_no_two_uses_in_steps_with_new_classes_are_one_stream(drawn):
    model = MLPClassifier((8,), dropout=0.2, new_classes="add", random_state=0)
    for known in (3, 6, 10):
        model.partial_fit(X[known > Y], Y[known > Y])
    assert len(set(drawn)) == len(drawn) > 10


def test_two_fits_draw_the_same_and_another_seed_others(drawn):
    for seed in (0, 0, 1):
        FITS["images"]().set_params(random_state=seed).fit(X, Y)
    count = len(drawn) // 3
    assert drawn[:count] == drawn[count : 2 * count]
    assert not set(drawn[:count]) & set(drawn[2 * count :])


def test_purposes_never_meet_whatever_the_parts():
    parts = (0, 1, 2, 2**32 - 1)
    keys = [(purpose, *rest) for purpose in Purpose for rest in itertools.product(parts, repeat=len(purpose.parts))]
    draws = {tuple(stream(purpose, 7, *rest).integers(0, 2**62, 3)) for purpose, *rest in keys}
    assert len(draws) == len(keys)
    numbers = [purpose.number for purpose in Purpose]
    assert len(set(numbers)) == len(numbers)
    assert 0 not in numbers, "a key without a purpose, padded with zeros, must not be one with"


@pytest.mark.parametrize("parts", [(), (1, 2, 3, 4), (1, 2)])
def test_a_key_of_another_length_is_refused(parts):
    with pytest.raises(ValueError, match=re.escape("dropout: a stream's key is (seed, epoch, batch, layer)")):
        stream(Purpose.DROPOUT, 7, *parts)


def test_the_split_depends_on_the_seed_alone():
    assert validation_seed(3) == validation_seed(3) != validation_seed(4)
    assert 0 <= validation_seed(3) < 2**31


@pytest.mark.parametrize("layer", ["networks", "training", "estimators", "solvers", "rules", "kernels"])
def test_nothing_that_trains_draws_from_a_stream_without_a_purpose(layer):
    for file in (Path(chainrule.__file__).parent / layer).rglob("*.py"):
        assert "random_stream(" not in file.read_text(encoding="utf-8"), file


def test_streams_depend_on_every_part_of_their_key_and_on_nothing_else():
    keys = [(1,), (2,), (1, 1), (1, 0, 1), (1, 0, 0, 1), (1, 0, 0, 0, 1), (1, 2, 3), (1, 3, 2)]
    keys += [(1, 1, batch, 0, 2**31) for batch in range(3)] + [(1, 1, 2**32 - 1, k, 2**32 - 1) for k in (0, 1)]
    draws = [tuple(random_stream(*key).integers(0, 2**62, 4)) for key in keys]
    assert len(set(draws)) == len(keys)
    assert draws == [tuple(random_stream(*key).integers(0, 2**62, 4)) for key in keys]


@pytest.mark.parametrize("key", [(-1,), (2**64,), (0, -1), (0, 2**32), (0, 1, 2, 3, 4, 5)])
def test_a_key_out_of_range_is_refused(key):
    with pytest.raises(ValueError, match="a stream's key"):
        random_stream(*key)
