// One stream of what changes, of all runs, devices and rungs, for all that is on the page: it asks again when told so.
import { useEffect, useRef, useState } from "./html.js";
import { follow } from "./stream.js";

const TICK_MS = 10_000;  // ages on the page grow by themselves
const LOST_MS = 3_000;  // lists are asked for so often while there is no stream
const REST_MS = 150;

// Who hears of changes, and whether the stream is kept up for them: `true`, `false`, or `"focus"`. Browsers have six
// connections for one address: of several windows that each follow a run, one has the second stream, the others ask.
const listeners = new Map();
let place = "";
let live = false;
let following = null;

function tell(kind, name = "") {
  for (const heard of [...listeners.keys()]) heard(kind, name);
}

/** A page that nobody sees follows nothing; what it misses it is told when it is seen again. */
function look() {
  const kept = (keeps) => (keeps === "focus" ? document.hasFocus() : keeps);
  const wanted = !document.hidden && [...listeners.values()].some(kept);
  if (wanted && !following) start();
  else if (!wanted && following) stop();
}

function start() {
  const mine = following = new AbortController();
  follow("/v1/changes", {
    after: place,
    signal: mine.signal,
    next: (_, id) => id,
    told: ({ name }, entry) => {
      place = entry.id;
      tell(entry.event, name);
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
addEventListener("focus", look);
addEventListener("blur", look);

/** `heard(kind, name)` of every change, of `reset` and of `lost`, until what this gives is called. */
export function listen(heard, keeps) {
  listeners.set(heard, keeps);
  look();
  return () => {
    listeners.delete(heard);
    look();
  };
}

/**
 * `load()`'s value, asked for again when something that it is `about(kind, name)` has changed (`kind` is `run`, `said`,
 * `device` or `rung`), when `after`, the number of a run's entries, has changed, and whenever a key changes; every
 * `lost` milliseconds while there is no stream. `keeps`: whether the stream is kept up for this.
 * `{value, problem, again}`; a value stays on the page while a later question fails.
 *
 * However much changes, one question is asked at a time, and the longer the last one took, the rarer.
 */
export function useChanging(load, about, { keys = [], keeps = true, after = 0, lost = LOST_MS } = {}) {
  const [state, setState] = useState({ value: undefined, problem: null });
  const again = useRef(() => {});
  const asked = useRef(null);
  useEffect(() => {
    const asker = asked.current = new Asker(load, setState, lost);
    const quiet = listen((kind, name) => {
      if (kind === "lost") asker.lost();
      else if (kind === "reset" || about(kind, name)) asker.outdated();
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
  const known = useRef(after);
  useEffect(() => {
    if (known.current !== after) asked.current.outdated();
    known.current = after;
  }, [after]);
  return { ...state, again: () => again.current() };
}

/** Asks one question again and again, as it is told that the answer is out of date. `set(next)` gets the next state from
 *  the one before, `{value, problem}`. */
export class Asker {
  constructor(load, set, lostMs = LOST_MS) {
    this.load = load;
    this.set = set;
    this.lostMs = lostMs;
    this.asking = false;
    this.stale = false;
    this.ended = false;
    this.rest = 0;
    this.timer = null;
    this.due = 0;
    this.losing = null;
  }

  /** What changes without end and matters little is asked for no sooner than after `patience` milliseconds. */
  outdated(patience = 0) {
    this.stale = true;
    const ms = Math.max(this.rest, patience);
    const due = performance.now() + ms;
    if (this.ended || this.asking || document.hidden || (this.timer !== null && this.due <= due)) return;
    clearTimeout(this.timer);
    this.due = due;
    this.timer = setTimeout(() => this.ask(), ms);
  }

  /** Nothing tells of changes any more: it asks by the clock. */
  lost() {
    clearTimeout(this.losing);
    if (!this.ended && !this.asking) this.losing = setTimeout(() => this.ask(), Math.max(this.rest, this.lostMs));
  }

  seen() {
    if (!document.hidden && (this.stale || !live)) this.ask();
  }

  async ask() {
    for (const timer of [this.timer, this.losing]) clearTimeout(timer);
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
    if (this.stale) this.outdated();
    if (!live) this.lost();
  }

  over() {
    this.ended = true;
    for (const timer of [this.timer, this.losing]) clearTimeout(timer);
  }
}
