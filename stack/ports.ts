// TCP ports on loopback: choosing free ones, and saying clearly which wanted one is taken and what for.
import { randomInt } from 'node:crypto';
import { createServer, type Server } from 'node:net';

export interface WantedPort {
  readonly port: number;
  /** What it is for, as the message says it: `Kafka`, `the API (serving)`. */
  readonly purpose: string;
  /** The environment variable that changes it. */
  readonly variable: string;
}

/**
 * Ports that were free a moment ago; all are held until all are known, so they differ. Below those that systems give to
 * outgoing connections, of which one could take a port before it is listened on.
 */
export async function chooseFreePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(Array.from({ length: count }, listenSomewhere));
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map(close));
  return ports;
}

/** A line for each two that want the same port. */
export function samePorts(wanted: readonly WantedPort[]): string[] {
  return wanted.flatMap(({ port, purpose, variable }, index) =>
    wanted.slice(0, index).flatMap((other) => {
      if (other.port !== port) return [];
      const both = `${other.purpose} (${other.variable}) and for ${purpose} (${variable})`;
      return [`port ${port} is wanted for ${both}; set one of them to another port`];
    }),
  );
}

/** Throws one error that names every port that is taken, or wanted twice. */
export async function requireFreePorts(wanted: readonly WantedPort[]): Promise<void> {
  const problems = samePorts(wanted);
  for (const { port, purpose, variable } of wanted) {
    try {
      await close(await listen(port));
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      const what = code === 'EADDRINUSE' ? 'is in use by another process' : `cannot be used (${code})`;
      problems.push(`port ${port} for ${purpose} ${what}; set ${variable} to another port, or stop that process`);
    }
  }
  if (problems.length > 0) throw new Error(problems.join('\n'));
}

async function listenSomewhere(): Promise<Server> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await listen(randomInt(12_000, 32_000));
    } catch (error) {
      if (attempt === 20) throw error;
    }
  }
}

function listen(port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen({ host: '127.0.0.1', port, exclusive: true }, () => resolve(server));
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
  });
}
