import { existsSync, readFileSync, readdirSync } from "node:fs";

import { listConversations, readConversation } from "../../../dist/src/store/index.js";
import { canonical, tellStates } from "./story.mjs";

/**
 * The oracle of whole folders. `expected` has for each session, by its id, its `length` and the least
 * and the most operations that its record may hold (`atLeast`, `atMost`). A record in none of these
 * states is a failure: a message is missing, there twice, or has a word changed. So is a file that is
 * no valid document. Sessions in `ignores` are not looked at.
 *
 * `damagedEnd`: a journal may end in one damaged line, because a power cut leaves zeros where the last
 * lines were. Only lines that were not flushed may be lost so, which the states hold.
 *
 * `recovered`: whether a recovery has run, so that every file must be valid and final by itself.
 */
export async function checkFolder(
  directory,
  { expected, ignores = () => false, recovered, damagedEnd = false },
) {
  const mayBeDamaged = damagedEnd ? 1 : 0;
  const failures = [];
  const seen = new Map();
  /** Sessions that have less than `atMost`. */
  const behind = new Set(expected.keys());
  let messages = 0;
  for (const { path, name } of await listConversations(directory)) {
    let conversation;
    try {
      ({ conversation } = await readConversation(path));
      if (
        recovered &&
        canonical(JSON.parse(readFileSync(path, "utf8"))) !== canonical(conversation)
      ) {
        failures.push(`${name}: the file does not say what its reader does`);
      }
    } catch (error) {
      failures.push(`${name}: ${error.message}`);
      continue;
    }
    const { id, status } = conversation.session;
    if (ignores(id)) continue;
    if (seen.has(id)) failures.push(`session ${id} is in ${seen.get(id)} and in ${name}`);
    seen.set(id, name);
    messages += conversation.conversation.length;
    const fault = compare(conversation, expected.get(id), mayBeDamaged, () => behind.delete(id));
    if (fault !== undefined) failures.push(`${name}: ${fault}`);
    if (recovered && status === "open") failures.push(`${name}: still open after the recovery`);
  }
  for (const [id, { atLeast }] of expected) {
    if (atLeast > 0 && !seen.has(id)) failures.push(`session ${id} has no file`);
  }
  return { failures, messages, behind };
}

function compare(document, expectation, mayBeDamaged, onWhole) {
  const { conversation, unspoken, events, integrity, session } = document;
  // Nobody was told that it had begun.
  if (expectation === undefined) {
    const entries = conversation.length + unspoken.length + events.length;
    return entries === 0 ? undefined : `${session.id} has entries that nobody acknowledged`;
  }
  const { length, atLeast, atMost } = expectation;
  if (integrity.dropped > 0) return `${integrity.dropped} dropped`;
  if (integrity.damaged_lines > mayBeDamaged) return `${integrity.damaged_lines} damaged lines`;
  const states = tellStates(session.id, length, atLeast, atMost);
  const found = canonical({ session, conversation, unspoken, events });
  if (!states.includes(found)) {
    return (
      `${conversation.length} messages, ${unspoken.length} unspoken and ${events.length} events ` +
      `are no state of ${session.id} from ${atLeast} to ${atMost} operations`
    );
  }
  if (states.at(-1) === found) onWhole();
  // If several states fit, the status tells whether the end was reached.
  const hasEnded = session.status === "complete";
  if (atLeast === length && !hasEnded)
    return `its end was acknowledged, and it is ${session.status}`;
  if (atMost < length && hasEnded) return "it is complete, and nobody ended it";
}

/** What the writers of a ledger must have left: all that was acknowledged, and what was in progress. */
export function expect(ledger, length) {
  return new Map(
    [...ledger.sessions].map(([id, { acknowledged }]) => [
      id,
      { length, atLeast: acknowledged, atMost: Math.min(acknowledged + 1, length) },
    ]),
  );
}

/**
 * Files that a recovery ought to have dealt with: journals, and what was kept aside as edited or as
 * damaged, which must not be there because nobody else wrote. A young temporary file may be there,
 * because a recovery removes only old ones.
 */
export function findLeftovers(directory) {
  return namesIn(directory).filter((name) => !/^[^.].*\.json$|^\..*\.tmp$/.test(name));
}

/** The names in a folder; none when it is not there. */
export function namesIn(directory) {
  return existsSync(directory) ? readdirSync(directory) : [];
}
