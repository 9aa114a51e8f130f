"""Whether a page can be read and used by everybody: nameless controls, texts too faint, focus that is not seen."""

from __future__ import annotations

import re

from playwright.sync_api import Page

# In Chromium's own tree of what a screen reader is told, a name stands in quotation marks behind its role.
NAMELESS = re.compile(
    r"^\s*- (?:button|link|textbox|searchbox|combobox|checkbox|tab|table|img|log)(?! \")(?: \[[^\]]*\])*:?\s*$",
    re.MULTILINE,
)

# What takes the focus of the keyboard without showing it; the page's last input must have been a key.
SEEN_IN_FOCUS = """() => [...document.querySelectorAll("a, button, input, select, textarea, summary, [tabindex='0']")]
  .filter((one) => one.checkVisibility() && !one.disabled)
  .filter((one) => {
    one.focus();
    if (document.activeElement !== one) return true;
    const style = getComputedStyle(one), box = one.querySelector(".box");
    const ring = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
    return !ring && !(box && parseFloat(getComputedStyle(box).strokeWidth) >= 3);
  }).map((one) => one.outerHTML.slice(0, 200))"""

# Every text that is seen, with its colour and what is behind it, as `[words, ratio, least]` where the ratio is too low.
_FAINT = """() => {
  const parts = (colour) => { const [r, g, b, a = 1] = colour.match(/[\\d.]+/g).map(Number); return { r, g, b, a }; };
  const light = ({ r, g, b }) => [r, g, b].map((one) => one / 255)
    .map((one) => one <= 0.03928 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4)
    .reduce((sum, one, at) => sum + one * [0.2126, 0.7152, 0.0722][at], 0);
  const behind = (one) => {
    const box = one.closest(".node")?.querySelector(".box");
    if (box) return parts(getComputedStyle(box).fill);
    for (let at = one; at; at = at.parentElement) {
      const found = parts(getComputedStyle(at).backgroundColor);
      if (found.a > 0) return found;
    }
    return { r: 255, g: 255, b: 255, a: 1 };
  };
  const words = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const found = [];
  while (words.nextNode()) {
    const one = words.currentNode.parentElement;
    if (!words.currentNode.data.trim() || !one.checkVisibility()) continue;
    if (one.closest("title, noscript, :disabled, .unseen, .skip")) continue;
    const style = getComputedStyle(one);
    const ink = parts(one instanceof SVGElement ? style.fill : style.color);
    const [a, b] = [ink, behind(one)].map(light).sort((x, y) => y - x);
    const size = parseFloat(style.fontSize);
    const least = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700) ? 3 : 4.5;
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < least) found.push([words.currentNode.data.trim().slice(0, 60), Math.round(ratio * 100) / 100, least]);
  }
  return found;
}"""


def faint(page: Page) -> list[list[object]]:
    """Texts with less contrast than WCAG 2 asks for at level AA: 4.5 to 1, or 3 to 1 where they are large."""
    found: list[list[object]] = page.evaluate(_FAINT)
    return found
