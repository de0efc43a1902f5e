// A copy of the working tree in a temporary folder: mutants are written there, never into the tree that a person edits.
import { createHash } from 'node:crypto';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { applyMutant, type Mutant } from './mutant.ts';

const notCopied = new Set(['node_modules', '.git', '.tidemark', 'coverage']);

/** What tests may read or run; the mutants themselves are no part of it, each is keyed by its own text. */
const sources = /\.(tsx?|mjs|lua|sql|json|md|example|yml|css|html|svg)$/;

export interface WorkCopy {
  readonly folder: string;
  /** Digest of every source below the folder. */
  readonly digest: string;
  /** Puts the mutant in for as long as `work` lasts. */
  withMutant<T>(mutant: Mutant, work: () => Promise<T>): Promise<T>;
}

export function makeWorkCopy(root: string): WorkCopy {
  const folder = mkdtempSync(join(tmpdir(), 'tidemark-mutant-'));
  cpSync(root, folder, { recursive: true, filter: (source) => !notCopied.has(basename(source)) });
  symlinkSync(realpathSync(join(root, 'node_modules')), join(folder, 'node_modules'));
  mkdirSync(join(folder, '.tidemark'));
  symlinkSync(join(root, '.tidemark/tools'), join(folder, '.tidemark/tools'));
  return {
    folder,
    digest: digestOf(folder),
    async withMutant(mutant, work) {
      const file = join(folder, mutant.file);
      const text = readFileSync(file, 'utf8');
      writeFileSync(file, applyMutant(text, mutant));
      try {
        return await work();
      } finally {
        writeFileSync(file, text);
      }
    },
  };
}

function digestOf(folder: string): string {
  const hash = createHash('sha256');
  const entries = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  for (const path of entries.filter((entry) => sources.test(entry)).toSorted()) {
    if (path.startsWith('node_modules') || path.startsWith('.tidemark') || path.startsWith('test/mutants/')) continue;
    hash
      .update(`${path}\0`)
      .update(readFileSync(join(folder, path)))
      .update('\0');
  }
  return hash.digest('hex');
}
