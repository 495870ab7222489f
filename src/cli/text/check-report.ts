import { styles } from "./styles.js";
import {
  type CheckResult,
  type ComparedFigure,
  type Finding,
  type LimitOutcome,
  formatMoment,
} from "../../insight/index.js";
import type { Screen } from "../run-command.js";
import { formatFinding } from "./finding-line.js";

export const CHECK_FORMATS = ["text", "json", "junit", "github"] as const;
export type CheckFormat = (typeof CHECK_FORMATS)[number];

/** The result of a check, for people, for readers of JUnit files, or as GitHub's annotations. Pure. */
export function formatCheck(result: CheckResult, format: CheckFormat, screen: Screen): string {
  if (format === "junit") return formatJunit(result);
  if (format === "github") return formatGithub(result);
  return formatPlain(result, screen);
}

function formatPlain(result: CheckResult, screen: Screen): string {
  const head = {
    fine: styles.green("✓ fine"),
    failed: styles.red("◆ failed"),
    cannot_tell: styles.yellow("? cannot tell"),
  }[result.outcome];
  return [
    ...result.failed.flatMap(({ name, findings }) => [
      name,
      ...findings.map((finding) => `  ${formatFinding(finding, screen)}`),
    ]),
    ...result.limits.map((limit) => `${markOf(limit.outcome)} ${describeLimit(limit)}`),
    ...(result.baseline?.changes ?? []).map(
      (change) => `${markOf(isWorse(change) ? "failed" : "fine")} ${describeChange(change)}`,
    ),
    ...result.unknown.map((sentence) => `${markOf("cannot_tell")} ${sentence}`),
    `${head}: ${count(result.calls, "call")}${describeBaseline(result)}, ${count(result.failed.length, "call")} with findings that fail`,
  ].join("\n");
}

function describeBaseline({ baseline }: CheckResult): string {
  return baseline === undefined ? "" : ` against ${baseline.calls} of before`;
}

function markOf(outcome: LimitOutcome["outcome"]): string {
  if (outcome === "fine") return styles.green("✓");
  return outcome === "failed" ? styles.red("◆") : styles.yellow("?");
}

function describeLimit({ name, value, most, unit }: LimitOutcome): string {
  const shown = value === undefined ? "not measured" : withUnit(value, unit);
  return `${name}: ${shown}, and the limit is ${withUnit(most, unit)}`;
}

function withUnit(value: number, unit: LimitOutcome["unit"]): string {
  if (unit === "calls") return count(value, "call");
  return unit === "%" ? `${round(value)}% of the calls` : `${value.toFixed(2)} s`;
}

function isWorse({ verdict }: ComparedFigure): boolean {
  return verdict === "slower" || verdict === "more";
}

function describeChange(change: ComparedFigure): string {
  const { name, statistic, a, b, unit, verdict, interval } = change;
  const per = statistic === "per_100_calls" ? "per 100 calls" : statistic;
  const shown =
    unit === "s" ? `${a.toFixed(2)} to ${b.toFixed(2)} s` : `${round(a)} to ${round(b)}`;
  const between =
    interval === undefined
      ? ""
      : ` (changed by ${signed(interval.low)} to ${signed(interval.high)})`;
  return `${name} ${per}: ${verdict}, ${shown}${between}`;
}

function signed(value: number): string {
  return `${value < 0 ? "-" : "+"}${Math.abs(round(value))}`;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}

function count(n: number, one: string): string {
  return `${n} ${n === 1 ? one : `${one}s`}`;
}

function titleOf(name: string, { rule, at_s }: Finding): string {
  return `${rule} ${name}@${formatMoment(at_s)}`;
}

/** GitHub's workflow commands, which become annotations. */
function formatGithub(result: CheckResult): string {
  const line = (level: string, title: string, text: string): string =>
    `::${level} title=${escapeProperty(title)}::${escapeData(text)}`;
  return [
    ...result.failed.flatMap(({ name, findings }) =>
      findings.map((finding) => line("error", titleOf(name, finding), finding.text)),
    ),
    ...result.limits.flatMap((limit) =>
      limit.outcome === "failed" ? [line("error", limit.name, describeLimit(limit))] : [],
    ),
    ...(result.baseline?.changes ?? [])
      .filter(isWorse)
      .map((change) => line("error", change.name, describeChange(change))),
    ...result.unknown.map((sentence) => line("warning", "talktrace check", sentence)),
    `talktrace check: ${result.outcome.replace("_", " ")}, ${count(result.calls, "call")}${describeBaseline(result)}`,
  ].join("\n");
}

function escapeData(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
}

/** One test case for each failed call, each limit and each change, in JUnit's form. */
function formatJunit(result: CheckResult): string {
  const cases = [
    ...result.failed.map(({ name, findings }) =>
      testCase(
        "calls",
        name,
        findings.map((finding) => element("failure", titleOf(name, finding), finding.text)),
      ),
    ),
    ...result.limits.map((limit) =>
      testCase(
        "limits",
        limit.name,
        limit.outcome === "failed" ? [element("failure", limit.name, describeLimit(limit))] : [],
      ),
    ),
    ...(result.baseline?.changes ?? []).map((change) =>
      testCase(
        "baseline",
        `${change.name} ${change.statistic}`,
        isWorse(change) ? [element("failure", change.name, describeChange(change))] : [],
      ),
    ),
    ...result.unknown.map((sentence) =>
      testCase("check", sentence, [element("error", "cannot tell", sentence)]),
    ),
  ];
  const passed = Math.max(0, result.calls - result.failed.length);
  const all = [
    ...(passed === 0 ? [] : [testCase("calls", count(passed, "other call"), [])]),
    ...cases,
  ];
  const failures = all.filter((each) => each.includes("<failure")).length;
  const errors = all.filter((each) => each.includes("<error")).length;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites tests="${all.length}" failures="${failures}" errors="${errors}">`,
    `<testsuite name="talktrace check" tests="${all.length}" failures="${failures}" errors="${errors}">`,
    ...all,
    "</testsuite>",
    "</testsuites>",
  ].join("\n");
}

function testCase(className: string, name: string, inside: readonly string[]): string {
  const start = `<testcase classname="${escapeXml(className)}" name="${escapeXml(name)}"`;
  return inside.length === 0 ? `${start}/>` : `${start}>${inside.join("")}</testcase>`;
}

function element(kind: "failure" | "error", message: string, text: string): string {
  return `<${kind} message="${escapeXml(message)}">${escapeXml(text)}</${kind}>`;
}

/** Characters that XML cannot hold, including lone surrogates. */
const NO_XML = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu;

function escapeXml(text: string): string {
  return text
    .replace(NO_XML, "\ufffd")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}
