// The operator token as this tab knows it: in its session storage, so that it ends with the tab; never in the address and
// never where it would outlive the tab.
import { signal } from '@preact/signals';
import { type Client, createClient, TidemarkError } from '../../api/client.ts';
import { here } from './client.ts';
import { problemOf } from './problem.ts';
import { inTabStorage } from './tab-storage.ts';

const place = 'tidemark-operator-token';

/** One that the server has accepted; undefined: none was given, or it is forgotten. Until the page is loaded again at least. */
export const operatorToken = signal(inTabStorage((storage) => storage.getItem(place) ?? undefined));
/** What became of the last one. */
export const tokenSaid = signal('');

export function forgetToken(said: string): void {
  tokenSaid.value = said;
  operatorToken.value = undefined;
  inTabStorage((storage) => storage.removeItem(place));
}

/** Answers to an operator are kept by no cache. */
const uncached: typeof fetch = (input, init) => here.fetch(input, { ...init, cache: 'no-store' });
export const operatorClient = (token: string): Client => createClient({ ...here, token, fetch: uncached });

/** Keeps it once the server has accepted it. @throws TidemarkError: what is wrong, in words. */
export async function takeToken(text: string): Promise<void> {
  const token = text.trim();
  // What no header can carry would be told as a server that does not answer.
  if (!/^[\x21-\x7e]+$/.test(token)) throw wrong('Enter the token: ASCII without blanks.');
  try {
    await operatorClient(token).operate('GET', '/v1/reports');
  } catch (error) {
    throw problemOf(error).status === 401 ? wrong('That is not the operator token of this server.') : error;
  }
  inTabStorage((storage) => storage.setItem(place, token));
  operatorToken.value = token;
}

const wrong = (detail: string): TidemarkError => new TidemarkError({ code: 'wrong-token', detail });
