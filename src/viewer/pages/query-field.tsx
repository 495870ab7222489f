import { useEffect, useRef, useState } from "preact/hooks";
import { addressWith, go, parameter } from "./address.js";
import { useKeys } from "./keys.js";

const TYPING_MS = 60;

/** The query, which is a part of the address. Its error stands below it, and the list stays. */
export function QueryField({
  name = "q",
  label,
  error,
  onEnter,
}: {
  name?: string;
  label: string;
  error: string | undefined;
  onEnter?: () => void;
}) {
  const field = useRef<HTMLInputElement>(null);
  const given = parameter(name);
  const [text, setText] = useState(given);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => {
    // The address changed by another way than by typing here.
    if (document.activeElement !== field.current) setText(given);
  }, [given]);
  const setQuery = (value: string): void => {
    setText(value);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => go(addressWith({ [name]: value }), true), TYPING_MS);
  };
  useKeys({ "/": () => field.current?.select() });
  const id = `query-${name}`;
  return (
    <div class="query">
      <label class="unseen" htmlFor={id}>
        {label}
      </label>
      <input
        ref={field}
        id={id}
        type="search"
        value={text}
        placeholder={label}
        autocomplete="off"
        spellcheck={false}
        aria-invalid={error !== undefined}
        aria-describedby={error === undefined ? undefined : `${id}-error`}
        onInput={(event) => setQuery(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === "Escape") event.currentTarget.blur();
          if (event.key === "Enter" && onEnter !== undefined) {
            event.currentTarget.blur();
            onEnter();
          }
        }}
      />
      <kbd aria-hidden="true">/</kbd>
      {error !== undefined && (
        <p class="query-error" id={`${id}-error`} role="alert">
          {error}
        </p>
      )}
    </div>
  );
}
