import { readFileSync } from "node:fs";
import { Ajv } from "ajv";
import formatsPlugin from "ajv-formats";
import * as fc from "fast-check";
import { expect, it } from "vitest";
import type { ExportOptions } from "../../src/export/index.js";
import type { Vcon } from "../../src/export/vcon-types.js";
import { type Conversation, parseConversation } from "../../src/record/index.js";
import { anyCall } from "./support/any-call.js";
import { exportCalls, makeCall, readSample } from "./support/calls.js";
import { countOf } from "../support/counts.js";

const ajv = new Ajv({ strict: false, allErrors: true });
formatsPlugin.default(ajv);
const validate = ajv.compile(
  JSON.parse(readFileSync("test/export/support/vcon.schema.json", "utf8")) as object,
);
const SAMPLE = readSample();

async function vconOf(call: Conversation, options: Partial<ExportOptions> = {}): Promise<Vcon> {
  const vcon = JSON.parse(await exportCalls("vcon", [call], options)) as Vcon;
  validate(vcon);
  expect(validate.errors).toBeNull();
  return vcon;
}

/** The record in a vCon, as a reader finds it: by vendor and schema. */
function recordIn({ analysis }: Vcon): unknown {
  const found = analysis.find(
    ({ vendor, schema }) =>
      vendor === "talktrace" && schema.startsWith("urn:talktrace:conversation:"),
  );
  return typeof found?.body === "string" ? JSON.parse(found.body) : found?.body;
}

it("vcon of the demo's call is valid, and has a text dialog for each message by its speaker", async () => {
  const vcon = await vconOf(SAMPLE);
  expect(vcon.parties).toEqual(
    [
      { type: "person", name: "anonymous" },
      { type: "bot", name: "agent" },
      { type: "bot", name: "parcel_desk" },
    ].filter(({ name }) => vcon.parties.some((party) => party.name === name)),
  );
  expect(vcon.dialog.map(({ body, start }) => ({ body, start }))).toEqual(
    SAMPLE.conversation.map(({ content, started_at }) => ({ body: content, start: started_at })),
  );
  for (const [at, { parties, duration }] of vcon.dialog.entries()) {
    const { role } = SAMPLE.conversation[at]!;
    expect(vcon.parties[parties[0]!]?.type).toBe(role === "user" ? "person" : "bot");
    // In seconds: the longest message of this call has 12.
    expect(duration).toBeLessThan(15);
  }
});

it("the schema refuses a vCon without the vendor of an analysis, or with a type that the draft does not have", async () => {
  const vcon = await vconOf(SAMPLE);
  const { vendor: _vendor, ...analysis } = vcon.analysis[0]!;
  expect(validate({ ...vcon, analysis: [analysis] })).toBe(false);
  expect(validate({ ...vcon, dialog: [{ ...vcon.dialog[0], type: "audio" }] })).toBe(false);
  const { encoding: _encoding, ...dialog } = vcon.dialog[0]!;
  expect(validate({ ...vcon, dialog: [dialog] })).toBe(false);
});

it("vcon has telephone numbers only where the record keeps them, and who joined, left and pressed keys", async () => {
  const at = "2026-01-01T09:00:01.000000+00:00";
  const call = makeCall([{ user: "Hello" }], {
    participants: [
      {
        identity: "sip_1",
        kind: "sip",
        name: 'Ada "the" Caller',
        linked: true,
        joined_at: at,
        left_at: at,
        sip: { "sip.phoneNumber": "+4930123" },
      },
      { identity: "listener", kind: "standard" },
    ],
  });
  call.events.push({
    type: "dtmf",
    timestamp: at,
    data: { digit: "7", code: 7, participant: "sip_1" },
  });
  const vcon = await vconOf(call);
  expect(vcon.parties.slice(0, 2)).toEqual([
    { type: "person", name: 'Ada "the" Caller', tel: "tel:+4930123" },
    { type: "person", name: "listener" },
  ]);
  expect(vcon.dialog[0]?.party_history?.map(({ event, button }) => [event, button])).toEqual([
    ["join", undefined],
    ["drop", undefined],
    ["keydown", "7"],
  ]);
});

it("vcon of the same call has the same uuid, and of other words another", async () => {
  const first = await vconOf(SAMPLE);
  expect((await vconOf(SAMPLE, { now: new Date(0) })).uuid).toBe(first.uuid);
  expect((await vconOf(SAMPLE, { text: "generated" })).uuid).not.toBe(first.uuid);
});

it("vcon with --vcon-body string has the bodies of JSON as strings, as older drafts have", async () => {
  const vcon = await vconOf(SAMPLE, { vconBody: "string" });
  expect(vcon.analysis.map(({ body }) => typeof body)).toEqual(["string", "string"]);
  expect(parseConversation(JSON.stringify(recordIn(vcon)), "call.vcon")).toEqual(SAMPLE);
});

it("vcon of an empty call is valid", async () => {
  const vcon = await vconOf(makeCall([]));
  expect(vcon.dialog).toEqual([]);
});

it("vcon of any call is valid and gives the same document back", async () => {
  await fc.assert(
    fc.asyncProperty(anyCall, async (call) => {
      const vcon = await vconOf(call, { text: "both" });
      expect(parseConversation(JSON.stringify(recordIn(vcon)), "call.vcon")).toEqual(call);
    }),
    { numRuns: countOf(80, 200) },
  );
});
