import * as fc from "fast-check";
import Papa from "papaparse";
import { expect, it } from "vitest";
import type { ExportOptions } from "../../src/export/index.js";
import { figuresOf, findFindings } from "../../src/insight/index.js";
import { exportCalls, HARD_TEXTS, makeCall, readSample } from "./support/calls.js";

type Row = Record<string, string>;

function read(file: string): Row[] {
  const { data, errors } = Papa.parse<Row>(file, { header: true, skipEmptyLines: true });
  expect(errors).toEqual([]);
  return data;
}

async function rowsOf(
  calls: Parameters<typeof exportCalls>[1],
  options: Partial<ExportOptions> = {},
): Promise<Row[]> {
  return read(await exportCalls("csv", calls, options));
}

const SAMPLE = readSample();

it("csv has a row for each message, and another reader gives the words back", async () => {
  const rows = await rowsOf([SAMPLE, SAMPLE]);
  expect(rows).toHaveLength(SAMPLE.conversation.length * 2);
  expect(rows.slice(0, SAMPLE.conversation.length).map(({ role, heard }) => [role, heard])).toEqual(
    SAMPLE.conversation.map(({ role, content }) => [role, content]),
  );
  expect(rows.at(-1)?.["call"]).toBe("call_2");
  const waits = rows.slice(0, SAMPLE.conversation.length).map((row) => row["wait_s"] ?? "");
  expect(Math.max(...waits.map(Number))).toBe(figuresOf(SAMPLE).e2e_s?.max);
});

it("csv has a row for each turn, with the stages of its wait", async () => {
  const rows = await rowsOf([SAMPLE], { rows: "turns" });
  expect(rows).toHaveLength(new Set(SAMPLE.conversation.map(({ turn_id }) => turn_id)).size);
  const third = rows.find(({ turn }) => turn === "3");
  expect(third?.["user_heard"]).toBe("Yes, the number is 4271.");
  expect(third?.["tools"]).toBe("lookup_order");
  const stages = Object.entries(third ?? {}).filter(
    ([name, value]) => name.endsWith("_s") && !/^(?:at|wait)_s$/.test(name) && value !== "",
  );
  const sum_s = stages.reduce((sum, [, value]) => sum + Number(value), 0);
  expect(sum_s).toBeCloseTo(Number(third?.["wait_s"]), 5);
});

it("csv has a row for each finding", async () => {
  const rows = await rowsOf([SAMPLE], { rows: "findings" });
  expect(rows.map(({ rule, finding }) => [rule, finding])).toEqual(
    findFindings(SAMPLE).map(({ rule, text }) => [rule, text]),
  );
});

it("csv with both kinds of words has a column for each", async () => {
  const call = makeCall([
    { agent: "We close at", more: { delivery: "partial", generated: "We close at six." } },
  ]);
  const [row] = await rowsOf([call], { text: "both" });
  expect([row?.["heard"], row?.["generated"]]).toEqual(["We close at", "We close at six."]);
});

it("csv keeps every text, and no cell begins as a formula", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.oneof(
          fc.constantFrom(...HARD_TEXTS),
          fc.string({ unit: "grapheme" }),
          fc
            .tuple(fc.constantFrom("=", "+", "-", "@", "\t", "\r"), fc.string())
            .map((parts) => parts.join("")),
        ),
        { minLength: 1, maxLength: 8 },
      ),
      async (texts) => {
        const call = makeCall(texts.map((user) => ({ user, more: { speaker: user } })));
        const rows = await rowsOf([call]);
        const heard = rows.map((row) => row["heard"] ?? "");
        expect(
          heard.map((text, at) => (text === texts[at] ? text : text.replace(/^'/, ""))),
        ).toEqual(texts);
        expect(heard.filter((text) => /^[=+\-@\t\r]/.test(text))).toEqual([]);
      },
    ),
  );
});

it("csv leaves negative numbers numbers", async () => {
  const call = makeCall([
    { user: "Hello", more: { started_at: "2025-12-31T23:59:59.000000+00:00" } },
  ]);
  const [row] = await rowsOf([call]);
  expect(Number(row?.["at_s"])).toBeLessThan(0);
});

it("csv begins with a byte order mark, by which Excel knows UTF-8, and ends its lines by RFC 4180", async () => {
  const file = await exportCalls("csv", [SAMPLE]);
  expect(file.startsWith("\uFEFFcall,")).toBe(true);
  expect(file.endsWith("\r\n")).toBe(true);
  expect((await exportCalls("csv", [SAMPLE], { bom: false })).startsWith("call,")).toBe(true);
});

it("csv of no call and of an empty call is the line of columns alone", async () => {
  expect(await rowsOf([])).toEqual([]);
  expect(await rowsOf([makeCall([])])).toEqual([]);
});
