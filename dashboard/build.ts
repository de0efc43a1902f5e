// Builds the dashboard with Vite: `node dashboard/build.ts [FOLDER]`, by default where serving looks for it. Prints what a
// browser has to load; more script than the bound is an error.
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { build, type Rolldown } from 'vite';

/** All script together, gzipped. */
export const maxScriptBytes = 60_000;

const root = fileURLToPath(new URL('.', import.meta.url));
const builtFolder = fileURLToPath(new URL('../.tidemark/dashboard', import.meta.url));

export interface BuiltFile {
  readonly name: string;
  readonly bytes: number;
  readonly gzipBytes: number;
}

/** Resolves with the files that it wrote, each with its compressed forms beside it. */
export async function buildDashboard(folder: string): Promise<BuiltFile[]> {
  rmSync(folder, { recursive: true, force: true });
  // Else Vite builds what is meant for development wherever it is set to something else, as in tests.
  process.env['NODE_ENV'] = 'production';
  const outcome = (await build({
    root,
    configFile: false,
    logLevel: 'warn',
    base: './',
    publicDir: false,
    build: {
      outDir: folder,
      emptyOutDir: true,
      target: 'es2023',
      assetsInlineLimit: 0,
      modulePreload: false, // one file
      reportCompressedSize: false,
    },
  })) as Rolldown.RolldownOutput;
  return outcome.output.map((file) => {
    const bytes = Buffer.from(file.type === 'chunk' ? file.code : file.source);
    const gzip = gzipSync(bytes, { level: 9 });
    writeFileSync(join(folder, `${file.fileName}.gz`), gzip);
    writeFileSync(join(folder, `${file.fileName}.br`), brotliCompressSync(bytes));
    return {
      name: file.fileName,
      bytes: bytes.length,
      gzipBytes: gzip.length,
    };
  });
}

export function scriptBytes(files: readonly BuiltFile[]): number {
  return files.filter(({ name }) => name.endsWith('.js')).reduce((sum, { gzipBytes }) => sum + gzipBytes, 0);
}

if (import.meta.main) {
  const files = await buildDashboard(process.argv[2] ?? builtFolder);
  const kb = (bytes: number) => `${(bytes / 1_000).toFixed(1)} kB`;
  for (const { name, bytes, gzipBytes } of files)
    process.stdout.write(`${kb(bytes).padStart(9)} ${kb(gzipBytes).padStart(8)} gzipped  ${name}\n`);
  const script = scriptBytes(files);
  process.stdout.write(`script, gzipped: ${kb(script)}, at most ${kb(maxScriptBytes)}\n`);
  if (script > maxScriptBytes) {
    process.stderr.write('the dashboard is too large: a first look would be slow\n');
    process.exitCode = 1;
  }
}
