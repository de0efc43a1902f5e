// Server-sent events from pieces of text, wherever they are cut. Lines end as this server ends them, by a line feed.

interface RawEvent {
  readonly name: string;
  /** undefined where the event has none. */
  readonly id: string | undefined;
  readonly data: string;
}

export interface SseParser {
  /** The events that the piece completes. Throws a RangeError where one would be longer than the bound. */
  push(text: string): RawEvent[];
  /** How long the server wants a client to wait before it comes back; undefined until it has said so. */
  retryMs(): number | undefined;
}

export function createSseParser(maxEventLength: number): SseParser {
  let rest = '';
  let searched = 0;
  let retryMs: number | undefined;

  function eventOf(block: string): RawEvent | undefined {
    let [name, data]: [string, string | undefined] = ['message', undefined];
    let id: string | undefined;
    for (const line of block.split('\n')) {
      const colon = line.indexOf(':');
      const field = colon < 0 ? line : line.slice(0, colon);
      const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
      if (field === 'event') name = value;
      else if (field === 'data') data = data === undefined ? value : `${data}\n${value}`;
      else if (field === 'id') id = value;
      else if (field === 'retry' && /^\d{1,6}$/.test(value)) retryMs = Number(value);
    }
    return data === undefined ? undefined : { name, id, data };
  }

  return {
    push(text) {
      const events: RawEvent[] = [];
      rest += text;
      for (;;) {
        const end = rest.indexOf('\n\n', Math.max(0, searched - 1));
        if (end < 0) break;
        const event = eventOf(rest.slice(0, end));
        if (event) events.push(event);
        rest = rest.slice(end + 2);
        searched = 0;
      }
      searched = rest.length;
      if (rest.length > maxEventLength) throw new RangeError(`an event is longer than ${maxEventLength} characters`);
      return events;
    },
    retryMs: () => retryMs,
  };
}
