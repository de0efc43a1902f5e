// W3C Trace Context (https://www.w3.org/TR/trace-context/): one trace a request, one span a record.

export interface TraceContext {
  /** 32 hexadecimal digits. */
  readonly traceId: string;
  /** 2 hexadecimal digits; 01 means sampled. */
  readonly flags: string;
}

export type RandomBytes = (size: number) => Buffer;

/** The caller's trace if the header is valid, else a new one. A version after 00 is read as 00, as the standard asks. */
export function openTrace(header: string | string[] | undefined, randomBytes: RandomBytes): TraceContext {
  const match =
    typeof header === 'string'
      ? /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/.exec(header.trim())
      : null;
  const [, version, traceId, parentId, flags, rest] = match ?? [];
  const valid = version !== 'ff' && (version !== '00' || rest === undefined);
  if (valid && traceId && /[^0]/.test(traceId) && parentId && /[^0]/.test(parentId) && flags) {
    return { traceId, flags: (Number.parseInt(flags, 16) & 1) === 1 ? '01' : '00' };
  }
  return { traceId: nonZero(16, randomBytes), flags: '01' };
}

/** The header of one new span of the trace. */
export function spanOf(trace: TraceContext, randomBytes: RandomBytes): string {
  return `00-${trace.traceId}-${nonZero(8, randomBytes)}-${trace.flags}`;
}

function nonZero(size: number, randomBytes: RandomBytes): string {
  for (;;) {
    const hex = randomBytes(size).toString('hex');
    if (/[^0]/.test(hex)) return hex;
  }
}
