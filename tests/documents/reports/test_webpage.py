from xml.etree import ElementTree

from chainrule.documents import check_derivation
from chainrule.documents.reports.webpage import page

WRONG = r"$$\frac{d}{dx} \tanh x = 1 - \tanh x$$"


def parsed(html):
    return ElementTree.fromstring(html.replace("<!DOCTYPE html>", "").strip())


def test_the_page_is_well_formed_and_needs_nothing_else():
    html = page([check_derivation(WRONG, name="a.md"), check_derivation("$$x \\leq x$$", name="b.md")])
    tags = {element.tag.rsplit("}", 1)[-1] for element in parsed(html).iter()}
    assert {"math", "mfrac", "table"} <= tags
    assert not tags & {"script", "link", "img", "iframe"}
    assert "http" not in html.replace("http://www.w3.org", "")


def test_the_page_shows_signs_of_markup_as_they_are():
    html = page([check_derivation("$$a \\text{<b>} = 2 & 3$$", name="<name>")])
    text = "".join(parsed(html).itertext())
    assert "<name>" in text
    assert "<b>" in text
    assert "<b>" not in html
