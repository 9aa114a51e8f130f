// Every run that waits for a person, with what it asks.
import { get, runPath } from "./api.js";
import { Asks } from "./asks.js";
import { useChanging } from "./changes.js";
import { html } from "./html.js";
import { Problem } from "./marks.js";
import { count, line } from "./text.js";

const MOST = 20;

export function Inbox() {
  const found = useChanging(load, (kind) => kind === "run");
  const { views = [], more = 0 } = found.value ?? {};
  return html`<h1>Waiting for you</h1>
    <${Problem} of=${found.problem} />
    ${found.value && views.length === 0 && html`<p class="empty">Nothing waits for you.</p>`}
    ${views.map((view) => html`<section key=${view.run} aria-label=${`Run ${view.run}`}>
      <h2><a href="#/run/${encodeURIComponent(view.run)}">${line(view.text, 160) || view.run}</a></h2>
      <${Asks} view=${view} took=${found.again} />
    </section>`)}
    ${more > 0 && html`<p class="dim">${count(more, "more run")} once these are settled.</p>`}`;
}

async function load() {
  const { runs } = await get("/v1/runs?status=waiting&limit=100");
  const views = await Promise.all(runs.slice(0, MOST).map((run) => get(runPath(run.run))));
  return { views: views.filter((view) => view.approvals.length || view.questions.length), more: Math.max(0, runs.length - MOST) };
}
