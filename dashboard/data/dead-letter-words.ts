// Why a record could not be counted, in words: docs/errors.md says the same. A reason that is not here is shown as it is. Pure.
export const deadLetterWords: Readonly<Record<string, string>> = {
  'missing-field': 'a required field is absent',
  'unknown-field': 'a field that the event does not have',
  'wrong-type': 'text where a number belongs, a time without zone',
  'bad-text': 'a text too long, empty, or with control characters',
  'unknown-value': 'an event type or currency that is not known',
  'out-of-range': 'a number, a time or a count beyond its bounds',
  'too-far-ahead': 'occurredAt is more than 5 minutes ahead of its arrival',
  'inconsistent-time': 'placedAt after occurredAt, or not equal to it where it must be',
  'unreadable-batch': 'the batch cannot be unpacked: too large, unknown codec, malformed',
  'no-value': 'the record has no value',
  'bad-frame': 'the value does not begin with a 0 byte and a schema id',
  'unknown-schema': 'a schema id that this generation does not accept',
  undecodable: 'the bytes are no datum of their schema',
  'key-mismatch': "the record key is not the event's orderId",
  misplaced: 'not in its key’s partition: the producer partitions differently',
};
