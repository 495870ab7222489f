import type { BuiltInRuleName } from "../../src/insight/index.js";
import {
  type AgentMessage,
  type Conversation,
  type ConversationEvent,
  type JsonValue,
  type UnspokenMessage,
  type UserMessage,
  countWords,
  summarize,
  toTimestamp,
} from "../../src/record/index.js";
import { PHRASES, type Phrases } from "./call-phrases.js";
import { type Random, createRandom } from "./random.js";

/** What a rule is to find in a generated call. */
export interface Expected {
  rule: BuiltInRuleName;
  at_s: number;
}

export interface GeneratedCall {
  conversation: Conversation;
  language: string;
  /** What was put into it, and what follows from that. */
  expected: Expected[];
}

/** Every fault that can be put into an exchange or into a call. */
const FAULTS = [
  "slow_reply",
  "dead_air",
  "talked_over",
  "agent_cut_in",
  "cut_off",
  "backchannel_stop",
  "false_interruption",
  "unanswered",
  "lost_words",
  "transcription_timeout",
  "caller_repeats",
  "agent_repeats",
  "tool_error",
  "tool_says_error",
  "tool_slow",
  "tool_loop",
  "asked_for_human",
  "service_error",
  "service_switch",
  "noise",
  "clipped",
  "caller_gap",
  "voice_gap",
  "unsure",
  "monologue",
  "contradiction",
] as const;
type Fault = (typeof FAULTS)[number];

/** What lies just on the right side of a limit, or looks like a fault and is none. */
const DECOYS = [
  "nearly_slow",
  "nearly_dead_air",
  "short_cut_off",
  "short_turn_stop",
  "backchannel",
  "no_wish",
  "tool_null_error",
  "nearly_unsure",
  "quick_second_turn",
] as const;
type Decoy = (typeof DECOYS)[number];

const SESSION_FAULTS = [
  "slow_greeting",
  "hung_up_waiting",
  "recovered",
  "dropped",
  "pending",
] as const;

/**
 * Makes one call from a seed: an ordinary one with a few faults and a few things that look like
 * faults.
 *
 * @param heldOut takes the phrases that the rules were not tuned on
 */
export function generateCall(seed: number, heldOut: boolean): GeneratedCall {
  const random = createRandom(seed * 2 + (heldOut ? 1 : 0));
  const phrases = random.pick(PHRASES);
  const call = new CallBuilder(random, phrases, heldOut);
  const sessionFault = random.chance(0.35) ? random.pick(SESSION_FAULTS) : undefined;
  call.greet(sessionFault === "slow_greeting");
  const exchanges = 4 + random.below(4);
  for (let exchange = 0; exchange < exchanges; exchange += 1) {
    const draw = random.next();
    if (draw < 0.3) call.exchange(random.pick(FAULTS), undefined);
    else if (draw < 0.6) call.exchange(undefined, random.pick(DECOYS));
    else call.exchange(undefined, undefined);
  }
  return call.end(sessionFault);
}

interface SpokenByUser {
  id: string;
  endS: number;
  length_s: number;
}

/** Puts one exchange after another, each from where the last one fell silent. */
class CallBuilder {
  readonly #random: Random;
  readonly #phrases: Phrases;
  readonly #heldOut: boolean;
  readonly #startMs = 1_790_000_000_000;
  readonly #messages: (UserMessage | AgentMessage)[] = [];
  readonly #unspoken: UnspokenMessage[] = [];
  readonly #events: ConversationEvent[] = [];
  readonly #expected: Expected[] = [];
  readonly #userTexts: string[];
  readonly #agentTexts: string[];
  readonly #onceTold = new Set<string>();
  #turn = 0;
  #nowS = 0;
  /** The turn in which the question was asked last. */
  #questionTurn = -Infinity;

  constructor(random: Random, phrases: Phrases, heldOut: boolean) {
    this.#random = random;
    this.#phrases = phrases;
    this.#heldOut = heldOut;
    this.#userTexts = [...phrases.user];
    this.#agentTexts = [...phrases.agent];
  }

  greet(isSlow: boolean): void {
    this.#turn = 1;
    this.#nowS = isSlow ? this.#random.between(3.2, 9) : this.#random.between(0.4, 2.5);
    if (isSlow) this.#expect("slow_greeting", 0);
    this.#agent(this.#phrases.greeting, {});
  }

  exchange(fault: Fault | undefined, decoy: Decoy | undefined): void {
    const { between } = this.#random;
    this.#turn += 1;
    this.#nowS += between(0.5, 1.8);
    if (decoy === "nearly_dead_air") this.#nowS += 1;
    if (decoy === "backchannel") this.#backchannel();
    if (fault === "transcription_timeout")
      this.#event("transcription_timeout", { speech_s: 2.5 }, "lost_words");
    if (fault === "dead_air") {
      const silentFromS = this.#nowS;
      this.#nowS += between(3.2, 7);
      this.#expect("dead_air", this.#lastEndS(silentFromS));
    }
    let user = this.#user(this.#userText(fault, decoy), this.#userMore(fault, decoy));
    if (decoy === "quick_second_turn") {
      // The caller goes on before anybody could answer, in a turn of its own.
      this.#unspokenReply();
      this.#turn += 1;
      this.#nowS += between(0.4, 1.2);
      user = this.#user(this.#take(this.#userTexts), {});
    }
    if (fault === "unanswered") return this.#leaveUnanswered(user);
    this.#reply(fault, decoy, user);
  }

  end(fault: (typeof SESSION_FAULTS)[number] | undefined): GeneratedCall {
    const { between } = this.#random;
    let close_reason = "user_initiated";
    if (fault === "pending") this.#leavePending();
    if (fault === "hung_up_waiting") {
      this.#turn += 1;
      this.#nowS += between(0.5, 1.5);
      const user = this.#user(this.#take(this.#userTexts), {});
      this.#nowS += between(2.5, 9);
      this.#expect("unanswered", user.endS);
      this.#expect("hung_up_waiting", user.endS);
      close_reason = "participant_disconnected";
    } else this.#nowS += between(0.5, 1.5);
    const endS = this.#nowS;
    if (fault === "recovered" || fault === "dropped" || fault === "pending")
      this.#expect("record_incomplete", endS);
    const conversation: Conversation = {
      format: 2,
      conversation: this.#messages,
      unspoken: this.#unspoken,
      events: this.#events,
      session: {
        id: "generated",
        status: fault === "recovered" ? "recovered" : "complete",
        started_at: this.#at(0),
        ended_at: this.#at(endS),
        close_reason,
        agent: "water_desk",
        software: { talktrace: "0.1.0" },
      },
      metrics: {
        user_messages: 0,
        agent_messages: 0,
        interruptions: 0,
        user_speech_s: 0,
        agent_speech_s: 0,
      },
      integrity: { dropped: fault === "dropped" ? 2 : 0, damaged_lines: 0 },
    };
    conversation.metrics = summarize(conversation);
    return { conversation, language: this.#phrases.language, expected: this.#expected };
  }

  #reply(fault: Fault | undefined, decoy: Decoy | undefined, user: SpokenByUser): void {
    const { between } = this.#random;
    let wait_s = between(0.6, 1.5);
    if (fault === "slow_reply") {
      wait_s = between(2.1, 8);
      this.#expect("slow_reply", user.endS);
    }
    if (decoy === "nearly_slow") wait_s = between(1.7, 1.95);
    if (fault === "agent_cut_in") {
      const both_s = Math.min(between(0.5, 1), user.length_s / 2);
      this.#nowS = user.endS - both_s;
      this.#expect("agent_cut_in", this.#nowS);
      this.#agent(this.#take(this.#agentTexts), {});
      return;
    }
    this.#toolEvents(fault, decoy, user.endS);
    this.#nowS = user.endS + wait_s;
    const startS = this.#nowS;
    const latency = makeLatency(wait_s);
    if (fault === "cut_off" || fault === "talked_over" || fault === "backchannel_stop")
      return this.#interruptedReply(fault, latency);
    if (fault === "monologue") {
      this.#expect("monologue", startS);
      this.#agent(this.#phrases.agent.join(" "), { latency }, between(31, 45));
      return;
    }
    if (fault === "agent_repeats") return this.#askTwice(latency);
    if (fault === "contradiction") {
      this.#expect("contradiction", startS);
      this.#agent(this.#take(this.#agentTexts), { latency, delivery: "full", played_s: 60 });
      return;
    }
    if (fault === "voice_gap") {
      this.#agent(this.#take(this.#agentTexts), { latency });
      this.#lastAudio({ gaps: 1, gap_s: between(0.35, 1.2) }, "voice_gap", startS);
      return;
    }
    if (decoy === "short_cut_off" || decoy === "short_turn_stop")
      return this.#interruptedReply(decoy, latency);
    if (fault === "false_interruption") {
      this.#agent(this.#take(this.#agentTexts), { latency });
      this.#event(
        "false_interruption",
        { resumed: this.#random.chance(0.5) },
        "false_interruption",
      );
      return;
    }
    this.#agent(this.#take(this.#agentTexts), { latency });
    if (fault === "service_error")
      this.#event(
        "error",
        {
          kind: "tts_error",
          label: "cartesia.TTS",
          message: "connection closed",
          recoverable: this.#random.chance(0.5),
        },
        "service_error",
      );
    if (fault === "service_switch")
      this.#event("service_switch", { from: "cartesia_tts", to: "deepgram_tts" }, "service_switch");
  }

  /** The agent asks, and in the next turn asks again. */
  #askTwice(latency: NonNullable<AgentMessage["latency"]>): void {
    const startS = this.#nowS;
    this.#agent(this.#phrases.question, { latency });
    this.#turn += 1;
    this.#nowS += this.#random.between(0.5, 1.5);
    const next = this.#user(this.#take(this.#userTexts), {});
    this.#nowS = next.endS + 1;
    if (this.#turn - 1 - this.#questionTurn <= 6) this.#expect("agent_repeats", startS);
    this.#questionTurn = this.#turn;
    this.#expect("agent_repeats", this.#nowS);
    this.#agent(this.#phrases.question, { latency: makeLatency(1) });
  }

  /** A reply that the caller cuts off: by a turn, by a backchannel, or with next to nothing left. */
  #interruptedReply(kind: Fault | Decoy, latency: AgentMessage["latency"]): void {
    const { between } = this.#random;
    const startS = this.#nowS;
    const whole = `${this.#take(this.#agentTexts)} ${this.#take(this.#agentTexts)}`;
    const parts = whole.split(" ");
    const left =
      kind === "short_cut_off" ? 1 : Math.max(4, Math.floor(parts.length * between(0.3, 0.7)));
    const content = parts.slice(0, parts.length - left).join(" ");
    const yield_s = kind === "talked_over" ? between(1.2, 2.5) : between(0.2, 0.8);
    const played_s = (parts.length - left) * 0.35 + 1;
    const cut = this.#agent(
      content,
      {
        latency: latency!,
        delivery: "partial",
        generated: whole,
        played_s,
        heard_by: "word_times",
      },
      played_s,
    );
    const cutS = this.#nowS;
    this.#turn += 1;
    this.#nowS = Math.max(startS + 0.3, cutS - yield_s);
    const userStartS = this.#nowS;
    const words =
      kind === "backchannel_stop"
        ? this.#phrases.backchannel
        : kind === "short_turn_stop"
          ? this.#phrases.shortTurn
          : this.#take(this.#userTexts);
    const user = this.#user(words, {}, Math.max(cutS - userStartS + 0.3, 1.2));
    cut.interrupted_by = user.id;
    const unheard = countWords(whole) - countWords(content);
    if (unheard >= 3) this.#expect("cut_off", cutS);
    if (cutS - userStartS > 1) this.#expect("talked_over", userStartS);
    if (kind === "backchannel_stop") this.#expect("stopped_for_backchannel", cutS);
    this.#nowS = user.endS + between(0.6, 1.4);
    this.#agent(this.#take(this.#agentTexts), { latency: makeLatency(this.#nowS - user.endS) });
  }

  /** An ordinary exchange whose reply was being played when its process died. */
  #leavePending(): void {
    this.exchange(undefined, undefined);
    const last = this.#messages.at(-1);
    if (last?.role !== "agent") return;
    last.delivery = "pending";
    delete last.ended_at;
    delete last.played_s;
  }

  #leaveUnanswered(user: SpokenByUser): void {
    if (this.#random.chance(0.5)) this.#unspokenReply();
    this.#expect("unanswered", user.endS);
    const silent_s = this.#random.between(2.5, 6);
    if (silent_s > 3) this.#expect("dead_air", user.endS);
    this.#turn += 1;
    this.#nowS = user.endS + silent_s;
    const again = this.#user(this.#take(this.#userTexts), {});
    this.#nowS = again.endS + 1;
    this.#agent(this.#take(this.#agentTexts), { latency: makeLatency(1) });
  }

  #userText(fault: Fault | undefined, decoy: Decoy | undefined): string {
    const { wantsHuman, noWish } = this.#phrases;
    if (fault === "asked_for_human") {
      const half = wantsHuman.length / 2;
      this.#expect("asked_for_human", this.#nowS);
      return wantsHuman[this.#random.below(half) + (this.#heldOut ? half : 0)]!;
    }
    if (decoy === "no_wish") {
      const text = this.#random.pick(noWish);
      if (!this.#onceTold.has(text)) {
        this.#onceTold.add(text);
        return text;
      }
    }
    if (fault === "caller_repeats") {
      const text = this.#take(this.#userTexts);
      const first = this.#user(text, {});
      this.#nowS = first.endS + 1;
      this.#agent(this.#take(this.#agentTexts), { latency: makeLatency(1) });
      this.#turn += 1;
      this.#nowS += 0.8;
      this.#expect("caller_repeats", this.#nowS);
      return text;
    }
    return this.#take(this.#userTexts);
  }

  #userMore(fault: Fault | undefined, decoy: Decoy | undefined): Partial<UserMessage> {
    const { between } = this.#random;
    const startS = this.#nowS;
    const audio = (more: object): Partial<UserMessage> => ({
      audio: { duration_s: 1, snr_db: 25, ...more },
    });
    if (fault === "noise" || fault === "clipped" || fault === "caller_gap") {
      this.#expectOnce(fault, startS);
      if (fault === "noise") return audio({ snr_db: between(1, 9) });
      if (fault === "clipped") return audio({ clipped_share: between(0.02, 0.2) });
      return audio({ gaps: 2, gap_s: between(0.6, 2) });
    }
    if (fault === "unsure") {
      this.#expect("unsure_words", startS);
      return { confidence: between(0.2, 0.55) };
    }
    if (fault === "lost_words") {
      this.#expect("lost_words", startS);
      return { discarded: "turn_cleared" };
    }
    return decoy === "nearly_unsure" ? { confidence: between(0.62, 0.7) } : {};
  }

  #toolEvents(fault: Fault | undefined, decoy: Decoy | undefined, atS: number): void {
    const call = (more: { [key: string]: JsonValue }, rule?: BuiltInRuleName): void => {
      this.#nowS = atS + 0.3;
      this.#event(
        "tool_call",
        {
          name: "find_account",
          arguments: '{"number":"742"}',
          output: '{"found":true}',
          is_error: false,
          duration_s: 0.1,
          ...more,
        },
        rule,
      );
    };
    const own = { arguments: `{"turn":${this.#turn}}` };
    if (fault === "tool_error")
      call({ ...own, is_error: true, output: "it did not answer" }, "tool_failed");
    if (fault === "tool_says_error")
      call({ ...own, output: '{"error":"no such account"}' }, "tool_failed");
    if (fault === "tool_slow")
      call({ ...own, duration_s: this.#random.between(3.1, 9) }, "tool_slow");
    if (decoy === "tool_null_error") call({ ...own, output: '{"error":null,"status":"ok"}' });
    if (fault === "tool_loop" && !this.#onceTold.has("loop")) {
      this.#onceTold.add("loop");
      call({});
      call({});
      call({}, "tool_loop");
    }
  }

  #backchannel(): void {
    const last = this.#messages.at(-1);
    if (last?.role !== "agent" || last.started_at === undefined) return;
    const keptS = this.#nowS;
    const beganS = (Date.parse(last.started_at) - this.#startMs) / 1000;
    this.#nowS = beganS + 0.6;
    this.#user(this.#phrases.backchannel, {}, 0.4);
    this.#nowS = keptS;
  }

  #user(content: string, more: Partial<UserMessage>, length_s = lengthOf(content)): SpokenByUser {
    const startS = this.#nowS;
    const endS = startS + length_s;
    this.#nowS = endS;
    const message: UserMessage = {
      ...this.#base(content, startS, endS),
      role: "user",
      timestamp: this.#at(endS + 0.3),
      source: "deepgram_stt",
      confidence: 0.97,
      ...more,
      audio: { ...more.audio, duration_s: length_s },
    };
    this.#messages.push(message);
    return { id: message.id, endS, length_s };
  }

  #agent(content: string, more: Partial<AgentMessage>, length_s = lengthOf(content)): AgentMessage {
    const startS = this.#nowS;
    const endS = startS + length_s;
    this.#nowS = endS;
    const message: AgentMessage = {
      ...this.#base(content, startS, endS),
      role: "agent",
      timestamp: this.#at(startS - 0.2),
      source: "cartesia_tts",
      agent: "water_desk",
      delivery: "full",
      played_s: length_s,
      audio: { duration_s: more.generated === undefined ? length_s : length_s * 2 },
      ...more,
    };
    this.#messages.push(message);
    return message;
  }

  #base(content: string, startS: number, endS: number) {
    const seq = this.#messages.length + 1;
    return {
      content,
      id: `m_${seq}`,
      seq,
      turn_id: `t_${this.#turn}`,
      started_at: this.#at(startS),
      ended_at: this.#at(endS),
      language: this.#phrases.language,
    };
  }

  #lastAudio(more: { gaps: number; gap_s: number }, key: string, startS: number): void {
    const last = this.#messages.at(-1);
    if (last?.audio !== undefined) Object.assign(last.audio, more);
    this.#expectOnce(key, startS);
  }

  #unspokenReply(): void {
    this.#unspoken.push({
      ...this.#base("A reply that nobody heard.", this.#nowS, this.#nowS),
      id: `u_${this.#unspoken.length}`,
      role: "agent",
      timestamp: this.#at(this.#nowS),
      source: "cartesia_tts",
      reason: "discarded",
    });
  }

  #event(type: string, data: ConversationEvent["data"], rule?: BuiltInRuleName): void {
    this.#events.push({ type, timestamp: this.#at(this.#nowS), turn_id: `t_${this.#turn}`, data });
    if (rule !== undefined) this.#expect(rule, this.#nowS);
  }

  /** Where the message before fell silent. */
  #lastEndS(before: number): number {
    const ends = this.#messages.flatMap(({ ended_at }) =>
      ended_at === undefined ? [] : [(Date.parse(ended_at) - this.#startMs) / 1000],
    );
    return Math.min(before, Math.max(...ends));
  }

  /** Text that was not said yet; from the beginning again once all was. */
  #take(texts: string[]): string {
    const at = this.#random.below(Math.ceil(texts.length / 2));
    const [text] = texts.splice(at, 1);
    texts.push(text!);
    return text!;
  }

  #expect(rule: BuiltInRuleName, at_s: number): void {
    this.#expected.push({ rule, at_s });
  }

  /** Bad sound is told once a call and kind. */
  #expectOnce(kind: string, at_s: number): void {
    if (this.#onceTold.has(kind)) return;
    this.#onceTold.add(kind);
    this.#expect("bad_sound", at_s);
  }

  #at(second: number): string {
    return toTimestamp(this.#startMs + second * 1000, 0);
  }
}

/** How long a text takes to say. */
function lengthOf(text: string): number {
  return 0.4 + countWords(text) * 0.3;
}

function makeLatency(wait_s: number): NonNullable<AgentMessage["latency"]> {
  const at = (share: number): number => Math.round(wait_s * share * 1e6) / 1e6;
  return {
    origin: "speech_end",
    marks: {
      speech_end: 0,
      transcript_final: at(0.2),
      turn_committed: at(0.3),
      llm_start: at(0.3),
      llm_first_token: at(0.8),
      tts_start: at(0.82),
      tts_first_byte: at(0.98),
      playback_start: at(1),
    },
    e2e_s: at(1),
  };
}
