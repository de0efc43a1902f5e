// The connection of one reader, as server-sent events over HTTP/1.1. What the connection cannot take is not written: it
// holds one event at most beyond what the kernel buffers.
import type { ServerResponse } from 'node:http';
import type { StreamSink } from './stream-channel.ts';

export interface SseSink extends StreamSink {
  /** Sends the head; before, nothing is taken. */
  begin(): void;
}

export interface SseOptions {
  /** After this long without an event a comment is sent, so that neither side takes the other for dead. */
  readonly heartbeatMs: number;
  /** How long a client waits before it connects again. */
  readonly retryMs: number;
}

const heartbeat = Buffer.from(':\n\n');

export function createSseSink(raw: ServerResponse, { heartbeatMs, retryMs }: SseOptions): SseSink {
  let begun = false;
  let beating: NodeJS.Timeout | undefined;
  const ready = () => begun && !raw.writableEnded && !raw.destroyed && !raw.writableNeedDrain;

  function beat(): void {
    if (ready()) raw.write(heartbeat);
    beating?.refresh();
  }

  return {
    ready,
    begin() {
      begun = true;
      // The end of the connection ends the stream: no chunks to frame, one write a reader and event.
      raw.useChunkedEncodingByDefault = false;
      raw.writeHead(200, {
        'content-type': 'text/event-stream; charset=utf-8',
        'cache-control': 'no-cache',
        'x-accel-buffering': 'no',
        connection: 'close',
      });
      raw.write(`retry: ${retryMs}\n\n`);
      beating = setTimeout(beat, heartbeatMs).unref();
      raw.once('close', () => clearTimeout(beating));
    },
    write(bytes) {
      raw.write(bytes);
      beating?.refresh();
    },
    end() {
      if (begun) raw.end();
    },
  };
}
