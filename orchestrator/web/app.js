// The shell: where one is, what waits for a person, and the door where a token is needed.
import { get, keepToken, session, token } from "./api.js";
import { useChanging } from "./changes.js";
import { Devices } from "./devices.js";
import { html, render, say, useEffect, useState } from "./html.js";
import { Inbox } from "./inbox.js";
import { Ladder } from "./ladder.js";
import { Rights } from "./rights.js";
import { Run } from "./run.js";
import { Runs } from "./runs.js";

const VIEWS = { runs: Runs, run: Run, inbox: Inbox, devices: Devices, ladder: Ladder };
const LINKS = [["runs", "Runs"], ["inbox", "Waiting for you"], ["devices", "Devices"], ["ladder", "Ladder and cost"]];

/** `#/run/r1/graph` is the view `run` with the words `r1` and `graph`. */
function place() {
  const [view, ...words] = location.hash.replace(/^#\/?/, "").split("/").filter(Boolean).map(decoded);
  return view in VIEWS ? { view, words } : { view: "runs", words: [] };
}

function decoded(word) {
  try { return decodeURIComponent(word); } catch { return ""; }
}

function App() {
  const [at, go] = useState(place());
  const [locked, lock] = useState(false);
  const [, know] = useState("");  // the role: views ask `rights.js` for it
  useEffect(() => {
    const moved = () => {
      const there = place();
      go((before) => {
        // A new view begins at its top, for those who read with a keyboard too; a view's own parts do not.
        if (before.view !== there.view || before.words[0] !== there.words[0]) {
          setTimeout(() => document.getElementById("main")?.focus());
        }
        return there;
      });
    };
    const out = () => lock(true);
    addEventListener("hashchange", moved);
    session.addEventListener("signed-out", out);
    return () => { removeEventListener("hashchange", moved); session.removeEventListener("signed-out", out); };
  }, []);
  const View = VIEWS[at.view];
  const signOut = () => { keepToken(null); lock(true); };
  return html`
    <a class="skip" href="#main" onClick=${(event) => { event.preventDefault(); document.getElementById("main").focus(); }}>Skip to content</a>
    <header>
      <a class="brand" href="#/runs"><img src="/static/favicon.svg" alt="" width="22" height="22" />Asterism</a>
      ${!locked && html`<${Rights} told=${know} />`}
      ${!locked && html`<${Links} view=${at.view} />`}
      ${!locked && token() && html`<button class="quiet" type="button" onClick=${signOut}>Sign out</button>`}
    </header>
    <main id="main" tabindex="-1">
      ${locked ? html`<${Login} done=${() => lock(false)} />` : html`<${View} key=${at.view + (at.words[0] ?? "")} words=${at.words} />`}
    </main>`;
}

function Links({ view }) {
  const waiting = useChanging(() => get("/v1/runs?status=waiting&limit=100"), (kind) => kind === "run",
    { keeps: view === "run" ? "focus" : true });
  const number = waiting.value?.runs.length ?? 0;
  useEffect(() => { document.title = number ? `(${number}) Asterism` : "Asterism"; }, [number]);
  const current = view === "run" ? "runs" : view;
  return html`<nav aria-label="Views">${LINKS.map(([name, words]) => html`
    <a href="#/${name}" aria-current=${current === name ? "page" : null}>${words}${name === "inbox" && number > 0
      ? html` <span class="badge">${number}</span>` : ""}</a>`)}
  </nav>`;
}

function Login({ done }) {
  const [problem, setProblem] = useState("");
  const submit = async (event) => {
    event.preventDefault();
    const typed = new FormData(event.currentTarget).get("token").trim();
    keepToken(typed);
    try {
      await get("/v1/runs?limit=1");
      say("Signed in.");
      done();
    } catch (error) {
      keepToken(null);
      setProblem(error.message);
    }
  };
  return html`<form class="login card" onSubmit=${submit}>
    <h1>Sign in</h1>
    <p>This orchestrator asks for a token: <code>asterism token create --role operator</code> makes one. It is kept in this
      tab only, until the tab is closed.</p>
    <label for="token">Token</label>
    <input id="token" name="token" type="password" autocomplete="off" spellcheck="false" required ref=${(input) => input?.focus()} />
    ${problem && html`<p class="problem" role="alert">${problem}</p>`}
    <button type="submit">Sign in</button>
  </form>`;
}

render(html`<${App} />`, document.getElementById("app"));
