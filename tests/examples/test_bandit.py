"""The bandit example learns the best arm, from the exact gradient and from play."""

import runpy
from pathlib import Path

import numpy as np
import pytest

from chainrule import rules

PATH = str(Path(__file__).parents[2] / "examples" / "bandit.py")
BANDIT = runpy.run_path(PATH)
PAYS, BEST = BANDIT["PAYS"], 2


def test_the_exact_gradient_raises_the_expected_reward_at_every_step():
    history, probs = BANDIT["learn_exactly"]()
    assert history[0] == pytest.approx(PAYS.mean())
    assert (np.diff(history) > 0).all()
    assert probs.argmax() == PAYS.argmax() == BEST
    assert probs @ PAYS > 0.79


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_play_finds_the_best_arm_without_knowing_the_odds(seed):
    rewards, probs = BANDIT["learn_by_playing"](seed=seed)
    assert set(rewards) == {0.0, 1.0}
    assert probs[BEST] > 0.98
    # The last thousand rewards pay 0.8 on average, with a standard deviation of sqrt(0.8 * 0.2 / 1000) = 0.013.
    assert np.mean(rewards[-1000:]) == pytest.approx(0.8, abs=4 * 0.013)
    assert np.mean(rewards[:100]) < np.mean(rewards[-1000:])


def test_the_same_seed_plays_the_same_game():
    play = BANDIT["learn_by_playing"]
    assert play(plays=200, seed=3)[0] == play(plays=200, seed=3)[0]
    assert play(plays=200, seed=3)[0] != play(plays=200, seed=4)[0]


def test_the_step_of_a_play_is_the_policy_gradient_on_average():
    logits, baseline = np.array([0.3, -1.0, 0.5, 2.0, 0.0]), 0.44
    probs, identity = rules.softmax(logits), np.eye(5)
    mean = sum(
        probs[a] * paid * rules.log_softmax.vjp(logits, (reward - baseline) * identity[a])
        for a in range(5)
        for reward, paid in ((1.0, PAYS[a]), (0.0, 1 - PAYS[a]))
    )
    assert mean == pytest.approx(rules.policy_gradient(logits, PAYS), rel=1e-12, abs=0)


def test_it_prints_a_table(capsys):
    runpy.run_path(PATH, run_name="__main__")
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 10
    assert lines[1 + BEST].split()[1] == "0.80"
    assert float(lines[1 + BEST].split()[2]) > 0.98
