import { toOneLine } from "../record/index.js";

/** Signs by which Markdown begins emphasis, code, links, tags, tables, strikes or formulas. */
const MARKUP = /[\\`*_[\]<>|~$]/g;
/** An entity such as `&lt;`. */
const ENTITY = /&(?=#?\w{1,31};)/g;
/** `@name` tells a person on GitHub, `#12` and `GH-12` link an issue. A comment in it prevents both. */
const MENTION = /@(?=[A-Za-z0-9])|#(?=\d)|\bGH-(?=\d)/g;
/** A bare address becomes a link by itself. */
const ADDRESS = /\b(?:https?:\/\/|www\.)/gi;

/**
 * A text on one line in the form that Markdown shows as it is: nobody is mentioned, and nothing
 * becomes a link, a tag or a heading. It may stand anywhere except at a line's beginning. Pure.
 */
export function toMarkdown(text: string): string {
  return toOneLine(text)
    .trim()
    .replace(MARKUP, "\\$&")
    .replace(ENTITY, "&amp;")
    .replace(MENTION, "$&<!-- -->")
    .replace(ADDRESS, (address) => address.replace(/:|\.$/, "<!-- -->$&"));
}

/** A text as code, whatever backticks it has. Pure. */
export function toCode(text: string): string {
  const line = toOneLine(text).trim();
  const longest = Math.max(0, ...(line.match(/`+/g) ?? []).map(({ length }) => length));
  const fence = "`".repeat(longest + 1);
  // A space is taken away again if there is one on each side.
  const space = line.startsWith("`") || line.endsWith("`") || line === "" ? " " : "";
  return `${fence}${space}${line}${space}${fence}`;
}
