import pytest

from chainrule.documents.sources.opening import pieces_of


def shown(text, format, *kinds):
    """The kind, the text, the environment and the line of every piece; without prose unless it is asked for."""
    found = pieces_of(text, "", format).pieces
    wanted = kinds or ("display", "inline", "heading", "declarations", "code")
    return [(p.kind, p.text, p.environment, p.place_of(0)[0]) for p in found if p.kind in wanted]


@pytest.fixture
def in_markdown():
    return lambda text, *kinds: shown(text, "markdown", *kinds)


@pytest.fixture
def in_latex():
    return lambda text, *kinds: shown(text, "latex", *kinds)


@pytest.fixture
def in_rst():
    return lambda text, *kinds: shown(text, "rst", *kinds)
