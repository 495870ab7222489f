import {
  closeSync,
  copyFileSync,
  existsSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Conversation } from "../../src/record/index.js";
import { startCli } from "../support/demo-process.js";
import { runCli } from "../support/run-cli.js";

const SAMPLE = "conversations/sample-parcel-desk.json";
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "talktrace-show-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function show(...args: string[]) {
  return runCli("show", ...args);
}

/** The same in a process of its own. */
function startShow(...args: string[]) {
  return startCli(["show", ...args], { NO_COLOR: "1" }).ended;
}

describe("talktrace show", () => {
  it("shows each message as it was heard, with the wait for each reply", async () => {
    const { code, stdout, stderr } = await startShow(SAMPLE);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toContain("user  Hello, can you tell me where my parcel is?");
    expect(stdout).toMatch(/agent Of course\. .*\[0\.92 s, speech to text 0\.34\]/);
    expect(stdout).toContain(
      "The driver first tries your neighbours, (cut off, not heard: and leaves you a card",
    );
    expect(stdout).toContain("complete, 7 user and 9 agent messages; 8 turns; 67.8 s");
    expect(stdout).toContain("the agent spoke 73% of the time; 155 words a minute; the user 199");
    expect(stdout).toContain("1 cut off; the agent was silent 0.52 s after the user began");
    expect(stdout).toContain("waited 0.99 s (median of 7; 0.90 to 1.13)");
  });

  it("shows where the wait of one turn went", async () => {
    const { stdout } = await show(SAMPLE, "--turn", "3");
    expect(stdout).toMatch(/^text to speech +0\.\d{3} s +█+/m);
    expect(stdout).toMatch(/^together +0\.975 s$/m);
    expect(stdout).not.toContain("where my parcel is");
  });

  it("begins with what is to be known of the call, and shows the turn at the moment that it names", async () => {
    const { stdout } = await show(SAMPLE);
    const [, moment = ""] = /^▲ warn @(\S+) +A reply was cut off by the caller/m.exec(stdout) ?? [];
    const turn = await show(`${SAMPLE}@${moment}`);
    expect({ code: turn.code, stderr: turn.stderr }).toEqual({ code: 0, stderr: "" });
    expect(turn.stdout).toContain("Wait, how long do you keep it there?");
    expect(turn.stdout).toMatch(/^together +\d/m);
    expect(turn.stdout).not.toContain("where my parcel is");
  });

  it("says of one turn's messages what the whole conversation tells of them", async () => {
    const whole = (await show(SAMPLE)).stdout.split("\n");
    const line = whole.find((each) => each.includes("silent 0.52 s after the user began")) ?? "";
    const turn = /^ *\S+ +(\d+) agent/.exec(line)?.[1] ?? "";
    const { stdout } = await show(SAMPLE, "--turn", turn);
    expect(stdout).toContain(line);
    const interrupting = whole[whole.indexOf(line) + 1] ?? "";
    expect(stdout).not.toContain(interrupting);
  });

  it("says all that the times tell of one message", async () => {
    const file = join(folder, "twice.json");
    const record = JSON.parse(readFileSync(SAMPLE, "utf8")) as Conversation;
    const cutOff = record.conversation.find(
      (message) => message.role === "agent" && message.interrupted_by !== undefined,
    );
    // The same reply, that had itself begun while the user before it was still speaking.
    const before = record.conversation.findLast(
      ({ role, seq }) => role === "user" && seq < (cutOff?.seq ?? 0),
    );
    if (cutOff?.started_at === undefined || before === undefined) throw new Error("no such reply");
    const later = new Date(Date.parse(cutOff.started_at) + 1000).toISOString();
    before.ended_at = later.replace("Z", "000+00:00");
    writeFileSync(file, JSON.stringify(record));
    expect((await show(file)).stdout).toMatch(
      /cut in on the user; silent \d\.\d\d s after the user began/,
    );
  });

  it("names the turns there are, where one that was asked for is not among them", async () => {
    const file = join(folder, "gap.json");
    const record = JSON.parse(readFileSync(SAMPLE, "utf8")) as Conversation;
    const conversation = record.conversation.filter(({ turn_id }) => turn_id !== "t_3");
    writeFileSync(file, JSON.stringify({ ...record, conversation }));
    expect((await show(file, "--turn", "3")).stderr).toContain("it has turns 1 to 2, 4 to 8");
  });

  it("prints JSON alone when asked to, the stages of a turn with it", async () => {
    const whole = JSON.parse((await show(SAMPLE, "--json")).stdout) as Conversation;
    expect(whole.conversation).toHaveLength(16);
    expect(whole.metrics).toMatchObject({ interruptions: 1, turns: 8, yield_s: { n: 1 } });
    const turn = JSON.parse((await show(SAMPLE, "--turn", "3", "--json")).stdout) as {
      stages?: object[];
    }[];
    expect(turn.map(({ stages }) => stages?.length)).toEqual([undefined, 7, 4]);
  });

  it("shows the newest conversation of a folder when none is named", async () => {
    const older = join(folder, "conversation_20260101_000000.json");
    const newer = join(folder, "conversation_20260102_000000.json");
    copyFileSync(SAMPLE, older);
    copyFileSync("conversations/sample-recovered.json", newer);
    utimesSync(older, new Date("2026-01-01"), new Date("2026-01-01"));
    expect((await show("--directory", folder)).stdout).toContain("recovered, ");
  });

  it("shows the newest that can be read, and says which it had to leave out", async () => {
    const mixed = mkdtempSync(join(folder, "mixed-"));
    const readable = join(mixed, "conversation_20260101_000000.json");
    copyFileSync(SAMPLE, readable);
    utimesSync(readable, new Date("2026-01-01"), new Date("2026-01-01"));
    writeFileSync(join(mixed, "conversation_20260102_000000.json"), '{"conversation": 7');
    const { code, stdout, stderr } = await show("--directory", mixed);
    expect(code).toBe(1);
    expect(stdout).toContain("the number is 4271");
    expect(stderr).toMatch(/^Cannot read .*conversation_20260102_000000\.json.*left out\n$/);
  });

  it("keeps each message on its line, and its terminal safe from what was said", async () => {
    const file = join(folder, "hostile.json");
    const record = JSON.parse(readFileSync(SAMPLE, "utf8")) as Conversation;
    const first = record.conversation[0];
    if (first === undefined) throw new Error("the sample is empty");
    first.content = "one\ntwo\u001b[2J";
    writeFileSync(file, JSON.stringify(record));
    expect((await startShow(file)).stdout).toContain(" one two\\u001b[2J");
  });

  it.runIf(existsSync("/dev/full"))("says so where its output finds no room", async () => {
    const full = openSync("/dev/full", "w");
    try {
      const { code, stderr } = await startCli(["show", SAMPLE], {}, full).ended;
      expect({ code, stderr }).toEqual({
        code: 1,
        stderr: expect.stringMatching(/^Cannot write the output: .*no space left/i) as string,
      });
    } finally {
      closeSync(full);
    }
  });

  it("shows a conversation in which nothing was said yet", async () => {
    const empty = join(folder, "empty.json");
    const { format, session, integrity } = JSON.parse(readFileSync(SAMPLE, "utf8")) as Conversation;
    const { ended_at: _endedAt, ...open } = { ...session, status: "open" };
    const metrics = {
      user_messages: 0,
      agent_messages: 0,
      interruptions: 0,
      user_speech_s: 0,
      agent_speech_s: 0,
    };
    const lists = { conversation: [], unspoken: [], events: [] };
    writeFileSync(empty, JSON.stringify({ format, ...lists, session: open, metrics, integrity }));
    const { code, stdout } = await show(empty);
    expect(code).toBe(0);
    expect(stdout).toContain("Nothing was said yet");
    expect(stdout).toContain("open, 0 user and 0 agent messages");
  });

  it("says what to do where there is none, or no such turn, or no such file, or no conversation in it", async () => {
    const garbage = join(folder, "garbage.json");
    writeFileSync(garbage, '{"conversation": 7');
    for (const [args, why] of [
      [["--directory", join(folder, "nowhere")], 'make one with "talktrace demo"'],
      [[SAMPLE, "--turn", "99"], "it has turns 1 to 8"],
      [[join(folder, "missing.json")], "missing.json"],
      [[garbage], "not valid JSON"],
    ] as const) {
      const { code, stdout, stderr } = await show(...args);
      expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
      expect(stderr).toContain(why);
      expect(stderr).not.toContain("    at ");
    }
    const { code } = await startShow(SAMPLE, "--turn", "first");
    expect(code).toBe(2);
  });
});
