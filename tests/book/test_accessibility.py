"""Every page passes axe-core at WCAG 2.1 A and AA: light, dark and on a phone, all folds open."""

from __future__ import annotations

from importlib.resources import files

import pytest

AXE = (files("axe_playwright_python") / "axe.min.js").read_text()
LEVELS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]
COLOURS = ["color-contrast", "link-in-text-block"]
LOOKS = {  # width, colours of the system, what axe is to do
    "light": (1280, "light", {"runOnly": LEVELS}),
    "dark": (1280, "dark", {"runOnly": COLOURS}),
    "phone": (390, "light", {"runOnly": LEVELS, "rules": {COLOURS[0]: {"enabled": False}}}),
}
# What may stay as it is: by page, the rule and the selector, with the reason.
EXCEPTIONS: dict[str, dict[tuple[str, str], str]] = {}

WEARS = "colours => [undefined, colours].includes(document.documentElement.dataset.theme)"
# Contrast takes axe a thousandth of a second an element. So it looks, in each page and each look,
# at the first of those with the same text and backgrounds, and at all that are typed in.
MARK = """() => {
    const seen = new Set();
    const behind = new Map([[null, ""]]);
    for (const element of document.querySelectorAll("*")) {
        const style = getComputedStyle(element);
        const placed = !["static", "relative"].includes(style.position);
        const around = [style.backgroundColor, style.backgroundImage, style.opacity, style.filter];
        behind.set(element, behind.get(element.parentElement) + (placed ? seen.size : "") + around);
        const text = [style.color, style.font, style.textShadow, style.webkitTextStroke];
        const key = [element.tagName, element.className, text, behind.get(element)].join();
        const says = [...element.childNodes].some(node => node.nodeType === 3 && node.data.trim());
        const isShown = element.checkVisibility({visibilityProperty: true});
        const isNew = says && isShown && !seen.has(key);
        if (isNew) seen.add(key);
        const isTyped = element.matches("input, select, textarea");
        element.toggleAttribute("data-new-look", isNew || isTyped);
    }
    axe.configure({rules: [{id: "color-contrast", selector: "[data-new-look]"}]});
}"""
RUN = """async options => {
    for (let frame = 0; frame < 2; frame++) await new Promise(requestAnimationFrame);
    document.getAnimations().forEach(animation => animation.finish());
    return (await axe.run({...options, resultTypes: ["violations"]})).violations;
}"""


def faults(tab, looks=LOOKS) -> dict[tuple[str, str], str]:
    """What axe finds on a page, by rule and selector, and what it says to do."""
    found = {}
    if not tab.evaluate("'axe' in window"):
        tab.evaluate(AXE)
    for look, (width, colours, options) in looks.items():
        tab.set_viewport_size({"width": width, "height": 900})
        tab.emulate_media(color_scheme=colours)
        tab.wait_for_function(WEARS, arg=colours)
        tab.evaluate(MARK)
        for rule in tab.evaluate(RUN, options):
            for node in rule["nodes"]:
                where = " ".join(map(str, node["target"]))
                found[rule["id"], where] = (
                    f"{rule['id']} ({look}): {rule['help']}\n"
                    f"{where}: {' '.join(node['html'].split())[:200]}\n{node['failureSummary']}"
                )
    return found


def complaints(found, excepted) -> list[str]:
    """Report the faults that nothing excepts, and the exceptions that nothing needs any more."""
    return [text for key, text in found.items() if key not in excepted] + [
        f"Nothing needs the exception {key} any more; delete it."
        for key in excepted
        if key not in found
    ]


def check(tab, excepted=()) -> None:
    """Fail with everything that is wrong with a page."""
    wrong = complaints(faults(tab), excepted)
    assert not wrong, "\n\n".join(wrong)


def test_a_page_is_accessible(visit, page):
    visit(page).unfold()
    tab = visit(page).page
    check(tab, EXCEPTIONS.get(page, {}))


def test_unfolding_leaves_nothing_folded(visit):
    visit("book/autoencoders/pca").unfold()
    tab = visit("book/autoencoders/pca").page
    assert tab.get_by_text("Every invertible mixture").is_visible()
    assert tab.get_by_text("components_for").first.is_visible()


@pytest.mark.parametrize(
    ("width", "button"),
    {"search": (1280, ".search-button__button"), "contents": (390, ".primary-toggle")}.values(),
    ids=["search", "contents"],
)
def test_what_a_button_opens_is_accessible(visit, width, button):
    tab = visit("book/start/using", width).page
    tab.locator(f"{button}:visible").first.click()
    assert tab.locator("dialog[open]").is_visible()
    check(tab)


def test_the_place_a_link_leads_to_is_accessible(visit):
    tab = visit("_modules/mmlearn_helpers/plots/style").page
    tab.evaluate("location.hash = document.querySelector('.viewcode-block').id")
    check(tab)


SOUND = """<!doctype html><html lang="en"><title>A page</title>
<main><h1>A page</h1><p>Text with a <a href="#">link</a>.</p>{}</main></html>"""
FAULTS = {
    "image-alt": '<img src="data:image/gif;base64,R0lGODlhAQABAAAAACw=">',
    "color-contrast": '<span style="color: #999">too faint</span>',
    "button-name": "<button></button>",
    "scrollable-region-focusable": (
        '<pre style="width: 5em; height: 2em; overflow: auto">one line that is too long\n\n\n</pre>'
    ),
}


@pytest.fixture
def blank(browser):
    """A tab with nothing in it."""
    tab = browser.new_page()
    yield tab
    tab.close()


def test_a_sound_page_passes(blank):
    blank.set_content(SOUND.format(""))
    check(blank)


@pytest.mark.parametrize("rule", FAULTS)
def test_a_planted_fault_is_caught(blank, rule):
    blank.set_content(SOUND.format(FAULTS[rule]))
    found = faults(blank)
    assert {name for name, _ in found} == {rule}
    with pytest.raises(AssertionError, match=rf"{rule} \(.*\n.*\n\s*Fix"):
        check(blank)
    check(blank, found)


BACKGROUNDS = """<p style="color: #666">dark enough on white</p>
<div style="background: #999"><p style="color: #666">and too faint on grey</p></div>"""


def test_the_same_colour_is_tried_on_each_background(blank):
    blank.set_content(SOUND.format(BACKGROUNDS))
    assert list(faults(blank)) == [("color-contrast", "div > p")]


def test_what_lies_hidden_stands_for_nothing(blank):
    hidden = '<p hidden style="color: #999">too faint</p><p style="color: #999">too faint</p>'
    blank.set_content(SOUND.format(hidden))
    assert [rule for rule, _ in faults(blank)] == ["color-contrast"]


def test_a_fault_in_the_dark_alone_is_caught(blank):
    style = "<style>@media (prefers-color-scheme: dark) { body { color: #bbb } }</style>"
    blank.set_content(SOUND.format(style))
    with pytest.raises(AssertionError, match=r"color-contrast \(dark\)"):
        check(blank)


def test_an_exception_that_nothing_needs_is_caught(blank):
    blank.set_content(SOUND.format(""))
    with pytest.raises(AssertionError, match=r"'button-name', 'button'.*delete it"):
        check(blank, {("button-name", "button"): "It had no label."})
