/** The record contract: what a conversation file holds, and how to read one safely. */
export * from "./conversation.js";
export type * from "./imported-from.js";
export * from "./latency.js";
export type * from "./metrics.js";
export * from "./sink.js";
export { RecordError, type RecordErrorCode } from "./errors.js";
export { EVENT_TYPES } from "./event-types.js";
export { DEPTH_MARK } from "./bound-depth.js";
export { parseConversation } from "./parse.js";
export { embedRecord, extractRecord, isPage, streamRecord } from "./embedded-record.js";
export { parseWithoutWords } from "./parse-without-words.js";
export {
  type CallNote,
  type CallSummaryText,
  type CallVerdict,
  type Sidecar,
  SIDECAR_FORMAT,
  VERDICTS,
  emptySidecar,
  isTag,
  parseSidecar,
} from "./sidecar.js";
export { summarize, summarizeSpeeches } from "./figures/summarize.js";
export {
  type FallenMark,
  type Stage,
  type StageName,
  type StageSum,
  durationOf,
  findLongestStage,
  listMarks,
  splitIntoStages,
  sumStages,
} from "./figures/stages.js";
export { type Speech, countWords, listWords, toSpeech } from "./figures/speech.js";
export {
  type Monologue,
  type Silence,
  TALK_LIMITS,
  type Yield,
  findAgentInterruptions,
  findBackchannels,
  findLongestMonologue,
  findMonologues,
  findSilences,
  findYields,
  measureOverlap,
} from "./figures/talk.js";
export {
  type TextSegment,
  hasUnspacedScript,
  segmentGraphemes,
  segmentWords,
} from "./segment-text.js";
export { findMarkup, skipLeadingMarkup, withoutMarkup } from "./markup.js";
export {
  type HeardFacts,
  UNHEARD_MOMENT_S,
  findDeliveryFault,
  findLastWordEnd,
} from "./delivery.js";
export { UNDATED_START, isUndatedStart } from "./undated.js";
export { parseTimestamp, readTimestamp, toTimestamp } from "./timestamp.js";
export {
  type AudioWord,
  type HeardOfText,
  type PlayedAudio,
  type SessionStretch,
  WORD_TOLERANCE_S,
  placeAgentWords,
  placeUserWords,
} from "./word-times.js";
export { placeOldWords } from "./upgrade-from-1.js";
export { nameNearest } from "../platform/nearest-name.js";
export { toOneLine } from "../platform/one-line.js";
export { readPackageFile, readPackageVersion } from "./package-files.js";
export { reportSafely, writeToStderr } from "../platform/report.js";
export { findUnheard } from "./unheard.js";
