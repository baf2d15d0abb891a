"""
Policy gradients of a bandit
============================

A softmax policy learns to play a multi-armed bandit, by the exact policy gradient and by samples of it (REINFORCE).

Five slot machines pay 1 with the probabilities below and 0 otherwise. The policy plays arm i with probability
S_i = softmax(x)_i, and the derivative of the expected reward E_S[r] with respect to x_i is S_i (r_i - E_S[r]). If the
probabilities are unknown, play an arm a, observe its reward r, and step along (r - b) d log S_a / dx, which is
(r - b) (e_a - S). The mean of this step is the same gradient for any baseline b; with the running mean of the rewards
as b, its variance is small.
"""

import numpy as np

from chainrule import rules

PAYS = np.array([0.15, 0.40, 0.80, 0.55, 0.30])


def learn_exactly(steps=100, learning_rate=2.0):
    """The policy's expected reward before every step, and its probabilities at the end; the arms' odds are known."""
    logits, history = np.zeros(len(PAYS)), []
    for _ in range(steps):
        history.append(float(rules.softmax_expectation(logits, PAYS)))
        logits += learning_rate * rules.policy_gradient(logits, PAYS)
    return history, rules.softmax(logits)


def learn_by_playing(plays=6000, learning_rate=0.1, seed=0):
    """The reward of every play, and the probabilities at the end; the arms' odds are only seen through rewards."""
    stream, logits, rewards, identity = np.random.default_rng(seed), np.zeros(len(PAYS)), [], np.eye(len(PAYS))
    baseline = 0.0
    for play in range(plays):
        arm = stream.choice(len(PAYS), p=rules.softmax(logits))
        reward = float(stream.random() < PAYS[arm])
        logits += learning_rate * rules.log_softmax.vjp(logits, (reward - baseline) * identity[arm])
        baseline += (reward - baseline) / (play + 1)
        rewards.append(reward)
    return rewards, rules.softmax(logits)


if __name__ == "__main__":
    history, exact = learn_exactly()
    rewards, played = learn_by_playing()
    print("arm  pays   exact gradient   6000 plays")
    for arm, pay in enumerate(PAYS):
        print(f"{arm:3}  {pay:.2f}   {exact[arm]:14.3f}   {played[arm]:10.3f}")
    print(f"expected reward by the exact gradient: {history[0]:.2f} at first, {exact @ PAYS:.3f} at the end")
    for start in (0, 1000, 5000):
        print(f"mean reward of plays {start:4} to {start + 999:4}: {np.mean(rewards[start : start + 1000]):.3f}")
