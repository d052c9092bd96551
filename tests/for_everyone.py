"""What every page must be for everyone: clean by axe, in both themes, and without sideways scroll."""

from server_process import REPOSITORY

AXE = (REPOSITORY / "web/node_modules/axe-core/axe.min.js").read_text()
THEMES = ("light", "dark")
# A laptop's width, a laptop's at 200 % zoom, and the least of WCAG 1.4.10.
WIDTHS = (1280, 640, 320)
ZOOMED = 640
HEIGHT = 800

# Text that is cut off though nothing tells the whole of it.
CUT_OFF = """() => [...document.querySelectorAll('body *')].filter(element => {
  const style = getComputedStyle(element);
  return ['hidden', 'clip'].includes(style.overflowX) && style.position !== 'absolute'
    && style.clipPath === 'none' && element.scrollWidth > element.clientWidth + 1
    && element.checkVisibility() && !element.closest('[title], .visually-hidden');
}).map(element => element.outerHTML.slice(0, 160))"""


def settle(page):
    """Waits until what a change of width or theme brings is drawn: the page follows it in the next
    frames, not at once."""
    page.evaluate(
        "new Promise(drawn => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(drawn))))"
    )


def axe_problems(page):
    """What axe finds with all its rules, in a line each."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE)
    found = page.evaluate("axe.run(document, { resultTypes: ['violations'] })")
    return [
        f"{violation['id']}: {node['html'][:160]} {node.get('failureSummary', '')[:300]}"
        for violation in found["violations"]
        for node in violation["nodes"][:3]
    ]


def check_for_everyone(page):
    """axe finds nothing in what the page shows now, in either theme, wide and narrow; nothing
    scrolls sideways or is cut off, also at 200 % zoom."""
    page.emulate_media(reduced_motion="reduce")
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": HEIGHT})
        settle(page)
        needed = page.evaluate("document.documentElement.scrollWidth")
        assert needed <= width, f"{page.url} scrolls sideways: {needed} px"
        cut_off = page.evaluate(CUT_OFF)
        assert not cut_off, f"{page.url} cuts off at {width} px: {cut_off}"
        for theme in THEMES if width != ZOOMED else ():
            page.emulate_media(color_scheme=theme)
            settle(page)
            problems = axe_problems(page)
            assert not problems, f"{page.url} in {theme} at {width} px: {problems}"
