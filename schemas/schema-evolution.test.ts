// A schema that was published never changes: a new version is a new file with a new id, and reads what the old ones wrote.
import avsc from 'avsc';
import { expect, test } from 'vitest';
import version1 from './order-event.avsc.json' with { type: 'json' };

/** In order of their ids, with the fingerprint (SHA-256 of the canonical form) that each had when it was published. */
const versions = [
  { schema: version1, fingerprint: 'f9a6cefcf977f2e18b4873d2427a8baa895dd0c6d38dac800ef378307aebcf21' },
];

test('no published schema was changed', () => {
  for (const { schema, fingerprint } of versions) {
    expect(
      avsc.Type.forSchema(schema as avsc.Schema)
        .fingerprint('sha256')
        .toString('hex'),
    ).toBe(fingerprint);
  }
});

test('each version can read what every earlier one wrote', () => {
  const types = versions.map(({ schema }) => avsc.Type.forSchema(schema as avsc.Schema));
  for (const [i, reader] of types.entries()) {
    for (const writer of types.slice(0, i)) expect(() => reader.createResolver(writer)).not.toThrow();
  }
});

test('the check refuses a version that cannot read the first', () => {
  const fields = [...version1.fields, { name: 'tax', type: 'long' }];
  const incompatible = avsc.Type.forSchema({ ...version1, fields } as avsc.Schema);
  expect(() => incompatible.createResolver(avsc.Type.forSchema(version1 as avsc.Schema))).toThrow(/tax/);
});
