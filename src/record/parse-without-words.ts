import { randomBytes } from "node:crypto";
import { CONVERSATION_FORMAT, type Conversation, type Message, type Word } from "./conversation.js";
import { parseConversation } from "./parse.js";

/** How a document of this format begins, as this version and `JSON.stringify` lay it out. */
const FORMAT = `{\n  "format": ${CONVERSATION_FORMAT},`;
/** How a list of words begins. A line feed stands in no string of JSON. */
const WORDS = '"words": [\n';

/**
 * Up to 16 words of a list, and perhaps its end. The texts have no escapes and the numbers no exponents,
 * so that each word certainly fits the schema. Nothing of a document can follow directly after a list.
 */
const NEXT_WORDS =
  /(?:[ \n]*\{[ \n]*"text": "[^"\\\u0000-\u001f]*",[ \n]*"at_s": -?(?:0|[1-9][0-9]{0,14})(?:\.[0-9]{1,18})?,[ \n]*"until_s": -?(?:0|[1-9][0-9]{0,14})(?:\.[0-9]{1,18})?(?:,[ \n]*"heard": false)?[ \n]*\}(?:,|[ \n]*\](?![ \n]*\{))){1,16}/y;

/** Nobody can have written it into a file. */
const MARK = randomBytes(12).toString("hex");

/** A text without its lists of words. */
interface Stripped {
  text: string;
  /** The texts of the lists that were taken out. */
  lists: string[];
}

/**
 * Like `parseConversation()`, but a message that was heard as a whole may have an empty list of `words`
 * in place of its words. Word times are three quarters of a file, and no figure and no finding of such
 * a message needs them.
 *
 * Undefined if the text is no conversation of the present format, or if only a whole reading can tell.
 */
export function parseWithoutWords(text: string, name: string): Conversation | undefined {
  if (!text.startsWith(FORMAT)) return undefined;
  const { text: stripped, lists } = stripWords(text);
  try {
    const conversation = parseConversation(stripped, name);
    return putBack(conversation.conversation, lists) ? conversation : undefined;
  } catch {
    return undefined;
  }
}

/** Replaces each list of plain words by one word with a mark. Lists of any other form stay. */
function stripWords(text: string): Stripped {
  const lists: string[] = [];
  const pieces: string[] = [];
  let from = 0;
  let at = text.indexOf(WORDS);
  while (at !== -1) {
    const begin = at + WORDS.length - 2;
    const end = findEnd(text, begin + 1);
    if (end !== undefined) {
      pieces.push(
        text.slice(from, begin),
        `[{"text":"${MARK}${lists.length}","at_s":0,"until_s":0}]`,
      );
      lists.push(text.slice(begin, end));
      from = end;
    }
    at = text.indexOf(WORDS, end ?? begin + 1);
  }
  pieces.push(text.slice(from));
  return { text: pieces.join(""), lists };
}

/** Where a list of plain words ends; undefined if it is no such list. */
function findEnd(text: string, begin: number): number | undefined {
  NEXT_WORDS.lastIndex = begin;
  while (NEXT_WORDS.test(text)) {
    const end = NEXT_WORDS.lastIndex;
    if (text[end - 1] === "]") return end;
  }
  return undefined;
}

/**
 * Puts the lists in place of their marks. False if a mark is missing: its list was not the words of a
 * message, or a later key of the same name replaced it.
 */
function putBack(messages: readonly Message[], lists: readonly string[]): boolean {
  let count = 0;
  for (const message of messages) {
    const mark = message.words?.[0]?.text;
    if (mark === undefined || !mark.startsWith(MARK)) continue;
    const list = lists[Number(mark.slice(MARK.length))] ?? "[]";
    message.words = isHeardAsAWhole(message) ? [] : (JSON.parse(list) as Word[]);
    count += 1;
  }
  return count === lists.length;
}

function isHeardAsAWhole(message: Message): boolean {
  return message.role === "user" || message.delivery === "full";
}
