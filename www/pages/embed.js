// The page for frames: <iframe src="embed.html?scenario=asynchronous-loss&height=420">. Its options are the element's
// attributes. What it says to the page around it and listens to: docs/AUTHORS.md, "In a frame".
import "./widget/replication-lab.js";

const OPTIONS = ["scenario", "controls", "instrument", "height", "theme", "autoplay", "seed", "speed", "at", "lang"];
const asked = new URLSearchParams(location.search);
const lab = document.createElement("replication-lab");
for (const name of OPTIONS) if (asked.has(name)) lab.setAttribute(name, asked.get(name));

// A stranger's link must not make this host fetch from elsewhere: names of the library, files of this host, and links.
const wanted = asked.get("scenario") ?? "";
const isLink = /^#run=/.test(wanted);
const isOurs = isLink || (URL.canParse(wanted, location.href) && new URL(wanted, location.href).origin === location.origin);
if (location.hash.startsWith("#run=")) lab.setAttribute("scenario", location.hash);
else if (!isOurs) lab.removeAttribute("scenario");

/** Only a page that says who it is by `origin` is told anything; `*` is nobody in particular, and is told the height alone. */
const parentOrigin = asked.get("origin") ?? "*";
const isNamed = parentOrigin !== "*" && URL.canParse(parentOrigin) && new URL(parentOrigin).origin === parentOrigin;
const id = asked.get("id") ?? "";

function tell(type, detail = {}) {
  if (parent === self || (!isNamed && type !== "height")) return;
  parent.postMessage({ source: "replication-lab", id, type, ...detail }, isNamed ? parentOrigin : "*");
}

document.body.append(lab);
// An element's height is its attribute's, so that the frame's is known before the laboratory is there.
const height = () => tell("height", { height: Math.ceil(lab.getBoundingClientRect().height) });
new ResizeObserver(height).observe(lab);
for (const name of ["rl-ready", "rl-event", "rl-violation", "rl-error"]) {
  lab.addEventListener(name, ({ detail }) => tell(name, { detail }));
}

/** What the page around may ask for; anything else is not heard. */
const ORDERS = {
  play: () => lab.play(),
  pause: () => lab.pause(),
  seek: ({ ms }) => lab.seek(ms),
  height,
};

addEventListener("message", ({ source, origin, data }) => {
  if (source !== parent || !isNamed || origin !== parentOrigin) return;
  if (typeof data !== "object" || data === null || data.target !== "replication-lab" || !Object.hasOwn(ORDERS, data.type)) return;
  Promise.resolve(ORDERS[data.type](data)).catch(() => {});
});
