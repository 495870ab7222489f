/** What a record tells beyond its words: where the time of a wait went. Pure. */
export { type Spread, describeSpread } from "./percentiles.js";
export {
  type Stage,
  type StageName,
  durationOf,
  findLongestStage,
  splitIntoStages,
} from "./stages.js";
export { formatWaterfall } from "./waterfall.js";
export { findUnheard } from "./unheard.js";
