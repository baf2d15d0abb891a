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


def test_the_page_says_what_its_verdicts_mean_and_names_no_option():
    html = page([check_derivation(WRONG + "\n\n" + r"$$\oint x = 1$$", name="a.md")])
    terms = [element.text for element in parsed(html).iter() if element.tag.endswith("dt")]
    assert terms == ["wrong", "not read"]
    assert "The sides differ at the point that is shown." in html
    assert "--" not in html.partition("</style>")[2]


def test_repairs_and_macros_are_shown_as_formulas():
    text = r"""\newcommand{\pd}[2]{\frac{\partial #1}{\partial #2}}
\begin{document}
$$\pd{}{x} \tanh x = 1 - \tanh x$$
\end{document}"""
    html = page([check_derivation(text, name="a.tex")])
    assert "\\" not in html
    assert "<mfrac>" in html
    assert "Changing <math" in html
