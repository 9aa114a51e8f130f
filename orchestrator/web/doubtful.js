// A plan that the checks are not sure of, as it would run: a person says yes to just this, or no (ADR 0017).
import { html } from "./html.js";
import { count, exact, line } from "./text.js";

const MOST = 50;  // steps that are shown one by one; the rest is there as JSON

export function DoubtfulPlan({ of: { plan, gaps, rung }, question }) {
  const rest = plan.steps.slice(MOST);
  // The question names as many gaps as it has room for.
  const more = gaps.filter((gap) => !question.includes(line(gap, 500)));
  return html`<div class="doubtful">
    ${more.length > 0 && html`<h4>Not accounted for, either</h4><ul>${more.map((gap) => html`<li>${line(gap, 500)}</li>`)}</ul>`}
    <h4>What would run, planned by ${line(rung)}</h4>
    ${plan.dry_run && html`<p>Nothing would be changed: its writes only show what they would change.</p>`}
    <ol class="plan">${plan.steps.slice(0, MOST).map((step) => html`<${Step} key=${step.id} of=${step} />`)}</ol>
    ${rest.length > 0 && html`<details><summary>${count(rest.length, "more step")}</summary>
      <pre tabindex="0" aria-label="More steps">${exact(rest)}</pre></details>`}
  </div>`;
}

function Step({ of }) {
  const edges = of.after.filter((edge) => edge.on !== "success");
  const besides = unusual(of);
  const name = line(of.id, 100);
  return html`<li data-step=${of.id}><strong>${name}</strong>: <code>${line(of.skill, 200)}</code> on ${where(of.devices)}${of.after.length > 0
      && html`<span class="dim">, after ${of.after.map((edge) => line(edge.step, 100)).join(of.join === "any" ? " or " : ", ")}</span>`}
    ${Object.keys(of.arguments).length > 0 && html`<pre tabindex="0" aria-label="Arguments of ${name}">${exact(of.arguments)}</pre>`}
    ${edges.length > 0 && html`<h4>Only if</h4><pre tabindex="0" aria-label="Conditions of ${name}">${exact(edges)}</pre>`}
    ${Object.keys(besides).length > 0 && html`<pre tabindex="0" aria-label="Besides, for ${name}">${exact(besides)}</pre>`}
  </li>`;
}

/** What else a step does that others do not. */
function unusual({ on_failure, verify, confirm, limits }) {
  const found = { verify, confirm, limits, on_failure: on_failure === "fail" ? null : on_failure };
  return Object.fromEntries(Object.entries(found).filter(([, value]) => value !== null && value !== undefined));
}

/** Which devices, in the words of orchestrator/core/doubtful.py. */
function where({ mode, names, kind, os, labels, exclude, gpu, same_as }) {
  if (same_as) return `the devices of ${line(same_as, 100)}`;
  const parts = [kind, os, gpu ? "with a GPU" : "", ...Object.entries(labels).map(([name, value]) => `${name}=${value}`)].filter(Boolean);
  const which = [...names].join(", ") || parts.join(" ") || "any device";
  return line(`${mode === "each" ? "each " : ""}${which}${exclude.length ? ` except ${exclude.join(", ")}` : ""}`, 4000);
}
