#!/usr/bin/env node
// Starts the command line on a Node that runs TypeScript as it is: this one from 24 on, else the one among the packages.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const file = (path) => fileURLToPath(new URL(path, import.meta.url));
const packaged = file('../node_modules/.bin/node');
const recent = Number(process.versions.node.split('.')[0]) >= 24;
if (!recent && !existsSync(packaged)) {
  process.stderr.write(
    `tidemark: Node ${process.versions.node} is too old and ${packaged} is missing; run \`npm ci\`\n`,
  );
  process.exit(1);
}
const child = spawn(recent ? process.execPath : packaged, [file('main.ts'), ...process.argv.slice(2)], {
  stdio: 'inherit',
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
  process.on(signal, () => child.kill(signal === 'SIGHUP' ? 'SIGTERM' : signal));
child.on('error', (error) => {
  process.stderr.write(`tidemark: ${error.message}\n`);
  process.exit(1);
});
child.on('exit', (code, signal) => process.exit(signal ? 1 : (code ?? 1)));
