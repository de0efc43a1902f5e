// What to do about a report that could not be made, by the code of its failed run. Pure.

const passes = 'This passes by itself: run it again.';

const advice: Readonly<Record<string, string>> = {
  'not-ready': passes,
  'batch-views-away': passes,
  'run-unreadable': passes,
  'reports-away': passes,
  overloaded: passes,
  closing: passes,
  'too-many-rows': 'Choose a shorter range, larger windows or fewer groups, and save it under the same name.',
  'report-timeout': 'Run it again when less goes on, or save it with less to ask: fewer groups, a shorter range.',
  'report-folder-failed':
    'Make the folder of the reports writable for serving (TIDEMARK_REPORTS_DIR), then run it again.',
  'report-unreadable': 'Take the file out of the folder of the reports.',
  internal: 'The log of serving tells more.',
};

export function adviceOf(code: string): string {
  return advice[code] ?? 'Running it again helps only if the data changed: save another query under its name.';
}
