import { readFileSync, readdirSync } from "node:fs";
import path from "node:path";
import { format } from "node:util";
import { voice } from "@livekit/agents";
import { expect, vi } from "vitest";
import { ScriptedSpeechToText, ScriptedTextToSpeech } from "../livekit/support/fake-models.js";
import { holdCall } from "./support/hold-call.js";
import { useRecorder } from "./support/recorder.js";
import { row } from "./support/row.js";

const recorder = useRecorder({ console: true, textLog: true });

const CARD = "4111 1111 1111 1111";

/** Each file under a folder by its place in there, with its text. */
function readAll(directory: string): Map<string, string> {
  const files = readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name));
  return new Map(
    files.map((file) => [path.relative(directory, file), readFileSync(file, "utf8")] as const),
  );
}

function textOf(files: Map<string, string>, name: RegExp): string {
  return [...files].flatMap(([place, text]) => (name.test(place) ? [text] : [])).join("\n");
}

row(
  {
    id: "own/review-changes",
    agent: "changes words in `reviewMessage`",
    record:
      "the changed words, marked `redacted`; the first ones are nowhere: not in word times, file, journal, text log, console, or any span, LiveKit's neither, on its way or in `.spool`",
    runsAlone: true,
  },
  async () => {
    const printed: string[] = [];
    const write = vi
      .spyOn(console, "log")
      .mockImplementation((...parts: unknown[]) => void printed.push(format(...parts)));
    // Spans wait in their folder for as long as nobody takes them.
    recorder.receiver.mode = { status: 503 };
    const stt = new ScriptedSpeechToText();
    const answers = [{ input: `my card is ${CARD}`, content: `I heard ${CARD}, thank you.` }];
    const call = await holdCall(recorder, {
      session: { stt, tts: new ScriptedTextToSpeech(), llm: new voice.testing.FakeLLM(answers) },
      observe: { reviewMessage: ({ content }) => content.replace(/\d{4}( \d{4}){3}/g, "[card]") },
    });
    await stt.untilListening();
    await call.answerTo(() => stt.say(`my card is ${CARD}`, { words: [["4111", 0.2, 0.4]] }));
    const during = readAll(recorder.directory);
    recorder.receiver.mode = "accept";
    const back = await call.finish().finally(() => write.mockRestore());
    const after = readAll(recorder.directory);

    expect(back.said).toEqual([
      ["user", "my card is [card]", "earwig_stt"],
      ["agent", "I heard [card], thank you.", "mouth_piece_tts", "full"],
    ]);
    expect(back.marks).toEqual([expect.arrayContaining(["speech_end", "playback_start"])]);
    for (const message of back.record.conversation) {
      expect(message).toMatchObject({ redacted: true });
      expect(message).not.toHaveProperty("words");
    }
    // Each place was looked at where it had something to tell.
    for (const place of [/\.journal$/, /\.json$/, /\.(txt|log)$/, /^\.spool/])
      expect(textOf(during, place), String(place)).toContain("my card is [card]");
    for (const livekitSpan of ["agent_turn", "llm_request", "tts_request"])
      expect(textOf(during, /^\.spool/)).toContain(`"name":"${livekitSpan}"`);
    expect(printed.filter((line) => /^\[(USER|AGENT)\]/.test(line))).toEqual([
      "[USER] my card is [card]",
      "[AGENT] I heard [card], thank you.",
    ]);
    const written = [...during.values(), ...after.values(), ...printed, JSON.stringify(back.spans)];
    // Part of the number, and no part of an id, a time or a length.
    expect(/(?<![\w.])4111(?!\w)/.exec(written.join("\n"))?.[0]).toBeUndefined();
    expect(back.spans.map(({ name }) => name)).toContain("llm_request");
  },
);

row(
  {
    id: "own/review-source-text",
    agent: "reviews what a translating STT hears",
    record:
      'the words as they were spoken, reviewed by themselves (`text: "source_text"`); where they were changed, the message is `redacted` and has no `words`',
  },
  async () => {
    recorder.receiver.mode = { status: 503 };
    const stt = new ScriptedSpeechToText();
    const answers = [{ input: "my card is on the table", content: "Thank you." }];
    const asked: string[] = [];
    const call = await holdCall(recorder, {
      session: { stt, tts: new ScriptedTextToSpeech(), llm: new voice.testing.FakeLLM(answers) },
      observe: {
        reviewMessage: ({ text, content }) => {
          asked.push(`${text}: ${content}`);
          return content.replace(CARD, "[tarjeta]");
        },
      },
    });
    await stt.untilListening();
    const answered = call.answer();
    // The translation lost the number, so only the source has it.
    stt.say("my card is on the table", {
      source: [{ language: "es", text: `mi tarjeta es ${CARD}` }],
      words: [["4111", 0.2, 0.4]],
    });
    await answered;
    const during = readAll(recorder.directory);
    recorder.receiver.mode = "accept";
    const { record, spans } = await call.finish();

    expect(asked.slice(0, 2)).toEqual([
      "content: my card is on the table",
      `source_text: mi tarjeta es ${CARD}`,
    ]);
    expect(record.conversation[0]).toMatchObject({
      content: "my card is on the table",
      source_text: "mi tarjeta es [tarjeta]",
      source_language: "es",
      redacted: true,
    });
    expect(record.conversation[0]).not.toHaveProperty("words");
    expect(textOf(during, /\.journal$/)).toContain("mi tarjeta es [tarjeta]");
    const written = [
      ...during.values(),
      ...readAll(recorder.directory).values(),
      JSON.stringify(spans),
    ];
    expect(/(?<![\w.])4111(?!\w)/.exec(written.join("\n"))?.[0]).toBeUndefined();
  },
);
