/** From the line that a user types to the words of a command. */

/** What only a shell understands, outside quotes. */
const SHELL_SYNTAX = /[|&;<>()$`*?[\]#~{}!\n=]/;
/** Commands that exist only within a shell. */
const WITHIN_A_SHELL = new Set(
  ". : alias bg break cd command continue eval exec exit export fg getopts hash jobs let local read readonly return set shift source times trap type ulimit umask unalias unset wait".split(" "),
);

/** The words of a plain line; a line with shell syntax is one for `sh`. An empty line has none. */
export function words(line: string): string[] {
  const plain = plainWords(line);
  if (!plain || WITHIN_A_SHELL.has(plain[0] ?? "")) return ["sh", "-c", line];
  return plain;
}

/** Splits at blanks and takes quotes away, as a shell does; `undefined` when it takes a shell to understand. */
function plainWords(line: string): string[] | undefined {
  const found: string[] = [];
  let word: string | undefined;
  for (let at = 0; at < line.length; at++) {
    const character = line[at]!;
    if (character === " " || character === "\t") {
      if (word !== undefined) found.push(word);
      word = undefined;
    } else if (character === "'" || character === '"') {
      const end = line.indexOf(character, at + 1);
      const quoted = line.slice(at + 1, end);
      // Within double quotes these still mean something.
      if (end < 0 || (character === '"' && /[$`\\]/.test(quoted))) return undefined;
      word = (word ?? "") + quoted;
      at = end;
    } else if (character === "\\" || SHELL_SYNTAX.test(character)) {
      return undefined;
    } else {
      word = (word ?? "") + character;
    }
  }
  if (word !== undefined) found.push(word);
  return found;
}
