const BLANK = /[ \t\n\r]*/y;
/** Within a string: the characters to its end, to an escape, or to one that JSON forbids. */
const PLAIN = /[^"\\\u0000-\u001f]*/y;
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;
const CUT_ESCAPE = /\\(?:u[0-9a-fA-F]{0,3})?$/y;
const SCALAR = /true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
/** A token that the end of the text cut off. */
const CUT_TOKEN = /(?:tr?u?|fa?l?s?|nu?l?|[-.]|[eE][+-]?)$/y;

/**
 * Finds where a text stops being JSON, as an index into the text; `undefined` if it is JSON. An index
 * equal to the text's length means that the text ends too early.
 *
 * A person with a torn file wants this place. `JSON.parse` names it only in some messages, which differ
 * between versions of Node. Called only after parsing has failed.
 */
export function findJsonFault(text: string): number | undefined {
  let position = 0;
  const open: ("]" | "}")[] = [];
  const take = (pattern: RegExp): boolean => {
    pattern.lastIndex = position;
    if (!pattern.test(text)) return false;
    position = pattern.lastIndex;
    return true;
  };
  const takeCharacterHere = (character: string): boolean => {
    if (text[position] !== character) return false;
    position += 1;
    return true;
  };
  const takeCharacter = (character: string): boolean => {
    take(BLANK);
    return takeCharacterHere(character);
  };
  /** Goes to the end of a string, or to the end of the text if that comes first. */
  const takeString = (): boolean => {
    if (text[position] !== '"') return false;
    const start = position;
    position += 1;
    // A loop, because one expression for a string of megabytes overflows the stack.
    do take(PLAIN);
    while (take(ESCAPE));
    if (takeCharacterHere('"')) return true;
    const isCut = position === text.length || take(CUT_ESCAPE);
    position = isCut ? text.length : start;
    return false;
  };
  const takeKey = (): boolean => {
    take(BLANK);
    return takeString() && takeCharacter(":");
  };

  const fault = (): number => {
    CUT_TOKEN.lastIndex = position;
    return CUT_TOKEN.test(text) ? text.length : position;
  };

  for (;;) {
    // A value must begin here.
    if (takeCharacter("[")) {
      if (!takeCharacter("]")) {
        open.push("]");
        continue;
      }
    } else if (takeCharacter("{")) {
      if (!takeCharacter("}")) {
        if (!takeKey()) return fault();
        open.push("}");
        continue;
      }
    } else if (!takeString() && !take(SCALAR)) {
      return fault();
    }
    // A value has ended here.
    let closer = open.at(-1);
    while (closer !== undefined && takeCharacter(closer)) {
      open.pop();
      closer = open.at(-1);
    }
    if (closer === undefined) {
      take(BLANK);
      return position === text.length ? undefined : fault();
    }
    if (!takeCharacter(",") || (closer === "}" && !takeKey())) return fault();
  }
}
