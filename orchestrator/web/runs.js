// All runs, and the box for a new one.
import { get, post } from "./api.js";
import { useChanging } from "./changes.js";
import { html, say, useMemo, useState } from "./html.js";
import { Problem, State } from "./marks.js";
import { can } from "./rights.js";
import { cells, Table } from "./table.js";
import { ago, duration, line, moment } from "./text.js";

const STATES = ["planning", "running", "waiting", "cancelling", "succeeded", "failed", "cancelled"];
const PAGE = 50;
const HEADS = ["State", "Request", "Answer", "Submitted", "Took"];

export function Runs() {
  return html`<h1>Runs</h1>${can("operator") && html`<${Submit} />`}<${List} />`;
}

function Submit() {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState(null);
  // One key for one text: a second click, or a click after a lost answer, is the same run.
  const [key, setKey] = useState(() => crypto.getRandomValues(new Uint32Array(4)).join("-"));
  const submit = async (event) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const policy = {
      approve: form.get("approve"), plan_only: form.has("plan_only"), local_only: form.has("local_only"), confirm: true,
    };
    setBusy(true);
    setProblem(null);
    try {
      const run = await post("/v1/runs", { text: form.get("text"), policy }, { "idempotency-key": key });
      say("Submitted.");
      location.hash = `#/run/${encodeURIComponent(run.run)}`;
    } catch (error) {
      setProblem(error);
      setBusy(false);
      if (error.status) setKey(crypto.getRandomValues(new Uint32Array(4)).join("-"));
    }
  };
  const enter = (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) event.currentTarget.form.requestSubmit();
  };
  return html`<form class="card submit" onSubmit=${submit} aria-label="New request">
    <label for="text">What should happen?</label>
    <textarea id="text" name="text" rows="2" required onKeyDown=${enter}
      placeholder="Which of my devices has the most free disk space?"></textarea>
    <div class="row">
      <label>Changes <select name="approve">
        <option value="ask">ask me first</option>
        <option value="all">are allowed</option>
        <option value="none">are denied</option>
      </select></label>
      <label><input type="checkbox" name="plan_only" /> plan only</label>
      <label><input type="checkbox" name="local_only" /> no cloud model</label>
      <button type="submit" class="main" disabled=${busy}>Submit</button>
    </div>
    <${Problem} of=${problem} />
  </form>`;
}

function List() {
  const [state, setState] = useState("");
  const [words, setWords] = useState("");
  const [pages, setPages] = useState(1);
  const found = useChanging(() => load(state, pages), (kind) => kind === "run", { keys: [state, pages] });
  const runs = useMemo(() => matching(found.value?.runs ?? [], words), [found.value, words]);
  const choose = (event) => { setState(event.currentTarget.value); setPages(1); };
  return html`<section aria-label="Runs">
    <div class="row filters" role="search">
      <label>State <select onChange=${choose}>
        <option value="">all</option>${STATES.map((one) => html`<option value=${one}>${one}</option>`)}
      </select></label>
      <label>Words <input type="search" onInput=${(event) => setWords(event.currentTarget.value)} /></label>
    </div>
    <${Problem} of=${found.problem} />
    ${runs.length > 0 && html`<${Table} name="Runs" of="runs" heads=${HEADS}>${runs.map((run) => html`<${Item} key=${run.run} run=${run} />`)}<//>`}
    ${found.value && runs.length === 0 && html`<p class="empty">${words || state ? "No run fits." : "No runs yet."}</p>`}
    ${found.value?.more && html`<button type="button" onClick=${() => setPages(pages + 1)}>Older runs</button>`}
  </section>`;
}

async function load(state, pages) {
  const runs = [];
  let cursor = "";
  for (let page = 0; page < pages; page++) {
    const found = await get(`/v1/runs?limit=${PAGE}${state && `&status=${state}`}${cursor && `&cursor=${cursor}`}`);
    runs.push(...found.runs);
    cursor = found.next ?? "";
    if (!cursor) break;
  }
  return { runs, more: Boolean(cursor) };
}

function matching(runs, words) {
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
  return runs.filter((run) => {
    const all = `${run.run} ${run.text} ${run.answer} ${run.error?.message ?? ""}`.toLowerCase();
    return wanted.every((word) => all.includes(word));
  });
}

function Item({ run }) {
  const open = !["succeeded", "failed", "cancelled"].includes(run.state);
  const said = line(run.error?.message || run.answer, 140);
  return html`<tr role="row">${cells(HEADS, [
    html`<${State} of=${run.state} />`,
    html`<a href="#/run/${encodeURIComponent(run.run)}">${line(run.text, 140) || `plan ${run.run}`}</a>`,
    said && html`<span class="dim">${said}</span>`,
    html`<time title=${moment(run.created)}>${ago(run.created)}</time>`,
    open ? "" : duration(run.updated - run.created),
  ])}</tr>`;
}
