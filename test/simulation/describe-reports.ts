// What played seeds amount to, in words.
import type { SeedReport } from './play-seed.ts';

const grouped = (n: number) => n.toLocaleString('en-US');
const shownFailures = 10;

export function describeReports(reports: readonly SeedReport[], ms: number): string {
  const sum = (of: (report: SeedReport) => number) => reports.reduce((total, report) => total + of(report), 0);
  const merged = (of: (report: SeedReport) => Readonly<Record<string, number>>) => {
    const all = new Map<string, number>();
    for (const report of reports)
      for (const [name, n] of Object.entries(of(report))) all.set(name, (all.get(name) ?? 0) + n);
    return [...all].toSorted(([a], [b]) => (a < b ? -1 : 1));
  };
  const list = (entries: readonly [string, number][]) => entries.map(([name, n]) => `${name} ${grouped(n)}`);
  const faults = merged((report) => report.faults);
  const found = (kind: string) =>
    sum((report) => report.violations.filter((violation) => violation.kind === kind).length);
  const slowest = reports.toSorted((a, b) => b.recoveryMs - a.recoveryMs)[0];
  const lines = [
    `seeds            ${grouped(reports.length)} in ${(ms / 1_000).toFixed(1)} s`,
    `steps            ${grouped(sum((report) => report.steps))}`,
    `virtual hours    ${(sum((report) => report.virtualMs) / 3_600_000).toFixed(1)}`,
    `records          ${grouped(sum((report) => report.records))}`,
    `batch runs       ${grouped(sum((report) => report.runs))} (audit: ${list(merged((report) => report.audits)).join(', ')})`,
    `faults           ${grouped(faults.reduce((total, [, n]) => total + n, 0))}`,
    ...list(faults).map((line) => `                 ${line}`),
    `answers checked  ${grouped(sum((report) => report.answers))}, refused with a code ${grouped(sum((report) => report.refusals))}`,
    `whole again      at the latest ${Math.round((slowest?.recoveryMs ?? 0) / 1_000)} virtual s after the last fault (seed ${slowest?.seed})`,
    `wrong ${found('wrong')}, unmarked ${found('unmarked')}, lost ${found('lost')}`,
  ];
  if (reports.length === 1) lines.push(`trace            ${reports[0]!.traceHash}`);
  const failed = reports.filter(({ violations }) => violations.length > 0);
  for (const { seed, violations } of failed.slice(0, shownFailures)) {
    const [first] = violations;
    lines.push(
      '',
      `seed ${seed}: ${first!.kind}: ${first!.what}`,
      `  npm run simulate-faults -- --seed ${seed} --verbose`,
    );
  }
  if (failed.length > shownFailures)
    lines.push(
      '',
      `and ${failed.length - shownFailures} more seeds: ${failed
        .slice(shownFailures)
        .map(({ seed }) => seed)
        .join(' ')}`,
    );
  return lines.join('\n');
}
