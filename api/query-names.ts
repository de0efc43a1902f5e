// The fixed words of a query; its measures and dimensions are the definition's.

export const windowNames = ['minute', '15m', 'hour', 'day', 'week', 'month', 'year'] as const;
export type WindowName = (typeof windowNames)[number];

/** In the order of Date.getUTCDay. */
export const weekDays = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'] as const;
export type WeekDay = (typeof weekDays)[number];

export const rangeNames = [
  'today',
  'yesterday',
  'week-to-date',
  'month-to-date',
  'quarter-to-date',
  'year-to-date',
] as const;
export type RangeName = (typeof rangeNames)[number];

export const compareNames = ['previous', 'day-ago', 'week-ago', 'year-ago'] as const;
export type CompareName = (typeof compareNames)[number];

export const attributions = ['event', 'order'] as const;
export const provenanceDetails = ['short', 'full'] as const;
export const answerFormats = ['json', 'csv'] as const;
