import { readFileSync } from "node:fs";
import {
  type ExportFormat,
  type ExportOptions,
  type ExportedCall,
  findFormat,
  toExportedCall,
} from "../../../src/export/index.js";
import {
  CONVERSATION_FORMAT,
  type AgentMessage,
  type Conversation,
  type ConversationEvent,
  type UserMessage,
  parseConversation,
  summarize,
  toTimestamp,
} from "../../../src/record/index.js";

const START_MS = Date.UTC(2026, 0, 1, 9);

/** The demo's call, as it is in the repository. */
export function readSample(): Conversation {
  const path = "conversations/sample-parcel-desk.json";
  return parseConversation(readFileSync(path, "utf8"), path);
}

/** What one side said, or a tool call, for `makeCall()`. */
export type Said =
  | { user: string; more?: Partial<UserMessage> }
  | { agent: string; more?: Partial<AgentMessage> }
  | { tool: string; data?: ConversationEvent["data"]; at_s?: number };

/** A call in which each message takes 2 s and begins 3 s after the one before. */
export function makeCall(
  said: readonly Said[],
  session: Partial<Conversation["session"]> = {},
): Conversation {
  const at = (second: number): string => toTimestamp(START_MS + second * 1000, 0);
  const call: Conversation = {
    format: CONVERSATION_FORMAT,
    conversation: [],
    unspoken: [],
    events: [],
    session: { id: "s1", status: "complete", started_at: at(0), software: {}, ...session },
    metrics: {
      user_messages: 0,
      agent_messages: 0,
      interruptions: 0,
      user_speech_s: 0,
      agent_speech_s: 0,
    },
    integrity: { dropped: 0, damaged_lines: 0 },
  };
  let turn = 1;
  for (const [index, each] of said.entries()) {
    const start_s = index * 3;
    if ("tool" in each) {
      const { tool, data, at_s = start_s } = each;
      call.events.push({
        type: "tool_call",
        timestamp: at(at_s),
        turn_id: `t_${turn}`,
        data: { name: tool, ...data },
      });
      continue;
    }
    const seq = call.conversation.length + 1;
    if ("user" in each) turn += 1;
    const base = {
      id: `m_${seq}`,
      seq,
      turn_id: `t_${turn}`,
      started_at: at(start_s),
      ended_at: at(start_s + 2),
      timestamp: at("user" in each ? start_s + 2.2 : start_s),
      audio: { duration_s: 2 },
    };
    call.conversation.push(
      "user" in each
        ? { role: "user", content: each.user, source: "deepgram_stt", ...base, ...each.more }
        : {
            role: "agent",
            content: each.agent,
            source: "cartesia_tts",
            delivery: "full",
            ...base,
            ...each.more,
          },
    );
  }
  call.metrics = summarize(call);
  return call;
}

const OPTIONS: ExportOptions = {
  text: "heard",
  rows: "messages",
  bom: true,
  vconBody: "json",
  now: new Date(Date.UTC(2026, 0, 2)),
  onLeftOut: (line) => {
    throw new Error(`not expected: ${line}`);
  },
};

export function formatOf(name: string): ExportFormat {
  const format = findFormat(name);
  if (format === undefined) throw new Error(`no format ${name}`);
  return format;
}

/** The file that a format makes of calls. */
export async function exportCalls(
  name: string,
  conversations: readonly Conversation[],
  options: Partial<ExportOptions> = {},
  at_s?: number,
): Promise<string> {
  const format = formatOf(name);
  async function* calls(): AsyncGenerator<ExportedCall> {
    for (const [index, conversation] of conversations.entries())
      yield await Promise.resolve(toExportedCall(`call_${index + 1}`, conversation, at_s));
  }
  const text = format.texts[0] ?? "both";
  let file = "";
  for await (const piece of format.write(calls(), { ...OPTIONS, text, ...options }))
    file += typeof piece === "string" ? piece : Buffer.from(piece).toString("utf8");
  return file;
}

/** Texts that have hurt users of exporters. */
export const HARD_TEXTS: readonly string[] = [
  "क्या ड्राइवर मुझे फ़ोन करेगा?",
  "مرحبا، أين طردي رقم 4271؟",
  "👩‍👩‍👧‍👦 family 🏳️‍🌈 flag 🇮🇳",
  "first line\nsecond line\r\n\r\nafter a blank line",
  "a \"quoted\" name, and 'another'",
  "</script><script>alert(1)</script><!-- --><img src=x onerror=alert(1)>",
  "=1+1",
  "+49 30 1234",
  "-2",
  "@SUM(A1)",
  "\tTab first",
  "00:00:01,000 --> 00:00:02,000",
  "# heading\n- item\n1. one\n> quote\n```\ncode\n```",
  "*bold* _it_ `code` [link](http://a.b) | cell | ~~gone~~ &lt;b&gt; <b>tag</b> $x$",
  "ask @octocat about #12 and GH-7 at https://example.com or www.example.com",
  "人間は考える葦である。それ以上でもそれ以下でもないと、ある哲学者は書いている。",
  "ไทยไม่มีช่องว่างระหว่างคำดังนั้นการตัดบรรทัดต้องใช้พจนานุกรม",
  "a;b\tc,d",
  "nul \u0000 bell \u0007 escape \u001b[31m red, and \u202eright to left",
  "\ud800 half a sign",
  "x".repeat(300),
];
