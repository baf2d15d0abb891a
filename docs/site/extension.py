"""The site's extension for Sphinx: formulas as MathML, and the pages and figures that are made from the code."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util import logging

from chainrule.documents.typesetting.mathml import mathml
from docs.site import api_pages, atlas_figure, benchmark_figures, docstrings, rule_pages, thumbnail

LOG = logging.getLogger(__name__)


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the extension."""
    app.connect("config-inited", _write)  # before Sphinx looks for pages
    app.connect("autodoc-process-docstring", docstrings.with_literal_formulas, priority=100)  # before numpydoc
    app.connect("autodoc-process-signature", docstrings.signature_of_class)
    app.connect("autodoc-skip-member", docstrings.is_not_ours)
    app.add_html_math_renderer("mathml", inline_renderers=(_inline, None), block_renderers=(_block, None))
    return {"parallel_read_safe": True}


def _write(app: Sphinx, config: object) -> None:
    source = Path(app.srcdir)
    for part in (api_pages, benchmark_figures, atlas_figure, rule_pages, thumbnail):
        part.write(source)


def _html(node: nodes.Node, display: bool) -> str:
    formula = node.astext()
    html = mathml(formula, display=display)
    if "<math" not in html:
        LOG.warning("a formula cannot be set as MathML: %s", formula, location=node)
    return html


def _inline(translator: Any, node: nodes.Node) -> None:
    translator.body.append(_html(node, display=False))
    raise nodes.SkipNode


def _block(translator: Any, node: nodes.Node) -> None:
    translator.body.append(f'<div class="formula">{_html(node, display=True)}</div>')
    raise nodes.SkipNode
