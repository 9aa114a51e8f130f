// A run as it goes on: its entries are followed, and the server's view of it is asked for again after they came.
import { get, runPath } from "./api.js";
import { Asker, listen } from "./changes.js";
import { useEffect, useRef, useState } from "./html.js";
import { follow } from "./stream.js";
import { clock } from "./text.js";

const TELL_MS = 100;
const TICK_MS = 10_000;  // ages on the page grow by themselves
const ELSEWHERE_MS = 1_000;  // what devices do for other runs seldom matters to this one
const ENDED = ["succeeded", "failed", "cancelled"];
export const ended = (state) => ENDED.includes(state);

/**
 * One run: its entries from the first on, and the server's view of it, asked for again after entries came, and after
 * changes that are no entries: a device that comes or goes, what a task says.
 *
 * Many entries at once make one question, and the larger the view, the rarer it is asked for: a run of a thousand tasks
 * must neither burden the server nor the page. `change()` is called after anything has changed.
 */
export class RunFeed {
  constructor(run, change) {
    this.run = run;
    this.change = change;
    this.entries = [];
    this.retries = new Map();  // when a task is tried again, by its id
    this.answer = { value: null, problem: null };
    this.link = "connecting";
    this.ending = new AbortController();
    this.following = null;
    this.asker = new Asker(() => get(runPath(run), { signal: this.ending.signal }), (next) => this.set(next(this.answer)));
  }

  get view() { return this.answer.value; }
  get problem() { return this.answer.problem; }

  start() {
    this.seen = () => {
      if (document.hidden) return this.unfollow();
      this.asker.outdated();
      if (!this.following) this.follow();
    };
    document.addEventListener("visibilitychange", this.seen);
    this.quiet = listen((kind, name) => this.heard(kind, name), "focus");
    this.ticking = setInterval(() => { if (!document.hidden) this.change(); }, TICK_MS);
    this.asker.ask();
    this.follow();
  }

  stop() {
    document.removeEventListener("visibilitychange", this.seen);
    this.quiet();
    this.asker.over();
    this.ending.abort();
    clearInterval(this.ticking);
    clearTimeout(this.told);
  }

  /** Follow on from the last entry: also what goes on again after its end, because somebody retried it. */
  follow() {
    this.following = new AbortController();
    follow(runPath(this.run, "/events"), {
      after: this.entries.length,
      signal: AbortSignal.any([this.following.signal, this.ending.signal]),
      told: (entry) => {
        this.entries.push(entry);
        if (entry.body.type === "attempt_ended") this.retries.set(entry.body.task, entry.body.retry_at);
        this.asker.outdated();
        this.tell();
      },
      link: (state) => {
        // What was asked for while the stream was away may be older than what it tells no more.
        if (state === "ended" || (state === "live" && this.link === "lost")) this.asker.outdated();
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
  }

  heard(kind, name) {
    if (kind === "lost") this.asker.lost();
    else if (kind === "reset" || (["run", "said"].includes(kind) && name === this.run)) this.asker.outdated();
    else if (kind === "device" && !(this.view && ended(this.view.state))) this.asker.outdated(ELSEWHERE_MS);
  }

  set({ value, problem }) {
    // A run that has ended goes on where somebody retries it: there are entries that no stream has told.
    const goesOn = this.link === "ended" && this.view && value && value.updated !== this.view.updated;
    this.answer = { value: value && this.dated(value), problem };
    if (goesOn && !document.hidden) {
      this.link = "connecting";
      this.follow();
    }
    this.tell();
  }

  /** A view in which no time that is left stands still: when a task is tried again is told by the clock. */
  dated(view) {
    const soon = (task) => task.status === "ready" && task.waiting_for.startsWith("the next attempt") && this.retries.get(task.id);
    if (!view.tasks.some(soon)) return view;
    return { ...view, tasks: view.tasks.map((task) => (
      soon(task) ? { ...task, waiting_for: `the next attempt at ${clock(this.retries.get(task.id))}` } : task)) };
  }

  /** An action's answer is newer than what is here. */
  took(view) {
    this.set({ value: view, problem: null });
    this.asker.outdated();
  }

  tell() {
    this.told ??= setTimeout(() => { this.told = null; this.change(); }, TELL_MS);
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
