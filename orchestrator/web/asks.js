// What waits for a person: an operation to approve, exactly as it would be done, and questions with their choices.
import { post, runPath } from "./api.js";
import { DoubtfulPlan } from "./doubtful.js";
import { html, say, useState } from "./html.js";
import { Problem, Risk } from "./marks.js";
import { can } from "./rights.js";
import { clean, duration, exact, line, revealed } from "./text.js";

const VERBS = { read: "read", write: "change something", destructive: "destroy or overwrite something" };

/** All that a run asks. `took(view)` gets the run as it stands after an answer. */
export function Asks({ view, took }) {
  if (!view.approvals.length && !view.questions.length) return null;
  return html`<section class="asks" aria-label=${`Run ${view.run} waits for you`}>
    <h2 class="unseen">Waiting for you</h2>
    ${view.approvals.map((one) => html`<${Approval} key=${one.id} of=${one} took=${took} />`)}
    ${view.questions.map((one) => html`<${Question} key=${one.id} run=${view.run} of=${one} took=${took} />`)}
  </section>`;
}

function useAction(took) {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState(null);
  const act = async (path, body, told) => {
    setBusy(true);
    setProblem(null);
    try {
      const view = await post(path, body);
      say(told);
      took(view);
    } catch (error) {
      setProblem(error);
    }
    setBusy(false);
  };
  return { busy, problem, act, fail: setProblem };
}

function Approval({ of, took }) {
  const { busy, problem, act, fail } = useAction(took);
  const [changing, setChanging] = useState(null);
  const answer = (granted) => act(runPath(of.run, `/approvals/${encodeURIComponent(of.id)}`), { granted },
    granted ? "Approved." : "Denied.");
  const change = (event) => {
    event.preventDefault();
    let given;
    try { given = JSON.parse(new FormData(event.currentTarget).get("arguments")); } catch { given = undefined; }
    if (given === null || typeof given !== "object" || Array.isArray(given)) {
      fail(new Error("These are not arguments: a JSON object is asked for."));
      return;
    }
    act(runPath(of.run, `/approvals/${encodeURIComponent(of.id)}/arguments`), { arguments: given }, "Changed: it asks again.");
  };
  const would = previewOf(of.arguments);
  const [short, long] = parted(of.arguments, would);
  return html`<article class="card ask" data-approval=${of.id}>
    <h3>Approve? <code>${line(of.skill)}</code> on <strong>${line(of.device)}</strong> <${Risk} of=${of.risk} /></h3>
    <p>Task <code>${line(of.task)}</code> wants to ${VERBS[of.risk] ?? of.risk}. Your word is for exactly this, once;
      it is waited for ${remaining(of.expires)}.</p>
    ${would && html`<h4>What would change</h4><${Diff} text=${would} />`}
    <h4>Arguments</h4>
    <pre tabindex="0" aria-label="Arguments">${exact(short)}</pre>
    ${long.map(([name, text]) => html`<h4>${line(name)}</h4><pre tabindex="0" aria-label=${line(name)}>${revealed(text)}</pre>`)}
    <p class="dim small">Operation ${of.digest.slice(0, 12)}</p>
    <${Problem} of=${problem} />
    ${changing !== null && html`<form class="stack" onSubmit=${change}>
      <label>Other arguments, as JSON
        <textarea name="arguments" rows="6" spellcheck="false" required>${changing}</textarea></label>
      <div class="row">
        <button type="submit" class="main" disabled=${busy}>Ask again with these</button>
        <button type="button" disabled=${busy} onClick=${() => setChanging(null)}>Leave them</button>
      </div>
    </form>`}
    ${changing === null && can("operator") && html`<div class="row">
      <button type="button" class="main" disabled=${busy} onClick=${() => answer(true)}>Approve once</button>
      <button type="button" disabled=${busy} onClick=${() => answer(false)}>Deny</button>
      ${!("preview" in of.arguments) && html`<button type="button" disabled=${busy}
        onClick=${() => setChanging(JSON.stringify(of.arguments, null, 2))}>Change the arguments</button>`}
    </div>`}
  </article>`;
}

function previewOf({ preview }) {
  return typeof preview?.text === "string" && preview.text.trim() ? preview.text : "";
}

/** The arguments without the preview, which is shown by itself, and those that are texts of several lines. */
function parted(given, would) {
  const all = Object.entries(given).filter(([name]) => !(would && name === "preview"));
  const isLong = ([, value]) => typeof value === "string" && value.includes("\n");
  return [Object.fromEntries(all.filter((one) => !isLong(one))), all.filter(isLong)];
}

function remaining(expires) {
  const left = expires - Date.now() / 1000;
  return left > 0 ? `another ${duration(Math.ceil(left))}` : "no longer";
}

/** Lines that come and go tell it by their sign, and by colour. */
function Diff({ text }) {
  const kinds = { "+": "added", "-": "removed", "@": "dim" };
  return html`<pre class="diff" tabindex="0" aria-label="What would change">${clean(text).split("\n").map((one) => html`
    <span class=${kinds[one[0]] ?? ""}>${one}${"\n"}</span>`)}</pre>`;
}

function Question({ run, of, took }) {
  const { busy, problem, act } = useAction(took);
  const answer = (value) => act(runPath(run, "/answers"), { question: of.id, answer: value }, "Answered.");
  const submit = (event) => {
    event.preventDefault();
    answer(new FormData(event.currentTarget).get("answer"));
  };
  const { question, choices, doubtful } = of.clarification;
  return html`<article class="card ask" data-question=${of.id}>
    <h3>${line(question, 500)}</h3>
    ${doubtful && html`<${DoubtfulPlan} of=${doubtful} question=${question} />`}
    ${can("operator") ? html`<div class="row choices">${choices.map((one) => html`
      <button type="button" disabled=${busy} onClick=${() => answer(one.value)}>${line(one.label, 500)}</button>`)}</div>
    <form class="row" onSubmit=${submit}>
      <label>${doubtful ? "Or say what is meant" : choices.length ? "Or in your words" : "Your answer"} <input name="answer" required /></label>
      <button type="submit" disabled=${busy}>Answer</button>
    </form>` : html`<ul>${choices.map((one) => html`<li>${line(one.label, 500)}</li>`)}</ul>`}
    <${Problem} of=${problem} />
  </article>`;
}
