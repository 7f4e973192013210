import { ReplicationLab } from "replication-lab";
// The library's scenarios are files of the package. One of your own is as good: any text in TOML or JSON.
import scenario from "replication-lab/scenarios/asynchronous-loss.toml?raw";

const figure = new ReplicationLab();
figure.scenario = scenario;
figure.height = 420;
document.querySelector("#figure").append(figure);
