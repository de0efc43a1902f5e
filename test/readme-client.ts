// The example of the client in README.md, line by line, so that it is type-checked and run (client.test.ts).
import { createClient, createStreamedAnswer } from 'tidemark/client';

export async function runExample(baseUrl: string, console: { log(...values: unknown[]): void }): Promise<void> {
  const tidemark = createClient({ baseUrl });
  const query = { measures: ['orders', 'grossMinor'], by: ['store'], from: '2014-01-01', to: '2025-01-01' } as const;
  const { rows, provenance } = await tidemark.query({ ...query, where: { currency: ['USD'] } });
  for (const { store, orders, grossMinor } of rows) console.log(store, orders, grossMinor, provenance.lagRecords);

  const answer = createStreamedAnswer<typeof query>();
  for await (const event of tidemark.stream(query)) {
    answer.take(event);
    console.log(answer.rows());
  }
}
