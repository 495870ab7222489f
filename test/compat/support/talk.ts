import { voice } from "@livekit/agents";
import { ScriptedSpeechToText, ScriptedTextToSpeech } from "../../livekit/support/fake-models.js";
import { type Call, type CallOptions, holdCall } from "./hold-call.js";
import type { Recorder } from "./recorder.js";

const { FakeLLM } = voice.testing;

type Reply = ConstructorParameters<typeof FakeLLM>[0] extends (infer R)[] | undefined ? R : never;
type Step = (call: Call) => unknown;

/** A call that goes on, with the STT that hears its caller. */
export interface HeldTalk {
  call: Call;
  stt: ScriptedSpeechToText;
}

/** A talk that is written down before it is held: who says what, and what is done in between. */
export interface Talk {
  /** The caller says this, and the agent's next message is heard out. */
  user(text: string): Talk;
  /** The LLM answers this to what the caller has said. @param source default: the TTS */
  agent(text: string, source?: string): Talk;
  /** What happens at this place. */
  meanwhile(step: Step): Talk;
  /** What a record of the talk says, as `said` of a call that was read back. */
  readonly said: string[][];
  /**
   * Holds a session with an STT, a TTS and an LLM that say these things.
   *
   * @param more what else the session has; `llm` adds answers to the LLM's
   */
  hold(recorder: Recorder, more?: CallOptions & { llm?: Reply[] }): Promise<HeldTalk>;
}

export function talk(): Talk {
  const steps: ((held: HeldTalk) => unknown)[] = [];
  const replies: Reply[] = [];
  const said: string[][] = [];
  let asked = "";
  const made: Talk = {
    said,
    user(text) {
      asked = text;
      said.push(["user", text, "earwig_stt"]);
      steps.push(({ call, stt }) => ask(call, stt, text));
      return made;
    },
    agent(text, source = "mouth_piece_tts") {
      replies.push({ input: asked, content: text });
      said.push(["agent", text, source, "full"]);
      return made;
    },
    meanwhile(step) {
      steps.push(({ call }) => step(call));
      return made;
    },
    async hold(recorder, { llm = [], session, ...options } = {}) {
      const stt = new ScriptedSpeechToText();
      const call = await holdCall(recorder, {
        ...options,
        session: {
          stt,
          tts: new ScriptedTextToSpeech(),
          llm: new FakeLLM([...replies, ...llm]),
          ...session,
        },
      });
      await stt.untilListening();
      for (const step of steps) await step({ call, stt });
      return { call, stt };
    },
  };
  return made;
}

/** The user says one thing, and the agent's next message is heard out. */
export async function ask(call: Call, stt: ScriptedSpeechToText, text: string): Promise<void> {
  await call.answerTo(() => stt.say(text));
}
