import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { parse as parseSrtOrVtt } from "@plussub/srt-vtt-parser";
import * as fc from "fast-check";
import { expect, it } from "vitest";
import { WebVTTParser } from "webvtt-parser";
import { findFindings } from "../../src/insight/index.js";
import { type Conversation, toOneLine } from "../../src/record/index.js";
import { HARD_TEXTS, exportCalls, makeCall, readSample } from "./support/calls.js";

const SAMPLE = readSample();
/** Without them, the parser takes `&gt;` for `&gt` and a semicolon. */
const ENTITIES = JSON.parse(
  readFileSync(createRequire(import.meta.url).resolve("webvtt-parser/html-entities.json"), "utf8"),
) as Record<`&${string}`, string>;
const graphemes = new Intl.Segmenter("und", { granularity: "grapheme" });

/** By the validator of the W3C's editor. */
function readVtt(file: string) {
  const { cues, errors } = new WebVTTParser(ENTITIES).parse(file, "captions");
  expect(errors).toEqual([]);
  return cues.map(({ startTime, endTime, text, tree }) => {
    const [voice] = tree.children;
    const isVoice = voice?.type === "object" && voice.name === "v";
    const children = isVoice ? voice.children : tree.children;
    const shown = children
      .map((node) => (node.type === "text" ? node.value : `<${node.type}>`))
      .join("");
    return { startTime, endTime, text, who: isVoice ? voice.value : undefined, shown };
  });
}

interface SrtEntry {
  id: string;
  from: number;
  text: string;
}

function readSrt(file: string): SrtEntry[] {
  return parseSrtOrVtt(file).entries as SrtEntry[];
}

/** The words of a message again, joined from its lines. */
function joinLines(lines: readonly string[]): string {
  return lines.join(" ").replaceAll(/\s/g, "");
}

it("vtt of the demo's call has each message's words at the times at which they were heard", async () => {
  const cues = readVtt(await exportCalls("vtt", [SAMPLE]));
  for (const { role, content, ...message } of SAMPLE.conversation) {
    const start_s =
      (Date.parse(message.started_at ?? "") - Date.parse(SAMPLE.session.started_at)) / 1000;
    const end_s =
      (Date.parse(message.ended_at ?? "") - Date.parse(SAMPLE.session.started_at)) / 1000;
    const own = cues.filter(
      ({ who, startTime, endTime }) =>
        who === role && startTime >= start_s - 0.01 && endTime <= end_s + 0.01,
    );
    expect(joinLines(own.map(({ shown }) => shown))).toBe(joinLines([content]));
    expect(own[0]?.startTime).toBeCloseTo(start_s, 2);
    expect(own.at(-1)?.endTime).toBeCloseTo(end_s, 2);
  }
});

it("vtt begins a later subtitle of a message when its first word was heard", async () => {
  const text =
    "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen";
  const words = text.split(" ").map((word, at) => ({
    text: word,
    at_s: at < 16 ? at * 0.1 : 1.9,
    until_s: at < 16 ? at * 0.1 + 0.1 : 2,
  }));
  const cues = readVtt(await exportCalls("vtt", [makeCall([{ agent: text, more: { words } }])]));
  expect(cues).toHaveLength(2);
  const first = cues[1]?.shown.split(/\s/)[0] ?? "";
  expect(cues[1]?.startTime).toBeCloseTo(words.find((word) => word.text === first)?.at_s ?? -1, 3);
});

it("vtt and srt say which words they have: in the file, or in its name", async () => {
  expect(await exportCalls("vtt", [SAMPLE])).toMatch(/^WEBVTT call_1, text: what was heard\n/);
  expect(await exportCalls("vtt", [SAMPLE], { text: "both" })).toContain("[not heard:");
});

it("srt of the demo's call is read by another reader with the same times and words as vtt", async () => {
  const srt = readSrt(await exportCalls("srt", [SAMPLE]));
  const vtt = readVtt(await exportCalls("vtt", [SAMPLE]));
  const words = (texts: readonly string[]): string =>
    joinLines(texts).replaceAll(/(?:user|agent):/g, "");
  expect(words(srt.map(({ text }) => text))).toBe(words(vtt.map(({ shown }) => shown)));
  expect(srt[0]?.from).toBeCloseTo((vtt[0]?.startTime ?? 0) * 1000, 0);
  expect(srt.map(({ id }) => id)).toEqual(srt.map((_, at) => String(at + 1)));
});

it("srt has right times beyond an hour and beyond a hundred hours", async () => {
  const at = (second: number): string =>
    new Date(Date.UTC(2026, 0, 1, 9) + second * 1000).toISOString().replace("Z", "000+00:00");
  const call = makeCall([
    { user: "Late.", more: { started_at: at(3723.5), ended_at: at(3725) } },
    { user: "Very late.", more: { started_at: at(363_600), ended_at: at(363_601) } },
  ]);
  const file = await exportCalls("srt", [call]);
  expect(file).toContain("01:02:03,500 --> 01:02:05,000\n");
  expect(file).toContain("101:00:00,000 --> 101:00:01,000\n");
});

it("subtitles leave out what nobody heard and what was typed", async () => {
  const call = makeCall([
    { agent: "Never played.", more: { delivery: "none" } },
    { user: "typed", more: { source: "text_input" } },
    { agent: "Heard." },
  ]);
  for (const message of call.conversation.slice(0, 2)) {
    delete message.started_at;
    delete message.ended_at;
  }
  expect(readVtt(await exportCalls("vtt", [call])).map(({ shown }) => shown)).toEqual(["Heard."]);
});

it("vtt-findings has each finding at its time", async () => {
  const cues = readVtt(await exportCalls("vtt-findings", [SAMPLE]));
  const findings = findFindings(SAMPLE);
  expect(cues.map(({ startTime }) => startTime)).toEqual(findings.map(({ at_s }) => at_s));
  expect(cues[0]?.shown.replaceAll("\n", " ")).toContain(findings[0]?.text);
});

it.each(["vtt", "vtt-findings"])("%s of an empty call has no subtitle", async (format) => {
  expect(readVtt(await exportCalls(format, [makeCall([])]))).toEqual([]);
});

it("srt of an empty call is empty", async () => {
  expect(await exportCalls("srt", [makeCall([])])).toBe("");
});

const texts = fc.array(
  fc.oneof(
    fc.constantFrom(...HARD_TEXTS),
    fc.string({ unit: "grapheme", maxLength: 200 }),
    fc.lorem({ maxCount: 40 }),
  ),
  { minLength: 1, maxLength: 5 },
);

function callOf(given: readonly string[]): Conversation {
  return makeCall(given.map((text, at) => (at % 2 === 0 ? { user: text } : { agent: text })));
}

it("vtt of any texts is valid, keeps every sign, and has at most 2 lines of 42 signs", async () => {
  await fc.assert(
    fc.asyncProperty(texts, async (given) => {
      const cues = readVtt(await exportCalls("vtt", [callOf(given)]));
      const said = given.map(toOneLine).filter((text) => text.trim() !== "");
      expect(joinLines(cues.map(({ shown }) => shown))).toBe(
        // Half a sign cannot be written in UTF-8; a reader of strings sees it.
        joinLines(said),
      );
      for (const { shown, startTime, endTime } of cues) {
        expect(endTime).toBeGreaterThan(startTime);
        const lines = shown.split("\n");
        expect(lines.length).toBeLessThanOrEqual(2);
        for (const line of lines)
          expect([...graphemes.segment(line)].length).toBeLessThanOrEqual(42);
      }
      expect(cues.map(({ startTime }) => startTime)).toEqual(
        cues.map(({ startTime }) => startTime).toSorted((a, b) => a - b),
      );
    }),
  );
});

it("srt of any texts has as many subtitles for another reader as were written, and no tags", async () => {
  await fc.assert(
    fc.asyncProperty(texts, async (given) => {
      const file = await exportCalls("srt", [callOf(given)]);
      const written = file.match(/^\d+\n\d\d:\d\d:\d\d,\d{3} --> /gm) ?? [];
      const entries = readSrt(file);
      expect(entries).toHaveLength(written.length);
      for (const { text } of entries) expect(text).not.toMatch(/[<>{}]/);
    }),
  );
});

it.each([
  ["人間は考える葦である。それ以上でもそれ以下でもないと、ある哲学者は書いている。", /^[^。、]/u],
  ["The driver first tries your neighbours, and leaves you a card that says who has it.", /^\S/],
  ["हमारा काउंटर सुबह नौ बजे से शाम सात बजे तक खुला रहता है। रविवार को छुट्टी रहती है।", /^\S/],
])("subtitles break %j between words", async (text, beginning) => {
  const cues = readVtt(await exportCalls("vtt", [makeCall([{ agent: text }])]));
  const lines = cues.flatMap(({ shown }) => shown.split("\n"));
  expect(lines.length).toBeGreaterThan(1);
  const words = new Set(
    [...new Intl.Segmenter("und", { granularity: "word" }).segment(text)].map(
      ({ segment }) => segment,
    ),
  );
  for (const line of lines) {
    expect(line).toMatch(beginning);
    const [first] = new Intl.Segmenter("und", { granularity: "word" }).segment(line);
    expect(words).toContain(first?.segment);
  }
});
