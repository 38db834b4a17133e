"""Small mends of the theme's pages: what scrolls can be reached by keyboard, and the two side columns have names.

With them axe-core finds nothing.
"""

from pathlib import Path

from sphinx.application import Sphinx

MENDS = (
    ("<pre>", '<pre tabindex="0">'),
    ('<div class="picture">', '<div class="picture" tabindex="0">'),
    ('<div class="table-wrapper', '<div tabindex="0" class="table-wrapper'),
    ('<aside class="sidebar-drawer">', '<aside class="sidebar-drawer" aria-label="All pages">'),
    ('<aside class="toc-drawer', '<aside aria-label="On this page" class="toc-drawer'),
)


def mend(app: Sphinx, failure: Exception | None) -> None:
    """Mends every page that was written; a page that is mended already stays as it is."""
    for path in Path(app.outdir).rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        mended = text
        for found, instead in MENDS:
            mended = mended.replace(found, instead)
        if mended != text:
            path.write_text(mended, encoding="utf-8")


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("build-finished", mend)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
