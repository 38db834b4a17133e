"""The pages in a real browser, where there is one: Chromium from the system's packages, driven by Playwright."""

import shutil

import pytest
from pages import train_all

playwright = pytest.importorskip("playwright.sync_api")
axe = pytest.importorskip("axe_playwright_python.sync_playwright")
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on the path")

PAGES = ("digits", "moons_overfit", "diabetes", "vanishing_150", "hostile", "wild", "comparison", "columns", "index")

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


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    return train_all(tmp_path_factory.mktemp("pages"))


@pytest.fixture(scope="module")
def browser():
    with playwright.sync_playwright() as started:
        found = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield found
        found.close()


@pytest.fixture
def tab(browser):
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    yield context.new_page()
    context.close()


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
    options = {"resultTypes": ["violations"], "rules": {"color-contrast": {"enabled": contrast}}}
    # What is inside a picture is not read out one by one.
    context = {"exclude": [["svg *"]]} if tab.locator("svg *").count() else None
    found = axe.Axe().run(tab, context=context, options=options).response["violations"]
    return [(item["id"], [node["html"][:90] for node in item["nodes"][:3]]) for item in found]


@pytest.mark.parametrize("name", PAGES)
def test_a_page_asks_for_nothing_fits_loads_and_is_accessible(name, pages, tab):
    assert look_at(tab, pages[name]) == ([], [])
    assert tab.evaluate(LOADED)
    assert tab.evaluate(OVERFLOWING) == []
    assert violations(tab, contrast=name == "moons_overfit") == []
    assert tab.evaluate(PALE) == []
    tab.emulate_media(color_scheme="dark")
    assert tab.evaluate(PALE) == []
    tab.set_viewport_size({"width": 360, "height": 800})
    assert tab.evaluate(OVERFLOWING) == []
    assert tab.evaluate("() => document.documentElement.scrollWidth") == 360
    tab.emulate_media(media="print")
    assert tab.evaluate("() => getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"


def test_the_checks_see_what_they_are_for(tab, tmp_path):
    bad = tmp_path / "bad.html"
    bad.write_text(
        "<!doctype html><html lang=en><title>bad</title><main><h1 style='color:#aaa'>pale</h1>"
        "<div style='width:3000px'>wide</div><img src='http://localhost:9/absent.png'></main></html>"
    )
    asked, said = look_at(tab, bad)
    assert asked == ["http://localhost:9/absent.png"]
    assert said
    assert not tab.evaluate(LOADED)
    assert any("wide" in element for element in tab.evaluate(OVERFLOWING))
    assert [text for _, text in tab.evaluate(PALE)] == ["pale"]
    assert {"color-contrast", "image-alt"} <= {rule for rule, _ in violations(tab, contrast=True)}


def test_the_scale_of_the_curves_is_chosen_without_a_script(browser, pages):
    context = browser.new_context(java_script_enabled=False)
    tab = context.new_page()
    tab.goto(pages["digits"].as_uri())
    shown = [tab.locator(".linear").first.is_visible(), tab.locator(".logarithmic").first.is_visible()]
    tab.get_by_label("logarithmic").check()
    assert shown == [True, False]
    assert not tab.locator(".linear").first.is_visible()
    assert tab.locator(".logarithmic").first.is_visible()
    context.close()


def test_the_index_is_sorted_by_a_click_and_leads_to_the_reports(tab, pages):
    look_at(tab, pages["index"])
    column = "() => [...document.querySelectorAll('tbody tr')].map(row => row.cells[4].dataset.value)"
    tab.get_by_role("button", name="dev").click()
    known = [float(value) for value in tab.evaluate(column) if value]
    assert len(known) > 3
    assert known == sorted(known)
    tab.get_by_role("button", name="dev").click()
    assert [float(value) for value in tab.evaluate(column) if value] == known[::-1]
    tab.get_by_role("link", name="digits").click()
    assert tab.url == pages["digits"].as_uri()


def test_hostile_names_are_text_and_nothing_else(tab, pages):
    look_at(tab, pages["hostile"])
    text = tab.inner_text("main")
    assert "<script>alert(1)</script>" in text
    assert "[bold red]x[/]" in text
    assert tab.locator("main script, img[src=x]").count() == 0
