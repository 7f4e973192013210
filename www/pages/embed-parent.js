// For pages that show laboratories in frames: keeps each frame as high as its figure.
//   <iframe class="replication-lab" src="https://labs.example/embed.html?scenario=asynchronous-loss&height=420"></iframe>
//   <script src="https://labs.example/embed-parent.js"></script>
// A frame is believed only if the message comes from its own window and from the origin that its address names.
(() => {
  const MOST = 2000;
  addEventListener("message", ({ source, origin, data }) => {
    if (typeof data !== "object" || data === null || data.source !== "replication-lab" || data.type !== "height") return;
    for (const frame of document.querySelectorAll("iframe.replication-lab")) {
      if (frame.contentWindow !== source || new URL(frame.src, location.href).origin !== origin) continue;
      if (Number.isFinite(data.height) && data.height > 0) frame.height = Math.min(Math.ceil(data.height), MOST);
    }
  });
})();
