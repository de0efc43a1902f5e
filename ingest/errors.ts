// What ingest refuses, as problem documents. Each may be retried as it was: events have identities, so what Kafka
// already has is counted once.
import { Problem } from '../runtime/problem.ts';
import type { EventProblem } from '../schemas/order-event.ts';
import { problemMessage } from '../schemas/order-event.ts';
import type { Receipt } from './intake.ts';

const retryAfterSeconds = 1;

export function malformedBody(message: string): Problem {
  return new Problem({
    code: 'malformed-json',
    status: 400,
    title: 'Malformed JSON',
    detail: `the body is not JSON: ${message}`,
    field: '(body)',
    expected: 'an event or an array of events as JSON, in UTF-8',
  });
}

export function emptyBody(): Problem {
  return new Problem({
    code: 'empty-body',
    status: 400,
    title: 'No events',
    detail: 'the request holds no event',
    field: '(body)',
    expected: 'at least one event',
  });
}

export function bodyTooLarge(limitBytes: number): Problem {
  return new Problem({
    code: 'body-too-large',
    status: 413,
    title: 'Body too large',
    detail: `a JSON body has at most ${limitBytes} bytes; send more events in several requests, or as application/x-ndjson`,
    field: '(body)',
    value: `more than ${limitBytes} bytes`,
    expected: `at most ${limitBytes} bytes`,
  });
}

export function bodyTimeout(expected: string): Problem {
  return new Problem({
    code: 'body-timeout',
    status: 408,
    title: 'Body not received',
    detail: `the body was not received in time, expected ${expected}; the whole request may be sent again`,
    field: '(body)',
    expected,
  });
}

/** The same, with what Kafka had confirmed of the events that did come. */
export function cutShortAfter(cut: Problem, receipt: Receipt, token: string): Problem {
  return new Problem({ ...cut.fields, extra: confirmedOf(receipt, token) });
}

export function unsupportedEncoding(encoding: string): Problem {
  return new Problem({
    code: 'unsupported-media-type',
    status: 415,
    title: 'Unsupported media type',
    detail: `the body is encoded as ${encoding.slice(0, 40)}`,
    field: 'content-encoding',
    value: encoding.slice(0, 40),
    expected: 'no content-encoding',
  });
}

/** One event was sent and it is refused: its own problem. */
export function eventRefused(problem: EventProblem, receipt: Receipt): Problem {
  const { code, field, value, expected } = problem;
  const detail = problemMessage(problem);
  return new Problem({
    code,
    status: 400,
    title: 'Event refused',
    detail,
    field,
    value,
    expected,
    extra: listOf(receipt),
  });
}

export function allRejected(receipt: Receipt): Problem {
  const first = receipt.rejected[0];
  return new Problem({
    code: 'all-rejected',
    status: 400,
    title: 'All events refused',
    detail: `none of ${receipt.rejectedCount} was accepted; the first: ${first?.message ?? 'unknown'}`,
    ...(first && { field: first.field, value: first.value, expected: first.expected }),
    extra: listOf(receipt),
  });
}

/** Kafka did not confirm everything: 503 where it can succeed later, else 500. Says what it did confirm. */
export function notProduced(receipt: Receipt, token: string, retryable: boolean): Problem {
  const extra = confirmedOf(receipt, token);
  const confirmed = `Kafka confirmed ${receipt.accepted} events of this request`;
  if (!retryable) {
    const detail = `${confirmed} and refused others for good; see the log of ingest`;
    return new Problem({ code: 'kafka-refused', status: 500, title: 'Kafka refused the events', detail, extra });
  }
  return new Problem({
    code: 'kafka-unavailable',
    status: 503,
    title: 'Kafka is unavailable',
    detail: `${confirmed}, not the rest; send the whole request again: what it already has is counted once`,
    retryAfterSeconds,
    extra,
  });
}

/** Accepted there, they would never be counted. Later, when an operator has acted, they may be sent again. */
export function topicMadeAnewProblem(receipt: Receipt, token: string): Problem {
  return new Problem({
    code: 'topic-made-anew',
    status: 503,
    title: 'The topic was made anew',
    detail: `the topic of the orders was deleted and made anew: what is written there is not counted; an operator has to act. Of this request ${receipt.accepted} events are in the old topic`,
    retryAfterSeconds: 30,
    extra: confirmedOf(receipt, token),
  });
}

function confirmedOf(receipt: Receipt, token: string) {
  return { accepted: receipt.accepted, ...listOf(receipt), vector: receipt.vector, token };
}

function listOf(receipt: Receipt) {
  return { rejected: receipt.rejected, rejectedCount: receipt.rejectedCount };
}
