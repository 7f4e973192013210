// Types of <replication-lab>. What everything does is described in docs/EMBED.md.

export type LabState = "idle" | "loading" | "running" | "failed" | "crashed";
export type Landmark = "event" | "commit" | "acknowledgement" | "fault" | "promotion" | "violation";

/** What `rl-ready` tells. */
export interface ReadyDetail {
  /** The scenario's file, or `inline`, or `load`. */
  scenario: string;
  at_ms: number;
}

/** What `rl-event` tells: something that the time line marks. */
export interface EventDetail {
  number: number;
  at_ms: number;
  kind: "mark" | "trouble";
  text: string;
}

/** What `rl-violation` tells: a broken promise, with the last event that proves it. */
export interface ViolationDetail {
  kind:
    | "lost_write"
    | "stale_read"
    | "read_your_writes"
    | "monotonic_reads"
    | "monotonic_writes"
    | "writes_follow_reads"
    | "linearizability"
    | "split_brain"
    | "divergence";
  at_ms: number;
  detail: string;
  event: number | null;
}

/** What `rl-error` tells. */
export interface ErrorDetail {
  code:
    | "attribute"
    | "no-scenario"
    | "unknown-scenario"
    | "scenario"
    | "no-webassembly"
    | "csp"
    | "missing"
    | "type"
    | "network"
    | "broken"
    | "panic";
  message: string;
}

/** A scenario's `[[at]]` without its time, as `{ crash: "db1" }`. */
export type Deed = Record<string, unknown>;

export class ReplicationLab extends HTMLElement {
  scenario: string;
  controls: "none" | "transport" | "full";
  instrument: "none" | "sequence" | "logs" | "tables" | "lag" | "ledger" | "findings" | "events" | "status";
  height: number | null;
  theme: "auto" | "light" | "dark";
  autoplay: "visible" | "click" | "none";
  seed: number | null;
  speed: string;
  at: string;

  /** Settles when a laboratory runs, or cannot. */
  readonly ready: Promise<ReplicationLab>;
  readonly state: LabState;
  /** The run's instant, in milliseconds. */
  readonly now: number;
  readonly playing: boolean;

  play(): Promise<void>;
  pause(): Promise<void>;
  /** Goes to an instant, in milliseconds. */
  seek(ms: number): Promise<void>;
  /** Whether there is one. */
  step(kind?: Landmark, options?: { back?: boolean }): Promise<boolean>;
  write(sql: string, options?: { client?: string; on?: string }): Promise<void>;
  inject(deed: Deed): Promise<void>;
  /** A name of the library, an address, a scenario's text or object, or a link. */
  load(source: string | object): Promise<void>;
  /** `#run=…` */
  link(): Promise<string>;
  /** The report as `replication-lab run --format json` prints it. */
  report(): Promise<unknown>;
  /** Reads `--rl-…` properties anew. */
  recolour(): void;
}

export default ReplicationLab;

declare global {
  interface HTMLElementTagNameMap {
    "replication-lab": ReplicationLab;
  }
  interface HTMLElementEventMap {
    "rl-ready": CustomEvent<ReadyDetail>;
    "rl-event": CustomEvent<EventDetail>;
    "rl-violation": CustomEvent<ViolationDetail>;
    "rl-error": CustomEvent<ErrorDetail>;
  }
}
