"""The site builds without a warning, and its pages fit a phone. Chromium measures them."""

import shutil
import subprocess
import sys

import browser
import pytest
from conftest import ROOT

pytestmark = pytest.mark.slow
needs_chromium = pytest.mark.skipif(
    not shutil.which(browser.CHROMIUM), reason="Chromium is not installed"
)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "sphinx", "-W", "-n", "-q", str(ROOT / "docs"), str(folder)]
    subprocess.run(command, check=True)
    return folder


@needs_chromium
def test_no_page_scrolls_sideways_on_a_phone(site):
    measured = browser.measure(site)

    assert {page for page, _ in measured} > {"index.html", "legacy-names.html", "tutorial.html"}
    for (page, width), size in measured.items():
        assert size["width"] <= width, f"{page} is {size['width']} px wide on {width} px"
        scrolling = {*size["scrolling"]}
        assert scrolling <= {"pre"}, f"{scrolling} scroll in {page} on {width} px"


@needs_chromium
def test_a_page_that_is_too_wide_is_found(site, tmp_path):
    shutil.copytree(site, tmp_path / "site")
    for page in browser.pages(tmp_path / "site"):
        (tmp_path / "site" / page).unlink()
    wide = '<article style="width: 300px"><p style="overflow: auto"><b style="padding: 200px">'
    (tmp_path / "site/wide.html").write_text(f"<!doctype html>{wide}</p></article>")
    (tmp_path / "site/wider.html").write_text('<!doctype html><div style="width: 400px">x</div>')

    measured = browser.measure(tmp_path / "site")

    assert measured["wide.html", 375]["scrolling"] == ["p"]
    assert measured["wider.html", 375]["width"] > 400


def test_each_legacy_name_has_an_anchor(site):
    from functorch_compat.legacy_api import LEGACY_API

    page = (site / "legacy-names.html").read_text()
    missing = [name for name in LEGACY_API if f'id="term-{name}"' not in page]
    assert missing == []
