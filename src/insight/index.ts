/** What a record tells beyond its words: where the time of a wait went. Pure. */
export { type Spread, describeSpread } from "./percentiles.js";
export {
  type Stage,
  type StageName,
  type StageSum,
  durationOf,
  findLongestStage,
  splitIntoStages,
  sumStages,
} from "../record/index.js";
export { describeFigures, figuresOf } from "./describe-figures.js";
export {
  LATENCY_GROUPINGS,
  type LatencyCollector,
  type LatencyGroup,
  type LatencyGrouping,
  collectLatencies,
  groupLatencies,
} from "./latency-groups.js";
export { type MessageLine, describeMessage } from "./message-line.js";
export { formatWaterfall } from "./waterfall.js";
export { findUnheard } from "./unheard.js";
