import { useEffect } from "preact/hooks";
import { about, followFolder, isConnected } from "./answers.js";
import { followLink, parameter, path } from "./address.js";
import { isHelpOpen, useKeys } from "./keys.js";
import { KeysHelp } from "./keys-help.js";
import { ROUTES } from "./routes.js";
import { Problem } from "./states.js";

export function App() {
  useEffect(followFolder, []);
  useKeys({ "?": () => (isHelpOpen.value = true) });
  const route = ROUTES.find((each) => each.path.test(path.value));
  const View = route?.view;
  const q = parameter("q");
  return (
    <>
      <a class="skip" href="#main">
        Skip to the content
      </a>
      <header class="top">
        <a class="brand" href="/" onClick={followLink}>
          <Mark />
          TalkTrace
        </a>
        <nav aria-label="Views">
          {ROUTES.map(({ name, href }) => (
            <a
              key={href}
              href={
                q === "" || href === "/live" || href === "/compare"
                  ? href
                  : `${href}?q=${encodeURIComponent(q)}`
              }
              onClick={followLink}
              aria-current={route?.href === href ? "page" : undefined}
            >
              {name}
            </a>
          ))}
        </nav>
        <span class="where muted" title={about.value?.source}>
          <bdi>{about.value?.source}</bdi>
        </span>
        <button type="button" class="quiet" onClick={() => (isHelpOpen.value = true)}>
          <kbd>?</kbd> Keys
        </button>
      </header>
      <p class="connection" role="status">
        {!isConnected.value && "Not connected, trying again. What is shown stays."}
      </p>
      <main id="main" tabIndex={-1}>
        {View === undefined ? (
          <Problem
            isPage
            title="There is nothing here"
            text={`No view has the address ${path.value}`}
          />
        ) : (
          <View />
        )}
      </main>
      <KeysHelp />
    </>
  );
}

/** Two lanes of speech with a wait between them. */
function Mark() {
  return (
    <svg viewBox="0 0 20 20" width="20" height="20" aria-hidden="true">
      <rect class="user-fill" x="1" y="3" width="8" height="5" rx="1.5" />
      <rect class="agent-fill" x="11" y="12" width="8" height="5" rx="1.5" />
      <path class="mark-line" d="M9 5.5h2v9" fill="none" stroke-width="1.5" />
    </svg>
  );
}
