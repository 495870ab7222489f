import type { Conversation, Message, Participant, Session } from "../../record/index.js";
import { asRead } from "../document/render-document.js";
import type { Change, Replay } from "./replay.js";

/**
 * Whether a published file may have facts that the journal lost. If the journal has every line of the
 * file, any other fact in the file is somebody's edit.
 */
export function mayKnowMore(
  { integrity, session }: Conversation,
  { state, damagedLines }: Replay,
): boolean {
  if (damagedLines > 0) return true;
  // The file of a finished session that is not ours does not tell its last line.
  if (integrity.line === undefined) return session.status === "open";
  return integrity.line > state.lastLine;
}

/** Whether a published file has facts that its journal never had. */
export function isEdited(
  { state, changes, sessionChanges }: Replay,
  published: Conversation,
  path: string,
): boolean {
  const journaled = asRead(state, path);
  const known = new Set(
    [...(journaled?.unspoken ?? []), ...(journaled?.events ?? [])].map((each) =>
      JSON.stringify(each),
    ),
  );
  const isUnknown = (each: object): boolean => !known.has(JSON.stringify(each));
  return (
    published.conversation.some((message) => {
      const ours = state.messages.find(message.id);
      if (ours === undefined) return state.unspoken.find(message.id) === undefined;
      return newestMessage(message, ours, changes.get(message.id) ?? []) !== ours;
    }) ||
    published.unspoken.some(isUnknown) ||
    published.events.some(isUnknown) ||
    (journaled !== undefined &&
      JSON.stringify(newestSession(published.session, journaled.session, sessionChanges)) !==
        JSON.stringify(newestSession(journaled.session, journaled.session, sessionChanges)))
  );
}

/**
 * Takes from the published file what the journal lost, by damage or with a machine's power. The
 * published file was true once. So facts that the journal never had are newer than its lines, unless
 * a later line of the journal says otherwise.
 */
export function mergePublished(
  { state, changes, sessionChanges }: Pick<Replay, "state" | "changes" | "sessionChanges">,
  published: Conversation,
  path: string,
): void {
  const journaled = asRead(state, path);
  // Events have no id, so two events that are equal in every byte count as one.
  const knownEvents = new Set(journaled?.events.map((event) => JSON.stringify(event)));
  const { line: publishedLine = Infinity } = published.integrity;
  const isOlder = ({ n }: { n: number }): boolean => n <= publishedLine;
  for (const message of published.conversation) {
    if (state.unspoken.find(message.id) !== undefined) continue;
    const known = state.messages.find(message.id);
    const ofMessage = changes.get(message.id) ?? [];
    if (known === undefined) state.messages.insert(message, message.seq);
    else state.messages.replace(message.id, newestMessage(message, known, ofMessage, isOlder));
  }
  for (const message of published.unspoken) {
    if (state.unspoken.find(message.id) !== undefined) continue;
    state.messages.remove(message.id);
    state.unspoken.insert(message, message.seq);
  }
  for (const event of published.events) {
    if (!knownEvents.has(JSON.stringify(event))) state.events.insert(event, state.events.size);
  }
  state.session = newestSession(published.session, state.session, sessionChanges, isOlder);
  const { integrity } = state;
  const deferred = Math.max(integrity.deferred ?? 0, published.integrity.deferred ?? 0);
  integrity.dropped = Math.max(integrity.dropped, published.integrity.dropped);
  integrity.damaged_lines = Math.max(integrity.damaged_lines, published.integrity.damaged_lines);
  if (deferred > 0) integrity.deferred = deferred;
}

/** Known facts: by key, by attribute name, or by participant. */
type Facts<T> = ReadonlyMap<string, T>;
type IsOlder = (change: { n: number }) => boolean;

/** The journal's message, with those published facts that are newer. */
export function newestMessage(
  published: Message,
  journaled: Message,
  changes: readonly Change<Message>[],
  isOlder: IsOlder = () => true,
): Message {
  const fresh = findFresh(factsOf, published, journaled, changes, isOlder);
  return fresh.size === 0 ? journaled : { ...journaled, ...Object.fromEntries(fresh) };
}

/** The same for each key of the session, each participant and each attribute. */
export function newestSession(
  published: Session,
  journaled: Session,
  changes: readonly Change<Session>[],
  isOlder: IsOlder = () => true,
): Session {
  const merge = <T>(facts: (session: Partial<Session>) => Facts<T>): Map<string, T> => {
    const fresh = findFresh(facts, published, journaled, changes, isOlder);
    // The order of the published file comes first, because facts that only the journal has came later.
    return new Map([...facts(published), ...facts(journaled), ...fresh]);
  };
  const participants = [...merge(participantsOf).values()];
  const attributes = merge((session) => factsOf(session.attributes ?? {}));
  return {
    ...journaled,
    ...Object.fromEntries(merge(ownFactsOf)),
    ...(participants.length > 0 && { participants }),
    ...(attributes.size > 0 && { attributes: Object.fromEntries(attributes) }),
  };
}

/** The published facts that the journal never had and that no later line changes. */
function findFresh<S, T>(
  facts: (whole: S | Partial<S>) => Facts<T>,
  published: S,
  journaled: S,
  changes: readonly Change<S>[],
  isOlder: IsOlder,
): Map<string, T> {
  const versions = [...changes.map(({ before }) => before), journaled].map(facts);
  const later = changes.filter((change) => !isOlder(change)).map((each) => facts(each.amendment));
  const isFresh = ([key, value]: [string, T]): boolean => {
    const text = JSON.stringify(value);
    return (
      !later.some((amendment) => amendment.has(key)) &&
      !versions.some((version) => JSON.stringify(version.get(key)) === text)
    );
  };
  return new Map([...facts(published)].filter(isFresh));
}

function factsOf<T>(whole: { [key: string]: T }): Facts<T>;
function factsOf(whole: object): Facts<unknown>;
function factsOf(whole: object): Facts<unknown> {
  return new Map(Object.entries(whole));
}

/**
 * The session's keys that may be merged. Its beginning never changes, and its end is only in the
 * journal.
 */
function ownFactsOf({
  id: _id,
  status: _status,
  started_at: _startedAt,
  participants: _participants,
  attributes: _attributes,
  ...rest
}: Partial<Session>): Facts<unknown> {
  return factsOf(rest);
}

function participantsOf({ participants = [] }: Partial<Session>): Facts<Participant> {
  return new Map(participants.map((each) => [JSON.stringify([each.identity, each.id]), each]));
}
