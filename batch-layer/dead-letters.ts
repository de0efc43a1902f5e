// Dead letters: records that cannot be counted, kept as they were with reason and origin. Keyed by their origin, so a
// second copy after a crash is recognised as one.
import type { EventProducer } from '../runtime/kafka/event-producer.ts';
import type { DeadLetter } from './archive-block.ts';

export type WriteDeadLetters = (deadLetters: readonly DeadLetter[]) => Promise<void>;

const maxValueBytes = 700_000;
const maxKeyBytes = 10_000;

function originBytes({ key, value, headers }: DeadLetter): number {
  const headerBytes = headers.reduce(
    (sum, [name, text]) => sum + 10 + Buffer.byteLength(name) + (text?.length ?? 0),
    0,
  );
  return (key?.length ?? 0) + (value?.length ?? 0) + headerBytes;
}

/** Headers of the origin travel along; ours begin with `tidemark-`. */
export function createDeadLetterWriter(
  producer: EventProducer,
  topic: string,
  deadLetterTopic: string,
): WriteDeadLetters {
  return async (deadLetters) => {
    if (deadLetters.length === 0) return;
    // What the broker would not take is cut, and says so: a record that cannot be kept whole must not stop the archive.
    const cut = (value: Buffer | null) => (value ?? Buffer.alloc(0)).subarray(0, maxValueBytes);
    await producer.send(
      deadLetterTopic,
      deadLetters.map((letter) => ({
        key: `${topic}/${letter.partition}/${letter.offset}`,
        value: cut(letter.value),
        headers: {
          ...(originBytes(letter) > maxValueBytes
            ? {}
            : Object.fromEntries(letter.headers.map(([name, value]) => [name, value ?? Buffer.alloc(0)]))),
          'tidemark-reason': letter.code,
          'tidemark-message': letter.message,
          'tidemark-origin-topic': topic,
          'tidemark-origin-partition': String(letter.partition),
          'tidemark-origin-offset': String(letter.offset),
          'tidemark-origin-timestamp': String(letter.timestampMs),
          'tidemark-origin-key': (letter.key ?? Buffer.alloc(0)).subarray(0, maxKeyBytes),
          ...(originBytes(letter) > maxValueBytes ? { 'tidemark-cut-from-bytes': String(originBytes(letter)) } : {}),
          'tidemark-origin-null': `${letter.key === null ? 'key' : ''}${letter.value === null ? 'value' : ''}`,
        },
      })),
    );
  };
}
