// TCP ports on loopback: choosing free ones, and saying clearly which wanted one is taken and what for.
import { createServer, type Server } from 'node:net';

export interface WantedPort {
  readonly port: number;
  /** What it is for, as the message says it: `Kafka`, `the API (serving)`. */
  readonly purpose: string;
  /** The environment variable that changes it. */
  readonly variable: string;
}

/** Ports that were free a moment ago; all are held until all are known, so they differ. */
export async function chooseFreePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(Array.from({ length: count }, () => listen(0)));
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map(close));
  return ports;
}

/** Throws one error that names every port that is taken. */
export async function requireFreePorts(wanted: readonly WantedPort[]): Promise<void> {
  const problems: string[] = [];
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
