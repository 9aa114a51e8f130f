// The one way to REST. The token lives in this tab's session storage and travels in a header, never in an address.
const KEY = "asterism.token";
let kept = null;  // where a browser has no session storage for us, the token lasts as long as the page

export class ApiError extends Error {
  constructor(status, code, message) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

export function token() {
  try { return sessionStorage.getItem(KEY) ?? kept; } catch { return kept; }
}

export function keepToken(value) {
  kept = value;
  try {
    if (value) sessionStorage.setItem(KEY, value); else sessionStorage.removeItem(KEY);
  } catch { /* no storage: `kept` has it */ }
}

/** Answers that say that a token is needed go to whoever listens for `signed-out` on this. */
export const session = new EventTarget();

function headersWith(more) {
  const shown = token();
  return shown ? { ...more, authorization: `Bearer ${shown}` } : more;
}

/** The response, whatever its status but 401 and what is no answer. */
export async function request(path, { headers = {}, ...options } = {}) {
  const used = token();
  const response = await fetch(path, { ...options, headers: headersWith(headers), cache: "no-store", redirect: "error" });
  if (response.status === 401) {
    const problem = await problemOf(response);
    if (used === token()) session.dispatchEvent(new Event("signed-out"));
    throw problem;
  }
  return response;
}

async function problemOf(response) {
  const told = await response.json().catch(() => ({}));
  return new ApiError(response.status, told.code ?? "", told.detail ?? `The server answered ${response.status}.`);
}

async function answered(response) {
  if (!response.ok) throw await problemOf(response);
  return response.json();
}

export async function get(path, options) {
  return answered(await request(path, { headers: { accept: "application/json" }, ...options }));
}

export async function post(path, body = {}, headers = {}) {
  const options = { method: "POST", body: JSON.stringify(body) };
  return answered(await request(path, { ...options, headers: { ...headers, "content-type": "application/json" } }));
}

export const runPath = (run, rest = "") => `/v1/runs/${encodeURIComponent(run)}${rest}`;

/** Save an artifact: fetched with the token, handed to the browser as a download. */
export async function download(run, artifact) {
  const response = await request(runPath(run, `/artifacts/${artifact.sha256}`));
  if (!response.ok) throw await problemOf(response);
  const url = URL.createObjectURL(await response.blob());
  const link = document.createElement("a");
  link.href = url;
  link.download = artifact.name.split("/").pop() || "artifact";
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
