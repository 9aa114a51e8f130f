// One stream of what changes, of all runs and devices, for all lists of the page: they ask again when it says so.
import { useEffect, useRef, useState } from "./html.js";
import { follow } from "./stream.js";

const TICK_MS = 10_000;  // ages on the page grow by themselves
const LOST_MS = 3_000;  // lists are asked for so often while there is no stream
const REST_MS = 150;

// Who hears of changes, and whether the stream is kept up for them: browsers have six connections for one address, and
// a page that follows a run has no second one for the number of what waits.
const listeners = new Map();
let place = "";
let live = false;
let following = null;

function tell(kind) {
  for (const heard of [...listeners.keys()]) heard(kind);
}

/** A page that nobody sees follows nothing; what it misses it is told when it is seen again. */
function look() {
  const wanted = !document.hidden && [...listeners.values()].includes(true);
  if (wanted && !following) start();
  else if (!wanted && following) stop();
}

function start() {
  const mine = following = new AbortController();
  follow("/v1/changes", {
    after: place,
    signal: mine.signal,
    next: (_, id) => id,
    told: (_, entry) => {
      place = entry.id;
      tell(entry.event);
    },
    link: (state) => {
      live = state === "live";
      if (!live) tell("lost");
    },
  }).finally(() => { if (following === mine) stop(); });
}

function stop() {
  following.abort();
  following = null;
  live = false;
  tell("lost");
}

document.addEventListener("visibilitychange", look);

function listen(heard, keeps) {
  listeners.set(heard, keeps);
  look();
  return () => {
    listeners.delete(heard);
    look();
  };
}

/**
 * `load()`'s value, asked for again when something of these `kinds` (`run`, `device`) has changed, and whenever a key
 * changes; every 3 s while there is no stream. `keeps`: whether the stream is kept up for this.
 * `{value, problem, again}`; a value stays on the page while a later question fails.
 *
 * However much changes, one question is asked at a time, and the longer the last one took, the rarer.
 */
export function useChanging(load, kinds, { keys = [], keeps = true } = {}) {
  const [state, setState] = useState({ value: undefined, problem: null });
  const again = useRef(() => {});
  useEffect(() => {
    const asker = new Asker(load, setState);
    const quiet = listen((kind) => {
      if (kind === "lost") asker.within(LOST_MS);
      else if (kind === "reset" || kinds.includes(kind)) asker.outdated();
    }, keeps);
    const seen = () => asker.seen();
    const tick = setInterval(() => { if (!document.hidden) setState((before) => ({ ...before })); }, TICK_MS);
    document.addEventListener("visibilitychange", seen);
    again.current = () => asker.ask();
    asker.ask();
    return () => {
      quiet();
      asker.over();
      clearInterval(tick);
      document.removeEventListener("visibilitychange", seen);
    };
  }, [...keys, keeps]);
  return { ...state, again: () => again.current() };
}

/** Asks one question again and again, as it is told that the answer is out of date. */
class Asker {
  constructor(load, set) {
    this.load = load;
    this.set = set;
    this.asking = false;
    this.stale = false;
    this.ended = false;
    this.rest = 0;
    this.timer = null;
    this.due = 0;
  }

  outdated() {
    this.stale = true;
    this.within(this.rest);
  }

  within(ms) {
    const due = performance.now() + ms;
    if (this.ended || this.asking || document.hidden || (this.timer !== null && this.due <= due)) return;
    clearTimeout(this.timer);
    this.due = due;
    this.timer = setTimeout(() => this.ask(), ms);
  }

  seen() {
    if (!document.hidden && (this.stale || !live)) this.ask();
  }

  async ask() {
    clearTimeout(this.timer);
    this.timer = null;
    if (this.asking || document.hidden) {
      this.stale = true;
      return;
    }
    this.asking = true;
    this.stale = false;
    const began = performance.now();
    let next;
    try {
      const value = await this.load();
      next = () => ({ value, problem: null });
    } catch (problem) {
      next = (before) => ({ ...before, problem });
    }
    if (this.ended) return;
    this.asking = false;
    this.rest = REST_MS + 3 * (performance.now() - began);
    this.set(next);
    if (this.stale) this.within(this.rest);
    else if (!live) this.within(LOST_MS);
  }

  over() {
    this.ended = true;
    clearTimeout(this.timer);
  }
}
