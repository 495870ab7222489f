import type { Claimant } from "../../src/platform/owner.js";

/** The parts of a spool file's name. The names sort in the order in which the files were begun. */
export interface SpoolName {
  createdMs: number;
  /** 8 hex digits that all files of one forwarder share. */
  lane: string;
  /** Whose file it is; undefined when its process has let go of it. */
  owner: Claimant | undefined;
}

/** Ends the name of a file that no process takes again. */
export const DAMAGED_SUFFIX = ".damaged";

const NAME = /^(\d{13,})-([0-9a-f]{8})(?:\.(\d+)-(\d+)-([0-9a-f]{8}))?\.spool$/;

export function nameSpoolFile({ createdMs, lane, owner }: SpoolName): string {
  const claim = owner === undefined ? "" : `.${owner.pid}-${owner.startTicks}-${owner.place}`;
  return `${String(createdMs).padStart(13, "0")}-${lane}${claim}.spool`;
}

export function parseSpoolName(fileName: string): SpoolName | undefined {
  const [, createdMs, lane, pid, startTicks, place] = NAME.exec(fileName) ?? [];
  if (createdMs === undefined || lane === undefined) return undefined;
  const owner =
    place === undefined ? undefined : { pid: Number(pid), startTicks: Number(startTicks), place };
  return { createdMs: Number(createdMs), lane, owner };
}
