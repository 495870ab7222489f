import { describe, expect, it } from "vitest";
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
  ])("takes the tags out of %j", (text, spoken) => {
    expect(withoutMarkup(text)).toBe(spoken);
  });

  it.each([
    "3 < 5 and 7 > 2",
    "if a <b and c> d",
    "write to <mira@example.org>",
    "ask for <name> at the desk",
    "I <3 you",
    "[a link](https://example.org) and [laughs]",
    "x<y",
  ])("leaves %j as it is", (text) => {
    expect(withoutMarkup(text)).toBe(text);
  });

  it("takes out a tag that the end of the text cuts off", () => {
    const text = 'Good morning <expr type="expression" label="warm and grounded"/>';
    for (let end = text.indexOf("<") + 3; end < text.length; end += 1)
      expect(withoutMarkup(text.slice(0, end)).trim()).toBe("Good morning");
  });
});

describe("skipLeadingMarkup()", () => {
  it("waits while a tag goes on, and gives what follows it", () => {
    expect(skipLeadingMarkup(' <break time="1s"/> <expr type="sou')).toBeUndefined();
    expect(skipLeadingMarkup(' <break time="1s"/> ')).toBe("");
    expect(skipLeadingMarkup('<break time="1s"/>Hello')).toBe("Hello");
    expect(skipLeadingMarkup("<3 you")).toBe("<3 you");
  });
});
