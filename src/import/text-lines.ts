import { readTimestamp } from "../record/index.js";
import type { ImportContent } from "./content.js";
import { type DraftAgent, type DraftUser, finishCall } from "./draft-call.js";
import type { ImportFormat } from "./import-format.js";

const ROLE_LINE = /^(user|agent):(?: |$)(.*)$/i;
/** The line with which `talktrace export --format txt` begins a call. */
const HEADING =
  /^# (?<name>.*), (?<startedAt>\d{4}-\d{2}-\d{2}T[\d:.]+[+-]\d{2}:\d{2}), text: (?<text>.*)$/;
const COMMENT = /^#/;
const UNHEARD = / \[not heard: (.*)\]$/;

/** `user:` and `agent:` lines: role and words, one line a message. */
export const textLines: ImportFormat = {
  name: "text_lines",
  origin: "the Python project's text files, TalkTrace's text logs and its export `txt`",
  recognizedBy: "every line begins with `user:` or `agent:`, or is empty, or a comment after `#`",
  kept: "who said what, in order; the start of the call where the export's heading has it",
  missing: "times, what was heard of a reply, tools, services",
  recognizes: ({ kind, text }) => {
    if (kind !== "text") return false;
    let hasRole = false;
    for (const line of splitLines(text)) {
      if (line.trim() === "" || COMMENT.test(line)) continue;
      if (!ROLE_LINE.test(line)) return false;
      hasRole = true;
    }
    return hasRole;
  },
  async *read(content) {
    for (const [index, call] of splitCalls(content).entries()) {
      yield finishCall({
        format: "text_lines",
        session: {
          id:
            call.name ??
            `${content.name.replace(/\.txt$/i, "")}${index === 0 ? "" : `_${index + 1}`}`,
          ...(call.startedAt !== undefined && { started_at: call.startedAt }),
        },
        messages: call.messages,
        missing: ["what was heard", "tools", "services", "waits"],
      });
    }
  },
};

interface TextCall {
  name?: string;
  startedAt?: string;
  messages: (DraftUser | DraftAgent)[];
}

function splitLines(text: string): string[] {
  return text.split(/\r\n|[\n\r]/);
}

function splitCalls({ text }: ImportContent): TextCall[] {
  const calls: TextCall[] = [];
  for (const line of splitLines(text)) {
    const heading = HEADING.exec(line)?.groups;
    if (heading !== undefined) {
      const { name = "", startedAt = "" } = heading;
      const isTime = readTimestamp(startedAt) !== undefined;
      calls.push({ name, ...(isTime && { startedAt }), messages: [] });
      continue;
    }
    const [, role, words = ""] = COMMENT.test(line) ? [] : (ROLE_LINE.exec(line) ?? []);
    if (role === undefined) continue;
    if (calls.length === 0) calls.push({ messages: [] });
    calls.at(-1)?.messages.push(toMessage(role.toLowerCase(), words.trim()));
  }
  return calls;
}

function toMessage(role: string, words: string): DraftUser | DraftAgent {
  if (role === "user") return { role: "user", content: words, source: "unknown" };
  const unheard = UNHEARD.exec(words);
  if (unheard === null)
    return { role: "agent", content: words, source: "unknown", delivery: "pending" };
  const content = words.slice(0, unheard.index);
  return {
    role: "agent",
    content,
    source: "unknown",
    delivery: content === "" ? "none" : "partial",
    generated: `${content} ${unheard[1] ?? ""}`.trim(),
  };
}
