/** The properties by which calls are ordered. */
export interface DatedName {
  name: string;
  /** When it was last changed. It is read only if the names alone do not decide. */
  modifiedMs: number;
}

/** A name that a recorder gives: the start of the call, and a counter within the same second. */
const OWN_NAME = /^conversation_(\d{8})_(\d{6})(?:_(\d+))?$/;

/**
 * Orders calls by their start, because a recovery or a copy changes a file long after. Files without a
 * start in their name come before all others, by the time of their last change.
 */
export function compareBeginnings(a: DatedName, b: DatedName): number {
  const [aBegan, aCount] = beginningOf(a.name);
  const [bBegan, bCount] = beginningOf(b.name);
  if (aBegan !== bBegan) return aBegan < bBegan ? -1 : 1;
  return aCount - bCount || a.modifiedMs - b.modifiedMs || (a.name < b.name ? -1 : 1);
}

/** The digits of the start, which sort like the times. */
function beginningOf(name: string): [began: string, count: number] {
  const [, date = "", time = "", count = "1"] = OWN_NAME.exec(name) ?? [];
  return [date + time, Number(count)];
}
