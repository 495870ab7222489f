import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import stringWidth from "string-width";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createProgram } from "../../src/cli/program.js";
import { cleanText } from "../../src/cli/terminal.js";
import { type AgentMessage, type Conversation, toTimestamp } from "../../src/record/index.js";
import { openStore } from "../../src/store/index.js";
import { keepOutput } from "../support/keep-output.js";
import { startCli } from "../support/demo-process.js";
import { runCli } from "../support/run-cli.js";

const SAMPLE = "conversations/sample-parcel-desk.json";
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "talktrace-truth-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

const readSample = (): Conversation => JSON.parse(readFileSync(SAMPLE, "utf8")) as Conversation;

async function show(record: Conversation, ...args: string[]): Promise<string> {
  const file = join(folder, "call.json");
  writeFileSync(file, JSON.stringify(record));
  return (await runCli("show", file, ...args)).stdout;
}

/** Another moment of the sample, `seconds` after its start. */
const at = (record: Conversation, seconds: number): string =>
  toTimestamp(Date.parse(record.session.started_at) + seconds * 1000, 0);

function findReply(record: Conversation, id: string): AgentMessage {
  const found = record.conversation.find((message) => message.id === id);
  if (found?.role !== "agent") throw new Error(`the sample has no reply ${id}`);
  return found;
}

it("`talktrace show` heads a call with its file, date, room, caller, agent, end and attributes", async () => {
  const record = readSample();
  Object.assign(record.session, {
    room: "desk-7",
    room_id: "RM_x",
    agent: "parcel_desk",
    agent_name: "front",
    participants: [
      { identity: "sip_1", kind: "sip", linked: true, sip: { "sip.callID": "SCL_9" } },
      { identity: "listener", kind: "standard" },
    ],
    attributes: { tenant: "north", order: { id: 4271 } },
    demo: true,
  });
  const lines = (await show(record)).split("\n");
  expect(lines.slice(0, 9)).toEqual([
    join(folder, "call.json"),
    "2026-11-22 06:05:14 +00:00, 67.8 s, complete: user initiated, a call of the demo",
    "room       desk-7 (RM_x)",
    "caller     sip_1, sip, sip.callID SCL_9",
    "also there listener",
    "agent      parcel_desk, dispatched as front",
    'attributes tenant: north, order: {"id":4271}',
    expect.stringMatching(/^session {4}\S+, trace \S+$/) as string,
    expect.stringMatching(/^software {3}talktrace /) as string,
  ]);
});

it("`talktrace show` has tool calls, errors, handoffs and unspoken replies in their place", async () => {
  const record = readSample();
  const event = (type: string, seconds: number, data: Conversation["events"][number]["data"]) => ({
    type,
    timestamp: at(record, seconds),
    turn_id: "t_3",
    data,
  });
  const call = { name: "refund", arguments: '{"id":1}', output: null, is_error: false };
  record.events.push(
    event("tool_call", 19, { ...call, output: "no such order", is_error: true, duration_s: 0.2 }),
    event("tool_call", 19.1, { ...call, unfinished: true }),
    event("agent_handoff", 19.2, { from: "desk", to: "billing" }),
    event("error", 19.3, {
      kind: "tts_error",
      label: "cartesia.TTS",
      message: "socket closed",
      recoverable: false,
    }),
    event("order_changed", 19.4, { by: "agent", n: 2 }),
    { ...event("tool_call", 19.5, {}), redacted: true },
  );
  const { latency: _latency, delivery: _delivery, ...reply } = findReply(record, "m_5");
  record.unspoken.push({
    ...reply,
    id: "m_90",
    seq: 90,
    timestamp: at(record, 19.6),
    content: "I will look again.",
    reason: "failed",
    error: "502",
  });
  const lines = (await show(record)).split("\n");
  const first = lines.findIndex((line) => line.includes("lookup_order"));
  expect(lines.slice(first, first + 11)).toEqual([
    ' 0:18.4   3 tool  lookup_order({"order_number":"4271"})  0.002 s',
    expect.stringMatching(/^ {18}→ \{"order_number":"4271","status"/) as string,
    ' 0:19.0   3 tool  refund({"id":1}) failed  0.200 s',
    "                  → no such order",
    ' 0:19.1   3 tool  refund({"id":1}) was cut short',
    " 0:19.2   3 event handoff: desk → billing",
    " 0:19.3   3 event error: socket closed (cartesia.TTS, tts_error)",
    " 0:19.4   3 event order changed: by agent, n 2",
    " 0:19.5   3 tool  [withheld] by the agent's own review",
    " 0:19.6   3 agent I will look again. (never heard: the synthesis failed, 502)",
    expect.stringContaining("Your order 4271 is out for delivery") as string,
  ]);
  expect(await show(record, "--turn", "3")).toContain("(never heard: the synthesis failed, 502)");
});

it("`talktrace show` names the wait for an earlier sentence, in the badge, the stages and the finding", async () => {
  const record = readSample();
  const reply = findReply(record, "m_6");
  // The reply was ready to be asked for when the sentence before it began, and is measured from there.
  reply.latency = {
    origin: "speech_end",
    marks: { speech_end: 0, turn_committed: 0.1, llm_start: 3.8, llm_first_token: 4.1 },
    e2e_s: 4.4,
  };
  reply.latency.marks.playback_start = 4.4;
  const earlier = findReply(record, "m_5");
  const startMs = Date.parse(reply.started_at ?? "") - 4400;
  earlier.started_at = toTimestamp(startMs + 300.4, 0);
  earlier.ended_at = toTimestamp(startMs + 3700.4, 0);
  const whole = await show(record);
  expect(whole).toContain("[4.40 s, earlier speech 3.40]");
  expect(whole).toContain("The caller waited 4.4 s for a reply: earlier speech took 3.4 s of it.");
  const turn = await show(record, "--turn", "3");
  expect(turn).toMatch(/^dispatch {9}0\.(199|200) s/m);
  expect(turn).toMatch(/^earlier speech {3}3\.400 s/m);
  expect(turn).toMatch(/^together {9}4\.400 s$/m);
  const { stdout } = await runCli("stats", "--directory", folder, "--json", "--by", "agent");
  const { groups } = JSON.parse(stdout) as { groups: { stages_s: Record<string, object> }[] };
  expect(groups[0]?.stages_s["earlier_speech"]).toMatchObject({
    n: 1,
    max: expect.closeTo(3.4, 2) as number,
  });
});

it("`talktrace show` tells what is lost, and of each word whether it was used, typed, changed or heard", async () => {
  const record = readSample();
  record.integrity = { dropped: 2, damaged_lines: 1, deferred: 3 };
  const [user, typed] = record.conversation.filter((message) => message.role === "user");
  if (user?.role !== "user" || typed?.role !== "user") throw new Error("no user");
  user.discarded = "held_back";
  user.taken_as = "where is it";
  typed.source = "text_input";
  typed.redacted = true;
  findReply(record, "m_16").delivery = "pending";
  const text = await show(record);
  expect(text).toContain("▲ 2 changes never reached the disk and are missing here");
  expect(text).toContain("▲ 1 damaged line of the journal is missing here");
  expect(text).toContain("▲ 3 changes waited in memory for the disk; nothing of them is missing");
  expect(text).toContain("(not used: LiveKit made no turn of it; taken as: where is it)");
  expect(text).toContain("(typed; changed by the agent's own review)");
  expect(text).toContain("(what was heard of it is not known)");
});

it("`talktrace show` says which reply is being spoken, and after a kill that the process died", async () => {
  const open = mkdtempSync(join(folder, "open-"));
  const store = openStore({ directory: open });
  const now = toTimestamp(Date.now());
  store.open({ id: "s1", started_at: now, software: {} });
  for (const seq of [1, 2])
    store.add("s1", {
      role: "agent",
      content: `sentence ${seq}`,
      timestamp: now,
      source: "x_tts",
      id: `m_${seq}`,
      turn_id: "t_1",
      delivery: "pending",
    });
  const live = (await runCli("show", "--directory", open)).stdout;
  expect(live).toContain("open: the call goes on");
  expect(live).toContain("sentence 1 (speaking)");
  expect(live).toContain("sentence 2 (is spoken next)");
  store.close("s1", { ended_at: now });
  await store.shutdown();

  const dead = readSample();
  dead.session.status = "open";
  delete dead.session.ended_at;
  findReply(dead, "m_16").delivery = "pending";
  const text = await show(dead);
  expect(text).toContain("left behind: its process died; `talktrace recover` completes it");
  expect(text).toContain("(what was heard of it is not known)");
  expect(text).not.toContain("speaking)");
  expect(JSON.parse(await show(dead, "--json"))).toMatchObject({ left_behind: true });
});

it("`talktrace show` keeps to a terminal of 40 columns, and lets no escape sequence through", async () => {
  const record = readSample();
  const evil = "\u001b]0;title\u0007\u001b[2J\u202e 您的包裹已经在路上了请稍等 👨‍👩‍👧 क्या ड्राइवर";
  record.session.room = evil;
  record.session.attributes = { [evil]: evil };
  record.events.push(
    {
      type: "tool_call",
      timestamp: at(record, 20),
      data: { name: evil, arguments: evil, output: evil.repeat(300) },
    },
    { type: evil, timestamp: at(record, 21), data: { [evil]: evil } },
    { type: "error", timestamp: at(record, 22), data: { message: evil, label: evil } },
  );
  const file = join(folder, "evil.json");
  writeFileSync(file, JSON.stringify(record));
  const terminal = { ...keepOutput(), columns: 40 };
  await (await createProgram(terminal)).parseAsync(["show", file], { from: "user" });
  const printed = terminal.out.join("\n");
  expect(printed.replaceAll(/\s+/g, " ")).toContain("more characters, --json has all");
  // Nothing is left for the terminal to clean.
  expect(cleanText(printed)).toBe(printed);
  const text = printed.replaceAll(/\u001b\[[0-9;]*m/g, "");
  expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]/);
  for (const line of text.split("\n")) expect(stringWidth(line)).toBeLessThanOrEqual(40);
});

it("`talktrace show` in a terminal without colours prints none", async () => {
  const { stdout } = await startCli(["show", SAMPLE], { NO_COLOR: "1" }).ended;
  expect(stdout).not.toContain("\u001b");
});
