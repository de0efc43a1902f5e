// The examples below the help of a command: each line with what it is for, or ''.

export function examples(...list: readonly (readonly [string, string])[]): string {
  return `\nExamples:\n${list.map(([line, why]) => `  $ ${line}${why === '' ? '' : `   # ${why}`}`).join('\n')}\n`;
}
