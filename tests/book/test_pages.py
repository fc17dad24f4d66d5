"""Every page, opened in a real browser that reaches nothing but the book itself."""

from __future__ import annotations

import re

import pytest
from chapters import ROOT, chapters

WIDTHS = {"phone": 390, "laptop": 1200}


def test_a_page_asks_for_nothing_outside(visit, page):
    assert visit(page).outside == []


def test_a_page_logs_no_error(visit, page):
    assert visit(page).errors == []


def test_every_formula_is_rendered(visit, page):
    unrendered = visit(page).page.evaluate(
        "[...document.querySelectorAll('.math')]"
        ".filter(e => !e.querySelector('mjx-container') || e.querySelector('mjx-merror'))"
        ".map(e => e.textContent)"
    )
    assert unrendered == []


@pytest.mark.parametrize("width", WIDTHS.values(), ids=WIDTHS)
def test_a_page_fits_its_window(visit, page, width):
    tab = visit(page, width).page
    too_wide = tab.evaluate(
        "[...document.querySelectorAll('body *')]"
        ".filter(e => e.getBoundingClientRect().right > innerWidth + 1)"
        ".map(e => e.outerHTML.slice(0, 120)).slice(0, 5)"
    )
    assert tab.evaluate("document.documentElement.scrollWidth") <= width, too_wide


def test_code_of_80_columns_needs_no_scroll_bar_on_a_laptop(visit, page):
    visit(page).unfold()
    cut_off = visit(page).page.evaluate(
        "[...document.querySelectorAll('.cell_input pre')]"
        ".filter(e => e.scrollWidth > e.clientWidth).map(e => e.textContent.slice(0, 120))"
    )
    assert cut_off == []


def test_every_picture_has_alt_text(visit, page):
    alts = visit(page).page.evaluate(
        "[...document.querySelectorAll('img')].map(e => [e.src, e.getAttribute('alt')])"
    )
    bare = [src for src, alt in alts if not alt or re.search(r"\.(png|svg|jpe?g)$|[\\/]", alt)]
    assert bare == []


@pytest.mark.parametrize("chapter", chapters(ROOT))
def test_a_page_with_code_offers_its_notebook(visit, site, chapter):
    link = visit(chapter).page.locator("a[href$='.ipynb']").first
    address = link.evaluate("e => e.href")
    answer = visit(chapter).page.request.get(address)
    assert answer.ok and answer.json()["nbformat"] == 4


def test_the_front_door_leads_to_the_first_page(browser, site):
    tab = browser.new_page()
    tab.goto(f"{site}/index.html")
    tab.wait_for_url(f"{site}/book/index.html")
    tab.close()


def test_formulas_render_when_the_pages_are_opened_as_files(visit, html):
    tab = visit("book/autoencoders/pca", site=html.as_uri()).page
    assert tab.locator("mjx-container").count() > 50


def test_an_answer_is_folded_away_and_opens(visit):
    tab = visit("book/autoencoders/pca").page
    answer = tab.get_by_text("Every invertible mixture")
    assert not answer.is_visible()
    tab.get_by_text("Answer", exact=True).first.click()
    assert answer.is_visible()


def test_a_solution_is_folded_away_with_its_code(visit):
    tab = visit("book/autoencoders/pca").page
    code = tab.get_by_text("components_for").first
    assert not code.is_visible()
