export default {
  title: "A site with a figure",
  url: "https://example.org",
  baseUrl: "/",
  onBrokenLinks: "throw",
  scripts: [{ src: "/widget/replication-lab.js", type: "module" }],
  presets: [["classic", { docs: { routeBasePath: "/" }, blog: false }]],
};
