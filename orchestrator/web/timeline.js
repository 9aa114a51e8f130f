// When what happened: a row a task, by device, with its waits and attempts along one axis of time.
import { get, runPath } from "./api.js";
import { useChanging } from "./changes.js";
import { html, useEffect, useRef, useState } from "./html.js";
import { Problem, SHAPES, TONES } from "./marks.js";
import { count, duration, line } from "./text.js";

const ROW = 22;
const EDGE = 24;  // beside the axis, for half of its last word
const LETTER = 6.2;  // pixels, about
const NARROW = 700;
const MOST = 300;  // rows: more cannot be read at a glance, and the list has them all
const TICK_MS = 1_000;
const KINDS = { planning: "idle", question: "ask", waiting: "idle", backoff: "idle", approval: "ask", unknown: "ask" };
const OUTCOMES = { succeeded: "good", failed: "bad", lost: "bad", cancelled: "idle", hedged: "idle", unknown: "ask", unconfirmed: "ask" };

export function Timeline({ run, entries, choose }) {
  const found = useChanging(() => get(runPath(run, "/timeline"), { headers: { accept: "application/json" } }), () => false,
    { keys: [run], keeps: false, after: entries });
  const frame = useRef(null);
  const width = useWidth(frame);
  const open = Boolean(found.value) && [found.value, ...found.value.rows].some((row) => row.spans.some((one) => one.end === null));
  useTick(open);
  return html`<div class="timeline" ref=${frame}><${Problem} of=${found.problem} />
    ${found.value && width > 0 && html`<${Chart} of=${found.value} open=${open} width=${width} choose=${choose} />`}</div>`;
}

/** How wide an element is, as it changes. */
function useWidth(element) {
  const [width, setWidth] = useState(0);
  useEffect(() => {
    // What is drawn changes the element's height: not while it is being measured.
    const watch = new ResizeObserver(() => setTimeout(() => setWidth(element.current?.clientWidth ?? 0)));
    watch.observe(element.current);
    return () => watch.disconnect();
  }, []);
  return width;
}

/** What is under way grows by the clock: nothing is asked for that. */
function useTick(open) {
  const [, drawn] = useState(0);
  useEffect(() => {
    if (!open) return undefined;
    const timer = setInterval(() => { if (!document.hidden) drawn((number) => number + 1); }, TICK_MS);
    return () => clearInterval(timer);
  }, [open]);
}

function Chart({ of, open, width, choose }) {
  const { start, spans, rows } = of;
  const end = open ? Math.max(of.end, Date.now() / 1000) : of.end;
  const left = Math.round(width < NARROW ? width * 0.42 : Math.min(340, width * 0.28));
  const length = Math.max(end - start, 0.001);
  const x = (at) => left + ((at - start) / length) * (width - EDGE - left);
  const shown = rows.slice(0, MOST);
  const height = 30 + (shown.length + 1) * ROW;
  const parts = width < NARROW ? [0, 0.5, 1] : [0, 0.25, 0.5, 0.75, 1];
  const place = { x, end, left, width };
  return html`
    <svg viewBox="0 0 ${width} ${height}" width=${width} height=${height} role="group" aria-label="Timeline">
      ${parts.map((part) => html`<g><path class="rule" d="M${x(start + part * length)} 22V${height}" />
        <text class="dim small" x=${x(start + part * length)} y="14" text-anchor="middle">${duration(part * length)}</text></g>`)}
      <${Row} y=${26} label="the run itself" spans=${spans} place=${place} />
      ${shown.map((row, number) => html`<${Row} key=${row.task} y=${26 + (number + 1) * ROW} label=${line(row.title, 60) || row.task}
        status=${row.status} device=${row.device} spans=${row.spans} place=${place} open=${() => choose(row.task)} />`)}
    </svg>
    ${rows.length > MOST && html`<p class="dim">${count(rows.length - MOST, "more task")}: see the list.</p>`}`;
}

function Row({ y, label, status, device, spans, place: { x, end, left, width }, open }) {
  const words = `${label}${device ? ` on ${device}` : ""}${status ? `, ${status}` : ""}: ${spans.map((one) => told(one, end)).join("; ") || "nothing yet"}`;
  const key = (event) => {
    if (open && (event.key === "Enter" || event.key === " ")) { event.preventDefault(); open(); }
  };
  const beside = width < NARROW ? 0 : 68;  // for the device; where there is no room, the row's name tells it
  return html`<g class="trow" role=${open ? "button" : "img"} tabindex=${open ? 0 : null} aria-label=${line(words, 1000)} onClick=${open} onKeyDown=${key}>
    <title>${line(words, 1000)}</title>
    <rect class="hit" x="0" y=${y} width=${width} height=${ROW} />
    ${status && html`<path class="mark ${TONES[status]}" transform="translate(4 ${y + 4})" d=${SHAPES[status]} />`}
    <text x="24" aria-hidden="true" y=${y + 15}>${line(label, Math.floor((left - beside - 28) / LETTER))}</text>
    ${beside > 0 && html`<text class="dim small" aria-hidden="true" x=${left - 8} y=${y + 15} text-anchor="end">${line(device, 10)}</text>`}
    ${spans.map((one) => html`<rect class="span ${one.kind} ${one.kind === "attempt" ? OUTCOMES[one.outcome] ?? "live" : KINDS[one.kind]}"
      x=${x(one.start)} y=${y + (one.kind === "attempt" ? 4 : 9)} width=${Math.max(2, x(one.end ?? end) - x(one.start))}
      height=${one.kind === "attempt" ? 14 : 4} rx="2"><title>${told(one, end)}</title></rect>`)}
  </g>`;
}

function told(span, end) {
  const took = duration((span.end ?? end) - span.start);
  return span.kind === "attempt" ? `attempt ${span.attempt} on ${span.device}, ${span.outcome || "under way"}, ${took}` : `${span.kind}, ${took}`;
}
