import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createSynthesisText } from "../../src/livekit/agent-speech/synthesis-text.js";
import { skipLeadingMarkup, withoutMarkup } from "../../src/record/index.js";

describe("withoutMarkup()", () => {
  it.each([
    ['Hello there <break time="500ms"/> how can I help', "Hello there how can I help"],
    ["Wait<break time='1s'/>please", "Wait please"],
    ["请等<break time='1s'/>一下", "请等一下"],
    ['<speak><prosody rate="slow" pitch="+2st">Good</prosody> day.</speak>', "Good day."],
    [
      '<expr type="sound" label="soft laugh"/> Oh no. <expr type="expression" label="warm"/> Yes',
      "Oh no. Yes",
    ],
    ["un<emphasis>believ</emphasis>able", "unbelievable"],
    ["<spell>A7X9</spell> is it", "A7X9 is it"],
    ["one <!-- a note --> two", "one two"],
    ['<amazon:effect name="whispered">hush</amazon:effect>', "hush"],
    ["<happy>Great!</happy>", "Great!"],
    [`<audio src="data:audio/wav;base64,${"A".repeat(50_000)}"/>Hello`, "Hello"],
    [`<prosody ${'pitch="+1st" '.repeat(500)}>Hello</prosody>`, "Hello"],
    ['<sub alias="more > less">Hello</sub> you', "Hello you"],
    [
      '<prosody rate="slow"><emphasis><prosody pitch="x">Hello</prosody></emphasis></prosody>',
      "Hello",
    ],
    ['<prosody rate="slow>Hello you', "Hello you"],
    ['<prosody rate="slow> Hello <break time="1s"/> you', "Hello you"],
    [`Hello <break time="${"1".repeat(5000)}`, "Hello "],
    ["one <?xml version='1.0'?> two", "one two"],
    ["[laughter] Well, hello.", "Well, hello."],
    ["Hello[laughs]there", "Hello there"],
    ["[Laughs harder] Stop it! [clears throat] So.", "Stop it! So."],
    ["[strong French accent] Hello [short pause] you [exhales sharply]", "Hello you "],
    ["[very regretful] Sorry [long-break] about that [lip-smack].", "Sorry about that ."],
    ["[emotion=happy][pace=slow]We passed [pause 1.5s] the audit!", "We passed the audit!"],
    ["<laugh> That is <sigh> funny <laugh_harder>", "That is funny "],
    ["Wait<#0.5#>please<#1#>", "Wait please"],
    ["请等<#0.5#>一下[laughter]好", "请等一下好"],
    ["Oh (sighs) no (clear-throat)", "Oh no "],
    ["Good morning [starts laug", "Good morning "],
    ["Good morning <#0.", "Good morning "],
  ])("takes the tags out of %j", (text, spoken) => {
    expect(withoutMarkup(text)).toBe(spoken);
  });

  it.each([
    "3 < 5 and 7 > 2",
    "if a <b and c> d",
    "write to <mira@example.org>",
    "ask for <name> at the desk",
    "I <3 you",
    "[a link](https://example.org) and [laughs](https://example.org)",
    "[card number] and [number] and [withheld]",
    "ask for [name] at the [front desk]",
    "one [of the",
    "I (and she) laughed (happy) about 5 (laughs a lot)",
    "press <#> and <1#>",
    "x<y",
    "x<y>z",
    "a < b and b > c",
    "is it 3 <? I do not know",
    "<<<",
  ])("leaves %j as it is", (text) => {
    expect(withoutMarkup(text)).toBe(text);
  });

  it("takes out a tag that the end of the text cuts off", () => {
    const text = 'Good morning <expr type="expression" label="warm and grounded"/>';
    for (let end = text.indexOf("<") + 3; end < text.length; end += 1)
      expect(withoutMarkup(text.slice(0, end)).trim()).toBe("Good morning");
  });
});

/** What a model writes by way of tags, short and long, and what people write with a "<". */
const TAGS = fc.oneof(
  fc.constantFrom("<break/>", "</prosody>", "<emphasis>", "<!-- a > b -->", "<br>"),
  fc.constantFrom("[laughter]", "[starts laughing]", "<laugh>", "<#0.5#>", "(sighs)", "[x accent]"),
  fc
    .record({
      name: fc.constantFrom("prosody", "amazon:effect", "Expr", "sub"),
      value: fc.string({
        unit: fc.constantFrom("a", " ", ">", "<", "/", "=", "é"),
        maxLength: 3000,
      }),
      quote: fc.constantFrom('"', "'"),
      isEmpty: fc.boolean(),
    })
    .map(
      ({ name, value, quote, isEmpty }) =>
        `<${name} x=${quote}${value}${quote}${isEmpty ? "/" : ""}>`,
    ),
);
const PLAIN = fc.constantFrom("one", "a < b", "I <3 you", "x<y>z", "您好", "5 > 4", "", "नमस्ते");

describe("a text with tags between its words", () => {
  it("is the words alone, however long the tags are and whatever their values hold", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(PLAIN, TAGS), { maxLength: 6 }), PLAIN, (parts, last) => {
        const marked = parts.map(([words, tag]) => `${words} ${tag} `).join("") + last;
        const words = [...parts.map(([each]) => each), last].join(" ");
        const squeeze = (text: string) => text.replaceAll(/\s+/g, " ").trim();
        expect(squeeze(withoutMarkup(marked))).toBe(squeeze(words));
      }),
    );
  });

  it("begins to be spoken with its first word, in whatever pieces it comes", () => {
    fc.assert(
      fc.property(
        fc.array(TAGS, { maxLength: 3 }),
        fc.integer({ min: 1, max: 40 }),
        (tags, size) => {
          const text = createSynthesisText();
          const marked = tags.join(" ");
          for (let at = 0; at < marked.length; at += size) text.push(marked.slice(at, at + size));
          const isInValue = tags.some((tag) => /["'][^"']*>[^"']*["']/.test(tag));
          // A ">" in a value that is not closed yet looks like the end of the tag.
          expect(text.hasSpeech() && !isInValue).toBe(false);
          text.push(" Hello");
          expect(text.hasSpeech()).toBe(true);
          expect(text.spoken()).toBe("Hello");
        },
      ),
    );
  });
});

describe("skipLeadingMarkup()", () => {
  it("waits while a tag goes on, and gives what follows it", () => {
    expect(skipLeadingMarkup(' <break time="1s"/> <expr type="sou')).toBeUndefined();
    expect(skipLeadingMarkup(' <break time="1s"/> ')).toBe("");
    expect(skipLeadingMarkup('<break time="1s"/>Hello')).toBe("Hello");
    expect(skipLeadingMarkup("<3 you")).toBe("<3 you");
    expect(skipLeadingMarkup("[starts lau")).toBeUndefined();
    expect(skipLeadingMarkup("[laughter]Hello")).toBe("Hello");
    expect(skipLeadingMarkup("[pause 1")).toBeUndefined();
    expect(skipLeadingMarkup("[number] calls")).toBe("[number] calls");
  });
});
