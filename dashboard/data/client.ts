// The typed client at the page's own origin. The browser keeps the last answers and asks by their ETags.
import { createClient } from '../../api/client.ts';
import { parseExactly } from '../../api/exact-json.ts';
import { createWakeableWait } from './wakeable-wait.ts';

/** Between the attempts of the stream: each answer to another request tells that the server is back. */
export const streamWait = createWakeableWait();

const asking: typeof fetch = async (input, init) => {
  let isAnswer = false;
  try {
    const response = await fetch(input, init);
    isAnswer = response.ok;
    return response;
  } finally {
    streamWait.heard(isAnswer);
  }
};

export const here = { baseUrl: location.origin, parseJson: parseExactly, fetch: asking };
export const client = createClient(here);
