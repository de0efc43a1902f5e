// The ClickHouse engine inside this process (chdb): a pool of sessions on one data directory. A session runs one query
// at a time, so a statement waits for a free one; the line is bounded. HTTP is in clickhouse-front.ts.
import { Session } from 'chdb';

export interface Statement {
  readonly sql: string;
  /** Used where the statement names none. */
  readonly defaultFormat: string;
  readonly database: string;
  /** Values of `{name:Type}` in ClickHouse's own text form, as they stand in `param_name=`. */
  readonly parameters: ReadonlyMap<string, string>;
  readonly settings: ReadonlyMap<string, string>;
}

export interface Engine {
  /** The result in the statement's format. Rejects with an EngineError. */
  run(statement: Statement): Promise<Uint8Array>;
  /** Waits for what runs, refuses what is new. */
  close(): Promise<void>;
}

/** `message` is ClickHouse's own text, `Code: 60. DB::Exception: … (UNKNOWN_TABLE)`. */
export class EngineError extends Error {
  readonly clickhouseCode: number;
  constructor(clickhouseCode: number, message: string, options?: ErrorOptions) {
    super(message, options);
    this.clickhouseCode = clickhouseCode;
  }
}

interface Slot {
  session: Session;
  database: string;
  /** What SET has changed on this session; a setting stays until it is set back. */
  settings: Map<string, string>;
  /** Parameters stay on a session too, and cannot be unset. */
  parameters: Set<string>;
}

export function openEngine(dataDir: string, { sessions = 4, longestLine = 256 } = {}): Engine {
  const open = (): Slot => ({
    session: new Session(dataDir),
    database: 'default',
    settings: new Map(),
    parameters: new Set(),
  });
  const slots = Array.from({ length: sessions }, open);
  const free = [...slots];
  const line: ((slot: Slot) => void)[] = [];
  let closing = false;

  const acquire = async (): Promise<Slot> => {
    if (closing) throw new EngineError(734, 'Code: 734. DB::Exception: The engine is stopping. (QUERY_WAS_CANCELLED)');
    const slot = free.pop();
    if (slot !== undefined) return slot;
    if (line.length >= longestLine) {
      throw new EngineError(
        202,
        `Code: 202. DB::Exception: ${longestLine} statements are waiting already. (TOO_MANY_SIMULTANEOUS_QUERIES)`,
      );
    }
    return new Promise((resolve) => line.push(resolve));
  };
  const release = (slot: Slot): void => {
    const next = line.shift();
    if (next === undefined) free.push(slot);
    else next(slot);
  };

  return {
    async run(statement) {
      const slot = await acquire();
      try {
        await prepare(slot, statement, () => {
          const { session } = slot;
          Object.assign(slot, open()); // before the close: with no session left the engine itself would shut down
          session.close();
        });
        return (await slot.session.queryAsync(statement.sql, { format: statement.defaultFormat })).bytes();
      } catch (error) {
        throw asEngineError(error);
      } finally {
        release(slot);
      }
    },
    async close() {
      closing = true;
      while (free.length < slots.length) await new Promise((resolve) => setTimeout(resolve, 5));
      for (const slot of slots) slot.session.close();
    },
  };
}

/** Brings database, settings and parameters of the session to those of the statement. */
async function prepare(slot: Slot, statement: Statement, replaceSession: () => void): Promise<void> {
  for (const name of slot.parameters) {
    if (statement.parameters.has(name) || !new RegExp(`\\{\\s*${name}\\s*:`).test(statement.sql)) continue;
    throw new EngineError(
      456,
      `Code: 456. DB::Exception: Substitution \`${name}\` is not set. (UNKNOWN_QUERY_PARAMETER)`,
    );
  }
  const changes: string[] = [];
  for (const name of slot.settings.keys()) if (!statement.settings.has(name)) changes.push(`${name} = DEFAULT`);
  for (const [name, value] of statement.settings) {
    if (slot.settings.get(name) !== value) changes.push(`${name} = ${quote(value)}`);
  }
  for (const [name, value] of statement.parameters) changes.push(`param_${name} = ${quote(value)}`);
  try {
    if (slot.database !== statement.database) {
      await slot.session.queryAsync(`USE \`${statement.database.replaceAll(/[\\`]/g, '\\$&')}\``);
      slot.database = statement.database;
    }
    // Bound parameters of chdb are shared by all sessions and run one after the other; SET is the session's own.
    if (changes.length > 0) await slot.session.queryAsync(`SET ${changes.join(', ')}`);
  } catch (error) {
    replaceSession(); // how much of it was applied is unknown
    throw error;
  }
  slot.settings = new Map(statement.settings);
  for (const name of statement.parameters.keys()) slot.parameters.add(name);
}

export function quote(text: string): string {
  return `'${text.replaceAll(/[\\']/g, '\\$&')}'`;
}

function asEngineError(error: unknown): EngineError {
  if (error instanceof EngineError) return error;
  const { message, clickhouseCode } = error as { message: string; clickhouseCode?: number };
  const code = clickhouseCode ?? 1002;
  const text = message.startsWith('Code:') ? message : `Code: ${code}. DB::Exception: ${message} (UNKNOWN_EXCEPTION)`;
  return new EngineError(code, text, { cause: error });
}
