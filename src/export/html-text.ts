import { toOneLine } from "../record/index.js";

const SPECIAL: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};
/** A tag by BCP 47, near enough. Anything else is not written. */
const LANGUAGE = /^[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8}){0,8}$/;

/** A text as HTML shows it, in an element or in an attribute within quotes. Pure. */
export function toHtml(text: string): string {
  return text.replace(/[&<>"']/g, (sign) => SPECIAL[sign] ?? sign);
}

/** A text with its line breaks; unseen signs are shown by their codes. Pure. */
export function toHtmlLines(text: string): string {
  return toHtml(
    text
      .split(/\r\n|[\r\n\u2028\u2029]/)
      .map(toOneLine)
      .join("\n"),
  );
}

/** An element whose direction follows its text, so that right-to-left words do not turn others round. */
export function spoken(tag: "span" | "s", text: string, language: string | undefined): string {
  const lang = language !== undefined && LANGUAGE.test(language) ? ` lang="${language}"` : "";
  return `<${tag} dir="auto"${lang}>${toHtmlLines(text)}</${tag}>`;
}
