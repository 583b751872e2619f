"""The page as a real browser shows it."""

from __future__ import annotations

import json
import re
import subprocess
from dataclasses import replace
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from mnist_lab.report.claims import CLAIMS
from mnist_lab.report.pages import make
from tests import tools
from tests.report.test_archive import ANALYSIS
from tests.report.trained import material

pytestmark = pytest.mark.needs("chromium")

MEASURE = """
<meta http-equiv="Content-Security-Policy"
      content="default-src 'none'; style-src 'unsafe-inline'; img-src data:; script-src 'nonce-measure'">
<script nonce="measure">
addEventListener("load", () => {
  const size = (element) => { const box = element.getBoundingClientRect(); return [box.width, box.height]; };
  const sizes = (selector) => [...document.querySelectorAll(selector)].map(size);
  const found = {
    claims: Object.fromEntries([...document.querySelectorAll("article.claim")].map((one) => [one.id, size(one)])),
    charts: sizes(".chart svg"),
    lines: [...document.querySelectorAll(".chart svg")].map(
      (one) => one.querySelectorAll("path[style*='--series']").length),
    pictures: [...document.images].map((one) => [one.naturalWidth, ...size(one)]),
    tables: sizes(".wide > table"),
    fetched: performance.getEntriesByType("resource").map((one) => one.name).filter((name) => !/^data:/.test(name)),
    paper: getComputedStyle(document.body).backgroundColor,
    ink: getComputedStyle(document.querySelector(".chart svg text")).fill,
    page: [document.documentElement.scrollWidth, innerWidth],
  };
  const result = document.createElement("pre");
  result.id = "measured";
  result.textContent = JSON.stringify(found);
  document.body.append(result);
});
</script>
"""
"""A script that measures a copy of the page; the page itself has no script."""


@pytest.fixture(scope="module")
def html() -> str:
    return make(replace(material(3), error_analysis=ANALYSIS))["report.html"].decode()


def shown(html: str, folder: Path, *options: str) -> tuple[dict[str, Any], list[str]]:
    """A page in Chromium: what was measured in it, and the messages of its console."""
    page = folder / "page.html"
    page.write_text(html.replace("<head>", f"<head>{MEASURE}", 1), encoding="utf-8")
    command = [
        str(tools.program("chromium")),
        *("--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"),
        f"--user-data-dir={folder / 'profile'}",
        *("--host-resolver-rules=MAP * ~NOTFOUND", "--enable-logging=stderr", "--dump-dom"),
        *options,
        page.as_uri(),
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    measured = re.search(r'<pre id="measured">(.*?)</pre>', done.stdout, re.DOTALL)
    assert measured, done.stderr[-2000:]
    console = re.findall(r"CONSOLE[(:].*", done.stderr)
    found: dict[str, Any] = json.loads(unescape(measured[1]))
    return found, console


def test_it_shows_the_ledger_and_every_chart_without_asking_for_anything(html: str, tmp_path: Path) -> None:
    found, console = shown(html, tmp_path, "--window-size=1280,900")
    assert console == []
    assert found["fetched"] == []
    assert list(found["claims"]) == [f"claim-{claim.id}" for claim in CLAIMS]
    assert len(found["charts"]) == 14
    assert len(found["pictures"]) == len(ANALYSIS.mistakes)
    assert len(found["tables"]) == html.count("<table")
    assert all(natural == 28 for natural, _, _ in found["pictures"])
    assert all(wide > 300 and high > 200 for wide, high in found["charts"])
    assert all(lines >= 2 for lines in found["lines"])
    everything = [*found["claims"].values(), *(size for _, *size in found["pictures"])]
    assert all(wide > 0 and high > 0 for wide, high in everything)


def test_it_fits_a_narrow_window_in_the_dark(html: str, tmp_path: Path) -> None:
    light, _ = shown(html, tmp_path)
    found, console = shown(html, tmp_path, "--window-size=500,900", "--force-dark-mode")
    assert console == []
    wide, window = found["page"]
    assert wide <= window <= 500
    assert all(300 < wide <= 500 for wide, _ in found["charts"])
    assert found["paper"] != light["paper"]
    assert found["ink"] != light["ink"]
    assert found["ink"] != found["paper"]
