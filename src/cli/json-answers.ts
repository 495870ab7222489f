import type {
  CallStatistics,
  CheckResult,
  Comparison,
  Finding,
  FoundCall,
  LatencyChange,
  LatencyGroup,
  ListedCall,
  PairComparison,
  WaitStage,
} from "../insight/index.js";
import type { Conversation, Message, Sidecar } from "../record/index.js";
import type { RecoveryReport } from "../store/index.js";
import type { CompletionAnswer } from "./commands/completion-command.js";
import type { ExportAnswer } from "./commands/export-command.js";
import type { ForgetAnswer } from "./text/forgotten-calls.js";
import type { OpenAnswer } from "./commands/open-command.js";
import type { SqlRow, SqlTable } from "./commands/query-command.js";
import type { ServeAnswer } from "./commands/serve-command.js";
import type { ReplayAnswer } from "./commands/replay-command.js";
import type { SummaryAnswer } from "./commands/summary-command.js";
import type { DoctorCheck } from "./doctor/doctor-check.js";
import type { ImportedCall } from "./text/imported-calls.js";
import type { TailedEnd, TailedMessage } from "./text/tailed-call.js";
import type { VerifiedFile } from "./text/verified-files.js";
import type { CallMarks } from "./text/call-marks.js";
import type { DemoAnswer } from "./commands/demo-command.js";
import type { SearchCount } from "./commands/search-command.js";

/**
 * The `--json` output of each command. `--jsonl` prints the items of an array, one on each line.
 * docs/cli.schema.json is generated from this type, and a test checks that it has every command.
 */
export interface JsonAnswers {
  demo: DemoAnswer;
  list: ListedCall[];
  show: ShownConversation | ShownMessage[];
  search: FoundCall[] | SearchCount;
  stats: CallStatistics;
  compare: Comparison | PairComparison;
  latency: LatencyGroup[] | LatencyChange;
  query: SqlRow[] | SqlTable[];
  check: CheckResult;
  export: ExportAnswer;
  replay: ReplayAnswer;
  /** The parts as they come. The last one tells how the call ended. */
  tail: (TailedMessage | TailedEnd)[];
  summary: SummaryAnswer;
  open: OpenAnswer;
  /** Written when the page can be opened. */
  serve: ServeAnswer[];
  verify: VerifiedFile[];
  doctor: DoctorCheck[];
  completion: CompletionAnswer;
  tag: CallMarks[];
  note: CallMarks;
  verdict: CallMarks;
  recover: RecoveryReport[];
  forget: ForgetAnswer;
  /** The calls as they come. */
  import: ImportedCall[];
}

/** A whole conversation: its file with all figures of this version, and its findings. */
export interface ShownConversation extends Conversation {
  /** The path of its document. */
  file?: string;
  /** The call is open, but its process died. `talktrace recover` completes it. */
  left_behind?: true;
  findings: Finding[];
  /** What people say about the call, if anybody did. */
  sidecar?: Sidecar;
}

/** A message of the turn that was asked for, with the stages of its wait. */
export type ShownMessage = Message & { stages?: WaitStage[] };
