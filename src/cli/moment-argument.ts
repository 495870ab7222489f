import { parseMoment } from "../insight/index.js";

/** The parts of `name@1:12.4`. If the text after an @ is no moment, it belongs to the name. Pure. */
export function splitMoment(file: string): { given: string; at_s: number | undefined };
export function splitMoment(file: string | undefined): {
  given: string | undefined;
  at_s: number | undefined;
};
export function splitMoment(file: string | undefined): {
  given: string | undefined;
  at_s: number | undefined;
} {
  const at = file?.lastIndexOf("@") ?? -1;
  const at_s = file === undefined || at < 0 ? undefined : parseMoment(file.slice(at + 1));
  if (file === undefined || at_s === undefined) return { given: file, at_s: undefined };
  return { given: at === 0 ? undefined : file.slice(0, at), at_s };
}
