"""Configures the site. ``sphinx-build -W -n docs docs/_build`` builds it."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import pictures
from docutils import nodes

import functorch_compat

project = "functorch-compat"
version = release = functorch_compat.__version__
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["_build"]
html_theme = "furo"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_title = f"functorch-compat {version}"
html_show_copyright = False
myst_heading_anchors = 3
autodoc_member_order = "bysource"
autodoc_typehints = "description"
# These names belong to other projects, or are words in torch's own docstrings.
nitpick_ignore_regex = [
    ("py:.*", r"(collections|types|typing|torch)\..*"),
    ("py:.*", "Tensors|grad|AuditError"),
]

pictures.draw(Path(__file__).parent / "_pictures")


def mark_long_code(app, doctree):
    """Give inline code that is too long for a line of a phone a class, so that it may break."""
    for literal in doctree.findall(nodes.literal):
        if len(literal.astext()) > 34:
            literal["classes"].append("long")


def setup(app):
    app.connect("doctree-read", mark_long_code)
