"""Shows the pages of a site in headless Chromium: ``python tests/browser.py SITE FOLDER``.

It writes a picture of each page into the folder, narrow and wide, light and dark.
"""

from __future__ import annotations

import functools
import html
import json
import re
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

CHROMIUM = "chromium"
WIDTHS = (375, 1280)
THEMES = ("light", "dark")

# This page loads the pages of the site into a frame, one after the other, and measures them. A
# window of Chromium cannot be as narrow as a phone, but a frame can.
MEASURE = """<!doctype html><iframe id="frame" style="border: 0; height: 900px"></iframe>
<pre id="result"></pre><script>
const frame = document.getElementById("frame"), measured = {};
const load = (page) => new Promise((done) => { frame.onload = done; frame.src = page; });
(async () => {
  for (const width of WIDTHS) {
    frame.style.width = width + "px";
    for (const page of PAGES) {
      await load(page);
      const inner = frame.contentDocument, root = inner.documentElement;
      const scrolling = [...inner.querySelectorAll("article *")].filter(
        (e) => e.scrollWidth > e.clientWidth && /auto|scroll/.test(getComputedStyle(e).overflowX));
      measured[page + "@" + width] = {
        width: root.scrollWidth,
        height: root.scrollHeight,
        scrolling: scrolling.map((e) => e.localName),
      };
    }
  }
  document.getElementById("result").textContent = JSON.stringify(measured);
})();
</script>"""
SHOW = """<!doctype html><style>body {{ margin: 0 }} iframe {{ border: 0 }}</style>
<iframe id="frame" src="{page}" width="{width}" height="{height}"></iframe><script>
const frame = document.getElementById("frame");
frame.onload = () => {{ frame.contentDocument.body.dataset.theme = "{theme}"; }};
</script>"""


def pages(site: Path) -> list[str]:
    """Return the pages of the site that people read."""
    made_by_sphinx = {"genindex.html", "search.html", "py-modindex.html"}
    return [file.name for file in sorted(site.glob("*.html")) if file.name not in made_by_sphinx]


def measure(site: Path) -> dict[tuple[str, int], dict]:
    """Return for each page and width how large the page is, and which elements scroll sideways."""
    script = MEASURE.replace("WIDTHS", json.dumps(WIDTHS)).replace("PAGES", json.dumps(pages(site)))
    with served(site, {"measure.html": script}) as address:
        dom = chromium("--virtual-time-budget=60000", "--dump-dom", f"{address}/measure.html")
    result = re.search(r'<pre id="result">(.+?)</pre>', dom, re.S)
    assert result, f"Chromium did not finish: {dom}"
    found = json.loads(html.unescape(result[1]))
    return {(key.split("@")[0], int(key.split("@")[1])): size for key, size in found.items()}


def photograph(site: Path, folder: Path) -> None:
    """Write a picture of each page into ``folder``, at each width and in each theme."""
    folder.mkdir(parents=True, exist_ok=True)
    shown, sizes = {}, {}
    for (page, width), size in measure(site).items():
        for theme in THEMES:
            name = f"{page[: -len('.html')]}-{width}-{theme}"
            sizes[name] = width, size["height"]
            values = {"page": page, "width": width, "height": size["height"], "theme": theme}
            shown[f"show-{name}.html"] = SHOW.format(**values)
    with served(site, shown) as address, ThreadPoolExecutor(2) as pool:

        def take(name: str) -> None:
            chromium(
                "--window-size={},{}".format(*sizes[name]),
                "--virtual-time-budget=5000",
                f"--screenshot={folder / name}.png",
                f"{address}/show-{name}.html",
            )

        for _ in pool.map(take, sizes):  # Going through the results raises the first error.
            pass


@contextmanager
def served(site: Path, extra: dict[str, str]) -> Iterator[str]:
    """Serve the site and the ``extra`` files on this machine, and return the address."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder, "site")
        shutil.copytree(site, root)
        for name, text in extra.items():
            (root / name).write_text(text)
        handler = functools.partial(Quiet, directory=str(root))
        with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            yield f"http://127.0.0.1:{server.server_port}"
            server.shutdown()


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Print nothing about each request."""


def chromium(*arguments: str) -> str:
    """Run headless Chromium with a profile of its own, and return what it prints."""
    with tempfile.TemporaryDirectory() as profile:
        command = [CHROMIUM, "--headless", "--no-sandbox", "--hide-scrollbars", *arguments]
        command.insert(1, f"--user-data-dir={profile}")
        result = subprocess.run(
            command, capture_output=True, text=True, check=True, timeout=300, encoding="utf-8"
        )
    return result.stdout


if __name__ == "__main__":
    photograph(Path(sys.argv[1]), Path(sys.argv[2]))
