// Text from devices, files and models, made safe to read, and numbers made easy to read.

// The same as orchestrator/core/sanitize.py: what acts on what shows it, or hides in it, goes.
const STRING = "(?:\\x1b[PX^_\\]]|[\\x90\\x98\\x9d\\x9e\\x9f])[^\\x07\\x1b\\x9c\\n]*(?:\\x07|\\x1b\\\\|\\x9c)?";
const CSI = "(?:\\x1b\\[|\\x9b)[0-?]*[ -/]*[@-~]?";
const OTHER = "\\x1b[ -/]*[0-~]?";
const SEQUENCE = new RegExp(`${STRING}|${CSI}|${OTHER}`, "gu");
const BREAK = /\r\n|[\r\x0b\x0c\x85\u2028\u2029]/gu;
const HIDDEN_CLASS = "[\\x00-\\x08\\x0e-\\x1f\\x7f-\\x9f\\xad\\u034f\\u061c\\u115f\\u1160\\u17b4\\u17b5\\u180b-\\u180e"
  + "\\u200b-\\u200f\\u202a-\\u202e\\u2060-\\u206f\\u3164\\ufe00-\\ufe0f\\ufeff\\uffa0\\ufff9-\\ufffb"
  + "\\u{e0000}-\\u{e0fff}\\ud800-\\udfff]";
const HIDDEN = new RegExp(HIDDEN_CLASS, "gu");
const HIDDEN_OR_BREAK = new RegExp(`${HIDDEN_CLASS}|[\\r\\x0b\\x0c\\u2028\\u2029]`, "gu");

export function clean(text) {
  return String(text ?? "").replace(SEQUENCE, "").replace(BREAK, "\n").replace(HIDDEN, "");
}

/** On one line, of at most so many characters. */
export function line(text, limit = 200) {
  return cut(clean(text).replace(/[\t\n]+/g, " ").trim(), limit);
}

export function cut(text, limit) {
  const all = Array.from(text);
  return all.length > limit ? all.slice(0, limit - 1).join("") + "…" : text;
}

/** JSON of a value in which nothing is hidden: what cannot be seen stands as its escape. For what a person approves. */
export function exact(value) {
  return revealed(JSON.stringify(value, null, 2));
}

/** A text of lines in which nothing is hidden. */
export function revealed(text) {
  return text.replace(HIDDEN_OR_BREAK, escaped);
}

function escaped(char) {
  const code = char.codePointAt(0);
  return code > 0xffff ? `\\u{${code.toString(16)}}` : `\\u${code.toString(16).padStart(4, "0")}`;
}

/** A result for people: a text as it is, anything else as JSON. */
export function shown(value) {
  return typeof value === "string" ? clean(value) : exact(value);
}

const MOMENT = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });
const CLOCK = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });

/** A moment, Unix time in seconds, by this machine's clock. */
export function moment(seconds) {
  return seconds ? MOMENT.format(seconds * 1000) : "";
}

export function clock(seconds) {
  return CLOCK.format(seconds * 1000);
}

export function duration(seconds) {
  if (!(seconds >= 0)) return "";
  if (seconds < 0.9995) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 60) return `${seconds.toFixed(seconds < 10 ? 1 : 0)} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${Math.floor(seconds % 60)} s`;
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
}

export function ago(seconds) {
  if (!seconds) return "never";
  const past = Date.now() / 1000 - seconds;
  if (past < 2) return "just now";
  return past < 60 ? `${Math.floor(past)} s ago` : `${duration(past)} ago`;
}

export function bytes(count) {
  if (!count) return "";
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  const power = Math.min(units.length - 1, Math.floor(Math.log2(count) / 10));
  const value = count / 1024 ** power;
  return `${power && value < 10 ? value.toFixed(1) : Math.round(value)} ${units[power]}`;
}

export function dollars(amount) {
  if (amount === null || amount === undefined) return "unknown";
  return amount === 0 ? "$0" : `$${amount.toFixed(amount < 0.01 ? 6 : 4)}`;
}

export function percent(share) {
  return share === null || share === undefined ? "–" : `${(share * 100).toFixed(0)} %`;
}

export function count(number, one, many = `${one}s`) {
  return `${number} ${number === 1 ? one : many}`;
}
