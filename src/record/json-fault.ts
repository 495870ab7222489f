const BLANK = /[ \t\n\r]*/y;
// Plain runs and escapes take turns, so that no string can be matched in two ways: a file of many
// megabytes whose last string has no end must not take for ever.
const STRING = /"[^"\\\u0000-\u001f]*(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\u0000-\u001f]*)*"/y;
const SCALAR = /true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
/** A token that the end of the text cut off. */
const CUT_TOKEN =
  /(?:"[^"\\\u0000-\u001f]*(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\u0000-\u001f]*)*(?:\\(?:u[0-9a-fA-F]{0,3})?)?|tr?u?|fa?l?s?|nu?l?|[-.]|[eE][+-]?)$/y;

/**
 * Finds where a text ceases to be JSON, as an index into the text, or `undefined` if it is JSON. An
 * index equal to the text's length means that the text ends too early.
 *
 * `JSON.parse` names a position in some of its messages only, and differently from one Node to the
 * next; a person with a torn file wants to know where. Only called once parsing has failed.
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
  const takeCharacter = (character: string): boolean => {
    take(BLANK);
    if (text[position] !== character) return false;
    position += 1;
    return true;
  };
  const takeKey = (): boolean => {
    take(BLANK);
    return take(STRING) && takeCharacter(":");
  };

  const fault = (): number => {
    CUT_TOKEN.lastIndex = position;
    return CUT_TOKEN.test(text) ? text.length : position;
  };

  for (;;) {
    // Here a value has to begin.
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
    } else if (!take(STRING) && !take(SCALAR)) {
      return fault();
    }
    // Here one has ended.
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
