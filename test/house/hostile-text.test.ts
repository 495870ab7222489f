import { readFileSync, readdirSync } from "node:fs";
import path from "node:path";
import type { CallExpression, NewExpression, Span } from "@oxc-project/types";
import { Visitor } from "rolldown/utils";
import { describe, expect, it } from "vitest";
import { toOneLine } from "../../src/platform/one-line.js";
import { copyJsonObject } from "../../src/record/json-data.js";
import {
  describeRealtime,
  describeService,
} from "../../src/livekit/instrumentation/service-names.js";
import { readDigitRuns, replaceRanges } from "../../src/livekit/redaction/digit-runs.js";
import {
  LONGEST_METADATA_CHARS,
  maskMetadata,
} from "../../src/livekit/redaction/dispatch-metadata.js";
import { reviewHeard } from "../../src/livekit/redaction/heard-of-reviewed.js";
import { createPhoneNumbers } from "../../src/livekit/redaction/phone-numbers.js";
import { parseModule } from "../support/syntax-tree.js";
import { HOSTILE_MIDDLES, HOSTILE_TEXTS, findSuperlinearGrowth } from "../support/hostile-text.js";
import { countOf } from "../support/counts.js";

const repository = path.resolve(import.meta.dirname, "../..");

interface FoundExpression {
  where: string;
  source: string;
  flags: string;
}

/** Every regular expression that is written in the code, and each that is made at run time. */
function findExpressions(): { written: FoundExpression[]; made: string[] } {
  const written: FoundExpression[] = [];
  const made: string[] = [];
  for (const file of ["src", "otel"].flatMap(listSources)) {
    const text = readFileSync(path.join(repository, file), "utf8");
    const tree = parseModule(text, file);
    const where = (node: Span): string => `${file}:${tree.lineAt(node.start)}`;
    const noteMade = (node: NewExpression | CallExpression): void => {
      if (node.callee.type === "Identifier" && node.callee.name === "RegExp")
        made.push(where(node));
    };
    new Visitor({
      Literal: (node) => {
        if (!("regex" in node)) return;
        written.push({ where: where(node), source: node.regex.pattern, flags: node.regex.flags });
      },
      NewExpression: noteMade,
      CallExpression: noteMade,
    }).visit(tree.program);
  }
  return { written, made };
}

function listSources(folder: string): string[] {
  return readdirSync(path.join(repository, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => path.join(folder, name));
}

describe("regular expressions", () => {
  const { written, made } = findExpressions();

  it("No regular expression is made from input: V8 may end the process while it compiles one", () => {
    expect(made).toEqual([]);
  });

  it("Every regular expression takes time in proportion to the text, whatever the text is", () => {
    expect(written.length).toBeGreaterThan(50);
    const bySource = new Map(written.map((each) => [`/${each.source}/${each.flags}`, each]));
    const slow = [...bySource.values()].flatMap(({ where, source, flags }) => {
      const expression = new RegExp(source, flags.includes("g") ? flags : `${flags}g`);
      for (const { name, make } of [...HOSTILE_TEXTS, ...HOSTILE_MIDDLES]) {
        const growth = findSuperlinearGrowth(
          make,
          (text) => text.replace(expression, ""),
          countOf(8000, 16_000),
        );
        if (growth !== undefined) return [`${where} /${source}/ on ${name}: ${growth}`];
      }
      return [];
    });
    expect(slow).toEqual([]);
  });
});

describe("functions of texts", () => {
  const numbers = createPhoneNumbers(false);
  numbers.learn("+15105550100");
  const words = (text: string) => [{ text, start_s: 0, end_s: 1 }];

  it.each<[string, (text: string) => unknown]>([
    ["toOneLine()", toOneLine],
    ["copyJsonObject()", (text) => take(() => copyJsonObject({ text }))],
    [
      "describeService()",
      (text) => describeService({ provider: text, label: text, model: text }, "stt"),
    ],
    [
      "describeRealtime()",
      (text) => describeRealtime({ provider: text, model: text, label: () => text }),
    ],
    ["PhoneNumbers.mask()", numbers.mask],
    ["PhoneNumbers.maskName()", numbers.maskName],
    ["PhoneNumbers.learn()", (text) => createPhoneNumbers(false).learn(text)],
    ["PhoneNumbers.watch()", (text) => createPhoneNumbers(false).watch(text, () => undefined)],
    ["readDigitRuns()", (text) => readDigitRuns(text, 7)],
    [
      "replaceRanges()",
      (text) =>
        replaceRanges(
          text,
          readDigitRuns(text, 7).map((run) => ({
            start: run.starts[0] ?? 0,
            end: run.ends[0] ?? 0,
          })),
          "",
        ),
    ],
    ["maskMetadata()", (text) => maskMetadata(text, numbers)],
    [
      "maskMetadata() of JSON",
      (text) => {
        // Three times, and escaped as six characters each, it is shorter than what is cut unread.
        const part = text.slice(0, LONGEST_METADATA_CHARS / 20);
        return maskMetadata(JSON.stringify({ [part]: part, phone: [part] }), numbers);
      },
    ],
    [
      "reviewHeard()",
      (text) => reviewHeard(text.slice(0, -2), text, `${text}${words(text).length}`),
    ],
  ])("%s takes time in proportion to a hostile text", (_name, work) => {
    const slow = HOSTILE_MIDDLES.flatMap(({ name, make }) => {
      const growth = findSuperlinearGrowth(make, work, countOf(64_000, 128_000));
      return growth === undefined ? [] : [`${name}: ${growth}`];
    });
    expect(slow).toEqual([]);
  });
});

/** What refuses a text does that in time as well. */
function take(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    return error;
  }
}
