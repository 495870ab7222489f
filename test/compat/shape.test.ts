import { llm, runWithJobContextAsync, stt as hearing, voice, workflows } from "@livekit/agents";
import { ParticipantKind } from "@livekit/rtc-node";
import { expect, vi } from "vitest";
import { z } from "zod";
import { EstimatingLoudspeaker } from "../livekit/support/estimating-loudspeaker.js";
import {
  ScriptedSpeechToText,
  ScriptedTextToSpeech,
  SentenceTextToSpeech,
  SilentMicrophone,
} from "../livekit/support/fake-models.js";
import {
  RecordingSpeechToText,
  ScriptedVoiceActivity,
  SpareSpeechToText,
} from "./support/fake-services.js";
import { FakeRoom, type SentStream, createJob } from "./support/fake-room.js";
import { type Call, holdCall } from "./support/hold-call.js";
import { useRecorder } from "./support/recorder.js";
import { row } from "./support/row.js";
import { ask, talk } from "./support/talk.js";

const { FakeLLM } = voice.testing;
const recorder = useRecorder();

const NOTHING = z.object({});
/** An answer to speech is timed from there to its sound. */
const ANSWER = expect.arrayContaining(["speech_end", "llm_start", "tts_start", "playback_start"]);

/** The marks of an answer that waited for a tool, up to it and from its words on. */
const ASKED = [
  "speech_end",
  "transcript_final",
  "turn_committed",
  "tool_llm_start",
  "tool_llm_first_token",
];
const VOICED = ["tts_start", "tts_first_byte", "playback_start", "playback_end"];

function tool(name: string, execute: () => Promise<unknown>) {
  return llm.tool({ name, description: name, parameters: NOTHING, execute });
}

const calls = (input: string, name: string) => ({ input, toolCalls: [{ name, args: {} }] });

class Speaker extends voice.Agent {
  readonly #greeting: string;

  constructor(greeting: string, options: Partial<voice.AgentOptions<unknown>> = {}) {
    super({ instructions: "", ...options });
    this.#greeting = greeting;
  }

  override async onEnter(): Promise<void> {
    await this.session.say(this.#greeting);
  }
}

row(
  {
    id: "shape/handoff-chain",
    agent:
      "hands the caller on to a second agent and a third, which has an STT, TTS and LLM of its own",
    record:
      "each message with the agent that spoke and the service that served, and an event for each handoff and the tool that made it",
  },
  async () => {
    const stt = new ScriptedSpeechToText();
    const technicianEars = new ScriptedSpeechToText();
    const technician = new Speaker("Technician here.", {
      id: "technician",
      stt: technicianEars,
      tts: new SentenceTextToSpeech(),
      llm: new FakeLLM([{ input: "it is broken", content: "I will mend it." }]),
    });
    const billing = new Speaker("Billing here.", {
      id: "billing",
      tools: [tool("to_technician", async () => llm.handoff({ agent: technician }))],
    });
    const desk = new voice.Agent({
      id: "desk",
      instructions: "",
      tools: [tool("to_billing", async () => llm.handoff({ agent: billing }))],
    });
    const call = await holdCall(recorder, {
      agent: desk,
      session: {
        stt,
        tts: new ScriptedTextToSpeech(),
        llm: new FakeLLM([
          { input: "hello", content: "Desk here." },
          calls("billing please", "to_billing"),
          calls("a technician please", "to_technician"),
        ]),
      },
    });
    await stt.untilListening();
    await ask(call, stt, "hello");
    await ask(call, stt, "billing please");
    await ask(call, stt, "a technician please");
    await technicianEars.untilListening();
    await ask(call, technicianEars, "it is broken");
    const { said, events, record, marks, unspoken } = await call.finish();
    expect(said).toEqual([
      ["user", "hello", "earwig_stt"],
      ["agent", "Desk here.", "mouth_piece_tts", "full"],
      ["user", "billing please", "earwig_stt"],
      ["agent", "Billing here.", "mouth_piece_tts", "full"],
      ["user", "a technician please", "earwig_stt"],
      ["agent", "Technician here.", "parrot_tts", "full"],
      ["user", "it is broken", "earwig_stt"],
      ["agent", "I will mend it.", "parrot_tts", "full"],
    ]);
    expect(unspoken).toEqual([]);
    expect(
      record.conversation.flatMap((message) => (message.role === "agent" ? [message.agent] : [])),
    ).toEqual(["desk", "billing", "technician", "technician"]);
    expect(
      events.map(([type, data]) => [type, data["name"] ?? [data["from"], data["to"]]]),
    ).toEqual([
      ["tool_call", "to_billing"],
      ["agent_handoff", ["desk", "billing"]],
      ["tool_call", "to_technician"],
      ["agent_handoff", ["billing", "technician"]],
    ]);
    expect([marks[0], marks[3]]).toEqual([ANSWER, ANSWER]);
    expect(record.session.agent).toBe("desk");
  },
);

/** A task that asks for a name and is done when it is told. */
class NameTask extends voice.AgentTask<string> {
  constructor(id: string, question: string) {
    super({
      id,
      instructions: "",
      tools: [
        llm.tool({
          name: `save_${id}`,
          description: "Keeps it",
          parameters: NOTHING,
          execute: async () => {
            this.complete(id);
          },
        }),
      ],
    });
    this.question = question;
  }
  readonly question: string;

  override async onEnter(): Promise<void> {
    await this.session.say(this.question);
  }
}

row(
  {
    id: "shape/handoff-last-words",
    agent:
      "hands over and answers once more before the next agent enters, as where a tool gives `llm.handoff({ agent, returns })`",
    record: "that answer under the `agent` that gives it",
  },
  async () => {
    const stt = new ScriptedSpeechToText();
    const billing = new Speaker("Billing here.", { id: "billing" });
    const desk = new voice.Agent({
      id: "desk",
      instructions: "",
      tools: [
        tool("to_billing", async () => llm.handoff({ agent: billing, returns: "they listen" })),
      ],
    });
    const call = await holdCall(recorder, {
      agent: desk,
      session: {
        stt,
        tts: new ScriptedTextToSpeech(),
        llm: new FakeLLM([
          calls("billing please", "to_billing"),
          { input: '"they listen"', content: "I pass you on." },
        ]),
      },
    });
    await stt.untilListening();
    const entered = call.next<voice.ConversationItemAddedEvent>(
      "conversation_item_added",
      ({ item }) => item.type === "message" && item.textContent === "Billing here.",
    );
    await ask(call, stt, "billing please");
    await entered;
    const { record, unspoken } = await call.finish();
    expect(
      record.conversation.flatMap((message) =>
        message.role === "agent" ? [[message.content, message.agent]] : [],
      ),
    ).toEqual([
      ["I pass you on.", "desk"],
      ["Billing here.", "billing"],
    ]);
    expect(unspoken).toEqual([]);
  },
);

row(
  {
    id: "shape/agent-task",
    agent: "awaits an `AgentTask` in a tool",
    record:
      "the task's question as any other message, what is said after the task as the answer to the last words in it, and the handoffs there and back",
    runsAlone: true,
  },
  async () => {
    const stt = new ScriptedSpeechToText();
    const desk = new voice.Agent({
      id: "desk",
      instructions: "",
      tools: [
        tool("register", async () => {
          const found = await new NameTask("name", "What is your name?").run();
          return `has ${found}`;
        }),
      ],
    });
    const call = await holdCall(recorder, {
      agent: desk,
      session: {
        stt,
        tts: new ScriptedTextToSpeech(),
        llm: new FakeLLM([
          calls("register me", "register"),
          calls("I am Kim", "save_name"),
          { input: '"has name"', content: "Welcome." },
        ]),
      },
    });
    await stt.untilListening();
    await ask(call, stt, "register me");
    await ask(call, stt, "I am Kim");
    const { said, events, record } = await call.finish();
    expect(said).toEqual([
      ["user", "register me", "earwig_stt"],
      ["agent", "What is your name?", "mouth_piece_tts", "full"],
      ["user", "I am Kim", "earwig_stt"],
      ["agent", "Welcome.", "mouth_piece_tts", "full"],
    ]);
    expect(
      record.conversation.flatMap((message) => (message.role === "agent" ? [message.agent] : [])),
    ).toEqual(["name", "desk"]);
    // What the task leads to is what the user waited for who spoke last.
    expect(record.conversation.map(({ turn_id }) => turn_id)).toEqual(["t_1", "t_1", "t_2", "t_2"]);
    const [question, welcome] = record.conversation.flatMap((message) =>
      message.role === "agent" ? [message.latency] : [],
    );
    expect(question?.e2e_s).toBeGreaterThan(0);
    expect(Object.keys(question?.marks ?? {})).toEqual([...ASKED, "tool_start", ...VOICED]);
    expect(welcome?.e2e_s).toBeGreaterThan(0);
    expect(Object.keys(welcome?.marks ?? {})).toEqual([
      ...ASKED,
      "tool_start",
      "tool_end",
      "llm_start",
      "llm_first_token",
      ...VOICED,
    ]);
    expect(record.metrics.e2e_s).toMatchObject({ n: 2 });
    expect(events.map(([type, data]) => data["name"] ?? [type, data["from"], data["to"]])).toEqual([
      "register",
      ["agent_handoff", "desk", "name"],
      "save_name",
      ["agent_handoff", "name", "desk"],
    ]);
  },
);

row(
  {
    id: "shape/task-group",
    agent: "runs a `workflows.TaskGroup`",
    record: "each question and answer once, in order",
  },
  async () => {
    const stt = new ScriptedSpeechToText();
    let results: unknown;
    const desk = new voice.Agent({
      id: "desk",
      instructions: "",
      tools: [
        tool("onboard", async () => {
          const group = new workflows.TaskGroup({ summarizeChatCtx: false });
          group.add(() => new NameTask("name", "What is your name?"), {
            id: "name_task",
            description: "",
          });
          group.add(() => new NameTask("email", "And your address?"), {
            id: "email_task",
            description: "",
          });
          results = (await group.run()).taskResults;
          return "done";
        }),
      ],
    });
    const call = await holdCall(recorder, {
      agent: desk,
      session: {
        stt,
        tts: new ScriptedTextToSpeech(),
        llm: new FakeLLM([
          calls("begin", "onboard"),
          calls("I am Kim", "save_name"),
          calls("kim at example", "save_email"),
          { input: '"done"', content: "You are in." },
        ]),
      },
    });
    await stt.untilListening();
    await ask(call, stt, "begin");
    await ask(call, stt, "I am Kim");
    await ask(call, stt, "kim at example");
    const { said, record } = await call.finish();
    expect(results).toEqual({ name_task: "name", email_task: "email" });
    expect(said).toEqual([
      ["user", "begin", "earwig_stt"],
      ["agent", "What is your name?", "mouth_piece_tts", "full"],
      ["user", "I am Kim", "earwig_stt"],
      ["agent", "And your address?", "mouth_piece_tts", "full"],
      ["user", "kim at example", "earwig_stt"],
      ["agent", "You are in.", "mouth_piece_tts", "full"],
    ]);
    expect(
      record.conversation.flatMap((message) => (message.role === "agent" ? [message.agent] : [])),
    ).toEqual(["name", "email", "desk"]);
  },
);

row(
  {
    id: "shape/async-tool",
    agent: "has a tool that reports by `ctx.update()` while the caller talks on",
    record: "the tool's updates and its result where they are spoken",
  },
  async () => {
    const stt = new ScriptedSpeechToText();
    let finish: () => void = () => undefined;
    const finished = new Promise<void>((resolve) => (finish = resolve));
    const book = llm.tool({
      name: "book",
      description: "Books a flight",
      parameters: NOTHING,
      execute: async (_args, { ctx }) => {
        await ctx.update("Searching.");
        await finished;
        return "Booked.";
      },
    });
    /** Says what the last thing in its chat was, which FakeLLM cannot for updates. */
    const call = await holdCall(recorder, {
      agent: new voice.Agent({ id: "desk", instructions: "", tools: [book] }),
      session: { stt, tts: new ScriptedTextToSpeech(), llm: new LastLineLLM() },
    });
    await stt.untilListening();
    await ask(call, stt, "book it");
    await ask(call, stt, "how are you");
    await call.answerTo(() => finish());
    const { said, events } = await call.finish();
    expect(said).toEqual([
      ["user", "book it", "earwig_stt"],
      ["agent", "Searching now.", "mouth_piece_tts", "full"],
      ["user", "how are you", "earwig_stt"],
      ["agent", "Well, thank you.", "mouth_piece_tts", "full"],
      ["agent", "It is booked.", "mouth_piece_tts", "full"],
    ]);
    expect(events[0]).toEqual(["tool_call", expect.objectContaining({ name: "book" })]);
  },
);

/** Answers by what its chat ends with. */
class LastLineLLM extends FakeLLM {
  override chat(options: Parameters<llm.LLM["chat"]>[0]): llm.LLMStream {
    const text = JSON.stringify(options.chatCtx.items.at(-1));
    const found = [
      { holds: "Booked.", content: "It is booked." },
      { holds: "Searching.", content: "Searching now." },
      { holds: "how are you", content: "Well, thank you." },
    ].find(({ holds }) => text.includes(holds));
    const copy = options.chatCtx.copy();
    copy.addMessage({ role: "user", content: found === undefined ? "book it" : found.content });
    return new FakeLLM([
      calls("book it", "book"),
      ...(found === undefined ? [] : [{ input: found.content, content: found.content }]),
    ]).chat({ ...options, chatCtx: copy });
  }
}

row(
  {
    id: "shape/text-only",
    agent: "has no sound at all: typed input, shown output",
    record: "`text_input` and `text_output`",
  },
  async () => {
    const call = await holdCall(recorder, {
      loudspeaker: null,
      session: { llm: new FakeLLM([{ input: "hello", content: "Hi there." }]) },
    });
    call.session.input.audio = null;
    await call.answerTo(() => call.session.generateReply({ userInput: "hello" }));
    const { said, marks, events } = await call.finish();
    expect(said).toEqual([
      ["user", "hello", "text_input"],
      ["agent", "Hi there.", "text_output", "full"],
    ]);
    expect(marks).toEqual([[]]);
    expect(events).toEqual([]);
  },
);

row(
  {
    id: "shape/text-in-room",
    agent: "has an audio output, as every session in a room has by default, and no TTS",
    record: "`text_output`, and no synthesis",
  },
  async () => {
    const call = await holdCall(recorder, {
      session: {
        llm: new FakeLLM([
          { input: "hello", content: "Hi there." },
          { input: "goodbye", content: "See you." },
        ]),
      },
    });
    for (const userInput of ["hello", "goodbye"]) {
      await call.answerTo(() => call.session.generateReply({ userInput }));
    }
    const { said, marks, unspoken } = await call.finish();
    expect(said).toEqual([
      ["user", "hello", "text_input"],
      ["agent", "Hi there.", "text_output", "full"],
      ["user", "goodbye", "text_input"],
      ["agent", "See you.", "text_output", "full"],
    ]);
    expect(marks).toEqual([[], []]);
    expect(unspoken).toEqual([]);
  },
);

row(
  {
    id: "shape/audio-in-text-out",
    agent: "hears, and shows its answers, though it has a TTS",
    record: "`text_output`, and no synthesis",
  },
  async () => {
    const spoken = talk().user("hello").agent("Hi there.", "text_output");
    const { call } = await spoken.hold(recorder, { loudspeaker: null });
    const { said, unspoken } = await call.finish();
    expect(said).toEqual(spoken.said);
    expect(unspoken).toEqual([]);
  },
);

row(
  {
    id: "shape/audio-switched-off",
    agent: "calls `output.setAudioEnabled(false)`, and switches it on again",
    record: "`text_output` in between",
  },
  async () => {
    const spoken = talk()
      .user("hello")
      .agent("Hi there.")
      .meanwhile(({ session }) => session.output.setAudioEnabled(false))
      .user("quietly please")
      .agent("As you like.", "text_output")
      .meanwhile(({ session }) => session.output.setAudioEnabled(true))
      .user("louder please")
      .agent("Here I am.");
    const { call } = await spoken.hold(recorder);
    const { said, unspoken } = await call.finish();
    expect(said).toEqual(spoken.said);
    expect(unspoken).toEqual([]);
  },
);

row(
  {
    id: "shape/output-taken-away",
    agent: "sets `output.audio = null` during a call, and puts it back",
    record: "`text_output` in between",
  },
  async () => {
    const takeAway = ({ session }: Call) => (session.output.audio = null);
    const spoken = talk()
      .user("hello")
      .agent("Hi there.")
      .meanwhile(takeAway)
      .user("quietly please")
      .agent("As you like.", "text_output")
      .meanwhile(({ session, loudspeaker }) => (session.output.audio = loudspeaker))
      .user("louder please")
      .agent("Here I am.")
      .meanwhile(takeAway)
      .user("and quiet again")
      .agent("Goodbye.", "text_output");
    const { call } = await spoken.hold(recorder);
    const { said, unspoken } = await call.finish();
    expect(said).toEqual(spoken.said);
    expect(unspoken).toEqual([]);
  },
);

row(
  {
    id: "shape/restart",
    agent: "starts the same session again after its close",
    record: "another conversation, in a file of its own",
  },
  async () => {
    const call = await holdCall(recorder, {
      session: { stt: new ScriptedSpeechToText(), tts: new ScriptedTextToSpeech() },
      observe: { attributes: { tenant: "north" } },
    });
    await call.session.say("The first.").waitForPlayout();
    call.observation.setAttributes({ order: 1 });
    const first = await call.finish();
    call.observation.setAttributes({ order_count: 2 });
    const loudspeaker = new EstimatingLoudspeaker({ rate: 8 });
    call.session.input.audio = new SilentMicrophone();
    call.session.output.audio = loudspeaker;
    await call.session.start({ agent: new voice.Agent({ instructions: "" }), record: false });
    await call.session.say("The second.").waitForPlayout();
    const second = await call.finish();
    loudspeaker.close();
    expect(first.said).toEqual([["agent", "The first.", "mouth_piece_tts", "full"]]);
    expect(second.said).toEqual([["agent", "The second.", "mouth_piece_tts", "full"]]);
    expect(second.record.session.id).not.toBe(first.record.session.id);
    expect(
      [first, second].map(({ record }) => [record.session.status, record.session.attributes]),
    ).toEqual([
      ["complete", { tenant: "north", order: 1 }],
      ["complete", { tenant: "north", order_count: 2 }],
    ]);
    expect(second.record.conversation[0]?.id).toBe("m_1");
  },
);

row(
  {
    id: "shape/several-sessions",
    agent: "holds two sessions in one job, with shared models",
    record: "a file for each, with its own words",
  },
  async () => {
    const shared = {
      stt: new ScriptedSpeechToText(),
      tts: new ScriptedTextToSpeech(),
      llm: new FakeLLM([{ input: "to the first", content: "From the first." }]),
    };
    const room = new FakeRoom();
    const [first, second] = await runWithJobContextAsync(createJob(room, { id: "AJ_2" }), () =>
      Promise.all([
        holdCall(recorder, { session: shared }),
        holdCall(recorder, { session: { tts: shared.tts } }),
      ]),
    );
    if (first === undefined || second === undefined) throw new Error("there are two sessions");
    await shared.stt.untilListening();
    await Promise.all([
      ask(first, shared.stt, "to the first"),
      second.session.say("From the second.").waitForPlayout(),
    ]);
    const backs = [await first.finish(), await second.finish()];
    expect(backs.map(({ said }) => said)).toEqual([
      [
        ["user", "to the first", "earwig_stt"],
        ["agent", "From the first.", "mouth_piece_tts", "full"],
      ],
      [["agent", "From the second.", "mouth_piece_tts", "full"]],
    ]);
    expect(backs.map(({ record }) => record.session.job)).toEqual(["AJ_2", "AJ_2"]);
  },
);

row(
  {
    id: "shape/models-shared",
    agent:
      "has an STT and a TTS that other sessions use at the same time, behind a `FallbackAdapter` or not, and that fail for them",
    record: "nothing of what the others hear and say, and none of their failures",
  },
  async () => {
    const ears = new ScriptedSpeechToText();
    const speech = new ScriptedTextToSpeech();
    const hold = (model: hearing.STT) =>
      holdCall(recorder, { session: { stt: model, tts: speech, llm: new FakeLLM() } });
    const fallback = () =>
      new hearing.FallbackAdapter({
        sttInstances: [ears, new SpareSpeechToText()],
        maxRetryPerSTT: 0,
      });
    const quiet = await hold(ears);
    await ears.untilListening(1);

    const other = await hold(fallback());
    await ears.untilListening(2);
    const failed = other.next("error");
    speech.options.failAfterS = 0;
    other.session.say("Words that fail.");
    await failed;
    const heard = other.next("user_input_transcribed");
    ears.say("the words of another caller");
    await heard;
    const brokeDown = new Promise<void>((resolve) => ears.once("error", () => resolve()));
    ears.breakDown("the line to the provider broke");
    await brokeDown;

    // One that nobody observes.
    const unseen = new voice.AgentSession({
      stt: fallback(),
      vad: null,
      turnHandling: { turnDetection: "stt" },
    });
    unseen.input.audio = new SilentMicrophone();
    await unseen.start({ agent: new voice.Agent({ instructions: "" }), record: false });
    // The third one is the other session's, which asks again whether it hears.
    await ears.untilListening(4);
    const overheard = new Promise<void>((resolve) =>
      unseen.on(voice.AgentSessionEventTypes.UserInputTranscribed, () => resolve()),
    );
    ears.say("words that nobody records");
    await overheard;
    await unseen.close();

    const { said, unspoken } = await other.finish();
    expect(said).toEqual([["user", "the words of another caller", "earwig_stt"]]);
    expect(unspoken).toEqual([["Words that fail.", "mouth_piece_tts", "failed"]]);
    const back = await quiet.finish();
    expect([back.said, back.unspoken, back.events]).toEqual([[], [], []]);
  },
);

row(
  {
    id: "shape/session-within",
    agent:
      "starts a session that nobody observes in a tool, with the models of the call, as `workflows.WarmTransferTask` does to brief a colleague",
    record:
      "nothing of that session. To record a `WarmTransferTask`'s briefing is not possible: LiveKit makes the session where nobody can get at it, `agents/src/workflows/warm_transfer.ts:513`",
  },
  async () => {
    const stt = new ScriptedSpeechToText();
    const tts = new ScriptedTextToSpeech();
    let told: (() => void) | undefined;
    const consult = tool("consult", async () => {
      // LiveKit's own WarmTransferTask does this, with the models of the call.
      const inner = new voice.AgentSession({
        stt: innerEars,
        tts,
        vad: null,
        turnHandling: { turnDetection: "stt", endpointing: { minDelay: 0, maxDelay: 0 } },
      });
      const loudspeaker = new EstimatingLoudspeaker({ rate: 8 });
      inner.input.audio = new SilentMicrophone();
      inner.output.audio = loudspeaker;
      await inner.start({
        agent: new voice.Agent({ instructions: "", llm: nothing }),
        record: false,
      });
      await innerEars.untilListening();
      const heard = new Promise<void>((resolve) => (told = resolve));
      inner.on(voice.AgentSessionEventTypes.UserInputTranscribed, () => told?.());
      innerEars.say("who is it");
      await heard;
      await inner.say("A caller for you.").waitForPlayout();
      await inner.close();
      loudspeaker.close();
      return "They are busy.";
    });
    // One that the call had before, so that it is followed.
    const innerEars = stt;
    const nothing = new FakeLLM();
    const call = await holdCall(recorder, {
      agent: new voice.Agent({ instructions: "", tools: [consult] }),
      session: {
        stt,
        tts,
        llm: new FakeLLM([
          calls("get me somebody", "consult"),
          { input: '"They are busy."', content: "Nobody is free." },
        ]),
      },
    });
    await stt.untilListening();
    await ask(call, stt, "get me somebody");
    const { said, unspoken } = await call.finish();
    expect(said).toEqual([
      ["user", "get me somebody", "earwig_stt"],
      ["agent", "Nobody is free.", "mouth_piece_tts", "full"],
    ]);
    expect(unspoken).toEqual([]);
  },
);

row(
  {
    id: "shape/session-beside",
    agent: "shares models that do not stream with a session in the process that nobody observes",
    record: "nothing of that session",
  },
  async () => {
    const ears = new RecordingSpeechToText();
    const speech = new SentenceTextToSpeech();
    const activity = new ScriptedVoiceActivity();
    const call = await holdCall(recorder, {
      session: {
        stt: ears,
        tts: speech,
        vad: activity,
        llm: new FakeLLM([{ input: "hello", content: "Hi." }]),
        turnHandling: { turnDetection: "vad", endpointing: { minDelay: 0, maxDelay: 0 } },
      },
    });
    const otherActivity = new ScriptedVoiceActivity();
    const other = new voice.AgentSession({
      stt: ears,
      tts: speech,
      vad: otherActivity,
      turnHandling: { turnDetection: "vad", endpointing: { minDelay: 0, maxDelay: 0 } },
      // LiveKit's default ones would tell it apart already.
      connOptions: { ttsConnOptions: { maxRetry: 1 } },
    });
    const loudspeaker = new EstimatingLoudspeaker({ rate: 8 });
    other.input.audio = new SilentMicrophone();
    other.output.audio = loudspeaker;
    await other.start({ agent: new voice.Agent({ instructions: "" }), record: false });
    await other.say("A word with another caller.").waitForPlayout();
    const heard = new Promise<void>((resolve) =>
      other.on(voice.AgentSessionEventTypes.UserInputTranscribed, () => resolve()),
    );
    ears.willHear("the words of another caller");
    otherActivity.start();
    otherActivity.end();
    await heard;
    await other.close();
    loudspeaker.close();

    await call.answerTo(() => {
      ears.willHear("hello");
      activity.start();
      activity.end();
    });
    const { said, unspoken } = await call.finish();
    expect(said).toEqual([
      ["user", "hello", "dicta_phone_stt"],
      ["agent", "Hi.", "parrot_tts", "full"],
    ]);
    expect(unspoken).toEqual([]);
  },
);

/** An avatar's worker: plays what it is sent on a clock, and tells the agent how far it got. */
function playAvatar(room: FakeRoom, rate: number) {
  const BYTES_PER_SECOND = 24_000 * 2;
  let current: { stream: SentStream; startedMs: number } | undefined;
  let timer: NodeJS.Timeout | undefined;
  const heardS = () =>
    current === undefined ? 0 : ((Date.now() - current.startedMs) / 1000) * rate;

  function finish(interrupted: boolean): void {
    if (current === undefined) return;
    const totalS = current.stream.bytes / BYTES_PER_SECOND;
    const playback_position = Math.min(heardS(), totalS);
    clearTimeout(timer);
    current = undefined;
    void room.call("avatar", "lk.playback_finished", {
      playback_position,
      interrupted,
      synchronized_transcript: null,
    });
  }
  room.onBytes = (stream) => {
    current ??= { stream, startedMs: Date.now() };
    if (!stream.isClosed) return;
    const leftS = stream.bytes / BYTES_PER_SECOND - heardS();
    timer = setTimeout(() => finish(false), (leftS / rate) * 1000);
  };
  room.onRpc = (method) => (method === "lk.clear_buffer" ? finish(true) : undefined);
  return { heardS };
}

row(
  {
    id: "shape/avatar",
    agent: "has an avatar behind a `DataStreamAudioOutput`",
    record:
      "what the avatar's worker says was heard, also when it is cut off, and the avatar among the `participants`",
  },
  async () => {
    const room = new FakeRoom();
    room.join("caller");
    room.join("avatar", { kind: ParticipantKind.AGENT });
    const avatar = playAvatar(room, 4);
    const stt = new ScriptedSpeechToText();
    const call = await holdCall(recorder, {
      output: new voice.DataStreamAudioOutput({
        room: room.asRoom(),
        destinationIdentity: "avatar",
        sampleRate: 24_000,
      }),
      session: {
        stt,
        tts: new ScriptedTextToSpeech(),
        llm: new FakeLLM([
          { input: "hello", content: "Hello to you." },
          { input: "and then", content: "one two three four five six seven eight nine ten" },
        ]),
      },
      start: { room: room.asRoom(), outputOptions: { audioEnabled: false } },
    });
    await stt.untilListening();
    await ask(call, stt, "hello");
    const begun = call.next<voice.AgentStateChangedEvent>(
      "agent_state_changed",
      ({ newState }) => newState === "speaking",
    );
    stt.say("and then");
    await begun;
    await vi.waitUntil(() => avatar.heardS() > 0.9);
    await call.session.interrupt({ force: true }).await;
    const { said, record, marks } = await call.finish();
    expect(said.slice(0, 3)).toEqual([
      ["user", "hello", "earwig_stt"],
      ["agent", "Hello to you.", "mouth_piece_tts", "full"],
      ["user", "and then", "earwig_stt"],
    ]);
    expect(record.conversation[3]).toMatchObject({
      delivery: "partial",
      content: expect.stringMatching(/^one two three four( five| five six)?$/),
      generated: "one two three four five six seven eight nine ten",
      heard_by: "word_times",
    });
    expect(marks).toEqual([ANSWER, ANSWER]);
    expect(record.session.participants?.map(({ identity, kind }) => [identity, kind])).toEqual([
      ["caller", "standard"],
      ["avatar", "agent"],
    ]);
  },
);

row(
  {
    id: "shape/avatar-queue",
    agent: "has an avatar behind a `QueueAudioOutput`",
    record: "what the avatar says was heard, also when it is cut off",
  },
  async () => {
    const output = new voice.QueueAudioOutput(24_000);
    const call = await holdCall(recorder, { session: { tts: new ScriptedTextToSpeech() }, output });
    const saying = call.session.say("one two three four five");
    const reader = output.stream().getReader();
    let playedS = 0;
    let isStarted = false;
    for (;;) {
      const { value } = await reader.read();
      if (value === undefined || value instanceof voice.AudioSegmentEnd) break;
      if (!isStarted) output.notifyPlaybackStarted();
      isStarted = true;
      playedS += value.samplesPerChannel / value.sampleRate;
    }
    output.notifyPlaybackFinished(playedS, false);
    await saying.waitForPlayout();
    reader.releaseLock();
    const { said } = await call.finish();
    expect(said).toEqual([["agent", "one two three four five", "mouth_piece_tts", "full"]]);
  },
);

/** The console of LiveKit's command line: takes sound, and says when it was played. */
class FakeConsole extends voice.SessionTransport {
  onFlush: (() => void) | undefined;

  override async sendMessage({
    message,
  }: Parameters<voice.SessionTransport["sendMessage"]>[0]): Promise<void> {
    if (message.case === "audioPlaybackFlush") this.onFlush?.();
  }
  override close(): Promise<void> {
    return Promise.resolve();
  }
  override async *[Symbol.asyncIterator]() {}
}

row(
  {
    id: "shape/console",
    agent: "runs in the `console` of LiveKit's command line",
    record: "the conversation as anywhere, with the console's times of when sound was played",
    runsAlone: true,
  },
  async () => {
    const transport = new FakeConsole();
    const output = new voice.TcpAudioOutput(transport);
    transport.onFlush = () => setTimeout(() => output.notifyPlayoutFinished(), 10);
    const terminal = voice.AgentsConsole.getInstance();
    Object.assign(terminal, {
      enabled: true,
      transport,
      audioInput: new SilentMicrophone(),
      audioOutput: output,
    });
    try {
      const spoken = talk().user("hello").agent("Hi there.");
      const { call } = await spoken.hold(recorder, { loudspeaker: null });
      const { said, marks } = await call.finish();
      expect(said).toEqual(spoken.said);
      expect(marks).toEqual([ANSWER]);
    } finally {
      terminal.enabled = false;
    }
  },
);
