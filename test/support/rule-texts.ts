import type { BuiltInRuleName } from "../../src/insight/index.js";

/** What docs/findings.md says of each rule. */
export const RULE_TEXTS: Record<BuiltInRuleName, { severity: string; finds: string }> = {
  slow_reply: { severity: "warn, bad", finds: "a reply that the caller waited for" },
  dead_air: {
    severity: "warn, bad; note",
    finds: "nobody audible; a note where the caller was silent or a tool ran",
  },
  slow_greeting: { severity: "warn, bad", finds: "an agent that speaks first, and late" },
  talked_over: { severity: "warn", finds: "an agent that went on over the caller" },
  agent_cut_in: { severity: "warn", finds: "an agent that began while the caller spoke" },
  cut_off: { severity: "note, warn", finds: "a reply with words that were never heard" },
  stopped_for_backchannel: {
    severity: "note",
    finds: 'a reply that stopped for a "mhm" (not certain)',
  },
  false_interruption: {
    severity: "note, warn",
    finds: "a sound without words that stopped the agent",
  },
  unanswered: { severity: "bad", finds: "a caller's turn without a reply" },
  lost_words: {
    severity: "note, warn",
    finds: "words of the caller that the agent never took, or that gave no transcript",
  },
  caller_repeats: { severity: "warn", finds: "a caller who said nearly the same again" },
  agent_repeats: { severity: "warn", finds: "a question that the agent asked again" },
  tool_failed: { severity: "warn, bad", finds: "a tool's error, or an answer that says error" },
  tool_slow: { severity: "warn", finds: "a tool that took long" },
  tool_loop: { severity: "warn", finds: "the same call of a tool again and again" },
  asked_for_human: { severity: "note", finds: "a caller who asked for a person (not certain)" },
  hung_up_waiting: {
    severity: "bad",
    finds: "a caller who left while waiting, or right after something bad",
  },
  service_error: { severity: "warn, bad", finds: "a speech service or LLM that failed" },
  service_switch: { severity: "warn", finds: "a fallback to another service" },
  bad_sound: {
    severity: "warn",
    finds: "noise, clipping or gaps of the caller; gaps of the agent's voice",
  },
  unsure_words: { severity: "note", finds: "a transcript of low confidence" },
  monologue: { severity: "warn", finds: "an agent that spoke long without a turn of the caller" },
  record_incomplete: {
    severity: "note, warn",
    finds: "a recovered record, lost changes, unknown playback",
  },
  contradiction: { severity: "warn", finds: "a record that says what cannot be" },
};
