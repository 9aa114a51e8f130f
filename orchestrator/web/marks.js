// A state shows by shape, by colour and in words. The shapes and tones are those of orchestrator/core/svg.py.
import { html } from "./html.js";

export const TONES = {
  pending: "idle", ready: "idle", waiting: "ask", running: "live", cancelling: "ask", unknown: "ask",
  succeeded: "good", failed: "bad", skipped: "idle", cancelled: "idle",
};
export const SHAPES = {
  pending: "M3 7h.1M7 7h.1M11 7h.1",
  ready: "M7 2a5 5 0 1 0 .01 0z",
  waiting: "M5 3v8M9 3v8",
  running: "M4 2.500l7 4.500-7 4.500z",
  cancelling: "M3.500 3.500h7v7h-7z",
  unknown: "M4.500 5a2.500 2.500 0 1 1 3.500 2.300q-1 .5-1 1.700M7 11.800h.1",
  succeeded: "M2.500 7.500l3 3.500 6-8",
  failed: "M3 3l8 8M11 3l-8 8",
  skipped: "M3 3l4 4-4 4M8 3l4 4-4 4",
  cancelled: "M7 2a5 5 0 1 0 .01 0zM3.500 10.500l7-7",
};
const RUNS = { planning: "pending" };  // a run's own states that no task has

/** The mark and the word of a state. */
export function State({ of }) {
  const state = RUNS[of] ?? of;
  const tone = TONES[state] ?? "idle";
  return html`<span class="state ${tone}">
    <svg class="mark ${tone}" viewBox="0 0 14 14" width="14" height="14" aria-hidden="true"><path d=${SHAPES[state] ?? ""} /></svg>${of}</span>`;
}

const RISKS = { read: "idle", write: "ask", destructive: "bad" };
export function Risk({ of }) {
  return html`<span class="tag ${RISKS[of] ?? "idle"}">${of}</span>`;
}

export function Problem({ of }) {
  return of ? html`<p class="problem" role="alert">${of.message}</p>` : null;
}
