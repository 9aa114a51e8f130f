// One task in full: where it stands and why, what it was given and gave, and every attempt.
import { get, runPath } from "./api.js";
import { ArtifactList } from "./artifacts.js";
import { useChanging } from "./changes.js";
import { html, useEffect, useMemo, useRef } from "./html.js";
import { Problem, Risk, State } from "./marks.js";
import { bytes, clean, clock, count, cut, duration, exact, line, shown } from "./text.js";

const LONGEST = 100_000;  // characters of a result on the page; all of it is in the run's JSON

export function TaskDetail({ run, task, entries, close, choose }) {
  const heading = useRef(null);
  useEffect(() => heading.current?.focus(), []);
  const attempts = useMemo(() => attemptsOf(task.id, entries), [task.id, entries.length]);
  const why = useChanging(() => get(runPath(run, `/tasks/${encodeURIComponent(task.id)}/explain`)), (kind) => kind === "device",
    { keys: [task.id], keeps: false, after: entries.length });
  const key = (event) => { if (event.key === "Escape") close(); };
  return html`<aside class="detail" aria-label="Task ${task.id}" onKeyDown=${key} data-detail=${task.id}>
    <div class="head"><h2 ref=${heading} tabindex="-1">${line(task.title, 200) || task.id}</h2>
      <button type="button" onClick=${close} aria-label="Close task">✕</button></div>
    <p><${State} of=${task.status} /> <${Risk} of=${task.risk} /></p>
    <dl>
      <dt>Task</dt><dd><code>${task.id}</code>${task.group ? html` of fan-out <code>${task.group}</code>` : ""}</dd>
      <dt>Skill</dt><dd><code>${line(task.skill)}</code></dd>
      ${task.device && html`<dt>Device</dt><dd>${line(task.device)}</dd>`}
      ${task.waiting_for && html`<dt>${says(task) ? "Says" : "Waits for"}</dt><dd>${line(task.waiting_for, 500)}</dd>`}
      ${task.depends_on.length > 0 && html`<dt>After</dt><dd>${task.depends_on.slice(0, 50).map((one) => html`
        <button type="button" class="linklike" onClick=${() => choose(one.task)}>${one.task}</button>${one.on !== "success" ? ` (on ${one.on})` : ""} `)}
        ${task.depends_on.length > 50 && `and ${task.depends_on.length - 50} more`}</dd>`}
      ${task.why && html`<dt>Why</dt><dd>${line(task.why, 500)}</dd>`}
    </dl>
    ${why.value?.lines.length > 0 && html`<details><summary>Where it runs, and why</summary>
      <ul>${why.value.lines.slice(0, 50).map((one) => html`<li>${line(one, 500)}</li>`)}</ul></details>`}
    <${Problem} of=${task.error} />
    <${Part} name="Arguments" of=${task.arguments} how=${exact} />
    ${task.output !== null && html`<${Output} of=${task.output} />`}
    <h3>Attempts</h3>
    ${attempts.length ? html`<ol class="attempts">${attempts.map((one) => html`<${Attempt} of=${one} />`)}</ol>` : html`<p class="dim">None yet.</p>`}
    <${Log} run=${run} task=${task} />
    <${ArtifactList} run=${run} task=${task.id} entries=${entries.length} />
  </aside>`;
}

/* Whether what a task tells is its own word: one that runs may also wait for its device, which is away. */
const says = (task) => task.status === "running" && !task.waiting_for.startsWith(`${task.device} to come back`);

function Part({ name, of, how }) {
  return html`<h3>${name}</h3><pre tabindex="0" aria-label=${name}>${cut(how(of), LONGEST)}</pre>`;
}

/** What its tools say while they run; live, and from the record. */
function Log({ run, task }) {
  const path = runPath(run, `/tasks/${encodeURIComponent(task.id)}/log`);
  const found = useChanging(() => get(path), (kind, name) => kind === "said" && name === run, { keys: [path], keeps: false });
  const { entries = [], dropped = 0 } = found.value ?? {};
  if (!entries.length) return null;
  return html`<h3>Log</h3>${dropped > 0 && html`<p class="dim">${count(dropped, "earlier entry", "earlier entries")} left out.</p>`}
    <pre class="log" tabindex="0" role="log" aria-live="off" aria-label="Log">${entries.map((one) => html`
      <span class=${one.stream === "stderr" ? "removed" : ""}><span class="dim">${clock(one.at)} </span>${clean(one.text)}${"\n"}</span>`)}</pre>`;
}

/** What commands wrote stands by itself, as lines; the rest is JSON. */
function Output({ of }) {
  const said = of && typeof of === "object" && !Array.isArray(of) ? of : {};
  const streams = ["stdout", "stderr"].filter((name) => typeof said[name] === "string" && said[name]);
  const rest = streams.length ? Object.fromEntries(Object.entries(said).filter(([name]) => !streams.includes(name))) : of;
  return html`<${Part} name="Result" of=${rest} how=${shown} />
    ${streams.map((name) => html`<${Part} name=${name} of=${said[name]} how=${clean} />`)}`;
}

/** From the record: each attempt with its device, its times and how it ended. */
function attemptsOf(task, entries) {
  const found = new Map();
  for (const { at, body } of entries) {
    if (body.task !== task) continue;
    if (body.type === "task_dispatched") found.set(body.attempt, { attempt: body.attempt, began: at, device: body.device, why: body.why });
    else if (body.type === "attempt_ended") Object.assign(found.get(body.attempt) ?? {}, { ended: at, outcome: body.outcome, error: body.error, usage: body.usage, retry: body.retry_at });
  }
  return [...found.values()];
}

function Attempt({ of }) {
  const used = of.usage ?? {};
  const facts = [
    of.ended && `took ${duration(of.ended - of.began)}`,
    used.cpu_seconds > 0 && `${duration(used.cpu_seconds)} of CPU`,
    used.peak_memory_bytes > 0 && bytes(used.peak_memory_bytes),
  ].filter(Boolean);
  return html`<li><strong>${line(of.device)}</strong> ${clock(of.began)}: ${of.outcome ?? "under way"}${facts.length ? ` (${facts.join(", ")})` : ""}
    ${of.error && html`<div class="problem">${of.error.code}: ${clean(of.error.message)}</div>`}
    ${of.why && html`<div class="dim small">${line(of.why, 500)}</div>`}</li>`;
}
