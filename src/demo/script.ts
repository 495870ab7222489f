import { findUtterance, type Utterance } from "./read-utterances.js";
import type { ScriptedReply } from "./stand-ins/choose-reply.js";

/** One utterance of the caller, and the language model's answer. */
export interface ScriptedTurn {
  utterance: Utterance;
  /**
   * When the caller begins.
   *
   * - `pause_s`: seconds after the agent has finished.
   * - `interruptAfter_s`: once this many seconds of the agent's reply to the previous turn were
   *   audible.
   */
  pause_s?: number;
  interruptAfter_s?: number;
  reply: Omit<ScriptedReply, "to">;
}

/** The pause that people leave between the end of a question and their answer. */
export const USUAL_PAUSE_S = 0.4;

/** A caller asks a parcel desk about an order, in English and Hindi, and interrupts once. */
export function tellParcelStory(): ScriptedTurn[] {
  return [
    {
      utterance: findUtterance("where-is-my-parcel"),
      reply: { say: "Of course. What are the four digits of your order number?" },
    },
    {
      utterance: findUtterance("order-number"),
      reply: {
        say: "Thank you, let me look that up for you.",
        tool: { name: "lookup_order", arguments: { order_number: "4271" } },
        sayAfterTool: "Your order {order_number} is {status}, expected {expected}.",
      },
    },
    {
      utterance: findUtterance("will-driver-call"),
      reply: { say: "जी हाँ, ड्राइवर पहुँचने से दस मिनट पहले आपको फ़ोन करेगा।" },
    },
    {
      utterance: findUtterance("nobody-home"),
      reply: {
        say:
          "The driver first tries your neighbours, and leaves you a card that says who has it. " +
          "If nobody there can take it, the parcel goes back to our counter, and we send you a message.",
      },
    },
    {
      utterance: findUtterance("how-long-kept"),
      interruptAfter_s: 2,
      reply: { say: "We keep it at the counter for seven days." },
    },
    {
      utterance: findUtterance("counter-hours"),
      pause_s: 2.5,
      reply: { say: "हमारा काउंटर सुबह नौ बजे से शाम सात बजे तक खुला रहता है। रविवार को छुट्टी रहती है।" },
    },
    {
      utterance: findUtterance("goodbye"),
      reply: { say: "Thank you for calling. नमस्ते, and have a good day." },
    },
  ];
}

/** The replies of a script, in the form for the language model's stand-in. */
export function listReplies(script: readonly ScriptedTurn[]): ScriptedReply[] {
  return script.map(({ utterance, reply }) => ({ to: utterance.text, ...reply }));
}
