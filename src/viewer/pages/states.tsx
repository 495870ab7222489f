import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import { about } from "./answers.js";

/** Something cannot be shown, and what to do about it. */
export function Problem({
  title,
  text,
  isPage,
  children,
}: {
  title: string;
  /** Whether the page has no other heading. */
  isPage?: boolean;
  text: string;
  children?: ComponentChildren;
}) {
  return (
    <div class="state" role="alert">
      {isPage === true ? <h1>{title}</h1> : <h2>{title}</h2>}
      <p>{text}</p>
      {children}
    </div>
  );
}

/** Appears after 150 ms, because a shorter wait would only flicker. */
export function Loading({ what }: { what: string }) {
  const [isSlow, setIsSlow] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setIsSlow(true), 150);
    return () => clearTimeout(timer);
  }, []);
  if (!isSlow) return null;
  return (
    <div class="state loading" role="status">
      <p>Reading {what} …</p>
      {[0, 1, 2, 3].map((row) => (
        <div key={row} class="skeleton" />
      ))}
    </div>
  );
}

/** No call was recorded yet. The first one appears by itself. */
export function EmptyFolder() {
  return (
    <div class="state">
      <h2>No calls yet</h2>
      <p>
        A call appears here as soon as it begins. This folder is watched:{" "}
        <code>{about.value?.source ?? "…"}</code>
      </p>
      <p>To make one without keys or network:</p>
      <pre>npx talktrace demo</pre>
      <p>To record your own agent, one line before it starts:</p>
      <pre>observe(session); // import {"{ observe }"} from "talktrace"</pre>
    </div>
  );
}
