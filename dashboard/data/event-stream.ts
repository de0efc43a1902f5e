// Server-sent events out of pieces of text, in whatever way they are cut (WHATWG HTML, 9.2.6). Pure. EventSource itself
// shows neither heartbeats nor the problem document of a refusal.
export interface StreamEvent {
  readonly event: string;
  readonly data: string;
  readonly id: string | undefined;
}

/** Takes the next piece; returns the events that it completes. */
export function createEventParser(): (piece: string) => StreamEvent[] {
  let rest = '';
  let [event, data, id]: [string, string[], string | undefined] = ['message', [], undefined];
  return (piece) => {
    const lines = (rest + piece).split('\n');
    rest = lines.pop()!;
    const events: StreamEvent[] = [];
    for (const line of lines) {
      if (line === '') {
        if (data.length > 0) events.push({ event, data: data.join('\n'), id });
        [event, data, id] = ['message', [], undefined];
        continue;
      }
      const colon = line.indexOf(':');
      const field = colon < 0 ? line : line.slice(0, colon);
      const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
      if (field === 'event') event = value;
      else if (field === 'data') data.push(value);
      else if (field === 'id') id = value;
    }
    return events;
  };
}
