// Loads the laboratory: shows how far the download is, and says what to do when it cannot run.
//
// Trunk writes the link `#app-module` (see Trunk.toml): its address is the JavaScript half, `data-wasm` the
// WebAssembly half, and `data-wasm-bytes` its uncompressed size, 0 when nobody wrote it down.

const screen = document.getElementById("boot");
const message = document.getElementById("boot-message");
const progress = document.getElementById("boot-progress");

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
      "This browser has no WebAssembly, or it is switched off (some browsers do so in a strict security mode). " +
        "The laboratory is a WebAssembly program: please switch it on for this site, or use a current browser.",
    );
  }
  try {
    // The smallest module there is: the magic number and the version.
    await WebAssembly.compile(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]));
  } catch (error) {
    throw new CannotRun(
      "WebAssembly is blocked on this page. If you run the site: its content security policy must allow " +
        "'wasm-unsafe-eval' in script-src.",
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
    throw new CannotRun("The laboratory's program could not be downloaded. Is the network there? Reload to try again.", error);
  }
  if (!response.ok) {
    throw new CannotRun(
      `The laboratory's program could not be downloaded: the server answers ${response.status} for ${address}. ` +
        "A reload may help if the site has just been updated.",
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
        message.textContent = `Loading the laboratory… ${kilobytes(loaded)} of ${kilobytes(total)}`;
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
  return `${Math.ceil(bytes / 1000).toLocaleString("en")} kB`;
}

function explain(error) {
  const known = error instanceof CannotRun;
  message.textContent = known ? error.message : "The laboratory could not start. Reloading may help.";
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
  const link = document.getElementById("app-module");
  if (!link) throw new CannotRun("This page was not built completely: it does not name its program.");
  await checkWebAssembly();
  // Both halves at once; the module is compiled while it arrives.
  const wasm = fetchModule(new URL(link.dataset.wasm, document.baseURI).href, Number(link.dataset.wasmBytes));
  const glue = import(link.href).catch((error) => {
    throw new CannotRun("A part of the laboratory could not be downloaded. Reload to try again.", error);
  });
  const [response, { default: init }] = await Promise.all([wasm, glue]);
  await init({ module_or_path: response });
  screen.remove();
}

boot().catch(explain);
