// What happened, line by line: hashed always, kept or printed on demand. The same seed gives the same hash.

export interface Trace {
  line(text: string): void;
  readonly lines: number;
  hash(): string;
}

export function createTrace(now: () => number, print?: (line: string) => void): Trace {
  const startMs = now();
  // FNV-1a, two halves with different seeds.
  let a = 0x811c9dc5;
  let b = 0x01000193;
  let lines = 0;
  return {
    get lines() {
      return lines;
    },
    line(text) {
      const full = `${now() - startMs} ${text}`;
      for (let i = 0; i < full.length; i += 1) {
        const code = full.charCodeAt(i);
        a = Math.imul(a ^ code, 0x01000193);
        b = Math.imul(b ^ code, 0x85ebca6b);
      }
      lines += 1;
      print?.(`${((now() - startMs) / 1_000).toFixed(3).padStart(10)} ${text}`);
    },
    hash: () => [a, b].map((half) => (half >>> 0).toString(16).padStart(8, '0')).join(''),
  };
}
