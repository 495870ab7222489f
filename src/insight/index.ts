/**
 * Answers that records give beyond their words, as typed data. Pure: it reads no files and prints
 * nothing.
 */
export { type Aside, findAsides } from "./asides.js";
export {
  type CallHead,
  type CallSummary,
  type FindingCount,
  type FoundCall,
  type ListedCall,
  type SearchedMessage,
  countFindings,
  nameVersion,
  summarizeCall,
  toListedCall,
} from "./call-summary.js";
export {
  type ConversationSummary,
  type ConversationView,
  type ViewOptions,
  viewConversation,
} from "./conversation-view.js";
export {
  type CallLanes,
  type LaneSpeech,
  type LaneTool,
  type LaneWait,
  viewLanes,
} from "./call-lanes.js";
export { STAGE_FAMILIES, type StageFamily } from "./stage-families.js";
export { type TimelineEntry, type ToolEntry, viewTimeline } from "./call-timeline.js";
export { type ViewedMessage, viewMessages } from "./viewed-message.js";
export {
  type CallStatistics,
  type FindingRate,
  type HistogramBin,
  type StatisticsCollector,
  type TrendPoint,
  collectStatistics,
  summarizeCalls,
} from "./call-statistics.js";
export {
  type Comparison,
  type ComparedFigure,
  type ComparedSide,
  type Difference,
  type Verdict,
  type WorstCall,
  compareCalls,
} from "./compare-calls.js";
export {
  type CheckLimit,
  type CheckOutcome,
  type CheckResult,
  FAIL_ON,
  type FailOn,
  type LimitOutcome,
  checkCalls,
  parseLimit,
} from "./check-calls.js";
export { type LatencyChange, compareLatencies } from "./compare-latencies.js";
export {
  type PairComparison,
  type PairedCall,
  type PairedTurn,
  type TurnSide,
  comparePair,
} from "./compare-pair.js";
export { type KeyPhrase, findKeyPhrases } from "./key-phrases.js";
export { type CallOutline, outlineCall } from "./outline-call.js";
export { figuresOf } from "./figures.js";
export * from "./findings/index.js";
export {
  type CallReplies,
  LATENCY_GROUPINGS,
  type LatencyCollector,
  type LatencyGroup,
  type LatencyGrouping,
  collectLatencies,
  groupLatencies,
  weekOf,
} from "./latency-groups.js";
export { type MessageLine, describeMessage } from "./message-line.js";
export { findMessageAt, findTurnAt, parseMoment } from "./moment.js";
export { formatMoment } from "./format-moment.js";
export { type Spread, describeSpread } from "./percentiles.js";
export * from "./query/index.js";
export {
  REPLY_KEYS,
  type ReplyKey,
  type ReplyTable,
  STAGE_NAMES,
  UNKNOWN,
  tabulateReplies,
} from "./reply-table.js";
export { CALL_TABLES, CALL_VIEWS } from "./tables/call-tables.js";
export type { CallTable, CallView, ColumnType, ColumnValue, TableColumn } from "./tables/table.js";
export {
  type MarkedPiece,
  type Needle,
  makeNeedle,
  markWords,
  toSearchText,
} from "./search-text.js";
export { type TurnStretch, nameTurns, pickTurn } from "./turns.js";
export { isDemo } from "./demo-call.js";
export {
  type AudibleTime,
  type WaitStage,
  type WaitStageName,
  type WaitStageSum,
  listAgentSpeech,
  splitWait,
  sumWait,
} from "./findings/wait-stages.js";
