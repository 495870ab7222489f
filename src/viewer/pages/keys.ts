import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";

/** Single keys can be switched off, because speech input may type them by mistake. */
export const areKeysOn = signal(localStorage.getItem("talktrace-keys") !== "off");
export const isHelpOpen = signal(false);

export function switchKeys(on: boolean): void {
  areKeysOn.value = on;
  localStorage.setItem("talktrace-keys", on ? "on" : "off");
}

/** What each key does, for the help. */
export const KEYS: readonly (readonly [keys: string, does: string])[] = [
  ["/", "search; Enter opens the first call, Esc leaves"],
  ["!", "only calls with findings"],
  ["[ ]", "previous and next call"],
  ["n N", "next and previous finding"],
  ["↑ ↓", "previous and next message"],
  ["+ − 0", "zoom in, zoom out, whole call"],
  ["l", "follow the live end"],
  ["c", "copy the link to this moment"],
  ["w", "the record of the message"],
  ["j", "its span in Jaeger"],
  ["?", "all keys"],
];

/** Calls `actions` by the key that was pressed, unless a field has the focus. */
export function useKeys(actions: Readonly<Record<string, () => void>>): void {
  useEffect(() => {
    const press = (event: KeyboardEvent): void => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
      if (isField(event.target) || !areKeysOn.value) return;
      const act = actions[event.key];
      if (act === undefined) return;
      event.preventDefault();
      act();
    };
    addEventListener("keydown", press);
    return () => removeEventListener("keydown", press);
  });
}

function isField(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.matches("input, textarea, select, dialog *");
}
