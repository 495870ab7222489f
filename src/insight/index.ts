/** What records tell beyond their words, as typed answers. Pure: it reads no file and prints nothing. */
export { type Aside, findAsides } from "./asides.js";
export {
  type CallSummary,
  type FoundCall,
  type ListedCall,
  type SearchedMessage,
  summarizeCall,
} from "./call-summary.js";
export {
  type ConversationSummary,
  type ConversationView,
  type ViewedMessage,
  viewConversation,
} from "./conversation-view.js";
export { figuresOf } from "./figures.js";
export * from "./findings/index.js";
export {
  LATENCY_GROUPINGS,
  type LatencyCollector,
  type LatencyGroup,
  type LatencyGrouping,
  collectLatencies,
  groupLatencies,
} from "./latency-groups.js";
export { type MessageLine, describeMessage } from "./message-line.js";
export { findTurnAt, formatMoment, parseMoment } from "./moment.js";
export { type Spread, describeSpread } from "./percentiles.js";
export * from "./query/index.js";
export { type TurnStretch, nameTurns, pickTurn } from "./turns.js";
export { findUnheard } from "./unheard.js";
