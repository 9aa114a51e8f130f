// The planner's rungs as they are, and what they did and cost.
import { get } from "./api.js";
import { useChanging } from "./changes.js";
import { html, useState } from "./html.js";
import { Problem } from "./marks.js";
import { cells, Table } from "./table.js";
import { ago, bytes, dollars, duration, line, percent } from "./text.js";

const SPANS = [["86400", "last day"], ["604800", "last week"], ["", "all time"]];

const RUNGS = ["Rung", "Tier", "Model", "Host", "Breaker", "Last used"];
const DID = ["Rung", "Asked", "Accepted", "Refused", "Asked back", "Declined", "Time", "Tokens in, out", "Cost"];

export function Ladder() {
  const rungs = useChanging(() => get("/v1/ladder"), (kind) => kind === "run" || kind === "rung");
  return html`<h1>Ladder and cost</h1><${Problem} of=${rungs.problem} />
    ${rungs.value && html`<h2>Rungs, in the order in which they are asked</h2><${Table} name="Rungs" heads=${RUNGS}>${rungs.value.rungs.map((one) => html`
      <tr role="row" data-rung=${one.rung}>${cells(RUNGS, [
        `${line(one.rung)}${one.switched_off ? " (switched off)" : ""}`, one.tier, line(one.model), line(one.host),
        one.breaker.replace("_", " "), one.last_used ? ago(one.last_used) : "never",
      ])}</tr>`)}<//>`}
    <${Report} />`;
}

function Report() {
  const [span, setSpan] = useState("604800");
  const since = () => (span ? `?since=${Date.now() / 1000 - Number(span)}` : "");
  const found = useChanging(() => get(`/v1/ladder/report${since()}`), (kind) => kind === "run", { keys: [span] });
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
    ${report.rungs.length > 0 && html`<${Table} name="What the rungs did" heads=${DID}>${report.rungs.map((one) => html`<tr role="row">${cells(DID, [
      line(one.rung), one.tries, one.accepted, one.refused, one.asked_back,
      Object.values(one.declined).reduce((sum, number) => sum + number, 0), duration(one.seconds),
      `${one.input_tokens}, ${one.output_tokens}`,
      `${dollars(one.known_usd)}${one.unpriced_tries ? ` and ${one.unpriced_tries} unpriced` : ""}`,
    ])}</tr>`)}<//>`}`}`;
}
