import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { currentSchemaId, decodeEvent, encodeEvent } from './codec.ts';
import { validEvent } from './test-events.ts';

const accepted = [currentSchemaId];

describe('the codec', () => {
  test('gives back every event as it was', () => {
    fc.assert(
      fc.property(validEvent, (event) => {
        const decoded = decodeEvent(encodeEvent(event), accepted);
        expect(decoded.kind === 'decoded' && JSON.parse(JSON.stringify(decoded.event))).toEqual(event);
      }),
    );
  });

  test('frames the datum as registries do: a zero byte, then the schema id', () => {
    const [event] = fc.sample(validEvent, 1);
    expect([...encodeEvent(event!).subarray(0, 5)]).toEqual([0, 0, 0, 0, currentSchemaId]);
  });

  test('never throws on random bytes, framed or not', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.boolean(), (bytes, framed) => {
        const value = framed ? Buffer.concat([Buffer.from([0, 0, 0, 0, currentSchemaId]), bytes]) : Buffer.from(bytes);
        expect(['decoded', 'undecodable']).toContain(decodeEvent(value, accepted).kind);
      }),
      { numRuns: 2_000 },
    );
  });

  test('never throws on an event with damaged, missing or added bytes', () => {
    fc.assert(
      fc.property(
        validEvent,
        fc.nat(),
        fc.nat(255),
        fc.constantFrom('set', 'cut', 'add'),
        (event, at, byte, damage) => {
          const whole = encodeEvent(event);
          const place = 5 + (at % (whole.length - 5));
          if (damage === 'set') whole[place] = byte;
          const value =
            damage === 'cut'
              ? whole.subarray(0, place)
              : damage === 'add'
                ? Buffer.concat([whole, Buffer.from([byte])])
                : whole;
          const decoded = decodeEvent(value, accepted);
          if (damage !== 'set') expect(decoded).toMatchObject({ kind: 'undecodable', code: 'undecodable' });
        },
      ),
      { numRuns: 2_000 },
    );
  });

  test('an array count of two thousand million in a short value is refused without allocating', () => {
    const [event] = fc.sample(
      validEvent.filter((e) => e.items.length === 0),
      1,
    );
    const bomb = Buffer.concat([encodeEvent(event!).subarray(0, -1), Buffer.from([0xfe, 0xff, 0xff, 0xff, 0x0f])]);
    expect(decodeEvent(bomb, accepted)).toMatchObject({ kind: 'undecodable', code: 'undecodable' });
  });

  test.each([
    ['no value', null, 'no-value'],
    ['an empty value', Buffer.alloc(0), 'bad-frame'],
    ['a value that begins with another byte', Buffer.from('{"orderId": 1}'), 'bad-frame'],
    ['a schema id that the generation does not list', Buffer.from([0, 0, 0, 0, 99, 1, 2, 3]), 'unknown-schema'],
  ])('%s is named as such', (_, value, code) => {
    expect(decodeEvent(value, accepted)).toMatchObject({ kind: 'undecodable', code });
  });
});
