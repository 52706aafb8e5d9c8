/** The page: a terminal over an image, and panels around it. */

import { runner } from "./first.ts";
import { BUILTIN, named, type Image } from "./images.ts";
import { Keep } from "./keep.ts";
import { LinkError, read } from "./link.ts";
import { Session, type Beginning } from "./session.ts";
import { CommandPanel } from "./view/command.ts";
import { download } from "./view/download.ts";
import { element } from "./view/elements.ts";
import { FilesPanel } from "./view/files.ts";
import { shownText } from "./view/names.ts";
import { CallsPanel, ProcessesPanel, ProgramsPanel } from "./view/panels.ts";
import { Picker } from "./view/picker.ts";
import { Screen } from "./view/screen.ts";
import { sharing } from "./view/sharing.ts";
import { tabs } from "./view/tabs.ts";
import { themes } from "./view/theme.ts";
import { jspi } from "./worker/jspi.ts";

const WITHOUT_JSPI =
  "This browser has no JavaScript Promise Integration (JSPI), which lets a program wait for its input. " +
  "Chromium and Edge have it from version 137 on; other browsers have it in their newest versions. " +
  "Nothing can be run here, but the files of images can be looked at.";

/** What the keys send that a phone has not. */
const KEYS: Record<string, string> = {
  esc: "\x1b",
  tab: "\t",
  interrupt: "\x03",
  end: "\x04",
  up: "\x1b[A",
  down: "\x1b[B",
  right: "\x1b[C",
  left: "\x1b[D",
};

const state = element("state", HTMLElement);
const imageName = element("image-name", HTMLElement);
const messages = element("messages", HTMLElement);
const kept = element("kept", HTMLElement);
const adopt = element("adopt", HTMLButtonElement);
const tabList = element("tabs", HTMLElement);

const keep = new Keep();
const screen = new Screen(element("screen", HTMLElement), {
  keys: (bytes) => session.keys(bytes),
  resized: (size) => runner.resize(size),
  left: () => tabList.querySelector<HTMLElement>("[aria-selected=true]")?.focus(),
});
const session: Session = new Session(runner, screen, keep, {
  state(now, text) {
    [state.dataset["state"], state.textContent] = [now, text];
  },
  note,
  kept: (sentence) => (kept.textContent = sentence),
  calls: (lines, left) => calls.add(lines, left),
  programs: (sentences) => programs.add(sentences),
  changed: (runs) => {
    calls.apply();
    if (runs) void files.refresh();
  },
});
const command = new CommandPanel();
const files = new FilesPanel(session);
const processes = new ProcessesPanel(session);
const calls = new CallsPanel(session);
const programs = new ProgramsPanel();
/** The panel of test scripts; what it needs is fetched when it is first seen. */
let tests: Promise<unknown> | undefined;
const testsShown = (seen: boolean): void => {
  if (!seen) return;
  tests ??= import("./view/tests.ts").then(
    ({ TestsPanel }) => {
      const panel = new TestsPanel(session);
      if (!jspi()) panel.refuse(WITHOUT_JSPI);
    },
    () => {
      tests = undefined;
      note("The editor for tests could not be loaded: show its panel again.");
    },
  );
};
const panels: Record<string, { show(seen: boolean): void }> = {
  "panel-files": files,
  "panel-processes": processes,
  "panel-calls": calls,
  "panel-tests": { show: testsShown },
};

/** Shows a sentence below the terminal. */
function note(sentence: string): void {
  const paragraph = document.createElement("p");
  paragraph.textContent = shownText(sentence);
  messages.replaceChildren(paragraph);
}

/** Makes a container of an image. */
async function open(image: Image, beginning?: Beginning): Promise<Image> {
  messages.replaceChildren();
  const opened = await session.open(image, beginning);
  programs.clear();
  files.reset();
  imageName.textContent = opened.name;
  adopt.hidden = beginning?.written === undefined;
  command.use(opened);
  screen.focus();
  return opened;
}

/** Opens what the address says, or else the image that comes with the page. */
async function begin(): Promise<void> {
  let beginning: Beginning = {};
  let image: Image = BUILTIN;
  try {
    const shared = await read(location.hash);
    if (shared) {
      const found = shared.builtIn ? BUILTIN : named(shared.image, await keep.images().catch(() => []));
      if (!found) {
        throw new LinkError(
          `This link is for the image ${shared.image}, which is not kept in this browser: open its archive, then the link again.`,
        );
      }
      image = found;
      beginning = { ...(shared.command && { command: shared.command }), ...(shared.written && { written: shared.written }) };
    }
  } catch (error) {
    await open(BUILTIN);
    return note(error instanceof Error ? error.message : String(error));
  }
  await open(image, beginning);
}

const shown = tabs(tabList, (panel) => {
  for (const [name, each] of Object.entries(panels)) each.show(name === panel);
});
shown.show("panel-files");
themes(element("theme", HTMLButtonElement), element("theme-name", HTMLElement), () => screen.recolour());
sharing(session);
const picker = new Picker(keep, open);

const click = (id: string, act: () => void) => element(id, HTMLButtonElement).addEventListener("click", act);
click("halt", () => {
  session.stop();
  screen.focus();
});
click("copy", () => void navigator.clipboard.writeText(screen.selection || screen.text));
click("paste", () => {
  navigator.clipboard.readText().then(
    (text) => {
      screen.paste(text);
      screen.focus();
    },
    () => note("The browser does not let the page read the clipboard: press Ctrl-V in the terminal."),
  );
});
click("export", async () => {
  const tar = await session.changes();
  if (tar) download("wcr-files.tar", tar);
  else note("No file of the image has been changed.");
});
const importFile = element("import-file", HTMLInputElement);
click("import", () => importFile.click());
importFile.addEventListener("change", async () => {
  const chosen = importFile.files?.[0];
  importFile.value = "";
  if (chosen && session.image) await open(session.image, { written: new Uint8Array(await chosen.arrayBuffer()) });
});
click("adopt", async () => {
  await session.adopt();
  adopt.hidden = true;
  history.replaceState(null, "", location.pathname + location.search);
});
click("afresh", () => {
  if (confirm("Forget all files that were changed in containers of this image?")) void session.afresh();
});
const speak = element("speak", HTMLInputElement);
speak.addEventListener("change", () => screen.speak(speak.checked));
for (const key of document.querySelectorAll<HTMLElement>("#keys button")) {
  key.addEventListener("click", () => {
    screen.key(KEYS[key.dataset["key"] ?? ""] ?? "");
    screen.focus();
  });
}
addEventListener("hashchange", () => void begin());
// The last moment at which the page is told anything.
document.addEventListener("visibilitychange", () => {
  if (document.hidden && session.isRunning) void session.save().catch(() => {});
});

begin().then(
  () => jspi() || note(WITHOUT_JSPI),
  (error: unknown) => {
    [state.dataset["state"], state.textContent] = ["bad", "wcr failed"];
    note(error instanceof Error ? error.message : String(error));
  },
);
if (!jspi()) {
  command.refuse(WITHOUT_JSPI);
  element("halt", HTMLButtonElement).disabled = true;
}

// For scripts that embed or test the page.
Object.assign(globalThis, { wcr: command.runner, wcrPage: { session, screen, keep, picker } });
