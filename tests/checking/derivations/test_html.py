"""The report as a page."""

from pathlib import Path
from xml.etree import ElementTree

import pytest

from chainrule import check_derivation
from chainrule.checking.derivations.html import page
from chainrule.checking.derivations.report import Note, Repair, Report, Step

CORPUS = Path(__file__).parents[2] / "derivations"


@pytest.mark.parametrize(
    "name", ["softmax_by_cases.tex", "tanh_unicode.txt", "chain_of_three.md", "softmax_notebook.ipynb"]
)
def test_the_page_is_well_formed_and_needs_nothing_else(name):
    text = (CORPUS / "seen" / name).read_text()
    html = page([check_derivation(text, name=name)])
    root = ElementTree.fromstring(html)
    tags = {element.tag.rsplit("}", 1)[-1] for element in root.iter()}
    assert "math" in tags
    assert not tags & {"script", "link", "img", "iframe"}
    assert "http" not in html.replace("http://www.w3.org", "")


def test_the_page_shows_signs_of_markup_as_they_are():
    step = Step(1, 1, "a < b", "c & d", "=", "wrong", "x < y & z > 0", repairs=(Repair("a < b", "c < d"),))
    root = ElementTree.fromstring(page([Report("<name>", (step,), (Note(1, "not read", "<b>"),))]))
    text = "".join(root.itertext())
    for shown in ("x < y & z > 0", "<name>", "<b>", "a < b: "):
        assert shown in text
