"""One page of the site in a real browser: its weight, layout shift, console, width, and what axe reports."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path

from selenium.webdriver import Chrome

KILOBYTES, SHIFT = 350, 0.05  # at most, before a figure is played: without _static/data
AXE = Path(__file__).parent / "site/node_modules/axe-core/axe.min.js"

WATCH = """
window.shifts = 0;
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shifts += entry.value;
}).observe({ type: "layout-shift", buffered: true });
"""
LOOK = """
const entries = [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")];
const wide = document.documentElement.scrollWidth - document.documentElement.clientWidth;
return {
  bytes: entries.reduce((sum, one) => sum + (one.name.includes("/data/") ? 0 : one.encodedBodySize), 0),
  asked: entries.map((entry) => entry.name),
  shift: window.shifts,
  wide,
};
"""
SCROLL = """
const done = arguments[0];
let y = 0;
const on = () => {
  y += 700;
  scrollTo({ top: y, behavior: "instant" });
  if (y < document.documentElement.scrollHeight) setTimeout(on, 25);
  else setTimeout(done, 250);
};
on();
"""
RUN_AXE = """
const done = arguments[arguments.length - 1];
const line = (v) => `${v.id} (${v.impact}) × ${v.nodes.length}: ${v.nodes[0].target}`;
axe.run(document, { resultTypes: ["violations"] }).then(
  (result) => done(result.violations.map(line)),
  (error) => done([String(error)]));
"""


@dataclass
class Look:
    """One page in one form; ``faults`` is empty for a page as it should be."""

    page: str
    form: str
    kilobytes: float
    shift: float
    faults: list[str] = field(default_factory=list)


def pages(site: Path) -> list[str]:
    """The pages of a built site, by their paths; JupyterLite's are not its own."""
    found = sorted(path.relative_to(site).as_posix() for path in site.rglob("*.html"))
    return [name for name in found if not name.startswith(("_", "lite/")) and name != "index.html"]


def open_page(browser: Chrome, address: str) -> None:
    """Open a page afresh, let it come to rest, and scroll through it, so that late images come."""
    browser.execute_cdp_cmd("Network.clearBrowserCache", {})
    browser.get(address)
    browser.execute_async_script("document.fonts.ready.then(arguments[0])")
    time.sleep(0.4)


def look(browser: Chrome, base: str, page: str, form: str, axe: bool) -> Look:
    """The weight of a page and its layout shift while it loads; ``axe`` looks at folded parts too."""
    browser.get_log("browser")
    open_page(browser, f"{base}/{page}")
    browser.execute_async_script(SCROLL)
    seen = browser.execute_script(LOOK)
    told = Look(page, form, seen["bytes"] / 1000, seen["shift"])
    if told.kilobytes > KILOBYTES:
        told.faults.append(f"weighs {told.kilobytes:.0f} KB, at most {KILOBYTES}")
    if told.shift >= SHIFT:
        told.faults.append(f"moves by {told.shift:.3f} while it comes, less than {SHIFT} is asked")
    if seen["wide"] > 0:
        told.faults.append(f"is {seen['wide']} px wider than the window")
    told.faults += [
        f"asks {name}" for name in seen["asked"] if not name.startswith((base, "data:", "about:"))
    ]
    noise = [
        entry["message"] for entry in browser.get_log("browser") if entry["level"] in ("SEVERE", "WARNING")
    ]
    told.faults += [f"says on the console: {message[:200]}" for message in noise]
    if axe:
        browser.execute_script("document.querySelectorAll('details').forEach((box) => { box.open = true; })")
        browser.execute_script(AXE.read_text(encoding="utf-8"))
        browser.set_script_timeout(120)
        told.faults += [f"axe: {line}" for line in browser.execute_async_script(RUN_AXE)]
    return told


def watch(browser: Chrome) -> None:
    """From now on every page counts how much it moves."""
    browser.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": WATCH})


def table(looks: list[Look]) -> str:
    """A line for each page and form, heaviest numbers first in each."""
    lines = [f"{'page':32}{'form':16}{'KB':>6}{'shift':>8}  faults"]
    for one in looks:
        fault = "; ".join(one.faults) or "–"
        lines.append(f"{one.page:32}{one.form:16}{one.kilobytes:6.0f}{one.shift:8.3f}  {fault}")
    return "\n".join(lines)
