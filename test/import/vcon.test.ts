import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Conversation } from "../../src/record/index.js";
import { anyCall } from "../export/support/any-call.js";
import { exportCalls, makeCall, readSample } from "../export/support/calls.js";
import {
  importFixture,
  importOne,
  readFixture,
  readParts,
  wordsOf,
} from "./support/import-calls.js";

type Json = { [key: string]: unknown };

async function throughVcon(call: Conversation, vconBody: "json" | "string"): Promise<Conversation> {
  const { conversation, hasOwnId } = await importOne(
    await exportCalls("vcon", [call], { vconBody }),
  );
  expect(hasOwnId).toBe(true);
  return conversation;
}

/** A vCon as the payload of a JWS in its general form. */
function sign(vcon: unknown): string {
  const payload = Buffer.from(JSON.stringify(vcon)).toString("base64url");
  return JSON.stringify({ payload, signatures: [{ protected: "e30", signature: "AA" }] });
}

describe("TalkTrace's own vCon", () => {
  it.each(["json", "string"] as const)(
    "with bodies as %s gives the demo's call back as it was",
    async (vconBody) => {
      expect(await throughVcon(readSample(), vconBody)).toEqual(readSample());
    },
  );

  it("gives any call back as it was", async () => {
    await fc.assert(
      fc.asyncProperty(anyCall, fc.constantFrom("json", "string"), async (call, vconBody) => {
        expect(await throughVcon(call, vconBody)).toEqual(call);
      }),
      { numRuns: 200 },
    );
  });

  it("gives an empty call back, and one of 10,000 messages", async () => {
    for (const call of [
      makeCall([]),
      makeCall(Array.from({ length: 5000 }, () => [{ user: "u" }, { agent: "a" }]).flat()),
    ])
      expect(await throughVcon(call, "json")).toEqual(call);
  });

  it("is refused with the reason if the record in it is of a newer format or damaged", async () => {
    const vcon = JSON.parse(await exportCalls("vcon", [readSample()])) as { analysis: Json[] };
    const record = vcon.analysis.at(-1) as { body: Json };
    record.body["format"] = 99;
    const newer = await readParts(JSON.stringify(vcon));
    expect(newer.unread[0]?.problem).toMatch(/^the record in it cannot be read: .*99/);
    (record as Json)["body"] = "{";
    const damaged = await readParts(JSON.stringify(vcon));
    expect(damaged.unread[0]?.problem).toMatch(/^the record in it cannot be read: /);
  });
});

describe("another's vCon", () => {
  it("has text dialogs by their speakers, who joined and left, keys, and names what it does not read", async () => {
    const call = await importFixture("vcon-call.json");
    expect(wordsOf(call)).toEqual([
      "t_1 agent: Hello, this is the parcel desk. (full)",
      "t_2 user: Where is parcel 4271?",
      "t_2 agent: It is out for delivery. 👋 (full)",
      "t_3 user: Depot speaking.",
    ]);
    const { conversation, session, events } = call.conversation;
    expect(conversation.map((each) => (each.role === "user" ? each.speaker : each.agent))).toEqual([
      "Desk",
      "Customer",
      "Desk",
      "Depot",
    ]);
    expect(session.participants?.map(({ identity }) => identity)).toEqual(["Customer", "Depot"]);
    expect(events.map(({ type, data }) => [type, data["digit"]])).toEqual([
      ["dtmf", "1"],
      ["hold", undefined],
    ]);
    expect(JSON.stringify(call)).not.toContain("+1555");
    expect(call.missing).toEqual([
      "which replies were cut off",
      "recordings",
      "analyses (1)",
      "attachments (1)",
      "word times",
      "waits",
      "tools",
      '2 entries not understood (1 "text/html", 1 "transfer")',
    ]);
  });

  it("without a bot says that nobody knows who the agent is, until --channels says it", async () => {
    const vcon = JSON.parse(readFixture("vcon-call.json").toString()) as Json;
    const text = JSON.stringify({ ...vcon, parties: [{ name: "A" }, { name: "B" }, {}] });
    const unknown = await importOne(text);
    expect(unknown.conversation.metrics.agent_messages).toBe(0);
    expect(unknown.missing).toContain("who of the parties is the agent (--channels says it)");
    const known = await importOne(text, "x", { channels: ["agent", "user", "user"] });
    expect(known.conversation.metrics.agent_messages).toBe(1);
    expect(known.missing.join()).not.toContain("who of the parties");
  });

  it("that nobody took has the disposition as the reason for its end", async () => {
    const vcon = JSON.parse(readFixture("vcon-call.json").toString()) as { dialog: Json[] };
    const call = await importOne(JSON.stringify({ ...vcon, dialog: vcon.dialog.slice(-1) }));
    expect(call.conversation.session.close_reason).toBe("no-answer");
    expect(call.missing).toContain("words");
  });

  it("of a recording has the words of Deepgram's transcript, by the party of each channel", async () => {
    const response = JSON.parse(readFixture("deepgram-response.json").toString()) as Json;
    const vcon = (body: unknown): string =>
      JSON.stringify({
        uuid: "019b1111-2222-8333-9444-555566667777",
        parties: [
          { name: "Desk", type: "bot" },
          { name: "Customer", role: "customer" },
        ],
        dialog: [
          { type: "incomplete", start: "2026-01-01T09:00:00Z", disposition: "busy", parties: [1] },
          { type: "recording", start: "2026-01-01T09:00:10Z", duration: 15.5, parties: [1, 0] },
        ],
        analysis: [{ type: "transcript", dialog: 1, vendor: "deepgram", encoding: "json", body }],
      });
    for (const body of [response, JSON.stringify(response)]) {
      const call = await importOne(vcon(body));
      expect(wordsOf(call)).toEqual([
        "t_1 agent: Hello, this is the parcel desk. (full)",
        "t_2 user: Where is parcel 4271?",
        "t_2 agent: It is out for delivery. (full)",
        "t_3 user: धन्यवाद",
      ]);
      const [hello] = call.conversation.conversation;
      expect(new Date(hello?.started_at ?? 0).toISOString()).toBe("2026-01-01T09:00:10.400Z");
      expect(hello?.words?.[0]?.at_s).toBe(10.4);
      expect(call.missing).toEqual(["which replies were cut off", "recordings", "tools"]);
    }
    const { results, ...rest } = response;
    const [one] = (results as { channels: Json[] }).channels;
    const mono = await importOne(vcon({ ...rest, results: { channels: [one] } }));
    expect(mono.missing).toContain(
      "a transcript: it does not say who is on which channel, or who each speaker is; say it with --channels, e.g. --channels user (it has 1)",
    );
  });

  it("that is signed is read, with a word that its signature was not checked", async () => {
    const vcon = JSON.parse(readFixture("vcon-call.json").toString()) as Json;
    const signed = await importOne(sign(vcon));
    expect(signed.conversation).toEqual((await importFixture("vcon-call.json")).conversation);
    expect(signed.missing).toContain("whether its signature holds");
  });

  it("that is signed and nested deeper than any reader goes is read or refused, and crashes nothing", async () => {
    const deep = `${"[".repeat(200_000)}${"]".repeat(200_000)}`;
    const record = `{"type":"report","vendor":"talktrace","schema":"urn:talktrace:conversation:2","encoding":"json","body":${deep}}`;
    const vcon = `{"uuid":"u","parties":[],"dialog":[],"analysis":[${record}]}`;
    const payload = Buffer.from(vcon).toString("base64url");
    const signed = JSON.stringify({ payload, signatures: [{}] });
    for (const text of [vcon, signed]) {
      const outcome = await readParts(text).catch((error: unknown) => error);
      expect(outcome).not.toBeInstanceOf(RangeError);
    }
  });

  it("that is encrypted, or signs something else, is refused with the reason", async () => {
    const jwe = { protected: "e30", recipients: [{}], iv: "", ciphertext: "AA", tag: "" };
    expect((await readParts(JSON.stringify(jwe))).unread[0]?.problem).toBe(
      "it is an encrypted vCon; decrypt it first",
    );
    expect((await readParts(sign({ a: 1 }))).unread[0]?.problem).toBe(
      "it is signed, and what was signed is no vCon",
    );
  });
});
