// The run's log, as it is on the record: each entry in a line, and in full.
import { html, useState } from "./html.js";
import { clock, count, cut, exact, line } from "./text.js";

const PAGE = 200;
const LONGEST = 50_000;

export function Entries({ of }) {
  const [most, setMost] = useState(PAGE);
  const hidden = Math.max(0, of.length - most);
  return html`<div>
    <p class="dim" data-entries=${of.length}>${count(of.length, "entry", "entries")} on the record, newest last.</p>
    ${hidden > 0 && html`<button type="button" onClick=${() => setMost(most + 1000)}>${count(hidden, "earlier entry", "earlier entries")}</button>`}
    <ol class="entries" start=${hidden + 1}>${of.slice(hidden).map((entry) => html`<${Entry} key=${entry.seq} of=${entry} />`)}</ol>
  </div>`;
}

function Entry({ of }) {
  const [open, setOpen] = useState(false);
  const { seq, at, body, cause } = of;
  return html`<li data-seq=${seq} data-type=${body.type}><details onToggle=${(event) => setOpen(event.currentTarget.open)}>
    <summary><span class="dim">${clock(at)}</span> <strong>${body.type.replaceAll("_", " ")}</strong> ${line(about(body), 200)}</summary>
    ${open && html`<pre tabindex="0" aria-label="Entry ${seq}">${cut(exact({ seq, at, cause, ...body }), LONGEST)}</pre>`}
  </details></li>`;
}

/** What a reader looks for first. */
function about(body) {
  switch (body.type) {
    case "run_submitted": return body.request.text;
    case "rung_tried": return `${body.proposal.rung}: ${body.accepted ? "accepted" : body.problems[0] ?? body.proposal.result.reason ?? "not accepted"}`;
    case "question_asked": return body.clarification.question;
    case "question_answered": return `${body.answer} (${body.by})`;
    case "graph_edited": return `${body.batch.by ?? ""} ${body.batch.reason ?? ""}`;
    case "edit_rejected": return body.reason;
    case "approval_requested": return `${body.task}: ${body.skill} on ${body.device}`;
    case "approval_resolved": return `${body.granted ? "granted" : "denied"} by ${body.by}`;
    case "task_dispatched": return `${body.task} to ${body.device}, attempt ${body.attempt}`;
    case "attempt_ended": return `${body.task}, attempt ${body.attempt}: ${body.outcome}${body.error ? `, ${body.error.message}` : ""}`;
    case "run_ended": return body.status;
    default: return [body.task, body.reason, body.error?.message].filter(Boolean).join(": ");
  }
}
