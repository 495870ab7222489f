import * as fc from "fast-check";
import { type Conversation, type JsonValue, parseConversation } from "../../../src/record/index.js";
import { HARD_TEXTS, makeCall } from "./calls.js";

/** A text of any kind: hard ones, and any signs of JSON. */
export const anyText: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(...HARD_TEXTS),
  fc.string({ unit: "grapheme" }),
  fc.string({ unit: "binary" }),
);

/** Values as JSON gives them back: it has no negative zero. */
const anyJson = fc
  .jsonValue({ maxDepth: 3 })
  .map((value) => JSON.parse(JSON.stringify(value)) as JsonValue);

/** Any call that the reader of files takes, with hostile texts wherever there is a text. */
export const anyCall: fc.Arbitrary<Conversation> = fc
  .record({
    said: fc.array(
      fc.record({ isUser: fc.boolean(), content: anyText, more: anyText, redacted: fc.boolean() }),
      { maxLength: 6 },
    ),
    tools: fc.array(fc.tuple(anyText, fc.dictionary(anyText, anyJson, { maxKeys: 3 })), {
      maxLength: 3,
    }),
    name: anyText,
    attributes: fc.dictionary(anyText, anyJson, { maxKeys: 3 }),
  })
  .map(({ said, tools, name, attributes }) => {
    const call = makeCall(
      said.map(({ isUser, content, more, redacted }) => {
        const shared = {
          language: more,
          model: more,
          ...(redacted && { redacted: true as const }),
        };
        return isUser
          ? { user: content, more: { ...shared, id: `${more}-id`, taken_as: more, speaker: more } }
          : { agent: content, more: { ...shared, generated: more, voice: more, agent: more } };
      }),
      {
        room: name,
        close_reason: name,
        attributes,
        participants: [
          {
            identity: name,
            kind: "sip",
            name,
            linked: true,
            sip: { "sip.phoneNumber": "+4930123" },
          },
        ],
      },
    );
    for (const [type, data] of tools) {
      call.events.push({
        type: "tool_call",
        timestamp: call.session.started_at,
        data: { ...data, name: type },
      });
      call.events.push({
        type,
        timestamp: call.session.started_at,
        data: { digit: type, ...data },
      });
    }
    // As a file gives it: the reader takes some keys away.
    return parseConversation(JSON.stringify(call), "any.json");
  });
