"""report.html in a real browser, where there is one on this machine: nothing sticks out of a small screen, choices work without script."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from harness.output import html
from tests.builders.records import colourful

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = [pytest.mark.slow, pytest.mark.once, pytest.mark.skipif(BROWSER is None, reason="no Chromium here")]

LOOK = """<!DOCTYPE html><iframe id="page" src="report.html" style="width:%dpx;height:900px;border:0"></iframe><pre id="seen"></pre>
<script>
const shown = (page, query) => [...page.querySelectorAll(query)].filter(each => each.getClientRects().length).length
document.getElementById("page").addEventListener("load", event => {
  const page = event.target.contentDocument, seen = {}
  seen.wide = page.documentElement.scrollWidth
  seen.en = [shown(page, ".en"), shown(page, ".zh")]
  page.getElementById("lang-zh").click()
  seen.zh = [shown(page, ".en"), shown(page, ".zh")]
  seen.failed = shown(page, ".is-FAIL")
  page.getElementById("show-FAIL").click()
  seen.hidden = shown(page, ".is-FAIL")
  page.querySelectorAll("details").forEach(each => each.open = true)
  seen.unfolded = page.documentElement.scrollWidth
  document.getElementById("seen").textContent = JSON.stringify(seen)
})
</script>"""


def chromium(folder: Path, *options: str) -> str:
    allowed = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-web-security", "--allow-file-access-from-files")
    argv = [str(BROWSER), *allowed, f"--user-data-dir={folder}/browser", *options]
    return subprocess.run(argv, capture_output=True, text=True, timeout=120, check=True).stdout


@pytest.mark.parametrize("width", [360, 1280])
def test_it_fits_and_its_choices_work_without_script(tmp_path: Path, width: int) -> None:
    (tmp_path / "report.html").write_bytes(html.render(colourful()))
    (tmp_path / "look.html").write_text(LOOK % width, encoding="utf-8")
    found = re.search('<pre id="seen">(.*?)</pre>', chromium(tmp_path, "--dump-dom", f"file://{tmp_path}/look.html"))
    assert found
    seen = json.loads(found[1])
    assert seen["wide"] <= width
    assert seen["unfolded"] <= width
    assert seen["en"][0] > 100
    assert seen["en"][1] == seen["zh"][0] == 0
    assert seen["zh"][1] == seen["en"][0]
    assert (seen["failed"], seen["hidden"]) == (2, 0)


def test_it_can_be_put_on_paper(tmp_path: Path) -> None:
    (tmp_path / "report.html").write_bytes(html.render(colourful()))
    chromium(tmp_path, f"--print-to-pdf={tmp_path}/report.pdf", f"file://{tmp_path}/report.html")
    assert len(re.findall(rb"/Type\s*/Page\b", (tmp_path / "report.pdf").read_bytes())) >= 3
