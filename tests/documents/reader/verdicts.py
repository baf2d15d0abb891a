"""The verdicts on a text, for tests of what is read."""

from chainrule.documents import check_derivation


def verdicts(*parts):
    """The verdicts on the relations of paragraphs that are no definitions."""
    report = check_derivation("\n\n".join(parts), repairs=False)
    return [str(step.verdict) for step in report.steps if str(step.verdict) != "definition"]
