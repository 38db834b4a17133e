"""The pages in a real browser, where there is one: Chromium from the system's packages, driven by Playwright."""

import pytest
from browsing import COLLIDING, LOADED, NEEDS_A_BROWSER, OVERFLOWING, PALE, look_at, look_over, violations
from pages import train_all

pytest.importorskip("axe_playwright_python.sync_playwright")
pytestmark = NEEDS_A_BROWSER

PAGES = ("digits", "moons_overfit", "diabetes", "vanishing_150", "hostile", "wild", "comparison", "columns", "index")


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    return train_all(tmp_path_factory.mktemp("pages"))


@pytest.mark.parametrize("name", PAGES)
def test_a_page_asks_for_nothing_fits_loads_and_is_accessible(name, pages, tab):
    look_over(tab, pages[name], contrast=name == "moons_overfit")


@pytest.mark.parametrize("name", ["digits", "moons_overfit", "vanishing_150"])
def test_no_text_of_a_picture_lies_on_another(name, pages, tab):
    look_at(tab, pages[name])
    assert tab.evaluate(COLLIDING) == []
    tab.set_viewport_size({"width": 360, "height": 800})
    assert tab.evaluate(COLLIDING) == []


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
