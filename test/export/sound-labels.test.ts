import { createRequire } from "node:module";
import * as fc from "fast-check";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { findFindings } from "../../src/insight/index.js";
import { type Conversation, toOneLine } from "../../src/record/index.js";
import { HARD_TEXTS, exportCalls, makeCall, readSample } from "./support/calls.js";

/** A reader of Praat's files, which comes without types. */
const { TextGrid } = createRequire(import.meta.url)("textgrid") as {
  TextGrid: { textgridToJSON(file: string): { items: Tier[] } };
};

interface Tier {
  name: string;
  intervals?: { xmin: string; xmax: string; text: string }[];
  intervals_size?: number;
}

const SAMPLE = readSample();

// The reader tells what it finds.
beforeEach(() => vi.spyOn(console, "log").mockImplementation(() => undefined));
afterEach(() => vi.restoreAllMocks());

/** The intervals of a tier, with all texts in Praat's own form. */
function readTier(file: string, role: string) {
  const tier = TextGrid.textgridToJSON(file).items.find(({ name }) => name.startsWith(role));
  const intervals = tier?.intervals ?? [];
  expect(intervals).toHaveLength(Number(tier?.intervals_size));
  return intervals.map(({ xmin, xmax, text }) => ({ from: Number(xmin), to: Number(xmax), text }));
}

function said(call: Conversation, role: "user" | "agent"): string[] {
  return call.conversation.filter((message) => message.role === role).map(({ content }) => content);
}

it.each(["user", "agent"] as const)(
  "textgrid of the demo's call has the %s's tier for another reader",
  async (role) => {
    const file = await exportCalls("textgrid", [SAMPLE]);
    const intervals = readTier(file, role);
    expect(intervals.map(({ text }) => text).filter((text) => text !== "")).toEqual(
      said(SAMPLE, role),
    );
    expect(intervals[0]?.from).toBe(0);
    for (const [at, { from, to }] of intervals.entries()) {
      expect(to).toBeGreaterThan(from);
      expect(from).toBe(intervals[at - 1]?.to ?? 0);
    }
  },
);

it("textgrid of any texts and times has intervals that cover the call without overlap", async () => {
  const at = (second: number): string =>
    new Date(Date.UTC(2026, 0, 1, 9) + second * 1000).toISOString().replace("Z", "000+00:00");
  const second = fc.double({ min: -5, max: 60, noNaN: true });
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.constantFrom(...HARD_TEXTS), second, second), { maxLength: 6 }),
      async (all) => {
        const call = makeCall(
          all.map(([user, from, to]) => ({
            user,
            more: { started_at: at(from), ended_at: at(to) },
          })),
        );
        const file = await exportCalls("textgrid", [call]);
        // Praat writes a quote within a text twice.
        expect([...file.matchAll(/^ +text = "(?:[^"\n]|"")*" $/gm)]).toHaveLength(
          [...file.matchAll(/^ +text = /gm)].length,
        );
        for (const role of ["user", "agent"]) {
          const bounds = [
            ...(file.split(`name = "${role}`)[1]?.split("item [")[0] ?? "").matchAll(
              /xm(?:in|ax) = ([\d.]+)/g,
            ),
          ].map(([, value]) => Number(value));
          const [from, to, ...intervals] = bounds;
          expect(intervals[0]).toBe(from);
          expect(intervals.at(-1)).toBe(to);
          for (let index = 1; index + 1 < intervals.length; index += 2)
            expect(intervals[index]).toBe(intervals[index + 1]);
        }
      },
    ),
  );
});

it("audacity has a label for each message and each finding, in three fields", async () => {
  const file = await exportCalls("audacity", [SAMPLE]);
  const labels = file
    .trimEnd()
    .split("\n")
    .map((line) => line.split("\t"));
  expect(labels.map((fields) => fields.length)).toEqual(labels.map(() => 3));
  expect(labels.map(([, , label]) => label)).toEqual([
    ...SAMPLE.conversation.map(({ role, content }) => `${role}: ${content}`),
    ...findFindings(SAMPLE).map(({ severity, text }) => `${severity}: ${text}`),
  ]);
  for (const [from, to] of labels) expect(Number(to)).toBeGreaterThanOrEqual(Number(from));
});

it("audacity keeps every hard text on one line and in one field", async () => {
  const call = makeCall(HARD_TEXTS.map((user) => ({ user })));
  const lines = (await exportCalls("audacity", [call]))
    .trimEnd()
    .split("\n")
    .slice(0, HARD_TEXTS.length);
  expect(lines.map((line) => line.split("\t").slice(2))).toEqual(
    HARD_TEXTS.map((text) => [`user: ${toOneLine(text)}`]),
  );
});

it("rttm has ten fields a line, whatever the call is named", async () => {
  const file = await exportCalls("rttm", [SAMPLE, SAMPLE]);
  const lines = file
    .trimEnd()
    .split("\n")
    .map((line) => line.split(" "));
  expect(lines).toHaveLength(SAMPLE.conversation.length * 2);
  for (const fields of lines) {
    expect(fields).toHaveLength(10);
    expect(fields.slice(0, 3)).toEqual(["SPEAKER", expect.stringMatching(/^call_[12]$/), "1"]);
    expect(Number(fields[4])).toBeGreaterThan(0);
    expect(["user", "agent"]).toContain(fields[7]);
  }
});

it.each(["textgrid", "audacity", "rttm"])("%s of an empty call fails nowhere", async (format) => {
  const file = await exportCalls(format, [makeCall([])]);
  expect(file).not.toContain("undefined");
  expect(file).not.toContain("NaN");
});
