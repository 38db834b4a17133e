"""Looks at pages in a real browser, where there is one: Chromium, driven by Playwright. See `conftest.tab`."""

import shutil

import pytest

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
NEEDS_A_BROWSER = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on the path")

OVERFLOWING = """() => [...document.querySelectorAll("body *")].filter(e => {
  const box = e.getBoundingClientRect();
  return box.width && (box.right > innerWidth + 0.5 || box.left < -0.5) && !e.closest(".scroll") && !e.matches(".skip");
}).map(e => `${e.tagName}.${e.getAttribute("class")}: ${e.textContent.slice(0, 40)}`)"""

# Text whose contrast with the nearest painted background is below 4.5, by WCAG 2's formula. Axe's own rule takes a
# hundred times as long and passes over the text in pictures; it is run on one page, to check this one.
PALE = """() => {
  const parts = colour => colour.match(/[\\d.e-]+/g).map(Number).map(x => colour.startsWith("color(") ? x : x / 255);
  const painted = element => {
    for (; element; element = element.parentElement) {
      const colour = getComputedStyle(element).backgroundColor;
      if (!/^rgba\\(.*, 0\\)$/.test(colour)) return colour;
    }
    return "rgb(255, 255, 255)";
  };
  const light = colour => parts(colour).slice(0, 3)
    .map(x => x <= 0.04045 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4)
    .reduce((sum, x, i) => sum + x * [0.2126, 0.7152, 0.0722][i], 0);
  const own = element => [...element.childNodes].some(node => node.nodeType === 3 && node.data.trim());
  return [...document.querySelectorAll("body *")].filter(own).filter(element => element.getClientRects().length)
    .map(element => {
      const style = getComputedStyle(element);
      const [a, b] = [element.closest("svg") ? style.fill : style.color, painted(element)].map(light);
      return [(Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05), element.textContent.slice(0, 40)];
    }).filter(([ratio]) => ratio < 4.5);
}"""

LOADED = "() => [...document.images].every(image => image.complete && image.naturalWidth > 0)"


# The labels of the ticks of a picture that lie on each other, and text that a picture cuts off.
COLLIDING = """() => [...document.querySelectorAll("svg")].filter(svg => svg.getClientRects().length).flatMap(svg => {
  const boxes = [...svg.querySelectorAll("text")].map(text => [text.textContent, text.getBoundingClientRect()]);
  const found = [];
  boxes.forEach(([one, a], i) => boxes.slice(i + 1).forEach(([two, b]) => {
    const wide = Math.min(a.right, b.right) - Math.max(a.left, b.left);
    const high = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
    if (wide > 2 && high > 4) found.push(`${one} | ${two}`);
  }));
  return found;
})"""


def look_at(tab, path):
    """Open a page and every part of it that is folded; what it asked for, and what the console said."""
    asked, said = [], []
    tab.on("request", lambda request: asked.append(request.url))
    tab.on("console", lambda message: said.append(message.text))
    tab.on("pageerror", lambda error: said.append(str(error)))
    tab.goto(path.as_uri())
    tab.evaluate("() => document.querySelectorAll('details').forEach(part => part.open = true)")
    return [url for url in asked if url != path.as_uri() and not url.startswith("data:")], said


def violations(tab, *, contrast=False):
    """What axe-core finds, with the first elements of each kind."""
    from axe_playwright_python.sync_playwright import Axe

    options = {"resultTypes": ["violations"], "rules": {"color-contrast": {"enabled": contrast}}}
    # What is inside a picture is not read out one by one.
    context = {"exclude": [["svg *"]]} if tab.locator("svg *").count() else None
    found = Axe().run(tab, context=context, options=options).response["violations"]
    return [(item["id"], [node["html"][:90] for node in item["nodes"][:3]]) for item in found]


def look_over(tab, path, *, contrast=False):
    """Asserts that a page asks for nothing, fits a desk and a phone, and can be read, in both schemes and on paper."""
    assert look_at(tab, path) == ([], [])
    assert tab.evaluate(LOADED)
    assert tab.evaluate(OVERFLOWING) == []
    assert violations(tab, contrast=contrast) == []
    assert tab.evaluate(PALE) == []
    tab.emulate_media(color_scheme="dark")
    assert tab.evaluate(PALE) == []
    tab.set_viewport_size({"width": 360, "height": 800})
    assert tab.evaluate(OVERFLOWING) == []
    assert tab.evaluate("() => document.documentElement.scrollWidth") == 360
    tab.emulate_media(media="print")
    assert tab.evaluate("() => getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
