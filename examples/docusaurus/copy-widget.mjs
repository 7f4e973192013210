// The package is files for a host: they lie in static/ as they are, so that all scenarios of the library can be named.
import { cpSync } from "node:fs";

cpSync("node_modules/replication-lab", "static/widget", { recursive: true });
