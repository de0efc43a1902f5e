// A helper process of the benchmark, on a file beside this one, that talks by messages.
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';

export interface Child extends AsyncDisposable {
  readonly pid: number;
  /** Its next message; rejects where it ends instead. */
  message<T>(): Promise<T>;
  ask<T>(question: string | object): Promise<T>;
}

export function openChild(file: string, args: readonly string[], env: NodeJS.ProcessEnv = process.env): Child {
  const child: ChildProcess = fork(new URL(file, import.meta.url), [...args], {
    env,
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const ended = once(child, 'exit');
  const message = async <T>(): Promise<T> => {
    const gone = ended.then(([code]) => {
      throw new Error(`${file} ended (${String(code)})`);
    });
    const [answer] = await Promise.race([once(child, 'message'), gone]);
    return answer as T;
  };
  return {
    pid: child.pid!,
    message,
    ask<T>(question: string | object) {
      child.send(question);
      return message<T>();
    },
    async [Symbol.asyncDispose]() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.disconnect();
      const killing = setTimeout(() => child.kill('SIGKILL'), 5_000);
      await ended;
      clearTimeout(killing);
    },
  };
}
