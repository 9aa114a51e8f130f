// The planner's rungs as they are, and what they did and cost.
import { get } from "./api.js";
import { html, useState } from "./html.js";
import { usePoll } from "./live.js";
import { Problem } from "./marks.js";
import { ago, bytes, dollars, duration, line, percent } from "./text.js";

const SPANS = [["86400", "last day"], ["604800", "last week"], ["", "all time"]];

export function Ladder() {
  const rungs = usePoll(() => get("/v1/ladder"), 10);
  return html`<h1>Ladder and cost</h1><${Problem} of=${rungs.problem} />
    ${rungs.value && html`<h2>Rungs, in the order in which they are asked</h2><table>
      <thead><tr><th scope="col">Rung</th><th scope="col">Tier</th><th scope="col">Model</th><th scope="col">Host</th><th scope="col">Breaker</th>
        <th scope="col">Last used</th></tr></thead>
      <tbody>${rungs.value.rungs.map((one) => html`<tr>
        <td>${line(one.rung)}${one.switched_off ? " (switched off)" : ""}</td><td>${one.tier}</td><td>${line(one.model)}</td><td>${line(one.host)}</td>
        <td>${one.breaker.replace("_", " ")}</td><td>${one.last_used ? ago(one.last_used) : "never"}</td></tr>`)}</tbody></table>`}
    <${Report} />`;
}

function Report() {
  const [span, setSpan] = useState("604800");
  const since = () => (span ? `?since=${Date.now() / 1000 - Number(span)}` : "");
  const found = usePoll(() => get(`/v1/ladder/report${since()}`), 15, [span]);
  const report = found.value;
  return html`<h2>What they did</h2>
    <label>Over the <select value=${span} onChange=${(event) => setSpan(event.currentTarget.value)}>${SPANS.map(([value, words]) => html`
      <option value=${value}>${words}</option>`)}</select></label>
    <${Problem} of=${found.problem} />
    ${report && html`<dl class="numbers">
      <dt>Runs asked in words</dt><dd>${report.runs.asked}, of which ${report.runs.planned} were planned, ${report.runs.succeeded}
        ${" "}succeeded, ${report.runs.failed} failed</dd>
      <dt>Planned without the cloud</dt><dd>${percent(report.runs_at_home.share)} (${report.runs_at_home.part} of ${report.runs_at_home.whole})</dd>
      <dt>Calls to cloud models</dt><dd>${report.cloud_calls}${report.cloud_calls_avoided !== null ? `; at least ${report.cloud_calls_avoided} avoided` : ""}</dd>
      <dt>Cost</dt><dd>${dollars(report.cost.known_usd)} over ${report.cost.known_runs} runs${report.cost.unknown_runs
        ? `; unknown for ${report.cost.unknown_runs}` : ""}${report.cost.per_success_usd !== null ? `; ${dollars(report.cost.per_success_usd)} a success` : ""}</dd>
      <dt>Sent to models</dt><dd>${Object.entries(report.bytes_out).map(([tier, size]) => `${tier} ${bytes(size) || "0 B"}`).join(", ") || "nothing"}</dd>
      <dt>Until the first action</dt><dd>${report.first_action.count ? `half within ${duration(report.first_action.p50)}, 95 % within ${duration(report.first_action.p95)}` : "–"}</dd>
    </dl>
    ${report.rungs.length > 0 && html`<table>
      <thead><tr><th scope="col">Rung</th><th scope="col">Asked</th><th scope="col">Accepted</th><th scope="col">Refused</th><th scope="col">Asked back</th>
        <th scope="col">Declined</th><th scope="col">Time</th><th scope="col">Tokens in, out</th><th scope="col">Cost</th></tr></thead>
      <tbody>${report.rungs.map((one) => html`<tr><td>${line(one.rung)}</td><td>${one.tries}</td><td>${one.accepted}</td><td>${one.refused}</td>
        <td>${one.asked_back}</td><td>${Object.values(one.declined).reduce((sum, number) => sum + number, 0)}</td><td>${duration(one.seconds)}</td>
        <td>${one.input_tokens}, ${one.output_tokens}</td><td>${dollars(one.known_usd)}${one.unpriced_tries ? ` and ${one.unpriced_tries} unpriced` : ""}</td></tr>`)}</tbody>
    </table>`}`}`;
}
