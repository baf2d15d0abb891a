"""The site's settings for Sphinx: `sphinx-build -W docs build/site`, then `python -m http.server -d build/site`."""

from __future__ import annotations

import os
import sys
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "src")]

import chainrule  # noqa: E402

project = "chainrule"
author = "The chainrule developers"
copyright = author
release = version = chainrule.__version__

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.intersphinx",
    "numpydoc",
    "sphinx_gallery.gen_gallery",
    "sphinx_design",
    "sphinx_copybutton",
    "docs.site.extension",
]
exclude_patterns = [
    "catalogue",
    "inventories",
    "howto/**/*.ipynb",
    "howto/**/*.py",
    "howto/**/*.zip",
    "howto/**/*.json",
]
myst_enable_extensions = ["colon_fence", "dollarmath", "amsmath", "deflist"]
myst_heading_anchors = 3

# Names of other projects are looked up in inventories that are stored here, cut to the names that occur.
intersphinx_mapping = {
    "python": ("https://docs.python.org/3", "inventories/python.inv"),
    "sklearn": ("https://scikit-learn.org/stable", "inventories/sklearn.inv"),
}

highlight_language = "none"
autosummary_generate = True
autodoc_typehints = "none"
numpydoc_show_class_members = False
numpydoc_class_members_toctree = False

MISSING = [library for library in ("torch", "jax") if find_spec(library) is None]
sphinx_gallery_conf = {
    "examples_dirs": "../examples",
    "gallery_dirs": "howto",
    # examples/torch_*.py and examples/jax_*.py are shown without their output where their library is missing.
    "filename_pattern": rf"/(?!({'|'.join(MISSING) or '-'})_)\w+\.py",
    "ignore_pattern": r"__init__\.py",
    "download_all_examples": False,
    "default_thumb_file": str(ROOT / "docs" / "images" / "thumbnail.png"),
    "show_signature": False,
    "min_reported_time": 1,
    "write_computation_times": False,
    "plot_gallery": os.environ.get("GALLERY") != "0",  # before a release; the tests run the examples, too
    "abort_on_example_error": True,
    "nested_sections": False,
}

templates_path = ["_templates"]
html_theme = "pydata_sphinx_theme"
html_title = "chainrule"
html_static_path = ["_static"]
html_css_files = ["chainrule.css"]
html_show_sourcelink = False
html_theme_options = {
    "navbar_align": "left",
    "navbar_end": ["theme-switcher"],
    "footer_start": ["copyright"],
    "footer_end": [],
    "secondary_sidebar_items": ["page-toc"],
    "show_prev_next": True,
    "navigation_with_keys": False,
}
copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True
