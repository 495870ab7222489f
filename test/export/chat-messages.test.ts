import * as fc from "fast-check";
import { expect, it } from "vitest";
import type { ChatMessage, ChatTool } from "../../src/export/chat-messages.js";
import { HARD_TEXTS, type Said, exportCalls, makeCall, readSample } from "./support/calls.js";

interface Line {
  messages: ChatMessage[];
  tools?: ChatTool[];
}

/** What OpenAI's validator of fine-tuning files asks for; the first violation, if any. */
function findFault({ messages, tools = [], ...rest }: Line): string | undefined {
  if (Object.keys(rest).length > 0) return `unknown keys ${Object.keys(rest).join(", ")}`;
  const names = new Set(tools.map((tool) => tool.function.name));
  const ids = new Set<string>();
  let open: string[] = [];
  let before: string | undefined;
  for (const message of messages) {
    if (message.role === "tool") {
      if (!open.includes(message.tool_call_id)) return "a result without its call";
      open = open.filter((id) => id !== message.tool_call_id);
      if (typeof message.content !== "string") return "a result without content";
      before = message.role;
      continue;
    }
    if (open.length > 0) return "a call without its result";
    if (message.role === before) return `two neighbouring ${before} messages`;
    before = message.role;
    if (message.role === "user") {
      if (message.content === "") return "a user without words";
      continue;
    }
    if (message.content === null && message.tool_calls === undefined)
      return "a reply without words";
    for (const call of message.tool_calls ?? []) {
      if (ids.has(call.id)) return "an id that comes twice";
      ids.add(call.id);
      open.push(call.id);
      if (!/^[\w-]{1,64}$/.test(call.function.name)) return `the name ${call.function.name}`;
      if (!names.has(call.function.name)) return "a tool that is not in tools";
      JSON.parse(call.function.arguments);
    }
  }
  // An example may end with calls, which is how tools are taught. Then none of them has its result.
  const last = messages.at(-1);
  const called = last?.role === "assistant" ? (last.tool_calls ?? []) : [];
  if (open.length !== called.length) return "a call without its result at the end";
  return messages.at(-1)?.role === "assistant" ? undefined : "the last message is no reply";
}

async function linesOf(calls: Parameters<typeof exportCalls>[1], at_s?: number): Promise<Line[]> {
  const file = await exportCalls("jsonl", calls, { onLeftOut: () => undefined }, at_s);
  return file
    .trimEnd()
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Line);
}

const SAMPLE = readSample();

it("jsonl of the demo's call is a chat with its tool call and the result", async () => {
  const [line] = await linesOf([SAMPLE]);
  expect(line && findFault(line)).toBeUndefined();
  const called =
    line?.messages.findIndex(({ role, ...rest }) => role === "assistant" && "tool_calls" in rest) ??
    -1;
  expect(line?.messages.slice(called, called + 3)).toEqual([
    {
      role: "assistant",
      content: "Thank you, let me look that up for you.",
      tool_calls: [
        {
          id: "call_6488f9da455a462e901611d8",
          type: "function",
          function: { name: "lookup_order", arguments: '{"order_number":"4271"}' },
        },
      ],
    },
    expect.objectContaining({ role: "tool", tool_call_id: "call_6488f9da455a462e901611d8" }),
    expect.objectContaining({ role: "assistant" }),
  ]);
  expect(line?.tools?.[0]?.function.parameters).toEqual({
    type: "object",
    properties: { order_number: { type: "string" } },
  });
});

it("jsonl has what was generated, unless what was heard is asked for", async () => {
  const call = makeCall([
    { user: "Hours?" },
    { agent: "We close at", more: { delivery: "partial", generated: "We close at six." } },
  ]);
  expect(await exportCalls("jsonl", [call])).toContain("We close at six.");
  expect(await exportCalls("jsonl", [call], { text: "heard" })).toContain('"We close at"');
});

it("jsonl has tool rounds one after the other, tools of one round together, and a failed tool's text", async () => {
  const call = makeCall([
    { user: "Both, please." },
    { tool: "first", data: { output: "1", duration_s: 1 }, at_s: 3 },
    { tool: "beside", data: { output: "2", duration_s: 1 }, at_s: 3.5 },
    { tool: "later", data: { output: "no such order", is_error: true }, at_s: 4.5 },
    { agent: "Here you are.", more: { timestamp: "2026-01-01T09:00:06.000000+00:00" } },
  ]);
  const [line] = await linesOf([call]);
  expect(line && findFault(line)).toBeUndefined();
  expect(
    line?.messages.map((message) =>
      "tool_calls" in message
        ? message.tool_calls?.map((each) => each.function.name)
        : message.content,
    ),
  ).toEqual([
    "Both, please.",
    ["first", "beside"],
    "1",
    "2",
    ["later"],
    "no such order",
    "Here you are.",
  ]);
});

it("jsonl at a moment ends there, with the words that a reply is wanted for", async () => {
  const [line] = await linesOf([SAMPLE], 10);
  expect(line?.messages.at(-1)).toEqual({
    role: "user",
    content: "Hello, can you tell me where my parcel is?",
  });
});

it("jsonl leaves out a call in which the agent said nothing, and says so", async () => {
  const left: string[] = [];
  const file = await exportCalls("jsonl", [makeCall([]), makeCall([{ user: "Hello?" }]), SAMPLE], {
    onLeftOut: (line) => left.push(line),
  });
  expect(left).toHaveLength(2);
  expect(file.trimEnd().split("\n")).toHaveLength(1);
});

const said: fc.Arbitrary<Said> = fc.oneof(
  fc.record({ user: fc.constantFrom("", " ", ...HARD_TEXTS) }),
  fc.record({
    user: fc.constantFrom("mhm"),
    more: fc.constant({ discarded: "held_back" as const }),
  }),
  fc.record({ agent: fc.constantFrom("", "Yes.", ...HARD_TEXTS) }),
  fc.record({
    tool: fc.constantFrom("look_up", "naïve name!", "", "a".repeat(99)),
    data: fc.dictionary(
      fc.constantFrom("call_id", "arguments", "output", "is_error", "duration_s"),
      fc.constantFrom<string | number | boolean | null>(
        "same",
        "{",
        '{"a":[1],"__proto__":2}',
        "",
        3,
        true,
        null,
      ),
    ),
    at_s: fc.double({ min: 0, max: 30, noNaN: true }),
  }),
);

it("jsonl of any call is a valid example for fine-tuning", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(said, { maxLength: 12 }), async (all) => {
      for (const line of await linesOf([makeCall(all)])) expect(findFault(line)).toBeUndefined();
    }),
    { numRuns: 300 },
  );
});
