import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createProgram } from "../../src/cli/program.js";
import {
  type Comparison,
  type PairComparison,
  compareCalls,
  summarizeCall,
} from "../../src/insight/index.js";
import { generateCall } from "../support/generate-call.js";
import { keepOutput } from "../support/keep-output.js";

let folder: string;
let [before, after] = ["", ""];
const callOf = (seed: number) => generateCall(seed, false).conversation;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "talktrace-compare-"));
  [before, after] = [mkdtempSync(join(folder, "a-")), mkdtempSync(join(folder, "b-"))];
  for (let seed = 1; seed <= 24; seed += 1)
    writeFileSync(
      join(seed <= 12 ? before : after, `call_${String(seed).padStart(2, "0")}.json`),
      JSON.stringify(callOf(seed)),
    );
});
afterAll(() => rmSync(folder, { recursive: true }));

async function compare(...args: string[]) {
  const terminal = keepOutput();
  const line = ["compare", "--directory", after, ...args];
  await (await createProgram(terminal)).parseAsync(line, { from: "user" });
  return terminal.out.join("");
}

it("`talktrace compare FOLDER FOLDER` compares the calls of two folders, and FOLDER QUERY too", async () => {
  const sideOf = (from: number) =>
    Array.from({ length: 12 }, (_, at) => 11 - at + from).map((seed) =>
      summarizeCall(`call_${String(seed).padStart(2, "0")}`, callOf(seed)),
    );
  const expected = JSON.parse(JSON.stringify(compareCalls(sideOf(1), sideOf(13)))) as Comparison;
  const folders = JSON.parse(await compare(before, after, "--json")) as Comparison;
  expect(folders.figures.map(({ name, a, b }) => [name, a, b])).toEqual(
    expected.figures.map(({ name, a, b }) => [name, a, b]),
  );
  expect(await compare(before, "status:complete status:complete", "--json")).toContain('"seed":1');
  await expect(compare(before, "zzzz")).rejects.toThrow('fits "zzzz"');
  const empty = mkdtempSync(join(folder, "empty-"));
  await expect(compare(empty, after)).rejects.toThrow(`there is no call in "${empty}"`);
  await expect(compare(join(folder, "no.json"), after)).rejects.toThrow("there is no such file");
});

it("`talktrace compare` applies the user's config to a call on either side, beside a folder or a call", async () => {
  const config = join(folder, "own.json");
  writeFileSync(config, JSON.stringify({ off: ["cut_off"] }));
  const seed = Array.from({ length: 200 }, (_, at) => at + 1).find((each) =>
    summarizeCall("x", callOf(each)).found.some(({ rule }) => rule === "cut_off"),
  );
  if (seed === undefined) throw new Error("no generated call has a reply that was cut off");
  const call = join(folder, "cut-off.json");
  writeFileSync(call, JSON.stringify(callOf(seed)));
  for (const sides of [
    [call, before],
    [before, call],
    [call, call],
  ]) {
    expect(await compare(...sides, "--json")).toContain("cut_off");
    expect(await compare(...sides, "--json", "--config", config)).not.toContain("cut_off");
  }
});

it("`talktrace compare CALL CALL` pairs the turns that say the same, with both waits and their difference", async () => {
  const call = callOf(13);
  const [, second, third] = [...new Set(call.conversation.map(({ turn_id }) => turn_id))];
  if (second === undefined || third === undefined) throw new Error("the call is too short");
  const changed = {
    ...call,
    conversation: call.conversation
      .filter(({ turn_id }) => turn_id !== second)
      .map((message) =>
        message.role === "agent" && message.latency?.e2e_s !== undefined
          ? {
              ...message,
              llm_model: "other",
              latency: { ...message.latency, e2e_s: message.latency.e2e_s + 0.5 },
            }
          : message,
      ),
  };
  const other = join(folder, "changed.json");
  writeFileSync(other, JSON.stringify(changed));
  const pair = JSON.parse(await compare("call_13", other, "--json")) as PairComparison;
  const lone = pair.turns.filter(({ b }) => b === undefined);
  expect(lone.map(({ a }) => `t_${a?.turn}`)).toEqual([second]);
  const both = pair.turns.filter(({ a, b }) => a !== undefined && b !== undefined);
  for (const { a, b } of both) expect(b).toMatchObject({ turn: a?.turn, user: a?.user });
  const differences = both.flatMap(({ wait_difference_s }) => wait_difference_s ?? []);
  expect(new Set(differences)).toEqual(new Set([0.5]));
  expect(pair.differs.find(({ what }) => what === "models")?.only_b).toEqual(["other"]);
  const text = await compare("call_13", other);
  expect(text).toMatch(/\[\d+\.\d\d s → \d+\.\d\d s\] \+0\.50 s$/m);
  expect(text).toContain("compare sets of calls to judge a change");
});

it("`talktrace compare` pairs no turn with one that says something else, and takes calls without words", async () => {
  const one = JSON.parse(await compare("call_13", "call_14", "--json")) as PairComparison;
  const turnsOf = (side: "a" | "b") => one.turns.flatMap((turn) => turn[side]?.turn ?? []);
  const idsOf = (seed: number) => [
    ...new Set(callOf(seed).conversation.map(({ turn_id }) => turn_id.replace("t_", ""))),
  ];
  expect(turnsOf("a")).toEqual(idsOf(13));
  expect(turnsOf("b")).toEqual(idsOf(14));
  const silent = join(folder, "silent.json");
  writeFileSync(silent, JSON.stringify({ ...callOf(13), conversation: [] }));
  expect(JSON.parse(await compare(silent, silent, "--json"))).toMatchObject({ turns: [] });
  expect(await compare(silent, "call_13")).toContain("B");
});
