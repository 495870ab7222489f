import { wordsOf } from "./findings/words.js";

export interface KeyPhrase {
  text: string;
  /** How often it was said. */
  count: number;
}

/** Words that say nothing about the topic of a call: English, German, Spanish, French, Hindi. */
const STOP_WORDS = new Set(
  [
    "a about after again all also am an and any are as at back be because been before being but by can could did do does doing down for from get go going good got had has have he hello her here hi him his how i if in into is it its just know let like look me more much my need no not now of off ok okay on one only or other our out over please really right said say see she should so some sorry sure take tell than thank thanks that the their them then there these they thing think this those to too two um up us very want was way we well were what when where which while who why will with would yeah yes you your",
    "aber als am an auch auf aus bei bin bis bitte da danke dann das dass dem den der die dir doch du ein eine einem einen einer er es fur gut haben habe hat hier ich ihnen ihr im in ist ja jetzt kann kein konnen man mehr mein mich mir mit nach nein nicht noch nur oder schon sehr sein sich sie sind so und uns von vor war was wenn wer wie wir wird zu zum zur",
    "al algo como con cual cuando de del donde el ella en es esta este esto gracias ha hay la las le lo los me mi muy nada no nos o para pero por porque puede que quiero se si sin sobre su te tengo todo tu un una uno usted y ya yo",
    "a au aux avec ce ces cette dans de des donc du elle en est et eux il je la le les leur lui ma mais me merci meme mes moi mon ne nos notre nous on ou oui par pas pour qu que qui sa se ses si son sur ta te tu un une vos votre vous",
    "और का की के को में से है हैं हूँ यह वह मैं आप हम तो भी ही पर कि जो क्या नहीं हाँ एक था थी थे कर रहा रही मेरा मेरी मुझे आपका धन्यवाद",
  ].flatMap(wordsOf),
);
const LONGEST_PHRASE = 3;
const SHORTEST_WORD = 3;

/**
 * The words and phrases that were said most, without those that every call has. A phrase includes its
 * words. At most `most`, with the highest weight first. Pure.
 */
export function findKeyPhrases(texts: readonly string[], most = 8): KeyPhrase[] {
  const counts = new Map<string, { count: number; length: number }>();
  for (const text of texts) {
    const words = wordsOf(text);
    for (let from = 0; from < words.length; from += 1)
      for (let length = 1; length <= LONGEST_PHRASE && from + length <= words.length; length += 1) {
        const phrase = words.slice(from, from + length);
        if (!tells(phrase[0]!) || !tells(phrase.at(-1)!)) continue;
        const key = phrase.join(" ");
        counts.set(key, { count: (counts.get(key)?.count ?? 0) + 1, length });
      }
  }
  const ranked = [...counts]
    .filter(([, { count }]) => count > 1)
    .map(([text, { count, length }]) => ({ text, count, weight: count * length ** 1.5 }))
    .toSorted((a, b) => b.weight - a.weight || (a.text < b.text ? -1 : 1));
  const kept: KeyPhrase[] = [];
  for (const { text, count } of ranked) {
    if (kept.length >= most) break;
    const isIn = kept.some(
      (other) => ` ${other.text} `.includes(` ${text} `) || ` ${text} `.includes(` ${other.text} `),
    );
    if (!isIn) kept.push({ text, count });
  }
  return kept;
}

function tells(word: string): boolean {
  return (
    (word.length >= SHORTEST_WORD || /\d|[^\u0000-\u024f]/.test(word)) && !STOP_WORDS.has(word)
  );
}
