import { useEffect, useRef, useState } from "react";
// A file of the package; a text of your own is as good.
import scenario from "replication-lab/scenarios/asynchronous-loss.toml?raw";

export function Page() {
  const figure = useRef(null);
  const [violations, setViolations] = useState(0);
  useEffect(() => {
    const element = figure.current;
    const count = () => setViolations((n) => n + 1);
    element.addEventListener("rl-violation", count);
    return () => element.removeEventListener("rl-violation", count);
  }, []);
  // The element is rendered as it is when the site is built, and comes to life in the browser.
  return (
    <main>
      <h1>What asynchronous replication may lose</h1>
      <replication-lab ref={figure} height="640" instrument="events">
        <script type="application/toml" dangerouslySetInnerHTML={{ __html: scenario }} />
      </replication-lab>
      <p>Broken promises so far: {violations}</p>
    </main>
  );
}
