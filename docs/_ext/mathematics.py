"""Formulas as MathML, which browsers draw themselves: no script, no font and no network are needed."""

import re

from docutils import nodes
from docutils.utils.math import MathError
from docutils.utils.math.latex2mathml import tex2mathml
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.writers.html5 import HTML5Translator

# Brackets that neither grow nor keep a distance, as the number of a layer in W^[l] wants them.
FENCE = re.compile(r"<mo[^>]*>([\[\]()])</mo>")

logger = logging.getLogger(__name__)


def drawn(node: nodes.math | nodes.math_block, as_block: bool) -> str:
    """The MathML of a formula; a warning, which fails the build, where it cannot be read."""
    try:
        return FENCE.sub(
            r'<mo stretchy="false" lspace="0" rspace="0">\1</mo>', tex2mathml(node.astext(), as_block=as_block)
        )
    except MathError as problem:
        logger.warning("a formula cannot be read: %s: %s", node.astext(), problem, location=node)
        return ""


def inline(self: HTML5Translator, node: nodes.math) -> None:
    self.body.append(drawn(node, as_block=False))
    raise nodes.SkipNode


def block(self: HTML5Translator, node: nodes.math_block) -> None:
    self.body.append(f'<div class="math">{drawn(node, as_block=True)}</div>')
    raise nodes.SkipNode


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_html_math_renderer("mathml", (inline, None), (block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
