import { describe, expect, it } from "vitest";
import {
  type ImportedConversation,
  type ImportOptions,
  readCalls,
} from "../../src/import/index.js";
import { importBytes, importOne, readFixture, readParts, wordsOf } from "./support/import-calls.js";

type Json = { [key: string]: unknown };

const SIDES: ImportOptions = { channels: ["user", "agent"] };

function fixture(name: string): Json {
  return JSON.parse(readFixture(name).toString()) as Json;
}

function read(name: string, changes: Json = {}): Promise<ImportedConversation> {
  return importOne(JSON.stringify({ ...fixture(name), ...changes }), name, SIDES);
}

function eventsOf({ conversation }: ImportedConversation): string[] {
  return conversation.events.map(({ type, data }) => `${type} ${JSON.stringify(data)}`);
}

function waitsOf({ conversation }: ImportedConversation): (number | undefined)[] {
  return conversation.conversation.flatMap((message) =>
    message.role === "agent" ? [message.latency?.e2e_s] : [],
  );
}

/** No telephone number, link or instruction of a fixture may get into a document. */
function expectNothingPrivate(call: ImportedConversation): void {
  const text = JSON.stringify(call);
  for (const secret of ["+1555", "https://", "wss://", "Keep it secret"])
    expect(text).not.toContain(secret);
}

describe("a call of Retell", () => {
  it("has its words with their times, tools, keys, nodes and who spoke after the transfer", async () => {
    const call = await read("retell-call.json");
    expect(wordsOf(call)).toEqual([
      "t_1 agent: Hello, this is the parcel desk. (full)",
      "t_2 user: Where is parcel 4271?",
      "t_2 agent: It is out for delivery. (full)",
      "t_3 user: Depot speaking.",
      "t_3 user: धन्यवाद 👋",
    ]);
    const [, asked, , depot] = call.conversation.conversation;
    expect(asked).toMatchObject({ gateway: "retell", source: "unknown_stt" });
    expect(asked?.words?.[0]).toEqual({ text: "Where", at_s: 4, until_s: 4.25 });
    expect(depot).toMatchObject({ speaker: "transfer_target" });
    expect(eventsOf(call)).toEqual([
      'node_transition {"from":"Welcome","to":"Look up","transition_type":"normal"}',
      'tool_call {"name":"lookup_parcel","call_id":"tool_1","arguments":"{\\"number\\":\\"4271\\"}","output":"out for delivery","is_error":false}',
      'dtmf {"digit":"1"}',
      'tool_call {"name":"transfer_call","call_id":"tool_2","arguments":"{}","output":"failed once","is_error":true}',
      'sms {"content":"my address: 1 Main St"}',
      'injected_context {"content":"the caller is a member"}',
    ]);
    expectNothingPrivate(call);
  });

  it("has its start and end in milliseconds, why it ended, the wait between two words, and what Retell says of it", async () => {
    const call = await read("retell-call.json");
    const { session, metrics } = call.conversation;
    expect(session).toMatchObject({
      id: "call_5f0e1d2c3b4a59687",
      status: "complete",
      close_reason: "user_hangup",
      agent_name: "Parcel desk",
      attributes: { "retell.metadata": { ticket: "A-17" }, "retell.direction": "inbound" },
    });
    expect(new Date(session.started_at).getTime()).toBe(1795891000000);
    expect(metrics.duration_s).toBe(31.5);
    expect(waitsOf(call)).toEqual([undefined, 0.95]);
    expect(call.missing).toEqual([
      "which replies were cut off",
      "the times of tool calls",
      "when the LLM and the TTS were asked",
    ]);
  });

  it("falls back to the plain transcript, and says that nothing has a time", async () => {
    const call = await read("retell-call.json", {
      transcript_with_tool_calls: [],
      transcript_object: null,
      scrubbed_transcript_with_tool_calls: undefined,
      transcript: "Agent: Hello.\nstill the agent\nUser: Hi: there\n",
    });
    expect(wordsOf(call)).toEqual([
      "t_1 agent: Hello.\nstill the agent (pending)",
      "t_2 user: Hi: there",
    ]);
    expect(call.missing).toContain("times");
  });

  it("counts entries and times that it does not understand, and keeps the rest", async () => {
    const call = await read("retell-call.json", {
      transcript_with_tool_calls: [
        null,
        7,
        { role: "hologram" },
        { role: "user", content: "early", words: [{ word: "early", start: -3, end: -2 }] },
        {
          role: "agent",
          content: "out of order",
          words: [
            { word: "out", start: 5, end: 5.2 },
            { word: "of", start: 4, end: 4.2 },
            { word: "order", start: 6, end: 1e300 },
          ],
        },
        { role: "user", content: "" },
      ],
    });
    expect(wordsOf(call)).toEqual(["t_1 user: early", "t_1 agent: out of order (full)"]);
    const [, spoken] = call.conversation.conversation;
    expect(spoken).not.toHaveProperty("words");
    expect(new Date(spoken?.started_at ?? 0).getTime()).toBe(1795891004000);
    expect(call.missing).toEqual(
      expect.arrayContaining([
        "the times of 1 of 2 messages",
        '4 entries not understood (1 "null", 1 "number", 1 "hologram", 1 "message without words")',
        "3 times that cannot be",
      ]),
    );
  });
});

describe("a call of Vapi", () => {
  it("has its words, times, tools, speakers and services, and no instructions", async () => {
    const call = await read("vapi-call.json");
    expect(wordsOf(call)).toEqual([
      "t_1 agent: Hello, this is the parcel desk. (full)",
      "t_2 user: Where is parcel 4271?",
      "t_2 agent: It is out for delivery. (full)",
      "t_3 user: धन्यवाद 👋",
    ]);
    const [hello, asked] = call.conversation.conversation;
    expect(hello).toMatchObject({
      source: "cartesia_tts",
      model: "sonic-3",
      voice: "v_9",
      llm_model: "gpt-4o-mini",
      agent: "Desk",
    });
    expect(asked).toMatchObject({ source: "deepgram_stt", model: "nova-3", speaker: "Speaker 1" });
    expect(eventsOf(call)).toEqual([
      'tool_call {"name":"lookup_parcel","call_id":"call_1","arguments":"{\\"number\\":\\"4271\\"}","output":"out for delivery","duration_s":0.45}',
      'tool_call {"name":"count_parcels","call_id":"call_2","arguments":"{\\"all\\":true}","output":"3","duration_s":0.4}',
    ]);
    expect(waitsOf(call)).toEqual([undefined, 1.2]);
    expectNothingPrivate(call);
  });

  it("has its ISO times, its reason, its usage in tokens, characters and seconds, and its figures as given", async () => {
    const { conversation, missing } = await read("vapi-call.json");
    expect(conversation.session).toMatchObject({
      close_reason: "customer-ended-call",
      attributes: {
        "vapi.performanceMetrics": { numAssistantInterrupted: 1 },
        "vapi.variableValues": { now: "evening" },
      },
      usage: [
        { kind: "stt", provider: "deepgram", model: "nova-3", audio_s: 24.6 },
        { kind: "llm", input_tokens: 900, cached_input_tokens: 128, output_tokens: 60 },
        { kind: "tts", provider: "cartesia", model: "sonic-3", characters: 140 },
      ],
    });
    expect(conversation.metrics.duration_s).toBe(25);
    expect(missing).toContain('1 entry not understood (1 "transfer")');
  });

  it("of an end-of-call report is the same as from the API", async () => {
    const { artifact, analysis, endedReason, ...call } = fixture("vapi-call.json");
    const message = { type: "end-of-call-report", call, artifact, analysis, endedReason };
    const fromReport = await importOne(JSON.stringify({ message }), "report.json");
    const fromApi = await read("vapi-call.json");
    expect(fromReport.conversation).toEqual(fromApi.conversation);
  });

  it("takes the seconds from the start where a message has no time, and no end before its begin", async () => {
    const call = await read("vapi-call.json", {
      artifact: {
        messages: [
          { role: "user", message: "one", time: "soon", secondsFromStart: 2.5 },
          { role: "bot", message: "two", time: 1795891006000, endTime: 1795891001000 },
        ],
      },
    });
    const [one, two] = call.conversation.conversation;
    expect(new Date(one?.timestamp ?? 0).getTime()).toBe(1795891002500);
    expect(two).not.toHaveProperty("ended_at");
    expect(call.missing).toContain("1 time that cannot be");
  });
});

describe("a conversation of ElevenLabs", () => {
  it("has what was heard of a cut reply, its whole text, and the words that cut it, but no backchannel", async () => {
    const call = await read("elevenlabs-conversation.json");
    expect(wordsOf(call)).toEqual([
      "t_1 agent: Hello, this is the parcel desk. (full)",
      "t_2 user: Where is parcel 4271?",
      "t_2 agent: Parcel 4271 is out for... (partial)",
      "t_3 user: Mhm",
      "t_3 user: Stop, that is enough. धन्यवाद",
      "t_3 user: typed",
      "t_3 agent: Good bye. 👋 (full)",
    ]);
    const [, asked, cut, mhm, , typed] = call.conversation.conversation;
    expect(asked).toMatchObject({ source: "elevenlabs_stt" });
    expect(cut).toMatchObject({
      generated: "Parcel 4271 is out for delivery. The driver tries your door first.",
      interrupted_by: "m_5",
      model: "eleven_flash_v2_5",
      voice: "v_17",
      llm_model: "made-up-llm",
    });
    expect(mhm).toMatchObject({ discarded: "held_back" });
    expect(typed).toMatchObject({ source: "text_input" });
    expectNothingPrivate(call);
  });

  it("has the wait that was measured, tools with how long they took, keys, the error and the end", async () => {
    const call = await read("elevenlabs-conversation.json");
    expect(waitsOf(call)).toEqual([undefined, 1.25, 0.9]);
    expect(eventsOf(call)).toEqual([
      'tool_call {"name":"lookup_parcel","call_id":"r1","arguments":"{\\"number\\": \\"4271\\"}","output":"out for delivery","is_error":false,"duration_s":0.418}',
      'dtmf {"digit":"1"}',
      'error {"code":1002,"message":"quota nearly used"}',
    ]);
    const { session, metrics } = call.conversation;
    expect(session.close_reason).toBe("end_call tool was called.");
    expect(session.attributes?.["elevenlabs.turn_metrics_s"]).toHaveLength(3);
    expect(metrics).toMatchObject({ duration_s: 42, interruptions: 1 });
  });

  it("of its webhook is the same as from the API", async () => {
    const data = fixture("elevenlabs-conversation.json");
    const hook = { type: "post_call_transcription", event_timestamp: 1795892000, data };
    const fromHook = await importOne(JSON.stringify(hook), "hook.json");
    const fromApi = await read("elevenlabs-conversation.json");
    expect(fromHook.conversation).toEqual(fromApi.conversation);
  });

  it("from a list has no words, so each is named, and so is that there are more pages", async () => {
    const summary = { agent_id: "a", conversation_id: "conv_1", start_time_unix_secs: 1795891000 };
    const { calls, unread } = await readParts(
      JSON.stringify({ conversations: [summary], has_more: true, next_cursor: "c" }),
    );
    expect(calls).toEqual([]);
    expect(unread.map(({ problem }) => problem)).toEqual([
      "the conversation conv_1 has no words, because it is from a list; get it by its id",
      "the list has more pages, which are not in it",
    ]);
  });
});

describe("a response of Deepgram", () => {
  it("has the words of each channel with their times, and the side that --channels says", async () => {
    const call = await read("deepgram-response.json");
    expect(wordsOf(call)).toEqual([
      "t_1 agent: Hello, this is the parcel desk. (full)",
      "t_2 user: Where is parcel 4271?",
      "t_2 agent: It is out for delivery. (full)",
      "t_3 user: धन्यवाद",
    ]);
    expect(call.conversation.conversation[1]).toMatchObject({
      source: "deepgram_stt",
      model: "general-nova-3",
      confidence: 0.97,
      language: "en",
    });
    expect(waitsOf(call)).toEqual([undefined, 0.95]);
    expect(call).toMatchObject({ isUndated: true });
    expect(call.conversation.metrics.duration_s).toBe(15.5);
  });

  it("without utterances is cut at pauses and gives the same words", async () => {
    const { results, ...rest } = fixture("deepgram-response.json");
    const { channels } = results as Json;
    const call = await importOne(JSON.stringify({ ...rest, results: { channels } }), "x", SIDES);
    expect(wordsOf(call)).toEqual(wordsOf(await read("deepgram-response.json")));
  });

  it("is refused without --channels, and with too few, because nobody knows who spoke", async () => {
    const text = JSON.stringify(fixture("deepgram-response.json"));
    for (const options of [{}, { channels: ["agent"] }] satisfies ImportOptions[]) {
      const { calls, unread } = await readParts(text, "x", options);
      expect(calls).toEqual([]);
      expect(unread[0]?.problem).toBe(
        "it does not say who is on which channel, or who each speaker is; say it with --channels, e.g. --channels user,agent (it has 2)",
      );
    }
  });

  it("of one channel tells sides apart by their speakers", async () => {
    const word = (text: string, start: number, speaker: number): Json => {
      return { word: text, start, end: start + 0.2, speaker };
    };
    const words = [word("hello", 0, 1), word("there", 0.3, 1), word("hi", 0.6, 0)];
    const response = {
      metadata: { request_id: "r", models: [] },
      results: { channels: [{ alternatives: [{ transcript: "hello there hi", words }] }] },
    };
    const call = await importOne(JSON.stringify(response), "x", SIDES);
    expect(wordsOf(call)).toEqual(["t_1 agent: hello there (full)", "t_2 user: hi"]);
  });
});

describe.each([
  ["retell-call.json", "call_id", "call_status", "ongoing"],
  ["vapi-call.json", "id", "status", "in-progress"],
  ["elevenlabs-conversation.json", "conversation_id", "status", "in-progress"],
])("calls like %s", (name, idKey, statusKey, running) => {
  it("in a list, a page and lines are read one by one, and what is no call of a list is named", async () => {
    const first = { ...fixture(name), [idKey]: "first" };
    const second = { ...fixture(name), [idKey]: "second" };
    const live = { ...fixture(name), [idKey]: "live", [statusKey]: running, endedAt: undefined };
    const list = await readParts(JSON.stringify([first, null, 7, second, live]));
    expect(list.calls.map(({ conversation }) => conversation.session.id)).toEqual([
      "first",
      "second",
    ]);
    expect(list.unread.map(({ problem }) => problem)).toEqual([
      "item 2 is null",
      "item 3 is a number, and no call",
      expect.stringMatching(/live is not over \((ongoing|in-progress)\)$/),
    ]);
    const lines = [first, second].map((call) => JSON.stringify(call)).join("\n");
    expect(await importBytes(`\uFEFF${lines}\n`)).toHaveLength(2);
    expect(
      await importBytes(JSON.stringify([]).replace("[]", `[${JSON.stringify(first)}]`)),
    ).toHaveLength(1);
  });

  it("with keys that are also those of a refusal, or of every object, is the same call", async () => {
    const own = ["format", "problem", "isSkipped", "kind", "unread", "call_", "missing", "bytes"];
    const keys = [...own, ...Object.getOwnPropertyNames(Object.prototype)];
    // `JSON.parse()` makes a key `__proto__`, and an object literal does not.
    const more = JSON.parse(`{${keys.map((key) => `"${key}":"x"`).join(",")}}`) as Json;
    const text = (extra: Json): string =>
      JSON.stringify([Object.fromEntries(Object.entries({ ...fixture(name), ...extra }))]);
    const plain = await readParts(text({}));
    expect(plain.calls).toHaveLength(1);
    expect(await readParts(text(more))).toEqual(plain);
  });

  it("without a date keeps the order and says so", async () => {
    const { conversation, ...call } = await read(name, {
      start_timestamp: null,
      startedAt: 0,
      metadata: { call_duration_secs: "long" },
      artifact: { messages: [{ role: "bot", message: "hi", secondsFromStart: 1 }] },
    });
    expect(call.isUndated).toBe(true);
    expect(call.missing).toContain("the date of the call");
    expect(conversation.session.started_at).toBe("1970-01-01T00:00:00.000000+00:00");
  });

  it("keeps control signs, markup and right-to-left text in words as they are", async () => {
    const hard = "\u0000\u001b[31mred\u0007 <b>שלום</b>\r\n=1+1";
    const text = JSON.stringify(fixture(name)).replaceAll(
      "Where is parcel 4271?",
      JSON.stringify(hard).slice(1, -1),
    );
    const { conversation } = await importOne(text, name, SIDES);
    expect(conversation.conversation[1]?.content).toBe(hard);
  });
});

it.each(["retell-call.json", "vapi-call.json"])(
  "%s with an end before its start has no end, and says so",
  async (name) => {
    const call = await read(name, {
      end_timestamp: 1795890000000,
      endedAt: "2026-01-01T00:00:00Z",
    });
    expect(call.conversation.session).not.toHaveProperty("ended_at");
    expect(call.conversation.metrics).not.toHaveProperty("duration_s");
    expect(call.missing).toContain("an end that is not before the start");
  },
);

it("a message of Vapi years away from its call has no such time", async () => {
  const messages = [{ role: "user", message: "hi", time: 1e12, endTime: 2e12 }];
  const call = await read("vapi-call.json", { artifact: { messages } });
  const [message] = call.conversation.conversation;
  expect(message).not.toHaveProperty("started_at");
  expect(message?.timestamp).toBe(call.conversation.session.started_at);
  expect(call.missing).toEqual(expect.arrayContaining(["times", "2 times that cannot be"]));
});

describe("a page of a list", () => {
  it("of Retell gives its calls, and says that there are more", async () => {
    const items = [fixture("retell-call.json")];
    const page = { items, has_more: true, pagination_key: "k" };
    const { calls, unread } = await readParts(JSON.stringify(page));
    expect(calls).toHaveLength(1);
    expect(unread).toEqual([
      {
        format: "retell",
        isSkipped: true,
        problem: "the list has more pages, which are not in it",
      },
    ]);
  });

  it("of Vapi gives its calls, and says that there are more only if there are", async () => {
    const results = [fixture("vapi-call.json")];
    const pageOf = (totalItems: number): string =>
      JSON.stringify({ results, metadata: { itemsPerPage: 1, currentPage: 1, totalItems } });
    expect((await readParts(pageOf(2))).unread).toHaveLength(1);
    expect((await readParts(pageOf(1))).unread).toEqual([]);
  });
});

/** A file of many turns, by the form. */
const LONG: { [form: string]: (turns: number) => Json } = {
  retell: (turns) => ({
    ...fixture("retell-call.json"),
    transcript_with_tool_calls: repeat(turns, (at) => [
      { role: "user", content: "u", words: [{ word: "u", start: at, end: at + 0.2 }] },
      { role: "tool_call_invocation", tool_call_id: `t${at}`, name: "f", arguments: "{}" },
      { role: "tool_call_result", tool_call_id: `t${at}`, content: "r" },
      { role: "agent", content: "a", words: [{ word: "a", start: at + 0.5, end: at + 0.7 }] },
    ]),
  }),
  vapi: (turns) => ({
    ...fixture("vapi-call.json"),
    artifact: {
      messages: repeat(turns, (at) => [
        { role: "user", message: "u", secondsFromStart: at },
        { role: "tool_calls", secondsFromStart: at, toolCalls: [{ id: `t${at}` }] },
        { role: "tool_call_result", toolCallId: `t${at}`, result: "r", secondsFromStart: at },
        { role: "bot", message: "a", secondsFromStart: at + 0.5 },
      ]),
    },
  }),
  elevenlabs: (turns) => ({
    ...fixture("elevenlabs-conversation.json"),
    transcript: repeat(turns, (at) => [
      { role: "user", message: "u", time_in_call_secs: at },
      {
        role: "agent",
        message: "a",
        interrupted: true,
        time_in_call_secs: at,
        tool_calls: [{ request_id: `t${at}`, tool_name: "f" }],
        tool_results: [{ request_id: `t${at}`, tool_name: "f", result_value: "r" }],
      },
    ]),
  }),
  deepgram: (turns) => ({
    metadata: { request_id: "r" },
    results: {
      channels: [0, 1].map((side) => ({
        alternatives: [
          {
            words: repeat(turns, (at) => [{ word: "w", start: at + side / 2, end: at + side / 2 }]),
          },
        ],
      })),
    },
  }),
  vcon: (turns) => ({
    ...fixture("vcon-call.json"),
    dialog: repeat(turns, (at) => {
      const start = new Date(1795891000000 + at * 1000).toISOString();
      return [
        { type: "text", start, parties: [0, 1], body: "u" },
        { type: "text", start, parties: [1, 0], body: "a" },
      ];
    }),
  }),
};

function repeat(turns: number, make: (at: number) => Json[]): Json[] {
  return Array.from({ length: turns }, (_, at) => make(at)).flat();
}

describe.each(Object.keys(LONG))("a call of %s with thousands of turns", (form) => {
  it("is read whole, and four times as many turns take at most about four times as long", async () => {
    const timesMs = new Map<number, number>();
    for (const turns of [1500, 6000]) {
      const bytes = Buffer.from(JSON.stringify(LONG[form]?.(turns)));
      for (let run = 0; run < 3; run += 1) {
        const before = process.cpuUsage();
        for await (const call of readCalls("long", bytes, SIDES)) {
          if ("problem" in call) throw new Error(call.problem);
          expect(call.conversation.conversation).toHaveLength(turns * 2);
        }
        const { user, system } = process.cpuUsage(before);
        timesMs.set(turns, Math.min(timesMs.get(turns) ?? Infinity, (user + system) / 1000));
      }
    }
    // A quadratic reader takes 16 times as long; the collector of garbage takes its share of both.
    expect((timesMs.get(6000) ?? 0) / (timesMs.get(1500) ?? 1)).toBeLessThan(9);
  });
});

it.each([
  [
    "retell-call.json",
    {
      transcript_object: null,
      transcript_with_tool_calls: null,
      scrubbed_transcript_with_tool_calls: null,
    },
  ],
  ["vapi-call.json", { artifact: null, messages: null }],
])("a plain transcript in %s may begin a line with any word and a colon", async (name, without) => {
  const words = ["User: Hello.", ...Object.getOwnPropertyNames(Object.prototype).map(lineOf)];
  const { conversation } = await read(name, { ...without, transcript: words.join("\n") });
  expect(conversation.conversation.map(({ role, content }) => ({ role, content }))).toEqual([
    { role: "user", content: words.join("\n").slice("User: ".length) },
  ]);
});

function lineOf(word: string): string {
  return `${word}: 5 items`;
}
