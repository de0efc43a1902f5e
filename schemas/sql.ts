// Second compiler of the definition: the exact query over archived events. fold.ts is the first; a property test holds
// the two together.
import { type Addend, baseMeasure, type Definition, type Rollup } from './definition.ts';

/**
 * SELECT of (chunk, windowStart, dimensions…, facts, measures…) of one rollup over `source`, a FROM expression whose rows
 * are events with the columns of order_events, each identity once. Everything here comes from the definition, never from input.
 * The statement that it becomes part of takes the parameters of hashKeyParams.
 */
export function foldSql(definition: Definition, rollup: Rollup, source: string): string {
  const column = (field: string) => (rollup.grain === 'item' ? `\`items.${field}\`` : `\`${field}\``);
  const dimensions = rollup.dimensions.map((name) => {
    const dimension = definition.dimensions[name]!;
    const value = dimension.grain === 'item' ? column(dimension.field) : `\`${dimension.field}\``;
    return `${dimension.form === 'hash' ? pseudonymSql(value) : value} AS ${name}`;
  });
  const measures = rollup.measures.map((name) => {
    const measure = baseMeasure(definition, name);
    const addend = addendSql(measure.at[rollup.grain]!, rollup);
    // In Int128: a chunk's sum of the largest amounts passes Int64.
    return `sumIf(toInt128(${addend}), type = '${measure.eventType}') AS ${name}`;
  });
  const windowStart = `intDiv(\`${rollup.time}\`, ${rollup.windowMs}) * ${rollup.windowMs} AS windowStart`;
  const filter = rollup.eventTypes ? ` WHERE type IN (${rollup.eventTypes.map((type) => `'${type}'`).join(', ')})` : '';
  const join =
    rollup.grain === 'item'
      ? ` ARRAY JOIN ${itemColumns(definition, rollup)
          .map((c) => `\`items.${c}\``)
          .join(', ')}`
      : '';
  return (
    `SELECT chunk, ${[windowStart, ...dimensions, 'count() AS facts', ...measures].join(', ')} ` +
    `FROM ${source}${join}${filter} GROUP BY chunk, windowStart, ${rollup.dimensions.join(', ')}`
  );
}

/** As pseudonym.ts has it. hex() leaves out leading zero bytes. */
function pseudonymSql(column: string): string {
  const hash = `sipHash64Keyed(({k0:UInt64}, {k1:UInt64}), assumeNotNull(${column}))`;
  return `if(isNull(${column}), '', lower(leftPad(hex(${hash}), 16, '0')))`;
}

/** How many facts of the rollup a set of events makes: an aggregate over the rows of such a source. */
export function factCountSql(definition: Definition, rollup: Rollup): string {
  const facts = rollup.grain === 'item' ? `length(\`items.${itemColumns(definition, rollup)[0]!}\`)` : '1';
  const types = rollup.eventTypes?.map((type) => `'${type}'`).join(', ');
  return types === undefined ? `sum(${facts})` : `sumIf(${facts}, type IN (${types}))`;
}

function addendSql(addend: Addend, rollup: Rollup): string {
  if (addend.kind === 'one') return '1';
  if (rollup.grain === 'item') return `\`items.${addend.field}\``;
  return addend.field.includes('.') ? `arraySum(\`${addend.field}\`)` : `\`${addend.field}\``;
}

/** Item columns that the rollup reads; they are unrolled together. */
function itemColumns(definition: Definition, rollup: Rollup): string[] {
  const dimensions = rollup.dimensions.map((name) => definition.dimensions[name]!).filter((d) => d.grain === 'item');
  const addends = rollup.measures.map((name) => baseMeasure(definition, name).at.item);
  const fields = [...dimensions.map((d) => d.field), ...addends.flatMap((a) => (a?.kind === 'field' ? [a.field] : []))];
  return [...new Set(fields)];
}

/** Columns of order_events that any rollup reads, besides chunk and type. */
export function foldColumns(definition: Definition): string[] {
  const fields = definition.rollups.flatMap((rollup) => [
    rollup.time as string,
    ...rollup.dimensions
      .map((name) => definition.dimensions[name]!)
      .map((d) => (d.grain === 'item' ? `items.${d.field}` : d.field)),
    ...rollup.measures.flatMap((name) => {
      const addend = baseMeasure(definition, name).at[rollup.grain];
      if (addend?.kind !== 'field') return [];
      return [rollup.grain === 'item' ? `items.${addend.field}` : addend.field];
    }),
  ]);
  return [...new Set(fields)];
}
