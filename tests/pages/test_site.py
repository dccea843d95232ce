"""The rendered site of the paper, in a real browser and as files; `make test` builds it first."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from bs4 import BeautifulSoup
from selenium import webdriver
from selenium.webdriver.chrome.service import Service

from lib.press.verify import verify
from lib.project import open_project

ROOT = Path(__file__).parents[2]
SITE = ROOT / "_output"
PAGES = sorted(path for path in SITE.rglob("*.html") if "site_libs" not in path.parts)
LEFTOVERS = re.compile(r"\{\{<|\?@|\?meta|\?var|>\}\}|\[@|Traceback|\bNaN\b|\bnan\b")
BROWSERS = ("chromium", "chromium-browser", "google-chrome")

pytestmark = pytest.mark.skipif(not PAGES, reason="the site is not built; run `make paper` first")


def page_id(path: Path) -> str:
    return str(path.relative_to(SITE))


@cache
def read_page(page: Path) -> BeautifulSoup:
    """A page, read once for all tests."""
    return BeautifulSoup(page.read_text(encoding="utf-8"), "html.parser")


@cache
def anchors(page: Path) -> set[str]:
    """The ids on a page, found once however many links lead there."""
    return {str(element["id"]) for element in read_page(page).find_all(id=True)}


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Chrome]:
    binary = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    driver = shutil.which("chromedriver")
    if binary is None or driver is None:
        pytest.skip("no chromium with chromedriver on this machine")
    options = webdriver.ChromeOptions()
    options.binary_location = binary
    for flag in ("--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run",
                 "--disable-component-update", "--disable-sync", "--disable-quic"):  # fmt: skip
        options.add_argument(flag)
    options.add_argument(f"--user-data-dir={tmp_path_factory.mktemp('profile')}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    opened = webdriver.Chrome(options=options, service=Service(driver))
    yield opened
    opened.quit()


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_a_page_loads_whole_and_fits_wide_and_narrow_screens(page: Path, browser: webdriver.Chrome) -> None:
    for width in (1200, 400):
        browser.set_window_size(width, 900)
        browser.get(page.as_uri())
        assert [entry for entry in browser.get_log("browser") if entry["level"] == "SEVERE"] == []
        broken = browser.execute_script(
            "return [...document.images].filter(i => !i.naturalWidth).map(i => i.src.slice(0, 80))"
        )
        assert broken == []
        overflow = browser.execute_script("return document.documentElement.scrollWidth - window.innerWidth")
        assert overflow <= 1, f"{overflow} px wider than a screen of {width} px"


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_contents_are_open_beside_the_text_and_closed_above_it(page: Path, browser: webdriver.Chrome) -> None:
    for width, is_open in ((1200, True), (700, False)):
        browser.set_window_size(width, 900)
        browser.get(page.as_uri())
        found = browser.execute_script("return document.querySelector('#TOC details')?.open")
        assert found in (None, is_open)
    top = browser.execute_script("return document.querySelector('h1').getBoundingClientRect().top")
    assert top < 400, "the title stands on the first screen"


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_every_link_of_a_page_leads_somewhere(page: Path) -> None:
    soup = read_page(page)
    for link in soup.select("a[href], link[href], img[src]"):
        address = urlsplit(str(link.get("href") or link.get("src")))
        if address.scheme in {"data", "mailto"}:
            continue
        if address.scheme:
            assert link.name == "a", f"{address.geturl()} would be fetched from another host"
            continue
        target = (page.parent / unquote(address.path)).resolve() if address.path else page
        assert target.is_file(), f"{page_id(page)} links to {address.geturl()}"
        if address.fragment and target.suffix == ".html":
            assert unquote(address.fragment) in anchors(target), f"{page_id(page)} links to {address.geturl()}"


@pytest.mark.parametrize("page", [page for page in PAGES if "notebooks" not in page.parts], ids=page_id)
def test_a_document_has_no_leftovers_and_says_what_is_simulated(page: Path) -> None:
    soup = read_page(page)
    text = soup.get_text(" ")
    assert LEFTOVERS.findall(re.sub(r"<think>.*?</think>", "", text)) == []
    assert ("Simulated data" in text) == open_project(root=ROOT).uses_twin
    assert all(image.get("alt") for image in soup.select("img"))
    assert soup.html is not None
    assert soup.html.get("lang")


@pytest.mark.parametrize("name", ["manuscript", "supplementary"])
def test_html_word_and_pdf_say_the_same(name: str) -> None:
    files = [SITE / name / f"index{suffix}" for suffix in (".html", ".docx", ".pdf")]
    assert all(path.is_file() for path in files)
    assert verify(files) == []
