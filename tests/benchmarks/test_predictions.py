"""The benchmark of predictions runs on small data."""

from benchmarks import predictions


def test_it_prints_both_medians_and_their_ratio(capsys):
    predictions.compare(60, 4, 50, rounds=1)
    told = capsys.readouterr().out
    assert told.startswith("60 x 4, 50 classes: product ")
    assert told.count(" s") >= 2
