// Where tasks stand: left to right, each behind what it depends on. Pixels; a task's place is its left top corner.
import { Graph, layout as dagre } from "./vendor/dagre.js";

export const WIDTH = 216;
export const HEIGHT = 48;
const GAP_X = 56;
const GAP_Y = 14;
const MARGIN = 16;
// dagre takes about 0.2 s for so many tasks, edges and layers that edges cross, and grows faster than its input. Layers
// take milliseconds for thousands.
const DAGRE_MOST = 800;
const TALLEST = 30;  // tasks in one column of a layer: a fan-out over a thousand devices becomes a block, not a tower

/**
 * `{places: Map of id to {x, y, column}, edges: [{from, to, on, d}], columns: [[id]], width, height, by}` of tasks, each
 * `{id, depends_on: [{task, on}]}`. `by` says which way it was found: `dagre` or `layers`. Edges to what is not there,
 * and what stands on a cycle, do no harm: neither can come from the server.
 */
export function layout(tasks) {
  const edges = edgesOf(tasks);
  const layers = layersOf(tasks, edges);
  const crossed = edges.reduce((sum, edge) => sum + layers.get(edge.to) - layers.get(edge.from), 0);
  const small = tasks.length + crossed <= DAGRE_MOST;
  const found = small ? byDagre(tasks, edges) : byLayers(tasks, edges, layers);
  const columns = columnsOf(found.places);
  return { ...found, columns, by: small ? "dagre" : "layers" };
}

function edgesOf(tasks) {
  const known = new Set(tasks.map((task) => task.id));
  return tasks.flatMap((task) => task.depends_on.filter((one) => known.has(one.task))
    .map((one) => ({ from: one.task, to: task.id, on: one.on ?? "success" })));
}

function byDagre(tasks, edges) {
  const graph = new Graph();
  graph.setGraph({ rankdir: "LR", nodesep: GAP_Y, ranksep: GAP_X, marginx: MARGIN, marginy: MARGIN });
  graph.setDefaultEdgeLabel(() => ({}));
  // Numbers for names: an id may be any text, also one that an object has already.
  const numbers = new Map(tasks.map((task, number) => [task.id, `t${number}`]));
  for (const number of numbers.values()) graph.setNode(number, { width: WIDTH, height: HEIGHT });
  for (const edge of edges) graph.setEdge(numbers.get(edge.from), numbers.get(edge.to));
  dagre(graph);
  const places = new Map(tasks.map((task) => {
    const { x, y } = graph.node(numbers.get(task.id));
    return [task.id, { x: x - WIDTH / 2, y: y - HEIGHT / 2 }];
  }));
  const { width, height } = graph.graph();
  const drawn = edges.map((edge) => ({ ...edge, d: smooth(graph.edge(numbers.get(edge.from), numbers.get(edge.to)).points) }));
  return { places, edges: drawn, width: tasks.length ? width : 0, height: tasks.length ? height : 0 };
}

/** A line through points that turns softly at each. */
function smooth(points) {
  const [first, ...rest] = points;
  let d = `M${at(first)}`;
  rest.forEach((point, number) => {
    const next = rest[number + 1];
    d += next && number < rest.length - 1 ? `Q${at(point)} ${at({ x: (point.x + next.x) / 2, y: (point.y + next.y) / 2 })}` : `L${at(point)}`;
  });
  return d;
}

const at = ({ x, y }) => `${Math.round(x)} ${Math.round(y)}`;

/** The layer of each task: the longest way to it. */
function layersOf(tasks, edges) {
  const downstreams = new Map(tasks.map((task) => [task.id, []]));
  const open = new Map(tasks.map((task) => [task.id, 0]));
  for (const { from, to } of edges) {
    downstreams.get(from).push(to);
    open.set(to, open.get(to) + 1);
  }
  const layers = new Map(tasks.map((task) => [task.id, 0]));
  const ready = tasks.filter((task) => open.get(task.id) === 0).map((task) => task.id);
  for (let next = 0; next < ready.length; next++) {
    const layer = layers.get(ready[next]);
    for (const one of downstreams.get(ready[next])) {
      layers.set(one, Math.max(layers.get(one), layer + 1));
      open.set(one, open.get(one) - 1);
      if (open.get(one) === 0) ready.push(one);
    }
  }
  return layers;
}

/** Within a layer tasks stand near what they depend on. */
export function byLayers(tasks, edges = edgesOf(tasks), layerOf = layersOf(tasks, edges)) {
  const upstreams = new Map(tasks.map((task) => [task.id, []]));
  for (const { from, to } of edges) upstreams.get(to).push(from);
  const layers = [];
  for (const task of tasks) (layers[layerOf.get(task.id)] ??= []).push(task.id);
  return placed(layers.filter(Boolean), upstreams, edges);
}

function placed(layers, upstreams, edges) {
  const rank = new Map();
  const places = new Map();
  const tallest = Math.min(TALLEST, Math.max(0, ...layers.map((ids) => ids.length)));
  let x = MARGIN;
  for (const ids of layers) {
    const wanted = new Map(ids.map((id, number) => [id, mean(upstreams.get(id).map((one) => rank.get(one))) ?? number]));
    ids.sort((one, other) => wanted.get(one) - wanted.get(other));
    const wide = Math.ceil(ids.length / TALLEST);
    const tall = Math.ceil(ids.length / wide);
    const top = MARGIN + ((tallest - tall) * (HEIGHT + GAP_Y)) / 2;
    ids.forEach((id, number) => {
      rank.set(id, (number / ids.length) * 1000);
      const column = Math.floor(number / tall);
      places.set(id, { x: x + column * (WIDTH + GAP_Y), y: top + (number % tall) * (HEIGHT + GAP_Y) });
    });
    x += wide * (WIDTH + GAP_Y) - GAP_Y + GAP_X;
  }
  const drawn = edges.map((edge) => ({ ...edge, d: curve(places.get(edge.from), places.get(edge.to)) }));
  return { places, edges: drawn, width: x - GAP_X + MARGIN, height: 2 * MARGIN + tallest * (HEIGHT + GAP_Y) - GAP_Y };
}

function mean(numbers) {
  return numbers.length ? numbers.reduce((sum, one) => sum + one, 0) / numbers.length : null;
}

function curve(from, to) {
  const [x1, y1, x2, y2] = [from.x + WIDTH, from.y + HEIGHT / 2, to.x, to.y + HEIGHT / 2];
  const bend = Math.max(GAP_X / 2, (x2 - x1) / 2);
  return `M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`;
}

/** Ids by columns from left to right, each from top to bottom: the ways of the arrow keys. */
function columnsOf(places) {
  const byX = new Map();
  for (const [id, place] of places) {
    const x = Math.round(place.x);
    byX.set(x, [...(byX.get(x) ?? []), id]);
  }
  const columns = [...byX].sort(([one], [other]) => one - other).map(([, ids]) => ids);
  columns.forEach((ids, column) => {
    ids.sort((one, other) => places.get(one).y - places.get(other).y);
    ids.forEach((id) => { places.get(id).column = column; });
  });
  return columns;
}
