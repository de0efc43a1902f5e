// Configuration from the environment. Pure: called only in main.ts; reports every problem at once, by name.

export interface Setting<T> {
  readonly read: (text: string) => T | undefined;
  readonly expected: string;
  readonly byDefault?: string;
  readonly doc: string;
}
export type Settings = Readonly<Record<string, Setting<unknown>>>;
export type ConfigOf<S extends Settings> = { readonly [K in keyof S]: S[K] extends Setting<infer T> ? T : never };

/** Lists every variable that is missing or wrong. The process ends with it. */
export class ConfigError extends Error {
  readonly code = 'bad-config';
  readonly problems: readonly string[];
  constructor(problems: readonly string[]) {
    super(`configuration: ${problems.join('; ')}`);
    this.problems = problems;
  }
}

/**
 * Reads the settings of a service; the variable of `fooBar` is `TIDEMARK_FOO_BAR`.
 * @throws ConfigError that names every wrong variable, never its value where it is secret.
 */
export function loadConfig<S extends Settings>(
  settings: S,
  env: Readonly<Record<string, string | undefined>>,
): ConfigOf<S> {
  const problems: string[] = [];
  const config: Record<string, unknown> = {};
  for (const [name, setting] of Object.entries(settings)) {
    const variable = variableName(name);
    const text = env[variable] === undefined || env[variable] === '' ? setting.byDefault : env[variable];
    if (text === undefined) {
      problems.push(`${variable} is missing, expected ${setting.expected}`);
      continue;
    }
    const value = setting.read(text);
    if (value === undefined) problems.push(`${variable} is wrong, expected ${setting.expected}`);
    config[name] = value;
  }
  if (problems.length > 0) throw new ConfigError(problems);
  return config as ConfigOf<S>;
}

export function variableName(name: string): string {
  return `TIDEMARK_${name.replaceAll(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;
}

export function text(doc: string, byDefault?: string): Setting<string> {
  return setting((t) => t, 'a text', doc, byDefault);
}

export function url(doc: string, byDefault?: string): Setting<string> {
  return setting((t) => (URL.canParse(t) ? t : undefined), 'a URL', doc, byDefault);
}

export function list(doc: string, byDefault?: string): Setting<readonly string[]> {
  const read = (t: string) => {
    const parts = t.split(',').map((part) => part.trim());
    return parts.every((part) => part !== '') ? parts : undefined;
  };
  return setting(read, 'texts separated by commas', doc, byDefault);
}

export function integer(doc: string, least: number, most: number, byDefault?: number): Setting<number> {
  const read = (t: string) => (/^-?\d+$/.test(t) && Number(t) >= least && Number(t) <= most ? Number(t) : undefined);
  return setting(
    read,
    `a whole number from ${least} to ${most}`,
    doc,
    byDefault === undefined ? undefined : String(byDefault),
  );
}

export function choice<const T extends string>(doc: string, choices: readonly T[], byDefault: T): Setting<T> {
  return setting((t) => choices.find((c) => c === t), `one of ${choices.join(', ')}`, doc, byDefault);
}

export function matching(doc: string, pattern: RegExp, expected: string, byDefault?: string): Setting<string> {
  return setting((t) => (pattern.test(t) ? t : undefined), expected, doc, byDefault);
}

function setting<T>(
  read: Setting<T>['read'],
  expected: string,
  doc: string,
  byDefault: string | undefined,
): Setting<T> {
  return { read, expected, doc, ...(byDefault === undefined ? {} : { byDefault }) };
}
