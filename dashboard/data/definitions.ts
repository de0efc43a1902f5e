// What can be asked, as the server tells it. Asked for once; a server of another generation is another page load.
import { signal } from '@preact/signals';
import type { Definitions } from '../../api/client.ts';
import { backOffMs } from './back-off.ts';
import { client } from './client.ts';

export const definitions = signal<Definitions | undefined>(undefined);

export async function loadDefinitions(): Promise<void> {
  for (let failures = 1; ; failures++) {
    try {
      definitions.value = await client.definitions();
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, backOffMs(failures, Math.random())));
    }
  }
}

export function knowsMeasure(name: string): boolean {
  return definitions.value?.measures.some((measure) => measure.name === name) ?? false;
}
