// Puts the rendered page into the one that the browser gets, as generators of static sites do.
import { readFile, writeFile } from "node:fs/promises";
import { page } from "./target/server/server.js";

const html = await readFile("dist/index.html", "utf8");
await writeFile("dist/index.html", html.replace("<!--page-->", () => page()));
