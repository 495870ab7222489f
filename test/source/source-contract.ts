import { describe, expect, it } from "vitest";
import type { Conversation } from "../../src/record/index.js";
import type { ConversationSource } from "../../src/source/index.js";

/** A place for conversations that a test may write to, and its source. */
export interface SourceUnderTest {
  source: ConversationSource;
  /** Puts one there under a name, or replaces it, as its writer does. */
  put(name: string, conversation: Conversation): Promise<void>;
  /** Puts something under a name that is no conversation. */
  putGarbage(name: string): Promise<void>;
  remove(name: string): Promise<void>;
  /** Makes the place unreadable as a whole. */
  breakPlace(): Promise<void>;
  /** Removes all that the test has made. */
  clear(): Promise<void>;
}

/** A conversation that began at a time and has a text in it. */
export function conversationOf(started_at: string, content: string): Conversation {
  return {
    format: 2,
    conversation: [
      {
        role: "user",
        content,
        timestamp: started_at,
        source: "deepgram_stt",
        id: "m_1",
        seq: 1,
        turn_id: "t_1",
      },
    ],
    unspoken: [],
    events: [],
    session: { id: content, status: "complete", started_at, software: {} },
    metrics: {
      user_messages: 1,
      agent_messages: 0,
      interruptions: 0,
      user_speech_s: 0,
      agent_speech_s: 0,
    },
    integrity: { dropped: 0, damaged_lines: 0 },
  };
}

const EARLIER = "conversation_20260101_090000";
const LATER = "conversation_20260102_090000";
const early = conversationOf("2026-01-01T09:00:00.000000+05:30", "the earlier call");
const late = conversationOf("2026-01-02T09:00:00.000000+05:30", "the later call");

/** What every source promises. */
export function describeSource(kind: string, setUp: () => Promise<SourceUnderTest>): void {
  const withSource = (test: (place: SourceUnderTest) => Promise<void>) => async () => {
    const place = await setUp();
    try {
      await test(place);
    } finally {
      await place.clear();
    }
  };

  describe(`the ${kind} as a source`, () => {
    it(
      `${kind}: an empty place has no conversations`,
      withSource(async ({ source }) => {
        expect(await source.list()).toEqual([]);
      }),
    );

    it(
      `${kind}: list() gives the newest first, in whatever order they were written`,
      withSource(async ({ source, put }) => {
        await put(LATER, late);
        await put(EARLIER, early);
        expect((await source.list()).map(({ name }) => name)).toEqual([LATER, EARLIER]);
      }),
    );

    it(
      `${kind}: read() gives what list() names`,
      withSource(async ({ source, put }) => {
        await put(EARLIER, early);
        const [entry] = await source.list();
        expect(await source.read(entry?.name ?? "")).toEqual(early);
      }),
    );

    it(
      `${kind}: read() sees a conversation that was replaced`,
      withSource(async ({ source, put }) => {
        await put(EARLIER, early);
        await source.read(EARLIER);
        await put(EARLIER, late);
        expect((await source.read(EARLIER)).session.id).toBe("the later call");
      }),
    );

    it(
      `${kind}: what is no conversation is listed, and read() says which and why`,
      withSource(async ({ source, putGarbage }) => {
        await putGarbage(EARLIER);
        expect((await source.list()).map(({ name }) => name)).toEqual([EARLIER]);
        await expect(source.read(EARLIER)).rejects.toThrow(/conversation_20260101_090000.*not/);
      }),
    );

    it(
      `${kind}: read() says that there is none of a name`,
      withSource(async ({ source }) => {
        await expect(source.read("nobody")).rejects.toThrow(/nobody.*there is no/);
      }),
    );

    it(
      `${kind}: list() rejects where the whole place cannot be read, and names it`,
      withSource(async ({ source, breakPlace }) => {
        await breakPlace();
        await expect(source.list()).rejects.toThrow(source.name);
      }),
    );

    it(
      `${kind}: watch() tells of what is added, changed and removed, until it is ended`,
      withSource(async ({ source, put, remove }) => {
        if (source.watch === undefined) return;
        let onNext = (): void => undefined;
        let told = 0;
        const end = source.watch(() => {
          told += 1;
          onNext();
        });
        const change = async (make: () => Promise<void>): Promise<void> => {
          const next = new Promise<void>((resolve) => {
            onNext = resolve;
          });
          await make();
          await next;
        };
        await change(() => put(EARLIER, early));
        await change(() => put(EARLIER, late));
        await change(() => remove(EARLIER));
        const before = told;
        end();
        await put(LATER, late);
        await source.list();
        expect({ told, before }).toEqual({ told: before, before: told });
        expect(told).toBeGreaterThanOrEqual(3);
      }),
    );
  });
}
