import { type Attributes, ROOT_CONTEXT, trace } from "@opentelemetry/api";
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from "@opentelemetry/sdk-trace-base";
import { describe, expect, it } from "vitest";
import {
  ATTR,
  type Forwarder,
  RECORD,
  createMemoryForwarder,
  createOtlpSender,
  nameByWords,
  putWordsInNames,
} from "../../../otel/index.js";
import { startOtlpReceiver } from "../../support/otlp-receiver.js";

/** A span as the SDK makes it, with a parent, an event and a link. */
function makeSpan(name: string, attributes: Attributes): ReadableSpan {
  const exporter = new InMemorySpanExporter();
  const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
  const parent = {
    traceId: "0af7651916cd43dd8448eb211c80319c",
    spanId: "b7ad6b7169203331",
    traceFlags: 1,
  };
  const span = provider
    .getTracer("test")
    .startSpan(
      name,
      { attributes, links: [{ context: parent }] },
      trace.setSpanContext(ROOT_CONTEXT, parent),
    );
  span.addEvent("noted", { at: 1 }).end();
  return exporter.getFinishedSpans()[0]!;
}

function nameOf(content: string, role = "user"): string {
  return nameByWords(
    makeSpan("speech_to_text nova-3", {
      [ATTR.record]: RECORD.message,
      [ATTR.role]: role,
      [ATTR.content]: content,
    }),
  ).name;
}

describe("nameByWords()", () => {
  it("names a message by who said it and its words", () => {
    expect(nameOf("Yes, the number is 4271.")).toBe("user: Yes, the number is 4271.");
    expect(nameOf("Of course.", "agent")).toBe("agent: Of course.");
  });

  it("cuts behind a whole word, within 40 characters", () => {
    expect(
      nameOf("Your order 4271 is out for delivery, expected today between two and four."),
    ).toBe("user: Your order 4271 is out for delivery,…");
    const exact = "a".repeat(20) + " " + "b".repeat(19);
    expect(nameOf(exact)).toBe(`user: ${exact}`);
    expect(nameOf(`${exact} c`)).toBe(`user: ${exact}…`);
    expect(nameOf(`${exact}b`)).toBe(`user: ${"a".repeat(20)}…`);
  });

  it("counts characters as people do, and splits none", () => {
    expect(nameOf("ठीक है, काउंटर कब तक खुला रहता है? और रविवार को भी खुला रहता है?")).toBe(
      "user: ठीक है, काउंटर कब तक खुला रहता है? और रविवार को भी…",
    );
    expect(nameOf("👩‍👩‍👧‍👦".repeat(30))).toBe(`user: ${"👩‍👩‍👧‍👦".repeat(30)}`);
    expect(nameOf("配".repeat(50))).toBe(`user: ${"配".repeat(40)}…`);
    for (const giant of ["👩‍👩‍👧‍👦".repeat(60), "x" + "😀".repeat(300), "e" + "\u0301".repeat(5000)]) {
      const name = nameOf(giant);
      expect(name.length).toBeLessThan(500);
      expect(name).toMatch(/^user: .*…$/u);
      expect(name).not.toMatch(/\p{Surrogate}/u);
    }
  });

  it("keeps the name on one line", () => {
    expect(nameOf("one\r\n\ttwo\u0000\u001b[31m three")).toBe("user: one two [31m three");
  });

  it("puts the words of LiveKit's turns behind their names, and the wait before the answer", () => {
    const userTurn = makeSpan("user_turn", { "lk.pii.user_transcript": "Hello" });
    expect(nameByWords(userTurn).name).toBe("user_turn: Hello");
    const answer = { "lk.pii.response.text": "Of course.", "lk.e2e_latency": 0.8836 };
    expect(nameByWords(makeSpan("agent_turn", answer)).name).toBe(
      "agent_turn after 0.88 s: Of course.",
    );
    const unasked = { "lk.pii.response.text": "Hello, this is the parcel desk." };
    expect(nameByWords(makeSpan("agent_turn", unasked)).name).toBe(
      "agent_turn: Hello, this is the parcel desk.",
    );
  });

  it("gives back as it is what has no words, or is not ours to name", () => {
    const spans = [
      makeSpan("playout", { [ATTR.record]: RECORD.playout, [ATTR.heard]: "Of course" }),
      makeSpan("speech_to_text", { [ATTR.record]: RECORD.message, [ATTR.role]: "user" }),
      makeSpan("text_input", {
        [ATTR.record]: RECORD.message,
        [ATTR.role]: "user",
        [ATTR.content]: " \n ",
      }),
      makeSpan("agent_turn", { "lk.e2e_latency": 0.5 }),
      makeSpan("publish", { role: "leader", content: "Of course", source: "elsewhere" }),
    ];
    for (const span of spans) expect(nameByWords(span)).toBe(span);
  });

  it("changes the name and nothing else, and not the span that others see", () => {
    const span = makeSpan("text_to_speech sonic-3", {
      [ATTR.record]: RECORD.message,
      [ATTR.role]: "agent",
      [ATTR.content]: "Of course.",
    });
    const { name, spanContext, ...rest } = nameByWords(span);
    expect(name).toBe("agent: Of course.");
    expect(span.name).toBe("text_to_speech sonic-3");
    expect(spanContext()).toBe(span.spanContext());
    for (const [key, value] of Object.entries(rest)) {
      expect(value, key).toBe(span[key as keyof ReadableSpan]);
    }
  });
});

describe("putWordsInNames()", () => {
  it("leaves all but the names to the forwarder", async () => {
    const forwarded: string[] = [];
    const calls: string[] = [];
    const forwarder: Forwarder = {
      forward: (span) => void forwarded.push(span.name),
      flush: () => Promise.resolve(void calls.push("flush")),
      shutdown: () => Promise.resolve(void calls.push("shutdown")),
      state: () => "up",
    };
    const naming = putWordsInNames(forwarder);
    naming.forward(makeSpan("user_turn", { "lk.pii.user_transcript": "Hello" }));
    naming.forward(makeSpan("llm_node", {}));
    await naming.flush();
    await naming.shutdown();
    expect(forwarded).toEqual(["user_turn: Hello", "llm_node"]);
    expect(calls).toEqual(["flush", "shutdown"]);
    expect(naming.state()).toBe("up");
  });

  it("reaches an OTLP receiver whole: parent, attributes, times and all", async () => {
    const receiver = await startOtlpReceiver();
    const url = `${receiver.url}/v1/traces`;
    const forwarder = createMemoryForwarder({ sender: createOtlpSender(url, 2000), url });
    const span = makeSpan("agent_turn", { "lk.pii.response.text": "Of course." });
    forwarder.forward(span);
    putWordsInNames(forwarder).forward(span);
    await forwarder.shutdown();
    await receiver.stop();
    expect(receiver.refusals).toEqual([]);
    const [plain, named] = receiver.spans;
    expect(plain).toMatchObject({ name: "agent_turn", parentSpanId: "b7ad6b7169203331" });
    expect(named).toEqual({ ...plain, name: "agent_turn: Of course." });
  });
});
