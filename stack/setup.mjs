// Makes a fresh machine ready and then starts Tidemark or its tests. Runs on Node >= 18 without any package:
//
//   node stack/setup.mjs start [args]      packages, Node 24, the built dashboard, Java, Maven, Kafka, redis-server; then `tidemark start`
//   node stack/setup.mjs test [args]       the same and Chromium; then vitest
//   node stack/setup.mjs run FILE [args]   as for start, without the dashboard; then that file
//   node stack/setup.mjs run-alone FILE [args]   packages and Node 24 only; then that file
//
// Steps that have nothing to do say nothing. What is missing and cannot be got is named with the command that gets it.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..');
const TOOLS = join(ROOT, '.tidemark/tools');
const LOG = join(ROOT, '.tidemark/logs/setup.log');
const BIN = join(ROOT, 'node_modules/.bin');
const KAFKA = join(TOOLS, 'kafka-4.3.1');
const KAFKA_POM = join(ROOT, 'stack/kafka-pom.xml');
const DEPENDENCY_PLUGIN = 'org.apache.maven.plugins:maven-dependency-plugin:3.7.1';
const DASHBOARD = join(ROOT, '.tidemark/dashboard');
const BROWSERS = ['chromium', 'chromium-browser', 'google-chrome'];
const MINUTE = 60_000;

const env = { ...process.env, PATH: `${BIN}:${process.env.PATH ?? ''}` };

/** What went wrong and what to do, for the terminal; no stack trace. */
class SetupError extends Error {}

async function main([command, ...args]) {
  const runsFile = command === 'run' || command === 'run-alone';
  if (!['start', 'test'].includes(command) && !(runsFile && args.length > 0)) {
    throw new SetupError('usage: node stack/setup.mjs start|test|run FILE|run-alone FILE [args]');
  }
  mkdirSync(dirname(LOG), { recursive: true });
  mkdirSync(TOOLS, { recursive: true });
  writeFileSync(LOG, '');

  await installPackages();
  const node = findNode24();
  const storesElsewhere = ['KAFKA_BROKERS', 'REDIS_URL', 'CLICKHOUSE_URL'].every((name) => env[`TIDEMARK_${name}`]);
  const inContainers = args.includes('--docker') || env.TIDEMARK_TEST_STACK === 'testcontainers';
  if (command !== 'run-alone' && !storesElsewhere && !inContainers) {
    await installJava();
    await fetchKafka();
    await installRedis();
  }
  if (command === 'start' || command === 'test') await buildDashboard(node);
  if (command === 'test' && !BROWSERS.some(onPath))
    await aptInstall('Chromium', 'chromium', 'Chromium, for the tests of the dashboard,');

  const script = {
    start: ['cli/main.ts', 'start'],
    test: ['node_modules/vitest/vitest.mjs', 'run'],
    run: [],
    'run-alone': [],
  }[command];
  process.exitCode = await runInFront(node, [...script, ...args]);
}

async function installPackages() {
  const marker = join(ROOT, 'node_modules/.tidemark-lock');
  const lock = createHash('sha256')
    .update(readFileSync(join(ROOT, 'package-lock.json')))
    .digest('hex');
  if (existsSync(marker) && readFileSync(marker, 'utf8') === lock) return;
  await step('packages (npm ci)', 'npm', ['ci', '--no-audit', '--no-fund'], {
    minutes: 15,
    onFailure:
      'npm could not install the packages. Is its registry reachable (`npm ping`)? Then run the same command again.',
  });
  writeFileSync(marker, lock);
}

function findNode24() {
  const installed = join(BIN, 'node');
  if (existsSync(installed)) return installed;
  if (Number(process.versions.node.split('.')[0]) >= 24) return process.execPath;
  throw new SetupError(
    `Node 24 or newer is needed, this is ${process.version}, and npm has no Node package for ${process.platform}-${process.arch}. ` +
      'Install it from https://nodejs.org and run the same command again.',
  );
}

async function installJava() {
  if (javaVersion() < 17) await aptInstall('Java 17', 'openjdk-17-jre-headless', 'a Java runtime, 17 or newer');
  if (javaVersion() < 17)
    throw new SetupError(
      '`java -version` still tells of no Java 17 or newer; is JAVA_HOME or PATH set to an older one?',
    );
  if (!existsSync(join(KAFKA, '.complete')) && !onPath('mvn'))
    await aptInstall('Maven', 'maven', 'Maven, which fetches Kafka');
}

function javaVersion() {
  const java = env.JAVA_HOME === undefined ? 'java' : join(env.JAVA_HOME, 'bin/java');
  const { stderr, status } = spawnSync(java, ['-version'], { env, encoding: 'utf8', timeout: MINUTE });
  return status === 0 ? Number(/version "(\d+)/.exec(stderr)?.[1] ?? 0) : 0;
}

/** Into a folder of another name first: Kafka's own folder is whole or absent. */
async function fetchKafka() {
  const marker = join(KAFKA, '.complete');
  const pom = readFileSync(KAFKA_POM, 'utf8');
  if (existsSync(marker) && readFileSync(marker, 'utf8') === pom) return;
  const next = `${KAFKA}.next`;
  rmSync(next, { recursive: true, force: true });
  const goal = `${DEPENDENCY_PLUGIN}:copy-dependencies`;
  await step(
    'Kafka 4.3.1 (Maven)',
    'mvn',
    ['-B', '-ntp', '-f', KAFKA_POM, goal, `-DoutputDirectory=${next}`, '-DincludeScope=runtime'],
    {
      minutes: 15,
      onFailure:
        'Maven could not fetch Kafka. Is its repository reachable (see ~/.m2/settings.xml)? Then run the same command again.',
    },
  );
  writeFileSync(join(next, '.complete'), pom);
  rmSync(KAFKA, { recursive: true, force: true });
  renameSync(next, KAFKA);
}

/**
 * Debian keeps the server's binary in redis-tools (redis-server is a link to redis-check-rdb) and the daemon in
 * redis-server: the first is enough, and no daemon then starts at boot. RUNLEVEL=1 keeps the other's from starting now.
 */
async function installRedis() {
  const own = join(TOOLS, 'redis-server');
  if (onPath('redis-server') || works(own)) return;
  await aptInstall('redis-server', 'redis-tools', 'redis-server');
  rmSync(own, { force: true });
  symlinkSync('/usr/bin/redis-check-rdb', own);
  if (works(own)) return;
  rmSync(own, { force: true });
  await aptInstall('redis-server', 'redis-server', 'redis-server');
}

function works(redisServer) {
  const { status, stdout } = spawnSync(redisServer, ['--version'], { encoding: 'utf8', timeout: MINUTE });
  return status === 0 && stdout.startsWith('Redis server');
}

/** Anew only where something that it is made of has changed. */
async function buildDashboard(node) {
  const marker = `${DASHBOARD}.digest`;
  const digest = digestOf(['dashboard', 'api', 'package-lock.json']);
  const isBuilt = existsSync(join(DASHBOARD, 'index.html')) && existsSync(marker);
  if (isBuilt && readFileSync(marker, 'utf8') === digest) return;
  await step('dashboard (Vite)', node, ['dashboard/build.ts'], {
    minutes: 5,
    onFailure: 'The dashboard could not be built; `node dashboard/build.ts` tries it alone.',
  });
  writeFileSync(marker, digest);
}

/** Of the names and contents of files, and of all files in folders; what is absent counts as empty. */
function digestOf(paths) {
  const digest = createHash('sha256');
  for (const path of paths.filter((one) => existsSync(join(ROOT, one)))) {
    const whole = join(ROOT, path);
    // oxlint-disable-next-line unicorn/no-array-sort -- Node 18 has no toSorted
    const names = statSync(whole).isDirectory() ? readdirSync(whole, { recursive: true }).sort() : [''];
    for (const name of names) {
      const file = join(whole, name);
      if (statSync(file).isFile()) digest.update(`${path}/${name}\0`).update(readFileSync(file)).update('\0');
    }
  }
  return digest.digest('hex');
}

let aptIsUpdated = false;

async function aptInstall(title, debianPackage, purpose) {
  if (!onPath('apt-get') || process.getuid?.() !== 0) {
    throw new SetupError(
      `${purpose} is missing. Get it with \`sudo apt-get install ${debianPackage}\` (or your system's own way) and run the same command again.`,
    );
  }
  const onFailure = `apt-get could not install ${debianPackage}. Try \`apt-get update && apt-get install ${debianPackage}\` by hand.`;
  if (!aptIsUpdated) await step('package lists (apt-get update)', 'apt-get', ['update'], { minutes: 5, onFailure });
  aptIsUpdated = true;
  const options = ['install', '-y', '--no-install-recommends', debianPackage];
  await step(`${title} (apt-get)`, 'apt-get', options, {
    minutes: 15,
    onFailure,
    extraEnv: { DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' },
  });
}

function onPath(name) {
  return env.PATH.split(':').some((folder) => existsSync(join(folder, name)));
}

/** Runs a command with its output in setup.log; says what it does, how long it took, and the log's end if it fails. */
async function step(title, command, args, { minutes, onFailure, extraEnv = {} }) {
  const startedAt = Date.now();
  process.stderr.write(`  ${title} … `);
  writeFileSync(LOG, `\n$ ${command} ${args.join(' ')}\n`, { flag: 'a' });
  const log = openSync(LOG, 'a');
  const problem = await new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd: ROOT,
      env: { ...env, ...extraEnv },
      stdio: ['ignore', log, log],
      timeout: minutes * MINUTE,
    });
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => {
      if (code === 0) resolve(undefined);
      else if (signal !== null) resolve(`ended by ${signal} (the limit is ${minutes} minutes)`);
      else resolve(`exit code ${code}`);
    });
  });
  closeSync(log);
  const seconds = ((Date.now() - startedAt) / 1000).toFixed(1);
  process.stderr.write(problem === undefined ? `${seconds} s\n` : `failed after ${seconds} s\n`);
  if (problem === undefined) return;
  const lines = firstErrorLines(readFileSync(LOG, 'utf8'));
  throw new SetupError(
    `${lines.map((line) => `    ${line}`).join('\n')}\n${command}: ${problem}. ${onFailure}\nThe whole output is in ${LOG}`,
  );
}

/** npm and Maven say what is wrong first and then tell a long story; others end with it. */
function firstErrorLines(output) {
  const lines = output.slice(output.lastIndexOf('\n$ ')).trim().split('\n');
  const first = lines.findIndex((line) => /^(npm error|npm ERR!|\[ERROR\]|E:)/.test(line));
  return first === -1 ? lines.slice(-15) : lines.slice(first, first + 15);
}

/**
 * The child has a process group of its own: on Ctrl-C the terminal and npm each signal us, and the child, where a second
 * signal means "at once", must hear of it only once.
 */
function runInFront(command, args) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: ROOT, env, stdio: 'inherit', detached: true });
    let lastForwarded = -Infinity;
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
      process.on(signal, () => {
        if (performance.now() - lastForwarded < 1_000) return;
        lastForwarded = performance.now();
        child.kill(signal);
      });
    }
    child.once('error', reject);
    child.once('exit', (code, signal) => resolve(code ?? (signal === 'SIGINT' ? 130 : 1)));
  });
}

// `| head`, a closed terminal: what runs in front notices by itself and is waited for; a message of ours is lost.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error) => {
    if (error.code !== 'EPIPE' && error.code !== 'EIO') throw error;
  });
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  process.stderr.write(`\n${error.message}\n`);
  process.exitCode = 1;
}
