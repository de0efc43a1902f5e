// The typed client at the page's own origin. The browser keeps the last answers and asks by their ETags.
import { createClient } from '../../api/client.ts';
import { parseExactly } from '../../api/exact-json.ts';

export const here = { baseUrl: location.origin, parseJson: parseExactly };
export const client = createClient(here);
