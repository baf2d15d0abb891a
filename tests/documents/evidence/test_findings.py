"""Findings: what is told of claims."""

from chainrule.documents.evidence.findings import Finding


def test_a_finding_is_about_whole_cells_unless_it_says_otherwise():
    found = Finding("proved")
    assert (found.inside_only, found.exceptions, found.points) == (False, (), 0)
    assert found == Finding("proved", sizes=())


def test_the_indices_for_which_a_claim_holds_are_told(findings_of):
    [found] = findings_of("claim [k in K, j in K]: partial(p[k], s[j]) = p[k] * (1 - p[j])")
    assert found.status == "differs"
    assert all(place["k"] == place["j"] for place in found.held)
    assert all(place["k"] != place["j"] for place in found.failed)
    assert len(found.held) + len(found.failed) == 4
