// What all views are made with. Text goes into the page as text nodes and attributes only; nothing here parses markup.
import { h, render } from "./vendor/preact.js";
import htm from "./vendor/htm.js";

export { render };
export { useEffect, useMemo, useRef, useState } from "./vendor/hooks.js";

export const html = htm.bind(h);

/** Tell those who do not see the page; each word anew, though it be the same as before. */
export function say(text) {
  const place = document.getElementById("said");
  place.textContent = "";
  setTimeout(() => { place.textContent = text; }, 50);
}
