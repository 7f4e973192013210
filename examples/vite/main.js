import "replication-lab";
// The library's scenarios are files of the package. One of your own is as good: any text in TOML or JSON.
import scenario from "replication-lab/scenarios/asynchronous-loss.toml?raw";

document.querySelector("replication-lab").load(scenario);
