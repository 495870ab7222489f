import type {
  CheckResult,
  Finding,
  FoundCall,
  LatencyGroup,
  ListedCall,
} from "../insight/index.js";
import type { Conversation, Message, Sidecar, Stage } from "../record/index.js";
import type { RecoveryReport } from "../store/index.js";
import type { CompletionAnswer } from "./commands/completion-command.js";
import type { OpenAnswer } from "./commands/open-command.js";
import type { SummaryAnswer } from "./commands/summary-command.js";
import type { DoctorCheck } from "./doctor/doctor-check.js";
import type { TailedEnd, TailedMessage } from "./text/tailed-call.js";
import type { VerifiedFile } from "./text/verified-files.js";
import type { CallMarks } from "./text/call-marks.js";
import type { DemoAnswer } from "./commands/demo-command.js";

/**
 * What each command prints with `--json`; `--jsonl` prints the items of an array on a line each.
 * docs/cli.schema.json is generated from this, and a test holds that every command is in it.
 */
export interface JsonAnswers {
  demo: DemoAnswer;
  list: ListedCall[];
  show: ShownConversation | ShownMessage[];
  search: FoundCall[];
  latency: LatencyGroup[];
  check: CheckResult;
  /** The parts as they come; the last is how the call ended. */
  tail: (TailedMessage | TailedEnd)[];
  summary: SummaryAnswer;
  open: OpenAnswer;
  verify: VerifiedFile[];
  doctor: DoctorCheck[];
  completion: CompletionAnswer;
  tag: CallMarks[];
  note: CallMarks;
  verdict: CallMarks;
  recover: RecoveryReport[];
}

/** A whole conversation: its file, with today's figures, and what is to be known of it. */
export interface ShownConversation extends Conversation {
  findings: Finding[];
  /** What people say of it, where anybody did. */
  sidecar?: Sidecar;
}

/** A message of the turn that was asked for, with where its wait went. */
export type ShownMessage = Message & { stages?: Stage[] };
