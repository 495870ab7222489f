import type { BuiltInRuleName, FindingLimits, Severity } from "../insight/index.js";

/**
 * The content of `talktrace.config.json`. `docs/config.schema.json` is generated from this type.
 *
 * A text between slashes is a regular expression of RE2, e.g. `/cancel(l)?ed/i`. Any other text means
 * these words one after another, without regard to case, accents and width.
 */
export interface TalkTraceConfig {
  $schema?: string;
  /** The value from which each rule finds something. It replaces the limit in docs/findings.md. */
  limits?: { [name in keyof FindingLimits]?: ChangedLimit<FindingLimits[name]> };
  /** Rules that are switched off. */
  off?: BuiltInRuleName[];
  /** Further phrases by which a rule of docs/findings.md recognises what was said. */
  phrases?: { asked_for_human?: string[] };
  /** Rules of your own. */
  rules?: ConfiguredRule[];
  /** Phrases to note wherever they are said. */
  trackers?: ConfiguredTracker[];
  /** Tags that `talktrace tag --rules`, or an agent at the end of a call, gives to calls. */
  categories?: ConfiguredCategory[];
}

/** A limit of two steps may be given in part. */
type ChangedLimit<Limit> = Limit extends number ? number : { [step in keyof Limit]?: number };

/** Something that happens in a call. All given keys must match. */
export interface Condition {
  /** A message of this side. */
  role?: "user" | "agent";
  /** The words of a message. */
  text?: string;
  /** A call of this tool. */
  tool?: string;
  /** Whether the tool's call succeeded. */
  ok?: boolean;
  /** An event of this type. */
  event?: string;
  /** A finding of this rule. */
  finding?: string;
}

/** Something that prevents a rule's finding. */
export interface Exception extends Condition {
  /** Where it must happen: before or after the moment, or anywhere in the call. Default: `call`. */
  within?: "before" | "after" | "call";
  /**
   * At most this many seconds before or after the moment.
   *
   * @minimum 0
   */
  seconds?: number;
}

export interface ConfiguredRule {
  /**
   * Its name in queries and limits.
   *
   * @pattern ^[a-z][a-z0-9_]{0,63}$
   */
  name: string;
  severity: Severity;
  when: Condition;
  unless?: Exception;
  /** The sentence of the finding. */
  says?: string;
}

export interface ConfiguredTracker {
  /** @pattern ^[a-z][a-z0-9_]{0,63}$ */
  name: string;
  /** @minItems 1 */
  phrases: string[];
  role?: "user" | "agent";
}

export interface ConfiguredCategory {
  /**
   * The tag.
   *
   * @pattern ^[\p{L}\p{N}][\p{L}\p{M}\p{N}_.:/-]{0,63}$
   */
  name: string;
  when: Condition;
  unless?: Exception;
}
