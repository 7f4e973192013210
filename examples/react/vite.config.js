export default {
  base: "./",
  optimizeDeps: { exclude: ["replication-lab"] },
  oxc: { jsx: { runtime: "automatic" } },
};
