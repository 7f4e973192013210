// For pages that cannot have module scripts: <script src="…/replication-lab-loader.js"></script>.
(() => {
  const here = document.currentScript?.src;
  if (here) import(new URL("replication-lab.js", here).href).catch((error) => console.error(error));
})();
