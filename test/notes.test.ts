// What serving says and what the dashboard advises are tied together: each note that there is meets a rule of its meaning,
// and each rule a note; docs/operations.md has both. One changed alone fails here.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { exampleStatus } from '../api/examples.ts';
import { notes } from '../api/notes.ts';
import { adviceOn, rules } from '../dashboard/data/advice.ts';
import { findingsOf, unanswered } from '../dashboard/data/findings.ts';
import { topicMadeAnew } from '../runtime/archived-topic.ts';
import { batchSettings } from '../batch-layer/config.ts';
import { speedSettings } from '../speed-layer/config.ts';

const since = Date.UTC(2026, 10, 21);
const offsets = 'offsets 5 to 9';
const meanings: { readonly [Name in keyof typeof notes]: readonly (readonly [note: string, what: string])[] } = {
  liveStale: [[notes.liveStale(since), 'act: Redis is away or read again']],
  liveFull: [[notes.liveFull(9, 5), 'act: The live part is full']],
  epochNotWhole: [[notes.epochNotWhole(0, 5, 9), 'act: Live counters in Redis are damaged']],
  lagUnknown: [
    [notes.lagUnknown(since, "the log's ends cannot be read from Kafka"), 'bad: Kafka cannot be read'],
    [notes.lagUnknown(since, topicMadeAnew('orders', 'a', 'b').message), 'bad: The topic was deleted and made anew'],
  ],
  logCut: [[notes.logCut(3, 5, offsets, 7), 'bad: Kafka lost records']],
  logShort: [[notes.logShort(3, 5, 10, offsets), 'bad: Kafka lost records']],
  expiredUncounted: [[notes.expiredUncounted(0, offsets, 5), 'bad: Records expired before they were counted']],
  expiredNotLive: [[notes.expiredNotLive(0, offsets), 'note: Records expired before they were live']],
  openTransaction: [
    [notes.openTransaction(0, 3, 7), 'act: Records wait behind an open'],
    [notes.openTransaction(0, 1, 7), 'act: Records wait behind an open'],
  ],
  archiveUnread: [[notes.archiveUnread(since), 'act: ClickHouse cannot be read']],
  runsUnknown: [[notes.runsUnknown(since), 'act: ClickHouse cannot be read']],
  extentUnknown: [[notes.extentUnknown(), 'act: ClickHouse cannot be read']],
  setBack: [[notes.setBack('none', 'r'), 'act: ClickHouse was set back']],
  runLacks: [[notes.runLacks('r', 'its chunks announce 3 events of 4 counted'), 'act: The newest batch run has lost']],
  runAhead: [[notes.runAhead('r', [1, 2]), 'note: The newest batch run waits']],
  behind: [
    [notes.behind(9, 12_000), 'bad: The live numbers are behind'],
    [notes.behind(1, 12_000), 'bad: The live numbers are behind'],
  ],
  late: [
    [notes.late(9), 'note: Late records'],
    [notes.late(1), 'note: Late records'],
  ],
  auditDiffers: [[notes.auditDiffers('r', 'store=west: orders 3, live 4'), 'act: The last audit found a difference']],
  unaccounted: [[notes.unaccounted(0, 9, 10), 'bad: The ledger does not account']],
};
const told = Object.values(meanings).flat();
const findingOf = (note: string) => adviceOn([note])[0]!;

test.each(told)('%s', (note, what) => {
  const finding = findingOf(note);
  expect(`${finding.level}: ${finding.what}`).toContain(what);
  expect(finding.details).toEqual([note]);
  expect(finding.act).not.toBe('');
});

test('one record is told as one', () => {
  const ones = [
    notes.openTransaction(0, 1, 7),
    notes.behind(1, 12_000),
    notes.late(1),
    notes.expiredUncounted(0, offsets, 1),
  ];
  expect(ones.filter((note) => !/\b1 (late )?record\b/.test(note) || / (are|wait) /.test(note))).toEqual([]);
});

test('each advice is on something that serving can say', () => {
  const found = new Set(told.map(([note]) => findingOf(note).what));
  expect([...found].toSorted()).toEqual(rules.map(({ what }) => what).toSorted());
});

test('what nobody thought of is told all the same', () => {
  expect(findingOf('something that nobody thought of')).toMatchObject({
    level: 'act',
    what: 'Serving has something to say',
    details: ['something that nobody thought of'],
  });
});

/** By what the page Pipeline says: what serving says, and what to do. */
const advised = [
  ...readFileSync(new URL('../docs/operations.md', import.meta.url), 'utf8')
    .split('| the page says')[1]!
    .split('\n\n')[0]!
    .matchAll(/^\| (.+?) +\| (.*?) *\| .+? +\| (.+?) +\|$/gm),
].flatMap(([, what = '', serving = '', act = '']) => (what.startsWith('---') ? [] : [{ what, serving, act }]));

test('docs/operations.md has all that the page Pipeline can say, with the same advice, and nothing else', () => {
  const [nowMs, agoMs] = [Date.parse('2026-11-21T12:00:00Z'), 600_000];
  const [partition] = exampleStatus.partitions;
  const status = {
    ...exampleStatus,
    notes: [],
    run: { ...exampleStatus.run, publishedAt: new Date(nowMs - agoMs).toISOString() },
    partitions: [{ ...partition!, vector: 10, end: 17, lagRecords: 7 }],
    deadLetters: { total: 3, byReason: { 'bad-frame': 3 }, newest: [] },
  };
  const sample = (atMs: number, deadLetters: number) => ({ atMs, vector: [10], ends: [17], deadLetters, waiting: 1 });
  const found = [
    [sample(nowMs - 75_000, 3), sample(nowMs, 3)],
    [sample(nowMs - 2_000, 1), sample(nowMs, 3)],
  ].flatMap((samples) => findingsOf({ status, runs: [], samples, nowMs }));
  const silent = ['not-ready', 'fault'].map((code) =>
    unanswered({ code, status: 503, detail: '' }, undefined, 'http://HOST:PORT'),
  );
  const all = [...rules, ...found, ...silent].map(({ what, act }) => [what, act]);
  expect(Object.fromEntries(advised.map(({ what, act }) => [what, act]))).toEqual(Object.fromEntries(all));
  expect(new Set(advised.map(({ what }) => what)).size).toBe(advised.length);
});

test('what docs/operations.md has serving say is what it says, and the page knows it', () => {
  const shape = (text: string) => text.replaceAll(/\d+/g, '0');
  for (const { what, serving } of advised) {
    for (const [, said = ''] of serving.matchAll(/`([^`]+)`/g)) {
      expect(findingOf(said).what).toBe(what);
      const parts = shape(said).split('…');
      const isSaid = ([note]: (typeof told)[number]) => parts.every((part) => shape(note).includes(part.trim()));
      expect(told.filter(isSaid), said).not.toEqual([]);
    }
  }
});

test('settings and ports that are advised are those that there are', () => {
  const texts = advised.map(({ act }) => act).join('\n');
  const services = { batch: batchSettings.batchPort.byDefault, speed: speedSettings.speedPort.byDefault };
  const ports = [...texts.matchAll(/(batch|speed) layer(?:(?!batch|speed).)*?\(port (\d+) by default\)/g)];
  expect(ports.length).toBe(texts.split('(port').length - 1);
  for (const [, service, port] of ports) expect(port).toBe(services[service as keyof typeof services]);
  const settings = [...texts.matchAll(/TIDEMARK_[A-Z_]+/g)].map(([name]) => name);
  const described = readFileSync(new URL('../.env.example', import.meta.url), 'utf8');
  for (const name of new Set(settings)) expect(described).toContain(`${name}=`);
});
