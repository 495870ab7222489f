import type { Owner } from "../../platform/owner.js";
import type { Disk } from "../disk/disk.js";
import type { StoreLimits } from "../disk/limits.js";
import type { ReportProblem } from "../disk/problem-log.js";
import type { SyncQueue } from "../disk/sync-queue.js";
import type { ConversationState } from "../document/conversation-state.js";
import type { LastName } from "./claim-name.js";
import type { QueueBudget } from "./pending-lines.js";
import type { Snapshot } from "./session-journal.js";

/** What a store gives to each of its sessions. */
export interface SessionContext {
  /** Called with the number of messages, amendments and events that could not be kept. */
  onDropped: (count: number) => void;
  directory: string;
  limits: StoreLimits;
  clock: () => Date;
  textLog: boolean;
  /** The mode of every file that is created, e.g. 0o600. */
  fileMode: number;
  disk: Disk;
  syncing: SyncQueue;
  lastName: LastName;
  budget: QueueBudget;
  report: ReportProblem;
  /** The session is closed, published and synced, and its journal is removed. */
  onFinished(): void;
}

/** The content of a session's files. */
export interface SessionContent {
  state: ConversationState;
  owner: Owner;
  takeSnapshot(): Snapshot;
  /** The journal has every line again, so it may get more. */
  onCaughtUp(): void;
}
