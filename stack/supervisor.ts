// Runs Tidemark's services as child processes of this one: starts them phase by phase, keeps them running (member.ts)
// and stops them in reverse order.
import { join } from 'node:path';
import type { ChildCommand } from './child-process.ts';
import { type Member, type MemberEvent, openMember } from './member.ts';

export interface ServiceSpec extends ChildCommand {
  readonly name: string;
  /** Answers 200 once the service is ready. */
  readonly readyUrl: string;
}

export interface SupervisorOptions {
  readonly logDir: string;
  readonly onEvent?: ((event: MemberEvent) => void) | undefined;
  /** Gives up the start and closes what had started. */
  readonly signal?: AbortSignal | undefined;
  readonly readyWithinMs?: number;
  readonly stopWithinMs?: number;
}

export interface Supervisor extends AsyncDisposable {
  /** In the order of start. */
  readonly members: readonly Member[];
}

/** The services of one phase start together, the next phase when all of them are ready. */
export async function openSupervisor(
  phases: readonly (readonly ServiceSpec[])[],
  { logDir, onEvent, signal, readyWithinMs = 60_000, stopWithinMs = 10_000 }: SupervisorOptions,
): Promise<Supervisor> {
  const members: Member[] = [];
  const close = async (): Promise<void> => {
    for (const member of members.toReversed()) await member.close();
  };
  const open = ({ readyUrl, ...service }: ServiceSpec): Promise<Member> =>
    openMember(
      {
        ...service,
        logFile: join(logDir, `${service.name}.log`),
        answers: async (signal) => (await fetch(readyUrl, { signal })).status === 200,
        readyWithinMs,
        stopWithinMs,
      },
      { onEvent, signal },
    );
  for (const phase of phases) {
    const results = await Promise.allSettled(phase.map(open));
    for (const result of results) if (result.status === 'fulfilled') members.push(result.value);
    const failed = results.find((result) => result.status === 'rejected');
    if (failed !== undefined) {
      await close();
      throw failed.reason;
    }
  }
  return { members, [Symbol.asyncDispose]: close };
}
