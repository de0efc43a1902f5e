// Dead letters: records that cannot be counted, kept as they were with reason and origin. Keyed by their origin, so a
// second copy after a crash is recognised as one.
import type { EventProducer } from '../runtime/kafka/event-producer.ts';
import type { DeadLetter } from './archive-block.ts';

export type WriteDeadLetters = (deadLetters: readonly DeadLetter[]) => Promise<void>;

/** Headers of the origin travel along; ours begin with `tidemark-`. */
export function createDeadLetterWriter(
  producer: EventProducer,
  topic: string,
  deadLetterTopic: string,
): WriteDeadLetters {
  return async (deadLetters) => {
    if (deadLetters.length === 0) return;
    await producer.send(
      deadLetterTopic,
      deadLetters.map((letter) => ({
        key: `${topic}/${letter.partition}/${letter.offset}`,
        value: letter.value ?? Buffer.alloc(0),
        headers: {
          ...Object.fromEntries(letter.headers.map(([name, value]) => [name, value ?? Buffer.alloc(0)])),
          'tidemark-reason': letter.code,
          'tidemark-message': letter.message,
          'tidemark-origin-topic': topic,
          'tidemark-origin-partition': String(letter.partition),
          'tidemark-origin-offset': String(letter.offset),
          'tidemark-origin-timestamp': String(letter.timestampMs),
          'tidemark-origin-key': letter.key ?? Buffer.alloc(0),
          'tidemark-origin-null': `${letter.key === null ? 'key' : ''}${letter.value === null ? 'value' : ''}`,
        },
      })),
    );
  };
}
