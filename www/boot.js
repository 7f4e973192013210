// Loads the laboratory: shows how far the download is, and says what to do when it cannot run.
//
// Trunk writes the link `#app-module` (see Trunk.toml): its address is the JavaScript half, `data-wasm` the
// WebAssembly half, and `data-wasm-bytes` its uncompressed size, 0 when nobody wrote it down.

const screen = document.getElementById("boot");
const message = document.getElementById("boot-message");
const progress = document.getElementById("boot-progress");

const address = new URLSearchParams(location.search).get("lang");
const german = (address ?? remembered() ?? navigator.language ?? "").toLowerCase().startsWith("de");
/** Says it in the reader's language: what is said here is said before the page's texts are there. */
const say = (english, deutsch) => (german ? deutsch : english);

/** The language that was chosen on the page; a page in a sandbox remembers nothing. */
function remembered() {
  try {
    return localStorage.getItem("replication-lab-language");
  } catch {
    return null;
  }
}

/** A failure that we can explain: `advice` is for the reader, `cause` for a bug report. */
class CannotRun extends Error {
  constructor(advice, cause) {
    super(advice, { cause });
  }
}

/** Whether this browser compiles WebAssembly at all: an old one lacks it, a policy can block it. */
async function checkWebAssembly() {
  if (typeof WebAssembly !== "object") {
    throw new CannotRun(
      say(
        "This browser has no WebAssembly, or it is switched off (some browsers do so in a strict security mode). " +
          "The laboratory is a WebAssembly program: please switch it on for this site, or use a current browser.",
        "Dieser Browser hat kein WebAssembly, oder es ist abgeschaltet (manche Browser tun das in einem strengen " +
          "Sicherheitsmodus). Das Labor ist ein WebAssembly-Programm: Bitte schalten Sie es für diese Seite ein, oder " +
          "verwenden Sie einen aktuellen Browser.",
      ),
    );
  }
  try {
    // The smallest module there is: the magic number and the version.
    await WebAssembly.compile(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]));
  } catch (error) {
    throw new CannotRun(
      say(
        "WebAssembly is blocked on this page. If you run the site: its content security policy must allow " +
          "'wasm-unsafe-eval' in script-src.",
        "WebAssembly ist auf dieser Seite gesperrt. Wenn Sie die Seite betreiben: Ihre Content Security Policy muss " +
          "'wasm-unsafe-eval' in script-src erlauben.",
      ),
      error,
    );
  }
}

/** Fetches the module and reports each piece that arrives. */
async function fetchModule(address, expectedBytes) {
  let response;
  try {
    response = await fetch(address);
  } catch (error) {
    throw new CannotRun(
      say(
        "The laboratory's program could not be downloaded. Is the network there? Reload to try again.",
        "Das Programm des Labors ließ sich nicht laden. Besteht eine Netzverbindung? Neu laden versucht es noch einmal.",
      ),
      error,
    );
  }
  if (!response.ok) {
    throw new CannotRun(
      say(
        `The laboratory's program could not be downloaded: the server answers ${response.status} for ${address}. ` +
          "A reload may help if the site has just been updated.",
        `Das Programm des Labors ließ sich nicht laden: Der Server antwortet mit ${response.status} auf ${address}. ` +
          "Neu laden kann helfen, wenn die Seite gerade aktualisiert wurde.",
      ),
    );
  }
  const total = expectedBytes || totalOf(response);
  if (!total || !response.body) return response;
  progress.max = total;
  let loaded = 0;
  const counted = response.body.pipeThrough(
    new TransformStream({
      transform(piece, controller) {
        loaded += piece.byteLength;
        progress.value = Math.min(loaded, total);
        message.textContent = say(
          `Loading the laboratory… ${kilobytes(loaded)} of ${kilobytes(total)}`,
          `Das Labor wird geladen… ${kilobytes(loaded)} von ${kilobytes(total)}`,
        );
        controller.enqueue(piece);
      },
    }),
  );
  // The type is set by us: some hosts do not know the suffix .wasm.
  return new Response(counted, { headers: { "Content-Type": "application/wasm" } });
}

/** The size that the server tells; of a compressed answer it tells a smaller one, so that is none. */
function totalOf(response) {
  if (response.headers.get("Content-Encoding")) return 0;
  return Number(response.headers.get("Content-Length")) || 0;
}

function kilobytes(bytes) {
  return `${Math.ceil(bytes / 1000).toLocaleString(say("en", "de"))} kB`;
}

function explain(error) {
  const known = error instanceof CannotRun;
  message.textContent = known
    ? error.message
    : say("The laboratory could not start. Reloading may help.", "Das Labor konnte nicht starten. Neu laden kann helfen.");
  message.setAttribute("role", "alert");
  progress.remove();
  const cause = known ? error.cause : error;
  if (!cause) return;
  const detail = document.createElement("pre");
  detail.textContent = String(cause);
  screen.append(detail);
  console.error(cause);
}

async function boot() {
  document.documentElement.lang = say("en", "de");
  message.textContent = say("Loading the laboratory…", "Das Labor wird geladen…");
  const link = document.getElementById("app-module");
  if (!link) {
    throw new CannotRun(
      say(
        "This page was not built completely: it does not name its program.",
        "Diese Seite wurde unvollständig gebaut: Sie nennt ihr Programm nicht.",
      ),
    );
  }
  await checkWebAssembly();
  // Both halves at once; the module is compiled while it arrives.
  const wasm = fetchModule(new URL(link.dataset.wasm, document.baseURI).href, Number(link.dataset.wasmBytes));
  const glue = import(link.href).catch((error) => {
    throw new CannotRun(
      say(
        "A part of the laboratory could not be downloaded. Reload to try again.",
        "Ein Teil des Labors ließ sich nicht laden. Neu laden versucht es noch einmal.",
      ),
      error,
    );
  });
  const [response, { default: init, startPage }] = await Promise.all([wasm, glue]);
  await init({ module_or_path: response });
  startPage(document.getElementById("app"));
  screen.remove();
}

boot().catch(explain);
