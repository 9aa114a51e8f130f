// When what happened: a row a task, by device, with its waits and attempts along one axis of time.
import { get, runPath } from "./api.js";
import { html } from "./html.js";
import { usePoll } from "./live.js";
import { Problem, SHAPES, TONES } from "./marks.js";
import { count, duration, line } from "./text.js";

const LEFT = 250;
const RIGHT = 900;
const ROW = 22;
const MOST = 300;  // rows: more cannot be read at a glance, and the list has them all
const KINDS = { planning: "idle", question: "ask", waiting: "idle", backoff: "idle", approval: "ask", unknown: "ask" };
const OUTCOMES = { succeeded: "good", failed: "bad", lost: "bad", cancelled: "idle", hedged: "idle", unknown: "ask", unconfirmed: "ask" };

export function Timeline({ run, entries, choose }) {
  const found = usePoll(() => get(runPath(run, "/timeline"), { headers: { accept: "application/json" } }), 3, [run, Math.ceil(entries / 10)]);
  if (!found.value) return html`<${Problem} of=${found.problem} />`;
  const { start, end, spans, rows } = found.value;
  const length = Math.max(end - start, 0.001);
  const x = (at) => LEFT + ((at - start) / length) * (RIGHT - LEFT);
  const shown = rows.slice(0, MOST);
  const height = 30 + (shown.length + 1) * ROW;
  return html`<div class="timeline">
    <svg viewBox="0 0 920 ${height}" width="920" height=${height} role="group" aria-label="Timeline">
      ${[0, 0.25, 0.5, 0.75, 1].map((part) => html`<g><path class="rule" d="M${x(start + part * length)} 22V${height}" />
        <text class="dim small" x=${x(start + part * length)} y="14" text-anchor="middle">${duration(part * length)}</text></g>`)}
      <${Row} y=${26} label="the run itself" spans=${spans} x=${x} end=${end} />
      ${shown.map((row, number) => html`<${Row} key=${row.task} y=${26 + (number + 1) * ROW} label=${line(row.title, 60) || row.task}
        status=${row.status} device=${row.device} spans=${row.spans} x=${x} end=${end} open=${() => choose(row.task)} />`)}
    </svg>
    ${rows.length > MOST && html`<p class="dim">${count(rows.length - MOST, "more task")}: see the list.</p>`}
  </div>`;
}

function Row({ y, label, status, device, spans, x, end, open }) {
  const words = `${label}${device ? ` on ${device}` : ""}${status ? `, ${status}` : ""}: ${spans.map((one) => told(one, end)).join("; ") || "nothing yet"}`;
  const key = (event) => {
    if (open && (event.key === "Enter" || event.key === " ")) { event.preventDefault(); open(); }
  };
  return html`<g class="trow" role=${open ? "button" : "img"} tabindex=${open ? 0 : null} aria-label=${line(words, 1000)} onClick=${open} onKeyDown=${key}>
    <title>${line(words, 1000)}</title>
    <rect class="hit" x="0" y=${y} width="920" height=${ROW} />
    ${status && html`<path class="mark ${TONES[status]}" transform="translate(4 ${y + 4})" d=${SHAPES[status]} />`}
    <text x="24" aria-hidden="true" y=${y + 15}>${line(label, 26)}</text>
    <text class="dim small" aria-hidden="true" x=${LEFT - 8} y=${y + 15} text-anchor="end">${line(device, 10)}</text>
    ${spans.map((one) => html`<rect class="span ${one.kind} ${one.kind === "attempt" ? OUTCOMES[one.outcome] ?? "live" : KINDS[one.kind]}"
      x=${x(one.start)} y=${y + (one.kind === "attempt" ? 4 : 9)} width=${Math.max(2, x(one.end ?? end) - x(one.start))}
      height=${one.kind === "attempt" ? 14 : 4} rx="2"><title>${told(one, end)}</title></rect>`)}
  </g>`;
}

function told(span, end) {
  const took = duration((span.end ?? end) - span.start);
  return span.kind === "attempt" ? `attempt ${span.attempt} on ${span.device}, ${span.outcome || "under way"}, ${took}` : `${span.kind}, ${took}`;
}
