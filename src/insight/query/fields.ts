import { nameNearest, VERDICTS } from "../../record/index.js";
import type { CallSummary } from "../call-summary.js";
import { STAGE_NAMES } from "../reply-table.js";
import type { WaitStageName } from "../findings/wait-stages.js";
import { QueryError } from "./query-error.js";
import { readComparison, readMoment } from "./values.js";

/** Whether a call matches a term. */
export type Fits = (call: CallSummary) => boolean;

type FieldMaker = (value: string, now: Date, rules: readonly string[]) => Fits;

const STATUSES = ["open", "complete", "recovered"];
const SEVERITIES = ["bad", "warn", "note"];

/** The fields: names before a colon. `role:` and `attr.NAME:` are fields too. */
const MAKERS: Record<string, FieldMaker> = {
  agent: (value) => hasName(value, ({ agents }) => agents),
  close: (value) => hasName(value, ({ close_reason }) => [close_reason ?? ""]),
  demo(value) {
    needOneOf("demo", value, ["yes", "no"]);
    return ({ demo }) => demo === (value === "yes");
  },
  duration: (value) =>
    holdsAny(value, ({ duration_s }) => (duration_s === undefined ? [] : [duration_s])),
  e2e: (value) => holdsAny(value, ({ replies }) => replies.e2e_s),
  finding(value, _now, rules) {
    if (value === "any") return ({ found }) => found.length > 0;
    needOneOf("finding", value, [...rules, ...SEVERITIES, "any"]);
    return ({ found }) => found.some(({ rule, severity }) => rule === value || severity === value);
  },
  lang: (value) => hasName(value, ({ languages }) => languages),
  model: (value) => hasName(value, ({ models }) => models),
  room: (value) => hasName(value, ({ room }) => [room ?? ""]),
  since(value, now) {
    const fromMs = readMoment(value, now);
    return ({ startedMs }) => startedMs !== undefined && startedMs >= fromMs;
  },
  stage(value) {
    const [, name = "", comparison = ""] = /^([a-z_]*)(.*)$/s.exec(value) ?? [];
    needOneOf("stage", name, STAGE_NAMES);
    return holdsAny(comparison, ({ replies }) => replies.stages_s[name as WaitStageName] ?? []);
  },
  status(value) {
    needOneOf("status", value, STATUSES);
    return ({ status }) => status === value;
  },
  /** A tag also matches its subtags: `tag:billing` matches `billing/refund`. */
  tag(value) {
    const wanted = value.toLowerCase();
    return ({ sidecar }) =>
      sidecar?.tags.some((tag) => {
        const folded = tag.toLowerCase();
        return folded === wanted || folded.startsWith(`${wanted}/`);
      }) ?? false;
  },
  tool: (value) =>
    value === "failed"
      ? ({ found }) => found.some(({ rule }) => rule === "tool_failed")
      : hasName(value, ({ tools }) => tools),
  until(value, now) {
    const toMs = readMoment(value, now);
    return ({ startedMs }) => startedMs !== undefined && startedMs < toMs;
  },
  verdict(value) {
    needOneOf("verdict", value, [...VERDICTS, "none"]);
    return ({ sidecar }) => (sidecar?.verdict ?? "none") === value;
  },
  version: (value) => hasName(value, ({ versions }) => versions),
  voice: (value) => hasName(value, ({ voices }) => voices),
};

/** A map, because people type names such as `constructor`, and every object has that one. */
const FIELDS = new Map(Object.entries(MAKERS));

export const FIELD_NAMES = [...FIELDS.keys(), "role", "attr.NAME"].toSorted();

/** The test for `name:value`. @throws {QueryError} for an unknown field or value */
export function makeFieldTest(
  name: string,
  value: string,
  now: Date,
  rules: readonly string[],
): Fits {
  if (value === "") throw new QueryError(`"${name}:" needs a value, with no space after the colon`);
  const attribute = /^attr\.(.+)$/.exec(name)?.[1];
  if (attribute !== undefined)
    return ({ attributes }) => {
      if (attributes === undefined || !Object.hasOwn(attributes, attribute)) return false;
      const found = attributes[attribute];
      return (typeof found === "string" ? found : JSON.stringify(found)) === value;
    };
  const make = FIELDS.get(name);
  if (make === undefined)
    throw new QueryError(
      `there is no field "${name}"${nameNearest(name, FIELD_NAMES)} (fields are ${FIELD_NAMES.join(", ")})`,
    );
  return make(value, now, rules);
}

/** Matches a name or its beginning: `model:gpt-4` matches `gpt-4o-mini`. */
function hasName(value: string, namesOf: (call: CallSummary) => readonly string[]): Fits {
  const wanted = value.toLowerCase();
  return (call) => namesOf(call).some((name) => name.toLowerCase().startsWith(wanted));
}

function holdsAny(comparison: string, valuesOf: (call: CallSummary) => ArrayLike<number>): Fits {
  const holds = readComparison(comparison);
  return (call) => {
    const values = valuesOf(call);
    // The value is NaN for a reply without the stage.
    for (let at = 0; at < values.length; at += 1)
      if (!Number.isNaN(values[at]!) && holds(values[at]!)) return true;
    return false;
  };
}

function needOneOf(field: string, value: string, allowed: readonly string[]): void {
  if (!allowed.includes(value))
    throw new QueryError(
      `"${field}:" has no "${value}"${nameNearest(value, allowed)} (it may be ${allowed.join(", ")})`,
    );
}
