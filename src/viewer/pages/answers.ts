import { signal } from "@preact/signals";
import { useEffect, useState } from "preact/hooks";
import type { AboutAnswer, ProblemAnswer } from "../view-answers.js";

/** Grows with each change of the folder. */
export const folderVersion = signal(0);
/** Whether the server tells of changes now. */
export const isConnected = signal(true);
export const about = signal<AboutAnswer | undefined>(undefined);

/** Begins to follow the folder. */
export function followFolder(): void {
  const events = new EventSource("/events");
  // The first event tells of no change, and one after a lost connection may tell of many.
  let isFirst = true;
  events.addEventListener("change", () => {
    isConnected.value = true;
    if (!isFirst) folderVersion.value += 1;
    isFirst = false;
  });
  events.addEventListener("open", () => (isConnected.value = true));
  events.addEventListener("error", () => (isConnected.value = false));
  void ask<AboutAnswer>("/about.json", undefined)
    .then((answer) => (about.value = answer))
    .catch(() => undefined);
}

/** What is known of an answer. Data stays while it is asked for again, and when the server is away. */
export interface Known<Answer> {
  data: Answer | undefined;
  /** The address of which `data` is the answer. */
  of: string | undefined;
  error: string | undefined;
  isLoading: boolean;
}

/** The answer at an address, asked for again after each change of the folder. */
export function useAnswer<Answer>(address: string | undefined): Known<Answer> {
  const [known, setKnown] = useState<Known<Answer>>({
    data: undefined,
    of: undefined,
    error: undefined,
    isLoading: true,
  });
  const version = folderVersion.value;
  useEffect(() => {
    if (address === undefined) return undefined;
    const asking = new AbortController();
    setKnown((before) => ({ ...before, isLoading: true }));
    ask<Answer>(address, asking.signal).then(
      (data) => setKnown({ data, of: address, error: undefined, isLoading: false }),
      (error: unknown) => {
        if (asking.signal.aborted) return;
        const text = error instanceof Error ? error.message : String(error);
        setKnown((before) => ({ ...before, error: text, isLoading: false }));
      },
    );
    return () => asking.abort();
  }, [address, version]);
  return known;
}

async function ask<Answer>(address: string, signalOf: AbortSignal | undefined): Promise<Answer> {
  const response = await fetch(address, signalOf === undefined ? {} : { signal: signalOf }).catch(
    (error: unknown) => {
      if (signalOf?.aborted === true) throw error;
      throw new Error("The server does not answer. Is `talktrace serve` still running?");
    },
  );
  const answer = (await response.json()) as Answer | ProblemAnswer;
  if (!response.ok) throw new Error((answer as ProblemAnswer).error);
  return answer as Answer;
}
