// The development server must leave the package as it is: its files find each other by their places.
export default {
  base: "./",
  optimizeDeps: { exclude: ["replication-lab"] },
};
