// `.tidemark/run.json`: which processes belong to the Tidemark that runs on this folder. Written by the supervisor,
// read by `tidemark down`, by `doctor`, by tests that kill a service, and by the next start, which cleans up after one
// that died without stopping its children.
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { lockFolder } from './folder-lock.ts';
import { identify, isStillRunning, type ProcessIdentity, stopProcess } from './process-identity.ts';

export interface RunMember extends ProcessIdentity {
  readonly name: string;
}

export interface Run extends ProcessIdentity {
  readonly startedAt: string;
  readonly members: readonly RunMember[];
  /** By name of the service or store: addresses, never secrets. */
  readonly urls: Readonly<Record<string, string>>;
}

export interface RunFile {
  /** Replaces the file in one step. */
  update(change: Partial<Pick<Run, 'members' | 'urls'>>): void;
  memberStarted(name: string, pid: number): void;
  memberStopped(name: string): void;
  remove(): void;
}

/** Undefined when nothing runs or ran there, or the file cannot be read as one. */
export function readRun(file: string): Run | undefined {
  try {
    const run = JSON.parse(readFileSync(file, 'utf8')) as Run;
    return Number.isInteger(run.pid) && Array.isArray(run.members) ? run : undefined;
  } catch {
    return undefined;
  }
}

export function isRunAlive(run: Run): boolean {
  return isStillRunning(run);
}

/**
 * Takes the folder for this process. Throws if a live Tidemark has it. Children that an earlier, dead one left behind
 * are stopped first; `onSurvivor` hears of each.
 */
export async function claimRun(file: string, onSurvivor: (member: RunMember) => void = () => {}): Promise<RunFile> {
  mkdirSync(dirname(file), { recursive: true });
  // Two starts after a dead one would both find its file, remove it and write their own: only one may look at a time.
  await using lock = await lockFolder(dirname(file));
  if (lock === undefined) throw new Error(`another Tidemark was started on ${dirname(file)} at the same moment`);
  const earlier = readRun(file);
  if (earlier !== undefined) {
    if (isRunAlive(earlier)) {
      throw new Error(
        `Tidemark is already running as pid ${earlier.pid} on ${dirname(file)}; \`tidemark down\` stops it`,
      );
    }
    await stopMembers(earlier, onSurvivor);
  }
  rmSync(file, { force: true });
  let run: Run = { ...identifySelf(), startedAt: new Date().toISOString(), members: [], urls: {} };
  writeFileSync(file, toText(run), { flag: 'wx' });
  const update: RunFile['update'] = (change) => {
    run = { ...run, ...change };
    writeFileSync(`${file}.next`, toText(run));
    renameSync(`${file}.next`, file);
  };
  const without = (name: string): RunMember[] => run.members.filter((member) => member.name !== name);
  return {
    update,
    memberStarted(name, pid) {
      const identity = identify(pid);
      if (identity !== undefined) update({ members: [...without(name), { name, ...identity }] });
    },
    memberStopped: (name) => update({ members: without(name) }),
    remove: () => rmSync(file, { force: true }),
  };
}

/** Stops the Tidemark of this folder and whatever it left. False when nothing ran. */
export async function stopRun(file: string, onSurvivor: (member: RunMember) => void = () => {}): Promise<boolean> {
  const run = readRun(file);
  if (run === undefined) return false;
  const wasAlive = isRunAlive(run);
  // It needs time to stop its members one after the other before it ends itself.
  const stopped = await stopProcess(run, 60_000);
  if (!stopped) throw new Error(`pid ${run.pid} could not be stopped; is it another user's?`);
  const survivors = await stopMembers(run, onSurvivor);
  // A next start may have the folder by now: its file stays.
  const now = readRun(file);
  if (now?.pid === run.pid && now.startTicks === run.startTicks) rmSync(file, { force: true });
  return wasAlive || survivors > 0;
}

async function stopMembers(run: Run, onSurvivor: (member: RunMember) => void): Promise<number> {
  const survivors = run.members.filter((member) => isStillRunning(member));
  await Promise.all(
    survivors.map(async (member) => {
      onSurvivor(member);
      if (!(await stopProcess(member, 15_000))) {
        throw new Error(`${member.name} of an earlier start (pid ${member.pid}) could not be stopped`);
      }
    }),
  );
  return survivors.length;
}

function identifySelf(): ProcessIdentity {
  return identify(process.pid) ?? { pid: process.pid, startTicks: 0, executable: process.execPath };
}

function toText(run: Run): string {
  return `${JSON.stringify(run, null, 2)}\n`;
}
