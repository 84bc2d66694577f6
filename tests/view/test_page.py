"""`gpudem view --web`: the page in a real browser without a screen, and the command."""

import io
import os
import platform
import re
import shutil
import socket
import sys
import time

import numpy as np
import pytest
from PIL import Image

from gpudem.errors import GpudemError
from gpudem.pictures import rendering
from gpudem.runfile.reader import open_run
from gpudem.view.web import check_address, directions
from tests.beadrun import write_beads, writing_beads
from tests.servedpage import PATIENCE, free_port, served

SIZE = {"width": 1200, "height": 760}


@pytest.fixture(scope="module")
def browser():
    if not rendering.can_render():
        pytest.skip("nothing can be drawn on this machine")
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    program = shutil.which("chromium")
    if program is None:
        pytest.skip("no browser: chromium is not installed (Debian: chromium)")
    as_root = hasattr(os, "geteuid") and os.geteuid() == 0
    options = ["--disable-background-networking", *(["--no-sandbox"] if as_root else [])]
    with sync_api.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=program, args=options)
        yield browser
        browser.close()


class Page:
    """The page, as a user sees and handles it."""

    def __init__(self, browser, address):
        self.page = browser.new_page(viewport=SIZE)
        self.failures = []
        self.page.on("pageerror", lambda error: self.failures.append(str(error)))
        self.page.goto(address)
        self.page.wait_for_selector(".clock")
        # Until the server's first picture has come there is only background.
        self.beads = self.wait(lambda: self.seen() if self.seen().std() > 10 else None)

    def wait(self, question):
        ends = time.monotonic() + PATIENCE
        while time.monotonic() < ends:
            found = question()
            if found is not None:
                return found
            self.page.wait_for_timeout(50)
        raise AssertionError(f"nothing came in {PATIENCE} s; {self.failures}")

    def seen(self):
        """The beads on the page, without plots and controls."""
        shot = self.page.screenshot(clip={"x": 0, "y": 0, "width": 660, "height": 640})
        return np.asarray(Image.open(io.BytesIO(shot)).convert("RGB")).astype(int)

    def changes(self):
        """Waits until the beads look different, and until that stands still."""

        def different():
            now = self.seen()
            moved = np.abs(now - self.beads).max(axis=2) > 24
            return now if moved.sum() > 50 else None

        self.wait(different)
        self.page.wait_for_timeout(300)
        self.beads = self.seen()

    def clock(self, text):
        self.wait(lambda: True if self.page.locator(".clock").inner_text() == text else None)

    def moment(self):
        """The time on the clock [s]."""
        return float(self.page.locator(".clock").inner_text().split()[2])

    def stands(self):
        """Waits until the clock stands still; what it shows."""

        def still():
            before = self.page.locator(".clock").inner_text()
            self.page.wait_for_timeout(1500)
            return before if self.page.locator(".clock").inner_text() == before else None

        return self.wait(still)

    def press(self, name):
        self.page.get_by_role("button", name=name, exact=True).click()

    def bead(self):
        return self.page.locator(".bead input").input_value()


def test_the_page_answers_slider_colour_mouse_and_play(browser, tmp_path):
    write_beads(tmp_path / "beads.vtkhdf")
    with served(tmp_path, "beads.vtkhdf") as address:
        page = Page(browser, address)
        slider = page.page.locator(".time .v-slider__container").bounding_box()
        page.page.mouse.click(
            slider["x"] + 0.5 * slider["width"], slider["y"] + 0.5 * slider["height"]
        )
        page.clock("t = 0.0200 s")
        page.page.get_by_title("next snapshot").click()
        page.clock("t = 0.0300 s")
        for name in ("spin", "top", "dark"):
            page.press(name)
            page.changes()
        page.page.locator(".bead input").fill("1")
        page.page.keyboard.press("Enter")
        page.changes()
        page.page.mouse.click(300, 60)
        page.page.keyboard.press("Escape")
        page.wait(lambda: True if page.bead() == "" else None)
        page.changes()
        page.page.mouse.move(300, 300)
        page.page.mouse.down()
        page.page.mouse.move(360, 330, steps=4)
        page.page.mouse.up()
        page.changes()
        page.press("reset the view")
        page.changes()
        page.page.keyboard.press("Home")
        page.clock("t = 0.0000 s")
        page.page.keyboard.press("h")
        page.page.get_by_text("previous or next snapshot").wait_for()
        page.page.keyboard.press("Escape")
        page.page.get_by_text("previous or next snapshot").wait_for(state="hidden")
        page.page.get_by_title("play or stop").click()
        page.clock("t = 0.0400 s")
        assert page.failures == []
        page.page.close()


#: Width and height of pages, pixels of the screen for each of theirs, and whether it is scrolled.
PAGES = {
    "desk": (1920, 1080, 1, False),
    "phone": (390, 844, 3, True),
    "phone, lying": (844, 390, 3, False),
    "tablet": (768, 1024, 2, False),
}


def test_nothing_is_cut_off_and_plots_are_drawn_pixel_by_pixel(browser, tmp_path):
    write_beads(tmp_path / "beads.vtkhdf")
    with served(tmp_path, "beads.vtkhdf") as address:
        for name, (width, height, ratio, scrolled) in PAGES.items():
            context = browser.new_context(
                viewport={"width": width, "height": height}, device_scale_factor=ratio
            )
            page = context.new_page()
            page.goto(address)
            page.wait_for_selector(".clock")
            wait_until_sharp(page, ratio)
            room = page.evaluate(
                "[document.documentElement.scrollWidth, document.documentElement.scrollHeight]"
            )
            assert room[0] == width and (room[1] > height) == scrolled, name
            for part in (".time", ".bead input", "[title='keys and mouse']"):
                box = page.locator(part).bounding_box()
                assert box["x"] >= 0.0 and box["x"] + box["width"] <= width, name
            context.close()


def wait_until_sharp(page, ratio):
    """Waits until the plots are as many pixels as the screen has for them, up to a limit."""
    plots = page.locator(".plots img")
    ends = time.monotonic() + PATIENCE
    drawn, shown = [], [0.0, 0.0]
    while not drawn or any(abs(a - b) > 2.0 for a, b in zip(drawn, shown, strict=True)):
        assert time.monotonic() < ends, (drawn, shown)
        page.wait_for_timeout(100)
        drawn = plots.evaluate("image => [image.naturalWidth, image.naturalHeight]")
        box = plots.bounding_box()
        shown = [ratio * box["width"], ratio * box["height"]]
        most = min(1.0, (3e6 / (shown[0] * shown[1])) ** 0.5)
        shown = [most * side for side in shown]


def test_the_address_leads_in_from_anywhere_but_other_pages_get_nothing(browser, tmp_path):
    write_beads(tmp_path / "beads.vtkhdf")
    with served(tmp_path, "beads.vtkhdf") as address:
        elsewhere = browser.new_context()
        page = elsewhere.new_page()
        shown = f"http://127.0.0.1:{address.port}/"
        page.goto(shown)
        assert "open the address that gpudem printed" in page.locator("body").inner_text()
        # Another site has the link, as mail and notes on the web do.
        page.route("http://notes.test/", lambda route: route.fulfill(body="<a>", status=200))
        page.goto("http://notes.test/")
        page.evaluate(
            "where => { document.body.innerHTML = `<a href='${where}'>run</a>` }", address
        )
        page.get_by_text("run").click()
        page.wait_for_selector(".clock")
        assert page.url == f"{shown}index.html"
        page.reload()
        page.wait_for_selector(".clock")
        assert page.url == f"{shown}index.html"
        (cookie,) = elsewhere.cookies()
        assert cookie["httpOnly"] and cookie["sameSite"] == "Strict"
        # One more page of this browser, of the same machine's other port: it sends the cookie.
        page.route("http://127.0.0.1:1/", lambda route: route.fulfill(body="", status=200))
        page.goto("http://127.0.0.1:1/")
        opened = """where => new Promise(told => {
            const socket = new WebSocket(where)
            socket.onopen = () => told("opened")
            socket.onerror = () => told("refused")
        })"""
        assert page.evaluate(opened, f"ws://127.0.0.1:{address.port}/ws") == "refused"
        elsewhere.close()


def test_a_page_of_a_file_still_written_shows_what_comes(browser, tmp_path):
    writing = writing_beads(tmp_path / "beads.vtkhdf", speeds=(1.0, 3.0))
    next(writing)
    with served(tmp_path, "beads.vtkhdf") as address:
        page = Page(browser, address)
        page.page.get_by_title("play or stop").click()
        page.clock("t = 0.0000 s")
        list(writing)
        page.clock("t = 0.0400 s")
        page.page.close()


def test_the_page_of_a_simulation_changes_its_speed(browser, tmp_path):
    short = ("beads.count=40", "run.duration=5 s", "run.log_from=1 ms")
    sets = [word for pair in short for word in ("--set", pair)]
    with served(tmp_path, "pulverisette7-20ml", *sets, "-o", "run.vtkhdf") as address:
        page = Page(browser, address)
        slider = page.page.locator(".speed .v-slider__container").bounding_box()
        page.page.mouse.click(
            slider["x"] + 0.25 * slider["width"], slider["y"] + 0.5 * slider["height"]
        )
        page.page.get_by_text("disc: 300 rpm").wait_for(timeout=1000 * PATIENCE)
        page.changes()
        page.page.get_by_title("play or stop").click()
        page.stands()
        moment = page.moment()
        page.page.get_by_title("next snapshot").click()
        # How many moments were still on their way when it seemed to stand, a busy machine decides.
        page.wait(lambda: True if page.moment() > moment else None)
        page.page.close()
    with open_run(tmp_path / "run.vtkhdf") as run:
        assert "mill.speed_profile" in " ".join(run.overrides)


def test_a_simulation_that_nobody_touched_is_that_of_run(browser, tmp_path):
    # In rad/s this speed is not what its number of rpm on the page is. The run outlives the page.
    sets = ("beads.count=20", "run.duration=60 s", "mill.speed=413.77 rpm")
    words = [word for pair in sets for word in ("--set", pair)]
    with served(tmp_path, "pulverisette7-20ml", *words, "-o", "run.vtkhdf") as address:
        page = Page(browser, address)
        opened = page.moment()
        page.wait(lambda: True if page.moment() > opened else None)
        page.page.wait_for_timeout(2000)
        page.page.close()
    with open_run(tmp_path / "run.vtkhdf") as run:
        assert not run.complete and run.series["time"][-1] > opened
        assert "speed_profile" not in " ".join(run.overrides)
        assert np.ptp(run.series["disc_speed"]) == 0.0


# --- the command -------------------------------------------------------------------------


def test_addresses_are_checked_and_told():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(GpudemError, match=rf"--port {port}: cannot be .*address already in"):
            check_address("127.0.0.1", port)
    with pytest.raises(GpudemError, match="--port 0: accepted are 1 to 65535"):
        check_address("127.0.0.1", 0)
    with pytest.raises(GpudemError, match=r"--host nowhere\.invalid"):
        check_address("nowhere.invalid", free_port())
    check_address("127.0.0.1", free_port())
    near, tunnel = directions("127.0.0.1", 8080, "abc")
    assert near.startswith("open http://127.0.0.1:8080/?token=abc ")
    assert re.search(
        r"ssh -N -L 8080:127\.0\.0\.1:8080 \S+@\S+, .*localhost:8080/\?token=abc$", tunnel
    )
    everywhere, warning = directions("0.0.0.0", 8080, "abc")
    assert everywhere.startswith(f"open http://{platform.node()}:8080/?token=abc ")
    assert re.match("warning: everyone who has this address .* nothing is encrypted$", warning)
    assert directions("::1", 8080, "abc")[0].startswith("open http://[::1]:8080/?token=abc ")
    assert directions("192.0.2.7", 8080, "abc")[1] == warning


def test_where_the_extra_is_missing_it_is_named(tmp_path, capsys, monkeypatch):
    from gpudem.cli.app import main

    write_beads(tmp_path / "beads.vtkhdf")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(sys.modules, "trame.app", None)
    monkeypatch.setattr(sys, "argv", ["gpudem", "view", "--web", "beads.vtkhdf"])
    with pytest.raises(SystemExit) as stop:
        main()
    told = capsys.readouterr()
    assert stop.value.code == 2 and told.out == "" and told.err.count("\n") == 1
    assert 'pip install "gpudem[web]"' in told.err
