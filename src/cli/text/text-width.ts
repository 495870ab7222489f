import stringWidth from "string-width";

/** Most words of most calls. `string-width` takes a hundred times as long for them. */
const PRINTABLE_ASCII = /^[ -~]*$/;

/** How many columns of a terminal a text takes. */
export function widthOf(text: string): number {
  return PRINTABLE_ASCII.test(text) ? text.length : stringWidth(text);
}
