// Parts that many schemas are made of.
import { type TSchema, Type } from 'typebox';

/** No fields but those that are named. */
export const closed = { additionalProperties: false } as const;
export const count = Type.Integer({ minimum: 0 });
/** How a count of different values is estimated. */
export const exactUpTo = Type.Integer({ minimum: 0, description: 'up to so many it is exact' });
export const standardError = Type.Number({ minimum: 0, description: 'relative, of what is above' });
export const utc = Type.String({ format: 'date-time' });
export const nullable = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()]);
export const oneOf = <const T extends string>(names: readonly T[], description?: string) =>
  Type.Enum(names, { type: 'string', ...(description === undefined ? {} : { description }) });

/** What an answer is to those who read it. */
export type DeepReadonly<T> = T extends object ? { readonly [K in keyof T]: DeepReadonly<T[K]> } : T;
