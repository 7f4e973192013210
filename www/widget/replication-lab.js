// <replication-lab>: a replication laboratory as a figure in any page. How to use it: docs/EMBED.md.
//
// This file is small, since it comes before anybody wants a laboratory. The laboratory itself (lab.js, lab.wasm, lab.css,
// which lie beside this file) is loaded once for all widgets of a page, when the first of them comes near the view.
// One instance of the module runs all widgets of one language. A panic ends an instance: what it takes to begin each run
// again is kept here, so that another instance takes over.

/** Written by `cargo xtask build`: what was built together is loaded together. */
const VERSION = "";

// Written out, so that bundlers see which files belong to this one.
const PLACES = {
  "lab.js": new URL("./lab.js", import.meta.url),
  "lab.wasm": new URL("./lab.wasm", import.meta.url),
  "lab.css": new URL("./lab.css", import.meta.url),
  "text/de.txt": new URL("./text/de.txt", import.meta.url),
};

/** Where a file is that belongs to this one. */
function file(name) {
  const place = new URL(PLACES[name] ?? name, import.meta.url);
  if (VERSION && PLACES[name]) place.searchParams.set("v", VERSION);
  return place.href;
}

/** What attributes with a choice may say; `tests/embed.rs` holds this against src/embed/options.rs. */
const WORDS = {
  controls: ["none", "transport", "full"],
  instrument: ["none", "sequence", "logs", "tables", "lag", "ledger", "findings", "events", "status"],
  theme: ["auto", "light", "dark"],
  autoplay: ["visible", "click", "none"],
};
const USUAL = { controls: "transport", instrument: "none", theme: "auto", autoplay: "visible" };
const ATTRIBUTES = ["scenario", "controls", "instrument", "height", "theme", "autoplay", "seed", "speed", "at"];
const HEIGHTS = [160, 2000];
/** Without an instrument, and with one. */
const USUAL_HEIGHTS = [420, 640];

/** What readers and authors are told before there is a module that could tell them; [English, German]. */
const TEXTS = {
  loading: ["Loading the laboratory…", "Das Labor wird geladen…"],
  run: ["Run this laboratory", "Dieses Labor starten"],
  about: [
    "Database replication, live: this figure is a running cluster.",
    "Datenbankreplikation zum Ausprobieren: Diese Abbildung ist ein laufender Cluster.",
  ],
  retry: ["Try again", "Noch einmal versuchen"],
  "no-webassembly": [
    "This browser has no WebAssembly, or it is switched off. The laboratory is a WebAssembly program: please allow it for this site.",
    "Dieser Browser hat kein WebAssembly, oder es ist abgeschaltet. Das Labor ist ein WebAssembly-Programm: Bitte erlauben Sie es für diese Seite.",
  ],
  csp: [
    "This page's content security policy forbids WebAssembly. Whoever runs the site: script-src must allow 'wasm-unsafe-eval'.",
    "Die Content Security Policy dieser Seite verbietet WebAssembly. Wer die Seite betreibt: script-src muss 'wasm-unsafe-eval' erlauben.",
  ],
  missing: [
    "A part of the laboratory is not there: the server answers {status} for {file}.",
    "Ein Teil des Labors fehlt: Der Server antwortet mit {status} auf {file}.",
  ],
  type: [
    "The server sends {file} as “{type}”, which is not what it must be.",
    "Der Server sendet {file} als „{type}“; das ist nicht, was es sein muss.",
  ],
  network: [
    "A part of the laboratory could not be downloaded: {file}. Is the network there, and does the page's policy (connect-src, script-src) allow it?",
    "Ein Teil des Labors ließ sich nicht laden: {file}. Besteht eine Netzverbindung, und erlaubt es die Richtlinie der Seite (connect-src, script-src)?",
  ],
  broken: ["The laboratory could not start.", "Das Labor konnte nicht starten."],
  "no-scenario": [
    "This <replication-lab> names no scenario. It wants an attribute such as scenario=\"{example}\", or a child <script type=\"application/toml\">.",
    "Dieses <replication-lab> nennt kein Szenario. Nötig ist ein Attribut wie scenario=\"{example}\" oder ein Kindelement <script type=\"application/toml\">.",
  ],
  "unknown-scenario": ["There is no scenario “{name}” in the library.", "In der Bibliothek gibt es kein Szenario „{name}“."],
  meant: ["Did you mean “{near}”?", "Meinten Sie „{near}“?"],
  scenario: ["This scenario cannot be used.", "Dieses Szenario ist nicht verwendbar."],
  attribute: ["An attribute of this <replication-lab> cannot be used:", "Ein Attribut dieses <replication-lab> ist nicht verwendbar:"],
  close: ["Close", "Schließen"],
  panic: [
    "This laboratory has stopped by a fault of its program. The others on this page go on.",
    "Dieses Labor ist wegen eines Programmfehlers stehen geblieben. Die anderen auf dieser Seite laufen weiter.",
  ],
  resume: ["Go on from {at} s", "Bei {at} s weitermachen"],
  again: ["Start over", "Von vorn beginnen"],
};

/** What can be explained: `code` goes into `rl-error`. */
class Failure extends Error {
  constructor(code, values = {}, detail = "") {
    super(code);
    Object.assign(this, { code, values, detail: String(detail) });
  }
}

/** The nearest of some words, if one is near enough to be meant. */
function nearest(wanted, words) {
  let best;
  let least = Math.max(1, Math.floor(wanted.length / 3)) + 0.5;
  for (const word of wanted.length > 64 ? [] : words) {
    let row = Array.from({ length: word.length + 1 }, (_, at) => at);
    for (let i = 1; i <= wanted.length; i++) {
      const next = [i];
      for (let j = 1; j <= word.length; j++) {
        const cost = wanted[i - 1].toLowerCase() === word[j - 1] ? 0 : 1;
        next[j] = Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + cost);
      }
      row = next;
    }
    if (row[word.length] < least) [least, best] = [row[word.length], word];
  }
  return best;
}

/** Fetches a file beside this one, or a scenario; what cannot be had is a {@link Failure}. */
async function get(address, code = "missing") {
  let response;
  try {
    response = await fetch(address, { credentials: "same-origin" });
  } catch (error) {
    throw new Failure("network", { file: address }, error);
  }
  if (!response.ok) throw new Failure(code, { status: response.status, file: address });
  return response;
}

const texts = new Map();
/** The text of a scenario's file, asked for once however many figures show it. */
function scenarioText(address) {
  if (!texts.has(address)) {
    texts.set(address, kept(get(address).then((answer) => answer.text()), () => texts.delete(address)));
  }
  return texts.get(address);
}

let compiled;
/** The compiled module, once for the page: while it arrives, where the host sends the right type. */
async function compile() {
  if (typeof WebAssembly !== "object") throw new Failure("no-webassembly");
  const address = file("lab.wasm");
  // Asked first: a policy that forbids it must not cost a download.
  try {
    await WebAssembly.compile(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]));
  } catch (error) {
    throw new Failure("csp", {}, error);
  }
  const response = await get(address);
  const type = (response.headers.get("Content-Type") ?? "").split(";")[0].trim();
  if (type === "application/wasm" && WebAssembly.compileStreaming) {
    try {
      return await WebAssembly.compileStreaming(response);
    } catch (error) {
      throw new Failure("broken", {}, error);
    }
  }
  const bytes = await response.arrayBuffer();
  try {
    return await WebAssembly.compile(bytes);
  } catch (error) {
    throw new Failure("type", { file: address, type }, error);
  }
}

let styles;
/** The laboratory's style sheet, once for the page. */
async function style() {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(await (await get(file("lab.css"))).text());
  return sheet;
}

/** Keeps a promise, unless it fails: then the next who asks tries again. */
const kept = (promise, forget) => (promise.catch(forget), promise);

let instances = 0;

/** One instance of the module: all widgets of one language, until a panic. */
class Runtime {
  static #all = new Map();

  static of(language) {
    if (!Runtime.#all.has(language)) {
      Runtime.#all.set(language, kept(new Runtime(language).#start(), () => Runtime.#all.delete(language)));
    }
    return Runtime.#all.get(language);
  }

  /** The instances that run. */
  static async all() {
    return Promise.all(Runtime.#all.values());
  }

  constructor(language) {
    this.language = language;
    this.number = instances++;
    this.widgets = new Set();
    this.ended = false;
  }

  async #start() {
    compiled ??= kept(compile(), () => (compiled = undefined));
    const glue = file("lab.js");
    const address = this.number ? `${glue}${VERSION ? "&" : "?"}instance=${this.number}` : glue;
    const [module, code] = await Promise.all([compiled, import(address).catch((error) => this.#explain(glue, error))]);
    this.glue = code;
    code.guardWith((exports) => this.#guard(exports));
    this.memory = (await code.default({ module_or_path: module })).memory;
    this.place = code.atWorkPlace();
    code.startWidgets((text, number) => this.#end(text, number));
    if (this.language !== "en") {
      const texts = await get(file(`text/${this.language}.txt`));
      code.speak(this.language, await texts.text());
    }
    return this;
  }

  /** The module's functions. Whatever ends in the midst of one, as when memory or stack run out, is known; nothing is done after. */
  #guard(exports) {
    const guarded = { ...exports };
    for (const [name, act] of Object.entries(exports)) {
      if (typeof act !== "function") continue;
      guarded[name] = (...all) => {
        if (this.ended) return 0;
        try {
          return act(...all);
        } catch (error) {
          // Calling it to ask who was at work could end as this did.
          this.#end(String(error), new DataView(exports.memory.buffer).getUint32(this.place, true));
          throw error;
        }
      };
    }
    // Timers and listeners may keep the glue for long: it must not keep the memory.
    const nothing = Object.assign(() => 0, { buffer: new ArrayBuffer(0), get() {}, set() {}, grow: () => 0 });
    this.letGo = () => {
      exports.memory.grow(0); // the glue's views of it end
      exports = this.memory = undefined;
      for (const name in guarded) guarded[name] = nothing;
    };
    return guarded;
  }

  /** A module script that fails to load does not say why: its address is asked. */
  async #explain(address, error) {
    const type = ((await get(address)).headers.get("Content-Type") ?? "").split(";")[0].trim();
    throw /javascript/.test(type) ? new Failure("broken", {}, error) : new Failure("type", { file: address, type }, error);
  }

  /** A panic: the instance is not to be trusted any more. Called in the midst of it, so that all else comes later. */
  #end(text, number) {
    if (this.ended) return;
    this.ended = true;
    if (Runtime.#all.has(this.language)) Runtime.#all.delete(this.language);
    setTimeout(() => {
      this.letGo();
      for (const widget of [...this.widgets]) widget.lost(widget.number === number, text);
      this.widgets.clear();
    });
  }
}

/** Whether a page is dark behind an element: by what it says of itself, else by its ground, else by the system. */
function pageIsDark(element) {
  const words = { dark: true, light: false, slate: true, default: false, coal: true, navy: true, ayu: true, rust: false };
  const system = matchMedia("(prefers-color-scheme: dark)").matches;
  let ground;
  for (let at = element; at; at = at.parentElement ?? at.getRootNode().host) {
    const { theme, bsTheme, mdColorScheme, colorMode } = at === element ? {} : at.dataset;
    for (const said of [theme, bsTheme, mdColorScheme, colorMode]) if (said in words) return words[said];
    for (const name of at === element ? [] : at.classList) {
      const word = name.replace(/^theme-|-(theme|mode)$/g, "");
      if (word !== "default" && word in words) return words[word];
    }
    const parts = getComputedStyle(at).backgroundColor.match(/[\d.]+/g)?.map(Number) ?? [];
    if (ground === undefined && parts.length >= 3 && (parts[3] ?? 1) > 0.5) {
      ground = 0.299 * parts[0] + 0.587 * parts[1] + 0.114 * parts[2] < 110;
    }
  }
  if (ground !== undefined) return ground;
  const scheme = getComputedStyle(document.documentElement).colorScheme;
  return scheme === "dark" || (scheme !== "light" && /dark/.test(scheme) && system);
}

const base = new CSSStyleSheet();
base.replaceSync(`
:host { display: block; position: relative; height: ${USUAL_HEIGHTS[0]}px; }
:host([hidden]) { display: none; }
.frame { position: relative; height: 100%; box-sizing: border-box; overflow: hidden; container: rl / size;
  border: 1px solid var(--rl-line, #dddbd3); border-radius: var(--rl-round, 7px); background: var(--rl-surface, #fff); color: var(--rl-ink, #1b2130);
  font: 14px/1.45 var(--rl-sans, system-ui, sans-serif); color-scheme: light; }
.frame.dark { border-color: var(--rl-line, #2b3340); background: var(--rl-surface, #171c25); color: var(--rl-ink, #e9edf4); color-scheme: dark; }
.poster { display: grid; place-items: center; height: 100%; overflow: hidden; }
.poster > p { margin: 0; padding: 1rem; text-align: center; }
::slotted(:is(img, picture, svg)) { display: block; max-width: 100%; max-height: 100%; width: 100%; height: 100%; object-fit: contain; }
.lab, .lab > div { height: 100%; }
.running .poster, .lab:empty { display: none; }
.run { position: absolute; left: 50%; top: 50%; translate: -50% -50%; min-height: 44px; padding: 0 1.1rem; border: 0; border-radius: 22px;
  background: var(--rl-accent, #2a5bd0); color: var(--rl-on-accent, #fff); font: inherit; font-weight: 600; cursor: pointer;
  box-shadow: 0 2px 12px rgb(0 0 0 / 30%); }
.run:focus-visible, .say button:focus-visible { outline: 3px solid currentcolor; outline-offset: 2px; }
.say { position: absolute; inset: auto 0 0; z-index: 50; max-height: 100%; box-sizing: border-box; overflow: auto; padding: .6rem .9rem; border-top: 1px solid var(--rl-line, #dddbd3);
  background: var(--rl-surface, #fff); }
.dark .say { border-color: var(--rl-line, #2b3340); background: var(--rl-surface, #171c25); }
.say p { margin: 0; }
.say pre { margin: .4rem 0 0; white-space: pre-wrap; overflow-wrap: anywhere; font: 12px/1.45 ui-monospace, monospace; }
.say.is-bad { border-top: 3px solid #b3261e; }
.say button { min-height: 36px; margin: .5rem .5rem 0 0; padding: 0 .8rem; border: 1px solid currentcolor; border-radius: 7px; background: none; color: inherit;
  font: inherit; cursor: pointer; }
[hidden] { display: none !important; }
@media print {
  :host { break-inside: avoid; }
  .with-poster .poster { display: grid; }
  .with-poster .lab, .run, .say { display: none; }
}`);

/** Whoever comes near the view is wanted; whoever is in it may move. */
const near = new IntersectionObserver((seen) => seen.forEach((one) => one.target.near(one.isIntersecting)), { rootMargin: "300px" });
const inView = new IntersectionObserver((seen) => seen.forEach((one) => one.target.inView(one.isIntersecting)));

/** An element that was only moved is back within this time, in milliseconds. */
const MOVE_MS = 200;
/** What a slice of a long run may take before others get a turn, in milliseconds. */
const SLICE_MS = 16;

const pause = () => new Promise((done) => setTimeout(done));
let prefixes = 0;

/** See docs/EMBED.md, which lists what of this is for pages. */
class ReplicationLab extends HTMLElement {
  static observedAttributes = ATTRIBUTES;

  #shadow = this.attachShadow({ mode: "open" });
  #size = new CSSStyleSheet();
  #frame = document.createElement("div");
  #lab;
  #say;
  #run;
  #state = "idle";
  #source; // what was handed to load()
  #kept; // what it takes to begin the run again
  #widget;
  number; // by which a panic names the laboratory
  #runtime;
  #turn = 0; // counts beginnings: who finds another number has been overtaken
  #wanted; // the promise of a running laboratory
  #ready; // and what settles `ready`
  #leaving;
  #visible = false;
  #dark = false;
  #watch;
  #attributesDue = false;
  #mark = () => this.#widget?.mark();

  constructor() {
    super();
    this.#shadow.adoptedStyleSheets = [base, this.#size];
    this.#frame.className = "frame";
    this.#frame.part = "frame";
    const poster = this.#add("div", "poster");
    const slot = document.createElement("slot");
    const about = document.createElement("p");
    slot.append(about);
    poster.append(slot);
    slot.addEventListener("slotchange", () => this.#posters(slot));
    this.#lab = this.#add("div", "lab");
    this.#run = this.#add("button", "run");
    this.#run.type = "button";
    this.#run.hidden = true;
    this.#run.addEventListener("click", () => this.play().then(() => this.#focusLab(), () => {}));
    this.#say = this.#add("div", "say");
    this.#say.part = "message";
    this.#say.hidden = true;
    this.#shadow.append(this.#frame);
    this.about = about;
    // Whatever happens in here is this laboratory's doing: a panic has to be laid at somebody's door.
    for (const name of ["click", "keydown", "pointerdown", "pointermove", "pointerup", "input", "change", "focusin", "wheel"]) {
      this.#shadow.addEventListener(name, this.#mark, { capture: true, passive: true });
    }
    this.#newReady();
  }

  #add(kind, name) {
    const element = document.createElement(kind);
    element.className = name;
    element.part = name;
    this.#frame.append(element);
    return element;
  }

  // ---- the element's life

  connectedCallback() {
    clearTimeout(this.#leaving);
    this.#leaving = undefined;
    for (const name of [...ATTRIBUTES]) {
      // Set by a framework before the element was known.
      if (Object.hasOwn(this, name)) {
        const value = this[name];
        delete this[name];
        this[name] = value;
      }
    }
    this.#speak();
    this.#follow();
    near.observe(this);
    inView.observe(this);
    this.#attributesChanged();
  }

  disconnectedCallback() {
    near.unobserve(this);
    inView.unobserve(this);
    this.#watch?.();
    this.#watch = undefined;
    this.#leaving = setTimeout(() => this.#leave(), MOVE_MS);
  }

  #leave() {
    this.#turn++;
    this.#drop();
    this.#kept = this.#wanted = undefined;
    this.#tell();
    this.#become("idle");
  }

  /** Lets go of the laboratory, if there is one. */
  #drop() {
    const [widget, runtime] = [this.#widget, this.#runtime];
    this.#widget = this.#runtime = undefined;
    runtime?.widgets.delete(this);
    if (widget) {
      try {
        widget.destroy();
      } catch (error) {
        if (!runtime.ended) throw error;
      }
    }
    // A new root: whatever the old one still hears belongs to nobody.
    const root = this.#lab.cloneNode(false);
    this.#lab.replaceWith(root);
    this.#lab = root;
  }

  attributeChangedCallback(name, before, value) {
    if (before === value || !this.isConnected) return;
    if (["scenario", "seed", "at"].includes(name) && this.#wanted) {
      if (name === "scenario") this.#source = undefined;
      this.#attributesChanged();
      this.#begin().catch(() => {});
    } else {
      this.#attributesChanged();
    }
  }

  /** Takes the attributes that matter before and while there is a laboratory; several changes at once are one. */
  #attributesChanged() {
    if (this.#attributesDue) return;
    this.#attributesDue = true;
    queueMicrotask(() => {
      this.#attributesDue = false;
      if (!this.isConnected) return;
      const problems = [];
      for (const [name, words] of Object.entries(WORDS)) {
        const value = this.getAttribute(name)?.trim();
        if (value === undefined || words.includes(value)) continue;
        const meant = nearest(value, words);
        problems.push(`${name}="${value}" must be one of ${words.join(", ")}${meant ? `; did you mean "${meant}"?` : ""}`);
      }
      const usual = USUAL_HEIGHTS[this.#word("instrument") !== "none" || this.#word("controls") === "full" ? 1 : 0];
      const height = this.getAttribute("height")?.trim().replace(/px$/, "") ?? usual;
      const fits = /^\d+$/.test(height) && height >= HEIGHTS[0] && height <= HEIGHTS[1];
      if (!fits) problems.push(`height="${height}" must be a number of pixels from ${HEIGHTS[0]} to ${HEIGHTS[1]}, such as \`${USUAL_HEIGHTS[0]}\``);
      this.#size.replaceSync(`:host { height: ${fits ? height : usual}px; }`);
      this.#colour();
      const late = this.#widget && JSON.parse(this.#widget.configure(this.#attributesJson(), this.#dark)).map((one) => one.message);
      this.#blame(late ?? problems);
      this.#run.hidden = this.#state !== "idle" || this.#word("autoplay") !== "click";
    });
  }

  #attributesJson() {
    return JSON.stringify(Object.fromEntries([...this.attributes].map((one) => [one.name, one.value])));
  }

  /** The word of an attribute, or the usual one where it says none that is known. */
  #word(name) {
    const value = this.getAttribute(name)?.trim();
    return WORDS[name].includes(value) ? value : USUAL[name];
  }

  /** Says what is wrong with attributes, in the element: the page goes on. */
  #blame(problems) {
    const text = problems.join("\n");
    if (text === (this.blamed ?? "")) return;
    this.blamed = text;
    if (!text) return this.#tell();
    this.#tell(this.#t("attribute"), text, true, [[this.#t("close"), () => this.#tell()]]);
    this.#event("rl-error", { code: "attribute", message: text });
  }

  // ---- seen and unseen

  near(is) {
    if (is && !this.#wanted && this.#word("autoplay") !== "click") this.#want().catch(() => {});
  }

  inView(is) {
    this.#visible = is;
    this.#widget?.setResting(!is);
  }

  #posters(slot) {
    this.#frame.classList.toggle("with-poster", slot.assignedElements().some((one) => one.localName !== "script"));
  }

  // ---- colours

  /** Follows the page's colours for as long as the element is in it. */
  #follow() {
    const look = () => (this.#speak(), this.#colour(true));
    const slow = () => (look(), setTimeout(look, 500)); // a ground that fades is not there at once
    const observer = new MutationObserver(slow);
    for (let at = this; at; at = at.parentElement ?? at.getRootNode().host) {
      observer.observe(at, { attributes: true, attributeFilter: ["class", "style", "data-theme", "data-bs-theme", "data-md-color-scheme", "data-color-mode", "lang"] });
    }
    const system = matchMedia("(prefers-color-scheme: dark)");
    system.addEventListener("change", slow);
    this.#watch = () => (observer.disconnect(), system.removeEventListener("change", slow));
  }

  #colour(tell = false) {
    if (!this.isConnected) return;
    const theme = this.#word("theme");
    const dark = theme === "dark" || (theme === "auto" && pageIsDark(this));
    if (dark !== this.#dark && tell) this.#widget?.configure(this.#attributesJson(), dark);
    this.#dark = dark;
    this.#frame.classList.toggle("dark", dark);
  }

  /** Reads the page's `--rl-…` properties anew: the browser does not tell when they change. */
  recolour() {
    this.#widget?.recolour();
  }

  // ---- words

  get #language() {
    return /^de\b/i.test(this.closest("[lang]")?.lang ?? "") ? "de" : "en";
  }

  /** Takes the page's language; a laboratory goes on in it where it was. */
  #speak() {
    this.about.textContent = this.#t("about");
    this.#run.textContent = this.#t("run");
    if (this.#state !== "running" || this.#runtime.language === this.#language) return;
    const kept = { ...this.#kept, atUs: this.#widget.nowUs() };
    try {
      kept.link = this.#widget.link();
    } catch {
      // Too much was done for a link: it goes on from the last that there was.
    }
    this.#begin(kept).catch(() => {});
  }

  #t(key, values = {}) {
    const text = TEXTS[key][this.#language === "de" ? 1 : 0];
    return text.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
  }

  /** Shows a message with buttons, or takes it away. */
  #tell(text = "", detail = "", bad = false, buttons = []) {
    this.#say.hidden = !text;
    this.#say.classList.toggle("is-bad", bad);
    this.#say.setAttribute("role", bad ? "alert" : "status");
    const words = document.createElement("p");
    words.textContent = text;
    const more = document.createElement("pre");
    more.textContent = detail;
    this.#say.replaceChildren(words, ...(detail ? [more] : []));
    for (const [label, act] of buttons) {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = label;
      button.addEventListener("click", act);
      this.#say.append(button);
    }
  }

  #event(name, detail) {
    queueMicrotask(() => this.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, composed: true })));
  }

  #become(state) {
    this.#state = state;
    this.#frame.classList.toggle("running", state === "running");
    this.#run.hidden = state !== "idle" || this.#word("autoplay") !== "click";
  }

  #focusLab() {
    this.#lab.querySelector(".is-play")?.focus();
  }

  // ---- a run begins

  #newReady() {
    this.#ready = Promise.withResolvers?.() ?? {};
    if (!this.#ready.promise) {
      this.#ready.promise = new Promise((resolve, reject) => Object.assign(this.#ready, { resolve, reject }));
    }
    this.#ready.promise.catch(() => {});
  }

  /** A laboratory that runs: the one there is, or one that begins now. */
  #want() {
    return this.#wanted ?? this.#begin();
  }

  #begin(kept) {
    if (this.#state === "running") this.#newReady();
    return (this.#wanted = this.#load(++this.#turn, kept));
  }

  async #load(turn, kept) {
    const overtaken = () => turn !== this.#turn;
    try {
      this.#drop();
      this.#become("loading");
      this.#tell(this.#t("loading"));
      styles ??= kept_(style());
      const [runtime, sheet, source] = await Promise.all([Runtime.of(this.#language), styles, kept ?? this.#find()]);
      if (overtaken()) return this.#wanted;
      if (this.#shadow.adoptedStyleSheets.length < 3) this.#shadow.adoptedStyleSheets = [base, sheet, this.#size];
      await this.#start(runtime, source, overtaken);
      return overtaken() ? this.#wanted : this.#widget;
    } catch (error) {
      if (overtaken()) return this.#wanted;
      this.#fail(error);
      throw error;
    }
  }

  async #start(runtime, source, overtaken) {
    const { glue } = runtime;
    const { text, origin, link, atUs = -1, playing, pace } = source;
    let widget;
    try {
      widget = glue.Widget.begin(`rl-w${prefixes++}`, this.#attributesJson(), link || text, origin, !!link || /#run=/.test(text), atUs);
    } catch (error) {
      throw typeof error === "string" ? new Failure("scenario", {}, error) : error;
    }
    this.#colour();
    this.#kept = { text, origin, link, atUs, playing, pace };
    const told = (...news) => this.#widget === widget && this.#told(...news);
    this.#widget = widget;
    this.#runtime = runtime;
    runtime.widgets.add(this);
    while (!widget.goOn(SLICE_MS, this.#lab, this.#dark, told)) {
      await pause();
      if (overtaken()) return;
    }
    this.number = widget.number();
    if (pace !== undefined) widget.setPace(pace);
    widget.setResting(!this.#visible);
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches || this.#word("autoplay") === "none";
    widget.setPlaying(playing ?? !still);
    this.#tell();
    this.blamed = "";
    this.#become("running");
    this.#blame(JSON.parse(widget.problems()).map((one) => one.message));
    this.#ready.resolve(this);
    this.#event("rl-ready", { scenario: origin, at_ms: this.#kept.atUs / 1000 });
    this.#speak(); // it may have changed meanwhile
  }

  /** What Rust tells: see src/ui/widget/news.rs. */
  #told(kind, detail, playing, pace) {
    if (kind === "stands") Object.assign(this.#kept, { atUs: detail, playing, pace });
    else if (kind === "link") this.#kept.link = JSON.parse(detail);
    else this.#event(`rl-${kind}`, JSON.parse(detail));
  }

  /** The instance that ran this laboratory has ended. The one at fault waits for a word; the others go on. */
  lost(atFault, text) {
    const kept = this.#kept;
    this.#drop();
    if (!this.isConnected) return;
    if (!atFault) return void this.#begin(kept).catch(() => {});
    this.#turn++;
    this.#become("crashed");
    this.#wanted = Promise.reject(new Failure("panic", {}, text));
    this.#wanted.catch(() => {});
    this.#newReady();
    const again = (from) => () => this.#begin(from).then(() => this.#focusLab(), () => {});
    this.#tell(this.#t("panic"), text, true, [
      [this.#t("resume", { at: (kept.atUs / 1e6).toFixed(1) }), again({ ...kept, playing: true })],
      [this.#t("again"), again({ text: kept.text, origin: kept.origin })],
    ]);
    this.#event("rl-error", { code: "panic", message: text });
  }

  #fail(error) {
    const { code, values, detail } = error instanceof Failure ? error : new Failure("broken", {}, error);
    this.#drop();
    this.#become("failed");
    let text = this.#t(code, values);
    if (values.near) text += ` ${this.#t("meant", values)}`;
    this.#tell(text, detail, true, [[this.#t("retry"), () => this.#begin().catch(() => {})]]);
    this.#ready.reject(error);
    this.#newReady();
    this.#event("rl-error", { code, message: detail ? `${text}\n${detail}` : text });
  }

  /** What is to run: what load() was given, the attribute, or the child. */
  async #find() {
    const source = this.#source ?? this.getAttribute("scenario")?.trim();
    if (!source && document.readyState === "loading") {
      await new Promise((done) => addEventListener("DOMContentLoaded", done, { once: true }));
    }
    const inline = this.querySelector(":scope > script[type='application/toml'], :scope > script[type='application/json']");
    if (!source && inline) return { text: inline.textContent, origin: "inline" };
    if (!source) throw new Failure("no-scenario", { example: "asynchronous-loss" });
    if (typeof source === "object") return { text: JSON.stringify(source), origin: "load" };
    if (/^\s*\{|\n|#run=/.test(source)) return { text: source, origin: "load" };
    if (/\.(toml|json)([?#]|$)/.test(source)) {
      return { text: await scenarioText(new URL(source, document.baseURI).href), origin: source };
    }
    // A name of the library.
    const unknown = async () => {
      const list = await get(file("scenarios/library.json")).then((answer) => answer.json(), () => ({}));
      const near = nearest(source, (list.scenarios ?? []).map((one) => one.file.replace(/\.toml$/, "")));
      return new Failure("unknown-scenario", { name: source, near });
    };
    if (!/^[\w-]+(\/[\w-]+)?$/.test(source)) throw await unknown();
    const text = await scenarioText(file(`scenarios/${source}.toml`)).catch(async (error) => {
      throw error.values?.status === 404 ? await unknown() : error;
    });
    return { text, origin: `${source}.toml` };
  }

  // ---- what a page may do

  /** Settles when a laboratory runs, or cannot. */
  get ready() {
    return this.#ready.promise;
  }

  /** `idle`, `loading`, `running`, `failed`, or `crashed`. */
  get state() {
    return this.#state;
  }

  /** The run's instant, in milliseconds. */
  get now() {
    return (this.#widget?.nowUs() ?? 0) / 1000;
  }

  /** Whether time passes. */
  get playing() {
    return this.#state === "running" && !!this.#kept?.playing;
  }

  async play() {
    (await this.#want()).setPlaying(true);
  }

  async pause() {
    (await this.#want()).setPlaying(false);
  }

  /** Goes to an instant, in milliseconds. */
  async seek(ms) {
    if (!Number.isFinite(ms)) throw new TypeError("seek() takes milliseconds");
    (await this.#want()).seek(ms * 1000);
  }

  /** Goes to the next of a kind, or back to the last; whether there is one. */
  async step(kind = "event", { back = false } = {}) {
    return said(() => this.#want(), (widget) => widget.step(kind, back));
  }

  /** Runs SQL as a client, or straight on a server. */
  async write(sql, { client, on } = {}) {
    return said(() => this.#want(), (widget) => widget.write(String(sql), client, on));
  }

  /** Does what an `[[at]]` of a scenario would: `{ crash: "db1" }`. */
  async inject(deed) {
    return said(() => this.#want(), (widget) => widget.inject(JSON.stringify(deed)));
  }

  /** Runs something else: a name, an address, a scenario's text or object, or a link. */
  async load(source) {
    this.#source = source;
    await this.#begin();
  }

  /** The run, what was done to it and the instant, as `#run=…` for the laboratory's page. */
  async link() {
    return said(() => this.#want(), (widget) => widget.link());
  }

  /** What the run came to so far. */
  async report() {
    return JSON.parse((await this.#want()).report());
  }

  /** For tests of what a page does when the program ends in the midst of it: by "panic", full "stack" or "memory". */
  async panicForTest(how = "panic") {
    (await this.#want()).panicForTest(how);
  }

  /** For tests: how many laboratories live in each instance, and how much memory it has. */
  static async instances() {
    return (await Runtime.all()).map(({ language, number, glue, memory }) => ({
      language,
      number,
      labs: glue.labs(),
      bytes: memory.buffer.byteLength,
    }));
  }
}

/** What Rust refuses is a text; who calls gets an error. */
async function said(want, act) {
  const widget = await want();
  try {
    return act(widget);
  } catch (error) {
    throw typeof error === "string" ? new Error(error) : error;
  }
}

function kept_(promise) {
  return kept(promise, () => (styles = undefined));
}

for (const name of ATTRIBUTES) {
  const number = name === "height" || name === "seed";
  Object.defineProperty(ReplicationLab.prototype, name, {
    enumerable: true,
    configurable: true,
    get() {
      const value = this.getAttribute(name);
      return number ? (value === null ? null : Number.parseInt(value, 10)) : (value ?? USUAL[name] ?? "");
    },
    set(value) {
      if (value === null || value === undefined) this.removeAttribute(name);
      else this.setAttribute(name, value);
    },
  });
}

// A page may have this file twice, from two places: the first serves both.
if (!customElements.get("replication-lab")) customElements.define("replication-lab", ReplicationLab);

export default ReplicationLab;
export { ReplicationLab };
