// Files that a run left. They are saved, never shown: a browser must not take one for a page of ours.
import { download, get, runPath } from "./api.js";
import { useChanging } from "./changes.js";
import { html, useState } from "./html.js";
import { Problem } from "./marks.js";
import { bytes, line, moment } from "./text.js";

export function Artifacts({ run, entries }) {
  return html`<${ArtifactList} run=${run} entries=${entries} empty="The run has left no artifacts." />`;
}

/** A run's artifacts, or one task's. */
export function ArtifactList({ run, task = null, entries, empty = "" }) {
  const found = useChanging(() => get(runPath(run, "/artifacts")), () => false, { keys: [run], keeps: false, after: entries });
  const [problem, setProblem] = useState(null);
  const records = (found.value?.artifacts ?? []).filter((one) => task === null || one.task === task);
  const save = (record) => download(run, record).then(() => setProblem(null), setProblem);
  if (!records.length) return empty && found.value ? html`<p class="empty">${empty}</p>` : html`<${Problem} of=${found.problem} />`;
  return html`<div>${task !== null && html`<h3>Artifacts</h3>`}
    <${Problem} of=${problem} />
    <ul class="artifacts">${records.map((one) => html`<li key=${one.sha256 + one.task}>
      <button type="button" onClick=${() => save(one)}>Save <span>${line(one.name, 120) || one.sha256.slice(0, 12)}</span></button>
      <span class="dim">${bytes(one.size) || "empty"} · ${task === null && `${one.task} · `}${moment(one.created)}</span></li>`)}</ul>
  </div>`;
}
