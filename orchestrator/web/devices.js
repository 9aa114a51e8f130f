// Every device: what it is, what it can do, how busy it is, when it was last heard of, and why it takes no work.
import { get } from "./api.js";
import { useChanging } from "./changes.js";
import { html, useState } from "./html.js";
import { Problem, Risk } from "./marks.js";
import { cells, Table } from "./table.js";
import { ago, bytes, count, exact, line, moment } from "./text.js";

const HEADS = ["Device", "Kind", "State", "Tasks", "Load", "Skills", "Last seen"];

export function Devices({ words: [chosen] }) {
  const found = useChanging(() => get("/v1/devices"), (kind) => kind === "device");
  const devices = found.value?.devices ?? [];
  const one = devices.find((device) => device.name === chosen);
  return html`${one && html`<p class="dim crumb"><a href="#/devices">Devices</a> / ${line(one.name)}</p>`}<h1>Devices</h1><${Problem} of=${found.problem} />
    ${found.value && devices.length === 0 && html`<p class="empty">No device has registered yet: <code>asterism device server</code> starts one.</p>`}
    ${devices.length > 0 && html`<${Table} name="Devices" of="devices" heads=${HEADS}>${devices.map((device) => html`
      <${Line} key=${device.name} of=${device} chosen=${device === one} />`)}<//>`}
    ${one && html`<${Detail} key=${one.name} of=${one} />`}`;
}

function Presence({ of }) {
  const [tone, word] = !of.online ? ["bad", "away"] : of.unavailable_because ? ["ask", "not available"] : ["good", "here"];
  const shape = { bad: "M3 3l8 8M11 3l-8 8", ask: "M5 3v8M9 3v8", good: "M2.500 7.500l3 3.500 6-8" }[tone];
  return html`<span class="state ${tone}"><svg class="mark ${tone}" viewBox="0 0 14 14" width="14" height="14" aria-hidden="true"><path d=${shape} /></svg>${word}</span>`;
}

function Line({ of, chosen }) {
  const withheld = Object.keys(of.withheld).length;
  return html`<tr role="row" data-device=${of.name} class=${chosen ? "chosen" : ""}>${cells(HEADS, [
    html`<a href="#/devices/${encodeURIComponent(of.name)}" aria-current=${chosen ? "true" : null}>${line(of.name)}</a>`,
    `${of.kind}${of.profile.phone?.simulated ? " (simulated)" : ""}`,
    html`<${Presence} of=${of} />${of.unavailable_because && html` <span class="dim">${line(of.unavailable_because, 200)}</span>`}`,
    `${of.running} of ${of.slots}`,
    of.online ? `${(of.load * 100).toFixed(0)} %` : "",
    html`${of.skills.length}${withheld > 0 && html` <span class="dim">(${withheld} withheld)</span>`}`,
    html`<time title=${moment(of.last_seen)}>${of.online ? "now" : ago(of.last_seen)}</time>`,
  ])}</tr>`;
}

function Detail({ of }) {
  const { profile } = of;
  const [words, setWords] = useState("");
  const skills = of.skills.filter((skill) => `${skill.name} ${skill.description}`.toLowerCase().includes(words.toLowerCase()));
  const facts = [
    ["System", [profile.os, profile.os_version, profile.architecture].filter(Boolean).join(" ")],
    ["Host", profile.hostname],
    ["CPUs", profile.cpus || ""],
    ["Memory", bytes(profile.memory_bytes)],
    ["Disk", bytes(profile.disk_bytes)],
    ["GPUs", profile.gpus.join(", ")],
    ["Labels", Object.entries(of.labels).map(([name, value]) => `${name}=${value}`).join(", ")],
    ["Agent", profile.agent_version],
    ["Epoch", of.epoch],
  ].filter(([, value]) => value);
  return html`<section class="card" aria-label="Device ${of.name}"><h2>${line(of.name)} <${Presence} of=${of} /></h2>
    <dl>${facts.map(([name, value]) => html`<dt>${name}</dt><dd>${line(value, 500)}</dd>`)}</dl>
    <details><summary>Whole profile</summary><pre tabindex="0" aria-label="Profile">${exact(profile)}</pre></details>
    ${Object.keys(of.withheld).length > 0 && html`<h3>Withheld skills</h3><dl>${Object.entries(of.withheld).map(([name, why]) => html`
      <dt><code>${line(name)}</code></dt><dd>${line(why, 500)}</dd>`)}</dl>`}
    <h3>${count(of.skills.length, "skill")}</h3>
    <label>Find <input type="search" onInput=${(event) => setWords(event.currentTarget.value)} /></label>
    <ul class="skills">${skills.map((skill) => html`<li key=${skill.name}><details><summary><code>${skill.name}</code> <${Risk} of=${skill.risk} />${" "}
      ${line(skill.description, 200)}</summary>
      ${skill.examples.length > 0 && html`<ul>${skill.examples.map((one) => html`<li>“${line(one)}”</li>`)}</ul>`}
      <${Schema} of=${skill.input_schema} /></details></li>`)}</ul>
  </section>`;
}

function Schema({ of }) {
  return html`<pre tabindex="0" aria-label="Arguments">${exact(of)}</pre>`;
}
