import { llm, runWithJobContextAsync, voice } from "@livekit/agents";
import { ParticipantKind } from "@livekit/rtc-node";
import { z } from "zod";
import { type Observation, type ObserveOptions, observe } from "../../../src/livekit/index.js";
import { FakeRoom, createJob } from "../../compat/support/fake-room.js";
import { createOfflineSession } from "../../compat/support/hold-call.js";
import { ScriptedSpeechToText, ScriptedTextToSpeech } from "../../livekit/support/fake-models.js";
import type { Act } from "./acts.js";

/** Long texts are spoken in moments: what they cost is the question, not how they sound. */
const RATE = 50;
const SECONDS_PER_CHARACTER = 0.0005;
/** How long a session may take to answer, however busy the machine is. */
const PATIENCE_MS = 60_000;

const STILL_THERE = /still there (\d+)/;

/** Answers what it was told to answer, and tells that it is still there. */
class HostileLLM extends voice.testing.FakeLLM {
  reply = "";
  toolArguments: { [key: string]: unknown } | undefined;

  override lookup(input: string) {
    const [, count] = STILL_THERE.exec(input) ?? [];
    if (count !== undefined) return { input, content: `Here ${count}.` };
    const given = this.toolArguments;
    this.toolArguments = undefined;
    if (given !== undefined) {
      return { input, toolCalls: [{ name: "look_up", args: given }] };
    }
    return { input, content: this.reply };
  }
}

export interface HostileSession {
  /** Does one thing, and resolves when the session has answered a question after it. */
  act(act: Act): Promise<void>;
  close(): Promise<void>;
}

export interface HostileOptions {
  roomName: string;
  /** What the dispatch hands over. */
  metadata: string;
  /** Undefined for a session that nobody observes, to compare with. */
  observe: ObserveOptions | undefined;
}

export async function startHostileSession(options: HostileOptions): Promise<HostileSession> {
  const stt = new ScriptedSpeechToText();
  const model = new HostileLLM();
  const room = new FakeRoom(options.roomName);
  const job = createJob(room, { id: "AJ_1", agentName: "desk", metadata: options.metadata });
  let toolResult = "";
  const lookUp = llm.tool({
    name: "look_up",
    description: "Looks something up",
    parameters: z.looseObject({}),
    execute: () => Promise.resolve(toolResult),
  });
  const { session, close } = createOfflineSession({
    rate: RATE,
    session: {
      stt,
      tts: new ScriptedTextToSpeech({ secondsPerCharacter: SECONDS_PER_CHARACTER }),
      llm: model,
    },
  });
  let observation: Observation | undefined;
  await runWithJobContextAsync(job, async () => {
    if (options.observe !== undefined) observation = observe(session, options.observe);
    const agent = new voice.Agent({ instructions: "", tools: [lookUp] });
    await session.start({ agent, record: false, room: room.asRoom() });
  });
  await stt.untilListening();
  let questions = 0;

  const perform = (act: Act): void => {
    switch (act.kind) {
      case "hear":
        model.reply = act.reply;
        stt.say(act.text, { words: act.words });
        break;
      case "type":
        model.reply = act.reply;
        session.generateReply({ userInput: act.text });
        break;
      case "say":
        session.say(act.text);
        break;
      case "tool":
        model.toolArguments = act.args;
        toolResult = act.result;
        stt.say("look it up");
        break;
      case "join": {
        const kind = act.isTelephone ? ParticipantKind.SIP : ParticipantKind.STANDARD;
        const { identity, name, attributes } = act;
        const participant = room.join(identity, { kind, name, attributes });
        room.changeAttributes(participant, act.laterAttributes);
        if (act.leaves) room.leave(participant, 1);
        break;
      }
      case "annotate":
        observation?.annotate(act.type, act.data);
        observation?.setAttributes(act.data);
        break;
    }
  };

  return {
    async act(act) {
      perform(act);
      questions += 1;
      const answered = untilSaid(session, `Here ${questions}.`);
      stt.say(`are you still there ${questions}`);
      await answered;
    },
    close,
  };
}

/** Resolves when LiveKit has put these words of the agent into its chat. */
function untilSaid(session: voice.AgentSession, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new Error(`The session did not say "${text}" within ${PATIENCE_MS} ms`)),
      PATIENCE_MS,
    );
    const listen = ({ item }: voice.ConversationItemAddedEvent): void => {
      if (item.type !== "message" || item.role !== "assistant") return;
      // What is said may be cut off at once by what the user says next.
      if (!text.startsWith(item.textContent ?? "") || item.textContent === "") return;
      clearTimeout(timer);
      session.off(voice.AgentSessionEventTypes.ConversationItemAdded, listen);
      resolve();
    };
    session.on(voice.AgentSessionEventTypes.ConversationItemAdded, listen);
  });
}
