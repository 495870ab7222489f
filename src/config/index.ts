/**
 * A user's own rules, phrases, limits and categories, from `talktrace.config.json`. It is no part of
 * the entry `talktrace`, so an agent loads it only if it imports it.
 */
export type {
  Condition,
  ConfiguredCategory,
  ConfiguredRule,
  ConfiguredTracker,
  Exception,
  TalkTraceConfig,
} from "./config.js";
export type { CompiledConfig } from "./make-rules.js";
export { readConfig } from "./read-config.js";
export { findCategories, tagByRules } from "./tag-by-rules.js";
