import { hydrateRoot } from "react-dom/client";
import { Page } from "./Page.jsx";

// Only here: where pages are rendered there are no custom elements.
import("replication-lab");
hydrateRoot(document.getElementById("root"), <Page />);
