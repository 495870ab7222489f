/**
 * Words of the directions that voices take: sounds, feelings and ways to speak. They are those that
 * Cartesia, ElevenLabs, Fish Audio, Inworld, MiniMax, Soniox and xAI document, and that LiveKit's
 * expressive mode writes.
 */
const CUES = wordsOf(`
  laugh laughs laughing laughter laughingly chuckle chuckles chuckling giggle giggles giggling cackle
  cackles sigh sighs sighing gasp gasps gasping cough coughs coughing groan groans groaning moan moans
  yawn yawns yawning sniff sniffs sniffle sniffles snort snorts snorting sneeze sneezes burp burps gulp
  gulps swallow swallows hiccup hiccups pant pants panting wheeze wheezes wheezing breath breathe breathes
  breathing exhale exhales exhaling inhale inhales inhaling cry cries crying sob sobs sobbing weep weeps
  weeping scream screams screaming yell yells yelling shout shouts shouting whisper whispers whispering
  mutter mutters muttering mumble mumbles stutter stutters stuttering sing sings singing sing-song hum
  hums humming hum-tune hiss hisses hissing tsk emm woo throat
  tongue-click lip-smack lip-smacking smacks-lips laugh-speak
  applause applauds claps clapping gunshot gunshots explosion explosions fart farts
  pause pauses pausing break long-pause short-pause long-break
  happy happily sad sadly angry angrily excited excitedly calm calmly curious curiously sarcastic
  sarcastically surprised amazed annoyed appalled thoughtful scared fearful afraid terrified nervous
  nervously anxious anxiously worried confident confidently proud proudly grateful delighted elated
  disappointed frustrated disgusted determined regretful hopeful empathetic sympathetic sympathetically
  playful playfully mischievous mischievously cheerful cheerfully enthusiastic enthusiastically
  affectionate tender tenderly gentle gently warm warmly cold coldly serious seriously deadpan dramatic
  dramatically cautious cautiously hesitant hesitantly hesitates confused panicked panicking alarmed
  impressed reassuring reassuringly apologetic apologetically flirtatious flirty seductive contemplative
  melancholic dejected sorrowful sorrowfully bored tired sleepy desperate desperately ironic ironically
  triumphant peaceful serene mysterious mysteriously joking comedic quizzically questioning professional
  neutral hurried rushed drawn-out monotone robotic interrupting overlapping
  emphasis soft softly loud loudly quiet quietly slow slowly fast quickly higher-pitch lower-pitch
  build-intensity decrease-intensity
`);

/** Words in front of such a word that few other texts in brackets begin with: `starts laughing`. */
const FIRST = wordsOf(`
  starts start starting begins stops takes clear clears clearing very slightly
`);

/** Words that stand beside such a word: `laughs harder`, `takes a deep breath`. */
const BESIDE = wordsOf(`
  a an and the in with at to of
  quite somewhat more less extremely really so
  hard harder hardest deep deeply sharp sharply heavy heavily long short big small little light lightly
  brief briefly nervous genuine belly evil strong
  take speak speaks speaking says sounds
  talking tone voice
`);

/** `[strong French accent]`, in any language that a voice knows. */
const ACCENT = /^(?:\p{L}+ ){1,3}accent$/u;
/** `[emotion=happy]`, `[pause 1.5s]` */
const WITH_VALUE =
  /^(?:emotion|expression|pace|speed|volume|pitch|pause|break|style|tone)(?:\s*[=:]\s*[a-z\d.%+-]+|\s+\d[\d.]*\s?(?:ms|s)?)$/;
/** MiniMax writes sounds in round brackets. Other words there are spoken. */
const IN_ROUND_BRACKETS = wordsOf(`
  laughs chuckle coughs clear-throat groans breath pant inhale exhale gasps sniffs sighs snorts burps
  lip-smacking humming hissing emm sneezes
`);
/** A pause in seconds as MiniMax writes it: `<#0.5#>`. */
const PAUSE = /<#\d{1,3}(?:\.\d{1,3})?#>/y;
const UNFINISHED_PAUSE = /<#[\d.]{0,7}#?$/y;

/** The beginning of a text in brackets that may be a direction. */
const OPEN_BRACKET = /^\[[\p{L}\d\s,.=:_/%+-]*$/u;

/** A longer text in brackets is no direction. */
const LONGEST_CUE = 48;

/**
 * The end of the direction for a voice that begins at this bracket, e.g. `[laughs harder]`, `(sighs)`
 * or `<#0.5#>`. It is the end of the text if that cuts the direction off. Undefined if there is none.
 */
export function findCueEnd(text: string, start: number): number | undefined {
  if (text[start] === "<")
    return matchEnd(PAUSE, text, start) ?? matchEnd(UNFINISHED_PAUSE, text, start);
  const [closing, isCue] =
    text[start] === "(" ? ([")", isSound] as const) : (["]", isVoiceCue] as const);
  const inside = text.slice(start + 1, start + LONGEST_CUE + 2);
  const length = inside.indexOf(closing);
  if (length < 0)
    return closing === "]" && start + 1 + inside.length === text.length && isUnfinishedCue(inside)
      ? text.length
      : undefined;
  const end = start + 1 + length + 1;
  const isLink = closing === "]" && text[end] === "(";
  return !isLink && isCue(inside.slice(0, length)) ? end : undefined;
}

/** Whether words are a direction for a voice, e.g. "laughs harder". They may be of any case. */
function isVoiceCue(text: string): boolean {
  const folded = text.trim().toLowerCase();
  if (folded.length > LONGEST_CUE) return false;
  const words = splitCue(folded);
  return (
    ACCENT.test(folded) ||
    WITH_VALUE.test(folded) ||
    (words.some((word) => CUES.has(word)) && words.every(isOfCue))
  );
}

/** Whether more text may make a direction of this one, which begins with a bracket. */
export function mayBecomeCue(text: string): boolean {
  if (text.length > LONGEST_CUE) return false;
  if (text.startsWith("<")) return matchEnd(UNFINISHED_PAUSE, text, 0) !== undefined;
  return text.startsWith("(")
    ? isBeginning(text.slice(1).toLowerCase(), IN_ROUND_BRACKETS)
    : OPEN_BRACKET.test(text);
}

/** Whether the text ends within a direction. Words that stand in other texts as well prove nothing. */
function isUnfinishedCue(text: string): boolean {
  const words = splitCue(text.toLowerCase());
  const last = words.pop() ?? "";
  if (!words.every(isOfCue)) return false;
  const isBegun = last.length > 1 && [CUES, FIRST].some((list) => isBeginning(last, list));
  const isKnown = words.some((word) => CUES.has(word) || FIRST.has(word));
  return isBegun || (isKnown && (last === "" || isBeginning(last, BESIDE)));
}

/** Whether a tag's name, or its beginning, is such a word: `<laugh>`. */
export function isCueName(name: string, isWhole: boolean): boolean {
  return isWhole ? isVoiceCue(name) : isBeginning(name, CUES);
}

function isSound(text: string): boolean {
  return IN_ROUND_BRACKETS.has(text.toLowerCase());
}

function isOfCue(word: string): boolean {
  return [CUES, FIRST, BESIDE].some((list) => list.has(word));
}

function isBeginning(begun: string, words: ReadonlySet<string>): boolean {
  for (const word of words) if (word.startsWith(begun)) return true;
  return false;
}

/** The words of a direction. One with a hyphen is known as it is, or by its parts. */
function splitCue(text: string): string[] {
  return text
    .split(/[\s,/_]+/)
    .flatMap((word) => (CUES.has(word) || !word.includes("-") ? [word] : word.split("-")));
}

function matchEnd(pattern: RegExp, text: string, at: number): number | undefined {
  pattern.lastIndex = at;
  const found = pattern.exec(text);
  return found === null ? undefined : at + found[0].length;
}

function wordsOf(list: string): ReadonlySet<string> {
  return new Set(list.trim().split(/\s+/));
}
