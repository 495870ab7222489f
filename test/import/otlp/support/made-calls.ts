import {
  type MadeSpan,
  NODE,
  type OtlpRequest,
  PYTHON,
  makeRequest,
  unixSeconds,
} from "./make-trace.js";

const SAID = "Bakery, good morning.";
const ASKED = "Is the rye bread ready?";
const PREAMBLE = "Let me check the oven.";
const ANSWER = "The rye bread comes out at ten, and we keep one loaf for you until noon.";
const HEARD = "The rye bread comes out at ten,";
const STOPPED = "Ten is fine.";

/** The tool's result, the reply that was cut off, and all other words of the made calls. */
export const WORDS = { SAID, ASKED, PREAMBLE, ANSWER, HEARD, STOPPED };

/** How a version of LiveKit's Python SDK writes what others write otherwise. */
export interface LivekitVersion {
  /** `lk.pii.` since 1.7, `lk.` before. */
  prefix: string;
  agentTurn: string;
  /** Each step of a reply is a span of its own, as before 1.8.3 and in TypeScript. */
  hasTurnPerStep: boolean;
  /** Seconds in Python, milliseconds in TypeScript. */
  delayUnit: number;
  resource: { [key: string]: unknown };
}

export const PYTHON_1_8: LivekitVersion = {
  prefix: "lk.pii.",
  agentTurn: "agent_turn",
  hasTurnPerStep: false,
  delayUnit: 1,
  resource: PYTHON,
};
export const PYTHON_1_2: LivekitVersion = {
  prefix: "lk.",
  agentTurn: "assistant_turn",
  hasTurnPerStep: true,
  delayUnit: 1,
  resource: PYTHON,
};
export const NODE_1_8: LivekitVersion = {
  prefix: "lk.pii.",
  agentTurn: "agent_turn",
  hasTurnPerStep: true,
  delayUnit: 1000,
  resource: NODE,
};

/**
 * A call of LiveKit: a greeting, a question, a preamble, a tool, an answer that is cut off, and the words
 * that cut it off. A preemptive answer is discarded.
 */
export function makeLivekitSpans(version: LivekitVersion): MadeSpan[] {
  const { prefix, agentTurn, hasTurnPerStep, delayUnit } = version;
  const root = "session";
  const second = hasTurnPerStep ? "turn2b" : "turn2";
  const greeting: MadeSpan[] = [
    {
      name: agentTurn,
      id: "turn1",
      parent: root,
      from: 0.1,
      to: 1.5,
      attributes: {
        "lk.speech_id": "speech_1",
        "lk.interrupted": false,
        [`${prefix}response.text`]: SAID,
      },
    },
    ...speak("1", "turn1", SAID, [0.1, 0.3, 1.5], prefix),
  ];
  const question: MadeSpan[] = [
    {
      name: "user_turn",
      id: "user1",
      parent: root,
      from: 3,
      to: 4.6,
      attributes: {
        [`${prefix}user_transcript`]: ASKED,
        "lk.transcript_confidence": 0.9,
        "lk.transcription_delay": 0.2 * delayUnit,
        "lk.end_of_turn_delay": 0.5 * delayUnit,
        "gen_ai.provider.name": "Ears",
        "gen_ai.request.model": "ears-2",
        "lk.stt.events": JSON.stringify([
          { type: "final_transcript", received_at: unixSeconds(4.2) },
        ]),
      },
    },
    { name: "user_speaking", id: "user1s", parent: "user1", from: 3, to: 4 },
    {
      name: "eou_wait",
      id: "user1w",
      parent: "user1",
      from: 4,
      to: 4.5,
      attributes: { "lk.eou.outcome": "committed" },
    },
  ];
  const cut = {
    "lk.interrupted": true,
    "lk.playout.position": 2,
    [`${prefix}response.text`]: HEARD,
  };
  const uncut = { "lk.interrupted": false, [`${prefix}response.text`]: PREAMBLE };
  const first = {
    "lk.speech_id": "speech_3",
    [`${prefix}user_input`]: ASKED,
    "lk.e2e_latency": 1,
    ...(delayUnit === 1 && { "lk.end_of_turn_delay": 0.5, "lk.transcription_delay": 0.2 }),
  };
  const generations = [
    { name: "generation", at: 4.1, attributes: { "lk.generation_id": "speech_2_1" } },
    {
      name: "preemptive_generation_discarded",
      at: 4.3,
      attributes: { "lk.speech_id": "speech_2" },
    },
    { name: "generation", at: 4.35, attributes: { "lk.generation_id": "speech_3_1" } },
  ];
  const reply: MadeSpan[] = [
    {
      name: agentTurn,
      id: "turn2",
      parent: root,
      from: 4.1,
      to: hasTurnPerStep ? 6.5 : 9.2,
      moments: hasTurnPerStep ? [] : generations,
      attributes: { ...first, ...(hasTurnPerStep ? uncut : cut) },
    },
    ...(hasTurnPerStep
      ? [
          {
            name: agentTurn,
            id: "turn2b",
            parent: root,
            from: 6.2,
            to: 9.2,
            attributes: { "lk.speech_id": "speech_3", ...cut },
          },
        ]
      : [think("0", "turn2", "Rye?", [4.11, 4.2], prefix)]),
    think("2", "turn2", PREAMBLE, [4.4, 4.7], prefix),
    ...speak("2", "turn2", PREAMBLE, [4.6, 5, 6.2], prefix),
    {
      name: "function_tool",
      id: "tool",
      parent: "turn2",
      from: 4.8,
      to: 5.8,
      attributes: {
        "lk.function_tool.id": "call_1",
        "lk.function_tool.name": "look_in_oven",
        [`${prefix}function_tool.arguments`]: '{"bread":"rye"}',
        [`${prefix}function_tool.output`]: "at ten",
        "lk.function_tool.is_error": false,
      },
    },
    think("3", second, ANSWER, [6.3, 6.6], prefix),
    ...speak("3", second, ANSWER, [6.5, 7, 9.1], prefix),
  ];
  const last: MadeSpan[] = [
    {
      name: "user_turn",
      id: "user2",
      parent: root,
      from: 8.8,
      to: 10.4,
      attributes: {
        [`${prefix}user_transcript`]: STOPPED,
        "lk.transcript_confidence": 0,
        "lk.transcription_delay": 0.3 * delayUnit,
        "lk.end_of_turn_delay": 0.6 * delayUnit,
        "gen_ai.provider.name": "Ears",
      },
    },
    { name: "user_speaking", id: "user2s", parent: "user2", from: 8.8, to: 9.7 },
  ];
  return [
    ...greeting,
    ...question,
    ...reply,
    ...last,
    {
      name: "update_agent",
      id: "handoff",
      parent: root,
      from: 10.6,
      to: 10.6,
      attributes: { "lk.previous_agent_label": "front", "lk.agent_label": "orders" },
    },
    {
      name: "llm_request",
      id: "broken",
      parent: "gone",
      from: 10.7,
      to: 10.9,
      hasFailed: true,
      attributes: { "gen_ai.provider.name": "Mind", "gen_ai.request.model": "mind-3" },
    },
    {
      name: "session_close",
      id: "close",
      parent: root,
      from: 11,
      to: 11.2,
      attributes: { "lk.close_reason": "user_initiated" },
    },
    {
      name: "agent_session",
      id: root,
      from: 0,
      to: 11.2,
      attributes: {
        "lk.room_sid": "RM_1",
        "lk.agent_label": "front",
        [`${prefix}room_name`]: "bakery",
        "lk.job_id": "job-1",
      },
      moments: [
        {
          name: "user_state_changed",
          at: 10.5,
          attributes: { "lk.old_state": "listening", "lk.new_state": "away" },
        },
      ],
    },
  ];
}

function think(
  id: string,
  parent: string,
  text: string,
  [from, to]: [number, number],
  prefix: string,
): MadeSpan {
  return {
    name: "llm_node",
    id: `llm${id}`,
    parent,
    from,
    to,
    attributes: {
      [`${prefix}response.text`]: `${text} `,
      "lk.response.ttft": 0.15,
      "gen_ai.request.model": "mind-3",
      "gen_ai.provider.name": "Mind",
    },
  };
}

function speak(
  id: string,
  parent: string,
  text: string,
  [from, heardFrom, to]: [number, number, number],
  prefix: string,
): MadeSpan[] {
  const metrics = {
    ttfb: 0.1,
    audio_duration: (to - heardFrom) * (text === ANSWER ? 2 : 1),
    characters_count: text.length,
  };
  const voice = { "gen_ai.provider.name": "Mouth", "gen_ai.request.model": "mouth-1" };
  return [
    {
      name: "tts_node",
      id: `tts${id}`,
      parent,
      from,
      to: from + 0.4,
      attributes: { ...voice, "lk.response.ttfb": 0.2 },
    },
    {
      name: "tts_request",
      id: `ttsr${id}`,
      parent: `tts${id}`,
      from,
      to: from + 0.4,
      attributes: {
        ...voice,
        [`${prefix}input_text`]: text,
        "lk.tts_metrics": JSON.stringify(metrics),
      },
    },
    { name: "agent_speaking", id: `say${id}`, parent, from: heardFrom, to },
  ];
}

export function makeLivekitCall(
  version: LivekitVersion,
  spans = makeLivekitSpans(version),
): OtlpRequest {
  return makeRequest(version.resource, "livekit-agents", spans);
}

/** The same call as Pipecat writes it. */
export function makePipecatSpans(): MadeSpan[] {
  const turn = (number: number, from: number, to: number, more: object): MadeSpan => ({
    name: "turn",
    id: `turn${number}`,
    parent: "root",
    scope: "pipecat.turn",
    from,
    to,
    attributes: { "turn.number": number, "conversation.id": "conv-7", ...more },
  });
  const hear = (
    id: string,
    parent: string,
    transcript: string,
    from: number,
    to: number,
  ): MadeSpan => ({
    name: "stt",
    id,
    parent,
    from,
    to,
    attributes: {
      transcript,
      is_final: true,
      language: "en",
      "gen_ai.provider.name": "ears",
      "gen_ai.request.model": "ears-2",
      "metrics.ttfb": 0.25,
    },
  });
  const ask = (
    id: string,
    from: number,
    to: number,
    input: unknown,
    output: string,
    parent = "turn2",
  ): MadeSpan => ({
    name: "llm",
    id,
    parent,
    from,
    to,
    attributes: {
      input: JSON.stringify(input),
      output,
      "metrics.ttfb": 0.15,
      "gen_ai.provider.name": "mind",
      "gen_ai.request.model": "mind-3",
      "gen_ai.usage.input_tokens": 40,
      "gen_ai.usage.output_tokens": 8,
    },
  });
  const say = (id: string, parent: string, text: string, from: number): MadeSpan => ({
    name: "tts",
    id,
    parent,
    from,
    to: from + 0.2,
    attributes: {
      text,
      voice_id: "warm",
      "metrics.ttfb": 0.12,
      "metrics.character_count": text.length,
      "gen_ai.provider.name": "mouth",
      "gen_ai.request.model": "mouth-1",
    },
  });
  const history = [
    { role: "assistant", content: SAID },
    { role: "user", content: ASKED },
  ];
  const called = [
    { role: "assistant", content: PREAMBLE },
    {
      role: "assistant",
      tool_calls: [
        {
          id: "call_1",
          type: "function",
          function: { name: "look_in_oven", arguments: '{"bread":"rye"}' },
        },
      ],
    },
    { role: "tool", tool_call_id: "call_1", content: "at ten" },
  ];
  return [
    {
      name: "conversation",
      id: "root",
      scope: "pipecat.turn",
      from: 0,
      to: 12,
      attributes: { "conversation.id": "conv-7", "conversation.type": "voice", shop: "north" },
    },
    turn(1, 0, 2.9, { "turn.was_interrupted": false }),
    say("tts1", "turn1", SAID, 0.2),
    turn(2, 3.1, 8.9, { "turn.was_interrupted": true, "turn.user_bot_latency_seconds": 0.9 }),
    hear("stt1", "turn2", ASKED, 3, 4.25),
    ask("llm1", 4.5, 4.7, history, `${PREAMBLE} `),
    say("tts2", "turn2", PREAMBLE, 4.72),
    ask("llm2", 5.9, 6.3, [...history, ...called], `${ANSWER} `),
    say("tts3", "turn2", ANSWER, 6.2),
    turn(3, 8.9, 12, { "turn.was_interrupted": false, "turn.user_bot_latency_seconds": 0.8 }),
    hear("stt2", "turn3", STOPPED, 8.8, 9.95),
    ask(
      "llm3",
      10.2,
      10.4,
      [
        ...history,
        ...called,
        { role: "assistant", content: HEARD },
        { role: "user", content: STOPPED },
      ],
      "Until then.",
      "turn3",
    ),
    say("tts4", "turn3", "Until then.", 10.4),
  ];
}

export function makePipecatCall(spans = makePipecatSpans()): OtlpRequest {
  return makeRequest(PYTHON, "pipecat", spans);
}

/** Three requests of a language model, with a tool in between. */
export function makeGenAiSpans(): MadeSpan[] {
  const text = (role: string, content: string): object => ({
    role,
    parts: [{ type: "text", content }],
  });
  const chat = (
    id: string,
    from: number,
    to: number,
    input: unknown[],
    output: unknown[],
  ): MadeSpan => ({
    name: "chat mind-3",
    id,
    from,
    to,
    attributes: {
      "gen_ai.operation.name": "chat",
      "gen_ai.request.model": "mind-3",
      "gen_ai.response.time_to_first_chunk": 0.2,
      "gen_ai.input.messages": JSON.stringify(input),
      "gen_ai.output.messages": JSON.stringify(output),
    },
  });
  const call = {
    role: "assistant",
    parts: [{ type: "tool_call", id: "call_1", name: "look_in_oven", arguments: { bread: "rye" } }],
  };
  const result = {
    role: "tool",
    parts: [{ type: "tool_call_response", id: "call_1", response: "at ten" }],
  };
  return [
    chat("chat1", 1, 2, [text("user", ASKED)], [call]),
    {
      name: "execute_tool look_in_oven",
      id: "tool",
      from: 2,
      to: 3,
      attributes: {
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": "look_in_oven",
        "gen_ai.tool.call.id": "call_1",
        "gen_ai.tool.call.result": "at ten",
      },
    },
    chat("chat2", 3, 4, [text("user", ASKED), call, result], [text("assistant", ANSWER)]),
    chat(
      "chat3",
      6,
      7,
      [text("user", ASKED), text("assistant", ANSWER), text("user", STOPPED)],
      [text("assistant", "Until then.")],
    ),
  ];
}

export function makeGenAiCall(spans = makeGenAiSpans()): OtlpRequest {
  return makeRequest(NODE, "my-agent", spans);
}
