import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { maskMetadata } from "../../../src/livekit/redaction/dispatch-metadata.js";
import { createSessionNames } from "../../../src/livekit/redaction/session-names.js";
import { createPhoneNumbers } from "../../../src/livekit/redaction/phone-numbers.js";

describe("telephone numbers", () => {
  it("are masked where they are written internationally", () => {
    const { mask } = createPhoneNumbers(false);
    expect(mask("call-_+15105550100_x7")).toBe("call-_[number]_x7");
    expect(mask('{"phone":"+1 (510) 555-0100"}')).toBe('{"phone":"[number]"}');
    expect(mask("room-20251122 order 4271")).toBe("room-20251122 order 4271");
  });

  it("are masked in any form once they are known", () => {
    const { learn, mask } = createPhoneNumbers(false);
    learn("+15105550100");
    expect(mask("sip_15105550100, +15105550100")).toBe("sip_[number], [number]");
    expect(mask("(510) 555-0100, 510.555.0100, 555 0100")).toBe("[number], [number], [number]");
    expect(mask("0 510 555 0100, 0015105550100")).toBe("[number], 00[number]");
    expect(mask("call_15105550100_1763811041")).toBe("call_[number]_1763811041");
  });

  it("leave alone what only looks like them: ids, times, and numbers of nobody here", () => {
    const { learn, mask } = createPhoneNumbers(false);
    learn("+15105550100");
    learn("4271");
    learn("20251");
    const text = "order-4271 room-20251122 1763811041 15105550199 5550100123 550100";
    expect(mask(text)).toBe(text);
    // E.164 has 7 to 15 digits: fewer are an extension, and more are no number.
    learn("1".repeat(16));
    expect(mask(`desk 20251, id ${"1".repeat(16)}`)).toBe(`desk 20251, id ${"1".repeat(16)}`);
  });

  it("are masked with whatever people and programs write between their digits", () => {
    const { learn, mask } = createPhoneNumbers(false);
    learn("+15105550100");
    const marks = [" ", "-", ".", "\u2011", "–", "—", "−", "/", "_", "·", "%20", "%2D", "\u00a0"];
    for (const mark of [...marks, "\u200b", "\u00ad", "+", ") "]) {
      const written = ["510", "555", "0100"].join(mark);
      expect(mask(`a ${written} b`), mark).toBe("a [number] b");
      expect(mask(`a +1${mark}${written} b`), mark).toBe("a [number] b");
    }
  });

  it("are masked in the digits of any script", () => {
    const { learn, mask } = createPhoneNumbers(false);
    learn("+15105550100");
    const zeros = ["٠", "۰", "०", "০", "௦", "๐", "០", "０", "𝟎"];
    for (const zero of zeros) {
      const first = zero.codePointAt(0) ?? 0;
      const written = Array.from("15105550100")
        .map((digit) => String.fromCodePoint(first + Number(digit)))
        .join("");
      expect(mask(`von ${written}.`), zero).toBe("von [number].");
    }
    expect(mask("①⑤①⓪⑤⑤⑤⓪①⓪⓪")).toBe("[number]");
  });

  it("are masked in every disguise: numerals of any kind, and marks or digits encoded several times", () => {
    const { learn, mask, maskName } = createPhoneNumbers(false);
    learn("+15105550100");
    const styles = [
      "0123456789",
      "〇一二三四五六七八九",
      "零壹贰叁肆伍陆柒捌玖",
      "⓪①②③④⑤⑥⑦⑧⑨",
      "⓿❶❷❸❹❺❻❼❽❾",
      "0⑴⑵⑶⑷⑸⑹⑺⑻⑼",
      "🄀⒈⒉⒊⒋⒌⒍⒎⒏⒐",
      "🄋➀➁➂➃➄➅➆➇➈",
      "⁰¹²³⁴⁵⁶⁷⁸⁹",
      "０１２３４５６７８９",
      "०१२३४५६७८९",
    ].map((style) => Array.from(style));
    const encodings: ((character: string) => string)[] = [
      (character) => character,
      encodeURIComponent,
      (character) => `&#${character.codePointAt(0)};`,
      (character) => `&#x${character.codePointAt(0)?.toString(16)};`,
      (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
      (character) =>
        ({ "-": "&hyphen;", "\u00a0": "&nbsp;", "–": "&ndash;" })[character] ?? character,
    ];
    const again = [
      (text: string) => text,
      encodeURIComponent,
      (text: string) => text.replaceAll("&", "&amp;"),
      (text: string) => encodeURIComponent(encodeURIComponent(text)),
    ];
    const digit = fc.record({
      style: fc.constantFrom(...styles),
      mark: fc.constantFrom("", "", "-", " ", "\u00a0", "–", ".", "/"),
      encode: fc.constantFrom(...encodings),
      more: fc.constantFrom(...again),
    });
    fc.assert(
      fc.property(fc.array(digit, { minLength: 11, maxLength: 11 }), (choices) => {
        const written = choices
          .map(({ style, mark, encode, more }, index) => {
            const numeral = style[Number("15105550100"[index])] ?? "";
            // A mark between two digits, never behind the last one.
            return more((index === 0 || mark === "" ? "" : encode(mark)) + numeral);
          })
          .join("");
        expect(mask(`a ${written} b`)).toBe("a [number] b");
        expect(maskName(`von ${written}`)).toBe("von [number]");
      }),
      { numRuns: 300 },
    );
    expect(mask("十一五一〇五五五〇一〇〇年")).toBe("十[number]年");
    expect(mask("&amp;#43;15105550199 is 50&percnt;")).toBe("[number] is 50&percnt;");
    expect(mask("一五一〇五五五〇一〇一 100% &amp; 7")).toBe("一五一〇五五五〇一〇一 100% &amp; 7");
  });

  it("cost nobody anything whose texts hold other digits", () => {
    const { learn, watch } = createPhoneNumbers(false);
    const told: string[] = [];
    const stop = watch("sip_0510-555-0100", () => told.push("one"));
    watch("agent-7", () => told.push("other"));
    for (let caller = 0; caller < 200; caller += 1) learn(`+1510556${1000 + caller}`);
    expect(told).toEqual([]);
    learn("+15105550100");
    stop();
    learn("+445105550100");
    expect(told).toEqual(["one"]);
  });

  it("are masked by every key that names a telephone, however deep it lies", () => {
    const numbers = createPhoneNumbers(false);
    const digits = "15105550100";
    const given = {
      whatsapp: digits,
      cell: digits,
      cellPhone: digits,
      fax_number: digits,
      customer: { phone: { home: { value: Number(digits) } } },
      contacts: [{ type: "mobile", value: digits }],
      inner: JSON.stringify({ phone: digits }),
      cancelled: digits,
    };
    expect(JSON.parse(maskMetadata(JSON.stringify(given), numbers))).toEqual({
      whatsapp: "[number]",
      cell: "[number]",
      cellPhone: "[number]",
      fax_number: "[number]",
      customer: { phone: { home: { value: "[number]" } } },
      contacts: [{ type: "mobile", value: "[number]" }],
      inner: '{"phone":"[number]"}',
      cancelled: digits,
    });
    // Too deep to be looked through: every number goes.
    const deep = `${"[".repeat(50_000)}"${digits}"${"]".repeat(50_000)}`;
    expect(maskMetadata(deep, numbers)).not.toContain(digits);
  });

  it("cost no metadata anything that has other digits", () => {
    const numbers = createPhoneNumbers(false);
    const names = createSessionNames(numbers);
    const written: unknown[] = [];
    names.mask("dispatch_metadata", '{"order":"15105550100"}');
    let reads = 0;
    const mask = numbers.mask;
    const counted = { ...numbers, mask: (text: string) => ((reads += 1), mask(text)) };
    const others = createSessionNames(counted);
    others.mask("dispatch_metadata", '{"order":"15105550100"}');
    names.follow((amendment) => written.push(amendment));
    others.follow(() => undefined);
    reads = 0;
    for (let caller = 0; caller < 200; caller += 1) numbers.learn(`+1510556${1000 + caller}`);
    expect(reads).toBe(0);
    numbers.learn("+15105550100");
    expect(written).toEqual([{ dispatch_metadata: '{"order":"[number]"}' }]);
  });

  it("leave no long number in metadata that are too long to be read key by key", () => {
    const numbers = createPhoneNumbers(false);
    const keys = Array.from(
      { length: 60_000 },
      (_, index) => `"k${index}":"1510555${1000 + index}"`,
    );
    const masked = maskMetadata(`{${keys.join(",")}}`, numbers);
    expect(masked).not.toMatch(/\d{7}/);
    expect(masked.length).toBeLessThan(70_000);
    expect(maskMetadata(`{"phone":"15105550100","a":"${"b ".repeat(30_000)}"}`, numbers)).toMatch(
      /^\{"phone":"\[number\]","a":"b b /,
    );
  });

  it("tell of each that is new, once", () => {
    const { learn, onLearnt } = createPhoneNumbers(false);
    const told: string[] = [];
    const stop = onLearnt(() => told.push("new"));
    learn("+15105550100");
    learn("1 510 555 0100");
    learn("12");
    learn("+15105550199");
    stop();
    learn("+15105550198");
    expect(told).toEqual(["new", "new"]);
  });

  it("are masked in JSON by the keys that name them, so that it stays JSON", () => {
    const numbers = createPhoneNumbers(false);
    numbers.learn("+15105550199");
    const given = {
      phone_number: "15105550100",
      caller: 15105550100,
      leads: [{ dialNumber: "0510 555 0100" }, { tel: "n/a" }],
      order: 20251122,
      hotel: 15105550100,
      desk: 15105550199,
      "+15105550100": true,
    };
    expect(JSON.parse(maskMetadata(JSON.stringify(given), numbers))).toEqual({
      phone_number: "[number]",
      caller: "[number]",
      leads: [{ dialNumber: "[number]" }, { tel: "n/a" }],
      order: 20251122,
      hotel: 15105550100,
      desk: "[number]",
      "[number]": true,
    });
    const plain = '{ "order": 20251122, "big": 12345678901234567890 }';
    expect(maskMetadata(plain, numbers)).toBe(plain);
    expect(maskMetadata("dial 15105550199", numbers)).toBe("dial [number]");
    expect(maskMetadata('{"phone":"15105550100"}', createPhoneNumbers(true))).toContain("1510");
  });

  it("are masked in the names of those who telephone, whatever they look like", () => {
    const { maskName } = createPhoneNumbers(false);
    expect(maskName("sip_5105550100")).toBe("sip_[number]");
    expect(maskName("Phone 0510 555 0100")).toBe("Phone [number]");
    expect(maskName("Desk 12")).toBe("Desk 12");
  });

  it("stay where the agent has opted in to them", () => {
    const { learn, mask, maskName } = createPhoneNumbers(true);
    learn("+15105550100");
    expect([mask("+15105550100"), maskName("sip_+15105550100")]).toEqual([
      "+15105550100",
      "sip_+15105550100",
    ]);
  });
});

it.each([
  { expiresMs: 1_763_900_000_000, process_ms: 12_345_678 },
  { order_number: "12345678", account_number: 87_654_321, called_at: 1_763_900_000 },
  { transmission: "123456789", contact_id: "55512345", number_of_calls: 12_345_678 },
])("metadata %j keeps its digits, because no key tells of a telephone", (metadata) => {
  const text = JSON.stringify(metadata);
  expect(maskMetadata(text, createPhoneNumbers(false))).toBe(text);
});

it.each([
  "called_number",
  "calledNumber",
  "from_number",
  "number",
  "contact",
  "sms_to",
  "fax",
  "caller_id",
])("metadata under %j is a telephone number", (key) => {
  const masked = maskMetadata(JSON.stringify({ [key]: "15105550100" }), createPhoneNumbers(false));
  expect(JSON.parse(masked)).toEqual({ [key]: "[number]" });
});

/** What people and programs write between the groups of a number. */
const BETWEEN = [
  "",
  " ",
  "-",
  ".",
  ",",
  ", ",
  "/",
  " / ",
  "_",
  "·",
  "–",
  " – ",
  "—",
  "−",
  "\u2011",
  "\u2010",
  "\u00a0",
  "\u202f",
  "\u200b",
  "\u2060",
  "\u00ad",
  "\u200e",
  "\ufeff",
  ") ",
  " (",
  ")-",
  "'",
  "’",
  ":",
  ";",
  "|",
  "\\",
  "*",
  "~",
  "%20",
  "%2D",
  "%2E",
  "%2F",
  "%2C",
  "%28",
  "%C2%A0",
  "%E2%80%91",
  "+",
  "\n",
  "\t",
  "\r\n",
  "...",
  " -- ",
  "、",
  "，",
  "・",
  "\u0301",
  "=",
  "#",
  "<>",
  '"',
  " ... - ",
];
/** The zeros of several scripts: nine digits follow each. */
const ZEROS = ["0", "٠", "۰", "०", "০", "௦", "๐", "０", "𝟎", "𝟶"];

interface WrittenNumber {
  digits: string;
  written: string;
}

/** A number of E.164 length, cut into groups of two digits and more, written in some way. */
const writtenNumber: fc.Arbitrary<WrittenNumber> = fc
  .record({
    first: fc.integer({ min: 1, max: 9 }),
    others: fc.array(fc.nat(9), { minLength: 6, maxLength: 14 }),
    sizes: fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 15, maxLength: 15 }),
    between: fc.array(fc.constantFrom(...BETWEEN), { minLength: 15, maxLength: 15 }),
    zero: fc.constantFrom(...ZEROS),
    before: fc.constantFrom("", "+", "00", "(", "＋", "tel:"),
  })
  .map(({ first, others, sizes, between, zero, before }) => {
    const digits = [first, ...others].join("");
    let written = before;
    let at = 0;
    for (const [index, size] of sizes.entries()) {
      if (at >= digits.length) break;
      written += at === 0 ? "" : (between[index] ?? "");
      for (const digit of digits.slice(at, at + size))
        written += String.fromCodePoint((zero.codePointAt(0) ?? 0) + Number(digit));
      at += size;
    }
    return { digits, written };
  });

/** The digits of a text, whatever their script, and nothing else. */
function digitsOf(text: string): string {
  const plain = text.replaceAll(/(?:%[0-9A-F]{2})+/gi, " ");
  return Array.from(plain, (character) => {
    const zero = ZEROS.find((each) => {
      const value = (character.codePointAt(0) ?? 0) - (each.codePointAt(0) ?? 0);
      return value >= 0 && value <= 9;
    });
    return zero === undefined ? "" : (character.codePointAt(0) ?? 0) - (zero.codePointAt(0) ?? 0);
  }).join("");
}

describe("a number that is known, however it is written", () => {
  it("is masked with whatever stands between its digits, in the digits of any script", () => {
    fc.assert(
      fc.property(
        writtenNumber,
        fc.constantFrom("", "call ", "sip_", '{"a":"'),
        ({ digits, written }, before) => {
          const { learn, mask } = createPhoneNumbers(false);
          learn(`+${digits}`);
          const masked = mask(`${before}${written} now`);
          expect(masked).toContain("[number]");
          expect(digitsOf(masked).replace(/^00/, "")).toBe("");
        },
      ),
      { numRuns: 2000 },
    );
  });

  it("is masked in metadata under a key that names it, before anybody has called", () => {
    fc.assert(
      fc.property(writtenNumber, ({ written }) => {
        const text = JSON.stringify({ phone: written.replace(/^tel:/, "") });
        expect(digitsOf(maskMetadata(text, createPhoneNumbers(false)))).toBe("");
      }),
    );
  });

  it("leaves prices, times and order numbers as they are that are not the number", () => {
    const other = fc.oneof(
      fc.constantFrom(
        "1,299.00",
        "12:30:45",
        "2025-11-22",
        "$1,234,567",
        "order 20251122",
        "4271",
        "#77-1",
      ),
      fc.integer({ min: 0, max: 99_999_999 }).map(String),
    );
    fc.assert(
      fc.property(writtenNumber, fc.array(other, { maxLength: 6 }), ({ digits }, others) => {
        const { learn, mask } = createPhoneNumbers(false);
        learn(`+${digits}`);
        const text = others.join(" and ");
        const isThere = others.some((each) => digitsOf(each).includes(digits.slice(-7)));
        expect(isThere || mask(text) === text).toBe(true);
        // Beside a number they stay as well.
        const beside = [...others, ""].join(", it ");
        expect(isThere || mask(`${beside}+${digits}`) === `${beside}[number]`).toBe(true);
      }),
    );
  });

  it("ends where a list goes on that has other digits", () => {
    const { mask } = createPhoneNumbers(false);
    expect(mask("+15105550100, 20251122")).toBe("[number], 20251122");
    expect(mask("+15105550100,20251122")).toBe("[number],20251122");
    expect(mask("+1,510,555,0100")).toBe("[number]");
    expect(mask("+1_510_555_0100")).toBe("[number]");
    expect(mask("+1, 510, 555, 0100")).toBe("[number]");
  });
});

it.each([
  ['{"phone": "x", "a": {"phone": "15105550100", "phone": "y"}}', true],
  ['{"ph\\u006fne": "15105550100", "phone": "y"}', true],
  ['{"a": [{"phone": "n/a"}, {"phone": "z"}], "at": "12:30", "b": ":{\\":"}', false],
])(
  "metadata %j is written anew exactly where one of its objects has a key twice",
  (text, isTwice) => {
    const masked = maskMetadata(text, createPhoneNumbers(false));
    expect(masked).not.toContain("15105550100");
    expect(masked === text).toBe(!isTwice);
  },
);

it("metadata with a key twice keeps no number under the first one", () => {
  const text = '{"phone": "15105550100", "phone": "x:y", "at": "12:30"}';
  const masked = maskMetadata(text, createPhoneNumbers(false));
  expect(masked).not.toContain("15105550100");
  const once = '{ "phone": "x:y", "at": "12:30" }';
  expect(maskMetadata(once, createPhoneNumbers(false))).toBe(once);
});

it.each([
  '{"caller_id":"Ann <15105550100>"}',
  '{"phone":"tel:15105550100"}',
  '{"fax":"sip:15105550100@host"}',
  '{"phone":"15105550100 ext 12"}',
  '{"phone":"call 15105550100 now"}',
  '{"phone":{"15105550100":true}}',
  '\ufeff{"phone":"15105550100"}',
  `{'phone':'15105550100'}`,
  '{"phone":"15105550100",}',
  JSON.stringify(JSON.stringify({ phone: "15105550100" })),
  "phone=15105550100&order=77",
  "Phone: 15105550100",
  '{"cells":["15105550100"]}',
  '{"callback":"15105550100"}',
  '{"电话":"15105550100"}',
  '{"ｐｈｏｎｅ":"15105550100"}',
  '{"téléphone":"15105550100"}',
])("metadata %j keeps no number that its key names, before anybody has called", (text) => {
  expect(maskMetadata(text, createPhoneNumbers(false))).not.toContain("15105550100");
});

it.each([
  '{"orders":"15105550100"}',
  "order=15105550100",
  '{"cancelled":"15105550100"}',
  "15105550100",
])("metadata %j has no key that names a telephone, so it stays", (text) => {
  expect(maskMetadata(text, createPhoneNumbers(false))).toBe(text);
});
