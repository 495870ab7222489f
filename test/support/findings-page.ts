import { FINDING_LIMITS, RULES } from "../../src/insight/index.js";
import { RULE_TEXTS } from "./rule-texts.js";
import { type Measurement, measureFindings } from "./measure-findings.js";
import { formatTable } from "./markdown.js";

/** The calls that the rules were tuned on, and as many that they never were. */
const CALLS = 400;

export interface FindingMeasurements {
  tuned: Measurement;
  heldOut: Measurement;
}

export function measureAll(): FindingMeasurements {
  const seeds = Array.from({ length: CALLS }, (_, index) => index + 1);
  return { tuned: measureFindings(seeds, false), heldOut: measureFindings(seeds, true) };
}

/** docs/findings.md as it has to be. */
export function renderFindingsPage({ tuned, heldOut }: FindingMeasurements): string {
  const rows = RULES.map((rule) => [
    `\`${rule}\``,
    RULE_TEXTS[rule].severity,
    RULE_TEXTS[rule].finds,
    ...figuresOf(tuned, rule),
    ...figuresOf(heldOut, rule),
  ]);
  return [
    "# Findings",
    "",
    "`npx talktrace show` puts what somebody should know of a call above its transcript. Each finding has a moment, a number, the limit that it passed and one sentence; a wait has the stages that caused it. The same list is in `--json`.",
    "",
    "A rule finds nothing where what it would judge by was not observed. `bad` spoils a call, `warn` hurts it, `note` helps to read it.",
    "",
    "## The rules",
    "",
    `They were measured on ${2 * CALLS} generated calls in English, Hindi, German, Spanish and French, with faults put in, and things that look like faults. Precision is the share of findings that had a fault within 0.5 s; recall is the share of faults that were found; n is how many faults there were. The calls that were held out have seeds and phrases that no rule was tuned on. \`npm run findings:measure\` measures again and writes this page.`,
    "",
    ...formatTable(
      [
        "Rule",
        "Severity",
        "Finds",
        "Precision",
        "Recall",
        "n",
        "Held out: precision",
        "Recall",
        "n",
      ],
      rows,
    ),
    "",
    "The calls were made by the same definitions as the rules. So the figures say that a rule keeps to its definition in many mixtures, languages and near misses; they do not say how often real calls fit the definition.",
    "",
    "`asked_for_human` and `stopped_for_backchannel` depend on what words mean, so they are notes and `certain` is false. The phrases that were held out show how much a list of phrases misses.",
    "",
    "## Limits",
    "",
    ...formatTable(
      ["Limit", "Value"],
      Object.entries(FINDING_LIMITS).map(([name, value]) => [
        `\`${name}\``,
        typeof value === "number"
          ? String(value)
          : Object.entries(value)
              .map(([severity, limit]) => `${severity} ${limit}`)
              .join(", "),
      ]),
    ),
    "",
  ].join("\n");
}

function figuresOf({ scores }: Measurement, rule: string): string[] {
  const { hits = 0, falseAlarms = 0, missed = 0 } = scores.find((each) => each.rule === rule) ?? {};
  return [share(hits, hits + falseAlarms), share(hits, hits + missed), String(hits + missed)];
}

function share(part: number, whole: number): string {
  return whole === 0 ? "-" : (part / whole).toFixed(2);
}
