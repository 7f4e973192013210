import Reveal from "./node_modules/reveal.js/dist/reveal.mjs";

// Magnified drawings have wrong places for pointers, so slides are laid out instead.
const deck = new Reveal({ hash: true, width: "100%", height: "100%", disableLayout: true });

// A figure runs while its slide is shown.
const figures = (slide, act) => slide?.querySelectorAll("replication-lab").forEach((figure) => figure[act]().catch(() => {}));
deck.on("slidechanged", ({ previousSlide, currentSlide }) => {
  figures(previousSlide, "pause");
  figures(currentSlide, "play");
});
deck.initialize();
