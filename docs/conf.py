"""How the pages become a site: `python -m sphinx -W --keep-going docs docs/_build`."""

import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent / "_ext"), str(Path(__file__).parents[1])]

import dlrun  # noqa: E402

project, author, release = "dlrun", "the authors of dlrun", dlrun.__version__
copyright = author
extensions = ["myst_parser", "accessible", "mathematics", "running", "reference"]
exclude_patterns = ["_build", "_made/kept", "outputs", "_ext"]
myst_enable_extensions = ["dollarmath", "amsmath", "attrs_inline", "deflist"]
myst_heading_anchors = 3
html_math_renderer = "mathml"
html_theme, html_title = "furo", f"dlrun {release}"
html_static_path = ["_static"]
html_css_files = ["pages.css"]
html_copy_source = False
html_show_sphinx = False
pygments_style, pygments_dark_style = "a11y-high-contrast-light", "a11y-high-contrast-dark"
highlight_language = "text"
nitpicky = True
# A command's output is no code, whatever its lexer makes of it.
suppress_warnings = ["misc.highlighting_failure"]
