// One run: its graph, tasks, timeline, entries, planning and artifacts, live; and what can be done to it.
import { post, runPath } from "./api.js";
import { Artifacts } from "./artifacts.js";
import { Asks } from "./asks.js";
import { Entries } from "./entries.js";
import { TaskGraph } from "./graph.js";
import { html, say, useEffect, useMemo, useRef, useState } from "./html.js";
import { ended, useRun } from "./live.js";
import { Problem, State } from "./marks.js";
import { can } from "./rights.js";
import { Planning } from "./planning.js";
import { TaskDetail } from "./task.js";
import { Tasks } from "./tasks.js";
import { Timeline } from "./timeline.js";
import { ago, clean, duration, line, moment } from "./text.js";

const TABS = [["graph", "Graph"], ["tasks", "Tasks"], ["timeline", "Timeline"], ["events", "Events"],
  ["planning", "Planning and cost"], ["artifacts", "Artifacts"]];
const LINK = { connecting: "connecting…", live: "live", lost: "connection lost, reconnecting…", ended: "all entries are here", gone: "" };

// Where the page is narrow, an open task covers all of it: the keyboard must not go on behind it.
const NARROW = matchMedia("(max-width: 700px)");

export function Run({ words: [run, tab] }) {
  const feed = useRun(run);
  const [chosen, choose] = useState(null);
  const view = feed?.view;
  useTold(view, feed?.link);
  const opened = useRef(null);
  useEffect(() => {
    if (opened.current && !chosen) back(opened.current);
    opened.current = chosen;
  }, [chosen]);
  // Entries come by the hundred a second; what shows tasks is compared anew only when there is a new view of them.
  const graph = useMemo(() => view && drawn(view, chosen, choose), [view, chosen]);
  const list = useMemo(() => view && html`<${Tasks} tasks=${view.tasks} choose=${choose} chosen=${chosen} />`, [view, chosen]);
  if (!view) return html`<h1>Run ${run}</h1><${Problem} of=${feed?.problem} />${!feed?.problem && html`<p>Loading…</p>`}`;
  const task = view.tasks.find((one) => one.id === chosen);
  return html`<div inert=${Boolean(task) && NARROW.matches}>
    <p class="dim crumb"><a href="#/runs">Runs</a> / ${view.run}</p>
    <div class="head"><h1>${line(view.text, 300) || `Plan ${view.run}`}</h1><${State} of=${view.state} /></div>
    <${Actions} view=${view} took=${(next) => feed.took(next)} />
    <p class="dim small facts">Submitted <time title=${moment(view.created)}>${ago(view.created)}</time>${ended(view.state)
      ? ` · took ${duration(view.updated - view.created)}` : ""}${view.rung ? ` · planned by ${line(view.rung)}` : ""}${" · "}<span class="link ${feed.link}" data-link=${feed.link}>${LINK[feed.link]}</span></p>
    <${Problem} of=${feed.problem} />
    <${Asks} view=${view} took=${(next) => feed.took(next)} />
    <${Outcome} view=${view} />
    <${Tabs} run=${run} at=${TABS.some(([name]) => name === tab) ? tab : "graph"} parts=${{
      graph: () => graph,
      tasks: () => list,
      timeline: () => html`<${Timeline} run=${run} entries=${feed.entries.length} choose=${choose} />`,
      events: () => html`<${Entries} of=${feed.entries} />`,
      planning: () => html`<${Planning} view=${view} />`,
      artifacts: () => html`<${Artifacts} run=${run} entries=${feed.entries.length} />`,
    }} /></div>
    ${task && html`<${TaskDetail} key=${task.id} run=${run} task=${task} entries=${feed.entries} close=${() => choose(null)} choose=${choose} />`}`;
}

function drawn(view, chosen, choose) {
  return view.tasks.length
    ? html`<${TaskGraph} tasks=${view.tasks} version=${view.version} chosen=${chosen} choose=${choose} />`
    : html`<p class="empty">${view.state === "planning" ? "Being planned…" : ended(view.state) ? "There are no tasks." : "There are no tasks yet."}</p>`;
}

/** Where one came from when a task was opened: its node, or its line in the list. */
function back(task) {
  const name = CSS.escape(task);
  document.querySelector(`[data-task="${name}"], [data-row="${name}"] button`)?.focus();
}

/** Say what changes while one watches: the run's state, what it asks, and whether we still hear of it. */
function useTold(view, link) {
  const before = useRef({});
  useEffect(() => {
    const now = { state: view?.state, asks: (view?.approvals.length ?? 0) + (view?.questions.length ?? 0), link };
    const { state, asks, link: linked } = before.current;
    if (state && now.state !== state) say(`The run is ${now.state}.`);
    if (now.asks > (asks ?? 0)) say("The run waits for your answer.");
    if (linked === "live" && link === "lost") say("The connection is lost; trying again.");
    if (linked === "lost" && link === "live") say("Connected again.");
    before.current = now;
  }, [view?.state, view?.approvals.length, view?.questions.length, link]);
}

function Actions({ view, took }) {
  const [problem, setProblem] = useState(null);
  const [busy, setBusy] = useState(false);
  const act = async (action, told) => {
    setBusy(true);
    setProblem(null);
    try {
      took(await post(runPath(view.run, `/${action}`)));
      say(told);
    } catch (error) {
      setProblem(error);
    }
    setBusy(false);
  };
  const retriable = ended(view.state) && view.tasks.some((task) => ["failed", "skipped", "cancelled"].includes(task.status));
  if (!can("operator")) return null;
  return html`<div class="row">
    ${!ended(view.state) && html`<button type="button" disabled=${busy || view.state === "cancelling"}
      onClick=${() => act("cancel", "Cancelling.")}>Cancel run</button>`}
    ${retriable && html`<button type="button" disabled=${busy} onClick=${() => act("retry", "Trying again.")}>Retry what failed</button>`}
    <${Problem} of=${problem} />
  </div>`;
}

function Outcome({ view }) {
  if (view.error) {
    return html`<section class="card bad" aria-label="Error"><h2>${view.state === "cancelled" ? "Cancelled" : "What went wrong"}${" "}<code class="dim">${view.error.code}</code></h2><p class="answer">${clean(view.error.message)}</p>
      ${view.answer && html`<p class="answer">${clean(view.answer)}</p>`}</section>`;
  }
  return view.answer ? html`<section class="card" aria-label="Answer"><h2>Answer</h2><p class="answer" tabindex="0" data-answer>${clean(view.answer)}</p></section>` : null;
}

function Tabs({ run, at, parts }) {
  const go = (name) => { location.hash = `#/run/${encodeURIComponent(run)}/${name}`; };
  const key = (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const here = TABS.findIndex(([name]) => name === at);
    const [name] = TABS[(here + step + TABS.length) % TABS.length];
    go(name);
    document.getElementById(`tab-${name}`).focus();
  };
  return html`<div class="tabs" role="tablist" aria-label="Parts of the run" onKeyDown=${key}>
      ${TABS.map(([name, words]) => html`<button type="button" role="tab" id="tab-${name}" aria-controls="panel"
        aria-selected=${name === at ? "true" : "false"} tabindex=${name === at ? 0 : -1} onClick=${() => go(name)}>${words}</button>`)}
    </div>
    <section id="panel" role="tabpanel" aria-labelledby="tab-${at}">${parts[at]()}</section>`;
}
