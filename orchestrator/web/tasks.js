// The tasks as a list: the same as the graph, for those who read rather than look.
import { html, useMemo, useState } from "./html.js";
import { State, Risk } from "./marks.js";
import { cells, Table } from "./table.js";
import { count, duration, line } from "./text.js";

const STATES = ["pending", "ready", "waiting", "running", "cancelling", "unknown", "succeeded", "failed", "skipped", "cancelled"];
const PAGE = 200;
const HEADS = ["State", "Task", "Skill", "Device", "Took", "Waits for"];

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
    <${Table} name="Tasks" of="tasks" heads=${HEADS}>${fits.slice(0, most).map((task) => html`
      <${Row} key=${task.id} task=${task} choose=${choose} chosen=${task.id === chosen} />`)}<//>
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
  return useMemo(() => {
    const why = line(task.waiting_for || task.error?.message || "", 160);
    return html`<tr role="row" data-row=${task.id} class=${chosen ? "chosen" : ""}>${cells(HEADS, [
      html`<${State} of=${task.status} />`,
      html`<button type="button" class="linklike" onClick=${() => choose(task.id)}>${line(task.title, 100) || task.id}</button>`,
      html`<code>${line(task.skill)}</code>${task.risk !== "read" && html` <${Risk} of=${task.risk} />`}`,
      line(task.device),
      task.started && task.ended ? duration(task.ended - task.started) : "",
      why && html`<span class="dim">${why}</span>`,
    ])}</tr>`;
  }, [sign]);
}
