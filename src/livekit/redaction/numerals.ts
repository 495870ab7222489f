/** Numerals in rows that Unicode does not relate to digits: the first code point, and its value. */
const ROWS: readonly [first: number, count: number, value: number][] = [
  // Circled digits of several styles, and their tens.
  [0x2776, 10, 1],
  [0x2780, 10, 1],
  [0x278a, 10, 1],
  [0x24f5, 10, 1],
  [0x24eb, 10, 11],
  [0x24ff, 1, 0],
  [0x1f10b, 1, 0],
  [0x1f10c, 1, 0],
  // Ethiopic digits, which have no zero, and Suzhou numerals.
  [0x1369, 9, 1],
  [0x3021, 9, 1],
];

/** Chinese and Japanese numerals of one digit, of everyday and of financial writing. */
const HAN: ReadonlyMap<string, string> = new Map(
  [
    "〇零○",
    "一壹壱幺弌",
    "二贰貳弐弍两兩",
    "三叁參参弎",
    "四肆",
    "五伍",
    "六陆陸",
    "七柒漆",
    "八捌",
    "九玖",
  ].flatMap((characters, value) =>
    Array.from(characters, (each) => [each, String(value)] as const),
  ),
);

const NUMERAL = /[\p{N}〇零○一壹壱幺弌二贰貳弐弍两兩三叁參参弎四肆五伍六陆陸七柒漆八捌九玖]/u;
const ASCII_DIGITS = /^[0-9]{1,2}$/;
const LETTER = /\p{L}/u;

/** Whether a text has a numeral of any script. */
export function hasNumeral(text: string): boolean {
  return NUMERAL.test(text);
}

/**
 * The decimal digits that a numeral of any script stands for: `٣`, `３`, `③`, `⑶` and `三` for "3", `⑩`
 * for "10". Undefined for any other character.
 */
export function findDigits(character: string): string | undefined {
  if (character >= "0" && character <= "9") return character;
  if (character < "\u0080" || !NUMERAL.test(character)) return undefined;
  const han = HAN.get(character);
  if (han !== undefined) return han;
  const code = character.codePointAt(0) ?? 0;
  for (const [first, count, value] of ROWS)
    if (code >= first && code < first + count) return String(value + code - first);
  // `⑶` is "(3)" and `🄄` is "3,"; `Ⅲ` is letters, and `½` is no digit.
  const meant = character.normalize("NFKC");
  const bare = meant.replace(/[().,]/g, "");
  if (ASCII_DIGITS.test(bare)) return bare;
  if (LETTER.test(meant) || !/^\p{Nd}$/u.test(character)) return undefined;
  // Unicode has the ten digits of a script in a row.
  let first = code;
  while (/\p{Nd}/u.test(String.fromCodePoint(first - 1))) first -= 1;
  return String((code - first) % 10);
}
