// Files that are written as a whole and flushed to the disk, and read only where they are files: no link is followed.
import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';

export interface Written {
  readonly bytes: number;
  readonly sha256: string;
}

const blockBytes = 64 * 1024;

/** Fails where the name is taken. */
export async function writeWhole(path: string, pieces: Iterable<string>): Promise<Written> {
  const hash = createHash('sha256');
  let bytes = 0;
  await using handle = await open(path, 'wx');
  const flush = async (texts: readonly string[]) => {
    const block = Buffer.from(texts.join(''));
    hash.update(block);
    bytes += block.length;
    await handle.writeFile(block);
  };
  let waiting: string[] = [];
  let length = 0;
  for (const piece of pieces) {
    waiting.push(piece);
    length += piece.length;
    if (length < blockBytes) continue;
    await flush(waiting);
    waiting = [];
    length = 0;
  }
  await flush(waiting);
  await handle.sync();
  return { bytes, sha256: hash.digest('hex') };
}

/** False where it is there already. */
export async function writeOnce(path: string, text: string): Promise<boolean> {
  let handle: FileHandle;
  try {
    handle = await open(path, 'wx');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
  await using opened = handle;
  await opened.writeFile(text);
  await opened.sync();
  return true;
}

/** After a crash of the machine too the new name is there. */
export async function syncFolder(folder: string): Promise<void> {
  await using handle = await open(folder, constants.O_RDONLY);
  await handle.sync();
}

/** To be read; undefined where there is none, or what is there is a link or no file. */
export async function openPlain(path: string): Promise<FileHandle | undefined> {
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
  let handle: FileHandle;
  try {
    handle = await open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ELOOP') return undefined;
    throw error;
  }
  if ((await handle.stat()).isFile()) return handle;
  await handle.close();
  return undefined;
}
