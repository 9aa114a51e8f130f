// How a run was planned: every rung that was asked, what came of it and what it cost; and the policy it is under.
import { html } from "./html.js";
import { cells, Table } from "./table.js";
import { bytes, dollars, duration, exact, line } from "./text.js";

const HEADS = ["Rung", "Tier", "What came of it", "Time", "Tokens in, out", "Cost"];

export function Planning({ view }) {
  const { usage } = view;
  return html`<div>
    <p>In all: ${duration(usage.seconds)} of planning, ${usage.calls} calls to models, ${usage.input_tokens} tokens
      in, ${usage.output_tokens} out, ${bytes(usage.bytes_out) || "0 B"} sent, cost ${dollars(usage.cost_usd)}.</p>
    ${view.rungs.length > 0 && html`<${Table} name="Rungs that were asked" heads=${HEADS}>${view.rungs.map((one) => html`<tr role="row">${cells(HEADS, [
      line(one.rung), one.tier, html`<div>${outcome(one)}</div>`, duration(one.usage.seconds),
      `${one.usage.input_tokens}, ${one.usage.output_tokens}`, dollars(one.usage.cost_usd),
    ])}</tr>`)}<//>`}
    ${view.rungs.length === 0 && html`<p class="dim">No rung was asked${view.plan ? ": the run came with a plan" : " yet"}.</p>`}
    <h3>Policy</h3><pre tabindex="0" aria-label="Policy">${exact(view.policy)}</pre>
    ${view.plan && html`<details><summary>Plan</summary><pre tabindex="0" aria-label="Plan">${exact(view.plan)}</pre></details>`}
  </div>`;
}

function outcome(one) {
  const words = one.accepted ? "accepted" : one.question ? `asks: ${one.question}` : one.declined ? `declined: ${one.declined}` : "refused by the checks";
  return html`${line(words, 400)}${one.cached ? " (kept from an earlier run)" : ""}${one.fixes ? ` (a fix of ${one.fixes})` : ""}
    ${one.problems.length > 0 && html`<ul>${one.problems.map((problem) => html`<li>${line(problem, 400)}</li>`)}</ul>`}
    ${one.why && html`<div class="dim small">${line(one.why, 400)}</div>`}`;
}
