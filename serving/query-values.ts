// Fields of a query by their kind; undefined where absent. Each throws a 400 problem that names field, value and what was
// expected.
import { badParameter } from '../runtime/problem.ts';
import type { QueryInput } from './query-input.ts';

export function textOf(input: QueryInput, field: string): string | undefined {
  const value = input[field];
  if (value === undefined || typeof value === 'string') return value;
  throw badParameter('wrong-type', field, value, 'a text');
}

export function flag(input: QueryInput, field: string): boolean | undefined {
  const value = input[field];
  if (value === undefined || typeof value === 'boolean') return value;
  throw badParameter(typeof value === 'string' ? 'bad-value' : 'wrong-type', field, value, 'true or false');
}

export function whole(input: QueryInput, field: string, least: number, most: number): number | undefined {
  const value = input[field];
  if (value === undefined) return undefined;
  if (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most) return value;
  const code = typeof value === 'number' || typeof value === 'string' ? 'bad-value' : 'wrong-type';
  throw badParameter(code, field, value, `a whole number from ${least} to ${most}`);
}

export function oneOf<T extends string>(
  input: QueryInput,
  field: string,
  known: readonly T[],
  code = 'unknown-value',
): T | undefined {
  const text = textOf(input, field);
  const value = known.find((name) => name === text);
  if (text === undefined || value !== undefined) return value;
  throw badParameter(code, field, text, `one of ${known.join(', ')}`);
}

export function listOf(input: QueryInput, field: string): readonly string[] | undefined {
  const value = input[field];
  if (value === undefined) return undefined;
  if (Array.isArray(value) && value.every((entry) => typeof entry === 'string')) return value;
  throw badParameter('wrong-type', field, value, 'a list of texts');
}

/** A list of known names, each once; empty where absent. */
export function namesOf(input: QueryInput, field: string, code: string, known: readonly string[]): string[] {
  const names = [...(listOf(input, field) ?? [])];
  for (const [i, name] of names.entries()) {
    if (!known.includes(name)) throw badParameter(code, field, name, `one of ${known.join(', ')}`);
    if (names.indexOf(name) < i) throw badParameter('duplicate-value', field, name, 'each name once');
  }
  return names;
}
