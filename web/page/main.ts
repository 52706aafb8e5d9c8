/** The page: a command line over an image, and what the command wrote. */

import "./style.css";
import { words } from "./commandline.ts";
import type { Archive, Outcome, RunRequest } from "./protocol.ts";
import { Runner, Stopped } from "./runner.ts";
import { element } from "./view/elements.ts";
import { Terminal } from "./view/terminal.ts";
import { jspi } from "./worker/jspi.ts";

const form = element("command", HTMLFormElement);
const line = element("line", HTMLInputElement);
const runButton = element("run", HTMLButtonElement);
const stopButton = element("stop", HTMLButtonElement);
const deterministic = element("deterministic", HTMLInputElement);
const prepared = element("prepared", HTMLElement);
const preparedText = element("prepared-text", HTMLTextAreaElement);
const inputForm = element("input", HTMLFormElement);
const inputLine = element("input-line", HTMLInputElement);
const endInput = element("end-input", HTMLButtonElement);
const status = element("status", HTMLElement);
const notes = element("notes", HTMLElement);
const digest = element("digest", HTMLElement);
const imageName = element("image-name", HTMLElement);
const imageMessage = element("image-message", HTMLElement);
const file = element("file", HTMLInputElement);
const builtin = element("builtin", HTMLButtonElement);
const terminal = new Terminal(element("output", HTMLElement));

const runner = new Runner();
let archive: Archive | undefined;
let isRunning = false;
let isOpening = false;

function show(state: "idle" | "busy" | "good" | "bad", text: string): void {
  status.dataset["state"] = state;
  status.textContent = text;
}

function setRunning(running: boolean): void {
  isRunning = running;
  runButton.disabled = running;
  stopButton.disabled = !running;
  if (!running) inputForm.hidden = true;
}

async function run(): Promise<void> {
  if (isRunning) return;
  terminal.clear();
  notes.replaceChildren();
  digest.textContent = "";
  setRunning(true);
  show("busy", "running");
  const request: RunRequest = { command: words(line.value), archive: archive !== undefined };
  if (deterministic.checked) {
    request.deterministic = true;
    request.input = new TextEncoder().encode(preparedText.value);
  }
  try {
    const outcome = await runner.run(request, {
      output: (error, bytes) => terminal.write(error, bytes),
      reading: askForInput,
    });
    terminal.flush();
    showOutcome(outcome);
  } catch (error) {
    terminal.flush();
    if (error instanceof Stopped) show("bad", "stopped");
    else fail(error);
  } finally {
    setRunning(false);
  }
}

function showOutcome({ code, notes: sentences, digest: traced, milliseconds }: Outcome): void {
  show(code === 0 ? "good" : "bad", `exit code ${code}, ${milliseconds.toFixed(0)} ms`);
  for (const sentence of sentences) note(sentence);
  digest.textContent = traced === undefined ? "" : `sha256:${traced}`;
}

function fail(error: unknown): void {
  show("bad", "wcr failed");
  note(`${error instanceof Error ? error.message : String(error)}: the page starts wcr anew for the next command`);
}

function note(sentence: string): void {
  const paragraph = document.createElement("p");
  paragraph.textContent = sentence;
  notes.append(paragraph);
}

function askForInput(): void {
  if (!inputForm.hidden) return;
  inputForm.hidden = false;
  inputLine.value = "";
  inputLine.focus();
}

async function openArchive(chosen: File): Promise<void> {
  if (isRunning) return say("a command is running: stop it before another image is opened", true);
  if (isOpening) return say("another archive is being opened", true);
  isOpening = true;
  say(`reading ${chosen.name}`, false);
  try {
    archive = await runner.open(new Uint8Array(await chosen.arrayBuffer()));
    const { names, layers } = archive;
    imageName.textContent = names[0] ?? chosen.name;
    builtin.hidden = false;
    say(`${chosen.name}: ${layers} ${layers === 1 ? "layer" : "layers"}`, false);
    line.placeholder = "empty: the image's own command";
  } catch (error) {
    say(`${chosen.name} cannot be opened: ${error instanceof Error ? error.message : String(error)}`, true);
  } finally {
    isOpening = false;
  }
}

function useBuiltin(): void {
  archive = undefined;
  imageName.textContent = "built-in";
  builtin.hidden = true;
  line.placeholder = "";
  say("", false);
}

function say(sentence: string, isError: boolean): void {
  imageMessage.textContent = sentence;
  imageMessage.classList.toggle("error", isError);
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  void run();
});
stopButton.addEventListener("click", () => runner.stop());
inputForm.addEventListener("submit", (event) => {
  event.preventDefault();
  runner.input(new TextEncoder().encode(`${inputLine.value}\n`));
  inputLine.value = "";
});
endInput.addEventListener("click", () => {
  runner.endInput();
  inputForm.hidden = true;
});
inputLine.addEventListener("keydown", (event) => {
  if (event.ctrlKey && event.key === "d") {
    event.preventDefault();
    endInput.click();
  }
});
deterministic.addEventListener("change", () => (prepared.hidden = !deterministic.checked));
builtin.addEventListener("click", useBuiltin);
file.addEventListener("change", () => {
  const chosen = file.files?.[0];
  if (chosen) void openArchive(chosen);
  file.value = "";
});
for (const example of document.querySelectorAll<HTMLButtonElement>("#examples button")) {
  example.addEventListener("click", () => {
    line.value = example.textContent;
    line.focus();
  });
}

const droppable = document.documentElement;
droppable.addEventListener("dragover", (event) => {
  event.preventDefault();
  droppable.classList.add("dropping");
});
droppable.addEventListener("dragleave", (event) => {
  if (event.relatedTarget === null) droppable.classList.remove("dropping");
});
droppable.addEventListener("drop", (event) => {
  event.preventDefault();
  droppable.classList.remove("dropping");
  const dropped = event.dataTransfer?.files[0];
  if (dropped) void openArchive(dropped);
});

if (jspi()) {
  runner.load().then(
    () => isRunning || show("idle", "ready"),
    (error: unknown) => fail(error),
  );
} else {
  runButton.disabled = true;
  show("bad", "cannot run here");
  note(
    "This browser has no JavaScript Promise Integration (JSPI), which lets a program wait for its input. " +
      "Chromium and Edge have it from version 137 on; other browsers have it in their newest versions.",
  );
}

// For scripts that embed or test the page.
Object.assign(globalThis, { wcr: runner });
