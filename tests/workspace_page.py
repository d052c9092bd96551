"""What a labeler does in the workspace, by the accessible names of reference/labeling.md 4.2."""

import re

from playwright.sync_api import Page, expect


class WorkspacePage:
    """The workspace in a labeler's browser. Points are in pixels of the picture."""

    def __init__(self, page: Page):
        self._page = page

    @staticmethod
    def start(page: Page):
        """Presses Start on the Work page; gives the workspace that opens."""
        page.get_by_role("button", name="Start").click()
        page.wait_for_url(re.compile(r"/live/label/[0-9a-f]{24}$"))
        return WorkspacePage(page)

    def claim_id(self):
        """The claim that is open, by the address."""
        return self._page.url.rsplit("/", 1)[1]

    def submit(self):
        """Presses Submit."""
        self._page.get_by_role("button", name="Submit").click()

    def submit_and_wait_for_next(self):
        """Presses Submit and waits for the next task, which must come by itself."""
        before = self._page.url
        self.submit()
        self._page.wait_for_url(lambda url: url != before and re.search(r"/live/label/[0-9a-f]{24}$", url))

    def skip(self, reason):
        """Skips the task for a reason, and waits until another page is there."""
        before = self._page.url
        self._page.get_by_role("button", name="Skip", exact=True).click()
        dialog = self._page.get_by_role("dialog", name="Skip task")
        dialog.get_by_role("radio", name=reason).check()
        dialog.get_by_role("button", name="Skip").click()
        self._page.wait_for_url(lambda url: url != before)

    def choose_tool(self, name):
        """Takes a drawing tool."""
        self._choose("Tool", name)

    def choose_label(self, name):
        """Takes a label for what is drawn next."""
        self._choose("Label", name)

    def picture_size(self):
        """Width and height of the picture, once it is shown."""
        expect(self._stage()).to_have_attribute("data-image-width", re.compile("[1-9]"))
        return tuple(int(self._stage().get_attribute(f"data-image-{side}")) for side in ("width", "height"))

    def drag(self, start, end):
        """Draws by dragging from a point of the picture to another."""
        mouse = self._page.mouse
        mouse.move(*self._on_screen(start))
        mouse.down()
        mouse.move(*self._on_screen(end), steps=5)
        mouse.up()

    def click(self, *points):
        """Clicks points of the picture, one after another."""
        for point in points:
            self._page.mouse.click(*self._on_screen(point))

    def press(self, key):
        """Presses a key while the stage has the focus."""
        self._stage().press(key)

    def objects(self):
        """What the object list says, line by line."""
        return self._page.get_by_role("listbox", name="Objects").get_by_role("option").all_inner_texts()

    def expect_objects(self, count):
        """Waits until so many objects are in the list."""
        options = self._page.get_by_role("listbox", name="Objects").get_by_role("option")
        expect(options).to_have_count(count)

    def _stage(self):
        return self._page.get_by_role("application", name="Picture")

    def _choose(self, group, name):
        group = self._page.get_by_role("radiogroup", name=group, exact=True)
        radio = group.get_by_role("radio", name=name, exact=True)
        radio.click()
        expect(radio).to_be_checked()

    def _on_screen(self, point):
        stage = self._stage()
        box = stage.bounding_box()
        scale, left, top = (
            float(stage.get_attribute(f"data-{name}")) for name in ("scale", "offset-x", "offset-y")
        )
        return box["x"] + left + point[0] * scale, box["y"] + top + point[1] * scale
