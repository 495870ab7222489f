import type { BuiltInRuleName, FindingLimits, Severity } from "../insight/index.js";

/**
 * What `talktrace.config.json` may hold. `docs/config.schema.json` is generated from it.
 *
 * A text between slashes is a regular expression of RE2, e.g. `/cancel(l)?ed/i`; any other is words
 * that have to be said one after another, without regard to case, accents and width.
 */
export interface TalkTraceConfig {
  $schema?: string;
  /** From where on each rule finds something, instead of the limits in docs/findings.md. */
  limits?: { [name in keyof FindingLimits]?: ChangedLimit<FindingLimits[name]> };
  /** Rules that are to find nothing. */
  off?: BuiltInRuleName[];
  /** Words by which a rule of docs/findings.md knows what was said, beside its own. */
  phrases?: { asked_for_human?: string[] };
  /** Rules of your own. */
  rules?: ConfiguredRule[];
  /** Words that are to be noted wherever they are said. */
  trackers?: ConfiguredTracker[];
  /** Tags that `talktrace tag --rules`, or an agent at the end of a call, gives calls. */
  categories?: ConfiguredCategory[];
}

/** A limit of two steps may be given in part. */
type ChangedLimit<Limit> = Limit extends number ? number : { [step in keyof Limit]?: number };

/** Something that happens in a call. All that is given has to fit. */
export interface Condition {
  /** A message of this side. */
  role?: "user" | "agent";
  /** What a message says. */
  text?: string;
  /** A call of this tool. */
  tool?: string;
  /** Whether the tool's call went well. */
  ok?: boolean;
  /** An event of this type. */
  event?: string;
  /** A finding of this rule. */
  finding?: string;
}

/** What keeps a rule from finding something. */
export interface Exception extends Condition {
  /** Where it has to happen: before or after the moment, or anywhere in the call. Default: `call`. */
  within?: "before" | "after" | "call";
  /**
   * At most so many seconds before or after the moment.
   *
   * @minimum 0
   */
  seconds?: number;
}

export interface ConfiguredRule {
  /**
   * How queries and limits call it.
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
