// Server-sent events through fetch, for EventSource takes no header, and a token belongs into no address.
import { request } from "./api.js";

const SILENCE_MS = 40_000;  // the server says something every 15 s
const FIRST_MS = 250;
const LONGEST_MS = 5_000;

/** The place after an entry of a run: entries are numbered without a gap. `null` for one that was told already. */
function numbered(last, id) {
  const number = Number(id);
  if (number <= last) return null;
  if (number !== last + 1) throw new Error("an entry is missing: ask again from the last one");
  return number;
}

/**
 * Follow a stream of entries from `after` on, over drops and restarts of the server, until it says that nothing more
 * will come. Each entry is told once and in order. `told(data, entry)`; `link(state)` with `live`, `lost` or `ended`;
 * `next(place, id)` is the place after an entry.
 */
export async function follow(path, { after = 0, told, link, signal, next = numbered }) {
  let last = after;
  let pause = 0;
  while (!signal.aborted) {
    const watch = new Watch(signal);
    try {
      const headers = { accept: "text/event-stream", ...(last ? { "last-event-id": String(last) } : {}) };
      const response = await request(path, { headers, signal: watch.signal });
      if (response.status === 204) return link("ended");
      if (response.status === 404) return link("gone");
      if (!response.ok) throw new Error(`status ${response.status}`);
      link("live");
      for await (const entry of entries(watched(response.body, watch))) {
        if (signal.aborted) return;
        const place = next(last, entry.id);
        if (place === null) continue;
        last = place;
        pause = 0;
        told(JSON.parse(entry.data), entry);
      }
    } catch (error) {
      if (signal.aborted || error.status === 401) return;
      link("lost");
      pause = Math.min(LONGEST_MS, pause * 2 || FIRST_MS);
    } finally {
      watch.over();
    }
    // A stream that ended by itself is asked again soon: either there is more, or 204.
    await rest(pause || 50, signal);
  }
}

/** Ends a connection that has been silent for too long: one that is half open never ends by itself. */
class Watch {
  constructor(outer) {
    this.own = new AbortController();
    this.signal = AbortSignal.any([outer, this.own.signal]);
    this.heard();
  }
  heard() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.own.abort(), SILENCE_MS);
  }
  over() {
    clearTimeout(this.timer);
  }
}

async function* watched(body, watch) {
  const reader = body.getReader();
  try {
    while (true) {
      const { done, value } = await reader.read();
      if (done) return;
      watch.heard();
      yield value;
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}

/** The entries of an event stream, `{id, event, data}`, from its bytes. */
export async function* entries(chunks) {
  const decoder = new TextDecoder();
  let rest = "";
  let entry = { id: "", event: "message", data: [] };
  for await (const chunk of chunks) {
    rest += decoder.decode(chunk, { stream: true });
    const lines = rest.split(/\r\n|\n|\r(?!$)/);  // a CR at the very end may be half of a CRLF
    rest = lines.pop();
    for (const line of lines) {
      if (line === "") {
        if (entry.data.length) yield { ...entry, data: entry.data.join("\n") };
        entry = { ...entry, event: "message", data: [] };
        continue;
      }
      const colon = line.indexOf(":");
      const name = colon < 0 ? line : line.slice(0, colon);
      const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
      if (name === "data") entry.data.push(value);
      else if (name === "id") entry.id = value;
      else if (name === "event") entry.event = value;
    }
  }
}

function rest(ms, signal) {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => { clearTimeout(timer); resolve(); }, { once: true });
  });
}
