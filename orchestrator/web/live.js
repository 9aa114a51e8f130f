// What is on the page stays true: views ask again, and a run's entries are followed as they come.
import { get, runPath } from "./api.js";
import { useEffect, useRef, useState } from "./html.js";
import { follow } from "./stream.js";

const LOOK_MS = 5_000;
const ENDED = ["succeeded", "failed", "cancelled"];
export const ended = (state) => ENDED.includes(state);

/**
 * `load()`'s value, asked for again every `seconds` while the page is seen, and whenever a key changes.
 * `{value, problem, again}`; a value stays on the page while a later question fails.
 */
export function usePoll(load, seconds, keys = []) {
  const [state, setState] = useState({ value: undefined, problem: null });
  const again = useRef(() => {});
  useEffect(() => {
    let over = false;
    let timer = null;
    let turn = 0;
    const ask = async () => {
      clearTimeout(timer);
      const mine = ++turn;
      const set = (next) => { if (!over && mine === turn) setState(next); };
      if (!document.hidden) {
        try {
          const value = await load();
          set({ value, problem: null });
        } catch (problem) {
          set((before) => ({ ...before, problem }));
        }
      }
      if (!over && mine === turn) timer = setTimeout(ask, seconds * 1000);
    };
    const seen = () => { if (!document.hidden) ask(); };
    again.current = ask;
    document.addEventListener("visibilitychange", seen);
    ask();
    return () => {
      over = true;
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", seen);
    };
  }, keys);
  return { ...state, again: () => again.current() };
}

/**
 * One run: its entries from the first on, and the server's view of it, asked for again after entries came.
 *
 * Many entries at once make one question, and the larger the view, the rarer it is asked for: a run of a thousand tasks
 * must neither burden the server nor the page. `change()` is called after anything has changed.
 */
export class RunFeed {
  constructor(run, change) {
    this.run = run;
    this.change = change;
    this.entries = [];
    this.view = null;
    this.link = "connecting";
    this.problem = null;
    this.ending = new AbortController();
    this.following = null;
    this.cost = 0;  // milliseconds that the last question took
    this.asking = false;
    this.stale = false;
    this.hurrying = false;
  }

  start() {
    this.seen = () => {
      if (document.hidden) return this.unfollow();
      this.soon();
      if (!this.following) this.follow();
    };
    document.addEventListener("visibilitychange", this.seen);
    this.refresh();
    this.follow();
  }

  stop() {
    document.removeEventListener("visibilitychange", this.seen);
    this.ending.abort();
    for (const timer of [this.timer, this.told, this.looking]) clearTimeout(timer);
  }

  /** Follow on from the last entry: also what goes on again after its end, because somebody retried it. */
  follow() {
    this.following = new AbortController();
    follow(runPath(this.run, "/events"), {
      after: this.entries.length,
      signal: AbortSignal.any([this.following.signal, this.ending.signal]),
      told: (entry) => {
        this.entries.push(entry);
        this.soon();
        this.tell();
      },
      link: (state) => {
        if (state === "ended" || (state === "live" && this.link === "lost")) this.soon();
        if (state === "ended") this.look();
        this.link = state;
        this.tell();
      },
    });
  }

  /**
   * A page that nobody sees follows nothing: browsers have six connections for one address, and with as many tabs of
   * runs nothing else would come through. What it misses it gets when it is seen again.
   */
  unfollow() {
    this.following?.abort();
    this.following = null;
    clearTimeout(this.looking);
  }

  /** A run that has ended goes on where somebody else retries it. */
  look() {
    this.looking = setTimeout(async () => {
      const path = runPath(this.run, `/events?after=${this.entries.length}&limit=1`);
      const more = document.hidden ? null : await get(path, { signal: this.ending.signal }).catch(() => null);
      if (this.ending.signal.aborted || this.link !== "ended") return;
      if (more?.events.length) this.follow();
      else this.look();
    }, LOOK_MS);
  }

  /** An action's answer is newer than what is here. */
  took(view) {
    this.view = view;
    this.tell();
    if (this.link === "ended" && !ended(view.state)) {
      clearTimeout(this.looking);
      this.link = "connecting";
      this.follow();
    }
    this.soon();
  }

  soon() {
    if (this.asking) this.stale = true;
    else if (!this.hurrying) {
      this.hurrying = true;
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.refresh(), 30 + 3 * this.cost);
    }
  }

  async refresh() {
    clearTimeout(this.timer);
    this.hurrying = false;
    this.asking = true;
    this.stale = false;
    const began = performance.now();
    try {
      this.view = await get(runPath(this.run), { signal: this.ending.signal });
      this.problem = null;
    } catch (problem) {
      if (this.ending.signal.aborted) return;
      this.problem = problem;
    }
    this.asking = false;
    this.cost = performance.now() - began;
    this.tell();
    // What waits and why changes without an entry, too.
    if (this.stale) this.soon();
    else if (!document.hidden && !(this.view && ended(this.view.state))) this.timer = setTimeout(() => this.refresh(), 3000 + 10 * this.cost);
  }

  tell() {
    this.told ??= setTimeout(() => { this.told = null; this.change(); }, 100);
  }
}

/** A feed that lives as long as the view. */
export function useRun(run) {
  const [, drawn] = useState(0);
  const feed = useRef(null);
  useEffect(() => {
    const mine = new RunFeed(run, () => drawn((number) => number + 1));
    feed.current = mine;
    mine.start();
    drawn((number) => number + 1);
    return () => mine.stop();
  }, [run]);
  return feed.current?.run === run ? feed.current : null;
}
