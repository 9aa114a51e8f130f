// Runs in a page, to say what it shows. Bounded in all it returns; what a password's field holds is never looked at.
() => {
  const SKIP = new Set(["SCRIPT", "STYLE", "NOSCRIPT", "TEMPLATE", "SVG", "HEAD", "IFRAME", "CANVAS", "OBJECT", "VIDEO",
    "AUDIO", "TEXTAREA", "INPUT", "OPTION", "DATALIST", "SELECT"]);
  const BLOCK = new Set(["ADDRESS", "ARTICLE", "ASIDE", "BLOCKQUOTE", "BODY", "DD", "DETAILS", "DIALOG", "DIV", "DL", "DT",
    "FIELDSET", "FIGCAPTION", "FIGURE", "FOOTER", "FORM", "HEADER", "HGROUP", "HR", "LEGEND", "LI", "MAIN", "NAV", "OL",
    "P", "PRE", "SECTION", "SUMMARY", "TABLE", "TBODY", "THEAD", "TFOOT", "TR", "UL", "H1", "H2", "H3", "H4", "H5", "H6",
    "CAPTION"]);
  const DEEP = 400;
  const secrets = window[Symbol.for("asterism.secrets")] ??= new WeakSet();
  const squeeze = (text) => text.replace(/\s+/g, " ");
  const short = (text, most = 500) => squeeze(text || "").trim().slice(0, most);

  const shown = (el) => {
    try {
      return el.checkVisibility({ visibilityProperty: true });
    } catch {
      return true;
    }
  };

  const secret = (el) => {
    const kind = (el.getAttribute("autocomplete") || "").toLowerCase();
    if (el.type === "password" || /password|one-time-code|cc-number|cc-csc/.test(kind)) secrets.add(el);
    return secrets.has(el);
  };

  const children = (el) => {
    if (el.shadowRoot) return el.shadowRoot.childNodes;
    if (el.tagName === "SLOT") {
      const given = el.assignedNodes({ flatten: true });
      if (given.length) return given;
    }
    return el.childNodes;
  };

  // --- what can be read ---------------------------------------------------------------------------------------

  class Full extends Error {}

  class Writer {
    constructor(limit, markdown) {
      this.limit = limit;
      this.markdown = markdown;
      this.out = [];
      this.size = 0;
      this.gap = 0; // line ends to write before the next text
      this.space = false;
      this.prefix = "";
      this.truncated = false;
    }

    raw(text) {
      if (!text) return;
      if (this.size + text.length > this.limit) {
        this.out.push(text.slice(0, Math.max(0, this.limit - this.size)));
        this.size = this.limit;
        this.truncated = true;
        throw new Full();
      }
      this.out.push(text);
      this.size += text.length;
    }

    flush() {
      if (this.gap && this.size) this.raw("\n".repeat(this.gap) + this.prefix);
      else if (this.space && this.size) this.raw(" ");
      this.gap = 0;
      this.space = false;
    }

    text(value) {
      const text = squeeze(value);
      if (text.trim() === "") {
        this.space = this.space || text !== "";
        return;
      }
      if (text.startsWith(" ")) this.space = true;
      this.flush();
      this.raw(text.trim());
      this.space = text.endsWith(" ");
    }

    mark(text) {
      this.flush();
      this.raw(text);
    }

    block(lines) {
      this.gap = Math.max(this.gap, lines);
      this.space = false;
    }
  }

  // What `walk` would write of an element, on a line of its own.
  const inline = (el, writer, depth) => {
    const inner = new Writer(Math.min(20000, writer.limit), writer.markdown);
    try {
      for (const child of children(el)) walk(child, inner, depth + 1);
    } catch (error) {
      if (!(error instanceof Full)) throw error;
      writer.truncated = true;
    }
    return squeeze(inner.out.join("")).trim();
  };

  const walk = (node, writer, depth) => {
    if (node.nodeType === Node.TEXT_NODE) return writer.text(node.data);
    if (node.nodeType !== Node.ELEMENT_NODE) return;
    const tag = node.tagName.toUpperCase();
    if (tag === "SELECT" && shown(node)) return writer.text(` ${[...node.selectedOptions].map((one) => one.label).join(", ")} `);
    if (SKIP.has(tag) || !(node instanceof Element) || (tag !== "SLOT" && !shown(node))) return;
    if (depth > DEEP) return writer.text(node.textContent.slice(0, writer.limit));
    const into = () => {
      for (const child of children(node)) walk(child, writer, depth + 1);
    };
    if (tag === "BR") return writer.block(1);
    if (tag === "TABLE" && !node.querySelector("table")) return table(node, writer, depth);
    if (!writer.markdown) {
      if (!BLOCK.has(tag)) return into();
      writer.block(/^(P|H\d|UL|OL|PRE|BLOCKQUOTE|TABLE)$/.test(tag) ? 2 : 1);
      if (tag === "LI") writer.mark("- ");
      tag === "PRE" ? pre(node, writer, "") : into();
      return writer.block(/^(P|H\d|UL|OL|PRE|BLOCKQUOTE|TABLE)$/.test(tag) ? 2 : 1);
    }
    if (/^H[1-6]$/.test(tag)) {
      const text = inline(node, writer, depth);
      if (!text) return;
      writer.block(2);
      writer.mark(`${"#".repeat(+tag[1])} ${text}`);
      return writer.block(2);
    }
    if (tag === "A" && /^https?:/.test(node.href)) {
      const text = inline(node, writer, depth) || short(node.getAttribute("aria-label"), 200);
      return text ? writer.mark(`[${text}](${node.href.replace(/[()\s]/g, encodeURIComponent).slice(0, 2000)})`) : undefined;
    }
    if (tag === "IMG") return node.alt ? writer.text(` (image: ${short(node.alt, 300)}) `) : undefined;
    if (tag === "HR") return writer.block(2), writer.mark("---"), writer.block(2);
    const around = { STRONG: "**", B: "**", EM: "*", I: "*", CODE: "`" }[tag];
    if (around && !node.querySelector("a,img,br,p,div,ul,ol")) {
      const text = inline(node, writer, depth);
      return text ? writer.mark(`${around}${text}${around}`) : undefined;
    }
    if (tag === "PRE") {
      writer.block(2);
      pre(node, writer, "```");
      return writer.block(2);
    }
    if (tag === "LI") {
      const list = node.parentElement;
      const numbered = list && list.tagName === "OL";
      writer.block(1);
      writer.mark(numbered ? `${(list.start || 1) + [...list.children].indexOf(node)}. ` : "- ");
      const before = writer.prefix;
      writer.prefix += numbered ? "   " : "  ";
      into();
      writer.prefix = before;
      return writer.block(1);
    }
    if (tag === "BLOCKQUOTE") {
      writer.block(2);
      const before = writer.prefix;
      writer.flush();
      writer.raw("> ");
      writer.prefix += "> ";
      into();
      writer.prefix = before;
      return writer.block(2);
    }
    if (!BLOCK.has(tag)) return into();
    const lines = tag === "P" || tag === "UL" || tag === "OL" ? 2 : 1;
    writer.block(writer.prefix ? 1 : lines);
    into();
    writer.block(writer.prefix ? 1 : lines);
  };

  const pre = (node, writer, fence) => {
    writer.flush();
    const text = node.textContent.slice(0, writer.limit).replace(/\n$/, "");
    writer.raw(`${fence}${fence && "\n"}${text}${fence && "\n"}${fence}`);
  };

  const table = (node, writer, depth) => {
    writer.block(2);
    let first = true;
    for (const row of node.rows) {
      if (!shown(row)) continue;
      const cells = [...row.cells].map((cell) => inline(cell, writer, depth).replace(/\|/g, "\\|"));
      if (!cells.some((cell) => cell)) continue;
      writer.mark(writer.markdown ? `| ${cells.join(" | ")} |` : cells.join(" | "));
      writer.block(1);
      if (first && writer.markdown) {
        writer.mark(`| ${cells.map(() => "---").join(" | ")} |`);
        writer.block(1);
      }
      first = false;
    }
    writer.block(2);
  };

  const read = ({ limit, markdown, main }) => {
    const writer = new Writer(limit, markdown);
    const whole = document.body || document.documentElement;
    const parts = main ? [...document.querySelectorAll("main, [role=main], article")].filter(shown) : [];
    const outer = parts.filter((one) => !parts.some((other) => other !== one && other.contains(one)));
    try {
      for (const one of outer.length ? outer : whole ? [whole] : []) walk(one, writer, 0);
    } catch (error) {
      if (!(error instanceof Full)) throw error;
    }
    return { text: writer.out.join(""), truncated: writer.truncated };
  };

  // --- elements ------------------------------------------------------------------------------------------------

  const ROLES = { A: "link", BUTTON: "button", SELECT: "choice", TEXTAREA: "field", SUMMARY: "button", IMG: "image",
    H1: "heading", H2: "heading", H3: "heading", H4: "heading", H5: "heading", H6: "heading", OPTION: "option" };
  const INPUTS = { button: "button", submit: "button", reset: "button", image: "button", checkbox: "checkbox",
    radio: "radio", range: "slider", file: "file" };
  const NAMED = { textbox: "field", searchbox: "field", combobox: "choice", listbox: "choice", switch: "switch",
    menuitem: "menuitem", tab: "tab", checkbox: "checkbox", radio: "radio", button: "button", link: "link", option: "option",
    slider: "slider", alert: "alert", status: "status" };
  const USED = new Set(["link", "button", "choice", "checkbox", "radio", "switch", "menuitem", "tab", "option", "slider", "file"]);

  const role = (el) => {
    const given = NAMED[(el.getAttribute("role") || "").split(" ")[0]];
    if (given) return given;
    const tag = el.tagName.toUpperCase();
    if (tag === "INPUT") return el.type === "hidden" ? "" : INPUTS[el.type] || "field";
    if (tag === "A") return el.href ? "link" : "";
    if (el.isContentEditable && !(el.parentElement && el.parentElement.isContentEditable)) return "field";
    return ROLES[tag] || "";
  };

  const label = (el) => {
    const by = (el.getAttribute("aria-labelledby") || "").split(/\s+/).filter(Boolean)
      .map((id) => document.getElementById(id)?.textContent || "").join(" ");
    const labels = el.labels ? [...el.labels].map((one) => wording(one)).join(" ") : "";
    return short(el.getAttribute("aria-label") || by || labels || el.placeholder || el.title || el.alt || "");
  };

  // A label's own words, without those of what stands in it.
  const wording = (el) => {
    const copy = el.cloneNode(true);
    copy.querySelectorAll("input,select,textarea,button,script,style").forEach((one) => one.remove());
    return copy.textContent;
  };

  const selector = (el) => {
    const root = el.getRootNode();
    if (root !== document) return "";
    if (el.id && document.querySelectorAll(`#${CSS.escape(el.id)}`).length === 1) return `#${CSS.escape(el.id)}`;
    const steps = [];
    for (let at = el; at && at !== document.documentElement; at = at.parentElement) {
      if (at !== el && at.id && document.querySelectorAll(`#${CSS.escape(at.id)}`).length === 1) {
        steps.unshift(`#${CSS.escape(at.id)}`);
        break;
      }
      const tag = at.tagName.toLowerCase();
      let nth = 1, next = at.nextElementSibling;
      for (let one = at.previousElementSibling; one; one = one.previousElementSibling) nth += one.tagName === at.tagName;
      while (next && nth === 1 && next.tagName !== at.tagName) next = next.nextElementSibling;
      steps.unshift(nth > 1 || next ? `${CSS.escape(tag)}:nth-of-type(${nth})` : CSS.escape(tag));
    }
    return steps.join(" > ").slice(0, 1000);
  };

  const value = (el) => {
    if (secret(el)) return "";
    if (el.tagName === "SELECT") return short([...el.selectedOptions].map((one) => one.label).join(", "), 2000);
    if (el.isContentEditable) return short(el.textContent, 2000);
    return short(String(el.value ?? ""), 2000);
  };

  const described = (el, kind) => {
    const box = el.getBoundingClientRect();
    const field = kind === "field" || kind === "choice" || kind === "slider";
    const states = [];
    if (USED.has(kind)) states.push("clickable");
    if (kind === "field" && !el.readOnly) states.push("editable");
    if (el.checked || el.getAttribute("aria-checked") === "true") states.push("checked");
    if (el.selected || el.getAttribute("aria-selected") === "true") states.push("selected");
    if (el.disabled || el.getAttribute("aria-disabled") === "true") states.push("disabled");
    if (el === document.activeElement) states.push("focused");
    if (kind === "field" && secret(el)) states.push("password");
    const buttonish = el.tagName === "INPUT" && kind === "button";
    const own = buttonish ? short(el.value) || label(el) : short(el.textContent, 2000) || label(el);
    return {
      role: kind,
      text: field ? (states.includes("password") ? "(hidden)" : value(el)) : own,
      description: field || own !== label(el) ? label(el) : "",
      id: short(el.id || el.name || "", 200),
      url: kind === "link" ? String(el.href).slice(0, 2000) : "",
      selector: selector(el),
      bounds: [box.left, box.top, box.right, box.bottom].map((one) => Math.round(one)),
      states,
    };
  };

  const elements = ({ limit, most }) => {
    const nodes = [], found = [];
    let looked = 0, truncated = false;
    const visit = (el, depth, covered) => {
      if (found.length >= limit || ++looked > most || depth > DEEP) return (truncated = true);
      const tag = el.tagName.toUpperCase();
      if (["SCRIPT", "STYLE", "NOSCRIPT", "TEMPLATE", "SVG", "OPTION"].includes(tag)) return;
      if (tag !== "SLOT" && !shown(el)) return;
      let kind = role(el);
      if (!kind && !covered && [...el.childNodes].some((one) => one.nodeType === Node.TEXT_NODE && one.data.trim())) {
        kind = tag === "LABEL" ? "label" : "text";
      }
      if (kind && (kind !== "image" || el.alt)) {
        nodes.push(described(el, kind));
        found.push(el);
        if (kind === "choice" || kind === "field") return;
      }
      const inner = covered || (!!kind && kind !== "alert" && kind !== "status");
      for (const child of children(el)) {
        if (child.nodeType !== Node.ELEMENT_NODE) continue;
        if (found.length >= limit || looked > most) return (truncated = true);
        visit(child, depth + 1, inner && !BLOCK.has(child.tagName.toUpperCase()));
      }
    };
    if (document.body) visit(document.body, 0, false);
    return { nodes, found, truncated };
  };

  // --- tables and links ----------------------------------------------------------------------------------------

  const grid = (node, most) => {
    const rows = [];
    const taken = [];
    let heads = 0, counting = true, truncated = false;
    const source = node.tagName === "TABLE" ? [...node.rows] : [...node.querySelectorAll("[role=row]")];
    for (const row of source) {
      if (!shown(row)) continue;
      if (rows.length > most) {
        truncated = true;
        break;
      }
      const cells = row.cells ? [...row.cells] : [...row.querySelectorAll("[role=cell],[role=gridcell],[role=columnheader],[role=rowheader]")];
      const line = [];
      let column = 0;
      const place = () => {
        while (taken[column] && taken[column].left > 0) {
          line[column] = taken[column].text;
          taken[column++].left--;
        }
      };
      for (const cell of cells) {
        place();
        const writer = new Writer(5000, false);
        const text = inline(cell, writer, 0);
        const wide = Math.min(cell.colSpan || 1, 100), high = Math.min(cell.rowSpan || 1, 1000);
        for (let at = 0; at < wide && column < 500; at++) {
          if (high > 1) taken[column] = { text, left: high - 1 };
          line[column++] = text;
        }
      }
      place();
      const header = cells.length > 0 && cells.every((cell) => cell.tagName === "TH" || cell.getAttribute("role") === "columnheader");
      const head = header || (row.parentElement && row.parentElement.tagName === "THEAD");
      if (counting && head) heads++;
      else counting = false;
      rows.push(line.map((one) => one ?? ""));
    }
    return { rows, heads, truncated };
  };

  const caption = (node) => {
    const own = node.caption ? node.caption.textContent : node.getAttribute("aria-label") || node.getAttribute("summary");
    if (own) return short(own, 300);
    const by = node.getAttribute("aria-labelledby");
    if (by) return short(document.getElementById(by)?.textContent, 300);
    let last = "";
    for (const one of document.querySelectorAll("h1,h2,h3,h4,h5,h6")) {
      if (!(one.compareDocumentPosition(node) & Node.DOCUMENT_POSITION_FOLLOWING)) break;
      last = one.textContent;
    }
    return short(last, 300);
  };

  const tables = ({ rows, most }) => {
    const all = [...document.querySelectorAll("table, [role=table], [role=grid]")].filter((one) => shown(one) && !one.querySelector("table"));
    const found = [];
    for (const one of all) {
      if (found.length >= most) break;
      const made = grid(one, rows);
      if (made.rows.length > made.heads || made.heads) found.push({ caption: caption(one), ...made });
    }
    return { tables: found, truncated: found.length < all.length };
  };

  const links = ({ most }) => {
    const found = [];
    let truncated = false;
    for (const one of document.querySelectorAll("a[href], area[href]")) {
      if (!shown(one)) continue;
      if (found.length >= most) {
        truncated = true;
        break;
      }
      found.push({ text: short(one.textContent || one.getAttribute("aria-label") || one.title || one.querySelector?.("img")?.alt), url: String(one.href).slice(0, 4000) });
    }
    return { links: found, truncated };
  };

  // What a page shows, in short: whether it reads otherwise than before.
  const state = () => {
    const { text } = read({ limit: 30000, markdown: false, main: false });
    const fields = [...document.querySelectorAll("input,select,textarea")].slice(0, 500)
      .map((el) => `${el.disabled}|${el.checked ?? ""}|${value(el)}`);
    return `${location.href}\n${document.title}\n${fields.join("\n")}\n${text}`;
  };

  return { read, elements, tables, links, state, secret, value };
}
