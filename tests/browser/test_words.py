"""Words in the storefront: completions by keyboard, and chips of what was understood."""

from playwright.sync_api import expect

from tests.support.browser_pages import faults, heading, ids


def test_completions_are_chosen_with_the_keyboard(visit, rows):
    page = visit("/search")
    query, options = page.locator("#q"), page.get_by_role("option")
    expect(query).to_have_attribute("role", "combobox")
    expect(query).to_have_attribute("aria-expanded", "false")
    query.press_sequentially("sungl", delay=20)
    expect(options.first).to_contain_text("sunglasses")
    expect(query).to_have_attribute("aria-expanded", "true")
    heading(page, "Sungl")
    expect(page.locator(".results")).to_have_css("opacity", "1")  # the list has come
    assert not faults(page)
    query.press("ArrowDown")
    expect(options.first).to_have_attribute("aria-selected", "true")
    expect(query).to_have_attribute("aria-activedescendant", "suggestions-0")
    query.press("ArrowUp")
    expect(options.first).to_have_attribute("aria-selected", "false")
    query.press("ArrowDown")
    query.press("Enter")
    heading(page, "Sunglasses")
    expect(query).to_have_value("sunglasses")
    expect(page.get_by_role("listbox")).to_be_hidden()
    assert rows[ids(page)[0]]["articleType"] == "Sunglasses"


def test_escape_closes_completions_and_keeps_the_words(visit):
    page = visit("/search")
    page.locator("#q").press_sequentially("bla", delay=20)
    expect(page.get_by_role("option").first).to_be_visible()
    page.locator("#q").press("Escape")
    expect(page.get_by_role("listbox")).to_be_hidden()
    expect(page.locator("#q")).to_have_value("bla")
    expect(page.locator("#q")).to_have_attribute("aria-expanded", "false")


def test_a_completion_is_taken_with_a_tap(visit):
    page = visit("/search")
    page.locator("#q").press_sequentially("backp", delay=20)
    page.get_by_role("option").first.click()
    heading(page, "Backpacks")


def test_a_part_that_was_understood_is_taken_away(visit, rows):
    page = visit("/search?q=watches+under+60")
    assert not faults(page)
    assert {rows[one]["price"] < 60 for one in ids(page)} == {True}
    page.locator(".understood .pill", has_text="under 60").click()
    expect(page.locator(".understood .pill", has_text="under 60")).to_have_count(0)
    assert "understand=-price" in page.url
    page.get_by_role("button", name="Understand everything").click()
    expect(page.locator(".understood .pill", has_text="under 60")).to_be_visible()
    assert "understand" not in page.url


def test_other_words_are_understood_afresh(visit):
    page = visit("/search?q=watches+under+60&understand=-price")
    expect(page.locator(".understood .pill", has_text="under 60")).to_have_count(0)
    page.locator("#q").fill("bags under 60")
    heading(page, "Bags under 60")
    expect(page.locator(".understood .pill", has_text="under 60")).to_be_visible()


def test_without_scripts_words_are_understood_and_corrected(visit, rows):
    page = visit("/search?q=sungalsses", java_script_enabled=False)
    expect(page.locator(".understood")).to_contain_text("Showing results for sunglasses.")
    assert rows[ids(page)[0]]["articleType"] == "Sunglasses"
    page.get_by_role("button", name="Search sungalsses instead").click()
    assert "understand=-spelling" in page.url
    expect(page.locator(".understood")).not_to_contain_text("Showing results")
    page.locator("#q").fill("red hat")
    page.locator("#q").press("Enter")
    heading(page, "Red hat")
