// The tasks as a list: the same as the graph, for those who read rather than look.
import { html, useMemo, useState } from "./html.js";
import { State, Risk } from "./marks.js";
import { count, duration, line } from "./text.js";

const STATES = ["pending", "ready", "waiting", "running", "cancelling", "unknown", "succeeded", "failed", "skipped", "cancelled"];
const PAGE = 200;

export function Tasks({ tasks, choose, chosen }) {
  const [state, setState] = useState("");
  const [most, setMost] = useState(PAGE);
  const counts = useMemo(() => countsOf(tasks), [tasks]);
  const fits = tasks.filter((task) => !state || task.status === state);
  return html`<div>
    <div class="row filters">
      <label>State <select value=${state} onChange=${(event) => { setState(event.currentTarget.value); setMost(PAGE); }}>
        <option value="">all (${tasks.length})</option>
        ${STATES.filter((one) => counts[one]).map((one) => html`<option key=${one} value=${one}>${one} (${counts[one]})</option>`)}
      </select></label>
    </div>
    <table class="tasks">
      <thead><tr><th scope="col">State</th><th scope="col">Task</th><th scope="col">Skill</th><th scope="col">Device</th>
        <th scope="col">Took</th><th scope="col">Waits for</th></tr></thead>
      <tbody>${fits.slice(0, most).map((task) => html`<${Row} key=${task.id} task=${task} choose=${choose} chosen=${task.id === chosen} />`)}</tbody>
    </table>
    ${fits.length > most && html`<button type="button" onClick=${() => setMost(most + 5 * PAGE)}>${count(fits.length - most, "more task")}</button>`}
  </div>`;
}

function countsOf(tasks) {
  const counts = {};
  for (const task of tasks) counts[task.status] = (counts[task.status] ?? 0) + 1;
  return counts;
}

function Row({ task, choose, chosen }) {
  const sign = [task.status, task.device, task.attempt, task.ended, task.waiting_for, task.error?.message, chosen].join("\n");
  return useMemo(() => html`<tr data-row=${task.id} class=${chosen ? "chosen" : ""}>
    <td><${State} of=${task.status} /></td>
    <td><button type="button" class="linklike" onClick=${() => choose(task.id)}>${line(task.title, 100) || task.id}</button></td>
    <td><code>${line(task.skill)}</code> ${task.risk !== "read" && html`<${Risk} of=${task.risk} />`}</td>
    <td>${line(task.device)}</td>
    <td>${task.started && task.ended ? duration(task.ended - task.started) : ""}</td>
    <td class="dim">${line(task.waiting_for || task.error?.message || "", 160)}</td>
  </tr>`, [sign]);
}
