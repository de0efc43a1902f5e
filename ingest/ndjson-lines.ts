// Splits a byte stream into lines. Pure: it is fed chunks and keeps at most one unfinished line of bounded size.

export type Line =
  | { readonly kind: 'line'; readonly bytes: Buffer }
  /** Longer than the limit: its bytes were let go as they came. */
  | { readonly kind: 'too-long'; readonly sizeBytes: number };

export interface LineSplitter {
  /** The lines that end in this chunk. Lines of white space alone are left out. */
  push(chunk: Buffer): Line[];
  /** The last line, where the stream ended without a line feed. */
  end(): Line[];
}

const lineFeed = 0x0a;

export function createLineSplitter(limitBytes: number): LineSplitter {
  let parts: Buffer[] = [];
  let sizeBytes = 0;

  function keep(part: Buffer): void {
    sizeBytes += part.length;
    if (sizeBytes > limitBytes) parts = [];
    else if (part.length > 0) parts.push(part);
  }

  function take(): Line[] {
    const bytes = parts.length === 1 ? parts[0]! : Buffer.concat(parts);
    const size = sizeBytes;
    parts = [];
    sizeBytes = 0;
    if (size > limitBytes) return [{ kind: 'too-long', sizeBytes: size }];
    return isBlank(bytes) ? [] : [{ kind: 'line', bytes }];
  }

  return {
    push(chunk) {
      const lines: Line[] = [];
      let from = 0;
      for (let at = chunk.indexOf(lineFeed); at !== -1; at = chunk.indexOf(lineFeed, from)) {
        keep(chunk.subarray(from, at));
        lines.push(...take());
        from = at + 1;
      }
      keep(chunk.subarray(from));
      return lines;
    },
    end: take,
  };
}

function isBlank(bytes: Buffer): boolean {
  return bytes.every((byte) => byte === 0x20 || byte === 0x09 || byte === 0x0d);
}
