/** What a call's place among others goes by. */
export interface DatedName {
  name: string;
  /** When it was changed last; asked only where names alone do not tell. */
  modifiedMs: number;
}

/** The beginning that a recorder puts into a name, and which one of the same second it is. */
const OWN_NAME = /^conversation_(\d{8})_(\d{6})(?:_(\d+))?$/;

/**
 * Calls are in the order in which they began: a recovery or a copy changes a file long after. Files
 * whose names do not have the beginning come before all others, by the time of their last change.
 */
export function compareBeginnings(a: DatedName, b: DatedName): number {
  const [aBegan, aCount] = beginningOf(a.name);
  const [bBegan, bCount] = beginningOf(b.name);
  if (aBegan !== bBegan) return aBegan < bBegan ? -1 : 1;
  return aCount - bCount || a.modifiedMs - b.modifiedMs || (a.name < b.name ? -1 : 1);
}

/** The digits of the beginning, which sort as the times do. */
function beginningOf(name: string): [began: string, count: number] {
  const [, date = "", time = "", count = "1"] = OWN_NAME.exec(name) ?? [];
  return [date + time, Number(count)];
}
