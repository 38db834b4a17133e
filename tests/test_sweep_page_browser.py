"""The page of a sweep in a real browser, where there is one: both schemes, a phone, the keyboard, no script, paper."""

import pytest
from browsing import COLLIDING, NEEDS_A_BROWSER, look_at, look_over
from sweeps import drawn_of, four_keys, hostile_sweep, lambda_sweep, two_keys

from dlrun.report.page.sweep import sweep_page

pytest.importorskip("axe_playwright_python.sync_playwright")
pytestmark = NEEDS_A_BROWSER

PAGES = ("one", "two", "four", "hostile")


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pages")
    one, two, four = lambda_sweep(), two_keys(), four_keys()
    texts = {
        "one": sweep_page(one, drawn_of(one, inputs=True)),
        "two": sweep_page(two, drawn_of(two)),
        "four": sweep_page(four, drawn_of(four)),
        "hostile": sweep_page(*hostile_sweep()),
    }
    for name, text in texts.items():
        (folder / f"{name}.html").write_text(text, encoding="utf-8")
    return {name: folder / f"{name}.html" for name in texts}


@pytest.mark.parametrize("name", PAGES)
def test_a_page_asks_for_nothing_fits_loads_and_is_accessible(name, pages, tab):
    look_over(tab, pages[name], contrast=name == "one")


@pytest.mark.parametrize("name", PAGES)
def test_no_text_of_a_picture_lies_on_another(name, pages, tab):
    look_at(tab, pages[name])
    assert tab.evaluate(COLLIDING) == []
    for scale in tab.get_by_label("logarithmic").all():
        scale.check()
    assert tab.evaluate(COLLIDING) == []
    tab.set_viewport_size({"width": 360, "height": 800})
    assert tab.evaluate(COLLIDING) == []


def test_what_is_written_above_a_wide_table_is_read_without_scrolling(pages, tab):
    beyond = """() => {
      const region = document.querySelector("table.sortable").closest(".scroll"), table = region.firstElementChild;
      return [region.scrollWidth - region.clientWidth,
        table.caption.getBoundingClientRect().right - region.getBoundingClientRect().right];
    }"""
    look_at(tab, pages["four"])
    for width in (1280, 900, 360):
        tab.set_viewport_size({"width": width, "height": 800})
        of_table, of_caption = tab.evaluate(beyond)
        assert of_table > 0
        assert of_caption <= 0


def test_numbers_in_cells_can_be_read_on_their_colours(pages, tab):
    contrast = """() => {
      const parts = colour => colour.match(/[\\d.e-]+/g).map(Number)
        .map(x => colour.startsWith("color(") ? x : x / 255);
      const light = colour => parts(colour).slice(0, 3)
        .map(x => x <= 0.04045 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4)
        .reduce((sum, x, i) => sum + x * [0.2126, 0.7152, 0.0722][i], 0);
      const ink = light(getComputedStyle(document.querySelector("svg text.label")).fill);
      return [...document.querySelectorAll("rect.heat")].map(cell => light(getComputedStyle(cell).fill))
        .map(paint => (Math.max(ink, paint) + 0.05) / (Math.min(ink, paint) + 0.05));
    }"""
    look_at(tab, pages["two"])
    for scheme in ("light", "dark"):
        tab.emulate_media(color_scheme=scheme)
        ratios = tab.evaluate(contrast)
        assert len(ratios) == 7
        assert min(ratios) > 4.5
        assert len({round(ratio, 3) for ratio in ratios}) == 7  # each error has its own shade


def shown_values(tab):
    return [each.get_attribute("data-value") for each in tab.locator(".at-value").all() if each.is_visible()]


def test_the_slider_moves_by_keyboard_through_the_values_and_tells_their_errors(pages, tab):
    look_at(tab, pages["one"])
    slider, told = tab.get_by_role("slider", name="regularization.lambda"), tab.locator("output[aria-live=polite]")
    assert shown_values(tab) == ["3"]
    assert told.inner_text() == "lambda 3: train error 12.0%, dev error 15.7% [13.7, 17.7], means of 5 seeds"
    slider.focus()
    tab.keyboard.press("Home")
    assert shown_values(tab) == ["0"]
    assert slider.get_attribute("aria-valuetext") == "0"
    assert told.inner_text().startswith("lambda 0: train error 0.0%, dev error 22.0%")
    for value in ("0.1", "0.3"):
        tab.keyboard.press("ArrowRight")
        assert shown_values(tab) == [value]
    tab.keyboard.press("End")
    assert shown_values(tab) == ["10"]
    assert tab.locator(".at-value.current svg").count() == 3


def test_without_a_script_and_on_paper_all_values_are_small_multiples(browser, pages, tab):
    context = browser.new_context(java_script_enabled=False, viewport={"width": 1280, "height": 900})
    still = context.new_page()
    still.goto(pages["one"].as_uri())
    assert shown_values(still) == ["0", "0.1", "0.3", "1", "3", "10"]
    assert not still.locator(".slider").is_visible()
    assert still.get_by_role("heading", name="3 (best)").is_visible()
    context.close()
    look_at(tab, pages["one"])
    tab.emulate_media(media="print")
    assert shown_values(tab) == ["0", "0.1", "0.3", "1", "3", "10"]
    assert not tab.locator(".slider").is_visible()


def test_small_multiples_can_be_read_too(browser, pages):
    context = browser.new_context(java_script_enabled=False)
    still = context.new_page()
    still.goto(pages["one"].as_uri())
    for width in (1280, 360):
        still.set_viewport_size({"width": width, "height": 900})
        text = still.locator(".at-value svg text")
        heights = text.evaluate_all("all => all.map(text => text.getBoundingClientRect().height)")
        assert min(heights) > 10
    context.close()


def test_the_table_is_sorted_by_a_click(pages, tab):
    look_at(tab, pages["two"])
    column = "() => [...document.querySelectorAll('tbody tr')].map(row => row.cells[6].dataset.value)"
    tab.get_by_role("button", name="train").click()
    known = [float(value) for value in tab.evaluate(column) if value]
    assert len(known) == 7
    assert known == sorted(known)
    tab.get_by_role("button", name="train").click()
    assert [float(value) for value in tab.evaluate(column) if value] == known[::-1]


def test_hostile_names_are_text_and_nothing_else(tab, pages):
    look_at(tab, pages["hostile"])
    assert "<script>alert(1)</script>" in tab.inner_text("main")
    assert tab.locator("main script, img[src=x]").count() == 0
    tab.get_by_role("slider").press("End")
    assert "[bold red]x[/]" in tab.inner_text("main")
