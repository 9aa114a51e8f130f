// A run's tasks as a graph: live, left to right. One stop of the tab key; arrows go from task to task.
import { html, useEffect, useMemo, useRef, useState } from "./html.js";
import { HEIGHT, layout, WIDTH } from "./layout.js";
import { SHAPES, TONES } from "./marks.js";
import { count, cut, line } from "./text.js";

const STEPS = [0.15, 0.25, 0.4, 0.55, 0.7, 0.85, 1, 1.25, 1.5];

export function TaskGraph({ tasks, version, chosen, choose }) {
  const drawing = useMemo(() => timed(tasks), [version, tasks.length]);
  const [scale, setScale] = useState(null);
  const [at, setAt] = useState(null);
  const frame = useRef(null);
  const nodes = useRef(new Map());
  const fit = () => setScale(fitting(frame.current, drawing));
  useEffect(fit, [drawing]);
  // What is opened beside the graph leaves it less room: the task must not be out of sight.
  useEffect(() => named(frame.current, chosen)?.scrollIntoView({ block: "nearest", inline: "nearest" }), [chosen]);
  const zoom = (way) => setScale((now) => {
    const bigger = STEPS.find((step) => step > now + 0.01) ?? STEPS.at(-1);
    const smaller = STEPS.findLast((step) => step < now - 0.01) ?? STEPS[0];
    return way > 0 ? bigger : smaller;
  });
  const wheel = (event) => {
    if (!event.ctrlKey) return;
    event.preventDefault();
    zoom(-event.deltaY);
  };
  const go = (id) => {
    if (!id) return;
    setAt(id);
    named(frame.current, id)?.focus();
  };
  const key = (event) => {
    const here = event.target.closest("[data-task]")?.dataset.task;
    if (!here) return;
    if (event.key === "Enter" || event.key === " ") choose(here);
    else if (WAYS[event.key]) go(WAYS[event.key](drawing, here));
    else return;
    event.preventDefault();
  };
  const press = (event) => {
    const here = event.target.closest("[data-task]")?.dataset.task;
    if (here) { setAt(here); choose(here); }
  };
  const first = at && drawing.places.has(at) ? at : drawing.columns[0]?.[0];
  const shown = scale ?? 1;
  return html`<div class="graph" data-layout=${drawing.by} data-layout-ms=${drawing.ms} data-scale=${scale}>
    <div class="row tools" role="toolbar" aria-label="Graph">
      <button type="button" onClick=${() => zoom(-1)} aria-label="Smaller">−</button>
      <button type="button" onClick=${() => zoom(1)} aria-label="Larger">+</button>
      <button type="button" onClick=${fit}>Fit</button>
      <span class="dim">${count(tasks.length, "task")}, ${count(drawing.edges.length, "dependency", "dependencies")}</span>
    </div>
    <div class="frame" ref=${frame} onWheel=${wheel}>
      <svg width=${drawing.width * shown} height=${drawing.height * shown} viewBox="0 0 ${drawing.width} ${drawing.height}"
        role="group" aria-label="Task graph, left to right. Arrow keys move between tasks, Enter opens one."
        onKeyDown=${key} onClick=${press}>
        <defs><marker id="tip" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" markerHeight="7" orient="auto">
          <path class="tip" d="M0 0 8 4 0 8z" /></marker></defs>
        <${Edges} of=${drawing.edges} />
        <g>${tasks.map((task) => node(nodes.current, drawing.places.get(task.id), task, task.id === chosen, task.id === first))}</g>
      </svg>
    </div>
  </div>`;
}

function named(frame, id) {
  return id ? frame.querySelector(`[data-task="${CSS.escape(id)}"]`) : null;
}

function timed(tasks) {
  const began = performance.now();
  // A check depends on nothing, and belongs behind the task that it is for.
  const found = layout(tasks.map(({ id, depends_on, checks }) => (
    { id, depends_on: checks ? [...depends_on.filter((one) => one.task !== checks), { task: checks, on: "check" }] : depends_on })));
  return { ...found, ms: Math.round(performance.now() - began) };
}

/** As large as fits, but never so small that nothing can be read, unless one asks for it; on a phone one scrolls. */
function fitting(frame, { width, height }) {
  if (!frame || !width) return 1;
  return Math.min(1, Math.max(frame.clientWidth < 700 ? 0.7 : 0.4, Math.min(frame.clientWidth / width, Math.max(360, innerHeight * 0.6) / height)));
}

/** Where each arrow key leads: along an edge where there is one, else to the next column, row or end. */
const WAYS = {
  ArrowRight: (drawing, id) => drawing.edges.find((edge) => edge.from === id)?.to,
  ArrowLeft: (drawing, id) => drawing.edges.find((edge) => edge.to === id)?.from,
  ArrowDown: (drawing, id) => beside(drawing, id, 1),
  ArrowUp: (drawing, id) => beside(drawing, id, -1),
  Home: (drawing) => drawing.columns[0][0],
  End: (drawing) => drawing.columns.at(-1).at(-1),
};

function beside({ columns, places }, id, step) {
  const column = columns[places.get(id).column];
  return column[column.indexOf(id) + step];
}

function Edges({ of }) {
  return useMemo(() => html`<g>${of.map((edge) => html`
    <path key=${`${edge.from} ${edge.to}`} class=${edge.on === "success" ? "edge" : "edge loose"} d=${edge.d} marker-end="url(#tip)">
      ${edge.on !== "success" && html`<title>${edge.on === "check" ? "finds out whether it was done" : `on ${edge.on}`}</title>`}
    </path>`)}</g>`, [of]);
}

/** The same object as before where nothing of the task has changed: then nothing of it is compared or drawn. */
function node(kept, place, task, chosen, first) {
  const sign = [task.status, task.device, task.attempt, task.title, task.skill, chosen, first, place?.x, place?.y].join("\n");
  const before = kept.get(task.id);
  if (before?.sign === sign) return before.drawn;
  const drawn = place ? draw(place, task, chosen, first) : null;
  kept.set(task.id, { sign, drawn });
  return drawn;
}

const ruler = document.createElement("canvas").getContext("2d");
const ROOM = WIDTH - 44;

/** As much of a text as a node has room for. */
function fitted(text, font) {
  ruler.font = font;
  const fits = (length) => ruler.measureText(cut(text, length)).width <= ROOM;
  let [most, least] = [Math.min(Array.from(text).length, 80), 1];
  while (least < most) {
    const middle = Math.ceil((least + most) / 2);
    if (fits(middle)) least = middle; else most = middle - 1;
  }
  return cut(text, least);
}

function draw({ x, y }, task, chosen, first) {
  const tone = TONES[task.status] ?? "idle";
  const title = line(task.title, 200) || task.id;
  const where = task.device ? `${task.skill} on ${task.device}` : task.skill;
  const tries = task.attempt > 1 ? ` · attempt ${task.attempt}` : "";
  const words = `${title}, ${line(where)}, ${task.status}${tries}`;
  return html`<g key=${task.id} class="node ${task.status}${chosen ? " chosen" : ""}" transform="translate(${x} ${y})" role="button"
      tabindex=${first ? 0 : -1} aria-pressed=${chosen ? "true" : "false"} data-task=${task.id} data-state=${task.status}
      aria-label=${words}>
    <title>${words}</title>
    <rect class="box ${tone}" width=${WIDTH} height=${HEIGHT} rx="7" />
    <path class="mark ${tone}" transform="translate(10 17)" d=${SHAPES[task.status] ?? ""} />
    <svg x="34" aria-hidden="true" width=${WIDTH - 40} height=${HEIGHT}>
      <text class="strong" y="20">${fitted(title, "600 12px system-ui, sans-serif")}</text>
      <text class="dim small" y="37">${fitted(line(where + tries), "10.5px system-ui, sans-serif")}</text>
    </svg>
  </g>`;
}
