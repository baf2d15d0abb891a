"""The search for proofs in cells, and for counterexamples at points."""

from chainrule.documents.evidence.clocks import TOO_LONG, Clock, OutOfTime
from chainrule.documents.evidence.questions import Question
from chainrule.documents.evidence.search import Search
from chainrule.documents.evidence.visits import Visitor
from chainrule.documents.language.name_uses import Names
from chainrule.documents.language.parsing import derivation_of
from chainrule.documents.language.shapes import Shapes


def question(text):
    derivation = derivation_of(text)
    return Question.of(derivation, Shapes(derivation), Names.of(derivation), derivation.claims[-1])


def test_a_search_in_cells_ends_where_nothing_is_proved():
    search = Search(question("u : number; claim: exp(u) >= 1 + u"), Clock())
    assert search.by_cells() is None
    assert len(search.cells) == 1
    assert not search.is_enough()
    assert search.holds_at_points()
    assert search.tried >= 2


def test_a_proof_at_three_sizes_is_enough():
    search = Search(question("size n; x : column n; claim: x' @ x = norm(x)^2"), Clock())
    assert search.by_cells().status == "proved"
    assert search.is_enough()
    assert search.finding().status == "proved"


def test_a_polynomial_in_a_size_is_proved_at_enough_sizes(findings_of):
    power, sums = findings_of("claim: n^7 - n = n * (n^3 - 1) * (n^3 + 1)\nclaim: 2^n >= n + 1")
    assert power.status == sums.status == "proved"
    assert max(sizes["n"] for sizes in power.sizes) >= 8


def test_a_counterexample_says_which_function_was_taken(findings_of):
    [found] = findings_of("claim: g(2 * u) = 2 * g(u)")
    assert "with p =" in found.counterexample.functions["g"]


def test_a_sum_without_a_proof_is_verified_at_points(findings_of):
    [found] = findings_of("claim: arctan(u) + arctan(1 / u) = 2 * arctan(1) * sign(u)")
    assert found.status == "verified"
    assert found.points > 20


def test_an_inequality_without_a_proof_is_held_at_points(findings_of):
    [found] = findings_of("claim: exp(u) >= 1 + u")
    assert found.status == "held"
    assert found.points > 20


def test_an_approximation_is_undecided(findings_of):
    same, near = findings_of("claim: u + u ~ 2 * u\nclaim: tanh(u) ~ u")
    assert (same.status, near.status) == ("proved", "undecided")


def test_a_claim_is_not_verified_by_few_points(findings_of, monkeypatch):
    monkeypatch.setattr("chainrule.documents.evidence.search.POINTS", 2)
    [found] = findings_of("claim: arctan(u) + arctan(1 / u) = 2 * arctan(1) * sign(u)")
    assert found.status == "undecided"
    assert found.points < 12


def test_points_of_one_size_alone_verify_nothing():
    """A softmax of one entry is 1: false claims about it hold there."""
    asked = question("size n; x : column n; claim: exp(x[1]) * exp(-x[1]) = 1")
    first, second = asked.choices_of_sizes()[:2]
    search = Search(asked, Clock(), tried_at=[{"n": 1}] * 20)
    found = search._unproved()
    assert (found.status, found.reason) == ("undecided", "points were found only with n = 1")
    assert Search(asked, Clock(), tried_at=[{"n": 2}] * 20)._unproved().status == "verified"
    assert {first["n"], second["n"]} != {1}


def test_cells_of_one_size_alone_prove_nothing():
    """With k = 2 an entry lies beyond the end of x; the claim is true with k = 1, and not meant so."""
    claim = "sum(i in n - k + 1: w[1] * x[i]) = sum(i in n: w[1] * x[i + k - 1])"
    asked = question(f"size k; size n; w : column k; x : column n; claim: {claim}")
    found = Search(asked, Clock()).finding()
    assert (found.status, found.reason) == ("undecided", "both sides have values only with k = 1")


ENTROPY = "size n; p : column n, probabilities; claim: -sum(i in n: p[i] * log(p[i])) <= 3 / 2"
"""True at up to 4 probabilities, since log 4 < 3/2, and false at more."""


def ending_after(visits, monkeypatch):
    """Let the time end when so many points were visited."""
    original, seen = Visitor.at_point, []

    def at_point(visitor, values):
        seen.append(visitor.sizes)
        if len(seen) > visits:
            raise OutOfTime(TOO_LONG)
        return original(visitor, values)

    monkeypatch.setattr(Visitor, "at_point", at_point)
    return seen


def test_a_claim_that_fails_at_larger_sizes_only_is_refuted_there():
    found = Search(question(ENTROPY), Clock()).finding()
    assert found.status == "differs"
    assert found.sizes[0]["n"] > 4


def test_a_claim_does_not_hold_where_time_ends_before_larger_sizes_are_tried(monkeypatch):
    seen = ending_after(16, monkeypatch)
    found = Search(question(ENTROPY), Clock()).finding()
    assert found.status == "undecided"
    assert found.reason == TOO_LONG
    assert found.points >= 12
    assert max(sizes["n"] for sizes in seen[:-1]) <= 4


def test_where_balls_do_not_tell_numbers_are_exact(monkeypatch):
    kinds = []
    original = Visitor.at_point
    monkeypatch.setattr(Visitor, "at_point", lambda v, x: kinds.append(v.in_balls) or original(v, x))
    found = Search(question("claim: arctan(u) + arctan(1 / u) = 2 * arctan(1) * sign(u)"), Clock()).finding()
    assert (found.status, kinds[:4]) == ("verified", [False] * 4)
    assert kinds.count(True) > 20
    kinds.clear()
    found = Search(question("claim: max(exp(u)^2, exp(2 * u)) * arctan(1) = exp(2 * u) * arctan(1)"), Clock()).finding()
    assert found.status in ("proved", "verified")


TANGENTS = "claim: arctan(u) + arctan(1 / u) = 2 * arctan(1) * sign(u)"


def test_exact_points_that_take_too_long_are_compared_in_balls(monkeypatch):
    kinds, original = [], Visitor.at_point

    def at_point(visitor, values):
        kinds.append(visitor.in_balls)
        if not visitor.in_balls:
            raise OutOfTime(TOO_LONG)
        return original(visitor, values)

    monkeypatch.setattr(Visitor, "at_point", at_point)
    found = Search(question(TANGENTS), Clock()).finding()
    assert (found.status, kinds[:3]) == ("verified", [False, True, True])
    assert kinds.count(False) == 1


def test_a_difference_that_balls_see_after_slow_points_is_shown_in_exact_numbers(monkeypatch):
    kinds, original = [], Visitor.at_point

    def at_point(visitor, values):
        kinds.append(visitor.in_balls)
        if kinds == [False]:
            raise OutOfTime(TOO_LONG)
        return original(visitor, values)

    monkeypatch.setattr(Visitor, "at_point", at_point)
    found = Search(question(f"{TANGENTS} + max(0, u - 3)"), Clock()).finding()
    assert (found.status, kinds[-2:]) == ("differs", [True, False])


def test_after_a_slow_exact_point_the_next_ones_are_balls(monkeypatch):
    kinds, original, clock = [], Visitor.at_point, Clock(1000)

    def at_point(visitor, values):
        kinds.append(visitor.in_balls)
        clock.until -= 0 if visitor.in_balls else 100  # as if an exact point took so many seconds
        return original(visitor, values)

    monkeypatch.setattr(Visitor, "at_point", at_point)
    found = Search(question(TANGENTS), clock).finding()
    assert (found.status, kinds[:3]) == ("verified", [False, True, True])


def test_a_difference_of_1e_minus_200_is_seen(findings_of):
    [found] = findings_of("claim: arctan(u) + arctan(1 / u) = 2 * arctan(1) * sign(u) + 1 / 10^200")
    assert found.status == "differs"
